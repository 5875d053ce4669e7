/* What the tests of the pool share: running commands, waiting for an event with a bound, and telling from a thread what
 * went wrong (an assertion may only fail in the test's own thread). */
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

/** A number of rounds: fewer where each is much slower. */
#define ROUNDS(plain, sanitized) (SANITIZED ? (sanitized) : (plain))

enum { WORDS_MAX = 8 };

/** Runs a command of words, which end with NULL: pool_run(client, NULL, &reply, &err, (const char *[]){"GET", key,
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

/** Waits until it is so. @return false where limit_ms have passed first */
bool eventually(bool (*is_so)(void *context), void *context, int64_t limit_ms);

/** A number at the end of "name:" in INFO. */
int64_t pool_info(redisContext *redis, const char *section, const char *name);

/** A listening socket whose queue is full, and from which nobody accepts. @return how many descriptors are in fds */
int pool_fill_queue(const struct sockaddr *address, socklen_t size, int fds[16]);

/* ---- what went wrong in a thread ---- */

/** Keeps the first text. Any thread. */
void blame(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Fails the test where there was a blame, and forgets it. */
#define assert_blameless() pool_assert_blameless(__FILE__, __LINE__)
void pool_assert_blameless(const char *file, int line);

#endif
