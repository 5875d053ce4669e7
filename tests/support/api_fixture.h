/* SPDX-License-Identifier: MIT */
/* Fixture of the API tests: a server, the test's own connection to it, and a client. */
#ifndef PODLINK_TESTS_API_FIXTURE_H
#define PODLINK_TESTS_API_FIXTURE_H

#include "api.h"

extern struct test_server *server;
extern redisContext *redis;
extern podlink_client *client; /* NULL unless a function below or the test opens it */
extern podlink_error err;      /* of the latest call, for the test */

/* For the program: start what PODLINK_TEST_OVER says, or a single server, with a TCP port or with a unix socket only.
 */
int start_deployment(void **state);
int start_server(void **state);
int start_tcp_server(void **state);

/** For the program: also opens a client, by api_open() or by api_open_quiet(). */
int start_with_client(void **state);
int start_with_quiet_client(void **state);

/** For the program: ends all of that. */
int stop(void **state);

/** Before a test: removes all keys. */
int flush_keys(void **state);

/** After a test: frees the client that it has opened. */
int free_client(void **state);

#endif
