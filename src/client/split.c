/* A pass of many commands, split by the nodes that serve them: sent to all at the same time, and waited for in turn. */
#include "base/error.h"
#include "client/borrowed.h"
#include "client/discovery.h"
#include "client/pass.h"
#include "conn/shard.h"

#include <string.h>

enum {
    TURN_MS = 10 /* so long one node is waited for while others have something in flight */
};

/* What goes to one node. */
typedef struct share {
    pl_shard shard;
    pl_node *node;
    pl_shared_conn *shared; /* entered; NULL: none */
    uint32_t loads;
    uint32_t first; /* where its commands begin in the split's lists */
    uint32_t count;
    bool is_dialled; /* there was a connection */
    bool is_in_flight;
} share;

typedef struct split {
    uint32_t share_count;
    share *shares;     /* one for each node that gets something */
    uint32_t *owner;   /* by command of the parent: its share, */
    uint32_t *place;   /* and its place there */
    uint32_t *items;   /* the commands of the first share, of the second, ... */
    uint32_t *follows; /* along with items; where the parent has some */
    uint8_t *states;   /* along with items */
} split;

static void split_fini(split *s, const pl_heap *heap)
{
    pl_heap_free(heap, s->shares);
    pl_heap_free(heap, s->owner);
    pl_heap_free(heap, s->place);
    pl_heap_free(heap, s->items);
    pl_heap_free(heap, s->follows);
    pl_heap_free(heap, s->states);
}

/* False when out of memory. There may be no node yet, and no block has the size 0. */
static bool split_init(split *s, const pl_heap *heap, const pl_request *parent, uint32_t node_count)
{
    const size_t count = parent->count;
    *s = (split){.shares = pl_heap_zalloc(heap, (node_count + 1) * sizeof *s->shares),
                 .owner = pl_heap_alloc(heap, count * sizeof *s->owner),
                 .place = pl_heap_alloc(heap, count * sizeof *s->place),
                 .items = pl_heap_alloc(heap, count * sizeof *s->items),
                 .states = pl_heap_alloc(heap, count)};
    if (parent->follows)
        s->follows = pl_heap_alloc(heap, count * sizeof *s->follows);
    return s->shares && s->owner && s->place && s->items && s->states && (s->follows || !parent->follows);
}

/* The share of a node, begun where it is new. Those who take turns are few, so they are looked through. */
static uint32_t share_of(split *s, pl_node *node)
{
    uint32_t at = 0;
    while (at < s->share_count && s->shares[at].node != node)
        at++;
    if (at == s->share_count)
        s->shares[s->share_count++].node = node;
    return at;
}

/* Finds for each pending command its share. @return the first slot that nobody serves, or PL_SLOT_ANY */
static uint16_t assign(pl_run *run, split *s, const pl_view *view, const pl_request *parent, bool of_replicas)
{
    const int64_t now = pl_clock_now(&run->client->clock);
    for (uint32_t i = 0; i < parent->count; i++) {
        if (parent->states[i] == PL_COMPLETED)
            continue;
        const uint16_t slot = parent->ops->slot(parent, i);
        pl_node *node = pl_nodes_route(&run->client->nodes, view, slot, of_replicas, now);
        if (!node)
            return slot;
        s->owner[i] = share_of(s, node);
        s->place[i] = s->shares[s->owner[i]].count++;
    }
    return PL_SLOT_ANY;
}

/* Sorts the commands by share; those of one share keep their order. */
static void sort(split *s, const pl_request *parent)
{
    uint32_t at = 0;
    for (uint32_t k = 0; k < s->share_count; k++) {
        s->shares[k].first = at;
        at += s->shares[k].count;
    }
    for (uint32_t i = 0; i < parent->count; i++) {
        if (parent->states[i] == PL_COMPLETED)
            continue;
        const uint32_t place = s->shares[s->owner[i]].first + s->place[i];
        s->items[place] = i;
        if (!s->follows)
            continue;
        const uint32_t awaited = parent->follows[i]; /* on the same key, and so in the same share */
        const bool is_pending = awaited != PL_FOLLOWS_NONE && parent->states[awaited] != PL_COMPLETED;
        s->follows[place] = is_pending ? s->place[awaited] : PL_FOLLOWS_NONE;
    }
}

static void prepare(split *s, pl_request *parent)
{
    for (uint32_t k = 0; k < s->share_count; k++) {
        share *own = &s->shares[k];
        own->loads = pl_node_loads(own->node);
        pl_shard_init(&own->shard, parent, s->items + own->first, own->count, s->states + own->first,
                      s->follows ? s->follows + own->first : NULL);
    }
}

static void begin(pl_run *run, share *own, int64_t deadline)
{
    own->is_in_flight =
        pl_shared_conn_begin(own->shared, &own->shard.request, pl_clock_now(&run->client->clock), deadline);
}

