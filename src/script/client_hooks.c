/* SPDX-License-Identifier: MIT */
/* The scripts in the life of a client: registered before it begins, loaded before its open returns. */
#include "base/error.h"
#include "base/log.h"
#include "client/client.h"
#include "script/on_connect.h"
#include "script/registry.h"

#include <podlink/script.h>

#include <string.h>

static podlink_status made(podlink_client *client, const podlink_options *options, pl_node_hooks *node_hooks,
                           podlink_error *err)
{
    client->scripts = pl_scripts_new(&client->env.config.heap);
    if (!client->scripts)
        return pl_error_no_memory(err);
    *node_hooks = pl_script_node_hooks(client->scripts);
    pl_scripts_serve(client->scripts, &client->deployment.least_version, client->env.config.script_backend);
    if (options->script_count > 0 && !options->scripts)
        return pl_error_invalid(err, "scripts is NULL while script_count is not 0");
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < options->script_count && status == PODLINK_OK; i++)
        status = pl_scripts_add(client->scripts, &options->scripts[i], err);
    return status;
}

static podlink_status load_all(podlink_client *client, podlink_script_loading loading, podlink_error *err)
{
    podlink_error fault;
    if (loading == PODLINK_LOAD_ON_DEMAND)
        return PODLINK_OK;
    podlink_status status = podlink_scripts_load(client, NULL, NULL, &fault);
    if (status == PODLINK_OK)
        return status;
    const bool fails = loading == PODLINK_LOAD_ON_OPEN;
    const podlink_log_record record = {.level = fails ? PODLINK_LOG_ERROR : PODLINK_LOG_WARN,
                                       .status = status,
                                       .event = "scripts_not_loaded",
                                       .server = client->env.config.address.text,
                                       .duration_ns = -1};
    pl_log_write(&client->env.log, record, "%s", fault.message);
    if (fails && err)
        *err = fault;
    return fails ? status : PODLINK_OK;
}

static podlink_status begun(podlink_client *client, const podlink_options *options, podlink_error *err)
{
    const podlink_status status = load_all(client, options->script_loading, err);
    if (status == PODLINK_OK)
        atomic_store(&client->scripts->spreads, true);
    return status;
}

static void ended(podlink_client *client)
{
    pl_scripts_free(client->scripts);
}

const pl_client_hooks pl_script_client_hooks = {.made = made, .begun = begun, .ended = ended};
