/* SPDX-License-Identifier: MIT */
/* Sentinels and their servers. Sentinels get their peers and the replicas by their configuration: to discover each
 * other takes them seconds. */
#include "real_sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = TEST_SENTINEL_NODES, START_TRIES = 3, STABLE_MS = 15000, ARGS_MAX = 40, MAJORITY = 2 };

struct place {
    const char *host;
    const char *network;
    uint16_t port;
    char port_text[8];
};

struct test_sentinel {
    struct test_server *servers[N];
    struct test_server *sentinels[N];
    struct place server_places[N];
    struct place sentinel_places[N]; /* address for the others */
    uint16_t caller_ports[N];        /* port for clients */
    bool has_tls;
    bool has_clear_servers;
    bool has_clear_sentinels;
    struct test_server_tls tls;
    char *copied_args[ARGS_MAX + 1];
    char hosts[N][64];
    char networks[N][108];
    char url[256];
};

/* ---- start ---- */

static bool place_at(struct place *place, const struct test_sentinel *s, size_t i)
{
    place->host = s->hosts[i];
    place->network = s->networks[i][0] ? s->networks[i] : NULL;
    place->port = ask_free_port();
    snprintf(place->port_text, sizeof place->port_text, "%u", (unsigned)place->port);
    return place->port != 0;
}

static bool is_tls(const struct test_sentinel *s, bool is_clear)
{
    return s->has_tls && !is_clear;
}

/* Clients have a port of their own if they use TLS and the sentinels among themselves do not, or the other way
 * round. */
static bool place_sentinel(struct test_sentinel *s, size_t i)
{
    struct place *place = &s->sentinel_places[i];
    if (!place_at(place, s, i))
        return false;
    const bool is_same = is_tls(s, s->has_clear_servers) == is_tls(s, s->has_clear_sentinels);
    s->caller_ports[i] = is_same ? place->port : ask_free_port();
    return s->caller_ports[i] != 0;
}

/* The arguments of a server: its master (unless NULL), then those of the plan. */
static void server_args(const struct test_sentinel *s, const struct place *own, const struct place *master,
                        const char *args[ARGS_MAX + 20])
{
    const char *const fast[] = {"--bind",
                                own->host,
                                "--repl-diskless-sync",
                                "yes",
                                "--repl-diskless-sync-delay",
                                "0",
                                "--repl-ping-replica-period",
                                "1",
                                "--protected-mode",
                                "no"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof fast / sizeof *fast; i++)
        args[n++] = fast[i];
    if (master) {
        args[n++] = "--replicaof";
        args[n++] = master->host;
        args[n++] = master->port_text;
    }
    if (is_tls(s, s->has_clear_servers)) {
        args[n++] = "--tls-replication";
        args[n++] = "yes";
    }
    for (size_t i = 0; s->copied_args[i]; i++)
        args[n++] = s->copied_args[i];
    args[n] = NULL;
}

static bool start_server(struct test_sentinel *s, size_t i, const struct test_sentinel_plan *plan)
{
    const char *args[ARGS_MAX + 20];
    const struct place *place = &s->server_places[i];
    server_args(s, place, i == 0 ? NULL : &s->server_places[0], args);
    const bool by_tls = is_tls(s, s->has_clear_servers);
    s->servers[i] = test_server_start_as(&(struct test_server_plan){.port = by_tls ? 0 : place->port,
                                                                    .tls_port = by_tls ? place->port : 0,
                                                                    .tls = &s->tls,
                                                                    .password = plan->password,
                                                                    .network = place->network,
                                                                    .args = args});
    return s->servers[i] != NULL;
}

static void add(char **at, const char *end, const char *line, const char *a, const char *b, const char *c)
{
    int n = snprintf(*at, (size_t)(end - *at), line, a, b, c);
    *at += n < end - *at ? n : end - *at - 1;
}

static void sentinel_id(char id[41], size_t i, const struct test_sentinel *s)
{
    snprintf(id, 41, "%05u%05u%030zu", (unsigned)s->sentinel_places[i].port, (unsigned)s->server_places[i].port, i);
}

