/* SPDX-License-Identifier: MIT */
/* The connection without I/O, by exact traces, as test_conn.c: owners that give up or may queue more, a writer beside a
 * reader, no memory, and the counters. */
#include "conn_trace.h"
#include "tap_cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const five[] = {"GET a", "SET b 1", "INCR c", "GET d", "DEL e"};
static const char *const get_a[] = {"GET a"};
static const char *const get_b[] = {"GET b"};
static const char *const two_of_b[] = {"GET b", "GET bb"};
static const char *const get_c[] = {"GET c"};

/* The offset at which the second of the five ends on the wire. */
enum { SECOND_ENDS = 20 + 27 };

/* --- owners that give up ---------------------------------------------------------------------------------------- */

static void a_late_reply_is_dropped(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_call_init(&t, &b, "b", false, get_b, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_abandon(&t, &a);
    trace_queue(&t, &b);
    trace_send(&t);
    trace_receive(&t, "$1\r\nx\r\n");
    trace_receive(&t, "$1\r\ny\r\n");
    trace_take_finished(&t);
    trace_expect(&t, "> GET a\n"
                     "a[0] ETIMEDOUT unknown (late)\n"
                     "> GET b\n"
                     "b[0] OK answered $y\n"
                     "finished b\n");
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

static void a_late_reply_that_has_begun_is_dropped(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_call_init(&t, &b, "b", false, get_b, 1);
    trace_queue(&t, &a);
    trace_queue(&t, &b);
    trace_send(&t);
    trace_receive(&t, "*2\r\n$1\r\n");
    trace_abandon(&t, &a);
    trace_receive(&t, "x\r\n:1\r\n$1\r\n");
    trace_receive(&t, "y\r\n");
    trace_expect(&t, "> GET a\n> GET b\n"
                     "a[0] ETIMEDOUT unknown (late)\n"
                     "b[0] OK answered $y\n");
    trace_fini(&t);
}

static void unseen_commands_are_removed_from_the_queue(void **state)
{
    (void)state;
    trace t;
    trace_call a, b, c;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_call_init(&t, &b, "b", false, two_of_b, 2);
    trace_call_init(&t, &c, "c", false, get_c, 1);
    trace_queue(&t, &a);
    trace_queue(&t, &b);
    trace_queue(&t, &c);
    trace_abandon(&t, &b);
    assert_int_equal(b.request.reason, PODLINK_ETIMEDOUT);
    assert_int_equal(b.failure.delivery, PODLINK_NOT_SENT);
    assert_string_equal(trace_states(&b), "..");
    assert_int_equal(b.request.inflight, 0);
    trace_send(&t);
    trace_receive(&t, "$1\r\nx\r\n$1\r\nz\r\n");
    trace_expect(&t, "> GET a\n> GET c\n"
                     "a[0] OK answered $x\n"
                     "c[0] OK answered $z\n");
    trace_fini(&t);
}

static void commands_that_a_driver_may_be_sending_stay_in_the_queue(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_call_init(&t, &b, "b", false, get_b, 1);
    trace_queue(&t, &a);
    trace_send_some(&t, 0); /* the driver has asked for output, and could not write */
    trace_queue(&t, &b);
    trace_abandon(&t, &a);
    trace_abandon(&t, &b);
    trace_expect(&t, "a[0] ETIMEDOUT unknown (late)\n");
    assert_string_equal(trace_states(&b), ".");
    trace_send(&t);
    trace_receive(&t, "+1\r\n");
    trace_expect(&t, "> GET a\n");
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

/* a and c alternate, so that removed commands are between remaining ones. */
static void queue_alternating(trace *t, trace_call *a, trace_call *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        assert_true(pl_conn_queue(&t->conn, &a->request, i));
        assert_true(pl_conn_queue(&t->conn, &c->request, i));
    }
}

static void only_the_bytes_of_the_abandoned_call_are_removed(void **state)
{
    (void)state;
    static const char *const of_c[] = {"PING 1", "PING 22", "PING 333", "PING 4444", "PING 55555"};
    trace t;
    trace_call a, c;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, five, 5);
    trace_call_init(&t, &c, "c", false, of_c, 5);
    queue_alternating(&t, &a, &c, 0, 2);
    trace_send_some(&t, 5); /* in the middle of the first; the driver has seen three more */
    queue_alternating(&t, &a, &c, 2, 5);
    trace_abandon(&t, &a);
    assert_string_equal(trace_states(&a), "SS...");
    trace_send(&t);
    trace_receive(&t, "+a\r\n+1\r\n+b\r\n+2\r\n+3\r\n+4\r\n+5\r\n");
    trace_expect(&t, "a[0] ETIMEDOUT unknown (late)\n"
                     "a[1] ETIMEDOUT unknown (late)\n"
                     "> GET a\n> PING 1\n> SET b 1\n> PING 22\n> PING 333\n> PING 4444\n> PING 55555\n"
                     "c[0] OK answered +1\n"
                     "c[1] OK answered +2\n"
                     "c[2] OK answered +3\n"
                     "c[3] OK answered +4\n"
                     "c[4] OK answered +5\n");
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

static void an_abandoned_call_is_not_notified_of_the_end(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_call_init(&t, &b, "b", false, get_b, 1);
    trace_queue(&t, &a);
    trace_queue(&t, &b);
    trace_send(&t);
    trace_abandon(&t, &a);
    memset(&a, 0xEE, sizeof a); /* it has been freed */
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    trace_expect(&t, "> GET a\n> GET b\n"
                     "a[0] ETIMEDOUT unknown (late)\n"
                     "b[0] ECONNLOST unknown (cut)\n"
                     "dead ECONNLOST\n");
    trace_fini(&t);
}

static void an_abandoned_repeatable_command_stays_pending_as_unknown(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, two_of_b, 2);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+1\r\n");
    trace_abandon(&t, &a);
    trace_expect(&t, "> GET b\n> GET bb\na[0] OK answered +1\n");
    assert_string_equal(trace_states(&a), "S?");
    uint32_t completed[3] = {0};
    pl_request_give_up(&a.request, completed);
    trace_expect(&t, "a[1] ETIMEDOUT unknown \n");
    assert_int_equal(completed[PODLINK_UNKNOWN], 1);
    assert_int_equal(a.request.status, PODLINK_ETIMEDOUT);
    assert_int_equal(a.err.delivery, PODLINK_UNKNOWN);
    assert_string_equal(a.err.message, "items[1]: a on fake:1: late");
    trace_fini(&t);
}

/* --- two drivers: one writes while the other reads ---------------------------------------------------------------- */

/* The writer is in send(), without the lock. The server has the bytes and answers, and the reader gets the lock before
 * the writer returns and reports what it has sent. */
static void a_reply_can_arrive_before_its_write_returns(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_call_init(&t, &b, "b", false, get_b, 1);
    trace_queue(&t, &a);
    size_t length = trace_begin_write(&t, SIZE_MAX);
    trace_receive(&t, "$1\r\nx\r\n");
    trace_end_write(&t, length);
    trace_expect(&t, "> GET a\na[0] OK answered $x\n");
    trace_queue(&t, &b);
    trace_send(&t);
    trace_receive(&t, "$1\r\ny\r\n");
    trace_expect(&t, "> GET b\nb[0] OK answered $y\n");
    trace_fini(&t);
}

/* As above, but the reader learns that the connection has ended: the server may have run what the writer wrote. */
static void commands_being_written_at_the_end_are_unknown(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_queue(&t, &a);
    size_t length = trace_begin_write(&t, SIZE_MAX);
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    trace_end_write(&t, length);
    trace_expect(&t, "> GET a\na[0] ECONNLOST unknown (cut)\ndead ECONNLOST\n");
    trace_fini(&t);
}

/* --- windows, memory, counters ------------------------------------------------------------------------------------ */

static void an_owner_is_notified_when_its_window_is_half_empty(void **state)
{
    (void)state;
    static const char *commands[40];
    trace t;
    trace_call a;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        commands[i] = "PING";
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, commands, COUNT_OF(commands));
    trace_queue(&t, &a);
    a.request.wake_at = 10;
    trace_send(&t);
    for (unsigned answered = 1; answered <= COUNT_OF(commands); answered++) {
        trace_receive(&t, "+PONG\r\n");
        trace_forget(&t);
        trace_take_finished(&t);
        trace_expect(&t, COUNT_OF(commands) - answered <= 10 ? "finished a\n" : "");
    }
    assert_true(pl_request_is_complete(&a.request));
    trace_fini(&t);
}

