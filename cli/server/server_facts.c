/* SPDX-License-Identifier: MIT */
/* What a running private server reports about itself. */
#include "server/server_facts.h"

#include "cli_text.h"

#include <podlink/client.h>
#include <podlink/command.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUERY_TIMEOUT_MS = 1000 };

/* Copies the value of the line "name:value" of an INFO reply. */
static bool info_value(const char *info, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);

    for (const char *line = info; line; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            cli_escape(value, size, line + length + 1, strcspn(line + length + 1, "\r\n"));
            return true;
        }
    }
    return false;
}

static void read_info(const char *info, cli_server_facts *facts)
{
    char value[32] = "";

    if (info_value(info, "process_id", value, sizeof value))
        facts->pid = strtoll(value, NULL, 10);
    if (info_value(info, "valkey_version", value, sizeof value))
        snprintf(facts->version, sizeof facts->version, "valkey %s", value);
    else if (info_value(info, "redis_version", value, sizeof value))
        snprintf(facts->version, sizeof facts->version, "redis %s", value);
}

static void query_client(podlink_client *client, cli_server_facts *facts)
{
    static const char *const info[] = {"INFO", "server"};
    static const char *const dbsize[] = {"DBSIZE"};
    const podlink_command info_command = {.argc = 2, .argv = info, .repeatable = 1};
    const podlink_command dbsize_command = {.argc = 1, .argv = dbsize, .repeatable = 1};
    podlink_status status = podlink_ping(client, NULL, NULL, NULL);
    podlink_reply *reply = NULL;

    facts->loading = status == PODLINK_ELOADING;
    facts->answers = status == PODLINK_OK || facts->loading;
    if (!facts->answers)
        return;
    if (podlink_command_run(client, &info_command, NULL, &reply, NULL) == PODLINK_OK) {
        const char *text = podlink_reply_text(reply, NULL);
        read_info(text ? text : "", facts);
    }
    podlink_reply_free(reply);
    if (podlink_command_run(client, &dbsize_command, NULL, &reply, NULL) == PODLINK_OK) {
        podlink_reply_integer(reply, &facts->keys);
        podlink_reply_free(reply);
    }
}

cli_server_facts cli_server_query(const cli_private_server *server)
{
    cli_server_facts facts = {.pid = -1};
    podlink_client *client = NULL;
    podlink_options options;

    if (access(server->socket, F_OK) != 0)
        return facts;
    podlink_options_init(&options);
    options.url = server->url;
    options.shared_connections = 1;
    options.retries = 0;
    options.dial_timeout_ms = QUERY_TIMEOUT_MS;
    options.call_timeout_ms = QUERY_TIMEOUT_MS;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    if (podlink_client_open(&options, &client, NULL) == PODLINK_OK)
        query_client(client, &facts);
    podlink_client_free(client);
    return facts;
}
