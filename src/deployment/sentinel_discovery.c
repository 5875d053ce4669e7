/* SPDX-License-Identifier: MIT */
/* Discovery by sentinels: where the master and its replicas are. */
#include "deployment/sentinel_discovery.h"

#include "base/error.h"
#include "deployment/deployment.h"
#include "deployment/sentinel_change.h"
#include "resp/encode.h"

#include <stdio.h>
#include <string.h>

enum {
    ASK_MS = 250,               /* for each sentinel: a silent one must leave time to ask the next one */
    LOWER_EPOCH_MS = 10 * 1000, /* how long most sentinels must agree on an older state before it is believed */
    COMMANDS = 4
};

typedef struct query {
    pl_request request; /* first: the callbacks cast it */
    const char *name;   /* of the master */
    const pl_address *sentinel;
    pl_sentinel_answer *answer; /* out */
    pl_address address;         /* out: where the master is */
    uint8_t states[COMMANDS];
} query;

typedef enum command { ASK_MASTER, ASK_ADDRESS, ASK_REPLICAS, ASK_OTHERS } command;

static const char *const command_names[COMMANDS] = {"MASTER", "GET-MASTER-ADDR-BY-NAME", "REPLICAS", "SENTINELS"};

/* --- one sentinel ------------------------------------------------------------------------------------------------ */

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const query *q = (query *)request;
    const size_t length = strlen(q->name);
    if (!pl_buffer_reserve(out, 4 * PL_RESP_OVERHEAD + sizeof "SENTINEL" + strlen(command_names[i]) + length))
        return false;
    pl_resp_command(out, 3);
    pl_resp_argument(out, "SENTINEL", 8);
    pl_resp_argument(out, command_names[i], strlen(command_names[i]));
    pl_resp_argument(out, q->name, length);
    return true;
}

static podlink_status read_answer(query *q, command i, const podlink_reply *reply, podlink_error *err)
{
    pl_sentinel_answer *answer = q->answer;
    switch (i) {
    case ASK_MASTER:
        return pl_sentinel_master_read(reply, q->sentinel, &answer->master, err);
    case ASK_ADDRESS:
        return pl_sentinel_address_read(reply, q->sentinel, &q->address, err);
    case ASK_REPLICAS:
        return pl_sentinel_replicas_read(reply, q->sentinel, answer->replicas, PL_SENTINEL_REPLICAS_MAX,
                                         &answer->replica_count, err);
    case ASK_OTHERS:
        return pl_sentinel_others_read(reply, q->sentinel, answer->others, PL_SENTINELS_ADDED_MAX, &answer->other_count,
                                       err);
    }
    return PODLINK_EREPLY;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    query *q = (query *)request;
    if (outcome->status == PODLINK_OK)
        return read_answer(q, (command)i, outcome->reply->nodes, err);
    if (i < ASK_REPLICAS || outcome->delivery != PODLINK_ANSWERED)
        return outcome->status;
    pl_error_clear(err); /* without permission for these lists, the master is still known */
    return PODLINK_OK;
}

static const pl_request_ops query_ops = {.encode = encode, .complete = complete};

/* The sentinel that leads a failover answers MASTER with the new epoch and still the old address. */
static podlink_status check_address(const query *q, podlink_error *err)
{
    pl_sentinel_master *master = &q->answer->master;
    if (!pl_address_equals(&master->address, &q->address) && !master->is_failing_over)
        return pl_error_set(err, PODLINK_ETRYAGAIN, PODLINK_NOT_SENT, "SENTINEL MASTER on %s: it changes just now",
                            q->sentinel->text);
    master->address = q->address;
    return PODLINK_OK;
}

static podlink_status query_sentinel(pl_sentinels *sentinels, pl_sentinel *sentinel, int64_t deadline,
                                     podlink_error *err)
{
    pl_node *node = sentinel->node;
    query q = {.name = sentinels->deployment->env->config.master_name,
               .sentinel = &node->address,
               .answer = &sentinels->answer};
    q.answer->replica_count = q.answer->other_count = 0;
    pl_request_init(&q.request, &query_ops, "SENTINEL", true, err);
    pl_request_set_count(&q.request, COMMANDS, q.states);
    podlink_status status = pl_node_query(node, &q.request, ASK_MS, deadline);
    if (status == PODLINK_OK)
        status = check_address(&q, err);
    sentinel->is_asked = true;
    sentinel->has_failed = status != PODLINK_OK;
    if (status == PODLINK_OK) {
        sentinel->epoch = q.answer->master.config_epoch;
        sentinel->master = q.answer->master.address;
    }
    return status;
}

/* --- all sentinels ----------------------------------------------------------------------------------------------- */

static bool add(pl_sentinels *sentinels, const pl_address *address)
{
    const uint32_t count = atomic_load(&sentinels->count);
    const pl_pool_size size = {.shared = 1, .dedicated_max = 1, .dedicated_lifetime_ns = PL_NEVER};
    pl_node *node = pl_node_new(sentinels->deployment->env, address, &sentinels->server, &size, NULL);
    if (!node)
        return false;
    sentinels->list[count] = (pl_sentinel){.node = node, .epoch = -1};
    atomic_store(&sentinels->count, count + 1);
    return true;
}

