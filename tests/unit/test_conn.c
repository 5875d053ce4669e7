/* SPDX-License-Identifier: MIT */
/* The connection without I/O, by exact traces: input and output in order. Commands, replies and the end of a
 * connection. */
#include "conn_trace.h"
#include "tap_cmocka.h"

#include <stdio.h>
#include <string.h>

static const char *const five[] = {"GET a", "SET b 1", "INCR c", "GET d", "DEL e"};
static const char *const get_a[] = {"GET a"};
static const char *const get_b[] = {"GET b"};
static const char *const two_of_b[] = {"GET b", "GET bb"};

/* --- commands and replies --------------------------------------------------------------------------------------- */

static void a_command_is_sent_as_resp(void **state)
{
    (void)state;
    static const char bytes[] = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    assert_false(pl_conn_has_output(&t.conn));
    assert_int_equal(pl_conn_output(&t.conn).length, 0);
    trace_queue(&t, &a);
    assert_true(pl_conn_has_output(&t.conn));
    pl_bytes output = pl_conn_output(&t.conn);
    assert_int_equal(output.length, strlen(bytes));
    assert_memory_equal(output.bytes, bytes, strlen(bytes));
    trace_end_write(&t, output.length);
    assert_false(pl_conn_has_output(&t.conn));
    trace_fini(&t);
}

static void replies_are_matched_in_order(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, five, 5);
    trace_call_init(&t, &b, "b", true, get_b, 1);
    trace_queue(&t, &a);
    trace_queue(&t, &b);
    trace_send(&t);
    trace_expect(&t, "> GET a\n> SET b 1\n> INCR c\n> GET d\n> DEL e\n> GET b\n");
    trace_receive(&t, "$3\r\nabc\r\n+OK\r\n:7\r\n$-1\r\n*2\r\n:1\r\n:2\r\n$1\r\nb\r\n");
    trace_take_finished(&t);
    trace_expect(&t, "a[0] OK answered $abc\n"
                     "a[1] OK answered +OK\n"
                     "a[2] OK answered :7\n"
                     "a[3] OK answered nil\n"
                     "a[4] OK answered *2\n"
                     "b[0] OK answered $b\n"
                     "finished b\n"
                     "finished a\n");
    trace_fini(&t);
}

static void a_command_can_be_answered_while_another_is_queued(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    trace_call_init(&t, &b, "b", true, get_b, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_queue(&t, &b);
    trace_receive(&t, "$1\r\nx\r\n");
    trace_send(&t);
    trace_receive(&t, "$1\r\ny\r\n");
    trace_expect(&t, "> GET a\n"
                     "a[0] OK answered $x\n"
                     "> GET b\n"
                     "b[0] OK answered $y\n");
    trace_fini(&t);
}

static const char five_replies[] = "$3\r\nabc\r\n-ERR no\r\n:-7\r\n*3\r\n$0\r\n\r\n*1\r\n+x\r\n$-1\r\n$2\r\n\r\n\r\n";
static const char five_outcomes[] = "a[0] OK answered $abc\n"
                                    "a[1] ESERVER answered -ERR no\n"
                                    "a[2] OK answered :-7\n"
                                    "a[3] OK answered *3\n"
                                    "a[4] OK answered $\r\n\n";

static void run_five_in_chunks(size_t chunk)
{
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, five, 5);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_expect(&t, "> GET a\n> SET b 1\n> INCR c\n> GET d\n> DEL e\n");
    trace_receive_in_chunks(&t, five_replies, chunk);
    trace_expect(&t, five_outcomes);
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

static void replies_can_be_split_anywhere(void **state)
{
    (void)state;
    for (size_t chunk = 1; chunk <= strlen(five_replies); chunk++)
        run_five_in_chunks(chunk);
}

static void commands_can_be_sent_in_any_pieces(void **state)
{
    (void)state;
    for (size_t most = 1; most < 120; most++) {
        trace t;
        trace_call a;
        trace_init(&t);
        trace_call_init(&t, &a, "a", true, five, 5);
        trace_queue(&t, &a);
        while (trace_send_some(&t, most) > 0)
            ;
        trace_receive(&t, five_replies);
        trace_expect_at(&t,
                        "> GET a\n> SET b 1\n> INCR c\n> GET d\n> DEL e\n"
                        "a[0] OK answered $abc\n"
                        "a[1] ESERVER answered -ERR no\n"
                        "a[2] OK answered :-7\n"
                        "a[3] OK answered *3\n"
                        "a[4] OK answered $\r\n\n",
                        __FILE__, __LINE__);
        trace_fini(&t);
    }
}

static void bytes_given_to_the_driver_do_not_move(void **state)
{
    (void)state;
    trace t;
    trace_call a, many[20];
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    trace_queue(&t, &a);
    pl_bytes output = pl_conn_output(&t.conn);
    char copy[64];
    memcpy(copy, output.bytes, output.length);
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        trace_call_init(&t, &many[i], "many", true, five, 5);
        trace_queue(&t, &many[i]);
    }
    assert_memory_equal(output.bytes, copy, output.length);
    pl_bytes again = pl_conn_output(&t.conn);
    assert_ptr_equal(again.bytes, output.bytes);
    assert_int_equal(again.length, output.length);
    trace_fini(&t);
}

