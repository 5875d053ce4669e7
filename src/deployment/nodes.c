/* SPDX-License-Identifier: MIT */
/* All servers of a deployment, and the present view of them. */
#include "deployment/nodes.h"

#include "base/error.h"
#include "base/mutant.h"

#include <stddef.h>
#include <string.h>

enum { LINGER_MS = 1000 /* a node that is missing in an answer keeps its connections for this time */ };

void pl_nodes_init(pl_nodes *nodes, pl_env *env, const pl_server *server, const pl_pool_size *size)
{
    *nodes = (pl_nodes){.env = env, .server = server, .size = *size};
    pthread_mutex_init(&nodes->lock, NULL);
}

/* --- views ------------------------------------------------------------------------------------------------------- */

static void free_view(pl_nodes *nodes, pl_view *view)
{
    if (!view)
        return;
    pl_slot_map_free(view->map);
    pl_heap_free(nodes->server->heap, view->nodes);
    pl_heap_free(nodes->server->heap, view);
}

/* The lock is held. */
static pl_node *find(pl_nodes *nodes, const pl_address *address)
{
    for (pl_node *node = nodes->list; node; node = node->next)
        if (!pl_node_is_retired(node) && pl_address_equals(&node->address, address))
            return node;
    return NULL;
}

/* The lock is held. NULL when out of memory. */
static pl_node *find_or_make(pl_nodes *nodes, const pl_address *address)
{
    pl_node *node = find(nodes, address);
    if (node)
        return node;
    node = pl_node_new(nodes->env, address, nodes->server, &nodes->size, &nodes->hooks);
    if (!node)
        return NULL;
    if (nodes->is_closed)
        pl_pool_close(&node->pool);
    node->number = ++nodes->made;
    node->next = nodes->list;
    nodes->list = node;
    return node;
}

/* A view of the map, which it owns if it succeeds. NULL when out of memory. The lock is held. */
static pl_view *make_view(pl_nodes *nodes, pl_slot_map *map)
{
    const pl_heap *heap = nodes->server->heap;
    pl_view *view = pl_heap_zalloc(heap, sizeof *view);
    if (!view)
        return NULL;
    view->nodes = pl_heap_zalloc(heap, (map->node_count + 1) * sizeof(pl_node *));
    bool is_whole = view->nodes != NULL;
    for (uint32_t i = 0; i < map->node_count && is_whole; i++) {
        view->nodes[i] = find_or_make(nodes, &map->nodes[i].address);
        is_whole = view->nodes[i] != NULL;
        if (is_whole)
            atomic_store(&view->nodes[i]->pool.incarnation.is_of_master,
                         nodes->checks_roles && map->nodes[i].is_master);
    }
    if (!is_whole) {
        free_view(nodes, view);
        return NULL;
    }
    view->map = map;
    return view;
}

static bool is_in_view(const pl_nodes *nodes, const pl_node *node)
{
    return node->view == nodes->view_number;
}

/* The node is in no view: its drain time begins now. The lock is held. */
static void let_leave(pl_nodes *nodes, pl_node *node)
{
    node->left_at = pl_clock_now(nodes->server->clock);
    node->left_in = atomic_load(&nodes->epoch.current);
}

/* The lock is held. */
static void mark_members(pl_nodes *nodes, const pl_view *view)
{
    const uint32_t before = nodes->view_number++;
    for (uint32_t i = 0; i < view->map->node_count; i++)
        view->nodes[i]->view = nodes->view_number;
    for (pl_node *node = nodes->list; node; node = node->next)
        if (node->view == before)
            let_leave(nodes, node);
}

/* The lock is held. */
static pl_view_change replace_view(pl_nodes *nodes, pl_view *view)
{
    mark_members(nodes, view);
    pl_view *old = atomic_exchange(&nodes->view, view);
    if (old) {
        old->retired_in = atomic_load(&nodes->epoch.current);
        old->next = nodes->old_views;
        nodes->old_views = old;
    }
    return (pl_view_change){.before = old, .after = view};
}

