/* SPDX-License-Identifier: MIT */
/* What callers requested, what the server did, and what the library reported. */
#include "ledger.h"

#include "sim_network.h"
#include "sim_scheduler.h"

#include <string.h>

enum { ANSWERS_MAX = 8, PROMPT_MS = 50 };

typedef struct entry {
    const char *what;
    bool is_repeatable;
    bool is_completed;
    bool is_offered;
    bool is_exempt;
    bool is_left_out;
    podlink_status status;
    podlink_delivery delivery;
    uint32_t executed;
    uint32_t refused;
    int64_t answers[ANSWERS_MAX][2];
    uint32_t answer_count;
    bool has_arrived;
    int64_t arrived_at; /* when its latest answer arrived that is not an error, */
    int connection;     /* on this connection; -1: none */
    int offered_on;     /* the latest connection it may have been sent on; -1: none */
    uint64_t first_run; /* number of the first run among all runs; 0: never */
} entry;

static entry entries[TOKENS_MAX];
static uint32_t count;
static uint64_t sequence;
static ledger_sums sums;

void ledger_begin(void)
{
    count = 0;
    sequence = 0;
    sums = (ledger_sums){0};
}

static entry *entry_of(uint32_t token)
{
    if (token < TOKEN_FIRST || token >= TOKEN_FIRST + count)
        sim_fail("there is no command %u", token);
    return &entries[token - TOKEN_FIRST];
}

uint32_t ledger_ask(const char *what, bool is_repeatable)
{
    if (count == TOKENS_MAX)
        sim_fail("more than %d commands in a run", TOKENS_MAX);
    entries[count] = (entry){.what = what, .is_repeatable = is_repeatable, .connection = -1, .offered_on = -1};
    return TOKEN_FIRST + count++;
}

uint32_t ledger_token_of(const char *text, size_t length)
{
    uint32_t value = 0;
    if (length != TOKEN_DIGITS)
        return TOKEN_NONE;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return TOKEN_NONE;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    return value >= TOKEN_FIRST && value < TOKEN_FIRST + count ? value : TOKEN_NONE;
}

void ledger_offered(const char *bytes, size_t length, int connection)
{
    static const char before[] = "$7\r\n";
    const char *at = bytes;
    const char *end = bytes + length;
    while ((at = memmem(at, (size_t)(end - at), before, sizeof before - 1))) {
        at += sizeof before - 1;
        if (end - at < TOKEN_DIGITS)
            return;
        uint32_t token = ledger_token_of(at, TOKEN_DIGITS);
        if (token == TOKEN_NONE)
            continue;
        entry *e = entry_of(token);
        e->is_offered = true;
        e->offered_on = connection;
    }
}

void ledger_executed(uint32_t token, int64_t answer, int64_t second)
{
    entry *e = entry_of(token);
    e->executed++;
    sequence++;
    if (e->first_run == 0)
        e->first_run = sequence;
    sim_note("the server runs", e->what, token, answer);
    if (e->is_exempt)
        return;
    if (e->is_completed && e->status < 0 && e->delivery != PODLINK_UNKNOWN)
        sim_fail("%s %u runs, but was reported as %s", e->what, token, podlink_delivery_text(e->delivery));
    if (e->executed > 1 && !e->is_repeatable)
        sim_fail("%s %u runs for the second time, and is not repeatable", e->what, token);
    if (e->answer_count < ANSWERS_MAX) {
        e->answers[e->answer_count][0] = answer;
        e->answers[e->answer_count][1] = second;
    }
    e->answer_count++;
}

void ledger_refused(uint32_t token)
{
    if (token == TOKEN_NONE)
        return;
    entry *e = entry_of(token);
    e->refused++;
    sim_note("the server refuses", e->what, token, 0);
}

void ledger_arrived(uint32_t token, int connection)
{
    if (token == TOKEN_NONE)
        return;
    entry *e = entry_of(token & ~(uint32_t)TOKEN_REFUSAL);
    e->has_arrived = true;
    if (token & TOKEN_REFUSAL) /* which is not final if it may be requested again */
        return;
    e->arrived_at = sim_now();
    e->connection = connection;
}

void ledger_exempt_connection(int connection)
{
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].offered_on == connection)
            entries[i].is_exempt = true;
}

