/* The connection without I/O, by exact traces: what went in, what came out, in order. */
#include "tap_cmocka.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static const char *const five[] = {"GET a", "SET b 1", "INCR c", "GET d", "DEL e"};
static const char *const get_a[] = {"GET a"};
static const char *const get_b[] = {"GET b"};
static const char *const two_of_b[] = {"GET b", "GET bb"};
static const char *const get_c[] = {"GET c"};

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

static void replies_go_to_the_commands_in_their_order(void **state)
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

static void replies_may_be_chopped_anywhere(void **state)
{
    (void)state;
    for (size_t chunk = 1; chunk <= strlen(five_replies); chunk++)
        run_five_in_chunks(chunk);
}

static void commands_may_be_sent_in_any_pieces(void **state)
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

static void what_is_handed_to_the_driver_does_not_move(void **state)
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

static void an_error_reply_leaves_the_rest_alone(void **state)
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
    assert_int_equal(a.exchange.status, PODLINK_EWRONGTYPE);
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

static void not_now_leaves_a_command_pending(void **state)
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
        assert_string_equal(trace_marks(&a), "aS");
        assert_int_equal(a.exchange.reason, reasons[i]);
        assert_int_equal(a.exchange.last.status, reasons[i]);
        assert_int_equal(a.exchange.last.delivery, PODLINK_ANSWERED);
        assert_int_equal(a.exchange.lacks_script, reasons[i] == PODLINK_ENOSCRIPT);
        trace_fini(&t);
    }
}

static void only_what_is_pending_is_queued_again(void **state)
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
    assert_string_equal(trace_marks(&a), "SaSaS");
    pl_exchange_rewind(&a.exchange);
    assert_false(a.exchange.lacks_script);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive(&t, "+2\r\n+4\r\n");
    trace_expect(&t, "> SET b 1\n> GET d\na[1] OK answered +2\na[3] OK answered +4\n");
    assert_true(pl_exchange_is_settled(&a.exchange));
    assert_int_equal(a.exchange.status, PODLINK_ESERVER);
    assert_string_equal(a.err.message, "items[4]: a on fake:1: ERR five");
    trace_fini(&t);
}

/* --- what nobody asked for -------------------------------------------------------------------------------------- */

static void a_reply_too_many_ends_the_connection(void **state)
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
    assert_string_equal(t.conn.fault.message, "fake:1: a reply that nobody asked for: 2");
    trace_fini(&t);
}

static void a_reply_to_a_command_that_is_not_sent_ends_the_connection(void **state)
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
        assert_string_equal(trace_marks(&a), ".");
        assert_int_equal(a.exchange.inflight, 0);
        trace_fini(&t);
    }
}

static void bytes_out_of_turn_end_the_connection(void **state)
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

static void what_follows_the_last_reply_ends_the_connection(void **state)
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

static void garbage_ends_the_connection_and_leaves_what_was_sent_unknown(void **state)
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

static void a_dead_connection_takes_no_bytes(void **state)
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

/* Where each of the five ends on the wire. */
static const size_t five_ends[] = {20, 20 + 27, 47 + 21, 68 + 20, 88 + 20};

