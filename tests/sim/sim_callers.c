/* SPDX-License-Identifier: MIT */
/* The callers of the library. */
#include "sim_callers.h"

#include "ledger.h"
#include "seeded_random.h"
#include "sim_faults.h"
#include "sim_network.h"
#include "sim_scheduler.h"
#include "sim_store.h"

#include <podlink/podlink.h>

#include <stdio.h>
#include <string.h>

enum {
    USERS = 5,
    LISTS = 3,
    BATCH_MAX = 12,
    PADDING_MAX = 16 * 1024,
    PATIENCE_S = 12, /* limit for a call without a limit, after all faults have ended */
    DIALLED_MS = 100 /* without faults a dial takes less */
};

static podlink_client *client;
static callers_profile profile;
static uint32_t done_count;
static uint32_t batch_count;
static bool is_closed;      /* the host closes the client */
static uint32_t lent;       /* sessions that callers have */
static int64_t lent_all_at; /* when the maximum of sessions was lent last */
static bool had_sessions;
static char padding[PADDING_MAX + 1];

bool callers_had_sessions(void)
{
    return had_sessions;
}

void callers_begin(podlink_client *which, const callers_profile *how)
{
    client = which;
    profile = *how;
    done_count = 0;
    batch_count = 0;
    is_closed = false;
    lent = 0;
    had_sessions = false;
    lent_all_at = sim_now();
    memset(padding, 'x', PADDING_MAX);
}

uint32_t callers_done(void)
{
    return done_count;
}

bool callers_are_closed(void)
{
    return is_closed;
}

/* --- one call ----------------------------------------------------------------------------------------------------- */

typedef struct asking {
    podlink_call call;
    podlink_error err;
    int64_t began;
    bool may_repeat; /* the caller has not forbidden it */
} asking;

static int64_t some_timeout(void)
{
    switch (random_below(6)) {
    case 0:
        return random_between(1, 5);
    case 1:
        return random_between(5, 50);
    case 2:
        return random_between(50, 400);
    default:
        return random_one_in(profile.patient_one_in) ? -1 : 0;
    }
}

static asking new_asking(void)
{
    asking a = {.call = PODLINK_CALL_INIT};
    a.call.timeout_ms = some_timeout();
    a.may_repeat = !random_one_in(4);
    a.call.flags = a.may_repeat ? 0 : PODLINK_NO_REPEAT;
    return a;
}

static void begin_within(asking *a, const char *what, int64_t limit_ms)
{
    int64_t timeout = a->call.timeout_ms != 0 ? a->call.timeout_ms : profile.call_timeout_ms;
    int64_t healthy = faults_end_at() > sim_now() ? faults_end_at() : sim_now();
    if (timeout < 0 || timeout > limit_ms)
        timeout = limit_ms;
    memset(&a->err, 0x5A, sizeof a->err);
    a->began = sim_now();
    sim_note("calls", what, a->call.timeout_ms, 0);
    sim_call_begins(what, timeout == INT64_MAX ? healthy + PATIENCE_S * SIM_S : sim_now() + timeout * SIM_MS);
}

static void begin(asking *a, const char *what)
{
    begin_within(a, what, INT64_MAX);
}

/* Callers make no mistakes here, and the server's answers are right, except unsolicited ones. */
static void check_plausible(podlink_status status, const char *what)
{
    const bool blames_caller = status == PODLINK_EINVAL || status == PODLINK_ESCRIPT || status == PODLINK_EEXIST;
    const bool blames_server = status == PODLINK_EPROTOCOL || status == PODLINK_EREPLY || status == PODLINK_ECORRUPT ||
                               status == PODLINK_ENOSCRIPT || status == PODLINK_ESERVER;
    if (blames_caller || (blames_server && !faults_send_unsolicited()))
        sim_fail("%s failed with %s without a reason", what, podlink_status_name(status));
}

