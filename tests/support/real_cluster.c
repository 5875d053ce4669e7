/* SPDX-License-Identifier: MIT */
/* Clusters of real servers. The nodes get their peers and slots by their "nodes.conf": CLUSTER MEET takes seconds
 * longer. Later changes are made by commands, as an operator makes them. */
#include "real_cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES = TEST_CLUSTER_NODES_MAX,
    SLOTS = TEST_CLUSTER_SLOTS,
    START_TRIES = 3,
    STABLE_MS = 15000,
    FAILOVER_MS = 10000,
    MIGRATE_KEYS = 100,
    MIGRATE_MS = 2000,
    ARGS_MAX = 40,
    ID_LENGTH = 40,
    NOBODY = UINT8_MAX
};

struct node {
    struct test_server *server; /* NULL: never started, or removed */
    uint16_t port;
    char host[64];
    char network[108];
    char id[ID_LENGTH + 1];
};

struct test_cluster {
    struct node nodes[NODES];
    size_t count;
    size_t masters; /* at the start */
    int node_timeout_ms;
    char *password;
    bool has_tls;
    struct test_server_tls tls;
    char *args[ARGS_MAX + 1]; /* of the plan, copied */
    char url[512];
    bool is_moving[SLOTS]; /* between begin and end */
};

static bool lives(const struct test_cluster *c, size_t i)
{
    return c->nodes[i].server && test_server_pid(c->nodes[i].server) != 0;
}

/* ---- what nodes know at their start ---- */

static void append(char **at, const char *end, const char *text)
{
    int n = snprintf(*at, (size_t)(end - *at), "%s", text);
    *at += n < end - *at ? n : end - *at - 1;
}

static void describe(const struct test_cluster *c, size_t i, size_t own, char *line, size_t size)
{
    const struct node *node = &c->nodes[i];
    const size_t master = i < c->masters ? i : (i - c->masters) * c->masters / (c->count - c->masters);
    char slots[32] = "";
    if (i == master)
        snprintf(slots, sizeof slots, " %zu-%zu", i * SLOTS / c->masters, (i + 1) * SLOTS / c->masters - 1);
    snprintf(line, size, "%s %s:%u@%u %s%s %s 0 0 %zu connected%s\n", node->id, node->host, (unsigned)node->port,
             (unsigned)node->port + 10000U, i == own ? "myself," : "", i == master ? "master" : "slave",
             i == master ? "-" : c->nodes[master].id, master + 1, slots);
}

static void nodes_text(const struct test_cluster *c, size_t own, char *text, size_t size)
{
    const char *const end = text + size;
    char line[256];
    for (size_t i = 0; i < c->count; i++) {
        describe(c, i, own, line, sizeof line);
        append(&text, end, line);
    }
    snprintf(line, sizeof line, "vars currentEpoch %zu lastVoteEpoch 0\n", c->masters);
    append(&text, end, line);
}

/* ---- start ---- */

static size_t add_words(const char **args, size_t n, const char *const *words)
{
    while (*words)
        args[n++] = *words++;
    return n;
}

static bool start_node(struct test_cluster *c, size_t i, const char *nodes)
{
    static const char *const by_tls[] = {"--tls-cluster", "yes", "--tls-replication", "yes", NULL};
    char timeout[16];
    const char *const host = c->nodes[i].host, *const network = c->nodes[i].network;
    const char *const own[] = {"--cluster-enabled",
                               "yes",
                               "--cluster-node-timeout",
                               timeout,
                               "--cluster-announce-ip",
                               host,
                               "--repl-diskless-sync",
                               "yes",
                               "--repl-diskless-sync-delay",
                               "0",
                               "--repl-ping-replica-period",
                               "1",
                               "--bind",
                               "127.0.0.1",
                               strcmp(host, "127.0.0.1") != 0 ? host : NULL,
                               NULL};
    const char *args[ARGS_MAX + sizeof own / sizeof *own + sizeof by_tls / sizeof *by_tls];
    size_t n = add_words(args, 0, own);
    if (c->has_tls)
        n = add_words(args, n, by_tls);
    n = add_words(args, n, (const char *const *)c->args);
    args[n] = NULL;
    snprintf(timeout, sizeof timeout, "%d", c->node_timeout_ms);
    c->nodes[i].server = test_server_start_as(&(struct test_server_plan){.port = c->has_tls ? 0 : c->nodes[i].port,
                                                                         .tls_port = c->has_tls ? c->nodes[i].port : 0,
                                                                         .tls = &c->tls,
                                                                         .password = c->password,
                                                                         .nodes = nodes,
                                                                         .network = network[0] ? network : NULL,
                                                                         .args = args});
    return c->nodes[i].server != NULL;
}

