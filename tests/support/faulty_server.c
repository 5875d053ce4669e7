/* SPDX-License-Identifier: MIT */
/* A fake server with one fault. */
#include "faulty_server.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLANS_MAX = 8, STAGES = FAULT_AT_COMMAND + 1, CONNECTIONS_MAX = 1024 };

/* The n-th accepted connection; n is its tag. */
struct connection {
    struct fault_plan plan;
    size_t seen[STAGES];    /* commands of each stage */
    bool is_handshake_over; /* the first PING has come */
};

struct faulty_server {
    fake_server *server;
    struct fault_plan plans[PLANS_MAX];
    size_t plan_count;
    const char *const *replies;
    size_t replied; /* right replies to commands */
    struct connection connections[CONNECTIONS_MAX];
    atomic_size_t accepted;
    atomic_size_t commands;
};

static void do_fault(const struct fault_plan *plan, fake_connection *peer)
{
    if (plan->reply)
        fake_send(peer, plan->reply, plan->length > 0 ? plan->length : strlen(plan->reply));
    switch (plan->then) {
    case FAULT_CONTINUES:
        break;
    case FAULT_GOES_SILENT:
        fake_go_silent(peer);
        break;
    case FAULT_CLOSES:
        fake_shut_down(peer);
        break;
    case FAULT_RESETS:
        fake_reset(peer);
        break;
    }
}

static enum fault_stage stage_of(struct connection *c, const fake_command *command)
{
    if (fake_word_is(command, 0, "INFO"))
        return FAULT_AT_HANDSHAKE;
    if (!c->is_handshake_over) {
        c->is_handshake_over = fake_word_is(command, 0, "PING");
        return FAULT_AT_HANDSHAKE;
    }
    if (fake_word_is(command, 0, "EVAL") ||
        (fake_word_is(command, 0, "SCRIPT") && fake_word_is(command, 1, "LOAD") && command->count == 3))
        return FAULT_AT_LOAD;
    return FAULT_AT_COMMAND;
}

/* The run id is the same for each connection: the client must not take them for different runs of a server. */
static void answer_handshake(fake_connection *peer, const fake_command *command)
{
    if (fake_word_is(command, 0, "INFO"))
        fake_send_text(peer, "$80\r\n# Server\r\nredis_version:7.0.0\r\n"
                             "run_id:0123456789012345678901234567890123456789\r\n\r\n");
    else
        fake_send_text(peer, fake_word_is(command, 0, "PING") ? "+PONG\r\n" : "+OK\r\n");
}

static void answer_load(fake_connection *peer, const fake_command *command)
{
    char sha[FAKE_SHA1_HEX + 1], reply[FAKE_SHA1_HEX + 16];
    if (!fake_word_is(command, 0, "SCRIPT")) {
        fake_send_text(peer, "*0\r\n");
        return;
    }
    fake_script_sha(command, sha);
    snprintf(reply, sizeof reply, "$%d\r\n%s\r\n", FAKE_SHA1_HEX, sha);
    fake_send_text(peer, reply);
}

static void answer_with_next_reply(struct faulty_server *server, fake_connection *peer)
{
    size_t at = 0;
    while (at < server->replied && server->replies[at + 1])
        at++;
    server->replied++;
    fake_send_text(peer, server->replies[at]);
}

static void on_command(void *context, fake_connection *peer, const fake_command *command)
{
    struct faulty_server *server = context;
    struct connection *c = &server->connections[*fake_connection_tag(peer)];
    const enum fault_stage stage = stage_of(c, command);
    const size_t number = c->seen[stage]++;
    if (stage == FAULT_AT_COMMAND)
        atomic_fetch_add(&server->commands, 1);
    if (stage == c->plan.stage && (c->plan.repeats ? number >= c->plan.at : number == c->plan.at))
        do_fault(&c->plan, peer);
    else if (stage == FAULT_AT_HANDSHAKE)
        answer_handshake(peer, command);
    else if (stage == FAULT_AT_LOAD)
        answer_load(peer, command);
    else
        answer_with_next_reply(server, peer);
}

static void on_accept(void *context, fake_connection *peer)
{
    struct faulty_server *server = context;
    const size_t number = atomic_fetch_add(&server->accepted, 1);
    const struct fault_plan *plan = &server->plans[number < server->plan_count ? number : server->plan_count - 1];
    if (number == CONNECTIONS_MAX)
        abort();
    *fake_connection_tag(peer) = number;
    server->connections[number].plan = *plan;
    if (plan->is_last)
        fake_server_stop_listening(fake_connection_server(peer));
    if (plan->stage == FAULT_AT_ACCEPT)
        do_fault(plan, peer);
}

struct faulty_server *faulty_server_start(enum fake_transport transport, const struct fault_plan *plans, size_t count,
                                          const char *const *replies)
{
    struct faulty_server *server = calloc(1, sizeof *server);
    if (!server || count == 0 || count > PLANS_MAX)
        abort();
    memcpy(server->plans, plans, count * sizeof *plans);
    server->plan_count = count;
    server->replies = replies;
    server->server = fake_server_start(
        transport, &(fake_behavior){.on_accept = on_accept, .on_command = on_command, .context = server});
    return server;
}

const char *faulty_server_url(const struct faulty_server *server)
{
    return fake_server_url(server->server);
}

static void recover(fake_server *fake, void *argument)
{
    struct faulty_server *server = argument;
    fake_server_close_connections(fake);
    server->plans[0] = (struct fault_plan){.stage = FAULT_NEVER};
    server->plan_count = 1;
    server->replied = 0;
}

void faulty_server_recover(struct faulty_server *server)
{
    fake_server_call(server->server, recover, server);
}

size_t faulty_server_connections(struct faulty_server *server)
{
    return atomic_load(&server->accepted);
}

size_t faulty_server_commands(struct faulty_server *server)
{
    return atomic_load(&server->commands);
}

void faulty_server_stop(struct faulty_server *server)
{
    if (!server)
        return;
    fake_server_stop(server->server);
    free(server);
}
