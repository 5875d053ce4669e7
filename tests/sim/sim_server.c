/* SPDX-License-Identifier: MIT */
/* A model of a Redis server. */
#include "sim_server.h"

#include "counter_script.h"
#include "ledger.h"
#include "seeded_random.h"
#include "sim_network.h"
#include "sim_scheduler.h"
#include "sim_store.h"

#include "base/sha1.h"
#include "script/builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CLIENTS_MAX = 1024, /* connections in a run */
    ARGUMENTS_MAX = 64,
    QUEUED_MAX = 8, /* commands in a MULTI */
    COUNTER_SCRIPT = PL_BUILTIN_COUNT,
    SCRIPT_COUNT
};

typedef struct text {
    const char *bytes;
    size_t length;
} text;

typedef struct command {
    text arguments[ARGUMENTS_MAX];
    size_t count;
    size_t size;    /* in the stream */
    uint32_t token; /* or TOKEN_NONE */
} command;

/* What a MULTI has queued: RPUSH only. */
typedef struct queued {
    char key[32];
    uint32_t token;
} queued;

typedef struct client {
    int64_t busy_until;
    bool is_blocked; /* in a BLPOP until busy_until */
    uint32_t blocked_token;
    bool has_answered; /* something */
    bool is_in_multi;
    queued queue[QUEUED_MAX];
    uint32_t queue_length;
} client;

static client clients[CLIENTS_MAX];
static uint32_t pause_one_in;
static bool holds[SCRIPT_COUNT];
static char counter_sha[PL_SHA1_HEX + 1];
static uint32_t client_count;
static uint32_t client_limit;
static int64_t stopped_until, loading_until, readonly_until, refusing_until;
static int64_t next_event;
static uint32_t run; /* counts restarts */

void server_begin(uint32_t pause)
{
    pause_one_in = pause;
    memset(holds, 0, sizeof holds);
    if (counter_sha[0] == '\0' && !pl_sha1_hex(counter_script, strlen(counter_script), counter_sha))
        sim_fail("no SHA1");
    run = 1;
    client_count = 0;
    client_limit = UINT32_MAX;
    stopped_until = loading_until = readonly_until = refusing_until = 0;
    next_event = SIM_NEVER;
    store_begin();
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void answer(int at, uint32_t token, const char *bytes)
{
    network_send(at, bytes, strlen(bytes), token);
}

static void refuse(int at, const command *c, const char *words)
{
    ledger_refused(c->token);
    answer(at, c->token == TOKEN_NONE ? TOKEN_NONE : c->token | TOKEN_REFUSAL, words);
}

static void answer_text(int at, uint32_t token, text t)
{
    char head[32];
    snprintf(head, sizeof head, "$%zu\r\n", t.length);
    char *whole = malloc(strlen(head) + t.length + 3);
    if (!whole)
        sim_fail("out of real memory");
    size_t length = (size_t)sprintf(whole, "%s", head);
    memcpy(whole + length, t.bytes, t.length);
    memcpy(whole + length + t.length, "\r\n", 2);
    network_send(at, whole, length + t.length + 2, token);
    free(whole);
}

static void answer_integer(int at, uint32_t token, int64_t value)
{
    char bytes[32];
    snprintf(bytes, sizeof bytes, ":%lld\r\n", (long long)value);
    answer(at, token, bytes);
}

static size_t put_pod(char *out, int64_t pod)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)pod);
    return (size_t)sprintf(out, "$%d\r\n%s\r\n", length, digits);
}

/* {pod}, or {pod, second}. */
static void answer_pods(int at, uint32_t token, int64_t pod, int64_t second, int count)
{
    char bytes[96];
    size_t length = (size_t)sprintf(bytes, "*%d\r\n", count);
    length += put_pod(bytes + length, pod);
    if (count > 1)
        length += put_pod(bytes + length, second);
    network_send(at, bytes, length, token);
}

