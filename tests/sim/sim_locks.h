/* SPDX-License-Identifier: MIT */
/* Counts the library's locks: none may be held while it waits, does I/O or calls the user. The program is linked with
 * --wrap for each function here. */
#ifndef PODLINK_TESTS_SIM_LOCKS_H
#define PODLINK_TESTS_SIM_LOCKS_H

#include <pthread.h>

int __real_pthread_mutex_lock(pthread_mutex_t *lock);
int __real_pthread_mutex_trylock(pthread_mutex_t *lock);
int __real_pthread_mutex_unlock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_lock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_trylock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock);

#endif