/* --- errors that the server answers ----------------------------------------------------------------------------- */

static void an_error_reply_does_not_affect_other_commands(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, five, 5);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+1\r\n-WRONGTYPE not that\r\n+3\r\n-OOM command not allowed\r\n+5\r\n");
    trace_take_finished(&t);
    trace_expect(&t, "> GET a\n> SET b 1\n> INCR c\n> GET d\n> DEL e\n"
                     "a[0] OK answered +1\n"
                     "a[1] EWRONGTYPE answered -WRONGTYPE not that\n"
                     "a[2] OK answered +3\n"
                     "a[3] EOOM answered -OOM command not allowed\n"
                     "a[4] OK answered +5\n"
                     "finished a\n");
    assert_false(t.conn.is_dead);
    assert_int_equal(a.request.status, PODLINK_EWRONGTYPE);
    assert_int_equal(a.err.status, PODLINK_EWRONGTYPE);
    assert_int_equal(a.err.delivery, PODLINK_ANSWERED);
    assert_string_equal(a.err.server, "WRONGTYPE not that");
    assert_string_equal(a.err.message, "items[1]: a on fake:1: WRONGTYPE not that");
    trace_fini(&t);
}

static void an_error_inside_an_array_is_a_reply(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "*2\r\n-ERR inside\r\n:1\r\n");
    trace_expect(&t, "> GET a\na[0] OK answered *2\n");
    trace_fini(&t);
}

static void a_temporary_error_leaves_a_command_pending(void **state)
{
    (void)state;
    static const char *const not_now[] = {"LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOSCRIPT"};
    static const podlink_status reasons[] = {PODLINK_ELOADING,  PODLINK_EMASTERDOWN, PODLINK_ECLUSTERDOWN,
                                             PODLINK_ETRYAGAIN, PODLINK_EBUSY,       PODLINK_ENOSCRIPT};
    for (size_t i = 0; i < COUNT_OF(not_now); i++) {
        char reply[64];
        trace t;
        trace_call a;
        trace_init(&t);
        trace_call_init(&t, &a, "a", false, two_of_b, 2);
        trace_queue(&t, &a);
        trace_send(&t);
        snprintf(reply, sizeof reply, "-%s wait\r\n+OK\r\n", not_now[i]);
        trace_receive(&t, reply);
        trace_take_finished(&t);
        trace_expect(&t, "> GET b\n> GET bb\na[1] OK answered +OK\nfinished a\n");
        assert_string_equal(trace_states(&a), "aS");
        assert_int_equal(a.request.reason, reasons[i]);
        assert_int_equal(a.failure.status, reasons[i]);
        assert_int_equal(a.failure.delivery, PODLINK_ANSWERED);
        assert_int_equal(a.request.is_script_missing, reasons[i] == PODLINK_ENOSCRIPT);
        trace_fini(&t);
    }
}

static void only_pending_commands_are_queued_again(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, five, 5);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+1\r\n-NOSCRIPT none\r\n+3\r\n-NOSCRIPT none\r\n-ERR five\r\n");
    trace_expect(&t, "> GET a\n> SET b 1\n> INCR c\n> GET d\n> DEL e\n"
                     "a[0] OK answered +1\n"
                     "a[2] OK answered +3\n"
                     "a[4] ESERVER answered -ERR five\n");
    assert_string_equal(trace_states(&a), "SaSaS");
    pl_request_rewind(&a.request);
    assert_false(a.request.is_script_missing);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+2\r\n+4\r\n");
    trace_expect(&t, "> SET b 1\n> GET d\na[1] OK answered +2\na[3] OK answered +4\n");
    assert_true(pl_request_is_complete(&a.request));
    assert_int_equal(a.request.status, PODLINK_ESERVER);
    assert_string_equal(a.err.message, "items[4]: a on fake:1: ERR five");
    trace_fini(&t);
}

