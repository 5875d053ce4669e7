/* Which scripts a server holds. */
#include "script/loaded.h"

#include "base/error.h"
#include "script/functions.h"
#include "script/load.h"

#include <string.h>

typedef struct load_waiter {
    pl_event event;
    struct load_waiter *next;
} load_waiter;

/* What is known of a script on one server. */
typedef struct loaded_set {
    uint32_t loaded_at; /* the server's count of loads when it was loaded last, or found; 0: never */
    uint32_t run;       /* of the server, in which that was; 0: none */
    bool is_loading;
    load_waiter *waiters; /* who wait for that */
} loaded_set;

/* All of it is changed under the registry's lock. */
typedef struct pl_node_scripts {
    loaded_set *list; /* by the scripts' index; owned */
    uint32_t capacity;
} node_scripts;

/* With room for the scripts that there are, so that loading them cannot fail of it. */
static bool node_made(pl_node *node)
{
    const pl_heap *heap = &node->env->config.heap;
    const uint32_t count = pl_scripts_count(node->registry);
    node_scripts *made = pl_heap_zalloc(heap, sizeof *made);
    loaded_set *list = pl_heap_zalloc(heap, count * sizeof *list);
    if (!made || !list) {
        pl_heap_free(heap, list);
        pl_heap_free(heap, made);
        return false;
    }
    *made = (node_scripts){.list = list, .capacity = count};
    node->scripts = made;
    return true;
}

static void node_freed(pl_node *node)
{
    const pl_heap *heap = &node->env->config.heap;
    pl_heap_free(heap, node->scripts->list);
    pl_heap_free(heap, node->scripts);
}

/* The lock is held. NULL when out of memory. Valid until the lock is given back: another script may make the list move.
 */
static loaded_set *loaded_of(pl_node *node, const pl_script *script)
{
    node_scripts *own = node->scripts;
    const pl_scripts *scripts = node->registry;
    const uint32_t index = pl_script_representative(scripts, script)->index;
    if (index >= own->capacity) {
        loaded_set *list = pl_heap_realloc(scripts->heap, own->list, scripts->count * sizeof *list);
        if (!list)
            return NULL;
        memset(list + own->capacity, 0, (scripts->count - own->capacity) * sizeof *list);
        own->list = list;
        own->capacity = scripts->count;
    }
    return &own->list[index];
}

static void tell_all(load_waiter *waiter)
{
    while (waiter) {
        load_waiter *next = waiter->next;
        pl_event_set(&waiter->event);
        waiter = next;
    }
}

/* The lock is held. */
static void set_loaded(pl_node *node, loaded_set *held, const pl_script *script, uint32_t run_number)
{
    held->loaded_at = atomic_fetch_add(&node->loads, 1) + 1;
    held->run = run_number;
    atomic_store_explicit(&pl_script_representative(node->registry, script)->live->was_loaded, true,
                          memory_order_release);
}

/* A load has ended: loaded, or not. */
static void end_load(pl_node *node, const pl_script *script, bool is_loaded)
{
    pl_scripts *scripts = node->registry;
    pthread_mutex_lock(&scripts->lock);
    loaded_set *held = loaded_of(node, script); /* is there: it was when the load began */
    if (is_loaded)
        set_loaded(node, held, script, pl_incarnation_number(&node->pool.incarnation));
    held->is_loading = false;
    load_waiter *waiters = held->waiters;
    held->waiters = NULL;
    pthread_mutex_unlock(&scripts->lock);
    tell_all(waiters);
}

void pl_loaded_note(pl_node *node, const pl_script *script, uint32_t run_number)
{
    pl_scripts *scripts = node->registry;
    pthread_mutex_lock(&scripts->lock);
    loaded_set *held = loaded_of(node, script);
    if (held)
        set_loaded(node, held, script, run_number);
    pthread_mutex_unlock(&scripts->lock);
}

/* False where it is no longer in the list: it is about to be told. */
static bool leave(pl_node *node, const pl_script *script, load_waiter *waiter)
{
    pl_scripts *scripts = node->registry;
    pthread_mutex_lock(&scripts->lock);
    load_waiter **at = &loaded_of(node, script)->waiters;
    while (*at && *at != waiter)
        at = &(*at)->next;
    const bool is_listed = *at != NULL;
    if (is_listed)
        *at = waiter->next;
    pthread_mutex_unlock(&scripts->lock);
    return is_listed;
}

/* Waits for the caller that is loading. False at the deadline. */
static bool wait_for_load(const pl_transport *transport, const pl_script *script, load_waiter *waiter)
{
    const pl_clock *clock = &transport->client->env.clock;
    int64_t left = pl_until(transport->deadline, pl_clock_now(clock));
    while (!pl_event_wait(&waiter->event, left)) {
        left = pl_until(transport->deadline, pl_clock_now(clock));
        if (left > 0)
            continue;
        if (leave(transport->node, script, waiter))
            return false;
        left = PL_NEVER;
    }
    return true;
}

typedef enum load_turn { TURN_LOADED, TURN_OURS, TURN_WAITS, TURN_NO_MEMORY } load_turn;

static load_turn take_turn(pl_node *node, const pl_script *script, uint32_t seen, load_waiter *waiter)
{
    pl_scripts *scripts = node->registry;
    load_turn turn = TURN_OURS;
    pthread_mutex_lock(&scripts->lock);
    loaded_set *held = loaded_of(node, script);
    if (!held) {
        turn = TURN_NO_MEMORY;
    } else if (held->loaded_at > seen) {
        turn = TURN_LOADED;
    } else if (held->is_loading) {
        turn = TURN_WAITS;
        pl_event_init(&waiter->event);
        waiter->next = held->waiters;
        held->waiters = waiter;
    } else {
        held->is_loading = true;
    }
    pthread_mutex_unlock(&scripts->lock);
    return turn;
}

