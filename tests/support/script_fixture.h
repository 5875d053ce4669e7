/* What the tests of the script layer share. */
#ifndef PODLINK_TESTS_SCRIPT_FIXTURE_H
#define PODLINK_TESTS_SCRIPT_FIXTURE_H

#include "api.h"
#include "pool_fixture.h"

#include <podlink/podlink.h>

/** A client that has not connected: for what is refused before. */
podlink_client *offline_client(void);

/** A server, a client of it, and a connection of the test's own. */
struct setting {
    struct test_server *server;
    redisContext *redis;
    podlink_client *client;
    podlink_error err;
};

int begin_setting(void **state);
int end_setting(void **state);

/** Registers a script of this source, which has to succeed. */
void add_script(podlink_client *client, const char *name, const char *source);

/** A call with these keys and arguments, each a WORDS(...). */
podlink_script_call calling(const char *name, const char *const keys[], const char *const args[]);

#define NO_WORDS ((const char *const[]){NULL})

podlink_script_stats stats_of(podlink_client *client, const char *name);

/** How often the server has been asked for a command, by INFO commandstats; 0 where it was not. */
int64_t calls_of(redisContext *redis, const char *command);

#endif
