/* SPDX-License-Identifier: MIT */
/* A master, two replicas and three sentinels, real servers on ports of 127.0.0.1. All end with the test program.
 * Functions that return false print the reason to stderr. Only for the thread that started them. */
#ifndef PODLINK_TESTS_REAL_SENTINEL_H
#define PODLINK_TESTS_REAL_SENTINEL_H

#include "ask.h"

enum { TEST_SENTINEL_NODES = 3 }; /* as many servers as sentinels */

#define TEST_SENTINEL_MASTER "mymaster"

/** Zero means the default. Borrowed during the start. */
struct test_sentinel_plan {
    int down_after_ms; /* 1500: after so much silence a sentinel considers a server down. More than the second after
                          which a sentinel first asks a new master: with less, it considers each server down until that
                          has answered */
    int failover_timeout_ms;       /* 3000 */
    const char *password;          /* of the servers' default user; none */
    const char *sentinel_password; /* of the sentinels; none */
    const char *const *args;       /* further arguments of the servers; ends with NULL */
    const char *sentinel_lines;    /* further lines of the sentinels' configuration */

    /* Everything uses TLS, also between servers, and there is no port of clear text. With one of the flags below,
     * clients use clear text with one kind. */
    const struct test_server_tls *tls; /* none */
    bool has_clear_servers;   /* clear text to the servers, and between sentinels and servers, on ports of their own */
    bool has_clear_sentinels; /* clear text to the sentinels; TLS between them and to the servers, on other ports */

    /* Of server i and sentinel i, if they must be in a network namespace of their own. */
    const char *hosts[TEST_SENTINEL_NODES];    /* 127.0.0.1 */
    const char *networks[TEST_SENTINEL_NODES]; /* paths of network namespaces */
};

struct test_sentinel;

/** Starts all, and waits until the sentinels know each other and both replicas.
 *  @param plan  NULL: all defaults
 *  @return to be stopped by test_sentinel_stop(); NULL if it did not start: the reason is on stderr */
struct test_sentinel *test_sentinel_start(const struct test_sentinel_plan *plan);
void test_sentinel_stop(struct test_sentinel *s);

/** "sentinel://127.0.0.1:p1,127.0.0.1:p2,127.0.0.1:p3/mymaster", without passwords; "sentinel+tls://" if the servers
 *  use TLS. Valid as long as s. */
const char *test_sentinel_url(const struct test_sentinel *s);

/** Server 0 is the master at first. */
struct test_server *test_sentinel_server(const struct test_sentinel *s, size_t i);
struct test_server *test_sentinel_sentinel(const struct test_sentinel *s, size_t i);

/** The server that two sentinels or more name as master; NULL if they do not agree. */
struct test_server *test_sentinel_master(const struct test_sentinel *s);

/** Waits until all sentinels name the same master, that server says that it is one, all running servers replicate it,
 *  and all sentinels see them well. Killed servers do not count. */
bool test_sentinel_wait_stable(const struct test_sentinel *s);

/** Orders a failover (SENTINEL FAILOVER), and returns as soon as it has begun. */
bool test_sentinel_failover(const struct test_sentinel *s);

/** Waits until all sentinels name another master than this one.
 *  @return the new master; NULL if it took longer than ms */
struct test_server *test_sentinel_new_master(const struct test_sentinel *s, const struct test_server *old, int64_t ms);

/** Makes the old master a replica of the new one, which all sentinels name. Sentinels do that by themselves, but at the
 *  earliest ten seconds after a planned failover. */
bool test_sentinel_demote(const struct test_sentinel *s, struct test_server *old);

/** Restarts a server that was killed, as a replica of the master. */
bool test_sentinel_revive(const struct test_sentinel *s, struct test_server *dead);

#endif
