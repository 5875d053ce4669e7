/* SPDX-License-Identifier: MIT */
/* An attempt at many commands, scattered over the nodes that serve them (scatter and gather): sent to all nodes first,
 * then the replies are awaited. */
#include "base/error.h"
#include "client/attempt.h"
#include "client/dedicated_attempt.h"
#include "conn/shard.h"

#include <string.h>

enum {
    TURN_MS = 10 /* how long to wait for one node while others have commands in flight */
};

/* The commands for one node. */
typedef struct node_shard {
    pl_shard shard;
    pl_node *node;
    pl_shared_conn *shared; /* entered; NULL: none */
    uint32_t loads;
    uint32_t first; /* index of its first command in the lists of the scatter */
    uint32_t count;
    bool is_dialled; /* a connection was open already */
    bool is_in_flight;
    pl_caller caller;
} node_shard;

typedef struct scatter {
    uint32_t shard_count;
    node_shard *shards; /* one for each node */
    uint32_t *owner;    /* for each command of the parent its shard, */
    uint32_t *place;    /* and its index there */
    uint32_t *items;    /* the commands of the first shard, of the second, ... */
    uint32_t *follows;  /* parallel to items; NULL if the parent has none */
    uint8_t *states;    /* parallel to items */
} scatter;

static void scatter_fini(scatter *s, const pl_heap *heap)
{
    pl_heap_free(heap, s->shards);
    pl_heap_free(heap, s->owner);
    pl_heap_free(heap, s->place);
    pl_heap_free(heap, s->items);
    pl_heap_free(heap, s->follows);
    pl_heap_free(heap, s->states);
}

/* False when out of memory. There may be no node yet; a block of size 0 is not allocated. */
static bool scatter_init(scatter *s, const pl_heap *heap, const pl_request *parent, uint32_t node_count)
{
    const size_t count = parent->count;
    *s = (scatter){.shards = pl_heap_zalloc(heap, (node_count + 1) * sizeof *s->shards),
                   .owner = pl_heap_alloc(heap, count * sizeof *s->owner),
                   .place = pl_heap_alloc(heap, count * sizeof *s->place),
                   .items = pl_heap_alloc(heap, count * sizeof *s->items),
                   .states = pl_heap_alloc(heap, count)};
    if (parent->follows)
        s->follows = pl_heap_alloc(heap, count * sizeof *s->follows);
    return s->shards && s->owner && s->place && s->items && s->states && (s->follows || !parent->follows);
}

/* The shard of a node; adds one if it is new. Shards are few, so a linear search does. */
static uint32_t shard_of(scatter *s, pl_node *node)
{
    uint32_t at = 0;
    while (at < s->shard_count && s->shards[at].node != node)
        at++;
    if (at == s->shard_count)
        s->shards[s->shard_count++].node = node;
    return at;
}

/* Finds the shard of each pending command. @return the first slot that no node serves, or PL_SLOT_ANY */
static uint16_t assign(pl_call *call, scatter *s, const pl_view *view, const pl_request *parent, bool of_replicas)
{
    const int64_t now = pl_clock_now(&call->client->env.clock);
    for (uint32_t i = 0; i < parent->count; i++) {
        if (parent->states[i] == PL_COMPLETED)
            continue;
        const uint16_t slot = parent->ops->slot(parent, i);
        pl_node *node = pl_nodes_route(&call->client->deployment.nodes, view, slot, of_replicas, now);
        if (!node)
            return slot;
        s->owner[i] = shard_of(s, node);
        s->place[i] = s->shards[s->owner[i]].count++;
    }
    return PL_SLOT_ANY;
}

/* Sorts the commands by shard, stably. */
static void sort(scatter *s, const pl_request *parent)
{
    uint32_t at = 0;
    for (uint32_t k = 0; k < s->shard_count; k++) {
        s->shards[k].first = at;
        at += s->shards[k].count;
    }
    for (uint32_t i = 0; i < parent->count; i++) {
        if (parent->states[i] == PL_COMPLETED)
            continue;
        const uint32_t place = s->shards[s->owner[i]].first + s->place[i];
        s->items[place] = i;
        if (!s->follows)
            continue;
        const uint32_t awaited = parent->follows[i]; /* on the same key, and so in the same shard */
        const bool is_pending = awaited != PL_FOLLOWS_NONE && parent->states[awaited] != PL_COMPLETED;
        s->follows[place] = is_pending ? s->place[awaited] : PL_FOLLOWS_NONE;
    }
}

static void prepare(scatter *s, pl_request *parent)
{
    for (uint32_t k = 0; k < s->shard_count; k++) {
        node_shard *own = &s->shards[k];
        own->loads = pl_node_loads(own->node);
        pl_shard_init(&own->shard, parent, s->items + own->first, own->count, s->states + own->first,
                      s->follows ? s->follows + own->first : NULL);
    }
}

static void begin(pl_call *call, node_shard *own, int64_t deadline)
{
    own->is_in_flight = pl_shared_conn_begin(own->shared, &own->caller, &own->shard.request,
                                             pl_clock_now(&call->client->env.clock), deadline);
}

