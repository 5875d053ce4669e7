/* SPDX-License-Identifier: MIT */
/* Sessions: a dedicated connection that a caller borrows. */
#include "client/session.h"

#include "base/error.h"
#include "client/deadline.h"
#include "client/trace.h"
#include "client/user_command.h"
#include "pool/sync_io.h"

/* --- borrowing --------------------------------------------------------------------------------------------------- */

static podlink_status take_push(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err);

static const pl_request_ops push_ops = {.encode = NULL, .complete = take_push};

/* A connection to the node that serves a slot. If that node is retired meanwhile, routes again. */
static podlink_status borrow(podlink_session *session, uint16_t slot, int64_t deadline, podlink_error *err)
{
    pl_deployment *deployment = &session->client->deployment;
    for (;;) {
        pl_node *node;
        podlink_status status = pl_deployment_find(deployment, slot, false, deadline, &node, err);
        if (status != PODLINK_OK)
            return status;
        if (!node)
            return pl_error_set(err, PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, "session: no server is known for it");
        session->node = node;
        status = pl_dedicated_pool_acquire(&node->pool.dedicated, deadline, &session->dedicated, err);
        if (status == PODLINK_OK || !pl_node_is_retired(node))
            return status;
    }
}

static podlink_status acquire(podlink_client *client, uint16_t slot, const podlink_call *call,
                              podlink_session **session, podlink_error *err)
{
    int64_t now, deadline;
    uint32_t epoch_number;
    *session = NULL;
    pl_error_clear(err);
    podlink_status status = pl_call_deadline(client, call, &now, &deadline, err);
    if (status != PODLINK_OK)
        return status;
    if (!pl_epoch_enter(&client->deployment.nodes.epoch, &epoch_number))
        return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    podlink_session *made = pl_heap_zalloc(&client->env.config.heap, sizeof *made);
    int64_t limit = pl_deadline_after(now, client->env.config.pool_wait_ms);
    if (made)
        made->client = client;
    status = made ? borrow(made, slot, deadline < limit ? deadline : limit, err) : pl_error_no_memory(err);
    pl_epoch_leave(&client->deployment.nodes.epoch, epoch_number);
    if (status != PODLINK_OK) {
        pl_heap_free(&client->env.config.heap, made);
        return status;
    }
    *session = made;
    return PODLINK_OK;
}

podlink_status podlink_session_acquire(podlink_client *client, const podlink_call *call, podlink_session **session,
                                       podlink_error *err)
{
    return acquire(client, PL_SLOT_ANY, call, session, err);
}

podlink_status podlink_session_acquire_for_key(podlink_client *client, const char *key, size_t key_length,
                                               const podlink_call *call, podlink_session **session, podlink_error *err)
{
    *session = NULL;
    if (!key)
        return pl_error_invalid(err, "key is NULL");
    return acquire(client, pl_slot_of(key, key_length), call, session, err);
}

static pl_push *pop_push(podlink_session *session)
{
    pl_push *push = session->first_push;
    if (push) {
        session->first_push = push->next;
        if (!session->first_push)
            session->last_push = NULL;
    }
    return push;
}