/* err must agree with what the call returned. */
static void end(const asking *a, podlink_status status, const char *what)
{
    sim_call_ends();
    if (status < 0 && (a->err.status != status || a->err.message[0] == '\0'))
        sim_fail("%s returned %s, but err says %d: %s", what, podlink_status_name(status), a->err.status,
                 a->err.status == status ? a->err.message : "");
    if (status >= 0 && a->err.status != PODLINK_OK)
        sim_fail("%s returned %s, but err says %d", what, podlink_status_name(status), a->err.status);
    if (status == PODLINK_ECLOSED && !is_closed)
        sim_fail("%s reports that the client is closed, but it is open", what);
    check_plausible(status, what);
}

static void report(const asking *a, uint32_t token, podlink_status status, const char *what)
{
    end(a, status, what);
    ledger_completed(token, status, a->err.delivery, false);
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

typedef struct words {
    char token[16];
    char key[16];
    const char *argv[4];
    podlink_command command;
} words;

static void add_word(words *w, const char *word)
{
    w->argv[w->command.argc++] = word;
    w->command.argv = w->argv;
}

static void echo_words(words *w, uint32_t token)
{
    snprintf(w->token, sizeof w->token, "%u", token);
    w->command = (podlink_command){0};
    add_word(w, "ECHO");
    add_word(w, w->token);
}

static void push_words(words *w, uint32_t token, const char *key)
{
    snprintf(w->token, sizeof w->token, "%u", token);
    snprintf(w->key, sizeof w->key, "%s", key);
    w->command = (podlink_command){.key_index = 1};
    add_word(w, "RPUSH");
    add_word(w, w->key);
    add_word(w, w->token);
    if (profile.padding_most > 0 && random_one_in(3))
        add_word(w, padding + PADDING_MAX - random_below(profile.padding_most));
}

static const char *some_list(void)
{
    static const char *const names[LISTS] = {"list:a", "list:b", "list:c"};
    return names[random_below(LISTS)];
}

static void check_echo(uint32_t token, const podlink_reply *reply)
{
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    if (!ledger_is_exempt(token) && (!text || ledger_token_of(text, length) != token))
        sim_fail("ECHO %u got the reply of another call: %.*s", token, text ? (int)length : 4, text ? text : "none");
}

/* The length of the list after the push: at that position must be the token. */
static void check_push(uint32_t token, const char *key, const podlink_reply *reply)
{
    int64_t n = 0;
    if (ledger_is_exempt(token))
        return;
    if (podlink_reply_integer(reply, &n) != PODLINK_OK || store_list_at(key, n) != token)
        sim_fail("a push of %u got the reply %lld, but that element is %u", token, (long long)n, store_list_at(key, n));
    ledger_expect_answer(token, n, 0);
}

static void ask_echo(void)
{
    asking a = new_asking();
    words w;
    podlink_reply *reply = NULL;
    const bool repeats = random_one_in(2);
    const uint32_t token = ledger_ask("ECHO", repeats && a.may_repeat);
    echo_words(&w, token);
    w.command.repeatable = repeats;
    begin(&a, "ECHO");
    podlink_status status = podlink_command_run(client, &w.command, &a.call, &reply, &a.err);
    report(&a, token, status, "ECHO");
    if (status == PODLINK_OK)
        check_echo(token, reply);
    podlink_reply_free(reply);
}

static void ask_push(void)
{
    asking a = new_asking();
    words w;
    podlink_reply *reply = NULL;
    const char *list = some_list();
    const uint32_t token = ledger_ask("RPUSH", false);
    push_words(&w, token, list);
    begin(&a, "RPUSH");
    podlink_status status = podlink_command_run(client, &w.command, &a.call, &reply, &a.err);
    report(&a, token, status, "RPUSH");
    if (status == PODLINK_OK)
        check_push(token, list, reply);
    podlink_reply_free(reply);
}

static void ask_counter(void)
{
    asking a = new_asking();
    char argument[16];
    podlink_reply *reply = NULL;
    const char *list = some_list();
    const uint32_t token = ledger_ask("counter script", false);
    snprintf(argument, sizeof argument, "%u", token);
    begin(&a, "script run");
    podlink_status status = podlink_script_run(client, "counter", &list, NULL, 1, (const char *[]){argument}, NULL, 1,
                                               &a.call, &reply, &a.err);
    report(&a, token, status, "script run");
    if (status == PODLINK_OK)
        check_push(token, list, reply);
    podlink_reply_free(reply);
}

static void ask_ping(void)
{
    asking a = new_asking();
    begin(&a, "ping");
    podlink_status status = podlink_ping(client, NULL, &a.call, &a.err);
    end(&a, status, "ping");
    ledger_count(status, a.err.delivery);
}

/* --- links -------------------------------------------------------------------------------------------------------- */

static podlink_link some_link(void)
{
    static const char *const uids[USERS] = {"u1", "u2", "u3", "u4", "u5"};
    return (podlink_link){.ns = "n", .service = "s", .uid = uids[random_below(USERS)]};
}

static void ask_link_set(void)
{
    asking a = new_asking();
    int32_t previous = 0;
    const podlink_link link = some_link();
    const uint32_t token = ledger_ask("link set", false);
    begin(&a, "link set");
    podlink_status status = podlink_link_set(client, &link, (int32_t)token, random_one_in(2) ? PODLINK_FOREVER : 5,
                                             &previous, &a.call, &a.err);
    report(&a, token, status, "link set");
    if (status == PODLINK_OK)
        ledger_expect_answer(token, previous, 0);
}

static void ask_link_set_if_absent(void)
{
    asking a = new_asking();
    int32_t in_force = 0;
    const podlink_link link = some_link();
    const uint32_t token = ledger_ask("link set if absent", a.may_repeat);
    begin(&a, "link set if absent");
    podlink_status status =
        podlink_link_set_if_absent(client, &link, (int32_t)token, PODLINK_FOREVER, &in_force, &a.call, &a.err);
    report(&a, token, status, "link set if absent");
    if (status == PODLINK_OK)
        ledger_expect_answer(token, in_force, 0);
}

static void ask_link_try_set(void)
{
    asking a = new_asking();
    int32_t in_force = 0, previous = 0;
    const podlink_link link = some_link();
    const uint32_t token = ledger_ask("link try set", a.may_repeat);
    begin(&a, "link try set");
    podlink_status status = podlink_link_try_set(client, &link, (int32_t)token, random_one_in(2) ? PODLINK_FOREVER : 5,
                                                 &in_force, &previous, &a.call, &a.err);
    report(&a, token, status, "link try set");
    if (status >= 0)
        ledger_expect_answer(token, in_force, previous);
}

/* Kept for as many seconds as the token says; or removed at once, which carries no token. */
static void ask_link_remove(void)
{
    asking a = new_asking();
    const podlink_link link = some_link();
    const bool has_token = random_one_in(2);
    const uint32_t token = has_token ? ledger_ask("link remove", false) : TOKEN_NONE;
    begin(&a, "link remove");
    podlink_status status = podlink_link_remove(client, &link, has_token ? token : PODLINK_FOREVER, &a.call, &a.err);
    if (!has_token) {
        end(&a, status, "link remove");
        ledger_count(status, a.err.delivery);
        return;
    }
    report(&a, token, status, "link remove");
    if (status >= 0)
        ledger_expect_answer(token, status == PODLINK_OK, 0);
}

static void check_get(const podlink_link *link, podlink_status status, int32_t pod, int64_t began)
{
    char key[48];
    snprintf(key, sizeof key, "sf:{n:lk:%s}s", link->uid);
    if (status >= 0 && !store_link_was(key, pod, began))
        sim_fail("link get of %s returned pod %d, which it has not had since the call began", link->uid, pod);
}

static void ask_link_get(void)
{
    asking a = new_asking();
    int32_t pod = 0;
    const podlink_link link = some_link();
    begin(&a, "link get");
    podlink_status status = podlink_link_get(client, &link, &pod, &a.call, &a.err);
    end(&a, status, "link get");
    ledger_count(status, a.err.delivery);
    if (!faults_send_unsolicited())
        check_get(&link, status, pod, a.began);
}

/* --- batches ------------------------------------------------------------------------------------------------------ */

typedef struct batch {
    podlink_link_item items[BATCH_MAX];
    char uids[BATCH_MAX][16];
    uint32_t tokens[BATCH_MAX];
    size_t count;
} batch;

/* Up to three users of this batch alone, so that no other caller interferes. */
static void fill_batch(batch *b, const char *what, bool is_repeatable)
{
    const uint32_t users = 1 + (uint32_t)random_below(3);
    b->count = 2 + random_below(BATCH_MAX - 1);
    batch_count++;
    for (size_t i = 0; i < b->count; i++) {
        b->tokens[i] = ledger_ask(what, is_repeatable);
        snprintf(b->uids[i], sizeof b->uids[i], "b%u.%u", batch_count, (uint32_t)random_below(users));
        b->items[i] = (podlink_link_item){.link = {.ns = "n", .service = "s", .uid = b->uids[i]},
                                          .pod = (int32_t)b->tokens[i],
                                          .persist_s = PODLINK_FOREVER};
    }
}

/* Of the items of one key that have run, each ran after the one before it in the batch. */
static void check_order(const batch *b, const char *what)
{
    for (size_t i = 0; i < b->count; i++)
        for (size_t j = i + 1; j < b->count; j++) {
            const bool both_ran = b->items[i].status == PODLINK_OK && b->items[j].status == PODLINK_OK;
            if (!both_ran || strcmp(b->uids[i], b->uids[j]) != 0 || ledger_is_exempt(b->tokens[i]) ||
                ledger_is_exempt(b->tokens[j]))
                continue;
            if (ledger_first_run(b->tokens[i]) > ledger_first_run(b->tokens[j]))
                sim_fail("%s: items %zu and %zu are on one key, but %u ran after %u", what, i, j, b->tokens[i],
                         b->tokens[j]);
        }
}

static void report_batch(const asking *a, const batch *b, podlink_status status, const char *what)
{
    end(a, status, what);
    for (size_t i = 0; i < b->count; i++) {
        const podlink_link_item *item = &b->items[i];
        check_plausible(item->status, what);
        ledger_completed(b->tokens[i], item->status, item->delivery, true);
        if (item->status >= 0)
            ledger_expect_answer(b->tokens[i], item->result, 0);
    }
    check_order(b, what);
}

static void ask_set_batch(void)
{
    asking a = new_asking();
    batch b;
    fill_batch(&b, "link set of a batch", false);
    begin(&a, "link set batch");
    podlink_status status = podlink_link_set_batch(client, b.items, b.count, &a.call, &a.err);
    report_batch(&a, &b, status, "link set batch");
}

static void ask_set_if_absent_batch(void)
{
    asking a = new_asking();
    batch b;
    fill_batch(&b, "link set if absent of a batch", a.may_repeat);
    begin(&a, "link set if absent batch");
    podlink_status status = podlink_link_set_if_absent_batch(client, b.items, b.count, &a.call, &a.err);
    report_batch(&a, &b, status, "link set if absent batch");
}

static void ask_get_batch(void)
{
    asking a = new_asking();
    podlink_link_item items[BATCH_MAX];
    const size_t count = 1 + random_below(BATCH_MAX);
    for (size_t i = 0; i < count; i++)
        items[i] = (podlink_link_item){.link = some_link()};
    begin(&a, "link get batch");
    podlink_status status = podlink_link_get_batch(client, items, count, &a.call, &a.err);
    end(&a, status, "link get batch");
    for (size_t i = 0; i < count; i++) {
        ledger_count(items[i].status, items[i].delivery);
        if (!faults_send_unsolicited())
            check_get(&items[i].link, items[i].status, items[i].result, a.began);
    }
}

/* --- sessions ----------------------------------------------------------------------------------------------------- */

/* A session that a caller has. */
typedef struct lending {
    podlink_session *session;
    uint32_t unanswered; /* a command that ended without its answer; TOKEN_NONE: none */
    uint32_t listens;    /* the command by which it listens */
} lending;

static uint32_t ask_in_session(const char *what)
{
    const uint32_t token = ledger_ask(what, false); /* nothing is repeated on a session */
    ledger_leave_out(token);
    return token;
}

static podlink_status run_in_session(lending *l, asking *a, uint32_t token, const words *w, podlink_reply **reply,
                                     const char *what)
{
    begin(a, what);
    podlink_status status = podlink_session_run(l->session, &w->command, &a->call, reply, &a->err);
    if (status == PODLINK_EINVAL && l->unanswered != TOKEN_NONE)
        sim_call_ends(); /* a SUBSCRIBE is refused while an answer is due */
    else
        end(a, status, what);
    if (status == PODLINK_ETIMEDOUT && a->err.delivery == PODLINK_UNKNOWN && token != TOKEN_NONE)
        l->unanswered = token;
    return status;
}

/* These return false if the session cannot be used any more. */

static bool session_echo(lending *l)
{
    asking a = new_asking();
    words w;
    podlink_reply *reply = NULL;
    const uint32_t token = ask_in_session("ECHO in a session");
    echo_words(&w, token);
    w.command.repeatable = 1;
    podlink_status status = run_in_session(l, &a, token, &w, &reply, "in a session: ECHO");
    ledger_completed(token, status, a.err.delivery, false);
    if (status == PODLINK_OK)
        check_echo(token, reply);
    podlink_reply_free(reply);
    return true;
}

static bool session_push(lending *l)
{
    asking a = new_asking();
    words w;
    podlink_reply *reply = NULL;
    const char *list = some_list();
    const uint32_t token = ask_in_session("RPUSH in a session");
    push_words(&w, token, list);
    podlink_status status = run_in_session(l, &a, token, &w, &reply, "in a session: RPUSH");
    ledger_completed(token, status, a.err.delivery, false);
    if (status == PODLINK_OK)
        check_push(token, list, reply);
    podlink_reply_free(reply);
    return true;
}

static void token_words(words *w, const char *word, uint32_t token)
{
    snprintf(w->token, sizeof w->token, "%u", token);
    w->command = (podlink_command){0};
    add_word(w, word);
    add_word(w, w->token);
}

static bool session_pop(lending *l)
{
    static const char *const seconds[] = {"0.002", "0.01", "0.1"};
    asking a = new_asking();
    words w;
    const uint32_t token = ask_in_session("BLPOP");
    token_words(&w, "BLPOP", token);
    add_word(&w, seconds[random_below(3)]);
    podlink_status status = run_in_session(l, &a, token, &w, NULL, "in a session: BLPOP");
    ledger_completed(token, status, a.err.delivery, false);
    return true;
}

/* @param what  ends with the command's name */
static podlink_status session_word(lending *l, const char *what, podlink_reply **reply, asking *a)
{
    words w = {.command = {0}};
    add_word(&w, strrchr(what, ' ') + 1);
    return run_in_session(l, a, TOKEN_NONE, &w, reply, what);
}

/* MULTI, RPUSH, EXEC: the RPUSH ran if the EXEC did. */
static bool session_multi(lending *l)
{
    asking a = new_asking();
    words w;
    podlink_reply *reply = NULL;
    if (session_word(l, "in a session: MULTI", NULL, &a) != PODLINK_OK)
        return false;
    const char *list = some_list();
    const uint32_t token = ask_in_session("RPUSH in a MULTI");
    push_words(&w, token, list);
    podlink_status status = run_in_session(l, &a, token, &w, NULL, "in a session: RPUSH");
    if (status != PODLINK_OK) {
        ledger_completed(token, status, a.err.delivery, false);
        return false;
    }
    status = session_word(l, "in a session: EXEC", &reply, &a);
    ledger_completed(token, status, a.err.delivery == PODLINK_ANSWERED ? PODLINK_UNKNOWN : a.err.delivery, false);
    if (status == PODLINK_OK)
        check_push(token, list, podlink_reply_at(reply, 0));
    podlink_reply_free(reply);
    return status == PODLINK_OK;
}

static podlink_status receive(lending *l, asking *a, podlink_reply **reply)
{
    begin(a, "in a session: receive");
    podlink_status status = podlink_session_receive(l->session, &a->call, reply, &a->err);
    end(a, status, "in a session: receive");
    return status;
}

/* The last element of a message is its number, from 1. */
static void check_message(uint32_t token, const podlink_reply *reply, int64_t expected)
{
    int64_t number = 0;
    const char *channel = podlink_reply_text(podlink_reply_at(reply, 1), NULL);
    podlink_reply_integer(podlink_reply_at(reply, 2), &number);
    if (profile.fails_memory || ledger_is_exempt(token))
        return;
    if (!channel || ledger_token_of(channel, TOKEN_DIGITS) != token || number != expected)
        sim_fail("the subscriber of %u got number %lld of %s instead of number %lld", token, (long long)number,
                 channel ? channel : "nothing", (long long)expected);
}

/* SUBSCRIBE to the channel whose name is the token: a confirmation with 1, then messages 1, 2 and 3. */
static bool session_listen(lending *l)
{
    asking a = new_asking();
    words w;
    const uint32_t token = ask_in_session("SUBSCRIBE");
    token_words(&w, "SUBSCRIBE", token);
    podlink_status status = run_in_session(l, &a, token, &w, NULL, "in a session: SUBSCRIBE");
    if (status != PODLINK_OK) {
        ledger_completed(token, status, a.err.delivery, false);
        return false;
    }
    l->listens = token;
    for (int64_t i = 0; i <= 3 && status == PODLINK_OK; i++) {
        podlink_reply *reply = NULL;
        status = receive(l, &a, &reply);
        const bool is_refused = podlink_reply_type_of(reply) == PODLINK_REPLY_ERROR;
        if (i == 0 && is_refused)
            ledger_completed(token, status = PODLINK_ESERVER, PODLINK_ANSWERED, false);
        else if (i == 0)
            ledger_completed(token, status, PODLINK_UNKNOWN, false);
        if (status == PODLINK_OK)
            check_message(token, reply, i == 0 ? 1 : i);
        podlink_reply_free(reply);
    }
    return false;
}

/* If fewer sessions than the maximum are lent and nothing fails, a waiting caller gets one. */
static void check_waiting_had_reason(podlink_status status)
{
    if (status == PODLINK_ETIMEDOUT && profile.is_calm && lent < profile.dedicated_max &&
        sim_now() > lent_all_at + DIALLED_MS * SIM_MS)
        sim_fail("a caller got no session, though only %u of %u have been lent for %lld ms", lent,
                 profile.dedicated_max, (long long)((sim_now() - lent_all_at) / SIM_MS));
}

static podlink_session *acquire(void)
{
    asking a = new_asking();
    podlink_session *session = NULL;
    begin_within(&a, "session acquire", profile.pool_wait_ms);
    podlink_status status = podlink_session_acquire(client, &a.call, &session, &a.err);
    end(&a, status, "session acquire");
    if (status == PODLINK_OK) {
        lent++;
        had_sessions = true;
        return session;
    }
    sim_note("has no session", podlink_status_name(status), 0, 0);
    if (sim_now() > a.began + DIALLED_MS * SIM_MS)
        check_waiting_had_reason(status);
    return NULL;
}

static void release(lending *l)
{
    if (l->unanswered != TOKEN_NONE && !ledger_has_arrived(l->unanswered))
        network_forbid(ledger_connection(l->unanswered), "a call of an earlier session had no answer on it");
    if (l->listens != TOKEN_NONE)
        network_forbid(ledger_connection(l->listens), "an earlier session has subscribed on it");
    if (lent == profile.dedicated_max)
        lent_all_at = sim_now();
    lent--;
    sim_call_begins("in a session: release", sim_now());
    podlink_session_release(l->session);
    sim_call_ends();
}

static void ask_session(void)
{
    static bool (*const runs[])(lending *) = {session_echo, session_push,  session_push,  session_pop,
                                              session_pop,  session_multi, session_multi, session_listen};
    lending l = {.session = acquire()};
    for (uint32_t again = profile.tries_again; !l.session && again > 0 && !is_closed; again--)
        l.session = acquire();
    if (!l.session)
        return;
    uint64_t left = 1 + random_below(4);
    while (left-- > 0 && runs[random_below(sizeof runs / sizeof *runs)](&l))
        if (random_one_in(3))
            sim_sleep(random_between(1, profile.think_most));
    release(&l);
}

/* --- credentials -------------------------------------------------------------------------------------------------- */

static void reauthenticate(void)
{
    asking a = {.call = {.timeout_ms = profile.dial_timeout_ms}};
    begin(&a, "reauthenticate");
    end(&a, podlink_client_reauthenticate(client, &a.err), "reauthenticate");
}

/* --- a caller ----------------------------------------------------------------------------------------------------- */

void callers_run(void *ignored)
{
    static void (*const asks[])(void) = {ask_echo,         ask_echo,        ask_push,
                                         ask_push,         ask_counter,     ask_counter,
                                         ask_ping,         ask_link_set,    ask_link_set,
                                         ask_link_get,     ask_link_remove, ask_link_set_if_absent,
                                         ask_link_try_set, ask_set_batch,   ask_set_if_absent_batch,
                                         ask_get_batch};
    (void)ignored;
    for (uint32_t i = 0; i < profile.calls_each && !(is_closed && random_one_in(2)); i++) {
        if (random_one_in(profile.session_one_in))
            ask_session();
        else if (random_one_in(profile.auth_one_in))
            reauthenticate();
        else
            asks[random_below(sizeof asks / sizeof *asks)]();
        if (random_one_in(2))
            sim_sleep(random_between(1, profile.think_most));
    }
    done_count++;
}

void callers_probe(void *ignored)
{
    podlink_call call = PODLINK_CALL_INIT;
    podlink_error err;
    (void)ignored;
    call.timeout_ms = 300;
    while (!faults_have_ended(NULL))
        sim_wait(faults_have_ended, NULL, SIM_NEVER);
    for (podlink_status status = PODLINK_EINVAL; status != PODLINK_OK && !is_closed;) {
        sim_call_begins("ping", sim_now() + call.timeout_ms * SIM_MS);
        status = podlink_ping(client, NULL, &call, &err);
        sim_call_ends();
        ledger_count(status, err.delivery);
        if (status != PODLINK_OK && sim_now() > faults_end_at() + SIM_S && !is_closed)
            sim_fail("no call succeeds a second after the end of all faults: %s", err.message);
        if (status != PODLINK_OK)
            sim_sleep(SIM_MS);
    }
}

void callers_close(int64_t wait_ms, int64_t dial_timeout_ms)
{
    enum {
        SLACK_MS = 600, /* for a call that sleeps between two attempts */
        ENTERED_MS = 5  /* a call that began so long ago has reached the client, and the close waits for it */
    };
    is_closed = true;
    sim_note("closes the client", NULL, wait_ms, 0);
    sim_call_begins("close", wait_ms < 0 ? SIM_NEVER : sim_now() + (wait_ms + dial_timeout_ms + SLACK_MS) * SIM_MS);
    const int64_t began = sim_now();
    podlink_client_close(client, wait_ms);
    sim_call_ends();
    const char *running = sim_call_begun_before(began - ENTERED_MS * SIM_MS, "in a session");
    if (running && strcmp(running, "tick") != 0)
        sim_fail("the client is closed, but %s is still running", running);
    sim_note("has closed the client", NULL, 0, 0);
}
