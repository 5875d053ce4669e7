/* SPDX-License-Identifier: MIT */
/* For tests of clusters: links whose keys are on a chosen node, and how often nodes were asked. */
#ifndef PODLINK_TESTS_CLUSTER_LINKS_H
#define PODLINK_TESTS_CLUSTER_LINKS_H

#include "api.h"
#include "real_cluster.h"

enum { CLUSTER_UID_SIZE = 32 };

/** A link whose keys are on a node. Each call finds another one, counting up from `*next`.
 *  @param uid  gets its uid, to which the link points */
podlink_link cluster_link_on(const struct test_cluster *c, size_t node, unsigned *next, char uid[CLUSTER_UID_SIZE]);

/** The slot of a link's keys; the name of its string. */
unsigned cluster_slot_of(const struct test_cluster *c, const podlink_link *link);
const char *cluster_key_of(const podlink_link *link);

/** How often all running nodes together were asked for a command, by INFO commandstats: see ask_calls(). */
int64_t cluster_calls(const struct test_cluster *c, const char *command, const char *older);

#endif