/* --- unsolicited input ------------------------------------------------------------------------------------------ */

static void an_unsolicited_reply_ends_the_connection(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+1\r\n+2\r\n");
    trace_expect(&t, "> GET a\na[0] OK answered +1\ndead EPROTOCOL\n");
    assert_string_equal(t.conn.fault.message, "fake:1: unsolicited reply: 2");
    trace_fini(&t);
}

static void a_reply_to_an_unsent_command_ends_the_connection(void **state)
{
    (void)state;
    for (size_t sent = 0; sent < 20; sent++) {
        trace t;
        trace_call a;
        trace_init(&t);
        trace_call_init(&t, &a, "a", true, get_a, 1);
        trace_queue(&t, &a);
        trace_send_some(&t, sent);
        trace_receive(&t, "+1\r\n");
        trace_expect(&t, "dead EPROTOCOL\n");
        assert_string_equal(trace_states(&a), ".");
        assert_int_equal(a.request.inflight, 0);
        trace_fini(&t);
    }
}

static void unsolicited_bytes_end_the_connection(void **state)
{
    (void)state;
    static const char *const bytes[] = {"+", "\r\n", "*1\r\n", "$5\r\nab", "HTTP/1.1 400 Bad Request\r\n\r\n", "\xff"};
    for (size_t i = 0; i < COUNT_OF(bytes); i++) {
        trace t;
        trace_init(&t);
        trace_receive(&t, bytes[i]);
        trace_expect(&t, "dead EPROTOCOL\n");
        trace_fini(&t);
    }
}

static void bytes_after_the_last_reply_end_the_connection(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+1\r\n\r\n");
    trace_expect(&t, "> GET a\na[0] OK answered +1\ndead EPROTOCOL\n");
    trace_fini(&t);
}

static void garbage_ends_the_connection_and_sent_commands_are_unknown(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, two_of_b, 2);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+1\r\nwhat?\r\n");
    trace_take_finished(&t);
    assert_int_equal(a.status_of[1], PODLINK_EPROTOCOL);
    assert_int_equal(a.delivery_of[1], PODLINK_UNKNOWN);
    assert_int_equal(t.conn.fault.status, PODLINK_EPROTOCOL);
    trace_fini(&t);
}

static void a_dead_connection_accepts_no_bytes(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, get_a, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    trace_receive(&t, "+1\r\n");
    trace_fail(&t, PODLINK_EPROTOCOL, "again");
    trace_expect(&t, "> GET a\ndead ECONNLOST\n");
    assert_string_equal(t.conn.fault.message, "fake:1: cut");
    assert_false(pl_conn_has_output(&t.conn));
    trace_fini(&t);
}

/* --- the end of a connection ------------------------------------------------------------------------------------ */

/* The offset at which each of the five ends on the wire. */
static const size_t five_ends[] = {20, 20 + 27, 47 + 21, 68 + 20, 88 + 20};

static void expect_cut(const trace_call *a, size_t sent, size_t answered)
{
    for (size_t i = 0; i < COUNT_OF(five); i++) {
        if (i < answered) {
            assert_int_equal(a->request.states[i], PL_COMPLETED);
        } else if (sent < five_ends[i]) {
            assert_int_equal(a->request.states[i], PL_PENDING);
            assert_int_equal(a->completed[i], 0);
        } else if (a->request.repeatable) {
            assert_int_equal(a->request.states[i], PL_PENDING_UNKNOWN);
            assert_int_equal(a->completed[i], 0);
        } else {
            assert_int_equal(a->completed[i], 1);
            assert_int_equal(a->status_of[i], PODLINK_ECONNLOST);
            assert_int_equal(a->delivery_of[i], PODLINK_UNKNOWN);
        }
    }
}