/* --- scripts ------------------------------------------------------------------------------------------------------ */

static const char *sha_of(int script)
{
    return script == COUNTER_SCRIPT ? counter_sha : pl_builtins[script].sha;
}

static const char *source_of(int script)
{
    return script == COUNTER_SCRIPT ? counter_script : pl_builtins[script].source;
}

static bool equals(text t, const char *word)
{
    return t.length == strlen(word) && strncasecmp(t.bytes, word, t.length) == 0;
}

static int64_t number_of(text t)
{
    char digits[24] = "";
    if (t.length < sizeof digits)
        memcpy(digits, t.bytes, t.length);
    return strtoll(digits, NULL, 10);
}

static void run_set(int at, const command *c, int script)
{
    const text key = c->arguments[3];
    bool is_persistent;
    int64_t before = store_link(key.bytes, key.length, &is_persistent);
    int64_t pod = number_of(c->arguments[6]);
    bool persists = equals(c->arguments[7], "-1");
    bool is_refused = script == PL_SCRIPT_TRY_SET_LINK && before != STORE_NO_POD && before != pod && is_persistent;
    bool is_kept = script == PL_SCRIPT_SET_LINK_IF_ABSENT && before != STORE_NO_POD;
    int64_t in_force = is_refused || is_kept ? before : pod;
    if (!is_refused && !is_kept)
        store_set_link(key.bytes, key.length, pod, persists);
    if (script == PL_SCRIPT_SET_LINK) {
        ledger_executed(c->token, before, 0);
        answer_pods(at, c->token, before, 0, 1);
    } else if (script == PL_SCRIPT_SET_LINK_IF_ABSENT || is_refused) {
        ledger_executed(c->token, in_force, is_refused ? in_force : 0);
        answer_pods(at, c->token, in_force, 0, 1);
    } else {
        ledger_executed(c->token, in_force, before);
        answer_pods(at, c->token, in_force, before, 2);
    }
}

static void run_remove(int at, const command *c)
{
    const text key = c->arguments[3];
    bool is_persistent;
    int64_t before = store_link(key.bytes, key.length, &is_persistent);
    bool deletes = equals(c->arguments[6], "-1");
    if (before != STORE_NO_POD)
        store_set_link(key.bytes, key.length, deletes ? STORE_NO_POD : before, false);
    if (c->token != TOKEN_NONE)
        ledger_executed(c->token, before != STORE_NO_POD, 0);
    answer(at, c->token, before != STORE_NO_POD ? "*1\r\n:1\r\n" : "*1\r\n:0\r\n");
}

static void run_counter(int at, const command *c)
{
    const text key = c->arguments[3];
    uint32_t n = store_push(key.bytes, key.length, c->token);
    ledger_executed(c->token, n, 0);
    answer_integer(at, c->token, n);
}

static void run_script(int at, const command *c)
{
    int script = 0;
    while (script < SCRIPT_COUNT && !(equals(c->arguments[1], sha_of(script)) && holds[script]))
        script++;
    switch (script) {
    case PL_SCRIPT_SET_LINK:
    case PL_SCRIPT_SET_LINK_IF_ABSENT:
    case PL_SCRIPT_TRY_SET_LINK:
        run_set(at, c, script);
        break;
    case PL_SCRIPT_REMOVE_LINK:
        run_remove(at, c);
        break;
    case COUNTER_SCRIPT:
        run_counter(at, c);
        break;
    default:
        refuse(at, c, "-NOSCRIPT No matching script. Please use EVAL.\r\n");
    }
}

static void load_script(int at, const command *c)
{
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        if (c->arguments[2].length != strlen(source_of(i)) ||
            memcmp(c->arguments[2].bytes, source_of(i), c->arguments[2].length) != 0)
            continue;
        holds[i] = true;
        sim_note("the server holds script", NULL, i, 0);
        answer_text(at, TOKEN_NONE, (text){sha_of(i), PL_SHA1_HEX});
        return;
    }
    sim_fail("SCRIPT LOAD of an unknown script");
}