static void an_owner_is_on_the_list_once(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, five, 5);
    trace_queue(&t, &a);
    a.request.wake_at = 4;
    trace_send(&t);
    trace_receive(&t, "+1\r\n+2\r\n+3\r\n");
    trace_forget(&t);
    trace_take_finished(&t);
    trace_expect(&t, "finished a\n");
    trace_take_finished(&t);
    trace_expect(&t, "");
    trace_fini(&t);
}

static void a_failed_allocation_queues_nothing(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        trace t;
        trace_call a;
        trace_init(&t);
        trace_call_init(&t, &a, "a", false, get_a, 1);
        test_heap_fail_at(&t.memory, n, 1);
        bool queued = pl_conn_queue(&t.conn, &a.request, 0);
        bool failed = t.memory.failed > 0;
        test_heap_fail_at(&t.memory, 0, 0);
        assert_int_equal(queued, !failed);
        if (!queued) {
            assert_int_equal(a.request.inflight, 0);
            assert_false(pl_conn_has_output(&t.conn));
            trace_queue(&t, &a);
        }
        trace_send(&t);
        trace_receive(&t, "+1\r\n");
        trace_expect(&t, "> GET a\na[0] OK answered +1\n");
        trace_fini(&t);
        if (!failed)
            break;
    }
}

