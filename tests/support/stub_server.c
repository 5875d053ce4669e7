/* SPDX-License-Identifier: MIT */
/* A fake server with canned answers. */
#include "stub_server.h"

#include "script/builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPTS_MAX = 64, REPLY_MAX = 128 };

struct stub_server {
    fake_server *server;
    stub_answer answer;
    void *context;
    char scripts[SCRIPTS_MAX][FAKE_SHA1_HEX + 1];
    size_t script_count;
    char reply[REPLY_MAX];
    const char *default_reply; /* to unknown commands; NULL: +OK. Used by the server's thread */
};

/* The answer of each built-in script, and of all others. */
static const char *script_reply(const char *sha)
{
    static const char *const replies[PL_BUILTIN_COUNT] = {
        [PL_SCRIPT_SET_LINK] = "*1\r\n$2\r\n-1\r\n",
        [PL_SCRIPT_SET_LINK_IF_ABSENT] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_TRY_SET_LINK] = "*2\r\n$1\r\n1\r\n$2\r\n-1\r\n",
        [PL_SCRIPT_REMOVE_LINK] = "*1\r\n:1\r\n",
        [PL_SCRIPT_REMOVE_LINK_WITH_ID] = "*1\r\n:1\r\n",
        [PL_SCRIPT_GET_LINK_IF_PERSIST] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_COMPUTE_LINK_IF_ABSENT] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_GET_SERVICE_POD] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_GET_SERVICE] = "*4\r\n$1\r\n1\r\n$7\r\n5-100-1\r\n$1\r\n0\r\n$8\r\n-5-100-2\r\n",
        [PL_SCRIPT_SET_STATE] = "*1\r\n:1\r\n",
        [PL_SCRIPT_GET_LINK_SERVICE] = "*4\r\n$4\r\nchat\r\n$1\r\n1\r\n$4\r\ngame\r\n$1\r\n2\r\n"};
    for (int i = 0; i < PL_BUILTIN_COUNT; i++)
        if (strcmp(pl_builtins[i].sha, sha) == 0)
            return replies[i];
    return "*2\r\n*2\r\n:1\r\n$-1\r\n$5\r\nhello\r\n";
}

static bool is_loaded(const stub_server *stub, const char *sha)
{
    for (size_t i = 0; i < stub->script_count; i++)
        if (strcmp(stub->scripts[i], sha) == 0)
            return true;
    return false;
}

static const char *load(stub_server *stub, const fake_command *command)
{
    char sha[FAKE_SHA1_HEX + 1];
    fake_script_sha(command, sha);
    if (!is_loaded(stub, sha) && stub->script_count < SCRIPTS_MAX)
        memcpy(stub->scripts[stub->script_count++], sha, sizeof sha);
    snprintf(stub->reply, sizeof stub->reply, "$%d\r\n%s\r\n", FAKE_SHA1_HEX, sha);
    return stub->reply;
}

static const char *exists(stub_server *stub, const fake_command *command)
{
    size_t used = (size_t)snprintf(stub->reply, sizeof stub->reply, "*%zu\r\n", command->count - 2);
    for (size_t i = 2; i < command->count; i++)
        used += (size_t)snprintf(stub->reply + used, sizeof stub->reply - used, ":%d\r\n",
                                 is_loaded(stub, command->words[i]));
    return stub->reply;
}

static const char info[] = "$81\r\n# Server\r\nredis_version:7.0.15\r\n"
                           "run_id:0123456789abcdef0123456789abcdef01234567\r\n\r\n";

static const char *const accepted[] = {"AUTH", "SELECT", "CLIENT", "READONLY", "ASKING", "SET", "FUNCTION"};

static const char *canned_answer(stub_server *stub, const fake_command *command)
{
    if (fake_word_is(command, 0, "SCRIPT"))
        return fake_word_is(command, 1, "LOAD") ? load(stub, command) : exists(stub, command);
    if (fake_word_is(command, 0, "EVALSHA") || fake_word_is(command, 0, "EVALSHA_RO"))
        return is_loaded(stub, command->words[1]) ? script_reply(command->words[1])
                                                  : "-NOSCRIPT No matching script. Please use EVAL.\r\n";
    if (fake_word_is(command, 0, "EVAL"))
        return "*0\r\n";
    if (fake_word_is(command, 0, "PING"))
        return "+PONG\r\n";
    if (fake_word_is(command, 0, "INFO"))
        return info;
    if (fake_word_is(command, 0, "GET"))
        return "$1\r\n1\r\n";
    if (fake_word_is(command, 0, "HGET"))
        return "$7\r\n5-100-1\r\n";
    if (fake_word_is(command, 0, "HGETALL"))
        return "*4\r\n$1\r\n1\r\n$7\r\n5-100-1\r\n$1\r\n0\r\n$3\r\nbad\r\n";
    if (fake_word_is(command, 0, "TREE"))
        return "*3\r\n*2\r\n:1\r\n$4\r\ntext\r\n*1\r\n*1\r\n+deep\r\n$-1\r\n";
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        if (fake_word_is(command, 0, accepted[i]))
            return "+OK\r\n";
    return stub->default_reply ? stub->default_reply : "+OK\r\n";
}

static void answer_command(void *context, fake_connection *connection, const fake_command *command)
{
    stub_server *stub = context;
    const char *reply = stub->answer ? stub->answer(stub->context, command) : NULL;
    if (!reply)
        reply = canned_answer(stub, command);
    if (*reply == '\0')
        fake_close(connection);
    else
        fake_send_text(connection, reply);
}

stub_server *stub_server_start(enum fake_transport transport, stub_answer answer, void *context)
{
    stub_server *stub = calloc(1, sizeof *stub);
    if (!stub)
        abort();
    stub->answer = answer;
    stub->context = context;
    stub->server = fake_server_start(transport, &(fake_behavior){.on_command = answer_command, .context = stub});
    return stub;
}

const char *stub_server_path(const stub_server *server)
{
    return fake_server_path(server->server);
}

uint16_t stub_server_port(const stub_server *server)
{
    return fake_server_port(server->server);
}

static void forget_scripts(fake_server *server, void *argument)
{
    stub_server *stub = argument;
    (void)server;
    stub->script_count = 0;
}

void stub_server_flush(stub_server *server)
{
    fake_server_call(server->server, forget_scripts, server);
}

typedef struct new_reply {
    stub_server *stub;
    const char *text;
} new_reply;

static void set_reply(fake_server *server, void *argument)
{
    const new_reply *reply = argument;
    (void)server;
    reply->stub->default_reply = reply->text;
}

void stub_server_set_reply(stub_server *server, const char *reply)
{
    fake_server_call(server->server, set_reply, &(new_reply){server, reply});
}

void stub_server_stop(stub_server *server)
{
    fake_server_stop(server->server);
    free(server);
}
