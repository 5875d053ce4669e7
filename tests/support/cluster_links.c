/* SPDX-License-Identifier: MIT */
/* Links on chosen nodes of a cluster. */
#include "cluster_links.h"

#include <stdio.h>

const char *cluster_key_of(const podlink_link *link)
{
    static char key[128];
    snprintf(key, sizeof key, "sf:{%s:lk:%s}%s", link->ns, link->uid, link->service);
    return key;
}

unsigned cluster_slot_of(const struct test_cluster *c, const podlink_link *link)
{
    return test_cluster_slot(c, cluster_key_of(link));
}

podlink_link cluster_link_on(const struct test_cluster *c, size_t node, unsigned *next, char uid[CLUSTER_UID_SIZE])
{
    const podlink_link link = {"test", "game", uid};
    do {
        snprintf(uid, CLUSTER_UID_SIZE, "user-%u", (*next)++);
    } while (test_cluster_owner_index(c, cluster_slot_of(c, &link)) != node);
    return link;
}

int64_t cluster_calls(const struct test_cluster *c, const char *command, const char *older)
{
    int64_t calls = 0;
    for (size_t i = 0; i < test_cluster_count(c); i++) {
        struct test_server *node = test_cluster_node(c, i);
        if (node && test_server_pid(node) != 0)
            calls += ask_calls(node, command, older);
    }
    return calls;
}
