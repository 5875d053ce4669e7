/* SPDX-License-Identifier: MIT */
/* Scripts on a session's connection. */
#include <podlink/script.h>

#include "base/error.h"
#include "client/deadline.h"
#include "script/evalsha.h"
#include "script/exists.h"
#include "script/load_all.h"
#include "script/loaded.h"
#include "script/script_call.h"
#include "script/transport.h"

#include <string.h>

static podlink_status check_session(const podlink_session *session, podlink_error *err)
{
    if (session->dedicated->conn.pushes)
        return pl_error_invalid(err, "script: this session only listens");
    return PODLINK_OK;
}

/* --- running -------------------------------------------------------------------------------------------------- */

static podlink_status run(const pl_transport *transport, pl_evalsha *inv)
{
    podlink_error fault;
    const pl_script *script = inv->script;
    for (uint32_t repairs = 0; repairs < PL_REPAIRS_MAX; repairs++) {
        uint32_t seen = pl_node_loads(transport->node);
        pl_session_attempt(transport->session, &inv->request, transport->deadline);
        if (pl_request_is_complete(&inv->request) || !inv->request.is_script_missing)
            break;
        const podlink_status status = repairs == 0 ? pl_loaded_ensure(transport, script, seen, &fault)
                                                   : pl_loaded_ensure_again(transport, script, seen, &fault);
        if (status != PODLINK_OK && status != PODLINK_ENOSCRIPT)
            pl_request_not_sent(&inv->request, &fault);
        if (status != PODLINK_OK)
            break;
        pl_count_shared(&transport->client->env.counters.noscript_repairs, 1);
        pl_count_shared(&script->live->stats.repairs, 1);
    }
    return pl_session_end(transport->session, &inv->request);
}

podlink_status podlink_session_run_script(podlink_session *session, const podlink_script_call *script,
                                          const podlink_call *call, podlink_reply **reply, podlink_error *err)
{
    pl_evalsha inv;
    pl_transport transport = {.client = session->client, .node = session->node, .session = session};
    if (reply)
        *reply = NULL;
    podlink_status status = pl_evalsha_init(&inv, session->client, script, reply ? PL_WANT_REPLY : PL_WANT_NOTHING,
                                            PODLINK_SCRIPT_ANY, err);
    if (status == PODLINK_OK)
        status = check_session(session, err);
    if (status == PODLINK_OK)
        status = pl_session_begin(session, call, &transport.deadline, err);
    if (status != PODLINK_OK)
        return status;
    inv.is_queued = session->is_in_multi;
    status = run(&transport, &inv);
    pl_session_finish(session);
    status = pl_evalsha_finish(&inv, &session->client->env.config.heap, status, err);
    if (reply)
        *reply = inv.reply;
    return status;
}

/* --- ensuring ------------------------------------------------------------------------------------------------- */

/* The scripts that are asked for, and what the server says. One block for all. */
typedef struct wanted {
    const pl_script **scripts; /* owned; those that are missing come to stand first */
    uint8_t *held;             /* owned */
    uint8_t *states;           /* owned */
    uint32_t count;
} wanted;

static podlink_status collect(podlink_client *client, wanted *w, const char *const *names, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (uint32_t i = 0; i < w->count && status == PODLINK_OK; i++)
        if (names)
            status = pl_script_named(client, names[i], &w->scripts[i], err);
        else
            w->scripts[i] = pl_scripts_at(client->scripts, i);
    return status;
}

static podlink_status load_missing(const pl_transport *transport, const wanted *w, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    bool is_library_missing = false;
    uint32_t missing = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->held[i])
            continue;
        is_library_missing |= w->scripts[i]->is_function;
        if (!w->scripts[i]->is_function)
            w->scripts[missing++] = w->scripts[i];
    }
    if (is_library_missing) {
        const pl_script *first = transport->client->scripts->built_in[0];
        status = pl_loaded_ensure(transport, first, pl_node_loads(transport->node), err);
    }
    if (status == PODLINK_OK && missing > 0)
        status = pl_script_load_some(transport, w->scripts, missing, w->states, err);
    return status;
}

static podlink_status ensure(const pl_transport *transport, wanted *w, const char *const *names, podlink_error *err)
{
    const pl_heap *heap = &transport->client->env.config.heap;
    w->scripts = pl_heap_alloc(heap, w->count * sizeof(pl_script *));
    w->held = pl_heap_zalloc(heap, w->count);
    w->states = pl_heap_zalloc(heap, w->count);
    podlink_status status = w->scripts && w->held && w->states ? PODLINK_OK : pl_error_no_memory(err);
    if (status == PODLINK_OK)
        status = collect(transport->client, w, names, err);
    if (status == PODLINK_OK)
        status = pl_scripts_exist(transport, w->scripts, w->count, w->held, err);
    if (status == PODLINK_OK)
        status = load_missing(transport, w, err);
    pl_heap_free(heap, w->scripts);
    pl_heap_free(heap, w->held);
    pl_heap_free(heap, w->states);
    return status;
}

podlink_status podlink_session_ensure_scripts(podlink_session *session, const char *const *names, size_t count,
                                              const podlink_call *call, podlink_error *err)
{
    podlink_client *client = session->client;
    pl_transport transport = {.client = client, .node = session->node, .session = session};
    wanted w = {.count = names ? (uint32_t)count : pl_scripts_count(client->scripts)};
    pl_error_clear(err);
    if (names && count > INT32_MAX)
        return pl_error_invalid(err, "names: more than 2^31-1");
    podlink_status status = check_session(session, err);
    if (status == PODLINK_OK && session->is_in_multi)
        status = pl_error_invalid(err, "scripts: the session is in MULTI, before which they have to be ensured");
    if (status == PODLINK_OK)
        status = pl_session_begin(session, call, &transport.deadline, err);
    if (status != PODLINK_OK)
        return status;
    if (w.count > 0)
        status = ensure(&transport, &w, names, err);
    pl_session_finish(session);
    return status;
}