static void cut(size_t sent, size_t answered, bool repeatable)
{
    static const char *const replies = "+1\r\n+2\r\n+3\r\n+4\r\n+5\r\n";
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", repeatable, five, 5);
    trace_queue(&t, &a);
    trace_send_some(&t, sent);
    char some[32];
    snprintf(some, sizeof some, "%.*s", (int)answered * 4, replies);
    trace_receive(&t, some);
    assert_false(t.conn.is_dead);
    pl_conn_fail(&t.conn, PODLINK_ECONNLOST, "cut");
    assert_int_equal(a.request.inflight, 0);
    trace_forget(&t);
    expect_cut(&a, sent, answered);
    trace_take_finished(&t);
    trace_expect(&t, "finished a\n");
    trace_fini(&t);
}

static void a_lost_connection_reports_the_delivery_of_each_command(void **state)
{
    (void)state;
    for (size_t sent = 0; sent <= five_ends[4]; sent++)
        for (size_t answered = 0; answered <= 5; answered++) {
            if (answered > 0 && five_ends[answered - 1] > sent)
                break;
            cut(sent, answered, true);
            cut(sent, answered, false);
        }
}

static void a_lost_connection_is_reported_in_queue_order(void **state)
{
    (void)state;
    trace t;
    trace_call a, b;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, five, 5);
    trace_call_init(&t, &b, "b", false, get_b, 1);
    trace_queue(&t, &a);
    trace_queue(&t, &b);
    trace_send_some(&t, five_ends[1]);
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    trace_take_finished(&t);
    trace_expect(&t, "> GET a\n> SET b 1\n"
                     "a[0] ECONNLOST unknown (cut)\n"
                     "a[1] ECONNLOST unknown (cut)\n"
                     "dead ECONNLOST\n"
                     "finished b\n"
                     "finished a\n");
    assert_string_equal(trace_states(&a), "SS...");
    assert_string_equal(trace_states(&b), ".");
    assert_int_equal(a.request.status, PODLINK_ECONNLOST);
    assert_string_equal(a.err.message, "items[0]: a on fake:1: cut");
    assert_int_equal(b.request.reason, PODLINK_ECONNLOST);
    assert_int_equal(b.failure.delivery, PODLINK_NOT_SENT);
    trace_fini(&t);
}

static void pending_commands_continue_on_the_next_connection(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", true, five, 5);
    trace_queue(&t, &a);
    trace_send_some(&t, five_ends[2]);
    trace_receive(&t, "+1\r\n");
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    assert_string_equal(trace_states(&a), "S??..");
    trace_reconnect(&t);
    pl_request_rewind(&a.request);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+2\r\n+3\r\n+4\r\n+5\r\n");
    trace_expect(&t, "> GET a\n> SET b 1\n> INCR c\n"
                     "a[0] OK answered +1\n"
                     "dead ECONNLOST\n"
                     "> SET b 1\n> INCR c\n> GET d\n> DEL e\n"
                     "a[1] OK answered +2\n"
                     "a[2] OK answered +3\n"
                     "a[3] OK answered +4\n"
                     "a[4] OK answered +5\n");
    assert_int_equal(a.request.status, PODLINK_OK);
    trace_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_sent_as_resp),
        cmocka_unit_test(replies_are_matched_in_order),
        cmocka_unit_test(a_command_can_be_answered_while_another_is_queued),
        cmocka_unit_test(replies_can_be_split_anywhere),
        cmocka_unit_test(commands_can_be_sent_in_any_pieces),
        cmocka_unit_test(bytes_given_to_the_driver_do_not_move),
        cmocka_unit_test(an_error_reply_does_not_affect_other_commands),
        cmocka_unit_test(an_error_inside_an_array_is_a_reply),
        cmocka_unit_test(a_temporary_error_leaves_a_command_pending),
        cmocka_unit_test(only_pending_commands_are_queued_again),
        cmocka_unit_test(an_unsolicited_reply_ends_the_connection),
        cmocka_unit_test(a_reply_to_an_unsent_command_ends_the_connection),
        cmocka_unit_test(unsolicited_bytes_end_the_connection),
        cmocka_unit_test(bytes_after_the_last_reply_end_the_connection),
        cmocka_unit_test(garbage_ends_the_connection_and_sent_commands_are_unknown),
        cmocka_unit_test(a_dead_connection_accepts_no_bytes),
        cmocka_unit_test(a_lost_connection_reports_the_delivery_of_each_command),
        cmocka_unit_test(a_lost_connection_is_reported_in_queue_order),
        cmocka_unit_test(pending_commands_continue_on_the_next_connection),
    };
    return RUN_TESTS("conn", tests);
}