static bool is_known(const pl_sentinels *sentinels, const pl_address *address)
{
    const uint32_t count = atomic_load(&sentinels->count);
    for (uint32_t i = 0; i < count; i++)
        if (pl_address_equals(&sentinels->list[i].node->address, address))
            return true;
    return false;
}

/* Sentinels announce for each other the ports with the same transport, TLS or not, that they use to the servers. */
static bool can_reach_others(const pl_sentinels *sentinels)
{
    return (sentinels->server.tls != NULL) == sentinels->deployment->env->config.tls_enabled;
}

/* Adds sentinels that others name: perhaps only one was configured. Out of memory, it adds none. */
static void add_others(pl_sentinels *sentinels, const pl_sentinel_answer *answer)
{
    if (!can_reach_others(sentinels))
        return;
    for (size_t i = 0; i < answer->other_count; i++)
        if (atomic_load(&sentinels->count) < PL_SENTINELS_ADDED_MAX && !is_known(sentinels, &answer->others[i]))
            add(sentinels, &answer->others[i]);
}

static uint32_t votes_for(const pl_sentinels *sentinels, const pl_address *address, int64_t epoch)
{
    const uint32_t count = atomic_load(&sentinels->count);
    uint32_t votes = 0;
    for (uint32_t i = 0; i < count; i++)
        if (sentinels->list[i].epoch == epoch && pl_address_equals(&sentinels->list[i].master, address))
            votes++;
    return votes;
}

/* A higher epoch is a newer state. Among answers of one epoch, the majority decides. */
static bool is_better(const pl_sentinels *sentinels, const pl_sentinel_answer *answer)
{
    const pl_sentinel_answer *best = &sentinels->best;
    const int64_t epoch = answer->master.config_epoch;
    if (!best->is_given || epoch != best->master.config_epoch)
        return !best->is_given || epoch > best->master.config_epoch;
    return votes_for(sentinels, &answer->master.address, epoch) > votes_for(sentinels, &best->master.address, epoch);
}

static bool is_refusal(const podlink_error *fault)
{
    return fault->server[0] != '\0' || fault->status == PODLINK_ETLS;
}

/* The message of a refusal helps more than that another sentinel is unreachable. */
static bool says_more(const podlink_error *fault, const podlink_error *before)
{
    return before->status == PODLINK_OK || (is_refusal(fault) && !is_refusal(before));
}

typedef struct round {
    int64_t deadline;
    bool is_over; /* an answer is newer than the view: the others can only confirm it */
    podlink_error fault;
} query_round;

static void query_one(pl_sentinels *sentinels, uint32_t i, query_round *round)
{
    podlink_error fault;
    pl_error_clear(&fault);
    if (query_sentinel(sentinels, &sentinels->list[i], round->deadline, &fault) != PODLINK_OK) {
        if (says_more(&fault, &round->fault))
            round->fault = fault;
        return;
    }
    sentinels->answer.is_given = true;
    if (is_better(sentinels, &sentinels->answer))
        sentinels->best = sentinels->answer;
    round->is_over = sentinels->epoch >= 0 && sentinels->answer.master.config_epoch > sentinels->epoch;
    add_others(sentinels, &sentinels->answer);
}

static void query_those(pl_sentinels *sentinels, uint32_t first, bool have_failed, query_round *round)
{
    const uint32_t count = atomic_load(&sentinels->count);
    for (uint32_t i = 0; i < count && !round->is_over; i++) {
        const uint32_t at = (first + i) % count;
        pl_sentinel *sentinel = &sentinels->list[at];
        if (!sentinel->is_asked && sentinel->has_failed == have_failed &&
            pl_until(round->deadline, pl_clock_now(sentinels->server.clock)) > 0)
            query_one(sentinels, at, round);
    }
}

/* Sentinels that were silent in the last round are asked last, if at all: each may use up its time again. */
static void query_all(pl_sentinels *sentinels, uint32_t first, query_round *round)
{
    const uint32_t count = atomic_load(&sentinels->count);
    for (uint32_t i = 0; i < count; i++) {
        sentinels->list[i].epoch = -1;
        sentinels->list[i].is_asked = false;
    }
    sentinels->best.is_given = false;
    query_those(sentinels, first, false, round);
    query_those(sentinels, first, true, round);
}

/* --- which answer to believe ------------------------------------------------------------------------------------- */

/* An older epoch is believed only after most sentinels have reported it for a while: then they were set up again. */
static bool is_believed_though_older(pl_sentinels *sentinels, bool is_of_most, int64_t now)
{
    if (!is_of_most) {
        sentinels->lower_since = 0;
        return false;
    }
    if (sentinels->lower_since == 0)
        sentinels->lower_since = now;
    return pl_until(now, sentinels->lower_since) > LOWER_EPOCH_MS * PL_MS;
}

