/* SPDX-License-Identifier: MIT */
/* The reply of CLUSTER SLOTS: a list of slot ranges, each with its master and its replicas. */
#include "deployment/cluster_slots.h"

#include "base/error.h"
#include "deployment/peer_address.h"
#include "resp/reply.h"

#include <stdlib.h>
#include <string.h>

/* A server as one range names it. */
typedef struct claim {
    const char *host; /* borrowed from the reply, or from the address of the node that was asked */
    size_t host_length;
    uint16_t port;
    bool is_master;
    uint16_t first, last; /* of a master: its range */
    struct claim *master; /* of its range */
    struct claim *same;   /* the claim that represents all claims of this server */
    uint32_t replicas;    /* of a representing master */
    uint32_t node;        /* its index in the map */
} claim;

typedef struct reading {
    const pl_address *asked;
    claim *claims;
    size_t count;
    uint8_t taken[PL_SLOTS / 8]; /* a bit for each slot that a range has named */
    const char *fault;           /* what is wrong with the reply, NULL while nothing is */
} reading;

static bool fail(reading *r, const char *fault)
{
    r->fault = fault;
    return false;
}

/* --- ranges to claims -------------------------------------------------------------------------------------------- */

static bool take_slots(reading *r, int64_t first, int64_t last)
{
    if (first < 0 || last >= PL_SLOTS || first > last)
        return fail(r, "a range of slots that cannot be");
    for (int64_t slot = first; slot <= last; slot++) {
        const uint8_t bit = (uint8_t)(1 << slot % 8);
        if (r->taken[slot / 8] & bit)
            return fail(r, "ranges of slots that overlap");
        r->taken[slot / 8] |= bit;
    }
    return true;
}

/* @param is_known  out: the server's address is known */
static bool read_server(reading *r, const podlink_reply *server, claim *read, bool *is_known)
{
    if (podlink_reply_count(server) < 2)
        return fail(r, "a node without host and port");
    const podlink_reply *host = pl_reply_first(server);
    const podlink_reply_type type = podlink_reply_type_of(host);
    pl_address address;
    int64_t port;
    if (type != PODLINK_REPLY_STRING && type != PODLINK_REPLY_NIL)
        return fail(r, "a host that is no text");
    if (podlink_reply_integer(pl_reply_after(host), &port) != PODLINK_OK)
        return fail(r, "a port that is no number");
    *read = (claim){.port = (uint16_t)port};
    read->host = podlink_reply_text(host, &read->host_length);
    const pl_peer_address kind = pl_peer_address_read(read->host, read->host_length, port, r->asked, &address);
    if (kind == PL_PEER_ADDRESS_INVALID)
        return fail(r, "a host and port that cannot be");
    if (read->host_length == 0) {
        read->host = r->asked->host;
        read->host_length = strlen(r->asked->host);
    }
    *is_known = kind == PL_PEER_ADDRESS_OK;
    return true;
}

/* The master of a range is first. Without a master, the replicas are checked and dropped. */
static bool read_servers(reading *r, const podlink_reply *server, size_t count, int64_t first, int64_t last)
{
    claim *master = NULL;
    for (size_t i = 0; i < count; i++, server = pl_reply_after(server)) {
        claim *read = &r->claims[r->count];
        bool is_known;
        if (!read_server(r, server, read, &is_known))
            return false;
        if (i == 0 && is_known) {
            read->is_master = true;
            read->first = (uint16_t)first;
            read->last = (uint16_t)last;
            master = read;
        }
        read->master = master;
        r->count += master && is_known ? 1 : 0;
    }
    return true;
}

static bool read_range(reading *r, const podlink_reply *range)
{
    const size_t count = podlink_reply_count(range);
    int64_t first, last;
    if (count < 3)
        return fail(r, "a range without a node");
    const podlink_reply *element = pl_reply_first(range);
    if (podlink_reply_integer(element, &first) != PODLINK_OK)
        return fail(r, "a slot that is no number");
    element = pl_reply_after(element);
    if (podlink_reply_integer(element, &last) != PODLINK_OK)
        return fail(r, "a slot that is no number");
    return take_slots(r, first, last) && read_servers(r, pl_reply_after(element), count - 2, first, last);
}

static bool read_ranges(reading *r, const podlink_reply *reply)
{
    const podlink_reply *range = pl_reply_first(reply);
    for (size_t i = 0; i < podlink_reply_count(reply); i++, range = pl_reply_after(range))
        if (!read_range(r, range))
            return false;
    return true;
}

