/* SPDX-License-Identifier: MIT */
/* The SCRIPT LOADs that are sent ahead of the first call on a connection. */
#include "script/on_connect.h"

#include "script/functions.h"
#include "script/load.h"
#include "script/loaded.h"

/* SCRIPT LOADs that no caller waits for. A call that meets NOSCRIPT on another connection meanwhile loads that script
 * itself, because the caller that reads these replies may give up. */
typedef struct on_connect {
    pl_request request; /* first: its functions cast to this */
    pl_node *node;
    uint32_t incarnation;
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
        pl_loaded_note(p->node, p->scripts[i], p->incarnation);
        pl_script_log_loaded(p->node, p->scripts[i]);
    }
    free_on_connect(p);
}

static const pl_request_ops on_connect_ops = {.encode = encode, .complete = complete, .finished = finished};

/* NULL when out of memory. */
static on_connect *make_on_connect(pl_node *node, uint32_t capacity, uint32_t incarnation)
{
    const pl_heap *heap = &node->env->config.heap;
    on_connect *p = pl_heap_zalloc(heap, sizeof *p);
    if (!p)
        return NULL;
    p->node = node;
    p->incarnation = incarnation;
    p->scripts = pl_heap_zalloc(heap, capacity * sizeof(pl_script *));
    p->is_loaded = pl_heap_zalloc(heap, capacity);
    p->states = pl_heap_zalloc(heap, capacity);
    if (p->scripts && p->is_loaded && p->states)
        return p;
    free_on_connect(p);
    return NULL;
}

static void queue_on_connect(pl_conn *conn, on_connect *p)
{
    pl_request_init(&p->request, &on_connect_ops, "SCRIPT LOAD", false, NULL);
    pl_request_set_count(&p->request, p->count, p->states);
    for (uint32_t i = 0; i < p->count; i++)
        if (!pl_conn_queue(conn, &p->request, i))
            break; /* out of memory: the rest is loaded when it is called */
    if (p->request.inflight == 0)
        finished(&p->request);
}

/* A pl_on_connect_fn. The first incarnation of a server gets its scripts from podlink_client_open(), or on demand. */
static void before_first_call(void *context, pl_conn *conn)
{
    pl_node *node = context;
    pl_scripts *scripts = node->registry;
    const uint32_t incarnation = pl_incarnation_number(&node->pool.incarnation);
    if (incarnation < 2 && !atomic_load(&scripts->spreads))
        return;
    const uint32_t most = pl_scripts_count(scripts);
    on_connect *p = make_on_connect(node, most, incarnation);
    if (!p)
        return;
    p->count = pl_loaded_missing(node, incarnation, p->scripts, most);
    if (p->count == 0) {
        free_on_connect(p);
        return;
    }
    for (uint32_t i = 0; i < p->count; i++)
        pl_script_count_load(node, p->scripts[i]);
    queue_on_connect(conn, p);
}

pl_node_hooks pl_script_node_hooks(pl_scripts *scripts)
{
    return (pl_node_hooks){.registry = scripts,
                           .made = pl_loaded_node_made,
                           .freed = pl_loaded_node_freed,
                           .on_connect = before_first_call};
}
