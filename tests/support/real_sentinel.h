/* A master, two replicas and three sentinels of a test's own, on ports of 127.0.0.1. All end with the test program.
 * Functions that return a bool say on stderr why it is false. To be used by the thread that started it. */
#ifndef PODLINK_TESTS_REAL_SENTINEL_H
#define PODLINK_TESTS_REAL_SENTINEL_H

#include "ask.h"

enum { TEST_SENTINEL_NODES = 3 }; /* servers, and sentinels */

#define TEST_SENTINEL_MASTER "mymaster"

/** What is zero has its default. Borrowed during the start. */
struct test_sentinel_plan {
    int down_after_ms;             /* 1500: how long a server is silent before a sentinel holds it for down. More than
                                      the second after which it asks a new master for the first time: else it holds
                                      each for down until that has answered */
    int failover_timeout_ms;       /* 3000 */
    const char *password;          /* of the servers' default user; none */
    const char *sentinel_password; /* of the sentinels; none */
    const char *const *args;       /* further arguments of the servers; ends with NULL */
    const char *sentinel_lines;    /* further lines of the sentinels' configuration */

    /* All speak it, to each other too, and have no port of clear text; but one kind may be told to be called in it. */
    const struct test_server_tls *tls; /* none */
    bool has_clear_servers;            /* and the sentinels speak so to them and to each other, on ports of their own */
    bool has_clear_sentinels;          /* TLS remains between them and the servers, and among them, on other ports */

    /* Of server i and sentinel i, where they are to be in a network namespace of their own. */
    const char *hosts[TEST_SENTINEL_NODES];    /* 127.0.0.1 */
    const char *networks[TEST_SENTINEL_NODES]; /* paths of network namespaces */
};

struct test_sentinel;

/** Starts all, and waits until the sentinels know each other and both replicas.
 *  @param plan  NULL: all defaults
 *  @return to be ended by test_sentinel_stop(); NULL where it did not start, and why is on stderr */
struct test_sentinel *test_sentinel_start(const struct test_sentinel_plan *plan);
void test_sentinel_stop(struct test_sentinel *s);

/** "sentinel://127.0.0.1:p1,127.0.0.1:p2,127.0.0.1:p3/mymaster", without passwords; "sentinel+tls://" where the servers
 *  speak TLS. Lives as long as s. */
const char *test_sentinel_url(const struct test_sentinel *s);

/** Server 0 is the master at first. */
struct test_server *test_sentinel_server(const struct test_sentinel *s, size_t i);
struct test_server *test_sentinel_sentinel(const struct test_sentinel *s, size_t i);

/** The server that two sentinels or more name as master; NULL where they do not agree. */
struct test_server *test_sentinel_master(const struct test_sentinel *s);

/** Waits until all sentinels name one master, which says so itself, that all living servers replicate, and which all
 *  sentinels see well. Servers that were killed do not count. */
bool test_sentinel_settle(const struct test_sentinel *s);

/** Asks a sentinel for a failover (SENTINEL FAILOVER), and returns as soon as that has begun. */
bool test_sentinel_failover(const struct test_sentinel *s);

/** Waits until all sentinels name another master than this one.
 *  @return that; NULL where it took longer than ms */
struct test_server *test_sentinel_new_master(const struct test_sentinel *s, const struct test_server *old, int64_t ms);

/** Makes the old master a replica of the new one, which the sentinels all name. They do it by themselves, ten seconds
 *  after a planned failover and later. */
bool test_sentinel_demote(const struct test_sentinel *s, struct test_server *old);

/** Brings a server that was killed back as a replica of the master. */
bool test_sentinel_revive(const struct test_sentinel *s, struct test_server *dead);

#endif
