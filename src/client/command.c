/* Any Redis command on a shared connection. */
#include <podlink/command.h>

#include "base/error.h"
#include "client/refused.h"
#include "client/run.h"
#include "resp/encode.h"

#include <string.h>

enum { ARGUMENTS_MAX = 1024 * 1024 };

typedef struct command_call {
    pl_exchange exchange; /* first: its functions get it as theirs */
    const podlink_command *command;
    podlink_reply *reply; /* owned until it is handed to the caller */
    bool wants_reply;
} command_call;

static size_t length_of(const podlink_command *command, size_t i)
{
    return command->argv_lengths ? command->argv_lengths[i] : strlen(command->argv[i]);
}

static bool encode(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    (void)i;
    const podlink_command *command = ((command_call *)exchange)->command;
    if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, command->argc);
    for (size_t at = 0; at < command->argc; at++) {
        size_t length = length_of(command, at);
        if (length > UINT32_MAX || !pl_buffer_reserve(out, PL_RESP_OVERHEAD + length))
            return false;
        pl_resp_argument(out, command->argv[at], length);
    }
    return true;
}

static podlink_status settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    command_call *call = (command_call *)exchange;
    if (outcome->status != PODLINK_OK || !call->wants_reply)
        return outcome->status;
    call->reply = pl_reply_handout(outcome->reply);
    if (!call->reply)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    return PODLINK_OK;
}

static const pl_exchange_ops command_ops = {.encode = encode, .settle = settle};

static podlink_status check(const podlink_command *command, podlink_error *err)
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
    return pl_refused_check(command, err);
}

podlink_status podlink_command_run(podlink_client *client, const podlink_command *command, const podlink_call *call,
                                   podlink_reply **reply, podlink_error *err)
{
    if (reply)
        *reply = NULL;
    podlink_status status = check(command, err);
    if (status != PODLINK_OK)
        return status;
    command_call c = {.command = command, .wants_reply = reply != NULL};
    pl_exchange_init(&c.exchange, &command_ops, "command", command->repeatable != 0, err);
    status = pl_run_exchange(client, &c.exchange, call, err);
    if (reply)
        *reply = c.reply;
    return status;
}

static bool encode_ping(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    (void)exchange, (void)i;
    if (!pl_buffer_reserve(out, 2 * PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, 1);
    pl_resp_argument(out, "PING", 4);
    return true;
}

static podlink_status settle_ping(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)exchange, (void)i, (void)err;
    return outcome->status;
}

static const pl_exchange_ops ping_ops = {.encode = encode_ping, .settle = settle_ping};

podlink_status podlink_ping(podlink_client *client, int64_t *round_trip_ns, const podlink_call *call,
                            podlink_error *err)
{
    pl_exchange exchange;
    pl_run run;
    podlink_status status = pl_run_begin(&run, client, call, err);
    if (status != PODLINK_OK)
        return status;
    pl_exchange_init(&exchange, &ping_ops, "ping", true, err);
    pl_run_passes(&run, &exchange);
    if (round_trip_ns)
        *round_trip_ns = pl_clock_now(&client->clock) - run.began;
    return pl_run_end(&run, &exchange);
}