static uint32_t count_in_flight(const split *s)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < s->share_count; k++)
        count += s->shares[k].is_in_flight;
    return count;
}

/* Goes from one node to the next and back, until all have answered. */
static void drive(pl_run *run, split *s)
{
    const pl_clock *clock = &run->client->clock;
    uint32_t in_flight;
    while ((in_flight = count_in_flight(s)) > 0) {
        for (uint32_t k = 0; k < s->share_count; k++) {
            share *own = &s->shares[k];
            int64_t until = in_flight > 1 ? pl_clock_now(clock) + TURN_MS * PL_MS : run->deadline;
            if (own->is_in_flight)
                own->is_in_flight = pl_shared_conn_advance(
                    own->shared, &own->shard.request, until < run->deadline ? until : run->deadline, run->deadline);
        }
    }
}

static bool has_connection(share *own)
{
    uint32_t ignored;
    return pl_shared_conn_is_open(own->shared, &ignored);
}

/* How long one of so many nodes may take for its dial. */
static int64_t dial_deadline(const pl_run *run, uint32_t undialled)
{
    const int64_t now = pl_clock_now(&run->client->clock);
    const int64_t left = pl_until(run->deadline, now);
    return left == PL_NEVER ? PL_NEVER : now + left - left * (undialled - 1) / undialled;
}

/* To all nodes at the same time: begun everywhere before any is waited for. Nodes to which there is no connection come
 * behind the others, which must not wait for a dial that may take to the deadline. */
static void run_shares(pl_run *run, split *s)
{
    uint32_t undialled = 0;
    for (uint32_t k = 0; k < s->share_count; k++) {
        share *own = &s->shares[k];
        own->shared = pl_pool_enter(&own->node->pool, NULL, pl_clock_now(&run->client->clock));
        own->is_dialled = has_connection(own);
        undialled += !own->is_dialled;
        if (own->is_dialled)
            begin(run, own, run->deadline);
    }
    if (undialled > 0)
        drive(run, s);
    for (uint32_t k = 0; k < s->share_count; k++)
        if (!s->shares[k].is_dialled)
            begin(run, &s->shares[k], dial_deadline(run, undialled--));
    drive(run, s);
    for (uint32_t k = 0; k < s->share_count; k++)
        pl_pool_leave(s->shares[k].shared);
}

/* One node after the other, each on a connection that is lent: WAIT blocks it. */
static void run_borrowed(pl_run *run, split *s)
{
    for (uint32_t k = 0; k < s->share_count; k++)
        pl_borrowed_pass(run, s->shares[k].node, &s->shares[k].shard.request, false);
}

static void absorb(pl_run *run, split *s)
{
    for (uint32_t k = 0; k < s->share_count; k++) {
        share *own = &s->shares[k];
        pl_shard_merge(&own->shard);
        pl_pass_note_lacking(run, own->node, own->loads, &own->shard.request);
        run->node = own->node;
    }
}

static void run_split(pl_run *run, split *s, pl_request *parent)
{
    sort(s, parent);
    prepare(s, parent);
    if (run->acks > 0 && !parent->reads_only)
        run_borrowed(run, s);
    else
        run_shares(run, s);
    absorb(run, s);
}

/* @return the first slot that nobody serves, or PL_SLOT_ANY: then the pass is done */
static uint16_t pass(pl_run *run, const pl_view *view, pl_request *parent, bool of_replicas)
{
    const pl_heap *heap = &run->client->config.heap;
    uint16_t unserved = PL_SLOT_ANY;
    split s;
    if (!split_init(&s, heap, parent, view->map->node_count)) {
        pl_request_no_memory(parent, run->client->config.address.text);
    } else {
        unserved = assign(run, &s, view, parent, of_replicas);
        if (unserved == PL_SLOT_ANY)
            run_split(run, &s, parent);
    }
    split_fini(&s, heap);
    return unserved;
}

void pl_pass_split(pl_run *run, pl_request *parent, bool of_replicas)
{
    podlink_error fault;
    const pl_view *view;
    pl_request_rewind(parent);
    if (pl_run_find_servers(run, &view, &fault) != PODLINK_OK) {
        pl_request_not_sent(parent, &fault);
        return;
    }
    uint16_t unserved = pass(run, view, parent, of_replicas);
    if (unserved == PL_SLOT_ANY)
        return;
    if (pl_discover(run->client, run->deadline, &fault) != PODLINK_OK) {
        pl_request_not_sent(parent, &fault);
        return;
    }
    unserved = pass(run, pl_nodes_view(&run->client->nodes), parent, of_replicas);
    if (unserved != PL_SLOT_ANY)
        pl_pass_set_no_node(run, parent, unserved);
}