pl_node *pl_nodes_at(pl_nodes *nodes, const pl_address *address)
{
    pthread_mutex_lock(&nodes->lock);
    pl_node *node = find_or_make(nodes, address);
    if (node && !is_in_view(nodes, node))
        let_leave(nodes, node);
    pthread_mutex_unlock(&nodes->lock);
    return node;
}

bool pl_nodes_move_slot(pl_nodes *nodes, uint16_t slot, const pl_address *address, pl_view_change *change)
{
    pl_view *made = NULL;
    pthread_mutex_lock(&nodes->lock);
    const pl_view *view = atomic_load(&nodes->view);
    uint16_t master = pl_slot_map_master(view->map, slot);
    if (master == PL_NO_NODE || !pl_address_equals(&view->map->nodes[master].address, address)) {
        pl_slot_map *map = pl_slot_map_with(view->map, slot, address);
        made = map ? make_view(nodes, map) : NULL;
        if (made) {
            made->named = pl_slot_map_master(map, slot);
            *change = replace_view(nodes, made);
        } else {
            pl_slot_map_free(map);
        }
    }
    pthread_mutex_unlock(&nodes->lock);
    return made != NULL;
}

/* --- nodes that leave -------------------------------------------------------------------------------------------- */

static bool is_unseen(uint32_t epoch_then, uint32_t epoch_number)
{
    return epoch_number - epoch_then >= 2;
}

/* Whether a node is to be ended: its drain time is over; or no caller can reach it any more, nothing is in flight, and
 * it has been missing for a while, not only in one outdated answer of a server. The lock is held. */
static bool is_due(pl_nodes *nodes, pl_node *node, int64_t now, uint32_t epoch_number)
{
    if (pl_node_is_retired(node) || is_in_view(nodes, node))
        return false;
    const int64_t gone_ns = now - node->left_at;
    if (gone_ns >= nodes->drain_ns)
        return true;
    return gone_ns >= LINGER_MS * PL_MS && is_unseen(node->left_in, epoch_number) && pl_pool_is_idle(&node->pool);
}

/* The lock is held. */
static void mark_retired(pl_nodes *nodes, pl_node *node)
{
    node->retired_in = atomic_load(&nodes->epoch.current);
    atomic_store(&node->is_retired, true);
}

static pl_node *take_due(pl_nodes *nodes, int64_t now)
{
    pthread_mutex_lock(&nodes->lock);
    const uint32_t epoch_number = atomic_load(&nodes->epoch.current);
    pl_node *node = nodes->list;
    while (node && !is_due(nodes, node, now, epoch_number))
        node = node->next;
    if (node)
        mark_retired(nodes, node);
    pthread_mutex_unlock(&nodes->lock);
    return node;
}

static void retire_due(pl_nodes *nodes)
{
    const int64_t now = pl_clock_now(nodes->server->clock);
    pl_node *node;
    while ((node = take_due(nodes, now)))
        pl_node_retire(node, "the server is no longer part of the deployment");
}

bool pl_nodes_replace(pl_nodes *nodes, pl_node *old, pl_node *master)
{
    pthread_mutex_lock(&nodes->lock);
    const bool is_new = old->replaced_by != master->number;
    const bool ends = !pl_node_is_retired(old) && !is_in_view(nodes, old);
    old->replaced_by = master->number;
    master->replaced_by = 0;
    if (ends)
        mark_retired(nodes, old);
    pthread_mutex_unlock(&nodes->lock);
    if (ends)
        pl_node_retire(old, "another server has taken its place");
    return is_new;
}

podlink_status pl_nodes_publish(pl_nodes *nodes, pl_slot_map *map, pl_view_change *change, podlink_error *err)
{
    pthread_mutex_lock(&nodes->lock);
    pl_view *view = make_view(nodes, map);
    if (view) {
        const pl_view_change made = replace_view(nodes, view);
        if (change)
            *change = made;
    }
    pthread_mutex_unlock(&nodes->lock);
    if (!view) {
        pl_slot_map_free(map);
        return pl_error_no_memory(err);
    }
    retire_due(nodes);
    return PODLINK_OK;
}