/* Random ids, so that clusters that get each other's ports do not take the other's nodes for their own. */
static bool name_node(struct node *node, const char *host)
{
    unsigned char bytes[ID_LENGTH / 2];
    FILE *chance = fopen("/dev/urandom", "rb");
    if (!chance || fread(bytes, 1, sizeof bytes, chance) != sizeof bytes) {
        if (chance)
            fclose(chance);
        return false;
    }
    fclose(chance);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(node->id + 2 * i, 3, "%02x", bytes[i]);
    snprintf(node->host, sizeof node->host, "%s", host ? host : "127.0.0.1");
    node->port = ask_free_port();
    return node->port != 0;
}

static bool start_all(struct test_cluster *c, const struct test_cluster_plan *plan)
{
    char nodes[NODES * 256];
    for (size_t i = 0; i < c->count; i++) {
        if (!name_node(&c->nodes[i], plan->hosts[i]))
            return false;
        snprintf(c->nodes[i].network, sizeof c->nodes[i].network, "%s", plan->networks[i] ? plan->networks[i] : "");
    }
    for (size_t i = 0; i < c->count; i++) {
        nodes_text(c, i, nodes, sizeof nodes);
        if (!start_node(c, i, nodes))
            return false;
    }
    char *at = c->url;
    const char *const end = c->url + sizeof c->url;
    append(&at, end, c->has_tls ? "cluster+tls://" : "cluster://");
    for (size_t i = 0; i < c->masters; i++) {
        char address[96];
        const char *const host = c->nodes[i].host;
        snprintf(address, sizeof address, strchr(host, ':') ? "%s[%s]:%u" : "%s%s:%u", i > 0 ? "," : "", host,
                 (unsigned)c->nodes[i].port);
        append(&at, end, address);
    }
    return true;
}

static void stop_all(struct test_cluster *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->nodes[i].server)
            test_server_kill(c->nodes[i].server);
    for (size_t i = 0; i < c->count; i++) {
        test_server_stop(c->nodes[i].server);
        c->nodes[i].server = NULL;
    }
}

static struct test_cluster *new_cluster(const struct test_cluster_plan *plan)
{
    struct test_cluster *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->masters = plan->masters > 0 ? plan->masters : 3;
    c->count = c->masters * (1 + plan->replicas);
    c->node_timeout_ms = plan->node_timeout_ms > 0 ? plan->node_timeout_ms : 1500;
    c->password = plan->password ? strdup(plan->password) : NULL;
    c->has_tls = plan->tls != NULL;
    if (plan->tls)
        c->tls = *plan->tls;
    for (size_t i = 0; plan->args && plan->args[i] && i < ARGS_MAX; i++)
        c->args[i] = strdup(plan->args[i]);
    return c;
}

struct test_cluster *test_cluster_start(const struct test_cluster_plan *plan)
{
    const struct test_cluster_plan defaults = {0};
    if (!plan)
        plan = &defaults;
    struct test_cluster *c = new_cluster(plan);
    for (int tries = 0; c && c->count <= NODES && tries < START_TRIES; tries++) {
        if (start_all(c, plan) && test_cluster_wait_stable(c))
            return c;
        stop_all(c);
    }
    test_cluster_stop(c);
    return NULL;
}

void test_cluster_stop(struct test_cluster *c)
{
    if (!c)
        return;
    stop_all(c);
    for (size_t i = 0; c->args[i]; i++)
        free(c->args[i]);
    free(c->password);
    free(c);
}

/* ---- nodes ---- */

const char *test_cluster_url(const struct test_cluster *c)
{
    return c->url;
}

size_t test_cluster_count(const struct test_cluster *c)
{
    return c->count;
}

struct test_server *test_cluster_node(const struct test_cluster *c, size_t i)
{
    return c->nodes[i].server;
}

static size_t index_of_id(const struct test_cluster *c, const char *id)
{
    for (size_t i = 0; i < c->count; i++)
        if (strncmp(c->nodes[i].id, id, ID_LENGTH) == 0)
            return i;
    return NOBODY;
}

