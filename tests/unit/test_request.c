/* SPDX-License-Identifier: MIT */
/* The commands of one caller: how each outcome changes them. The test plays the connection. */
#include "tap_cmocka.h"

#include "base/error.h"
#include "conn/request.h"

#include <stdio.h>
#include <string.h>

enum { COMMANDS = 4 };

typedef struct call {
    pl_request request; /* first: its callbacks cast it to this struct */
    uint8_t states[COMMANDS];
    podlink_error err, failure;
    podlink_status verdict; /* what complete returns for any outcome, if it is not PODLINK_EINVAL */
    struct {
        unsigned times;
        podlink_status status;
        podlink_delivery delivery;
    } completed[COMMANDS];
} call;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)request, (void)i, (void)out;
    return true;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)err;
    call *c = (call *)request;
    c->completed[i].times++;
    c->completed[i].status = outcome->status;
    c->completed[i].delivery = outcome->delivery;
    return c->verdict == PODLINK_EINVAL ? outcome->status : c->verdict;
}

static const pl_request_ops ops = {.encode = encode, .complete = complete};

static void begin(call *c, bool repeatable, uint32_t count)
{
    memset(c, 0, sizeof *c);
    memset(&c->err, 'x', sizeof c->err);
    c->verdict = PODLINK_EINVAL;
    pl_request_init(&c->request, &ops, "test", repeatable, &c->err);
    c->request.failure = &c->failure;
    if (count > 1) {
        pl_request_set_count(&c->request, count, c->states);
        c->request.is_batch = true;
    }
}

/* Queued, and completed. */
static bool complete_as(call *c, uint32_t i, podlink_status status, podlink_delivery delivery)
{
    pl_outcome outcome = {.status = status, .delivery = delivery, .why = "because", .server = "fake:1"};
    if (delivery == PODLINK_ANSWERED && status < 0) {
        outcome.words = "WORDS of the server";
        outcome.words_length = strlen(outcome.words);
    }
    c->request.inflight++;
    return pl_request_record(&c->request, i, &outcome);
}

static void success_leaves_an_empty_error(void **state)
{
    (void)state;
    call c;
    begin(&c, false, 1);
    assert_true(complete_as(&c, 0, PODLINK_OK, PODLINK_ANSWERED));
    assert_true(pl_request_is_complete(&c.request));
    assert_int_equal(c.request.status, PODLINK_OK);
    assert_int_equal(c.err.status, PODLINK_OK);
    assert_string_equal(c.err.message, "");
}

static void an_answer_that_is_not_a_failure_is_the_status_of_one_command(void **state)
{
    (void)state;
    call c;
    begin(&c, false, 1);
    c.verdict = PODLINK_REFUSED;
    complete_as(&c, 0, PODLINK_OK, PODLINK_ANSWERED);
    assert_int_equal(c.request.status, PODLINK_REFUSED);
    begin(&c, false, 2);
    c.verdict = PODLINK_NOT_LINKED;
    complete_as(&c, 0, PODLINK_OK, PODLINK_ANSWERED);
    complete_as(&c, 1, PODLINK_OK, PODLINK_ANSWERED);
    assert_int_equal(c.request.status, PODLINK_OK);
}

static void the_error_is_that_of_the_lowest_index(void **state)
{
    (void)state;
    call c;
    begin(&c, false, 4);
    complete_as(&c, 2, PODLINK_EOOM, PODLINK_ANSWERED);
    assert_string_equal(c.err.message, "items[2]: test on fake:1: WORDS of the server");
    complete_as(&c, 3, PODLINK_EBUSY, PODLINK_UNKNOWN);
    assert_int_equal(c.request.status, PODLINK_EOOM);
    complete_as(&c, 1, PODLINK_ECONNLOST, PODLINK_UNKNOWN);
    complete_as(&c, 0, PODLINK_OK, PODLINK_ANSWERED);
    assert_int_equal(c.request.status, PODLINK_ECONNLOST);
    assert_int_equal(c.err.status, PODLINK_ECONNLOST);
    assert_int_equal(c.err.delivery, PODLINK_UNKNOWN);
    assert_string_equal(c.err.server, "");
    assert_string_equal(c.err.message, "items[1]: test on fake:1: because");
}

