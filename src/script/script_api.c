/* SPDX-License-Identifier: MIT */
/* The public functions that register scripts, describe them, and run them on shared connections. */
#include <podlink/script.h>

#include "base/error.h"
#include "script/evalsha.h"
#include "script/script_call.h"

#include <string.h>

/* --- registering ---------------------------------------------------------------------------------------------- */

podlink_status podlink_script_register(podlink_client *client, const podlink_script *script, podlink_error *err)
{
    pl_error_clear(err);
    if (!script)
        return pl_error_invalid(err, "script is NULL");
    return pl_scripts_add(client->scripts, script, err);
}

size_t podlink_script_count(podlink_client *client)
{
    return pl_scripts_count(client->scripts);
}

static podlink_status fill_info(const pl_script *script, podlink_script_info *info)
{
    if (!script)
        return PODLINK_ESCRIPT;
    *info = (podlink_script_info){.name = script->name,
                                  .sha = script->sha,
                                  .source = script->source,
                                  .source_length = script->source_length,
                                  .built_in = script->is_built_in,
                                  .keys = script->declaration.keys.text,
                                  .args = script->declaration.args.text,
                                  .reply = script->declaration.reply,
                                  .read_only = script->declaration.read_only,
                                  .repeatable = script->declaration.repeatable};
    return PODLINK_OK;
}

podlink_status podlink_script_at(podlink_client *client, size_t index, podlink_script_info *info)
{
    return fill_info(index < UINT32_MAX ? pl_scripts_at(client->scripts, (uint32_t)index) : NULL, info);
}

podlink_status podlink_script_find(podlink_client *client, const char *name, podlink_script_info *info)
{
    return fill_info(name ? pl_scripts_find(client->scripts, name) : NULL, info);
}

/* --- running -------------------------------------------------------------------------------------------------- */

static podlink_status run(podlink_client *client, pl_evalsha *inv, const podlink_script_call *script, pl_want want,
                          podlink_script_reply type, const podlink_call *call, podlink_error *err)
{
    podlink_status status = pl_evalsha_init(inv, client, script, want, type, err);
    if (status == PODLINK_OK)
        status = pl_script_run(client, &inv->request, inv->script, call, err);
    return pl_evalsha_finish(inv, &client->env.config.heap, status, err);
}

podlink_status podlink_script_run(podlink_client *client, const char *name, const char *const *keys,
                                  const size_t *key_lengths, size_t key_count, const char *const *args,
                                  const size_t *arg_lengths, size_t arg_count, const podlink_call *call,
                                  podlink_reply **reply, podlink_error *err)
{
    const podlink_script_call script = {name, keys, key_lengths, key_count, args, arg_lengths, arg_count};
    pl_evalsha inv;
    podlink_status status =
        run(client, &inv, &script, reply ? PL_WANT_REPLY : PL_WANT_NOTHING, PODLINK_SCRIPT_ANY, call, err);
    if (reply)
        *reply = inv.reply;
    return status;
}

podlink_status podlink_script_run_integer(podlink_client *client, const podlink_script_call *script, int64_t *value,
                                          const podlink_call *call, podlink_error *err)
{
    pl_evalsha inv;
    podlink_status status = run(client, &inv, script, PL_WANT_VALUE, PODLINK_SCRIPT_INTEGER, call, err);
    *value = inv.integer;
    return status;
}

podlink_status podlink_script_run_string(podlink_client *client, const podlink_script_call *script, char **text,
                                         size_t *length, const podlink_call *call, podlink_error *err)
{
    pl_evalsha inv;
    podlink_status status = run(client, &inv, script, PL_WANT_VALUE, PODLINK_SCRIPT_STRING, call, err);
    *text = inv.string;
    if (length)
        *length = inv.string_length;
    return status;
}

podlink_status podlink_script_run_list(podlink_client *client, const podlink_script_call *script,
                                       podlink_script_list **list, const podlink_call *call, podlink_error *err)
{
    pl_evalsha inv;
    podlink_status status = run(client, &inv, script, PL_WANT_VALUE, PODLINK_SCRIPT_LIST, call, err);
    *list = inv.list;
    return status;
}

podlink_status podlink_script_run_map(podlink_client *client, const podlink_script_call *script,
                                      podlink_script_map **map, const podlink_call *call, podlink_error *err)
{
    pl_evalsha inv;
    podlink_status status = run(client, &inv, script, PL_WANT_VALUE, PODLINK_SCRIPT_MAP, call, err);
    *map = inv.map;
    return status;
}