static void add_outcome(podlink_status status, podlink_delivery delivery)
{
    if (status >= 0)
        sums.ok++;
    else if (delivery == PODLINK_ANSWERED)
        sums.server_error++;
    else if (delivery == PODLINK_NOT_SENT)
        sums.not_sent++;
    else
        sums.unknown++;
}

void ledger_count(podlink_status status, podlink_delivery delivery)
{
    add_outcome(status, delivery);
}

/* The deliveries that may be reported, whatever comes later. */
static void check_delivery(const entry *e, uint32_t token)
{
    if (e->status >= 0) {
        if (e->executed == 0)
            sim_fail("%s %u was reported as successful, but the server has not run it", e->what, token);
        return;
    }
    switch (e->delivery) {
    case PODLINK_NOT_SENT:
        if (e->executed > 0)
            sim_fail("%s %u was reported as not sent, but has run (%s)", e->what, token,
                     podlink_status_name(e->status));
        break;
    case PODLINK_ANSWERED:
        if (e->executed > 0 && e->status != PODLINK_ENOMEM)
            sim_fail("%s %u was reported as answered with an error, but has run (%s)", e->what, token,
                     podlink_status_name(e->status));
        if (e->refused == 0 && e->executed == 0)
            sim_fail("%s %u was reported as answered with an error, but the server sent none (%s)", e->what, token,
                     podlink_status_name(e->status));
        break;
    case PODLINK_UNKNOWN:
        break; /* a writer that has it already may reach its socket only now: checked at the end */
    }
}

/* An answer that has arrived is reported at once. */
static void check_prompt(const entry *e, uint32_t token)
{
    if (e->arrived_at == 0 || sim_now() <= e->arrived_at + PROMPT_MS * SIM_MS)
        return;
    if (e->status >= 0)
        sim_fail("%s %u: its answer arrived %lld us ago, and is reported only now", e->what, token,
                 (long long)((sim_now() - e->arrived_at) / 1000));
    if (e->status == PODLINK_ETIMEDOUT && network_is_sound(e->connection))
        sim_fail("%s %u timed out, but its answer arrived %lld us ago", e->what, token,
                 (long long)((sim_now() - e->arrived_at) / 1000));
}

void ledger_completed(uint32_t token, podlink_status status, podlink_delivery delivery, bool is_of_batch)
{
    entry *e = entry_of(token);
    if (e->is_completed)
        sim_fail("%s %u is reported twice", e->what, token);
    e->is_completed = true;
    e->status = status;
    e->delivery = delivery;
    sim_note(podlink_status_name(status), e->what, token, delivery);
    if (!e->is_left_out)
        add_outcome(status, delivery);
    if (e->is_exempt)
        return;
    check_delivery(e, token);
    if (!is_of_batch)
        check_prompt(e, token);
}

void ledger_expect_answer(uint32_t token, int64_t answer, int64_t second)
{
    const entry *e = entry_of(token);
    if (e->is_exempt || e->answer_count > ANSWERS_MAX)
        return;
    for (uint32_t i = 0; i < e->answer_count; i++)
        if (e->answers[i][0] == answer && e->answers[i][1] == second)
            return;
    sim_fail("%s %u got the answer %lld %lld, which the server has not given to it", e->what, token, (long long)answer,
             (long long)second);
}

uint64_t ledger_first_run(uint32_t token)
{
    return entry_of(token)->first_run;
}

bool ledger_is_exempt(uint32_t token)
{
    return entry_of(token)->is_exempt;
}

bool ledger_has_arrived(uint32_t token)
{
    return entry_of(token)->has_arrived;
}

int ledger_connection(uint32_t token)
{
    return entry_of(token)->offered_on;
}

ledger_sums ledger_outcomes(void)
{
    return sums;
}

void ledger_leave_out(uint32_t token)
{
    entry_of(token)->is_left_out = true;
}

void ledger_check_end(void)
{
    for (uint32_t i = 0; i < count; i++) {
        const entry *e = &entries[i];
        if (!e->is_completed)
            sim_fail("%s %u was never reported", e->what, TOKEN_FIRST + i);
        if (e->is_exempt)
            continue;
        check_delivery(e, TOKEN_FIRST + i);
        if (e->status < 0 && e->delivery == PODLINK_UNKNOWN && !e->is_offered)
            sim_fail("%s %u was reported as unknown, but no byte of it was given to a socket (%s)", e->what,
                     TOKEN_FIRST + i, podlink_status_name(e->status));
    }
}
