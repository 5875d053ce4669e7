/* Which scripts the server holds. */
#include "script/holding.h"

#include "base/error.h"
#include "script/library.h"
#include "script/load.h"

#include <string.h>

typedef struct pl_load_waiter {
    pl_park park;
    struct pl_load_waiter *next;
} load_waiter;

static void tell_all(load_waiter *waiter)
{
    while (waiter) {
        load_waiter *next = waiter->next;
        pl_park_tell(&waiter->park);
        waiter = next;
    }
}

/* A load has ended: loaded, or not. */
static void end_load(pl_scripts *scripts, const pl_script *script, bool is_loaded, uint32_t run_number)
{
    pl_holding *holding = script->holding;
    pthread_mutex_lock(&scripts->lock);
    if (is_loaded) {
        holding->loads++;
        holding->run = run_number;
    }
    holding->is_loading = false;
    load_waiter *waiters = holding->waiters;
    holding->waiters = NULL;
    pthread_mutex_unlock(&scripts->lock);
    tell_all(waiters);
}

void pl_holding_note_loaded(pl_scripts *scripts, const pl_script *script, uint32_t run_number)
{
    pthread_mutex_lock(&scripts->lock);
    script->holding->loads++;
    script->holding->run = run_number;
    pthread_mutex_unlock(&scripts->lock);
}

/* False where it is no longer in the list: it is about to be told. */
static bool leave(pl_holding *holding, load_waiter *waiter)
{
    load_waiter **at = &holding->waiters;
    while (*at && *at != waiter)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = waiter->next;
    return true;
}

/* Waits for the caller that is loading. False at the deadline. */
static bool wait_for_load(const pl_carrier *carrier, const pl_script *script, load_waiter *waiter)
{
    pl_scripts *scripts = carrier->client->scripts;
    const pl_clock *clock = &carrier->client->clock;
    int64_t left = pl_until(carrier->deadline, pl_clock_now(clock));
    while (!pl_park_wait(&waiter->park, left)) {
        left = pl_until(carrier->deadline, pl_clock_now(clock));
        if (left > 0)
            continue;
        pthread_mutex_lock(&scripts->lock);
        bool has_left = leave(script->holding, waiter);
        pthread_mutex_unlock(&scripts->lock);
        if (has_left)
            return false;
        left = PL_NEVER;
    }
    return true;
}

typedef enum load_turn { TURN_LOADED, TURN_OURS, TURN_WAITS } load_turn;

static load_turn take_turn(pl_scripts *scripts, const pl_script *script, uint32_t seen, load_waiter *waiter)
{
    pl_holding *holding = script->holding;
    load_turn turn = TURN_OURS;
    pthread_mutex_lock(&scripts->lock);
    if (holding->loads != seen) {
        turn = TURN_LOADED;
    } else if (holding->is_loading) {
        turn = TURN_WAITS;
        pl_park_init(&waiter->park);
        waiter->next = holding->waiters;
        holding->waiters = waiter;
    } else {
        holding->is_loading = true;
    }
    pthread_mutex_unlock(&scripts->lock);
    return turn;
}

podlink_status pl_holding_ensure(const pl_carrier *carrier, const pl_script *script, uint32_t seen, podlink_error *err)
{
    podlink_client *client = carrier->client;
    pl_scripts *scripts = client->scripts;
    for (;;) {
        load_waiter waiter;
        switch (take_turn(scripts, script, seen, &waiter)) {
        case TURN_LOADED:
            return PODLINK_OK;
        case TURN_WAITS:
            if (!wait_for_load(carrier, script, &waiter))
                return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                                    "loading script %s on %s: no answer before the deadline", script->name,
                                    client->config.address.text);
            continue; /* loaded, or the other has failed: then it is our turn */
        case TURN_OURS:
            break;
        }
        podlink_status status = pl_script_load(carrier, script, err);
        end_load(scripts, script, status == PODLINK_OK, pl_runs_number(&client->pool.runs));
        return status;
    }
}

/* --- a new run of the server ---------------------------------------------------------------------------------- */

/* SCRIPT LOADs that nobody waits for: whoever meets NOSCRIPT on another connection meanwhile loads that script itself,
 * since the one that reads these answers may give up. */
