/* SPDX-License-Identifier: MIT */
/* The connection against a model of it, in random sequences of all possible events. A failure prints its seed, and
 * PODLINK_TEST_SEED=<seed> runs that one alone. */
#include "conn_trace.h"
#include "tap_cmocka.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 4000, STEPS = 80, CALLS = 4, COMMANDS = 6, LINE_MAX = 1024, COMMAND_MAX = 24 };

/* A command in the queue. */
typedef struct entry {
    int call;
    uint32_t index;
    int64_t size;
    bool is_abandoned;
} entry;

typedef struct model {
    uint64_t seed;
    trace t;
    char texts[CALLS][COMMANDS][COMMAND_MAX];
    const char *commands[CALLS][COMMANDS];
    trace_call calls[CALLS];

    entry inflight[LINE_MAX];
    int length;
    int64_t sent;    /* of the queue's bytes: known to be sent; */
    int64_t seen;    /* shown to the driver */
    int64_t offered; /* after `sent`: may be sent now */
    bool is_writing;
    size_t written; /* by the current write */

    int served;     /* commands of the queue that the server has received completely */
    char reply[64]; /* the one that it is sending */
    size_t reply_at;
    podlink_status reply_status;

    char states[CALLS][COMMANDS + 1];
    unsigned completed[CALLS][COMMANDS];
    podlink_status status_of[CALLS][COMMANDS];
    podlink_delivery delivery_of[CALLS][COMMANDS];
    bool is_woken[CALLS]; /* by this step */
    bool is_dead;
} model;

static uint64_t next_random(model *m)
{
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 7;
    m->seed ^= m->seed << 17;
    return m->seed;
}

static size_t below(model *m, size_t n)
{
    return (size_t)(next_random(m) % n);
}

/* --- the model --------------------------------------------------------------------------------------------------- */

static void expect(model *m, const entry *p, podlink_status status, podlink_delivery delivery)
{
    if (p->is_abandoned)
        return;
    char *state = &m->states[p->call][p->index];
    bool not_now = status == PODLINK_ELOADING || status == PODLINK_ENOSCRIPT;
    bool repeatable = p->call % 2 == 0;
    if (delivery == PODLINK_NOT_SENT)
        return;
    if (delivery == PODLINK_UNKNOWN && repeatable) {
        *state = '?';
    } else if (delivery == PODLINK_ANSWERED && not_now) {
        *state = *state == '.' ? 'a' : *state;
    } else {
        /* a command that was sent once without an answer stays unknown, whatever is answered later, except success */
        bool was_unknown = *state == '?' && status < 0;
        *state = 'S';
        m->completed[p->call][p->index]++;
        m->status_of[p->call][p->index] = status;
        m->delivery_of[p->call][p->index] = was_unknown ? PODLINK_UNKNOWN : delivery;
    }
}

static int64_t bytes_in_line(const model *m)
{
    int64_t bytes = 0;
    for (int i = 0; i < m->length; i++)
        bytes += m->inflight[i].size;
    return bytes;
}

static uint32_t inflight(const model *m, int call)
{
    uint32_t count = 0;
    for (int i = 0; i < m->length; i++)
        count += m->inflight[i].call == call && !m->inflight[i].is_abandoned;
    return count;
}

static void remove_place(model *m, int at)
{
    memmove(&m->inflight[at], &m->inflight[at + 1], (size_t)(m->length - at - 1) * sizeof *m->inflight);
    m->length--;
}

static void expect_end(model *m, podlink_status status)
{
    int64_t end = 0;
    for (int i = 0; i < m->length; i++) {
        entry *p = &m->inflight[i];
        end += p->size;
        if (!p->is_abandoned)
            m->is_woken[p->call] = true;
        expect(m, p, status, end <= m->sent + m->offered ? PODLINK_UNKNOWN : PODLINK_NOT_SENT);
    }
    m->length = 0;
    m->is_dead = true;
}

/* --- events ----------------------------------------------------------------------------------------------------- */

static void do_queue(model *m)
{
    int c = (int)below(m, CALLS);
    pl_request *request = &m->calls[c].request;
    if (request->inflight == 0)
        pl_request_rewind(request);
    for (size_t n = 1 + below(m, COMMANDS); n > 0; n--) {
        uint32_t i = pl_request_next(request, UINT32_MAX);
        if (i == request->count || m->length == LINE_MAX)
            return;
        size_t before = m->t.conn.filling.length;
        assert_true(pl_conn_queue(&m->t.conn, request, i));
        request->next++;
        int64_t size = (int64_t)(m->t.conn.filling.length - before);
        m->inflight[m->length++] = (entry){.call = c, .index = i, .size = size};
    }
}