static void expect_cut(const trace_call *a, size_t sent, size_t answered)
{
    for (size_t i = 0; i < COUNT_OF(five); i++) {
        if (i < answered) {
            assert_int_equal(a->exchange.marks[i], PL_SETTLED);
        } else if (sent < five_ends[i]) {
            assert_int_equal(a->exchange.marks[i], PL_PENDING);
            assert_int_equal(a->settled[i], 0);
        } else if (a->exchange.repeatable) {
            assert_int_equal(a->exchange.marks[i], PL_PENDING_UNKNOWN);
            assert_int_equal(a->settled[i], 0);
        } else {
            assert_int_equal(a->settled[i], 1);
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
    assert_int_equal(a.exchange.inflight, 0);
    trace_forget(&t);
    expect_cut(&a, sent, answered);
    trace_take_finished(&t);
    trace_expect(&t, "finished a\n");
    trace_fini(&t);
}

static void a_cut_tells_each_command_what_became_of_it(void **state)
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

static void a_cut_is_told_in_the_order_of_the_line(void **state)
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
    assert_string_equal(trace_marks(&a), "SS...");
    assert_string_equal(trace_marks(&b), ".");
    assert_int_equal(a.exchange.status, PODLINK_ECONNLOST);
    assert_string_equal(a.err.message, "items[0]: a on fake:1: cut");
    assert_int_equal(b.exchange.reason, PODLINK_ECONNLOST);
    assert_int_equal(b.exchange.last.delivery, PODLINK_NOT_SENT);
    trace_fini(&t);
}

static void what_is_pending_goes_on_over_the_next_connection(void **state)
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
    assert_string_equal(trace_marks(&a), "S??..");
    trace_reconnect(&t);
    pl_exchange_rewind(&a.exchange);
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
    assert_int_equal(a.exchange.status, PODLINK_OK);
    trace_fini(&t);
}

/* --- owners that wait no longer --------------------------------------------------------------------------------- */

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

static void a_reply_that_has_begun_is_dropped_too(void **state)
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

static void what_no_driver_has_seen_is_taken_out(void **state)
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
    assert_int_equal(b.exchange.reason, PODLINK_ETIMEDOUT);
    assert_int_equal(b.exchange.last.delivery, PODLINK_NOT_SENT);
    assert_string_equal(trace_marks(&b), "..");
    assert_int_equal(b.exchange.inflight, 0);
    trace_send(&t);
    trace_receive(&t, "$1\r\nx\r\n$1\r\nz\r\n");
    trace_expect(&t, "> GET a\n> GET c\n"
                     "a[0] OK answered $x\n"
                     "c[0] OK answered $z\n");
    trace_fini(&t);
}

static void what_a_driver_may_be_sending_stays_in_line(void **state)
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
    assert_string_equal(trace_marks(&b), ".");
    trace_send(&t);
    trace_receive(&t, "+1\r\n");
    trace_expect(&t, "> GET a\n");
    assert_false(t.conn.is_dead);
    trace_fini(&t);
}

/* a and c in turns, so that what is taken out lies between what stays. */
static void queue_in_turns(trace *t, trace_call *a, trace_call *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        assert_true(pl_conn_queue(&t->conn, &a->exchange, i));
        assert_true(pl_conn_queue(&t->conn, &c->exchange, i));
    }
}

static void only_the_bytes_of_the_abandoned_are_taken_out(void **state)
{
    (void)state;
    static const char *const of_c[] = {"PING 1", "PING 22", "PING 333", "PING 4444", "PING 55555"};
    trace t;
    trace_call a, c;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, five, 5);
    trace_call_init(&t, &c, "c", false, of_c, 5);
    queue_in_turns(&t, &a, &c, 0, 2);
    trace_send_some(&t, 5); /* in the middle of the first; three more are seen by the driver */
    queue_in_turns(&t, &a, &c, 2, 5);
    trace_abandon(&t, &a);
    assert_string_equal(trace_marks(&a), "SS...");
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

static void the_abandoned_is_told_nothing_when_the_connection_ends(void **state)
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
    memset(&a, 0xEE, sizeof a); /* it is gone */
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
    assert_string_equal(trace_marks(&a), "S?");
    uint32_t settled[3] = {0};
    pl_exchange_give_up(&a.exchange, settled);
    trace_expect(&t, "a[1] ETIMEDOUT unknown \n");
    assert_int_equal(settled[PODLINK_UNKNOWN], 1);
    assert_int_equal(a.exchange.status, PODLINK_ETIMEDOUT);
    assert_int_equal(a.err.delivery, PODLINK_UNKNOWN);
    assert_string_equal(a.err.message, "items[1]: a on fake:1: late");
    trace_fini(&t);
}

