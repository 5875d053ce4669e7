/* SPDX-License-Identifier: MIT */
/* A command of the user as a request. */
#include "client/user_command.h"

#include "base/error.h"
#include "base/text.h"
#include "deployment/slot.h"
#include "resp/encode.h"

#include <string.h>

enum { ARGUMENTS_MAX = 1024 * 1024 };

static size_t length_of(const podlink_command *command, size_t i)
{
    return command->argv_lengths ? command->argv_lengths[i] : strlen(command->argv[i]);
}

podlink_status pl_user_command_check(const podlink_command *command, pl_command_kind *kind, podlink_error *err)
{
    if (!command || command->argc == 0 || !command->argv)
        return pl_error_invalid(err, "command: it has no arguments, not even a name");
    if (command->argc > ARGUMENTS_MAX)
        return pl_error_invalid(err, "command: more than %d arguments", ARGUMENTS_MAX);
    if (command->key_index >= command->argc)
        return pl_error_invalid(err, "command: key_index is beyond the last argument");
    for (size_t i = 0; i < command->argc; i++) {
        if (!command->argv[i])
            return pl_error_invalid(err, "command: argv[%zu] is NULL", i);
        if (length_of(command, i) > INT32_MAX)
            return pl_error_invalid(err, "command: argv[%zu] is longer than 2 GiB", i);
    }
    *kind = pl_command_kind_of(command);
    return PODLINK_OK;
}

bool pl_user_command_encode(const podlink_command *command, pl_buffer *out)
{
    if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, command->argc);
    for (size_t at = 0; at < command->argc; at++) {
        size_t length = length_of(command, at);
        if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD + length))
            return false;
        pl_resp_argument(out, command->argv[at], length);
    }
    return true;
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    return pl_user_command_encode(((pl_user_command *)request)->command, out);
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    pl_user_command *user_command = (pl_user_command *)request;
    if (outcome->status != PODLINK_OK || !user_command->wants_reply)
        return outcome->status;
    user_command->reply = pl_reply_handout(outcome->reply);
    if (!user_command->reply)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    return PODLINK_OK;
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    (void)i;
    const podlink_command *command = ((const pl_user_command *)request)->command;
    const size_t at = command->key_index;
    return at == 0 ? PL_SLOT_ANY : pl_slot_of(command->argv[at], length_of(command, at));
}

static const pl_request_ops user_command_ops = {.encode = encode, .complete = complete, .slot = slot};

static bool is_plain(const char *name)
{
    const char *at = name;
    while (*at > ' ' && *at < 0x7F && *at != '\\' && *at != '"')
        at++;
    return *at == '\0' && at - name < PL_USER_COMMAND_NAME;
}

/* It stands in messages and in the log. */
static const char *name_of(pl_user_command *user_command, const podlink_command *command)
{
    if (command->argv_lengths)
        return "command";
    if (is_plain(command->argv[0]))
        return command->argv[0];
    pl_text_escape(command->argv[0], strlen(command->argv[0]), user_command->name, sizeof user_command->name);
    return user_command->name;
}

void pl_user_command_init(pl_user_command *user_command, const podlink_command *command, bool wants_reply,
                          podlink_error *err)
{
    user_command->command = command;
    user_command->reply = NULL;
    user_command->wants_reply = wants_reply;
    pl_request_init(&user_command->request, &user_command_ops, name_of(user_command, command), command->repeatable != 0,
                    err);
    user_command->request.is_secret = pl_command_is_secret(command);
    user_command->request.is_users_script = pl_command_runs_script(command);
}