/* At least as many as there will be claims. */
static size_t count_elements(const podlink_reply *reply)
{
    size_t count = 0;
    const podlink_reply *range = pl_reply_first(reply);
    for (size_t i = 0; i < podlink_reply_count(reply); i++, range = pl_reply_after(range))
        count += podlink_reply_count(range);
    return count;
}

/* --- claims to nodes --------------------------------------------------------------------------------------------- */

static int by_address(const claim *a, const claim *b)
{
    if (a->port != b->port)
        return a->port < b->port ? -1 : 1;
    if (a->host_length != b->host_length)
        return a->host_length < b->host_length ? -1 : 1;
    return memcmp(a->host, b->host, a->host_length);
}

/* Groups the claims by server. The first claim of a group represents it: a master if there is one, else the earliest.
 */
static int by_server(const void *left, const void *right)
{
    const claim *a = *(claim *const *)left, *b = *(claim *const *)right;
    const int order = by_address(a, b);
    if (order != 0)
        return order;
    if (a->is_master != b->is_master)
        return a->is_master ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void join(reading *r, claim **sorted)
{
    for (size_t i = 0; i < r->count; i++)
        sorted[i] = &r->claims[i];
    qsort(sorted, r->count, sizeof(claim *), by_server);
    for (size_t i = 0; i < r->count; i++)
        sorted[i]->same = i > 0 && by_address(sorted[i - 1], sorted[i]) == 0 ? sorted[i - 1]->same : sorted[i];
}

/* Whether a claim represents its server. */
static bool is_chosen(const claim *c, bool is_master)
{
    return c->same == c && c->is_master == is_master;
}

/* Replicas are placed directly behind their master. @return how many nodes there are */
static size_t number_nodes(reading *r)
{
    size_t nodes = 0;
    claim *const end = r->claims + r->count;
    for (claim *c = r->claims; c < end; c++)
        if (is_chosen(c, false))
            c->node = ++c->master->same->replicas; /* relative to its master, until that has its number */
    for (claim *c = r->claims; c < end; c++)
        if (is_chosen(c, true)) {
            c->node = (uint32_t)nodes;
            nodes += 1 + (size_t)c->replicas;
        }
    for (claim *c = r->claims; c < end; c++)
        if (is_chosen(c, false))
            c->node += c->master->same->node;
    return nodes;
}

static void write_node(const reading *r, const claim *c, pl_slot_node *node)
{
    *node = (pl_slot_node){.is_master = c->is_master, .replica_count = c->replicas};
    pl_peer_address_read(c->host, c->host_length, c->port, r->asked, &node->address);
}

static void write_map(const reading *r, pl_slot_map *map)
{
    for (const claim *c = r->claims; c < r->claims + r->count; c++) {
        if (c->same == c)
            write_node(r, c, &map->nodes[c->node]);
        for (uint32_t slot = c->first; c->is_master && slot <= c->last; slot++)
            map->slots[slot] = (uint16_t)c->same->node;
    }
}

static podlink_status read_into(reading *r, const pl_heap *heap, const podlink_reply *reply, claim **sorted,
                                pl_slot_map **map, podlink_error *err)
{
    const char *asked = r->asked->text;
    if (!read_ranges(r, reply))
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "CLUSTER SLOTS on %s: %s", asked, r->fault);
    if (r->count == 0)
        return pl_error_set(err, PODLINK_ECLUSTERDOWN, PODLINK_ANSWERED, "CLUSTER SLOTS on %s: no node serves any slot",
                            asked);
    join(r, sorted);
    const size_t nodes = number_nodes(r);
    if (nodes > PL_SLOT_NODES_MAX)
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "CLUSTER SLOTS on %s: more than %d nodes", asked,
                            PL_SLOT_NODES_MAX);
    *map = pl_slot_map_new(heap, nodes);
    if (!*map)
        return pl_error_no_memory(err);
    write_map(r, *map);
    return PODLINK_OK;
}

podlink_status pl_slot_map_read(const pl_heap *heap, const podlink_reply *cluster_slots, const pl_address *asked,
                                pl_slot_map **map, podlink_error *err)
{
    *map = NULL;
    if (podlink_reply_type_of(cluster_slots) != PODLINK_REPLY_ARRAY)
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "CLUSTER SLOTS on %s: no list of ranges",
                            asked->text);
    const size_t most = count_elements(cluster_slots) + 1;
    reading r = {.asked = asked, .claims = pl_heap_alloc(heap, most * sizeof *r.claims)};
    claim **sorted = pl_heap_alloc(heap, most * sizeof(claim *));
    podlink_status status =
        r.claims && sorted ? read_into(&r, heap, cluster_slots, sorted, map, err) : pl_error_no_memory(err);
    pl_heap_free(heap, sorted);
    pl_heap_free(heap, r.claims);
    return status;
}
