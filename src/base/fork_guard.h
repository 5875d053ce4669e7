/* SPDX-License-Identifier: MIT */
/* Detects that the process is a child made by fork(). The check costs one read; getpid() would cost a system call. */
#ifndef PL_BASE_FORK_GUARD_H
#define PL_BASE_FORK_GUARD_H

#include <stdbool.h>

/** Made in the parent. The page holds 1; the kernel fills it with zeros in a child of fork() (MADV_WIPEONFORK). */
typedef struct pl_fork_guard {
    const volatile unsigned char *page; /* owned; NULL: not supported here, and no child is detected */
} pl_fork_guard;

void pl_fork_guard_init(pl_fork_guard *guard);
void pl_fork_guard_fini(pl_fork_guard *guard);

static inline bool pl_fork_guard_is_child(const pl_fork_guard *guard)
{
    return guard->page && *guard->page == 0;
}

#endif