static void sentinel_config(const struct test_sentinel *s, size_t own, const struct test_sentinel_plan *plan,
                            char *text, size_t size)
{
    const char *const end = text + size;
    char number[16], id[41];
    add(&text, end, "sentinel monitor " TEST_SENTINEL_MASTER " %s %s 2\n%s", s->hosts[0], s->server_places[0].port_text,
        "");
    snprintf(number, sizeof number, "%d", plan->down_after_ms > 0 ? plan->down_after_ms : 1500);
    add(&text, end, "sentinel down-after-milliseconds " TEST_SENTINEL_MASTER " %s\n%s%s", number, "", "");
    snprintf(number, sizeof number, "%d", plan->failover_timeout_ms > 0 ? plan->failover_timeout_ms : 3000);
    add(&text, end, "sentinel failover-timeout " TEST_SENTINEL_MASTER " %s\n%s%s", number, "", "");
    add(&text, end, "sentinel parallel-syncs " TEST_SENTINEL_MASTER " 2\n%s%s%s", "", "", "");
    if (plan->password)
        add(&text, end, "sentinel auth-pass " TEST_SENTINEL_MASTER " %s\n%s%s", plan->password, "", "");
    if (plan->sentinel_password)
        add(&text, end, "requirepass %s\nsentinel sentinel-pass %s\n%s", plan->sentinel_password,
            plan->sentinel_password, "");
    if (plan->sentinel_lines)
        add(&text, end, "%s%s%s", plan->sentinel_lines, "", "");
    sentinel_id(id, own, s);
    add(&text, end, "sentinel myid %s\n%s%s", id, "", "");
    for (size_t i = 1; i < N; i++)
        add(&text, end, "sentinel known-replica " TEST_SENTINEL_MASTER " %s %s\n%s", s->hosts[i],
            s->server_places[i].port_text, "");
    for (size_t i = 0; i < N; i++) {
        sentinel_id(id, i, s);
        if (i != own)
            add(&text, end, "sentinel known-sentinel " TEST_SENTINEL_MASTER " %s %s %s\n", s->hosts[i],
                s->sentinel_places[i].port_text, id);
    }
}

static bool start_sentinel(struct test_sentinel *s, size_t i, const struct test_sentinel_plan *plan)
{
    char config[2048] = "";
    const struct place *place = &s->sentinel_places[i];
    const bool by_tls = is_tls(s, s->has_clear_servers);
    const char *const args[] = {"--bind", place->host, by_tls ? "--tls-replication" : NULL, "yes", NULL};
    uint16_t ports[2] = {0, 0}; /* of clear text and of TLS */
    ports[by_tls] = place->port;
    ports[is_tls(s, s->has_clear_sentinels)] = s->caller_ports[i];
    sentinel_config(s, i, plan, config, sizeof config);
    s->sentinels[i] = test_server_start_as(&(struct test_server_plan){.port = ports[false],
                                                                      .tls_port = ports[true],
                                                                      .tls = &s->tls,
                                                                      .is_sentinel = true,
                                                                      .config = config,
                                                                      .password = plan->sentinel_password,
                                                                      .network = place->network,
                                                                      .args = args});
    return s->sentinels[i] != NULL;
}

/* If the sentinel supports it: INFO to the servers every second instead of every ten seconds. That does not change the
 * course of a failover, during which sentinels ask every second anyway. */
static void be_attentive(const struct test_sentinel *s)
{
    for (size_t i = 0; i < N; i++)
        freeReplyObject(ask(s->sentinels[i], "SENTINEL DEBUG INFO-PERIOD 1000"));
}

static bool start_all(struct test_sentinel *s, const struct test_sentinel_plan *plan)
{
    for (size_t i = 0; i < N; i++)
        if (!place_at(&s->server_places[i], s, i) || !place_sentinel(s, i))
            return false;
    for (size_t i = 0; i < N; i++)
        if (!start_server(s, i, plan))
            return false;
    for (size_t i = 0; i < N; i++)
        if (!start_sentinel(s, i, plan))
            return false;
    snprintf(s->url, sizeof s->url, "%s://%s:%u,%s:%u,%s:%u/" TEST_SENTINEL_MASTER,
             is_tls(s, s->has_clear_servers) ? "sentinel+tls" : "sentinel", s->hosts[0], (unsigned)s->caller_ports[0],
             s->hosts[1], (unsigned)s->caller_ports[1], s->hosts[2], (unsigned)s->caller_ports[2]);
    be_attentive(s);
    return true;
}

