/* SPDX-License-Identifier: MIT */
/* Detects that the process is a child made by fork(). */
#include "base/fork_guard.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

void pl_fork_guard_init(pl_fork_guard *guard)
{
    guard->page = NULL;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, size, MADV_WIPEONFORK) != 0) {
        munmap(page, size);
        return;
    }
    *page = 1;
    guard->page = page;
}

void pl_fork_guard_fini(pl_fork_guard *guard)
{
    if (guard->page)
        munmap((void *)guard->page, (size_t)sysconf(_SC_PAGESIZE));
    guard->page = NULL;
}