/* One line of CLUSTER NODES: "id address flags master ping pong epoch link slot slot-slot [slot->-id] ..." */
static void read_line(const struct test_cluster *c, char *line, uint8_t owners[SLOTS])
{
    char *rest = NULL;
    const char *word = strtok_r(line, " ", &rest);
    const size_t owner = word ? index_of_id(c, word) : NOBODY;
    for (int skipped = 0; word && skipped < 7; skipped++)
        word = strtok_r(NULL, " ", &rest);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL && *word != '[') {
        char *end = NULL;
        unsigned long first = strtoul(word, &end, 10), last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;
        for (; first <= last && first < SLOTS; first++)
            owners[first] = (uint8_t)owner;
    }
}

/* The owner of each slot, as a node sees it. */
static bool read_owners(const struct test_cluster *c, size_t seen_by, uint8_t owners[SLOTS])
{
    redisReply *reply = lives(c, seen_by) ? ask(c->nodes[seen_by].server, "CLUSTER NODES") : NULL;
    const bool read = reply && reply->str && reply->type != REDIS_REPLY_ERROR;
    memset(owners, NOBODY, SLOTS);
    char *rest = NULL;
    for (char *line = read ? strtok_r(reply->str, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
        read_line(c, line, owners);
    freeReplyObject(reply);
    return read;
}

size_t test_cluster_owner_index(const struct test_cluster *c, unsigned slot)
{
    uint8_t owners[SLOTS];
    size_t owner = SIZE_MAX;
    for (size_t i = 0; i < c->count; i++) {
        if (!read_owners(c, i, owners))
            continue;
        if (owners[slot] == NOBODY || (owner != SIZE_MAX && owner != owners[slot]))
            return SIZE_MAX;
        owner = owners[slot];
    }
    return owner;
}

struct test_server *test_cluster_owner(const struct test_cluster *c, unsigned slot)
{
    const size_t owner = test_cluster_owner_index(c, slot);
    return owner == SIZE_MAX ? NULL : c->nodes[owner].server;
}

unsigned test_cluster_slot(const struct test_cluster *c, const char *key)
{
    unsigned slot = 0;
    for (size_t i = 0; i < c->count; i++) {
        redisReply *reply = lives(c, i) ? ask(c->nodes[i].server, "CLUSTER KEYSLOT %s", key) : NULL;
        const bool is_number = reply && reply->type == REDIS_REPLY_INTEGER;
        if (is_number)
            slot = (unsigned)reply->integer;
        freeReplyObject(reply);
        if (is_number)
            break;
    }
    return slot;
}

/* ---- waiting for a stable cluster ---- */

static bool is_up(const struct test_server *node)
{
    redisReply *info = ask(node, "CLUSTER INFO");
    const bool is_whole = info && info->str && strstr(info->str, "cluster_state:ok");
    freeReplyObject(info);
    return is_whole && (ask_info_holds(node, "replication", "role:master") ||
                        ask_info_holds(node, "replication", "master_link_status:up"));
}

static bool is_master(const struct test_cluster *c, size_t i)
{
    return lives(c, i) && ask_info_holds(c->nodes[i].server, "replication", "role:master");
}

static bool is_named(const redisReply *slots, uint16_t port)
{
    for (size_t i = 0; i < slots->elements; i++) {
        for (size_t n = 2; n < slots->element[i]->elements; n++)
            if (slots->element[i]->element[n]->element[1]->integer == port)
                return true;
    }
    return false;
}

/* A node reports a replica to clients only when it knows the replication offset of that replica. */
static bool names_all(const struct test_cluster *c, size_t asked)
{
    redisReply *reply = ask(c->nodes[asked].server, "CLUSTER SLOTS");
    bool all = reply && reply->type == REDIS_REPLY_ARRAY;
    for (size_t i = 0; all && i < c->count; i++)
        all = !lives(c, i) || is_master(c, i) || is_named(reply, c->nodes[i].port);
    freeReplyObject(reply);
    return all;
}

static bool is_stable(void *context)
{
    const struct test_cluster *c = context;
    uint8_t first[SLOTS], owners[SLOTS];
    bool has_first = false;
    for (size_t i = 0; i < c->count; i++) {
        if (!lives(c, i))
            continue;
        if (!is_up(c->nodes[i].server) || !read_owners(c, i, has_first ? owners : first))
            return false;
        if (!names_all(c, i) || (has_first && memcmp(first, owners, SLOTS) != 0))
            return false;
        has_first = true;
    }
    return has_first && memchr(first, NOBODY, SLOTS) == NULL;
}

bool test_cluster_wait_stable(const struct test_cluster *c)
{
    bool stable = ask_until(is_stable, (void *)c, STABLE_MS);
    if (!stable)
        fprintf(stderr, "test cluster: not stable after %d ms\n", STABLE_MS);
    return stable;
}

/* ---- slots ---- */

bool test_cluster_move_begin(struct test_cluster *c, unsigned slot, size_t to)
{
    const size_t from = test_cluster_owner_index(c, slot);
    if (from == SIZE_MAX || from == to) {
        fprintf(stderr, "test cluster: slot %u has no other owner\n", slot);
        return false;
    }
    return ask_ok(c->nodes[to].server, "CLUSTER SETSLOT %u IMPORTING %s", slot, c->nodes[from].id) &&
           ask_ok(c->nodes[from].server, "CLUSTER SETSLOT %u MIGRATING %s", slot, c->nodes[to].id);
}

/* MIGRATE with a list of keys. Their names may contain spaces. */
static bool migrate(const struct test_cluster *c, const struct test_server *from, size_t to, size_t count,
                    const char *const *keys, const size_t *lengths)
{
    enum { WORDS = 9 };
    const struct node *target = &c->nodes[to];
    char port[8], timeout[16];
    const char *argv[WORDS + MIGRATE_KEYS] = {"MIGRATE", target->host, port, "", "0", timeout};
    size_t sizes[WORDS + MIGRATE_KEYS];
    size_t n = 6;
    snprintf(port, sizeof port, "%u", (unsigned)target->port);
    snprintf(timeout, sizeof timeout, "%d", MIGRATE_MS);
    if (c->password) {
        argv[n++] = "AUTH";
        argv[n++] = c->password;
    }
    argv[n++] = "KEYS";
    for (size_t i = 0; i < n; i++)
        sizes[i] = strlen(argv[i]);
    for (size_t i = 0; i < count; i++, n++) {
        argv[n] = keys[i];
        sizes[n] = lengths[i];
    }
    redisContext *redis = ask_open(from);
    redisReply *reply = redis ? redisCommandArgv(redis, (int)n, argv, sizes) : NULL;
    const bool ok = reply && reply->type == REDIS_REPLY_STATUS;
    if (!ok)
        fprintf(stderr, "test cluster: MIGRATE: %s\n", reply ? reply->str : "no answer");
    freeReplyObject(reply);
    if (redis)
        redisFree(redis);
    return ok;
}

bool test_cluster_move_key(struct test_cluster *c, const char *key, size_t to)
{
    const size_t length = strlen(key);
    const struct test_server *from = test_cluster_owner(c, test_cluster_slot(c, key));
    return from && migrate(c, from, to, 1, &key, &length);
}

/* @return how many keys the slot still had, at most MIGRATE_KEYS; -1: failed */
static int migrate_some(struct test_cluster *c, unsigned slot, const struct test_server *from, size_t to)
{
    const char *keys[MIGRATE_KEYS];
    size_t lengths[MIGRATE_KEYS];
    redisReply *reply = ask(from, "CLUSTER GETKEYSINSLOT %u %d", slot, MIGRATE_KEYS);
    if (!reply || reply->type != REDIS_REPLY_ARRAY) {
        freeReplyObject(reply);
        return -1;
    }
    const int count = (int)reply->elements;
    for (int i = 0; i < count; i++) {
        keys[i] = reply->element[i]->str;
        lengths[i] = (size_t)reply->element[i]->len;
    }
    const bool moved = count == 0 || migrate(c, from, to, (size_t)count, keys, lengths);
    freeReplyObject(reply);
    return moved ? count : -1;
}

/* The new owner gets it first: a client that is redirected by the old owner must find the new one. The others may
 * refuse: a master without slots becomes a replica by itself, and knows the new owner by then. */
bool test_cluster_move_end(struct test_cluster *c, unsigned slot, size_t to)
{
    const size_t from = test_cluster_owner_index(c, slot);
    int left = -1;
    while (from != SIZE_MAX && (left = migrate_some(c, slot, c->nodes[from].server, to)) > 0)
        ;
    if (left != 0 || !ask_ok(c->nodes[to].server, "CLUSTER SETSLOT %u NODE %s", slot, c->nodes[to].id))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        const size_t next = (from + i) % c->count;
        if (next != to && is_master(c, next))
            freeReplyObject(ask(c->nodes[next].server, "CLUSTER SETSLOT %u NODE %s", slot, c->nodes[to].id));
    }
    return true;
}

bool test_cluster_move_abandon(struct test_cluster *c, unsigned slot, size_t to)
{
    const struct test_server *from = test_cluster_owner(c, slot);
    return from && ask_ok(from, "CLUSTER SETSLOT %u STABLE", slot) &&
           ask_ok(c->nodes[to].server, "CLUSTER SETSLOT %u STABLE", slot);
}

bool test_cluster_move(struct test_cluster *c, unsigned slot, size_t to)
{
    return test_cluster_move_begin(c, slot, to) && test_cluster_move_end(c, slot, to);
}

int test_cluster_empty(struct test_cluster *c, size_t from, size_t to)
{
    uint8_t owners[SLOTS];
    int moved = 0;
    if (!read_owners(c, from, owners))
        return -1;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (owners[slot] != from)
            continue;
        if (!test_cluster_move(c, slot, to))
            return -1;
        moved++;
    }
    return moved;
}