/* SIGKILL: tests of the library only ever kill them, and they have nothing to save. */
static void stop_all(struct test_sentinel *s)
{
    for (size_t i = 0; i < N; i++) {
        if (s->sentinels[i])
            test_server_kill(s->sentinels[i]);
        if (s->servers[i])
            test_server_kill(s->servers[i]);
    }
    for (size_t i = 0; i < N; i++) {
        test_server_stop(s->sentinels[i]);
        test_server_stop(s->servers[i]);
        s->sentinels[i] = s->servers[i] = NULL;
    }
}

static struct test_sentinel *new_sentinel(const struct test_sentinel_plan *plan)
{
    struct test_sentinel *s = calloc(1, sizeof *s);
    if (s && plan->tls) {
        s->has_tls = true;
        s->tls = *plan->tls;
        s->has_clear_servers = plan->has_clear_servers;
        s->has_clear_sentinels = plan->has_clear_sentinels;
    }
    for (size_t i = 0; s && i < N; i++) {
        snprintf(s->hosts[i], sizeof s->hosts[i], "%s", plan->hosts[i] ? plan->hosts[i] : "127.0.0.1");
        snprintf(s->networks[i], sizeof s->networks[i], "%s", plan->networks[i] ? plan->networks[i] : "");
    }
    for (size_t i = 0; s && plan->args && plan->args[i] && i < ARGS_MAX; i++)
        s->copied_args[i] = strdup(plan->args[i]);
    return s;
}

struct test_sentinel *test_sentinel_start(const struct test_sentinel_plan *plan)
{
    const struct test_sentinel_plan defaults = {0};
    if (!plan)
        plan = &defaults;
    struct test_sentinel *s = new_sentinel(plan);
    for (int tries = 0; s && tries < START_TRIES; tries++) {
        if (start_all(s, plan) && test_sentinel_wait_stable(s))
            return s;
        stop_all(s);
    }
    test_sentinel_stop(s);
    return NULL;
}

void test_sentinel_stop(struct test_sentinel *s)
{
    if (!s)
        return;
    stop_all(s);
    for (size_t i = 0; s->copied_args[i]; i++)
        free(s->copied_args[i]);
    free(s);
}

/* ---- servers ---- */

const char *test_sentinel_url(const struct test_sentinel *s)
{
    return s->url;
}

struct test_server *test_sentinel_server(const struct test_sentinel *s, size_t i)
{
    return s->servers[i];
}

struct test_server *test_sentinel_sentinel(const struct test_sentinel *s, size_t i)
{
    return s->sentinels[i];
}

/* The index of the server that a sentinel names, or N. */
static size_t named_by(const struct test_sentinel *s, const struct test_server *sentinel)
{
    redisReply *reply = ask(sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME " TEST_SENTINEL_MASTER);
    size_t i = N;
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        for (i = 0; i < N; i++)
            if (strcmp(reply->element[0]->str, s->hosts[i]) == 0 &&
                strcmp(reply->element[1]->str, s->server_places[i].port_text) == 0)
                break;
    }
    freeReplyObject(reply);
    return i;
}

/* The index of the server that so many sentinels name, or N. */
static size_t master_by(const struct test_sentinel *s, size_t voters)
{
    size_t votes[N + 1] = {0};
    for (size_t i = 0; i < N; i++)
        votes[named_by(s, s->sentinels[i])]++;
    size_t master = 0;
    while (master < N && votes[master] < voters)
        master++;
    return master;
}

struct test_server *test_sentinel_master(const struct test_sentinel *s)
{
    const size_t master = master_by(s, MAJORITY);
    return master < N ? s->servers[master] : NULL;
}