/* --- two drivers: one writes while the other reads ---------------------------------------------------------------- */

/* The writer is in send(), without the lock. The server has got the bytes and answers, and the reader has the lock
 * before the writer is back and can tell what it has sent. */
static void a_reply_may_overtake_the_end_of_its_write(void **state)
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
static void what_is_being_written_when_the_connection_ends_is_unknown(void **state)
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

static void an_owner_is_told_when_its_window_is_half_empty(void **state)
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
    a.exchange.wake_at = 10;
    trace_send(&t);
    for (unsigned answered = 1; answered <= COUNT_OF(commands); answered++) {
        trace_receive(&t, "+PONG\r\n");
        trace_forget(&t);
        trace_take_finished(&t);
        trace_expect(&t, COUNT_OF(commands) - answered <= 10 ? "finished a\n" : "");
    }
    assert_true(pl_exchange_is_settled(&a.exchange));
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
    a.exchange.wake_at = 4;
    trace_send(&t);
    trace_receive(&t, "+1\r\n+2\r\n+3\r\n");
    trace_forget(&t);
    trace_take_finished(&t);
    trace_expect(&t, "finished a\n");
    trace_take_finished(&t);
    trace_expect(&t, "");
    trace_fini(&t);
}

static void without_memory_nothing_is_queued(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        trace t;
        trace_call a;
        trace_init(&t);
        trace_call_init(&t, &a, "a", false, get_a, 1);
        test_heap_fail_at(&t.memory, n, 1);
        bool queued = pl_conn_queue(&t.conn, &a.exchange, 0);
        bool failed = t.memory.failed > 0;
        test_heap_fail_at(&t.memory, 0, 0);
        assert_int_equal(queued, !failed);
        if (!queued) {
            assert_int_equal(a.exchange.inflight, 0);
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

static void half_a_command_is_taken_back(void **state)
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
    assert_true(pl_conn_queue(&t.conn, &a.exchange, 0));
    test_heap_fail_at(&t.memory, 1, SIZE_MAX); /* of the second the head fits, the rest does not */
    assert_false(pl_conn_queue(&t.conn, &a.exchange, 1));
    test_heap_fail_at(&t.memory, 0, 0);
    trace_queue(&t, &c);
    trace_send(&t);
    trace_receive(&t, "+1\r\n+2\r\n");
    trace_expect(&t, "> GET a\n> GET c\na[0] OK answered +1\nc[0] OK answered +2\n");
    assert_int_equal(t.received_length, 0);
    trace_fini(&t);
}

static void no_memory_for_a_reply_ends_the_connection_as_such(void **state)
{
    (void)state;
    trace t;
    trace_call a;
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, two_of_b, 2);
    trace_queue(&t, &a);
    trace_send(&t);
    test_heap_fail_at(&t.memory, 1, 1);
    trace_receive(&t, "$1\r\nx\r\n");
    trace_expect(&t, "> GET b\n> GET bb\n"
                     "a[0] ENOMEM unknown (out of memory for a reply)\n"
                     "a[1] ENOMEM unknown (out of memory for a reply)\n"
                     "dead ENOMEM\n");
    trace_fini(&t);
}

