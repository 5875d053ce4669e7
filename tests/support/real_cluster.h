/* A Redis Cluster of a test's own on ports of 127.0.0.1 (or ::1). All nodes end with the test program. Functions that
 * return a bool say on stderr why it is false. To be used by the thread that started it. */
#ifndef PODLINK_TESTS_REAL_CLUSTER_H
#define PODLINK_TESTS_REAL_CLUSTER_H

#include "ask.h"

enum { TEST_CLUSTER_SLOTS = 16384, TEST_CLUSTER_NODES_MAX = 12 };

/** What is zero has its default. Borrowed during the start. */
struct test_cluster_plan {
    size_t masters;                    /* 3; they share the slots evenly, the first one has the lowest */
    size_t replicas;                   /* of each master; none */
    int node_timeout_ms;               /* 1500: how long a node is silent before others hold it for down */
    const char *password;              /* of the default user; none */
    const struct test_server_tls *tls; /* all speak it, to each other too, and have no port of clear text; none */
    const char *const *args;           /* further arguments of all nodes; ends with NULL */
    const char *hosts[TEST_CLUSTER_NODES_MAX]; /* that node i announces: 127.0.0.1, ::1, or the address it has in its */
    const char *networks[TEST_CLUSTER_NODES_MAX]; /* network namespace, a path; NULL: the test's own */
};

struct test_cluster;

/** Starts all nodes, and waits until each holds the cluster for whole and each replica has its master's data.
 *  @param plan  NULL: all defaults
 *  @return to be ended by test_cluster_stop(); NULL where it did not start, and why is on stderr. It takes two seconds:
 *          so long a master waits before it takes commands. One node alone takes as long. */
struct test_cluster *test_cluster_start(const struct test_cluster_plan *plan);
void test_cluster_stop(struct test_cluster *c);

/** "cluster://127.0.0.1:p1,...", the masters of the start, without passwords; "cluster+tls://" where they speak TLS.
 *  Lives as long as c. */
const char *test_cluster_url(const struct test_cluster *c);

/** How many nodes there have been: masters, replicas (the first one's, the second one's, ...), then those added. */
size_t test_cluster_count(const struct test_cluster *c);
struct test_server *test_cluster_node(const struct test_cluster *c, size_t i);

/** The node that serves a slot, as the living nodes see it; NULL where they do not agree. */
struct test_server *test_cluster_owner(const struct test_cluster *c, unsigned slot);
size_t test_cluster_owner_index(const struct test_cluster *c, unsigned slot);

/** The slot of a key, which a node tells. */
unsigned test_cluster_slot(const struct test_cluster *c, const char *key);

/** Waits until all living nodes hold the cluster for whole and agree about each slot, and the replicas are up. */
bool test_cluster_settle(const struct test_cluster *c);

/* ---- slots ---- */

/** Moves a slot with its keys. */
bool test_cluster_move(struct test_cluster *c, unsigned slot, size_t to);

/** The three steps of a move: to leave it half done, stop after one of them. */
bool test_cluster_move_begin(struct test_cluster *c, unsigned slot, size_t to);
bool test_cluster_move_key(struct test_cluster *c, const char *key, size_t to);
bool test_cluster_move_end(struct test_cluster *c, unsigned slot, size_t to);

/** Calls move_begin off: the slot stays where it was. Keys that were moved must have been moved back. */
bool test_cluster_move_abandon(struct test_cluster *c, unsigned slot, size_t to);

/** Moves all slots of a node to another one.
 *  @return how many it moved, or -1 */
int test_cluster_empty(struct test_cluster *c, size_t from, size_t to);

/* ---- nodes ---- */

/** Adds a master without slots, and waits until all know it.
 *  @return its index, or SIZE_MAX */
size_t test_cluster_add(struct test_cluster *c);

/** Has all others forget a node that has no slots, and ends it. */
bool test_cluster_remove(struct test_cluster *c, size_t i);

/** Makes a replica master by CLUSTER FAILOVER, and waits until it is. */
bool test_cluster_failover(struct test_cluster *c, size_t replica);

/** Waits until a replica has become master by itself.
 *  @return the index of the node that serves the slot; SIZE_MAX where that is still `old` after so many milliseconds */
size_t test_cluster_new_owner(const struct test_cluster *c, unsigned slot, size_t old, int64_t ms);

/** Brings a node that was killed back; it finds by itself that it is a replica now. */
bool test_cluster_revive(struct test_cluster *c, size_t i);

#endif