typedef struct prelude {
    pl_exchange exchange; /* first: its functions get it as theirs */
    podlink_client *client;
    uint32_t run_number;
    uint32_t count;
    const pl_script **scripts;
    bool *is_loaded;
    uint8_t *marks;
} prelude;

static bool encode(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    const pl_script *script = ((prelude *)exchange)->scripts[i];
    return script->is_function ? pl_library_encode_load(out, false) : pl_script_encode_load(script, out);
}

static podlink_status settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)err;
    prelude *p = (prelude *)exchange;
    if (p->scripts[i]->is_function)
        p->is_loaded[i] = pl_library_is_there(outcome);
    else if (outcome->status == PODLINK_OK)
        p->is_loaded[i] = pl_script_is_loaded_reply(p->scripts[i], outcome->reply->nodes);
    return outcome->status;
}

static void free_prelude(prelude *p)
{
    const pl_heap *heap = &p->client->config.heap;
    pl_heap_free(heap, p->scripts);
    pl_heap_free(heap, p->is_loaded);
    pl_heap_free(heap, p->marks);
    pl_heap_free(heap, p);
}

static void finished(pl_exchange *exchange)
{
    prelude *p = (prelude *)exchange;
    for (uint32_t i = 0; i < p->count; i++) {
        if (!p->is_loaded[i])
            continue;
        pl_holding_note_loaded(p->client->scripts, p->scripts[i], p->run_number);
        pl_script_log_loaded(p->client, p->scripts[i]);
    }
    free_prelude(p);
}

static const pl_exchange_ops prelude_ops = {.encode = encode, .settle = settle, .finished = finished};

/* NULL when out of memory. */
static prelude *make_prelude(podlink_client *client, uint32_t capacity, uint32_t run_number)
{
    const pl_heap *heap = &client->config.heap;
    prelude *p = pl_heap_zalloc(heap, sizeof *p);
    if (!p)
        return NULL;
    p->client = client;
    p->run_number = run_number;
    p->scripts = pl_heap_zalloc(heap, capacity * sizeof(pl_script *));
    p->is_loaded = pl_heap_zalloc(heap, capacity);
    p->marks = pl_heap_zalloc(heap, capacity);
    if (p->scripts && p->is_loaded && p->marks)
        return p;
    free_prelude(p);
    return NULL;
}

/* Takes the scripts that an earlier run had and this one has not, and that nobody is loading. */
static void claim_scripts(pl_scripts *scripts, prelude *p)
{
    pthread_mutex_lock(&scripts->lock);
    for (uint32_t i = 0; i < scripts->count; i++) {
        const pl_script *script = scripts->list[i];
        const pl_holding *holding = script->holding;
        if (holding->run == 0 || holding->run == p->run_number || holding->is_loading)
            continue;
        if (script->is_function && script != scripts->built_in[0])
            continue; /* one of them stands for their library */
        p->scripts[p->count++] = script;
    }
    pthread_mutex_unlock(&scripts->lock);
}

static void queue_prelude(pl_conn *conn, prelude *p)
{
    pl_exchange_init(&p->exchange, &prelude_ops, "SCRIPT LOAD", false, NULL);
    pl_exchange_many(&p->exchange, p->count, p->marks);
    for (uint32_t i = 0; i < p->count; i++)
        if (!pl_conn_queue(conn, &p->exchange, i))
            break; /* out of memory: those that are missing are loaded when they are called */
    if (p->exchange.inflight == 0)
        finished(&p->exchange);
}

void pl_holding_prelude(void *context, pl_conn *conn)
{
    podlink_client *client = context;
    uint32_t run_number = pl_runs_number(&client->pool.runs);
    if (run_number < 2) /* the first run gets its scripts by the open, or on demand */
        return;
    prelude *p = make_prelude(client, pl_scripts_count(client->scripts), run_number);
    if (!p)
        return;
    claim_scripts(client->scripts, p);
    if (p->count == 0) {
        free_prelude(p);
        return;
    }
    for (uint32_t i = 0; i < p->count; i++)
        pl_script_count_load(client, p->scripts[i]);
    queue_prelude(conn, p);
}
