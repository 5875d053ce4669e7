/* Opening a client, with the scripts it holds, and freeing the whole. */
#include <podlink/client.h>

#include "base/error.h"
#include "base/log.h"
#include "client/client.h"
#include "script/on_connect.h"
#include "script/registry.h"

#include <podlink/script.h>

#include <string.h>

static podlink_status register_all(podlink_client *client, const podlink_options *options, podlink_error *err)
{
    client->scripts = pl_scripts_new(&client->env.config.heap);
    if (!client->scripts)
        return pl_error_no_memory(err);
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

static podlink_status check_loading(podlink_script_loading loading, podlink_error *err)
{
    switch (loading) {
    case PODLINK_LOAD_ON_OPEN:
    case PODLINK_LOAD_IF_POSSIBLE:
    case PODLINK_LOAD_ON_DEMAND:
        return PODLINK_OK;
    }
    return pl_error_invalid(err, "script_loading is none of its values");
}

static podlink_status begin(podlink_client *client, podlink_error *err)
{
    const pl_node_hooks hooks = pl_script_node_hooks(client->scripts);
    return pl_client_begin(client, &hooks, err);
}

podlink_status podlink_client_open(const podlink_options *options, podlink_client **client, podlink_error *err)
{
    podlink_options all;
    *client = NULL;
    pl_error_clear(err);
    podlink_options_init(&all);
    if (options) /* which an older program may know with fewer fields */
        memcpy(&all, options, options->size < sizeof all ? options->size : sizeof all);
    podlink_status status = check_loading(all.script_loading, err);
    podlink_client *made = NULL;
    if (status == PODLINK_OK)
        status = pl_client_new(&all, &made, err);
    if (status != PODLINK_OK)
        return status;
    status = register_all(made, &all, err);
    if (status == PODLINK_OK)
        status = begin(made, err);
    if (status == PODLINK_OK)
        status = load_all(made, all.script_loading, err);
    if (status != PODLINK_OK) {
        podlink_client_free(made);
        return status;
    }
    atomic_store(&made->scripts->spreads, true);
    *client = made;
    return PODLINK_OK;
}

void podlink_client_free(podlink_client *client)
{
    if (!client)
        return;
    pl_client_end(client); /* which tells those who load scripts */
    pl_scripts_free(client->scripts);
    pl_client_free(client);
}
