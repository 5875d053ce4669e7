/* SPDX-License-Identifier: MIT */
/* Any Redis command on a shared connection. */
#include <podlink/command.h>

#include "base/error.h"
#include "client/call.h"
#include "client/user_command.h"
#include "resp/encode.h"

podlink_status podlink_command_run(podlink_client *client, const podlink_command *command, const podlink_call *call,
                                   podlink_reply **reply, podlink_error *err)
{
    pl_command_kind kind = PL_COMMAND_PLAIN;
    if (reply)
        *reply = NULL;
    podlink_status status = pl_user_command_check(command, &kind, err);
    if (status == PODLINK_OK)
        status = pl_command_check_shared(command, kind, err);
    if (status != PODLINK_OK)
        return status;
    pl_user_command user_command;
    pl_user_command_init(&user_command, command, reply != NULL, err);
    status = pl_call_run(client, &user_command.request, call, err);
    if (reply)
        *reply = user_command.reply;
    return status;
}

static bool encode_ping(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)request, (void)i;
    if (!pl_buffer_reserve(out, 2 * PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, 1);
    pl_resp_argument(out, "PING", 4);
    return true;
}

static podlink_status complete_ping(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    if (outcome->status == PODLINK_OK && outcome->reply->nodes[0].type != PODLINK_REPLY_STATUS)
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "%s on %s: the reply has an unexpected shape",
                            request->name, outcome->server);
    return outcome->status;
}

static const pl_request_ops ping_ops = {.encode = encode_ping, .complete = complete_ping};

podlink_status podlink_ping(podlink_client *client, int64_t *round_trip_ns, const podlink_call *call,
                            podlink_error *err)
{
    pl_request request;
    pl_request_init(&request, &ping_ops, "ping", true, err);
    podlink_status status = pl_call_run(client, &request, call, err);
    if (round_trip_ns)
        *round_trip_ns = status == PODLINK_OK ? request.answered_at - request.began_at : 0;
    return status;
}
