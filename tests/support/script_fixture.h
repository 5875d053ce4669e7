/* SPDX-License-Identifier: MIT */
/* Fixture of the tests of the script layer. */
#ifndef PODLINK_TESTS_SCRIPT_FIXTURE_H
#define PODLINK_TESTS_SCRIPT_FIXTURE_H

#include "api.h"
#include "pool_fixture.h"

#include <podlink/podlink.h>

/** A client that has not connected: for calls that are refused before. */
podlink_client *offline_client(void);

/** A server, a client of it, and the test's own connection. */
struct setting {
    struct test_server *server;
    redisContext *redis;
    podlink_client *client;
    podlink_error err;
};

int begin_setting(void **state);
int end_setting(void **state);

/** Registers a script. A failure fails the test. */
void add_script(podlink_client *client, const char *name, const char *source);

/** A call with these keys and arguments, each a WORDS(...). */
podlink_script_call calling(const char *name, const char *const keys[], const char *const args[]);

#define NO_WORDS ((const char *const[]){NULL})

podlink_script_stats stats_of(podlink_client *client, const char *name);

/** How often a command was called on the server, by INFO commandstats; 0 if never. */
int64_t calls_of(redisContext *redis, const char *command);

#endif
