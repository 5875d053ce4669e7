/* SCRIPT LOAD. With all scripts goes a question: which of the commands that they call may this user not run? A script
 * that meets a forbidden command half way has already written; so it is to be known before the first call. */
#include "script/load.h"

#include "base/error.h"
#include "base/log.h"
#include "resp/encode.h"
#include "script/call.h"
#include "script/holding.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Tells which of the commands in ARGV the user may not run on KEYS[1]. Where it may run none, that is more likely the
 * key, which stands for the keys of a namespace that we do not know yet: then nothing can be told. Redis has the
 * function since 7.0; its answer needs no permission, where ACL DRYRUN is an administrator's command. */
static const char permission_source[] = "if not redis.acl_check_cmd then return {} end\n"
                                        "local refused = {}\n"
                                        "for _, command in ipairs(ARGV) do\n"
                                        "    if not redis.acl_check_cmd(command, KEYS[1]) then\n"
                                        "        refused[#refused + 1] = command\n"
                                        "    end\n"
                                        "end\n"
                                        "if #refused == #ARGV then return {} end\n"
                                        "return refused\n";
static const char permission_key[] = "sf:{podlink:lk:permission}permission";

enum { COMMANDS_MAX = 32, COMMAND_MAX = 16 };

typedef struct load {
    pl_exchange exchange; /* first: its functions get it as theirs */
    pl_scripts *scripts;
    const pl_script *only; /* or one script alone */
    uint32_t script_count; /* commands 0 .. script_count - 1 load */
    uint32_t loaded;
    const char *server;
    char commands[COMMANDS_MAX][COMMAND_MAX]; /* that the scripts call */
    uint32_t command_count;
    char refused[COMMAND_MAX]; /* the first command that the user may not run, "" where all are allowed */
} load;

static const pl_script *script_of(const load *l, uint32_t i)
{
    return l->only ? l->only : pl_scripts_at(l->scripts, i);
}

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

static bool encode_permission(const load *l, pl_buffer *out)
{
    size_t size = (6 + (size_t)l->command_count) * (PL_RESP_OVERHEAD + COMMAND_MAX) + sizeof permission_source +
                  sizeof permission_key;
    if (!pl_buffer_reserve(out, size))
        return false;
    pl_resp_command(out, 4 + (size_t)l->command_count);
    pl_resp_argument(out, "EVAL", 4);
    pl_resp_argument(out, permission_source, sizeof permission_source - 1);
    pl_resp_argument(out, "1", 1);
    pl_resp_argument(out, permission_key, sizeof permission_key - 1);
    for (uint32_t i = 0; i < l->command_count; i++)
        pl_resp_argument(out, l->commands[i], strlen(l->commands[i]));
    return true;
}

static bool encode(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    const load *l = (load *)exchange;
    return i < l->script_count ? pl_script_encode_load(script_of(l, i), out) : encode_permission(l, out);
}

bool pl_script_is_loaded_reply(const pl_script *script, const podlink_reply *reply)
{
    size_t length = 0;
    const char *sha = podlink_reply_text(reply, &length);
    return sha && length == PL_SHA1_HEX && memcmp(sha, script->sha, PL_SHA1_HEX) == 0;
}

static podlink_status settle_load(load *l, const pl_script *script, const pl_outcome *outcome, podlink_error *err)
{
    if (outcome->status != PODLINK_OK) {
        if (err && outcome->server)
            snprintf(err->message, sizeof err->message, "loading script %s on %s: %s", script->name, outcome->server,
                     outcome->words ? err->server : outcome->why);
        return outcome->status;
    }
    if (!pl_script_is_loaded_reply(script, outcome->reply->nodes))
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED,
                            "loading script %s on %s: the server gives it another SHA1", script->name, outcome->server);
    l->loaded++;
    return PODLINK_OK;
}

/* That it cannot be told is no failure. */
static podlink_status settle_permission(load *l, const pl_outcome *outcome)
{
    if (outcome->status != PODLINK_OK)
        return outcome->delivery == PODLINK_ANSWERED ? PODLINK_OK : outcome->status;
    size_t length = 0;
    const char *command = podlink_reply_text(podlink_reply_at(outcome->reply->nodes, 0), &length);
    if (command && length < sizeof l->refused)
        memcpy(l->refused, command, length + 1);
    return PODLINK_OK;
}

static podlink_status settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    load *l = (load *)exchange;
    return i < l->script_count ? settle_load(l, script_of(l, i), outcome, err) : settle_permission(l, outcome);
}

