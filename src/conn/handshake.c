/* SPDX-License-Identifier: MIT */
/* The first commands of a connection. */
#include "conn/handshake.h"

#include "base/error.h"
#include "base/number.h"
#include "resp/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum step { STEP_AUTH, STEP_SELECT, STEP_NAME, STEP_READONLY, STEP_PING, STEP_ROLE, STEP_INFO } step;

enum {
    SECRET_PART = 8,
    SECRET_LEAST = 4, /* a shorter one occurs in any text by chance */
    SHOWN_MAX = 1024  /* longer texts of a server are cut before they are shown */
};

static const char *const step_names[] = {"AUTH", "SELECT", "CLIENT SETNAME", "READONLY", "PING", "ROLE", "INFO"};

static bool put_command(pl_buffer *out, const char *const *arguments, size_t count)
{
    size_t size = PL_RESP_OVERHEAD;
    for (size_t i = 0; i < count; i++)
        size += PL_RESP_OVERHEAD + strlen(arguments[i]);
    if (!pl_buffer_reserve(out, size))
        return false;
    pl_resp_command(out, count);
    for (size_t i = 0; i < count; i++)
        pl_resp_argument(out, arguments[i], strlen(arguments[i]));
    return true;
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const pl_handshake *handshake = (pl_handshake *)request;
    const pl_login *login = handshake->login;
    char database[PL_NUMBER_MAX + 1];
    switch ((step)handshake->steps[i]) {
    case STEP_AUTH:
        if (login->user)
            return put_command(out, (const char *[]){"AUTH", login->user, login->password}, 3);
        return put_command(out, (const char *[]){"AUTH", login->password}, 2);
    case STEP_SELECT:
        snprintf(database, sizeof database, "%d", (int)login->database);
        return put_command(out, (const char *[]){"SELECT", database}, 2);
    case STEP_NAME:
        return put_command(out, (const char *[]){"CLIENT", "SETNAME", login->client_name}, 3);
    case STEP_READONLY:
        return put_command(out, (const char *[]){"READONLY"}, 1);
    case STEP_PING:
        return put_command(out, (const char *[]){"PING"}, 1);
    case STEP_ROLE:
        return put_command(out, (const char *[]){"ROLE"}, 1);
    case STEP_INFO:
        return put_command(out, (const char *[]){"INFO", "server"}, 2);
    }
    return false;
}

/* Servers replace control characters when they echo an argument. */
static char plain(char c)
{
    if ((unsigned char)c < 0x20)
        c = ' ';
    return c;
}

static bool holds(const char *text, size_t length, const char *part, size_t size)
{
    for (size_t at = 0; at + size <= length; at++) {
        size_t same = 0;
        while (same < size && plain(text[at + same]) == plain(part[same]))
            same++;
        if (same == size)
            return true;
    }
    return false;
}

/* Some servers echo the arguments of a command that they do not understand, in part or cut. A text with eight bytes in
 * a row of the password is not shown. */
static bool repeats_secret(const pl_handshake *handshake, const char *words, size_t words_length)
{
    const char *secret = handshake->login->password;
    const size_t length = secret ? strlen(secret) : 0;
    if (length < SECRET_LEAST)
        return false;
    const size_t size = length < SECRET_PART ? length : SECRET_PART;
    const size_t shown = words_length < SHOWN_MAX ? words_length : SHOWN_MAX;
    for (size_t at = 0; at + size <= length; at++)
        if (holds(words, shown, secret + at, size))
            return true;
    return false;
}

/* The error of the server, or of the connection, which can contain an unsolicited reply. */
static const char *words_to_show(const pl_handshake *handshake, const pl_outcome *outcome, podlink_error *err)
{
    const char *why = outcome->why ? outcome->why : "";
    if (!outcome->words)
        return repeats_secret(handshake, why, strlen(why)) ? podlink_status_text(err->status) : why;
    if (repeats_secret(handshake, outcome->words, outcome->words_length))
        snprintf(err->server, sizeof err->server, "%s (its reply repeats the credentials)",
                 podlink_status_text(err->status));
    return err->server;
}

/* The value of a line "name:value" of INFO; length 0: there is no such line. */
static const char *info_value(const char *info, const char *name, size_t *length)
{
    const char *line = strstr(info, name);
    if (!line)
        return *length = 0, "";
    line += strlen(name);
    *length = strcspn(line, "\r\n");
    return line;
}

/* 7.0.15 as 70015. A part that is not a number counts as 0, one above 99 as 99. */
static uint32_t read_version(const char *text)
{
    uint32_t version = 0;
    for (int part = 0; part < 3; part++) {
        unsigned long value = strtoul(text, (char **)&text, 10);
        version = version * 100 + (value < 100 ? (uint32_t)value : 99);
        if (*text == '.')
            text++;
    }
    return version;
}