void podlink_session_release(podlink_session *session)
{
    if (!session)
        return;
    podlink_client *client = session->client;
    pl_push *push;
    while ((push = pop_push(session))) {
        podlink_reply_free(push->reply);
        pl_heap_free(&client->env.config.heap, push);
    }
    bool is_reusable = !session->is_in_multi && !session->is_watching && !session->is_altered;
    if (pl_fork_guard_is_child(&client->fork_guard)) { /* the connection belongs to the parent, this descriptor to us */
        pl_stream_close_inherited(&session->dedicated->stream);
        pl_heap_free(&client->env.config.heap, session);
        return;
    }
    pl_dedicated_pool_release(&session->node->pool.dedicated, session->dedicated, is_reusable);
    pl_heap_free(&client->env.config.heap, session);
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

static podlink_status check_alive(const podlink_session *session, podlink_error *err)
{
    const pl_conn *conn = &session->dedicated->conn;
    if (!conn->is_dead)
        return PODLINK_OK;
    return pl_error_set(err, PODLINK_ECONNLOST, PODLINK_NOT_SENT, "the session's connection is gone: %s",
                        conn->fault.message);
}

podlink_status pl_session_begin(podlink_session *session, const podlink_call *call, int64_t *deadline,
                                podlink_error *err)
{
    podlink_client *client = session->client;
    podlink_status status = pl_call_deadline(client, call, &session->began, deadline, err);
    if (status != PODLINK_OK)
        return status;
    if (!pl_dedicated_pool_enter(&session->node->pool.dedicated))
        return pl_node_is_retired(session->node)
                   ? pl_error_set(err, PODLINK_ECONNLOST, PODLINK_NOT_SENT, "the session's connection is gone: %s: %s",
                                  session->node->address.text, "the server is no longer part of the deployment")
                   : pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    status = check_alive(session, err);
    if (status != PODLINK_OK)
        pl_session_finish(session);
    return status;
}

void pl_session_finish(podlink_session *session)
{
    pl_dedicated_pool_leave(&session->node->pool.dedicated);
}

void pl_session_attempt(podlink_session *session, pl_request *request, int64_t deadline)
{
    podlink_error fault;
    request->repeatable = false;
    request->failure = &session->failure;
    if (check_alive(session, &fault) != PODLINK_OK) { /* it may have died since the previous request */
        pl_request_not_sent(request, &fault);
        return;
    }
    pl_sync_io_run(&session->dedicated->conn, &session->dedicated->stream, request, &session->client->env.clock,
                   deadline, NULL);
}

podlink_status pl_session_end(podlink_session *session, pl_request *request)
{
    uint32_t completed[3] = {0};
    pl_request_give_up(request, completed);
    if (request->status == PODLINK_ETIMEDOUT)
        pl_count_shared(&session->client->env.counters.timeouts, 1);
    pl_trace_report(session->client, session->node, request, session->began);
    return request->status;
}

podlink_status pl_session_request(podlink_session *session, pl_request *request, int64_t deadline)
{
    pl_session_attempt(session, request, deadline);
    return pl_session_end(session, request);
}

/* A command that ends MULTI or WATCH has ended it if the server has answered. */
static void note_end(podlink_session *session, pl_command_kind kind)
{
    if (kind == PL_COMMAND_ENDS_MULTI)
        session->is_in_multi = session->is_watching = false;
    else if (kind == PL_COMMAND_UNWATCH)
        session->is_watching = false;
}

static void note_effect(podlink_session *session, pl_command_kind kind)
{
    switch (kind) {
    case PL_COMMAND_MULTI:
        session->is_in_multi = true;
        break;
    case PL_COMMAND_WATCH:
        session->is_watching = true;
        break;
    case PL_COMMAND_ALTERS:
    case PL_COMMAND_AUTHENTICATES:
        session->is_altered = true;
        break;
    default:
        break;
    }
}

/* Sends a command without a reply of its own: podlink_session_receive() returns all messages from now on. */
static podlink_status listen(podlink_session *session, const podlink_command *command, int64_t deadline,
                             podlink_error *err)
{
    pl_conn *conn = &session->dedicated->conn;
    const pl_clock *clock = &session->client->env.clock;
    if (session->is_in_multi || session->is_watching)
        return pl_error_invalid(err, "command: a session in MULTI or WATCH cannot listen");
    if (pl_inflight_length(&conn->inflight) > 0)
        return pl_error_invalid(err, "command: an earlier call of this session is still unanswered");
    const size_t before = conn->filling.length;
    const uint64_t sent = conn->sent;
    if (!pl_user_command_encode(command, &conn->filling)) {
        conn->filling.length = before;
        return pl_error_no_memory(err);
    }
    if (!conn->pushes) {
        pl_request_init(&session->pushes, &push_ops, "messages", false, NULL);
        pl_conn_listen(conn, &session->pushes);
    }
    if (pl_sync_io_flush(conn, &session->dedicated->stream, clock, deadline))
        return PODLINK_OK;
    podlink_status status = conn->is_dead ? conn->fault.status : PODLINK_ETIMEDOUT;
    pl_conn_fail(conn, PODLINK_ECONNLOST, "a command could not be sent in time");
    return pl_error_set(err, status, conn->sent == sent ? PODLINK_NOT_SENT : PODLINK_UNKNOWN, "%s",
                        conn->fault.message);
}

/* A refused AUTH may get no reply here. Then the next reply would be taken for it. */
static podlink_status check_auth(const podlink_session *session, podlink_error *err)
{
    if (session->is_in_multi)
        return pl_error_invalid(err,
                                "command: AUTH inside MULTI is refused: some servers leave it out of EXEC's reply");
    if (pl_inflight_length(&session->dedicated->conn.inflight) > 0)
        return pl_error_invalid(err, "command: AUTH is refused while an earlier call of this session is unanswered");
    return PODLINK_OK;
}

/* After pl_session_begin(). */
static podlink_status run_command(podlink_session *session, const podlink_command *command, pl_command_kind kind,
                                  int64_t deadline, podlink_reply **reply, podlink_error *err)
{
    if (kind == PL_COMMAND_LISTENS)
        return listen(session, command, deadline, err);
    if (session->dedicated->conn.pushes)
        return pl_error_invalid(err, "command: this session only listens");
    if (kind == PL_COMMAND_AUTHENTICATES && check_auth(session, err) != PODLINK_OK)
        return PODLINK_EINVAL;
    pl_user_command user_command;
    pl_user_command_init(&user_command, command, reply != NULL, err);
    note_effect(session, kind); /* also if it fails: it may have run */
    podlink_status status = pl_session_request(session, &user_command.request, deadline);
    if (status == PODLINK_OK || user_command.request.delivery == PODLINK_ANSWERED)
        note_end(session, kind);
    if (reply)
        *reply = user_command.reply;
    return status;
}

podlink_status podlink_session_run(podlink_session *session, const podlink_command *command, const podlink_call *call,
                                   podlink_reply **reply, podlink_error *err)
{
    int64_t deadline;
    pl_command_kind kind = PL_COMMAND_PLAIN;
    if (reply)
        *reply = NULL;
    pl_error_clear(err);
    podlink_status status = pl_user_command_check(command, &kind, err);
    if (status == PODLINK_OK && kind == PL_COMMAND_REFUSED)
        status = pl_error_invalid(err, "command: it is refused in a session, too: its replies could not be matched");
    if (status == PODLINK_OK)
        status = pl_session_begin(session, call, &deadline, err);
    if (status != PODLINK_OK)
        return status;
    status = run_command(session, command, kind, deadline, reply, err);
    pl_session_finish(session);
    return status;
}

/* --- listening --------------------------------------------------------------------------------------------------- */

static podlink_status take_push(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i, (void)err;
    podlink_session *session = (podlink_session *)((char *)request - offsetof(podlink_session, pushes));
    const pl_heap *heap = &session->client->env.config.heap;
    pl_push *push = pl_heap_zalloc(heap, sizeof *push);
    if (push) {
        push->fault = outcome->status < 0 ? outcome->why : NULL;
        push->reply = push->fault ? NULL : pl_reply_handout(outcome->reply);
    }
    if (!push || (!push->reply && outcome->status != PODLINK_EREPLY)) {
        pl_heap_free(heap, push);
        session->lost_push = true;
        return PODLINK_ENOMEM;
    }
    if (session->last_push)
        session->last_push->next = push;
    else
        session->first_push = push;
    session->last_push = push;
    return PODLINK_OK;
}

/* Waits for a message. */
static podlink_status await_push(podlink_session *session, int64_t deadline, podlink_error *err)
{
    pl_conn *conn = &session->dedicated->conn;
    const pl_clock *clock = &session->client->env.clock;
    while (!session->first_push) {
        if (session->lost_push)
            return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for a message, which is lost");
        if (conn->is_dead)
            return pl_error_set(err, conn->fault.status, PODLINK_UNKNOWN, "%s", conn->fault.message);
        if (pl_until(deadline, pl_clock_now(clock)) == 0)
            return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_ANSWERED, "no message before the deadline");
        pl_sync_io_receive(conn, &session->dedicated->stream, clock, deadline);
    }
    return PODLINK_OK;
}