static void a_reply_beyond_the_limit_ends_the_connection(void **state)
{
    (void)state;
    static char reply[TRACE_REPLY_MAX + 32];
    trace t;
    trace_call a;
    int head = snprintf(reply, sizeof reply, "$%d\r\n", TRACE_REPLY_MAX);
    memset(reply + head, 'x', TRACE_REPLY_MAX);
    trace_init(&t);
    trace_call_init(&t, &a, "a", false, get_a, 1);
    trace_queue(&t, &a);
    trace_send(&t);
    trace_receive_in_chunks(&t, reply, 16 * 1024);
    trace_expect(&t, "> GET a\n"
                     "a[0] EPROTOCOL unknown (a reply longer than reply_max_bytes)\n"
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
    trace_send_some(&t, 108 + five_ends[1]);
    trace_receive(&t, "+1\r\n-ERR no\r\n-LOADING wait\r\n");
    trace_abandon(&t, &a);
    trace_fail(&t, PODLINK_ECONNLOST, "cut");
    assert_int_equal(pl_counted(&t.counters.ok), 1);
    assert_int_equal(pl_counted(&t.counters.server_error), 1);
    assert_int_equal(pl_counted(&t.counters.unknown), 2);  /* of a; those of b are pending */
    assert_int_equal(pl_counted(&t.counters.not_sent), 0); /* b's are pending */
    assert_int_equal(pl_counted(&t.counters.bytes_sent), 108 + five_ends[1]);
    assert_int_equal(pl_counted(&t.counters.bytes_received), 4 + 9 + 15);
    assert_string_equal(trace_marks(&a), "SSaSS");
    assert_string_equal(trace_marks(&b), "??...");
    trace_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_sent_as_resp),
        cmocka_unit_test(replies_go_to_the_commands_in_their_order),
        cmocka_unit_test(a_command_can_be_answered_while_another_is_queued),
        cmocka_unit_test(replies_may_be_chopped_anywhere),
        cmocka_unit_test(commands_may_be_sent_in_any_pieces),
        cmocka_unit_test(what_is_handed_to_the_driver_does_not_move),
        cmocka_unit_test(an_error_reply_leaves_the_rest_alone),
        cmocka_unit_test(an_error_inside_an_array_is_a_reply),
        cmocka_unit_test(not_now_leaves_a_command_pending),
        cmocka_unit_test(only_what_is_pending_is_queued_again),
        cmocka_unit_test(a_reply_too_many_ends_the_connection),
        cmocka_unit_test(a_reply_to_a_command_that_is_not_sent_ends_the_connection),
        cmocka_unit_test(bytes_out_of_turn_end_the_connection),
        cmocka_unit_test(what_follows_the_last_reply_ends_the_connection),
        cmocka_unit_test(garbage_ends_the_connection_and_leaves_what_was_sent_unknown),
        cmocka_unit_test(a_dead_connection_takes_no_bytes),
        cmocka_unit_test(a_cut_tells_each_command_what_became_of_it),
        cmocka_unit_test(a_cut_is_told_in_the_order_of_the_line),
        cmocka_unit_test(what_is_pending_goes_on_over_the_next_connection),
        cmocka_unit_test(a_late_reply_is_dropped),
        cmocka_unit_test(a_reply_that_has_begun_is_dropped_too),
        cmocka_unit_test(what_no_driver_has_seen_is_taken_out),
        cmocka_unit_test(what_a_driver_may_be_sending_stays_in_line),
        cmocka_unit_test(only_the_bytes_of_the_abandoned_are_taken_out),
        cmocka_unit_test(the_abandoned_is_told_nothing_when_the_connection_ends),
        cmocka_unit_test(an_abandoned_repeatable_command_stays_pending_as_unknown),
        cmocka_unit_test(a_reply_may_overtake_the_end_of_its_write),
        cmocka_unit_test(what_is_being_written_when_the_connection_ends_is_unknown),
        cmocka_unit_test(an_owner_is_told_when_its_window_is_half_empty),
        cmocka_unit_test(an_owner_is_on_the_list_once),
        cmocka_unit_test(without_memory_nothing_is_queued),
        cmocka_unit_test(half_a_command_is_taken_back),
        cmocka_unit_test(no_memory_for_a_reply_ends_the_connection_as_such),
        cmocka_unit_test(a_reply_beyond_the_limit_ends_the_connection),
        cmocka_unit_test(every_command_is_counted_once),
    };
    return RUN_TESTS("conn", tests);
}