static void read_identity(pl_server_identity *identity, const pl_outcome *outcome)
{
    const char *info = podlink_reply_text(outcome->reply->nodes, NULL);
    size_t length;
    if (!info)
        return;
    const char *run_id = info_value(info, "\nrun_id:", &length);
    if (length > 0 && length < sizeof identity->run_id) {
        memcpy(identity->run_id, run_id, length);
        identity->run_id[length] = '\0';
    }
    const char *version = info_value(info, "\nredis_version:", &length);
    identity->version = length > 0 ? read_version(version) : 0;
}

/* A reply of another shape means that replies and commands are out of step. */
static bool has_right_shape(step at, const pl_outcome *outcome)
{
    const podlink_reply *reply = outcome->reply->nodes;
    switch (at) {
    case STEP_ROLE:
        return podlink_reply_text(podlink_reply_at(reply, 0), NULL) != NULL;
    case STEP_INFO:
        return reply->type != PODLINK_REPLY_STATUS;
    default:
        return reply->type == PODLINK_REPLY_STATUS;
    }
}

/* The first element of ROLE's reply: master, slave or sentinel. */
static podlink_status check_role(const pl_outcome *outcome, podlink_error *err)
{
    const char *role = podlink_reply_text(podlink_reply_at(outcome->reply->nodes, 0), NULL);
    if (strcmp(role, "master") == 0)
        return PODLINK_OK;
    return pl_error_set(err, PODLINK_EREADONLY, PODLINK_NOT_SENT, "%s is no master: %s", outcome->server,
                        strcmp(role, "slave") == 0 ? "it is a replica" : "it has another role");
}

/* An error reply to these steps is accepted: the user may lack the permission. */
static bool is_optional(step at)
{
    return at == STEP_ROLE || at == STEP_INFO;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    pl_handshake *handshake = (pl_handshake *)request;
    podlink_status status = outcome->status;
    const step at = (step)handshake->steps[i];
    if (status == PODLINK_OK && !has_right_shape(at, outcome))
        return pl_error_set(err, PODLINK_EPROTOCOL, PODLINK_NOT_SENT, "%s on %s: the reply has an unexpected shape",
                            step_names[at], outcome->server);
    if (at == STEP_INFO && status == PODLINK_OK)
        read_identity(&handshake->identity, outcome);
    if (at == STEP_ROLE && status == PODLINK_OK)
        return check_role(outcome, err);
    if (is_optional(at) && outcome->delivery == PODLINK_ANSWERED) {
        pl_error_clear(err);
        return PODLINK_OK;
    }
    if (status == PODLINK_OK)
        return status;
    if (at == STEP_AUTH && status == PODLINK_ESERVER)
        status = PODLINK_EAUTH;
    if (!err)
        return status;
    err->status = status;
    err->delivery = PODLINK_NOT_SENT; /* of the call that needs the connection */
    const char *words = words_to_show(handshake, outcome, err);
    if (outcome->server)
        snprintf(err->message, sizeof err->message, "%s on %s: %s", step_names[at], outcome->server, words);
    return status;
}

static const pl_request_ops handshake_ops = {.encode = encode, .complete = complete};

static void prepare(pl_handshake *handshake, const char *name, const pl_login *login, uint32_t count,
                    podlink_error *err)
{
    memset(&handshake->identity, 0, sizeof handshake->identity);
    memset(handshake->states, PL_PENDING, sizeof handshake->states);
    handshake->login = login;
    pl_request_init(&handshake->request, &handshake_ops, name, false, err);
    pl_request_set_count(&handshake->request, count, handshake->states);
    handshake->request.is_final = true;
    handshake->request.is_secret = login->password != NULL;
}

void pl_handshake_init_again(pl_handshake *handshake, const pl_login *login, podlink_error *err)
{
    handshake->steps[0] = STEP_AUTH;
    prepare(handshake, "authentication", login, 1, err);
    handshake->request.is_fenced = true;
}

void pl_handshake_init(pl_handshake *handshake, const pl_login *login, bool of_master, podlink_error *err)
{
    uint32_t count = 0;
    if (login->password)
        handshake->steps[count++] = STEP_AUTH;
    if (login->database != 0)
        handshake->steps[count++] = STEP_SELECT;
    if (login->client_name)
        handshake->steps[count++] = STEP_NAME;
    if (login->reads_replicas)
        handshake->steps[count++] = STEP_READONLY;
    handshake->steps[count++] = STEP_PING;
    if (of_master)
        handshake->steps[count++] = STEP_ROLE;
    handshake->steps[count++] = STEP_INFO;
    prepare(handshake, "handshake", login, count, err);
}