/* --- routing ----------------------------------------------------------------------------------------------------- */

static bool is_reachable(pl_node *node, int64_t now)
{
    return !pl_pool_is_avoided(&node->pool, now);
}

/* Any master, round robin; a reachable one if there is one. */
static pl_node *any_master(pl_nodes *nodes, const pl_view *view, int64_t now)
{
    const uint32_t count = view->map->node_count;
    const uint32_t first = count > 1 ? atomic_fetch_add_explicit(&nodes->random, 1, memory_order_relaxed) : 0;
    pl_node *unreachable = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (first + i) % count;
        if (!view->map->nodes[at].is_master)
            continue;
        if (is_reachable(view->nodes[at], now))
            return view->nodes[at];
        unreachable = view->nodes[at];
    }
    return unreachable;
}

/* The replicas of a master are directly behind it. NULL: none is reachable. */
static pl_node *replica_of(pl_nodes *nodes, const pl_view *view, uint32_t master, int64_t now)
{
    const uint32_t count = view->map->nodes[master].replica_count;
    const uint32_t first = count > 1 ? atomic_fetch_add_explicit(&nodes->random, 1, memory_order_relaxed) : 0;
    for (uint32_t i = 0; i < count; i++) {
        pl_node *node = view->nodes[master + 1 + (first + i) % count];
        if (is_reachable(node, now))
            return node;
    }
    return NULL;
}

pl_node *pl_nodes_route(pl_nodes *nodes, const pl_view *view, uint16_t slot, bool of_replicas, int64_t now)
{
    if (slot == PL_SLOT_ANY && !of_replicas)
        return any_master(nodes, view, now);
    const uint16_t master = pl_slot_map_master(view->map, slot == PL_SLOT_ANY ? 0 : slot);
    if (master == PL_NO_NODE)
        return NULL;
    pl_node *replica = of_replicas ? replica_of(nodes, view, master, now) : NULL;
    return replica ? replica : view->nodes[master];
}

/* --- periodic work ----------------------------------------------------------------------------------------------- */

/* Takes an old view that no caller can see any more out of the list. NULL if there is none. */
static pl_view *take_old_view(pl_nodes *nodes, uint32_t epoch_number)
{
    pthread_mutex_lock(&nodes->lock);
    pl_view **at = &nodes->old_views;
    while (*at && !is_unseen((*at)->retired_in, epoch_number))
        at = &(*at)->next;
    pl_view *view = *at;
    if (view)
        *at = view->next;
    pthread_mutex_unlock(&nodes->lock);
    return view;
}

static bool is_free(pl_node *node, uint32_t epoch_number)
{
    return pl_node_is_retired(node) && is_unseen(node->retired_in, epoch_number) &&
           (node->walks == 0 || PL_MUTANT_FREES_WALKED) && pl_pool_is_unlent(&node->pool);
}

static pl_node *take_free_node(pl_nodes *nodes, uint32_t epoch_number)
{
    pthread_mutex_lock(&nodes->lock);
    pl_node **at = &nodes->list;
    while (*at && !is_free(*at, epoch_number))
        at = &(*at)->next;
    pl_node *node = *at;
    if (node) {
        *at = node->next;
        pl_pool_count(&node->pool, &nodes->gone);
    }
    pthread_mutex_unlock(&nodes->lock);
    return node;
}

static void free_unused(pl_nodes *nodes)
{
    const uint32_t epoch_number = pl_epoch_advance(&nodes->epoch);
    pl_view *view;
    pl_node *node;
    while ((view = take_old_view(nodes, epoch_number)))
        free_view(nodes, view);
    while ((node = take_free_node(nodes, epoch_number)))
        pl_node_free(node, &nodes->hooks, false);
}

