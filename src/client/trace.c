/* SPDX-License-Identifier: MIT */
/* Log and trace of a call that has ended. */
#include "client/trace.h"

static const char *server_of(const podlink_client *client, const pl_node *node)
{
    return node ? node->address.text : client->env.config.address.text;
}

static void log_call(const podlink_client *client, const pl_node *node, const pl_request *request, int64_t began,
                     int64_t ended)
{
    podlink_log_record record = {.level = PODLINK_LOG_DEBUG,
                                 .status = request->status,
                                 .event = "call",
                                 .name = request->name,
                                 .server = server_of(client, node),
                                 .duration_ns = ended - began};
    pl_log_write(&client->env.log, record, "%s of %u: %s in %lld us", request->name, request->count,
                 podlink_status_text(request->status), (long long)(record.duration_ns / 1000));
}

/* A call without an answer has spent its time before it was queued, or on the wire. */
static void trace_call(const podlink_client *client, const pl_node *node, const pl_request *request, int64_t began,
                       int64_t ended)
{
    const bool was_queued = request->queued_at != 0;
    const bool was_answered = request->answered_at != 0;
    const int64_t queued = was_queued ? request->queued_at : ended;
    const int64_t sent = was_answered ? request->sent_at : queued;
    const podlink_trace_record record = {
        .operation = request->name,
        .count = request->count,
        .status = request->status,
        .delivery = request->status < 0 ? request->delivery : PODLINK_ANSWERED,
        .server = server_of(client, node),
        .began_ns = began,
        .waited_ns = queued - began,
        .unsent_ns = sent - queued,
        .wire_ns = (was_answered ? request->answered_at : ended) - sent,
        .total_ns = ended - began,
    };
    client->trace(client->trace_context, &record);
}

void pl_trace_report(const podlink_client *client, const pl_node *node, const pl_request *request, int64_t began)
{
    const bool is_logged = pl_log_wants(&client->env.log, PODLINK_LOG_DEBUG);
    if (!is_logged && !client->trace)
        return;
    const int64_t ended = pl_clock_now(&client->env.clock);
    if (is_logged)
        log_call(client, node, request, began, ended);
    if (client->trace)
        trace_call(client, node, request, began, ended);
}