podlink_status pl_loaded_ensure(const pl_transport *transport, const pl_script *script, uint32_t seen,
                                podlink_error *err)
{
    pl_node *node = transport->node;
    for (;;) {
        load_waiter waiter;
        switch (take_turn(node, script, seen, &waiter)) {
        case TURN_LOADED:
            return PODLINK_OK;
        case TURN_NO_MEMORY:
            return pl_error_no_memory(err);
        case TURN_WAITS:
            if (!wait_for_load(transport, script, &waiter))
                return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                                    "loading script %s on %s: no answer before the deadline", script->name,
                                    node->address.text);
            continue; /* loaded, or the other has failed: then it is our turn */
        case TURN_OURS:
            break;
        }
        podlink_status status = pl_script_load(transport, script, err);
        end_load(node, script, status == PODLINK_OK);
        return status;
    }
}

/* --- a new run of a server, or a new server
 * ---------------------------------------------------------------------------------- */

/* SCRIPT LOADs that nobody waits for: whoever meets NOSCRIPT on another connection meanwhile loads that script itself,
 * since the one that reads these answers may give up. */
typedef struct on_connect {
    pl_request request; /* first: its functions get it as theirs */
    pl_node *node;
    uint32_t run_number;
    uint32_t count;
    const pl_script **scripts;
    bool *is_loaded;
    uint8_t *states;
} on_connect;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const pl_script *script = ((on_connect *)request)->scripts[i];
    return script->is_function ? pl_functions_encode_load(out, false) : pl_script_encode_load(script, out);
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)err;
    on_connect *p = (on_connect *)request;
    if (p->scripts[i]->is_function)
        p->is_loaded[i] = pl_functions_is_there(outcome);
    else if (outcome->status == PODLINK_OK)
        p->is_loaded[i] = pl_script_is_loaded_reply(p->scripts[i], outcome->reply->nodes);
    return outcome->status;
}

static void free_on_connect(on_connect *p)
{
    const pl_heap *heap = &p->node->env->config.heap;
    pl_heap_free(heap, p->scripts);
    pl_heap_free(heap, p->is_loaded);
    pl_heap_free(heap, p->states);
    pl_heap_free(heap, p);
}

static void finished(pl_request *request)
{
    on_connect *p = (on_connect *)request;
    for (uint32_t i = 0; i < p->count; i++) {
        if (!p->is_loaded[i])
            continue;
        pl_loaded_note(p->node, p->scripts[i], p->run_number);
        pl_script_log_loaded(p->node, p->scripts[i]);
    }
    free_on_connect(p);
}

static const pl_request_ops on_connect_ops = {.encode = encode, .complete = complete, .finished = finished};

/* NULL when out of memory. */
static on_connect *make_on_connect(pl_node *node, uint32_t capacity, uint32_t run_number)
{
    const pl_heap *heap = &node->env->config.heap;
    on_connect *p = pl_heap_zalloc(heap, sizeof *p);
    if (!p)
        return NULL;
    p->node = node;
    p->run_number = run_number;
    p->scripts = pl_heap_zalloc(heap, capacity * sizeof(pl_script *));
    p->is_loaded = pl_heap_zalloc(heap, capacity);
    p->states = pl_heap_zalloc(heap, capacity);
    if (p->scripts && p->is_loaded && p->states)
        return p;
    free_on_connect(p);
    return NULL;
}

/* Takes the scripts that were loaded before, and that this run has not and nobody is loading. */
static void claim_scripts(on_connect *p, uint32_t most)
{
    pl_scripts *scripts = p->node->registry;
    pthread_mutex_lock(&scripts->lock);
    for (uint32_t i = 0; i < scripts->count && p->count < most; i++) {
        const pl_script *script = scripts->list[i];
        if (pl_script_representative(scripts, script) != script || !pl_loaded_anywhere(scripts, script))
            continue;
        const loaded_set *held = loaded_of(p->node, script);
        if (held && held->run != p->run_number && !held->is_loading)
            p->scripts[p->count++] = script;
    }
    pthread_mutex_unlock(&scripts->lock);
}

static void queue_on_connect(pl_conn *conn, on_connect *p)
{
    pl_request_init(&p->request, &on_connect_ops, "SCRIPT LOAD", false, NULL);
    pl_request_set_count(&p->request, p->count, p->states);
    for (uint32_t i = 0; i < p->count; i++)
        if (!pl_conn_queue(conn, &p->request, i))
            break; /* out of memory: those that are missing are loaded when they are called */
    if (p->request.inflight == 0)
        finished(&p->request);
}

/* A pl_on_connect_fn. Before the client is open, the first run gets its scripts by the open, or on demand. */
static void before_first_call(void *context, pl_conn *conn)
{
    pl_node *node = context;
    pl_scripts *scripts = node->registry;
    const uint32_t run_number = pl_incarnation_number(&node->pool.incarnation);
    if (run_number < 2 && !atomic_load(&scripts->spreads))
        return;
    const uint32_t most = pl_scripts_count(scripts);
    on_connect *p = make_on_connect(node, most, run_number);
    if (!p)
        return;
    claim_scripts(p, most);
    if (p->count == 0) {
        free_on_connect(p);
        return;
    }
    for (uint32_t i = 0; i < p->count; i++)
        pl_script_count_load(node, p->scripts[i]);
    queue_on_connect(conn, p);
}

pl_node_hooks pl_loaded_hooks(pl_scripts *scripts)
{
    return (pl_node_hooks){
        .registry = scripts, .made = node_made, .freed = node_freed, .on_connect = before_first_call};
}
