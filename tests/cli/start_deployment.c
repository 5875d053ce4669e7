/* SPDX-License-Identifier: MIT */
/* Starts a cluster, or a master with sentinels, with passwords, for the test scripts.
 *
 *     deployment cluster|sentinel PASSWORD [SENTINEL_PASSWORD]
 *
 * Prints the URL without passwords. For a cluster it also prints a uid whose slot is being moved to another node; the
 * user "eva" has this password on the first node and another one on the second. A line "failover" on stdin starts a
 * failover, and "done" is printed after it. The end of stdin stops everything. */
#include "acl.h"
#include "real_cluster.h"
#include "real_sentinel.h"

#include <stdio.h>
#include <string.h>

enum { SOON_MS = 20000 };

static bool begin_a_move(struct test_cluster *c, char *uid, size_t size)
{
    char key[64];
    unsigned slot, n = 0;
    do {
        snprintf(uid, size, "moving-%u", n++);
        snprintf(key, sizeof key, "sf:{test:lk:%s}chat", uid);
        slot = test_cluster_slot(c, key);
    } while (test_cluster_owner_index(c, slot) != 0);
    return test_cluster_move_begin(c, slot, 1);
}

static void wait_for_the_end(void)
{
    while (getchar() != EOF)
        ;
}

static int run_cluster(const char *password)
{
    char uid[32];
    struct test_cluster *c = test_cluster_start(&(struct test_cluster_plan){.masters = 2, .password = password});
    const bool is_made = c && acl_allow(test_cluster_node(c, 0), password, "~* &* +@all") &&
                         acl_allow(test_cluster_node(c, 1), "another", "~* &* +@all") &&
                         begin_a_move(c, uid, sizeof uid);
    if (is_made) {
        printf("%s %s\n", test_cluster_url(c), uid);
        fflush(stdout);
        wait_for_the_end();
    }
    test_cluster_stop(c);
    return is_made ? 0 : 1;
}

static void fail_over(const struct test_sentinel *s)
{
    const struct test_server *old = test_sentinel_master(s);
    const bool is_done = test_sentinel_failover(s) && test_sentinel_new_master(s, old, SOON_MS);
    puts(is_done ? "done" : "failed");
    fflush(stdout);
}

static int run_sentinel(const char *password, const char *sentinel_password)
{
    char line[32];
    struct test_sentinel *s =
        test_sentinel_start(&(struct test_sentinel_plan){.password = password, .sentinel_password = sentinel_password});
    if (!s)
        return 1;
    puts(test_sentinel_url(s));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        if (strcmp(line, "failover\n") == 0)
            fail_over(s);
    test_sentinel_stop(s);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "cluster") == 0)
        return run_cluster(argv[2]);
    if (argc == 4 && strcmp(argv[1], "sentinel") == 0)
        return run_sentinel(argv[2], argv[3]);
    fprintf(stderr, "usage: deployment cluster|sentinel PASSWORD [SENTINEL_PASSWORD]\n");
    return 2;
}