static const pl_exchange_ops load_ops = {.encode = encode, .settle = settle};

void pl_script_log_loaded(podlink_client *client, const pl_script *script)
{
    const podlink_log_record record = {.level = PODLINK_LOG_DEBUG,
                                       .event = "script_loaded",
                                       .name = script->name,
                                       .sha = script->sha,
                                       .server = client->config.address.text,
                                       .duration_ns = -1};
    pl_log_write(&client->log, record, "script %s is loaded, SHA1 %s", script->name, script->sha);
}

podlink_status pl_script_load(pl_run *run, const pl_script *script, podlink_error *err)
{
    load l = {.only = script, .script_count = 1};
    pl_exchange_init(&l.exchange, &load_ops, "SCRIPT LOAD", true, err);
    pl_run_passes(run, &l.exchange);
    pl_count_shared(&run->client->counters.script_loads, 1);
    podlink_status status = pl_run_end(run, &l.exchange);
    if (status == PODLINK_OK)
        pl_script_log_loaded(run->client, script);
    return status;
}

static void add_command(load *l, const char *command, size_t length)
{
    for (uint32_t i = 0; i < l->command_count; i++)
        if (strlen(l->commands[i]) == length && memcmp(l->commands[i], command, length) == 0)
            return;
    assert(l->command_count < COMMANDS_MAX && length < COMMAND_MAX);
    memcpy(l->commands[l->command_count++], command, length);
}

static void add_commands(load *l, const pl_script *script)
{
    const char *at = script->commands;
    while (at && *at) {
        size_t length = strcspn(at, " ");
        add_command(l, at, length);
        at += length + (at[length] == ' ' ? 1 : 0);
    }
}

/* The built-in script that calls a command, for the message. */
static const char *caller_of(pl_scripts *scripts, const char *command)
{
    for (uint32_t i = 0; i < pl_scripts_count(scripts); i++) {
        const pl_script *script = pl_scripts_at(scripts, i);
        for (const char *at = script->commands; at && *at;) {
            size_t length = strcspn(at, " ");
            if (length == strlen(command) && memcmp(at, command, length) == 0)
                return script->name;
            at += length + (at[length] == ' ' ? 1 : 0);
        }
    }
    return "a script";
}

static podlink_status load_all(pl_run *run, load *l, podlink_error *err)
{
    podlink_client *client = run->client;
    pl_run_passes(run, &l->exchange);
    pl_count_shared(&client->counters.script_loads, l->script_count);
    podlink_status status = pl_run_end(run, &l->exchange);
    if (status != PODLINK_OK)
        return status;
    for (uint32_t i = 0; i < l->script_count; i++) {
        pl_holding_note_loaded(l->scripts, pl_scripts_at(l->scripts, i), pl_runs_number(&client->pool.runs));
        pl_script_log_loaded(client, pl_scripts_at(l->scripts, i));
    }
    if (l->refused[0] == '\0')
        return PODLINK_OK;
    return pl_error_set(err, PODLINK_ENOPERM, PODLINK_ANSWERED,
                        "script %s on %s: the user's ACL does not permit the command %s",
                        caller_of(l->scripts, l->refused), client->config.address.text, l->refused);
}

static podlink_status load_registered(pl_run *run, size_t *loaded, podlink_error *err)
{
    podlink_client *client = run->client;
    pl_scripts *scripts = client->scripts;
    load l = {.scripts = scripts, .script_count = pl_scripts_count(scripts)};
    uint8_t *marks = pl_heap_zalloc(&client->config.heap, l.script_count + 1);
    if (!marks)
        return pl_error_no_memory(err);
    for (uint32_t i = 0; i < l.script_count; i++)
        add_commands(&l, pl_scripts_at(scripts, i));
    pl_exchange_init(&l.exchange, &load_ops, "SCRIPT LOAD", true, err);
    pl_exchange_many(&l.exchange, l.script_count + 1, marks);
    podlink_status status = load_all(run, &l, err);
    pl_heap_free(&client->config.heap, marks);
    *loaded = l.loaded;
    return status;
}

podlink_status podlink_scripts_load(podlink_client *client, size_t *loaded, const podlink_call *call,
                                    podlink_error *err)
{
    pl_run run;
    size_t count = 0;
    podlink_status status = pl_run_begin(&run, client, call, err);
    if (status == PODLINK_OK) {
        status = load_registered(&run, &count, err);
        pl_run_finish(&run);
    }
    if (loaded)
        *loaded = count;
    return status;
}
