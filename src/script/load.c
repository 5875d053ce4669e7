/* SPDX-License-Identifier: MIT */
/* SCRIPT LOAD of one script, and what every load counts and logs. */
#include "script/load.h"

#include "base/error.h"
#include "base/log.h"
#include "resp/encode.h"

#include <stdio.h>
#include <string.h>

bool pl_script_encode_load(const pl_script *script, pl_buffer *out)
{
    if (!pl_buffer_reserve(out, 4 * PL_RESP_OVERHEAD + script->source_length))
        return false;
    pl_resp_command(out, 3);
    pl_resp_argument(out, "SCRIPT", 6);
    pl_resp_argument(out, "LOAD", 4);
    pl_resp_argument(out, script->source, script->source_length);
    return true;
}

bool pl_script_is_loaded_reply(const pl_script *script, const podlink_reply *reply)
{
    size_t length = 0;
    const char *sha = podlink_reply_text(reply, &length);
    return sha && length == PL_SHA1_HEX && memcmp(sha, script->sha, PL_SHA1_HEX) == 0;
}

void pl_script_count_load(const pl_node *node, const pl_script *script)
{
    pl_count_shared(&node->env->counters.script_loads, 1);
    pl_count_shared(&pl_script_representative(node->registry, script)->live->stats.loads, 1);
}

void pl_script_log_loaded(const pl_node *node, const pl_script *script)
{
    podlink_log_record record = {.level = PODLINK_LOG_DEBUG,
                                 .event = "script_loaded",
                                 .name = script->name,
                                 .sha = script->sha,
                                 .server = node->address.text,
                                 .duration_ns = -1};
    if (!script->is_function) {
        pl_log_write(&node->env->log, record, "script %s is loaded, SHA1 %s", script->name, script->sha);
        return;
    }
    record.name = PL_LIBRARY_NAME;
    record.sha = NULL;
    pl_log_write(&node->env->log, record, "function library %s is loaded", PL_LIBRARY_NAME);
}

/* --- as a request ---------------------------------------------------------------------------------------------- */

bool pl_load_encode(const pl_load *load, uint32_t i, pl_buffer *out)
{
    return pl_script_encode_load(load->scripts[i], out);
}

podlink_status pl_load_complete(pl_load *load, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    const pl_script *script = load->scripts[i];
    if (outcome->status != PODLINK_OK) {
        if (err && outcome->server)
            snprintf(err->message, sizeof err->message, "loading script %s on %s: %s", script->name, outcome->server,
                     outcome->words ? err->server : outcome->why);
        return outcome->status;
    }
    if (!pl_script_is_loaded_reply(script, outcome->reply->nodes))
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED,
                            "loading script %s on %s: the server gives it another SHA1", script->name, outcome->server);
    load->loaded++;
    return PODLINK_OK;
}

void pl_load_name_script(const pl_load *load, podlink_error *err)
{
    char message[sizeof err->message];
    const uint32_t i = load->request.err_index;
    if (!err || i >= load->count || err->delivery == PODLINK_NOT_SENT || strstr(err->message, load->scripts[i]->name))
        return; /* without a connection the script has nothing to do with it */
    memcpy(message, err->message, sizeof message);
    snprintf(err->message, sizeof err->message, "loading script %s: %.200s", load->scripts[i]->name, message);
}

/* --- one script ------------------------------------------------------------------------------------------------- */

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    return pl_load_encode((pl_load *)request, i, out);
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    return pl_load_complete((pl_load *)request, i, outcome, err);
}

static const pl_request_ops load_ops = {.encode = encode, .complete = complete};

podlink_status pl_script_load(const pl_transport *transport, const pl_script *script, podlink_error *err)
{
    pl_load load = {.scripts = &script, .count = 1};
    pl_request_init(&load.request, &load_ops, "SCRIPT LOAD", true, err);
    podlink_status status = pl_transport_run(transport, &load.request);
    pl_script_count_load(transport->node, script);
    if (status == PODLINK_OK)
        pl_script_log_loaded(transport->node, script);
    else
        pl_load_name_script(&load, err);
    return status;
}