/* After pl_session_begin(). */
static podlink_status receive(podlink_session *session, int64_t deadline, podlink_reply **reply, podlink_error *err)
{
    podlink_status status = await_push(session, deadline, err);
    if (status != PODLINK_OK)
        return status;
    pl_push *push = pop_push(session);
    *reply = push->reply;
    if (push->fault)
        status = pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "a message is lost: %s", push->fault);
    pl_heap_free(&session->client->env.config.heap, push);
    return status;
}

podlink_status podlink_session_receive(podlink_session *session, const podlink_call *call, podlink_reply **reply,
                                       podlink_error *err)
{
    int64_t now, deadline;
    *reply = NULL;
    pl_error_clear(err);
    podlink_status status = pl_call_deadline(session->client, call, &now, &deadline, err);
    if (status != PODLINK_OK)
        return status;
    if (!session->dedicated->conn.pushes)
        return pl_error_invalid(err, "this session does not listen: SUBSCRIBE or MONITOR comes first");
    if (session->first_push) /* perhaps it came before the connection was lost */
        return receive(session, 0, reply, err);
    status = pl_session_begin(session, call, &deadline, err);
    if (status != PODLINK_OK)
        return status;
    status = receive(session, deadline, reply, err);
    pl_session_finish(session);
    return status;
}