/* ---- waiting for a stable state ---- */

static bool is_replica_of(const struct test_server *server, const struct place *master)
{
    char port[32];
    snprintf(port, sizeof port, "master_port:%s\r", master->port_text);
    return ask_info_holds(server, "replication", port) &&
           ask_info_holds(server, "replication", "master_link_status:up");
}

static bool is_seen_well(const struct test_server *sentinel, size_t living_replicas)
{
    size_t replicas = 0, sentinels = 0;
    redisReply *master = ask(sentinel, "SENTINEL MASTER " TEST_SENTINEL_MASTER);
    redisReply *list = ask(sentinel, "SENTINEL REPLICAS " TEST_SENTINEL_MASTER);
    redisReply *others = ask(sentinel, "SENTINEL SENTINELS " TEST_SENTINEL_MASTER);
    const bool is_well = master && strcmp(ask_field(master, "flags"), "master") == 0;
    for (size_t i = 0; list && i < list->elements; i++)
        replicas += strcmp(ask_field(list->element[i], "flags"), "slave") == 0 &&
                    strcmp(ask_field(list->element[i], "master-link-status"), "ok") == 0;
    for (size_t i = 0; others && i < others->elements; i++)
        sentinels += strcmp(ask_field(others->element[i], "flags"), "sentinel") == 0;
    freeReplyObject(master);
    freeReplyObject(list);
    freeReplyObject(others);
    return is_well && replicas == living_replicas && sentinels == N - 1;
}

static bool is_stable(void *context)
{
    const struct test_sentinel *s = context;
    const size_t master = master_by(s, N);
    size_t replicas = 0;
    if (master == N || !ask_info_holds(s->servers[master], "replication", "role:master"))
        return false;
    for (size_t i = 0; i < N; i++) {
        if (i == master || test_server_pid(s->servers[i]) == 0)
            continue;
        if (!is_replica_of(s->servers[i], &s->server_places[master]))
            return false;
        replicas++;
    }
    for (size_t i = 0; i < N; i++)
        if (!is_seen_well(s->sentinels[i], replicas))
            return false;
    return true;
}

bool test_sentinel_wait_stable(const struct test_sentinel *s)
{
    bool stable = ask_until(is_stable, (void *)s, STABLE_MS);
    if (!stable)
        fprintf(stderr, "test sentinel: not stable after %d ms\n", STABLE_MS);
    return stable;
}

/* ---- failovers ---- */

bool test_sentinel_failover(const struct test_sentinel *s)
{
    return ask_ok(s->sentinels[0], "SENTINEL FAILOVER " TEST_SENTINEL_MASTER);
}

struct test_server *test_sentinel_new_master(const struct test_sentinel *s, const struct test_server *old, int64_t ms)
{
    const int64_t deadline = ask_now_ms() + ms;
    for (;;) {
        const size_t master = master_by(s, N);
        if (master < N && s->servers[master] != old)
            return s->servers[master];
        if (ask_now_ms() >= deadline)
            break;
        ask_wait_ms(10);
    }
    fprintf(stderr, "test sentinel: no other master after %d ms\n", (int)ms);
    return NULL;
}

bool test_sentinel_demote(const struct test_sentinel *s, struct test_server *old)
{
    const size_t master = master_by(s, N);
    if (master == N || s->servers[master] == old) {
        fprintf(stderr, "test sentinel: the sentinels name no other master\n");
        return false;
    }
    return ask_ok(old, "REPLICAOF %s %s", s->server_places[master].host, s->server_places[master].port_text);
}

bool test_sentinel_revive(const struct test_sentinel *s, struct test_server *dead)
{
    const char *args[ARGS_MAX + 20];
    const size_t master = master_by(s, MAJORITY);
    size_t own = 0;
    while (own < N && s->servers[own] != dead)
        own++;
    if (master == N || own == N || master == own) {
        fprintf(stderr, "test sentinel: no master to replicate\n");
        return false;
    }
    server_args(s, &s->server_places[own], &s->server_places[master], args);
    return test_server_restart_as(dead, args) == 0;
}
