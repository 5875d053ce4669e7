/* SPDX-License-Identifier: MIT */
/* Which scripts each server has loaded. */
#include "script/loaded.h"

#include "base/error.h"
#include "script/exists.h"
#include "script/functions.h"
#include "script/load.h"
#include "sync/single_flight.h"

#include <string.h>

/* What is known of a script on one server. */
typedef struct script_on_node {
    uint32_t loaded_at;       /* the server's count of loads when it was last loaded or found; 0: never */
    uint32_t incarnation;     /* of the server, in which that was; 0: none */
    pl_single_flight *flight; /* the callers that need it; NULL while none is loading it */
} script_on_node;

/* Guarded by the registry's lock. */
typedef struct pl_node_scripts {
    script_on_node *list; /* by the index of the script; owned */
    uint32_t capacity;
} node_scripts;

/* With room for all scripts that are registered now, so that loading one of them cannot fail for want of memory. */
bool pl_loaded_node_made(pl_node *node)
{
    const pl_heap *heap = &node->env->config.heap;
    const uint32_t count = pl_scripts_count(node->registry);
    node_scripts *made = pl_heap_zalloc(heap, sizeof *made);
    script_on_node *list = pl_heap_zalloc(heap, count * sizeof *list);
    if (!made || !list) {
        pl_heap_free(heap, list);
        pl_heap_free(heap, made);
        return false;
    }
    *made = (node_scripts){.list = list, .capacity = count};
    node->scripts = made;
    return true;
}

void pl_loaded_node_freed(pl_node *node)
{
    const pl_heap *heap = &node->env->config.heap;
    pl_heap_free(heap, node->scripts->list);
    pl_heap_free(heap, node->scripts);
}

/* The lock is held. NULL when out of memory. Valid until the lock is released: then the list may move. */
static script_on_node *entry_of(pl_node *node, const pl_script *script)
{
    node_scripts *own = node->scripts;
    const pl_scripts *scripts = node->registry;
    const uint32_t index = pl_script_representative(scripts, script)->index;
    if (index >= own->capacity) {
        script_on_node *list = pl_heap_realloc(scripts->heap, own->list, scripts->count * sizeof *list);
        if (!list)
            return NULL;
        memset(list + own->capacity, 0, (scripts->count - own->capacity) * sizeof *list);
        own->list = list;
        own->capacity = scripts->count;
    }
    return &own->list[index];
}

/* The lock is held. */
static void set_loaded(pl_node *node, script_on_node *entry, const pl_script *script, uint32_t incarnation)
{
    entry->loaded_at = atomic_fetch_add(&node->loads, 1) + 1;
    entry->incarnation = incarnation;
    atomic_store_explicit(&pl_script_representative(node->registry, script)->live->was_loaded, true,
                          memory_order_release);
}

void pl_loaded_note(pl_node *node, const pl_script *script, uint32_t incarnation)
{
    pl_scripts *scripts = node->registry;
    pthread_mutex_lock(&scripts->lock);
    script_on_node *entry = entry_of(node, script);
    if (entry)
        set_loaded(node, entry, script, incarnation);
    pthread_mutex_unlock(&scripts->lock);
}

uint32_t pl_loaded_missing(pl_node *node, uint32_t incarnation, const pl_script **scripts, uint32_t capacity)
{
    pl_scripts *registry = node->registry;
    uint32_t count = 0;
    pthread_mutex_lock(&registry->lock);
    for (uint32_t i = 0; i < registry->count && count < capacity; i++) {
        const pl_script *script = registry->list[i];
        if (pl_script_representative(registry, script) != script || !pl_loaded_anywhere(registry, script))
            continue;
        const script_on_node *entry = entry_of(node, script);
        if (entry && entry->incarnation != incarnation && !entry->flight)
            scripts[count++] = script;
    }
    pthread_mutex_unlock(&registry->lock);
    return count;
}

/* --- loading what is missing ------------------------------------------------------------------------------------ */

typedef enum load_role { IS_LOADED, LEADS, WAITS, HAS_NO_MEMORY } load_role;

static load_role join(pl_node *node, const pl_script *script, uint32_t seen, pl_single_flight *own)
{
    pl_scripts *scripts = node->registry;
    load_role role;
    pthread_mutex_lock(&scripts->lock);
    script_on_node *entry = entry_of(node, script);
    if (!entry)
        role = HAS_NO_MEMORY;
    else if (entry->loaded_at > seen)
        role = IS_LOADED;
    else
        role = pl_single_flight_join(&entry->flight, own) ? LEADS : WAITS;
    pthread_mutex_unlock(&scripts->lock);
    return role;
}

static void end(pl_node *node, const pl_script *script, bool is_loaded)
{
    pl_scripts *scripts = node->registry;
    pthread_mutex_lock(&scripts->lock);
    script_on_node *entry = entry_of(node, script); /* not NULL: it was there when the load began */
    if (is_loaded)
        set_loaded(node, entry, script, pl_incarnation_number(&node->pool.incarnation));
    pl_single_flight *waiters = pl_single_flight_end(&entry->flight);
    pthread_mutex_unlock(&scripts->lock);
    pl_single_flight_wake(waiters);
}

static bool exists(const pl_transport *transport, const pl_script *script)
{
    podlink_error fault;
    uint8_t is_loaded = 0;
    return pl_scripts_exist(transport, &script, 1, &is_loaded, &fault) == PODLINK_OK && is_loaded;
}

static podlink_status load(const pl_transport *transport, const pl_script *script, bool asks_first, podlink_error *err)
{
    if (asks_first && exists(transport, script))
        return PODLINK_ENOSCRIPT;
    return script->is_function ? pl_functions_ensure(transport, err) : pl_script_load(transport, script, err);
}

static podlink_status lead(const pl_transport *transport, const pl_script *script, bool asks_first, podlink_error *err)
{
    const podlink_status status = load(transport, script, asks_first, err);
    end(transport->node, script, status == PODLINK_OK);
    return status;
}

static podlink_status ensure(const pl_transport *transport, const pl_script *script, uint32_t seen, bool asks_first,
                             podlink_error *err)
{
    pl_node *node = transport->node;
    for (;;) {
        pl_single_flight own;
        switch (join(node, script, seen, &own)) {
        case IS_LOADED:
            return PODLINK_OK;
        case HAS_NO_MEMORY:
            return pl_error_no_memory(err);
        case LEADS:
            return lead(transport, script, asks_first, err);
        case WAITS:
            break;
        }
        /* After the wait it is loaded; or the leader has failed, and this caller may lead. */
        if (!pl_single_flight_wait(&own, &node->registry->lock, &transport->client->env.clock, transport->deadline))
            return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                                "loading script %s on %s: no answer before the deadline", script->name,
                                node->address.text);
    }
}

podlink_status pl_loaded_ensure(const pl_transport *transport, const pl_script *script, uint32_t seen,
                                podlink_error *err)
{
    return ensure(transport, script, seen, false, err);
}

podlink_status pl_loaded_ensure_again(const pl_transport *transport, const pl_script *script, uint32_t seen,
                                      podlink_error *err)
{
    return ensure(transport, script, seen, !script->is_built_in, err);
}