/* Each outcome, for a repeatable call and for one that is not: completed or pending. */
static void only_repeatable_commands_stay_pending(void **state)
{
    (void)state;
    static const podlink_status not_now[] = {PODLINK_ELOADING,  PODLINK_EMASTERDOWN, PODLINK_ECLUSTERDOWN,
                                             PODLINK_ETRYAGAIN, PODLINK_EBUSY,       PODLINK_ENOSCRIPT,
                                             PODLINK_EREADONLY, PODLINK_EREDIRECT};
    static const podlink_status refused[] = {PODLINK_EAUTH,      PODLINK_ENOPERM, PODLINK_EOOM,
                                             PODLINK_EWRONGTYPE, PODLINK_ESERVER, PODLINK_ECONNECT};
    call c;
    for (int repeatable = 0; repeatable < 2; repeatable++) {
        for (size_t i = 0; i < COUNT_OF(not_now); i++) {
            begin(&c, repeatable, 1);
            assert_false(complete_as(&c, 0, not_now[i], PODLINK_ANSWERED));
        }
        for (size_t i = 0; i < COUNT_OF(refused); i++) {
            begin(&c, repeatable, 1);
            assert_true(complete_as(&c, 0, refused[i], PODLINK_ANSWERED));
        }
        begin(&c, repeatable, 1);
        assert_false(complete_as(&c, 0, PODLINK_ECONNLOST, PODLINK_NOT_SENT));
        begin(&c, repeatable, 1);
        assert_int_equal(complete_as(&c, 0, PODLINK_ECONNLOST, PODLINK_UNKNOWN), !repeatable);
        begin(&c, repeatable, 1);
        assert_int_equal(complete_as(&c, 0, PODLINK_ELOADING, PODLINK_UNKNOWN), !repeatable);
        begin(&c, repeatable, 1);
        assert_true(complete_as(&c, 0, PODLINK_ENOMEM, PODLINK_NOT_SENT));
    }
}

static void a_command_that_was_sent_stays_unknown(void **state)
{
    (void)state;
    call c;
    begin(&c, true, 1);
    assert_false(complete_as(&c, 0, PODLINK_ECONNLOST, PODLINK_UNKNOWN));
    assert_false(complete_as(&c, 0, PODLINK_ELOADING, PODLINK_ANSWERED));
    assert_false(complete_as(&c, 0, PODLINK_ECONNLOST, PODLINK_NOT_SENT));
    uint32_t completed[3] = {0};
    pl_request_give_up(&c.request, completed);
    assert_int_equal(completed[PODLINK_UNKNOWN], 1);
    assert_int_equal(c.completed[0].delivery, PODLINK_UNKNOWN);
    assert_int_equal(c.err.delivery, PODLINK_UNKNOWN);
}

/* The last attempt found no memory; the first one may have run. */
static void a_command_that_was_sent_is_unknown_without_memory_too(void **state)
{
    (void)state;
    call c;
    begin(&c, true, 1);
    assert_false(complete_as(&c, 0, PODLINK_ECONNLOST, PODLINK_UNKNOWN));
    complete_as(&c, 0, PODLINK_ENOMEM, PODLINK_NOT_SENT);
    if (!pl_request_is_complete(&c.request)) {
        uint32_t completed[3] = {0};
        pl_request_give_up(&c.request, completed);
    }
    assert_int_equal(c.request.status, PODLINK_ENOMEM);
    assert_int_equal(c.completed[0].delivery, PODLINK_UNKNOWN);
    assert_int_equal(c.err.delivery, PODLINK_UNKNOWN);
}