/* How many of the queued commands the server must have received, given what was written. */
static int count_lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void do_begin_write(model *m)
{
    if (m->is_writing)
        return;
    if (m->seen == m->sent)
        m->seen = bytes_in_line(m);
    m->offered = m->seen - m->sent;
    m->written = trace_begin_write(&m->t, below(m, 120));
    m->is_writing = true;
    /* The server has received the next commands, in the order of the queue, and nothing else. */
    char expected[TRACE_LOG_MAX / 16] = "";
    int count = count_lines(m->t.log);
    for (int i = 0; i < count; i++) {
        const entry *p = &m->inflight[m->served + i];
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof expected - used, "> %s\n", m->commands[p->call][p->index]);
    }
    m->served += count;
    trace_expect(&m->t, expected);
}

static void do_end_write(model *m)
{
    if (!m->is_writing)
        return;
    trace_end_write(&m->t, m->written);
    m->is_writing = false;
    if (m->is_dead)
        return;
    m->sent += (int64_t)m->written;
    m->offered = 0;
}

static void begin_reply(model *m)
{
    const entry *p = &m->inflight[0];
    const char *text = m->commands[p->call][p->index];
    static const char *const heads[] = {"-ERR", "-LOADING", "-NOSCRIPT"};
    static const podlink_status statuses[] = {PODLINK_ESERVER, PODLINK_ELOADING, PODLINK_ENOSCRIPT};
    size_t kind = below(m, 6);
    if (kind < COUNT_OF(heads))
        snprintf(m->reply, sizeof m->reply, "%s %s\r\n", heads[kind], text);
    else
        snprintf(m->reply, sizeof m->reply, "$%zu\r\n%s\r\n", strlen(text), text);
    m->reply_status = kind < COUNT_OF(heads) ? statuses[kind] : PODLINK_OK;
    m->reply_at = 0;
}

static void do_reply(model *m)
{
    if (m->served == 0)
        return;
    if (m->reply[0] == '\0')
        begin_reply(m);
    size_t left = strlen(m->reply) - m->reply_at;
    size_t n = 1 + below(m, left);
    if (n == left) {
        const entry p = m->inflight[0];
        if (!p.is_abandoned)
            m->is_woken[p.call] = true;
        expect(m, &p, m->reply_status, PODLINK_ANSWERED);
        remove_place(m, 0);
        m->served--;
        m->sent -= p.size;
        m->seen -= p.size;
    }
    trace_receive_bytes(&m->t, m->reply + m->reply_at, n);
    m->reply_at += n;
    if (n == left)
        m->reply[0] = '\0';
}

static void do_abandon(model *m)
{
    int c = (int)below(m, CALLS);
    int64_t offset = 0;
    for (int i = 0; i < m->length;) {
        entry *p = &m->inflight[i];
        int64_t size = p->size;
        bool is_unseen = offset >= m->seen;
        if (p->call != c || p->is_abandoned) {
            offset += size;
            i++;
            continue;
        }
        expect(m, p, PODLINK_ETIMEDOUT, is_unseen ? PODLINK_NOT_SENT : PODLINK_UNKNOWN);
        if (is_unseen) {
            remove_place(m, i);
        } else {
            p->is_abandoned = true;
            offset += size;
            i++;
        }
    }
    trace_abandon(&m->t, &m->calls[c]);
    pl_request_rewind(&m->calls[c].request);
}

static void do_fail(model *m)
{
    if (below(m, 8) != 0)
        return;
    expect_end(m, PODLINK_ECONNLOST);
    trace_fail(&m->t, PODLINK_ECONNLOST, "cut");
}

static void do_unasked(model *m)
{
    bool could_be_asked = m->length > 0 && m->inflight[0].size <= m->sent + m->offered;
    if (below(m, 8) != 0 || could_be_asked || m->reply[0] != '\0')
        return;
    expect_end(m, PODLINK_EPROTOCOL);
    trace_receive(&m->t, "+unsolicited\r\n");
}

static void do_reconnect(model *m)
{
    do_end_write(m);
    trace_reconnect(&m->t);
    m->is_dead = false;
    m->sent = m->seen = m->offered = 0;
    m->served = 0;
    m->reply[0] = '\0';
}

/* --- the comparison ---------------------------------------------------------------------------------------------- */

static void check_call(model *m, int c)
{
    const trace_call *call = &m->calls[c];
    assert_string_equal(trace_states(call), m->states[c]);
    assert_int_equal(call->request.inflight, inflight(m, c));
    for (int i = 0; i < COMMANDS; i++) {
        assert_int_equal(call->completed[i], m->completed[c][i]);
        assert_true(call->completed[i] <= 1);
        if (call->completed[i] == 0)
            continue;
        assert_int_equal(call->status_of[i], m->status_of[c][i]);
        assert_int_equal(call->delivery_of[i], m->delivery_of[c][i]);
        if (call->status_of[i] == PODLINK_OK) /* the reply is the one to this command */
            assert_string_equal(call->texts[i] + 1, m->commands[c][i]);
    }
}

