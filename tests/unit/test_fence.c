/* SPDX-License-Identifier: MIT */
/* A command that the server may leave unanswered, and the fence after it: whatever the server does, no call gets the
 * reply to another. By exact traces, as test_conn.c. */
#include "conn_trace.h"
#include "tap_cmocka.h"

#include <stdio.h>
#include <string.h>

static const char *const auth[] = {"AUTH eva secret"};
static const char *const get_a[] = {"GET a"};
static const char *const get_b[] = {"GET b"};

static const char sent[] = "> GET a\n> AUTH eva secret\n> ECHO\n> GET b\n";

#define GUARDS "-ERR wrong number of arguments for 'echo' command\r\n"

/* An AUTH between the calls a and b. */
struct scene {
    trace t;
    trace_call a, auth, b;
};

static void queue_all(struct scene *s)
{
    trace_init(&s->t);
    trace_call_init(&s->t, &s->a, "a", false, get_a, 1);
    trace_call_init(&s->t, &s->auth, "auth", false, auth, 1);
    trace_call_init(&s->t, &s->b, "b", false, get_b, 1);
    s->auth.request.is_fenced = true;
    trace_queue(&s->t, &s->a);
    trace_queue(&s->t, &s->auth);
    trace_queue(&s->t, &s->b);
}

static void send_all(struct scene *s)
{
    queue_all(s);
    trace_send(&s->t);
    trace_expect(&s->t, sent);
}

static void expect(const char *replies, const char *outcomes)
{
    for (size_t chunk = 1; chunk <= strlen(replies); chunk++) {
        struct scene s;
        send_all(&s);
        trace_receive_in_chunks(&s.t, replies, chunk);
        trace_expect(&s.t, outcomes);
        assert_int_equal(pl_inflight_length(&s.t.conn.inflight), 0);
        assert_false(s.t.conn.is_dead);
        trace_fini(&s.t);
    }
}

static void an_answered_fence_reports_its_reply(void **state)
{
    (void)state;
    expect("$1\r\nx\r\n+OK\r\n" GUARDS "$1\r\ny\r\n", "a[0] OK answered $x\n"
                                                      "auth[0] OK answered +OK\n"
                                                      "b[0] OK answered $y\n");
    expect("$1\r\nx\r\n-WRONGPASS no\r\n" GUARDS "$1\r\ny\r\n", "a[0] OK answered $x\n"
                                                                "auth[0] EAUTH answered -WRONGPASS no\n"
                                                                "b[0] OK answered $y\n");
}

static void an_unanswered_command_is_refused_and_the_others_get_their_replies(void **state)
{
    (void)state;
    expect("$1\r\nx\r\n" GUARDS "$1\r\ny\r\n", "a[0] OK answered $x\n"
                                               "auth[0] ESERVER answered (the server refused it without a reply)\n"
                                               "b[0] OK answered $y\n");
}

/* A server that does not know the fence command, or has left something else unanswered. */
static void a_wrong_reply_to_a_fence_ends_the_connection(void **state)
{
    (void)state;
    static const char *const others[] = {"$1\r\ny\r\n",    "$-1\r\n",
                                         ":1\r\n",         "-LOADING Redis is loading the dataset in memory\r\n",
                                         "-ERR wrong\r\n", "+ERR wrong number of arguments for 'echo' command\r\n"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct scene s;
        send_all(&s);
        trace_receive(&s.t, "$1\r\nx\r\n-WRONGPASS no\r\n");
        trace_receive(&s.t, others[i]);
        trace_forget(&s.t);
        assert_true(s.t.conn.is_dead);
        assert_int_equal(s.auth.status_of[0], PODLINK_EAUTH);
        assert_int_equal(s.b.status_of[0], PODLINK_EPROTOCOL);
        assert_int_equal(s.b.delivery_of[0], PODLINK_UNKNOWN);
        trace_fini(&s.t);
    }
}

static void an_abandoned_command_keeps_its_fence(void **state)
{
    (void)state;
    static const char *const replies[] = {"$1\r\nx\r\n" GUARDS "$1\r\ny\r\n",
                                          "$1\r\nx\r\n+OK\r\n" GUARDS "$1\r\ny\r\n"};
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        struct scene s;
        send_all(&s);
        trace_abandon(&s.t, &s.auth);
        trace_forget(&s.t);
        trace_receive(&s.t, replies[i]);
        trace_expect(&s.t, "a[0] OK answered $x\nb[0] OK answered $y\n");
        trace_fini(&s.t);
    }
}

static void a_fence_stays_when_its_command_is_removed(void **state)
{
    (void)state;
    struct scene s;
    queue_all(&s);
    trace_abandon(&s.t, &s.auth);
    trace_forget(&s.t);
    trace_send(&s.t);
    trace_receive(&s.t, "$1\r\nx\r\n" GUARDS "$1\r\ny\r\n");
    trace_expect(&s.t, "> GET a\n> ECHO\n> GET b\na[0] OK answered $x\nb[0] OK answered $y\n");
    trace_fini(&s.t);
}

/* The answer to the fence cannot come before the fence was sent. */
static void an_answer_before_the_fence_is_sent_ends_the_connection(void **state)
{
    (void)state;
    static const char first[] = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*3\r\n$4\r\nAUTH\r\n$3\r\neva\r\n$6\r\nsecret\r\n";
    struct scene s;
    queue_all(&s);
    assert_int_equal(trace_send_some(&s.t, strlen(first)), strlen(first));
    trace_receive(&s.t, "$1\r\nx\r\n" GUARDS);
    trace_forget(&s.t);
    assert_true(s.t.conn.is_dead);
    assert_int_equal(s.b.delivery_of[0], PODLINK_NOT_SENT);
    trace_fini(&s.t);
}

static void the_end_of_the_connection_is_reported_as_usual(void **state)
{
    (void)state;
    struct scene s;
    send_all(&s);
    trace_fail(&s.t, PODLINK_ECONNLOST, "cut");
    trace_expect(&s.t, "a[0] ECONNLOST unknown (cut)\n"
                       "auth[0] ECONNLOST unknown (cut)\n"
                       "b[0] ECONNLOST unknown (cut)\n"
                       "dead ECONNLOST\n");
    trace_fini(&s.t);
}

static void a_failed_allocation_queues_neither_command_nor_fence(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        trace t;
        trace_call a;
        trace_init(&t);
        trace_call_init(&t, &a, "auth", false, auth, 1);
        a.request.is_fenced = true;
        test_heap_fail_at(&t.memory, n, 1);
        const bool queued = pl_conn_queue(&t.conn, &a.request, 0);
        failed = t.memory.failed > 0;
        test_heap_fail_at(&t.memory, 0, 0);
        assert_int_equal(queued, !failed);
        assert_int_equal(pl_inflight_length(&t.conn.inflight), queued ? 2 : 0);
        assert_int_equal(pl_conn_has_output(&t.conn), queued);
        trace_fini(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answered_fence_reports_its_reply),
        cmocka_unit_test(an_unanswered_command_is_refused_and_the_others_get_their_replies),
        cmocka_unit_test(a_wrong_reply_to_a_fence_ends_the_connection),
        cmocka_unit_test(an_abandoned_command_keeps_its_fence),
        cmocka_unit_test(a_fence_stays_when_its_command_is_removed),
        cmocka_unit_test(an_answer_before_the_fence_is_sent_ends_the_connection),
        cmocka_unit_test(the_end_of_the_connection_is_reported_as_usual),
        cmocka_unit_test(a_failed_allocation_queues_neither_command_nor_fence),
    };
    return RUN_TESTS("fence", tests);
}