static void answer_exists(int at, const command *c)
{
    int known = 0;
    for (int i = 0; i < SCRIPT_COUNT; i++)
        known += equals(c->arguments[2], sha_of(i)) && holds[i];
    answer(at, TOKEN_NONE, known ? "*1\r\n:1\r\n" : "*1\r\n:0\r\n");
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

static void run_get(int at, const command *c)
{
    bool is_persistent;
    int64_t pod = store_link(c->arguments[1].bytes, c->arguments[1].length, &is_persistent);
    char bytes[32];
    if (pod == STORE_NO_POD)
        answer(at, TOKEN_NONE, "$-1\r\n");
    else
        network_send(at, bytes, put_pod(bytes, pod), TOKEN_NONE);
}

static void run_push(int at, const command *c)
{
    uint32_t n = store_push(c->arguments[1].bytes, c->arguments[1].length, c->token);
    ledger_executed(c->token, n, 0);
    answer_integer(at, c->token, n);
}

static void queue_push(int at, client *x, const command *c)
{
    if (x->queue_length == QUEUED_MAX)
        sim_fail("a MULTI is too long for the model");
    queued *q = &x->queue[x->queue_length++];
    snprintf(q->key, sizeof q->key, "%.*s", (int)c->arguments[1].length, c->arguments[1].bytes);
    q->token = c->token;
    answer(at, TOKEN_NONE, "+QUEUED\r\n");
}

static void run_exec(int at, client *x)
{
    char bytes[32 * (QUEUED_MAX + 1)];
    size_t length = (size_t)sprintf(bytes, "*%u\r\n", x->queue_length);
    for (uint32_t i = 0; i < x->queue_length; i++) {
        const queued *q = &x->queue[i];
        uint32_t n = store_push(q->key, strlen(q->key), q->token);
        ledger_executed(q->token, n, 0);
        length += (size_t)sprintf(bytes + length, ":%u\r\n", n);
    }
    x->is_in_multi = false;
    x->queue_length = 0;
    network_send(at, bytes, length, TOKEN_NONE);
}

/* The confirmation, and three messages. The channel's name is the token. */
static void subscribe(int at, const command *c)
{
    char message[96];
    ledger_executed(c->token, 0, 0);
    snprintf(message, sizeof message, "*3\r\n$9\r\nsubscribe\r\n$7\r\n%u\r\n:1\r\n", c->token);
    answer(at, c->token, message);
    for (int i = 1; i <= 3; i++) {
        snprintf(message, sizeof message, "*3\r\n$7\r\nmessage\r\n$7\r\n%u\r\n$1\r\n%d\r\n", c->token, i);
        answer(at, TOKEN_NONE, message);
    }
}

/* The wait is the last argument, in seconds. */
static void begin_pop(client *x, const command *c)
{
    char seconds[16] = "";
    const text last = c->arguments[c->count - 1];
    memcpy(seconds, last.bytes, last.length < sizeof seconds ? last.length : 0);
    x->is_blocked = true;
    x->blocked_token = c->token;
    x->busy_until = sim_now() + (int64_t)(strtod(seconds, NULL) * 1e9);
}

static void answer_info(int at)
{
    char info[128];
    int length = snprintf(info, sizeof info, "# Server\r\nredis_version:7.0.15\r\nrun_id:%040u\r\n", run);
    answer_text(at, TOKEN_NONE, (text){info, (size_t)length});
}

static void answer_ping(int at)
{
    network_note_success();
    answer(at, TOKEN_NONE, "+PONG\r\n");
}

/* A refusal after other answers is left out: Redis since 7.2 does so while they are unsent; here always. */
static void answer_auth(int at)
{
    if (sim_now() >= refusing_until)
        answer(at, TOKEN_NONE, "+OK\r\n");
    else if (!clients[at].has_answered)
        answer(at, TOKEN_NONE, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
}

static bool is_write(const command *c)
{
    return equals(c->arguments[0], "RPUSH") || (equals(c->arguments[0], "EVALSHA") && c->token != TOKEN_NONE);
}

static bool is_for_loading(text name)
{
    static const char *const names[] = {"AUTH", "SELECT", "CLIENT", "INFO", "MULTI", "EXEC"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (equals(name, names[i]))
            return true;
    return false;
}

/* Of a script it is the first write that is refused: Redis 7 says where. */
static const char refused_write[] = "-READONLY You can't write against a read only replica.\r\n";
static const char refused_in_script[] = "-READONLY You can't write against a read only replica. script: "
                                        "0123456789abcdef0123456789abcdef01234567, on @user_script:1.\r\n";

/* False if the command was refused because of the server's state. */
static bool is_served(int at, const command *c)
{
    const text name = c->arguments[0];
    if (sim_now() < loading_until && !is_for_loading(name)) {
        refuse(at, c, "-LOADING Redis is loading the dataset in memory\r\n");
        return false;
    }
    if (sim_now() < readonly_until && is_write(c)) {
        refuse(at, c, equals(name, "EVALSHA") ? refused_in_script : refused_write);
        return false;
    }
    return true;
}

static void run_data_command(int at, const command *c)
{
    const text name = c->arguments[0];
    client *x = &clients[at];
    if (equals(name, "RPUSH") && x->is_in_multi)
        queue_push(at, x, c);
    else if (equals(name, "RPUSH"))
        run_push(at, c);
    else if (equals(name, "ECHO")) {
        ledger_executed(c->token, c->token, 0);
        answer_text(at, c->token, c->arguments[1]);
    } else if (equals(name, "GET"))
        run_get(at, c);
    else if (equals(name, "EVALSHA"))
        run_script(at, c);
    else if (equals(name, "BLPOP"))
        begin_pop(x, c);
    else if (equals(name, "SUBSCRIBE"))
        subscribe(at, c);
    else if (equals(name, "EXEC"))
        run_exec(at, x);
    else
        sim_fail("the server does not know %.*s", (int)name.length, name.bytes);
}

static void run_command(int at, const command *c)
{
    const text name = c->arguments[0];
    if (equals(name, "ECHO") && c->count == 1) {
        answer(at, TOKEN_NONE, "-ERR wrong number of arguments for 'echo' command\r\n");
        return;
    }
    if (!is_served(at, c))
        return;
    if (equals(name, "PING"))
        answer_ping(at);
    else if (equals(name, "INFO"))
        answer_info(at);
    else if (equals(name, "SCRIPT") && equals(c->arguments[1], "EXISTS"))
        answer_exists(at, c);
    else if (equals(name, "SCRIPT") && equals(c->arguments[1], "LOAD"))
        load_script(at, c);
    else if (equals(name, "EVAL"))
        answer(at, TOKEN_NONE, "*0\r\n");
    else if (equals(name, "MULTI")) {
        clients[at].is_in_multi = true;
        answer(at, TOKEN_NONE, "+OK\r\n");
    } else if (equals(name, "AUTH"))
        answer_auth(at);
    else if (equals(name, "SELECT") || equals(name, "CLIENT"))
        answer(at, TOKEN_NONE, "+OK\r\n");
    else
        run_data_command(at, c);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* A number after a sign, with \r
 *  after it. False if it is incomplete. */
static bool read_number(text *left, char sign, size_t *value)
{
    const char *end = memmem(left->bytes, left->length, "\r\n", 2);
    if (left->length > 0 && left->bytes[0] != sign)
        sim_fail("the library sends something that is not RESP: '%.*s'", left->length < 20 ? (int)left->length : 20,
                 left->bytes);
    if (!end)
        return false;
    *value = (size_t)strtoull(left->bytes + 1, NULL, 10);
    size_t size = (size_t)(end - left->bytes) + 2;
    *left = (text){left->bytes + size, left->length - size};
    return true;
}

/* False if the command is incomplete. */
static bool read_command(text unread, command *c)
{
    text left = unread;
    size_t length;
    if (!read_number(&left, '*', &c->count))
        return false;
    if (c->count == 0 || c->count > ARGUMENTS_MAX)
        sim_fail("the library sends a command of %zu arguments", c->count);
    for (size_t i = 0; i < c->count; i++) {
        if (!read_number(&left, '$', &length) || left.length < length + 2)
            return false;
        c->arguments[i] = (text){left.bytes, length};
        left = (text){left.bytes + length + 2, left.length - length - 2};
    }
    c->size = unread.length - left.length;
    c->token = TOKEN_NONE;
    for (size_t i = 1; i < c->count && c->token == TOKEN_NONE; i++)
        c->token = ledger_token_of(c->arguments[i].bytes, c->arguments[i].length);
    return true;
}

static void expect_event(int64_t at)
{
    if (at < next_event)
        next_event = at;
}

int64_t server_next_event(void)
{
    return next_event;
}

void server_forget_event(void)
{
    next_event = SIM_NEVER;
}

static void end_pop(int at)
{
    client *x = &clients[at];
    x->is_blocked = false;
    ledger_executed(x->blocked_token, 0, 0);
    answer(at, x->blocked_token, "*-1\r\n");
}

static bool is_busy(const client *x)
{
    if (sim_now() >= x->busy_until)
        return false;
    expect_event(x->busy_until);
    return true;
}

bool server_serves(int at)
{
    client *x = &clients[at];
    command c;
    while (network_is_up(at)) {
        if (is_busy(x))
            return x->is_blocked;
        if (x->is_blocked)
            end_pop(at);
        text unread;
        unread.bytes = network_unread(at, &unread.length);
        if (unread.length == 0 || !read_command(unread, &c))
            return true;
        sim_note("the server gets", NULL, at, c.token);
        run_command(at, &c);
        x->has_answered = true;
        network_take(at, c.size);
        if (!x->is_blocked && random_one_in(pause_one_in))
            x->busy_until = sim_now() + random_between(SIM_US, SIM_MS);
    }
    return true;
}

void server_accepts(int at)
{
    clients[at] = (client){0};
    client_count++;
    if (client_count <= client_limit)
        return;
    answer(at, TOKEN_NONE, "-ERR max number of clients reached\r\n");
    network_close(at, false);
}

bool server_is_blocked(int at)
{
    return clients[at].is_blocked;
}

void server_hung_up(int at)
{
    (void)at;
    client_count--;
}

/* --- faults ------------------------------------------------------------------------------------------------------- */

void server_stop(int64_t until)
{
    stopped_until = until;
    expect_event(until);
}

bool server_is_stopped(void)
{
    if (sim_now() >= stopped_until)
        return false;
    expect_event(stopped_until);
    return true;
}

void server_flush_scripts(void)
{
    memset(holds, 0, sizeof holds);
}

void server_restart(bool resets)
{
    server_flush_scripts();
    run++;
    stopped_until = 0;
    for (int i = 0; i < network_count(); i++)
        if (network_is_up(i))
            network_close(i, resets);
}

void server_load_data(int64_t until)
{
    loading_until = until;
}

void server_be_readonly(int64_t until)
{
    readonly_until = until;
}

void server_refuse_logins(int64_t until)
{
    refusing_until = until;
}

void server_limit_clients(uint32_t most)
{
    client_limit = most;
}

void server_heal(void)
{
    int64_t now = sim_now();
    stopped_until = stopped_until < now ? stopped_until : now;
    loading_until = readonly_until = refusing_until = 0;
    client_limit = UINT32_MAX;
}

void server_send_unsolicited(int at)
{
    network_send_unsolicited(at, "+OK\r\n", 5);
}
