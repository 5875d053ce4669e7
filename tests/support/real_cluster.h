/* SPDX-License-Identifier: MIT */
/* A Redis Cluster of real servers on ports of 127.0.0.1 (or ::1). All nodes end with the test program. Functions that
 * return false print the reason to stderr. Only for the thread that started it. */
#ifndef PODLINK_TESTS_REAL_CLUSTER_H
#define PODLINK_TESTS_REAL_CLUSTER_H

#include "ask.h"

enum { TEST_CLUSTER_SLOTS = 16384, TEST_CLUSTER_NODES_MAX = 12 };

/** Zero means the default. Borrowed during the start. */
struct test_cluster_plan {
    size_t masters;                    /* 3; they share the slots evenly, the first one has the lowest slots */
    size_t replicas;                   /* of each master; none */
    int node_timeout_ms;               /* 1500: after so much silence others consider a node failed */
    const char *password;              /* of the default user; none */
    const struct test_server_tls *tls; /* for all connections, also between nodes, and no port of clear text; none */
    const char *const *args;           /* further arguments of all nodes; ends with NULL */
    const char
        *hosts[TEST_CLUSTER_NODES_MAX]; /* what node i announces: 127.0.0.1, ::1, or its address in networks[i] */
    const char *networks[TEST_CLUSTER_NODES_MAX]; /* the path of a network namespace; NULL: the test's own */
};

struct test_cluster;

/** Starts all nodes, and waits until each of them considers the cluster complete and each replica has the data of its
 *  master. That takes two seconds, because a master waits so long before it takes commands; also for a single node.
 *  @param plan  NULL: all defaults
 *  @return to be stopped by test_cluster_stop(); NULL if it did not start: the reason is on stderr */
struct test_cluster *test_cluster_start(const struct test_cluster_plan *plan);
void test_cluster_stop(struct test_cluster *c);

/** "cluster://127.0.0.1:p1,...", the first masters, without passwords; "cluster+tls://" if they use TLS. Valid as long
 *  as c. */
const char *test_cluster_url(const struct test_cluster *c);

/** How many nodes there have been: masters, replicas (of the first master, of the second, ...), then added nodes. */
size_t test_cluster_count(const struct test_cluster *c);
struct test_server *test_cluster_node(const struct test_cluster *c, size_t i);

/** The node that serves a slot, as the running nodes see it; NULL if they do not agree. */
struct test_server *test_cluster_owner(const struct test_cluster *c, unsigned slot);
size_t test_cluster_owner_index(const struct test_cluster *c, unsigned slot);

/** The slot of a key, computed by a node. */
unsigned test_cluster_slot(const struct test_cluster *c, const char *key);

/** Waits until all running nodes consider the cluster complete and agree about each slot, and the replicas are up. */
bool test_cluster_wait_stable(const struct test_cluster *c);

/* ---- slots ---- */

/** Moves a slot with its keys. */
bool test_cluster_move(struct test_cluster *c, unsigned slot, size_t to);

/** The three steps of a move. To leave it incomplete, stop after one of them. */
bool test_cluster_move_begin(struct test_cluster *c, unsigned slot, size_t to);
bool test_cluster_move_key(struct test_cluster *c, const char *key, size_t to);
bool test_cluster_move_end(struct test_cluster *c, unsigned slot, size_t to);

/** Cancels move_begin: the slot stays where it was. Keys that were moved must have been moved back. */
bool test_cluster_move_abandon(struct test_cluster *c, unsigned slot, size_t to);

/** Moves all slots of a node to another one.
 *  @return how many it moved, or -1 */
int test_cluster_empty(struct test_cluster *c, size_t from, size_t to);

/* ---- nodes ---- */

/** Adds a master without slots, and waits until all nodes know it.
 *  @return its index, or SIZE_MAX */
size_t test_cluster_add(struct test_cluster *c);

/** Removes a node without slots from all others (CLUSTER FORGET), and stops it. */
bool test_cluster_remove(struct test_cluster *c, size_t i);

/** Makes a replica master by CLUSTER FAILOVER, and waits until it is. */
bool test_cluster_failover(struct test_cluster *c, size_t replica);

/** Waits until a replica has become master without a command.
 *  @return the index of the node that serves the slot; SIZE_MAX if that is still `old` after so many milliseconds */
size_t test_cluster_new_owner(const struct test_cluster *c, unsigned slot, size_t old, int64_t ms);

/** Restarts a node that was killed. It finds out by itself that it is a replica now. */
bool test_cluster_revive(struct test_cluster *c, size_t i);

#endif
