/* SPDX-License-Identifier: MIT */
/* Whether this process is the one that made the fence: costs a read, where getpid() costs a system call. */
#ifndef PL_BASE_FORK_GUARD_H
#define PL_BASE_FORK_GUARD_H

#include <stdbool.h>

/** A page that the kernel gives to a child of fork() filled with zeros. */
typedef struct pl_fork_guard {
    const volatile unsigned char *page; /* owned; NULL: none could be made, and every process passes for ours */
} pl_fork_guard;

void pl_fork_guard_init(pl_fork_guard *guard);
void pl_fork_guard_fini(pl_fork_guard *guard);

static inline bool pl_fork_guard_is_child(const pl_fork_guard *guard)
{
    return guard->page && *guard->page == 0;
}

#endif