/* ---- adding and removing nodes ---- */

static bool knows(const struct test_cluster *c, size_t i, const char *id)
{
    redisReply *reply = ask(c->nodes[i].server, "CLUSTER NODES");
    const char *const line = reply && reply->str ? strstr(reply->str, id) : NULL;
    const char *const end = line ? strchr(line, '\n') : NULL;
    const char *const handshake = line ? strstr(line, "handshake") : NULL;
    const bool known = line && (!handshake || (end && handshake > end));
    freeReplyObject(reply);
    return known;
}

static bool newest_is_known(void *context)
{
    const struct test_cluster *c = context;
    for (size_t i = 0; i < c->count; i++)
        if (lives(c, i) && !knows(c, i, c->nodes[c->count - 1].id))
            return false;
    return true;
}

size_t test_cluster_add(struct test_cluster *c)
{
    char nodes[256];
    if (c->count == NODES || !name_node(&c->nodes[c->count], NULL))
        return SIZE_MAX;
    const size_t i = c->count++;
    const struct node *node = &c->nodes[i];
    snprintf(nodes, sizeof nodes, "%s %s:%u@%u myself,master - 0 0 0 connected\nvars currentEpoch 0 lastVoteEpoch 0\n",
             node->id, node->host, (unsigned)node->port, (unsigned)node->port + 10000U);
    if (!start_node(c, i, nodes))
        return SIZE_MAX;
    for (size_t other = 0; other < i; other++)
        if (lives(c, other) && !ask_ok(c->nodes[other].server, "CLUSTER MEET %s %u", node->host, (unsigned)node->port))
            return SIZE_MAX;
    if (!ask_until(newest_is_known, c, STABLE_MS)) {
        fprintf(stderr, "test cluster: not all know the new node\n");
        return SIZE_MAX;
    }
    return test_cluster_wait_stable(c) ? i : SIZE_MAX;
}

