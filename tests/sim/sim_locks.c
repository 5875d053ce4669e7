/* SPDX-License-Identifier: MIT */
/* The library's locks: before a lock and after an unlock, another fiber may run. */
#include "sim_locks.h"

#include "sim_scheduler.h"

int __wrap_pthread_mutex_lock(pthread_mutex_t *lock)
{
    if (!sim_holds_lock())
        sim_yield();
    sim_count_lock(1);
    return __real_pthread_mutex_lock(lock);
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t *lock)
{
    if (!sim_holds_lock())
        sim_yield();
    int rc = __real_pthread_mutex_trylock(lock);
    if (rc == 0)
        sim_count_lock(1);
    return rc;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock)
{
    int rc = __real_pthread_mutex_unlock(lock);
    sim_count_lock(-1);
    if (!sim_holds_lock())
        sim_yield();
    return rc;
}