static bool is_believed(pl_sentinels *sentinels, const pl_sentinel_master *master, int64_t now)
{
    if (sentinels->epoch < 0 || master->config_epoch > sentinels->epoch)
        return true;
    const bool is_of_most = votes_for(sentinels, &master->address, master->config_epoch) * 2 > sentinels->configured;
    if (master->config_epoch < sentinels->epoch)
        return is_believed_though_older(sentinels, is_of_most, now);
    return is_of_most || pl_address_equals(&master->address, &sentinels->master);
}

static podlink_status take_best(pl_sentinels *sentinels, podlink_error *err)
{
    const pl_sentinel_answer *best = &sentinels->best;
    const int64_t now = pl_clock_now(sentinels->server.clock);
    if (!is_believed(sentinels, &best->master, now))
        return PODLINK_OK; /* keep the view */
    const podlink_status status = pl_sentinel_changed(sentinels, best, now, err);
    if (status == PODLINK_OK) {
        sentinels->epoch = best->master.config_epoch;
        sentinels->lower_since = 0;
    }
    return status;
}

podlink_status pl_sentinels_discover(pl_sentinels *sentinels, uint32_t first, int64_t deadline, podlink_error *err)
{
    query_round round = {.deadline = deadline};
    pl_error_clear(&round.fault);
    query_all(sentinels, first, &round);
    if (sentinels->best.is_given)
        return take_best(sentinels, err);
    if (round.fault.status == PODLINK_OK)
        return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "no sentinel was asked before the deadline");
    if (err) {
        *err = round.fault;
        err->delivery = PODLINK_NOT_SENT; /* the delivery of the call that needs the view */
        snprintf(err->message, sizeof err->message, "no sentinel knows where master \"%.64s\" is: %.400s",
                 sentinels->deployment->env->config.master_name, round.fault.message);
    }
    return round.fault.status;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

static pl_server server_of(const pl_deployment *deployment)
{
    pl_server server = deployment->server;
    server.login = &deployment->env->config.sentinel_login;
    server.tls = deployment->env->config.sentinel_tls == 1 ? deployment->tls : NULL;
    server.credentials = (pl_credentials_source){0};
    server.credentials_age_ns = PL_NEVER;
    server.least_version = NULL;
    return server;
}

pl_sentinels *pl_sentinels_new(pl_deployment *deployment)
{
    const pl_config *config = &deployment->env->config;
    pl_sentinels *sentinels = pl_heap_zalloc(&config->heap, sizeof *sentinels);
    if (!sentinels)
        return NULL;
    sentinels->deployment = deployment;
    sentinels->server = server_of(deployment);
    sentinels->epoch = -1;
    pthread_mutex_init(&sentinels->lock, NULL);
    for (size_t i = 0; i < config->seed_count; i++)
        if (!is_known(sentinels, &config->seeds[i]) && !add(sentinels, &config->seeds[i])) {
            pl_sentinels_free(sentinels, false);
            return NULL;
        }
    sentinels->configured = atomic_load(&sentinels->count);
    return sentinels;
}

void pl_sentinels_free(pl_sentinels *sentinels, bool is_child)
{
    if (!sentinels)
        return;
    const uint32_t count = atomic_load(&sentinels->count);
    for (uint32_t i = 0; i < count; i++)
        pl_node_free(sentinels->list[i].node, NULL, is_child);
    if (!is_child)
        pthread_mutex_destroy(&sentinels->lock);
    pl_heap_free(&sentinels->deployment->env->config.heap, sentinels);
}

void pl_sentinels_tick(pl_sentinels *sentinels)
{
    const uint32_t count = atomic_load(&sentinels->count);
    for (uint32_t i = 0; i < count; i++)
        pl_pool_tick(&sentinels->list[i].node->pool);
}

void pl_sentinels_end(pl_sentinels *sentinels)
{
    const uint32_t count = sentinels ? atomic_load(&sentinels->count) : 0;
    for (uint32_t i = 0; i < count; i++) {
        pl_pool *pool = &sentinels->list[i].node->pool;
        pl_pool_close(pool);
        pl_pool_end(pool, PODLINK_ECLOSED, "the client is closed");
    }
}

void pl_sentinels_count(pl_sentinels *sentinels, podlink_stats *stats)
{
    podlink_stats own = {0};
    const uint32_t count = sentinels ? atomic_load(&sentinels->count) : 0;
    for (uint32_t i = 0; i < count; i++)
        pl_pool_count(&sentinels->list[i].node->pool, &own);
    stats->connections += own.connections;
    stats->dials += own.dials;
    stats->dial_failures += own.dial_failures;
    stats->connections_lost += own.connections_lost;
    stats->stale += own.stale;
    stats->bytes_sent += own.bytes_sent;
    stats->bytes_received += own.bytes_received;
    stats->writes += own.writes;
    stats->reads += own.reads;
    stats->commands_sent += own.commands_sent;
}