bool test_cluster_remove(struct test_cluster *c, size_t i)
{
    bool forgotten = true;
    for (size_t other = 0; other < c->count; other++)
        if (other != i && lives(c, other))
            forgotten = ask_ok(c->nodes[other].server, "CLUSTER FORGET %s", c->nodes[i].id) && forgotten;
    test_server_kill(c->nodes[i].server);
    test_server_stop(c->nodes[i].server);
    c->nodes[i].server = NULL;
    return forgotten;
}

struct wish {
    const struct test_cluster *c;
    unsigned slot;
    size_t index;
};

static bool is_master_now(void *context)
{
    const struct wish *wish = context;
    return is_master(wish->c, wish->index);
}

bool test_cluster_failover(struct test_cluster *c, size_t replica)
{
    struct wish wish = {.c = c, .index = replica};
    if (!ask_ok(c->nodes[replica].server, "CLUSTER FAILOVER"))
        return false;
    if (!ask_until(is_master_now, &wish, FAILOVER_MS)) {
        fprintf(stderr, "test cluster: the replica did not become master\n");
        return false;
    }
    return true;
}

static bool has_new_owner(void *context)
{
    const struct wish *wish = context;
    const size_t owner = test_cluster_owner_index(wish->c, wish->slot);
    return owner != SIZE_MAX && owner != wish->index;
}

size_t test_cluster_new_owner(const struct test_cluster *c, unsigned slot, size_t old, int64_t ms)
{
    struct wish wish = {.c = c, .slot = slot, .index = old};
    if (!ask_until(has_new_owner, &wish, ms)) {
        fprintf(stderr, "test cluster: slot %u has no new owner after %d ms\n", slot, (int)ms);
        return SIZE_MAX;
    }
    return test_cluster_owner_index(c, slot);
}

bool test_cluster_revive(struct test_cluster *c, size_t i)
{
    return test_server_restart(c->nodes[i].server) == 0;
}