static void a_half_queued_command_is_rolled_back(void **state)
{
    (void)state;
    static char long_command[3000];
    static const char *const commands[] = {"GET a", long_command};
    trace t;
    trace_call a, c;
    snprintf(long_command, sizeof long_command, "SET b %0*d", 2800, 1);
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, commands, 2);
    trace_call_init(&t, &c, "c", false, get_c, 1);
    assert_true(pl_conn_queue(&t.conn, &a.request, 0));
    test_heap_fail_at(&t.memory, 1, SIZE_MAX); /* of the second command the head fits, the rest does not */
    assert_false(pl_conn_queue(&t.conn, &a.request, 1));
    test_heap_fail_at(&t.memory, 0, 0);
    trace_queue(&t, &c);
    trace_send(&t);
    trace_receive(&t, "+1\r\n+2\r\n");
    trace_expect(&t, "> GET a\n> GET c\na[0] OK answered +1\nc[0] OK answered +2\n");
    assert_int_equal(t.received_length, 0);
    trace_fini(&t);
}

/* --- replies that cannot be read -----------------------------------------------------------------------------------
 */

static void a_reply_without_memory_fails_only_its_command(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, two_of_b, 2);
    trace_queue(&t, &a);
    trace_send(&t);
    test_heap_fail_at(&t.memory, 1, 1);
    trace_receive(&t, "$1\r\nx\r\n$1\r\ny\r\n");
    trace_expect(&t, "> GET b\n> GET bb\n"
                     "a[0] ENOMEM answered (out of memory for the reply)\n"
                     "a[1] OK answered $y\n");
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

/* A string of size bytes, and a reply after it. */
static void receive_string(trace *t, size_t size)
{
    char *reply = malloc(size + 64);
    const int head = snprintf(reply, 64, "$%zu\r\n", size);
    memset(reply + head, 'x', size);
    strcpy(reply + head + size, "\r\n+next\r\n");
    trace_receive_in_chunks(t, reply, 16 * 1024);
    free(reply);
}

static void a_reply_beyond_the_limit_fails_only_its_command(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, two_of_b, 2);
    trace_queue(&t, &a);
    trace_send(&t);
    receive_string(&t, TRACE_REPLY_MAX);
    trace_expect(&t, "> GET b\n> GET bb\n"
                     "a[0] EREPLY answered (the reply is longer than reply_max_bytes)\n"
                     "a[1] OK answered +next\n");
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

/* Skipping it could take very long. */
static void a_reply_far_beyond_the_limit_ends_the_connection(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, two_of_b, 2);
    trace_queue(&t, &a);
    trace_send(&t);
    receive_string(&t, (size_t)PL_READER_SKIPPED_TIMES * TRACE_REPLY_MAX);
    trace_expect(&t, "> GET b\n> GET bb\n"
                     "a[0] EPROTOCOL unknown (the reply is far longer than reply_max_bytes)\n"
                     "a[1] EPROTOCOL unknown (the reply is far longer than reply_max_bytes)\n"
                     "dead EPROTOCOL\n");
    trace_fini(&t);
}