static void giving_up_completes_each_command_with_its_own_delivery(void **state)
{
    (void)state;
    call c;
    begin(&c, true, 4);
    complete_as(&c, 0, PODLINK_OK, PODLINK_ANSWERED);
    complete_as(&c, 1, PODLINK_ECONNLOST, PODLINK_UNKNOWN);
    complete_as(&c, 2, PODLINK_ELOADING, PODLINK_ANSWERED);
    complete_as(&c, 3, PODLINK_ECONNLOST, PODLINK_NOT_SENT);
    uint32_t completed[3] = {0};
    pl_request_give_up(&c.request, completed);
    assert_true(pl_request_is_complete(&c.request));
    assert_int_equal(completed[PODLINK_NOT_SENT], 1);
    assert_int_equal(completed[PODLINK_ANSWERED], 1);
    assert_int_equal(completed[PODLINK_UNKNOWN], 1);
    static const podlink_delivery deliveries[] = {PODLINK_ANSWERED, PODLINK_UNKNOWN, PODLINK_ANSWERED,
                                                  PODLINK_NOT_SENT};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(c.completed[i].times, 1);
        assert_int_equal(c.completed[i].delivery, deliveries[i]);
    }
    assert_int_equal(c.request.status, PODLINK_ECONNLOST);
    assert_string_equal(c.err.message, "items[1]: test on fake:1: because");
    assert_int_equal(c.err.delivery, PODLINK_UNKNOWN);
}

static void a_command_that_reached_no_connection_has_a_reason(void **state)
{
    (void)state;
    call c;
    podlink_error why;
    begin(&c, false, 2);
    pl_error_set(&why, PODLINK_ECONNECT, PODLINK_NOT_SENT, "no server there");
    pl_request_not_sent(&c.request, &why);
    uint32_t completed[3] = {0};
    pl_request_give_up(&c.request, completed);
    assert_int_equal(completed[PODLINK_NOT_SENT], 2);
    assert_int_equal(c.request.status, PODLINK_ECONNECT);
    assert_string_equal(c.err.message, "items[0]: no server there");
    pl_request_give_up(&c.request, completed);
    assert_int_equal(completed[PODLINK_NOT_SENT], 2);
}

/* "... set by every call that takes one, also on success (then status is PODLINK_OK and the texts are empty)" */
static void an_accepted_failure_leaves_no_error(void **state)
{
    (void)state;
    call c;
    begin(&c, false, 1);
    c.verdict = PODLINK_OK;
    assert_true(complete_as(&c, 0, PODLINK_ENOPERM, PODLINK_ANSWERED));
    assert_int_equal(c.request.status, PODLINK_OK);
    assert_int_equal(c.err.status, PODLINK_OK);
    assert_string_equal(c.err.message, "");
}

static void a_failure_that_is_accepted_later_leaves_no_error(void **state)
{
    (void)state;
    call c;
    begin(&c, false, 1);
    c.verdict = PODLINK_OK;
    assert_false(complete_as(&c, 0, PODLINK_EBUSY, PODLINK_ANSWERED));
    uint32_t completed[3] = {0};
    pl_request_give_up(&c.request, completed);
    assert_int_equal(c.request.status, PODLINK_OK);
    assert_int_equal(c.err.status, PODLINK_OK);
    assert_string_equal(c.err.message, "");
}

static void the_error_argument_is_optional(void **state)
{
    (void)state;
    call c;
    begin(&c, false, 1);
    pl_request_init(&c.request, &ops, "test", false, NULL);
    assert_true(complete_as(&c, 0, PODLINK_EOOM, PODLINK_ANSWERED));
    assert_int_equal(c.request.status, PODLINK_EOOM);
    pl_request_init(&c.request, &ops, "test", false, NULL);
    c.request.failure = &c.failure;
    assert_false(complete_as(&c, 0, PODLINK_EBUSY, PODLINK_ANSWERED));
    uint32_t completed[3] = {0};
    pl_request_give_up(&c.request, completed);
    assert_int_equal(c.request.status, PODLINK_EBUSY);
}