/* The epoch does not protect a walk: a node is in the list for longer than calls may see it in a view. */
pl_node *pl_nodes_walk(pl_nodes *nodes, pl_node *at)
{
    pthread_mutex_lock(&nodes->lock);
    pl_node *next = at ? at->next : nodes->list;
    if (at)
        at->walks--;
    if (next)
        next->walks++;
    pthread_mutex_unlock(&nodes->lock);
    return next;
}

void pl_nodes_walk_end(pl_nodes *nodes, pl_node *at)
{
    if (!at)
        return;
    pthread_mutex_lock(&nodes->lock);
    at->walks--;
    pthread_mutex_unlock(&nodes->lock);
}

void pl_nodes_tick(pl_nodes *nodes)
{
    pl_node *node = NULL;
    while ((node = pl_nodes_walk(nodes, node)))
        if (!pl_node_is_retired(node))
            pl_pool_tick(&node->pool);
    retire_due(nodes);
    free_unused(nodes);
}

podlink_status pl_nodes_reauthenticate(pl_nodes *nodes, int64_t deadline, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    pl_node *node = NULL;
    while (status == PODLINK_OK && (node = pl_nodes_walk(nodes, node)))
        if (!pl_node_is_retired(node))
            status = pl_pool_reauthenticate(&node->pool, deadline, err);
    pl_nodes_walk_end(nodes, node);
    return status;
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

void pl_nodes_close(pl_nodes *nodes)
{
    pl_node *node = NULL;
    pl_epoch_close(&nodes->epoch);
    pthread_mutex_lock(&nodes->lock);
    nodes->is_closed = true;
    pthread_mutex_unlock(&nodes->lock);
    while ((node = pl_nodes_walk(nodes, node)))
        pl_pool_close(&node->pool);
}

bool pl_nodes_are_quiet(pl_nodes *nodes)
{
    bool are_quiet = pl_epoch_active(&nodes->epoch) == 0;
    pthread_mutex_lock(&nodes->lock);
    for (pl_node *node = nodes->list; node && are_quiet; node = node->next)
        are_quiet = pl_pool_is_quiet(&node->pool);
    pthread_mutex_unlock(&nodes->lock);
    return are_quiet;
}

void pl_nodes_end(pl_nodes *nodes, podlink_status status, const char *why)
{
    pl_node *node = NULL;
    while ((node = pl_nodes_walk(nodes, node)))
        pl_pool_end(&node->pool, status, why);
}

void pl_nodes_fini(pl_nodes *nodes, bool is_child)
{
    pl_node *next;
    for (pl_node *node = nodes->list; node; node = next) {
        next = node->next;
        pl_node_free(node, &nodes->hooks, is_child);
    }
    pl_view *older;
    for (pl_view *view = nodes->old_views; view; view = older) {
        older = view->next;
        free_view(nodes, view);
    }
    free_view(nodes, atomic_load(&nodes->view));
    if (!is_child)
        pthread_mutex_destroy(&nodes->lock);
}

/* All fields behind the size are counters. */
static void add_gone(const podlink_stats *gone, podlink_stats *stats)
{
    enum { FIRST = offsetof(podlink_stats, connections), COUNT = (sizeof *gone - FIRST) / sizeof(uint64_t) };
    uint64_t from[COUNT], to[COUNT];
    memcpy(from, &gone->connections, sizeof from);
    memcpy(to, &stats->connections, sizeof to);
    for (size_t i = 0; i < COUNT; i++)
        to[i] += from[i];
    memcpy(&stats->connections, to, sizeof to);
}

void pl_nodes_count(pl_nodes *nodes, podlink_stats *stats)
{
    pthread_mutex_lock(&nodes->lock);
    for (pl_node *node = nodes->list; node; node = node->next) {
        pl_pool_count(&node->pool, stats);
        stats->nodes += is_in_view(nodes, node);
    }
    add_gone(&nodes->gone, stats);
    pthread_mutex_unlock(&nodes->lock);
}
