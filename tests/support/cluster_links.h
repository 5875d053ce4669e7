/* What the tests of clusters share: names by where their keys are, and what the nodes were asked. */
#ifndef PODLINK_TESTS_CLUSTER_LINKS_H
#define PODLINK_TESTS_CLUSTER_LINKS_H

#include "api.h"
#include "real_cluster.h"

enum { CLUSTER_UID_SIZE = 32 };

/** A link of which the keys are on a node. Each call finds another one, counting up from `*next`.
 *  @param uid  gets its uid, to which the link points */
podlink_link cluster_link_on(const struct test_cluster *c, size_t node, unsigned *next, char uid[CLUSTER_UID_SIZE]);

/** The slot of a link's keys, and the name of its string. */
unsigned cluster_slot_of(const struct test_cluster *c, const podlink_link *link);
const char *cluster_key_of(const podlink_link *link);

/** How often the living nodes have been asked something, by their INFO commandstats, in sum: see ask_calls(). */
int64_t cluster_calls(const struct test_cluster *c, const char *command, const char *older);

#endif