static void check_finished(model *m)
{
    bool is_listed[CALLS] = {false};
    pl_request *next;
    for (pl_request *x = pl_conn_take_finished(&m->t.conn); x; x = next) {
        next = x->next_finished;
        x->finished = false;
        int c = (int)((trace_call *)x - m->calls);
        assert_false(is_listed[c]);
        is_listed[c] = true;
    }
    for (int c = 0; c < CALLS; c++) {
        assert_int_equal(is_listed[c], m->is_woken[c] && inflight(m, c) == 0);
        m->is_woken[c] = false;
    }
}

static void check(model *m)
{
    assert_int_equal(m->t.conn.is_dead, m->is_dead);
    assert_int_equal(pl_inflight_length(&m->t.conn.inflight), m->length);
    if (!m->is_dead)
        assert_int_equal(pl_conn_has_output(&m->t.conn), bytes_in_line(m) > m->sent);
    for (int c = 0; c < CALLS; c++)
        check_call(m, c);
    check_finished(m);
    trace_forget(&m->t);
}

static void check_counters(model *m)
{
    uint64_t completed = 0;
    for (int c = 0; c < CALLS; c++)
        for (int i = 0; i < COMMANDS; i++)
            completed += m->completed[c][i];
    const pl_conn_counters *counters = &m->t.counters;
    assert_int_equal(pl_counted(&counters->ok) + pl_counted(&counters->server_error) + pl_counted(&counters->not_sent) +
                         pl_counted(&counters->unknown),
                     completed);
}

static void check_give_up(model *m)
{
    for (int c = 0; c < CALLS; c++) {
        uint32_t completed[3] = {0}, expected[3] = {0};
        for (int i = 0; i < COMMANDS; i++)
            if (m->states[c][i] != 'S')
                expected[m->states[c][i] == '?'   ? PODLINK_UNKNOWN
                         : m->states[c][i] == 'a' ? PODLINK_ANSWERED
                                                  : PODLINK_NOT_SENT]++;
        if (m->calls[c].request.reason == PODLINK_OK) /* a call that gives up has a reason */
            pl_request_no_memory(&m->calls[c].request, "fake:1");
        pl_request_give_up(&m->calls[c].request, completed);
        assert_memory_equal(completed, expected, sizeof completed);
        assert_true(pl_request_is_complete(&m->calls[c].request));
        for (int i = 0; i < COMMANDS; i++)
            assert_int_equal(m->calls[c].completed[i], 1);
    }
}

/* --- running ------------------------------------------------------------------------------------------------------ */

static void begin(model *m, uint64_t seed)
{
    static const char names[CALLS][2] = {"a", "b", "c", "d"};
    memset(m, 0, sizeof *m);
    m->seed = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    trace_init(&m->t);
    for (int c = 0; c < CALLS; c++) {
        for (int i = 0; i < COMMANDS; i++) {
            snprintf(m->texts[c][i], COMMAND_MAX, "GET %s%0*d", names[c], 1 + (int)below(m, 12), i);
            m->commands[c][i] = m->texts[c][i];
            m->states[c][i] = '.';
        }
        trace_call_init(&m->t, &m->calls[c], names[c], c % 2 == 0, m->commands[c], COMMANDS);
    }
}

static void step(model *m)
{
    static void (*const steps[])(model *) = {do_queue, do_begin_write, do_end_write, do_reply,
                                             do_reply, do_abandon,     do_fail,      do_unasked};
    if (m->is_dead)
        do_reconnect(m);
    else
        steps[below(m, COUNT_OF(steps))](m);
}

static void run(uint64_t seed)
{
    static model m;
    begin(&m, seed);
    for (int i = 0; i < STEPS; i++) {
        step(&m);
        check(&m);
    }
    if (!m.is_dead) {
        expect_end(&m, PODLINK_ECONNLOST);
        trace_fail(&m.t, PODLINK_ECONNLOST, "cut");
        check(&m);
    }
    check_counters(&m);
    check_give_up(&m);
    trace_fini(&m.t);
}

static uint64_t running_seed;

static int print_seed(void **state)
{
    (void)state;
    if (running_seed != 0)
        print_message("# PODLINK_TEST_SEED=%llu\n", (unsigned long long)running_seed);
    return 0;
}

/* An assertion of the library has failed: the program ends, so this is no time for manners. */
static void on_abort(int signal)
{
    (void)signal;
    print_seed(NULL);
}

static void the_connection_behaves_like_the_model(void **state)
{
    (void)state;
    const char *only = getenv("PODLINK_TEST_SEED");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1;
    uint64_t last = only ? first : SEEDS;
    for (running_seed = first; running_seed <= last; running_seed++)
        run(running_seed);
    running_seed = 0;
}

int main(void)
{
    signal(SIGABRT, on_abort);
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(the_connection_behaves_like_the_model, print_seed)};
    return RUN_TESTS("conn random", tests);
}