static void a_reply_nested_too_deep_fails_only_its_command(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    char reply[4 * (PL_READER_DEPTH_MAX + 1) + 32] = "";
    for (size_t i = 0; i <= PL_READER_DEPTH_MAX; i++)
        strcat(reply, "*1\r\n");
    strcat(reply, "+x\r\n+next\r\n");
    for (size_t chunk = 1; chunk <= sizeof reply; chunk += 37) {
        trace_init(&t);
        trace_call_init(&t, &a, "a", true, two_of_b, 2);
        trace_queue(&t, &a);
        trace_send(&t);
        trace_receive_in_chunks(&t, reply, chunk);
        trace_expect(&t, "> GET b\n> GET bb\n"
                         "a[0] EREPLY answered (the reply is nested deeper than 128 levels)\n"
                         "a[1] OK answered +next\n");
        assert_false(t.conn.is_dead);
        trace_fini(&t);
    }
}

static void an_unreadable_reply_without_a_command_ends_the_connection(void **state)
{
    (void)state;
    trace t;
    char reply[4 * (PL_READER_DEPTH_MAX + 1) + 32] = "";
    for (size_t i = 0; i <= PL_READER_DEPTH_MAX; i++)
        strcat(reply, "*1\r\n");
    strcat(reply, "+x\r\n");
    trace_init(&t);
    trace_receive(&t, reply);
    trace_expect(&t, "dead EPROTOCOL\n");
    trace_fini(&t);
}

/* RESP3 was not requested. */
static void a_push_on_a_connection_for_commands_ends_it(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, ">2\r\n+invalidate\r\n*1\r\n+a\r\n");
    trace_expect(&t, "> GET a\n"
                     "a[0] EPROTOCOL unknown (unsolicited reply)\n"
                     "dead EPROTOCOL\n");
    trace_fini(&t);
}

static void every_command_is_counted_once(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, five, 5);
    trace_call_init(&t, &b, "b", true, five, 5);
    trace_queue(&t, &a);
    trace_queue(&t, &b);
    trace_send_some(&t, 108 + SECOND_ENDS);
    trace_receive(&t, "+1\r\n-ERR no\r\n-LOADING wait\r\n");
    trace_abandon(&t, &a);
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    assert_int_equal(pl_counted(&t.counters.ok), 1);
    assert_int_equal(pl_counted(&t.counters.server_error), 1);
    assert_int_equal(pl_counted(&t.counters.unknown), 2);  /* of a; those of b are pending */
    assert_int_equal(pl_counted(&t.counters.not_sent), 0); /* b's are pending */
    assert_int_equal(pl_counted(&t.counters.bytes_sent), 108 + SECOND_ENDS);
    assert_int_equal(pl_counted(&t.counters.bytes_received), 4 + 9 + 15);
    assert_string_equal(trace_states(&a), "SSaSS");
    assert_string_equal(trace_states(&b), "??...");
    trace_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_reply_is_dropped),
        cmocka_unit_test(a_late_reply_that_has_begun_is_dropped),
        cmocka_unit_test(unseen_commands_are_removed_from_the_queue),
        cmocka_unit_test(commands_that_a_driver_may_be_sending_stay_in_the_queue),
        cmocka_unit_test(only_the_bytes_of_the_abandoned_call_are_removed),
        cmocka_unit_test(an_abandoned_call_is_not_notified_of_the_end),
        cmocka_unit_test(an_abandoned_repeatable_command_stays_pending_as_unknown),
        cmocka_unit_test(a_reply_can_arrive_before_its_write_returns),
        cmocka_unit_test(commands_being_written_at_the_end_are_unknown),
        cmocka_unit_test(an_owner_is_notified_when_its_window_is_half_empty),
        cmocka_unit_test(an_owner_is_on_the_list_once),
        cmocka_unit_test(a_failed_allocation_queues_nothing),
        cmocka_unit_test(a_half_queued_command_is_rolled_back),
        cmocka_unit_test(a_reply_without_memory_fails_only_its_command),
        cmocka_unit_test(a_reply_beyond_the_limit_fails_only_its_command),
        cmocka_unit_test(a_reply_far_beyond_the_limit_ends_the_connection),
        cmocka_unit_test(a_reply_nested_too_deep_fails_only_its_command),
        cmocka_unit_test(an_unreadable_reply_without_a_command_ends_the_connection),
        cmocka_unit_test(a_push_on_a_connection_for_commands_ends_it),
        cmocka_unit_test(every_command_is_counted_once),
    };
    return RUN_TESTS("conn owners", tests);
}
