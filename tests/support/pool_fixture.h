/* SPDX-License-Identifier: MIT */
/* Fixture of the pool tests: running commands, waiting for a condition with a limit, and reporting failures of a thread
 * (only the test's own thread may fail an assertion). */
#ifndef PODLINK_TESTS_POOL_FIXTURE_H
#define PODLINK_TESTS_POOL_FIXTURE_H

#include "api.h"
#include "proxy.h"

#include <podlink/podlink.h>
#include <podlink/session.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define MS              INT64_C(1000000)

/** A number of rounds, and a smaller one for builds in which each is much slower. */
#define ROUNDS(plain, sanitized) (SANITIZED ? (sanitized) : (plain))

enum { WORDS_MAX = 8 };

/** Runs a command. The words end with NULL: pool_run(client, NULL, &reply, &err, (const char *[]){"GET", key,
 *  NULL}). */
podlink_status pool_run(podlink_client *client, const podlink_call *call, podlink_reply **reply, podlink_error *err,
                        const char *const words[]);
podlink_status pool_session_run(podlink_session *session, const podlink_call *call, podlink_reply **reply,
                                podlink_error *err, const char *const words[]);

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

/** A call with this deadline. */
podlink_call within(int64_t timeout_ms);

/** Waits until a condition is true. @return false if that takes longer than limit_ms */
bool eventually(bool (*is_so)(void *context), void *context, int64_t limit_ms);

/** The number after "name:" in INFO. */
int64_t pool_info(redisContext *redis, const char *section, const char *name);

/** A listening socket that accepts no connection and whose queue is full. @return how many descriptors are in fds */
int pool_fill_queue(const struct sockaddr *address, socklen_t size, int fds[16]);

/* ---- failures in a thread ---- */

/** Records a failure; the first one is kept. Any thread. */
void record_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Fails the test if a failure was recorded, and forgets it. */
#define assert_no_failure() pool_assert_no_failure(__FILE__, __LINE__)
void pool_assert_no_failure(const char *file, int line);

#endif