static void an_attempt_visits_pending_commands(void **state)
{
    (void)state;
    call c;
    begin(&c, true, 4);
    complete_as(&c, 0, PODLINK_OK, PODLINK_ANSWERED);
    complete_as(&c, 2, PODLINK_OK, PODLINK_ANSWERED);
    pl_request_rewind(&c.request);
    assert_int_equal(pl_request_next(&c.request, 9), 1);
    assert_int_equal(pl_request_next(&c.request, 9), 1);
    c.request.next++;
    assert_int_equal(pl_request_next(&c.request, 9), 3);
    c.request.next++;
    assert_int_equal(pl_request_next(&c.request, 9), 4);
    assert_int_equal(pl_request_next(&c.request, 9), 4);
}

/* The next one is queued: the test keeps count, as a connection does. */
static void expect_queued(call *c, uint32_t window, uint32_t i)
{
    assert_int_equal(pl_request_next(&c->request, window), i);
    c->request.next++;
    c->request.inflight++;
}

static void answer(call *c, uint32_t i, podlink_status status)
{
    c->request.inflight--;
    complete_as(c, i, status, PODLINK_ANSWERED);
}

static void the_window_limits_commands_in_flight(void **state)
{
    (void)state;
    call c;
    begin(&c, true, 4);
    expect_queued(&c, 2, 0);
    expect_queued(&c, 2, 1);
    assert_int_equal(pl_request_next(&c.request, 2), 4);
    assert_int_equal(c.request.wake_at, 1);
    answer(&c, 0, PODLINK_OK);
    expect_queued(&c, 2, 2);
    answer(&c, 1, PODLINK_OK);
    expect_queued(&c, 2, 3);
    assert_int_equal(pl_request_next(&c.request, 2), 4);
    assert_int_equal(c.request.wake_at, 0);
}

static void a_dependent_command_waits_until_the_first_is_complete(void **state)
{
    (void)state;
    static uint32_t follows[] = {PL_FOLLOWS_NONE, PL_FOLLOWS_NONE, 0, PL_FOLLOWS_NONE};
    call c;
    begin(&c, true, 4);
    c.request.follows = follows;
    expect_queued(&c, 9, 0);
    expect_queued(&c, 9, 1);
    assert_int_equal(pl_request_next(&c.request, 9), 4);
    assert_int_equal(c.request.wake_at, 1); /* when 0 is answered, 1 is still in flight */
    answer(&c, 0, PODLINK_ENOSCRIPT);
    assert_int_equal(pl_request_next(&c.request, 9), 4);
    answer(&c, 1, PODLINK_OK);
    assert_int_equal(pl_request_next(&c.request, 9), 4);
    assert_int_equal(c.request.wake_at, 0);
    pl_request_rewind(&c.request);
    expect_queued(&c, 9, 0);
    assert_int_equal(pl_request_next(&c.request, 9), 4);
    answer(&c, 0, PODLINK_OK);
    expect_queued(&c, 9, 2);
    expect_queued(&c, 9, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_leaves_an_empty_error),
        cmocka_unit_test(an_answer_that_is_not_a_failure_is_the_status_of_one_command),
        cmocka_unit_test(the_error_is_that_of_the_lowest_index),
        cmocka_unit_test(only_repeatable_commands_stay_pending),
        cmocka_unit_test(a_command_that_was_sent_stays_unknown),
        cmocka_unit_test(a_command_that_was_sent_is_unknown_without_memory_too),
        cmocka_unit_test(giving_up_completes_each_command_with_its_own_delivery),
        cmocka_unit_test(a_command_that_reached_no_connection_has_a_reason),
        cmocka_unit_test(an_accepted_failure_leaves_no_error),
        cmocka_unit_test(a_failure_that_is_accepted_later_leaves_no_error),
        cmocka_unit_test(the_error_argument_is_optional),
        cmocka_unit_test(an_attempt_visits_pending_commands),
        cmocka_unit_test(the_window_limits_commands_in_flight),
        cmocka_unit_test(a_dependent_command_waits_until_the_first_is_complete),
    };
    return RUN_TESTS("request", tests);
}