static uint32_t count_in_flight(const scatter *s)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < s->shard_count; k++)
        count += s->shards[k].is_in_flight;
    return count;
}

/* Waits for the nodes in turn, until all have answered. */
static void drive(pl_call *call, scatter *s)
{
    const pl_clock *clock = &call->client->env.clock;
    uint32_t in_flight;
    while ((in_flight = count_in_flight(s)) > 0) {
        for (uint32_t k = 0; k < s->shard_count; k++) {
            node_shard *own = &s->shards[k];
            int64_t until = in_flight > 1 ? pl_clock_now(clock) + TURN_MS * PL_MS : call->deadline;
            if (own->is_in_flight)
                own->is_in_flight = pl_shared_conn_advance(
                    own->shared, &own->caller, until < call->deadline ? until : call->deadline, call->deadline);
        }
    }
}

static bool has_connection(node_shard *own)
{
    uint32_t ignored;
    return pl_shared_conn_is_open(own->shared, &ignored);
}

/* The deadline of the next dial: each of the remaining nodes gets an equal share of the time. */
static int64_t dial_deadline(const pl_call *call, uint32_t undialled)
{
    const int64_t now = pl_clock_now(&call->client->env.clock);
    const int64_t left = pl_until(call->deadline, now);
    return left == PL_NEVER ? PL_NEVER : now + left - left * (undialled - 1) / undialled;
}

/* Sends to all nodes before it waits for any. Nodes without a connection come after the others, which must not wait for
 * a dial that may last until the deadline. */
static void run_shards(pl_call *call, scatter *s)
{
    uint32_t undialled = 0;
    for (uint32_t k = 0; k < s->shard_count; k++) {
        node_shard *own = &s->shards[k];
        own->shared = pl_pool_enter(&own->node->pool, NULL, pl_clock_now(&call->client->env.clock));
        own->is_dialled = has_connection(own);
        undialled += !own->is_dialled;
        if (own->is_dialled)
            begin(call, own, call->deadline);
    }
    if (undialled > 0)
        drive(call, s);
    for (uint32_t k = 0; k < s->shard_count; k++)
        if (!s->shards[k].is_dialled)
            begin(call, &s->shards[k], dial_deadline(call, undialled--));
    drive(call, s);
    for (uint32_t k = 0; k < s->shard_count; k++)
        pl_pool_leave(s->shards[k].shared);
}

/* One node after the other, each on a dedicated connection: WAIT blocks it. */
static void attempt_dedicated(pl_call *call, scatter *s)
{
    for (uint32_t k = 0; k < s->shard_count; k++)
        pl_attempt_dedicated(call, s->shards[k].node, &s->shards[k].shard.request, false);
}

static void absorb(pl_call *call, scatter *s)
{
    for (uint32_t k = 0; k < s->shard_count; k++) {
        node_shard *own = &s->shards[k];
        pl_shard_merge(&own->shard);
        pl_attempt_note_missing(call, own->node, own->loads, &own->shard.request);
        call->node = own->node;
    }
}

static void run_scatter(pl_call *call, scatter *s, pl_request *parent)
{
    sort(s, parent);
    prepare(s, parent);
    if (call->acks > 0 && !parent->reads_only)
        attempt_dedicated(call, s);
    else
        run_shards(call, s);
    absorb(call, s);
}

/* @return the first slot that no node serves, or PL_SLOT_ANY: then the attempt is done */
static uint16_t attempt(pl_call *call, const pl_view *view, pl_request *parent, bool of_replicas)
{
    const pl_heap *heap = &call->client->env.config.heap;
    uint16_t unserved = PL_SLOT_ANY;
    scatter s;
    if (!scatter_init(&s, heap, parent, view->map->node_count)) {
        pl_request_no_memory(parent, call->client->env.config.address.text);
    } else {
        unserved = assign(call, &s, view, parent, of_replicas);
        if (unserved == PL_SLOT_ANY)
            run_scatter(call, &s, parent);
    }
    scatter_fini(&s, heap);
    return unserved;
}

void pl_attempt_scatter(pl_call *call, pl_request *parent, bool of_replicas)
{
    podlink_error fault;
    const pl_view *view;
    pl_request_rewind(parent);
    if (pl_deployment_view(&call->client->deployment, call->deadline, &view, &fault) != PODLINK_OK) {
        pl_request_not_sent(parent, &fault);
        return;
    }
    uint16_t unserved = attempt(call, view, parent, of_replicas);
    if (unserved == PL_SLOT_ANY)
        return;
    if (pl_discover(&call->client->deployment, call->deadline, &fault) != PODLINK_OK) {
        pl_request_not_sent(parent, &fault);
        return;
    }
    unserved = attempt(call, pl_nodes_view(&call->client->deployment.nodes), parent, of_replicas);
    if (unserved != PL_SLOT_ANY)
        pl_attempt_set_no_node(call, parent, unserved);
}
