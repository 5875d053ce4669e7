/* When the outage began that ends with another master. */
#include "tap_cmocka.h"

#include "deployment/outage.h"

#define SECOND INT64_C(1000000000)

enum { DOWN_AFTER_S = 5 };

static const int64_t margin = SECOND / 10;
static const int64_t ping = SECOND;
static pl_outage outage;
static pl_address master, other;

static int begin(void **state)
{
    (void)state;
    outage = (pl_outage){0};
    pl_address_tcp(&master, "10.0.0.1", 6379);
    pl_address_tcp(&other, "10.0.0.2", 6379);
    return 0;
}

static void hear(pl_sentinel_event_kind kind, pl_sentinel_role role, const pl_address *address, int64_t at_s)
{
    const pl_sentinel_event event = {.kind = kind, .role = role, .address = *address};
    pl_outage_note_heard(&outage, at_s * SECOND);
    pl_outage_note(&outage, &event, &master, DOWN_AFTER_S * SECOND, at_s * SECOND);
}

static void of_master(pl_sentinel_event_kind kind, int64_t at_s)
{
    hear(kind, PL_SENTINEL_OF_MASTER, &master, at_s);
}

static void expect_began(int64_t at)
{
    assert_int_equal(pl_outage_began(&outage), at);
}

static void a_planned_failover_begins_with_its_first_event(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_FAILOVER, 100);
    of_master(PL_SENTINEL_FAILOVER, 101);
    hear(PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_REPLICA, &other, 101);
    hear(PL_SENTINEL_PROMOTED, PL_SENTINEL_OF_REPLICA, &other, 102);
    expect_began(100 * SECOND - margin);
}

static void a_crash_began_before_it_was_found_out(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_DOWN, 100);
    of_master(PL_SENTINEL_DOWN, 101);
    of_master(PL_SENTINEL_FAILOVER, 102);
    expect_began((100 - DOWN_AFTER_S) * SECOND - ping - margin);
}

static void a_master_that_is_up_again_is_no_trouble(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_DOWN, 100);
    of_master(PL_SENTINEL_UP, 101);
    of_master(PL_SENTINEL_FAILOVER, 200);
    expect_began(200 * SECOND - margin);
}

static void what_is_up_again_while_it_fails_over_stays_trouble(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_DOWN, 100);
    of_master(PL_SENTINEL_FAILOVER, 101);
    of_master(PL_SENTINEL_UP, 102);
    expect_began((100 - DOWN_AFTER_S) * SECOND - ping - margin);
}

static void a_failover_that_was_aborted_is_no_trouble(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_FAILOVER, 100);
    of_master(PL_SENTINEL_ABORTED, 101);
    of_master(PL_SENTINEL_FAILOVER, 200);
    expect_began(200 * SECOND - margin);
}

static void others_that_are_down_matter_only_where_nothing_else_was_heard(void **state)
{
    (void)state;
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_REPLICA, &other, 100);
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_SENTINEL, &other, 101);
    hear(PL_SENTINEL_UP, PL_SENTINEL_OF_SENTINEL, &other, 130);
    expect_began((100 - DOWN_AFTER_S) * SECOND - ping - margin);
    of_master(PL_SENTINEL_FAILOVER, 131);
    expect_began(131 * SECOND - margin);
}

static void others_that_were_down_long_ago_do_not_matter(void **state)
{
    (void)state;
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_REPLICA, &other, 100);
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_REPLICA, &other, 1000);
    expect_began((1000 - DOWN_AFTER_S) * SECOND - ping - margin);
}

static void where_nothing_was_heard_it_began_when_a_sentinel_was_heard_last(void **state)
{
    (void)state;
    expect_began(0);
    pl_outage_note_heard(&outage, 7 * SECOND);
    pl_outage_note_heard(&outage, 8 * SECOND);
    expect_began(8 * SECOND);
}

static void what_is_told_of_the_old_master_afterwards_is_not_noted(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_FAILOVER, 100);
    pl_outage_end(&outage);
    expect_began(100 * SECOND);
    hear(PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_MASTER, &other, 101);
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_MASTER, &other, 101);
    hear(PL_SENTINEL_SWITCH, PL_SENTINEL_OF_MASTER, &master, 102);
    expect_began(102 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_planned_failover_begins_with_its_first_event, begin),
        cmocka_unit_test_setup(a_crash_began_before_it_was_found_out, begin),
        cmocka_unit_test_setup(a_master_that_is_up_again_is_no_trouble, begin),
        cmocka_unit_test_setup(what_is_up_again_while_it_fails_over_stays_trouble, begin),
        cmocka_unit_test_setup(a_failover_that_was_aborted_is_no_trouble, begin),
        cmocka_unit_test_setup(others_that_are_down_matter_only_where_nothing_else_was_heard, begin),
        cmocka_unit_test_setup(others_that_were_down_long_ago_do_not_matter, begin),
        cmocka_unit_test_setup(where_nothing_was_heard_it_began_when_a_sentinel_was_heard_last, begin),
        cmocka_unit_test_setup(what_is_told_of_the_old_master_afterwards_is_not_noted, begin),
    };
    return RUN_TESTS("trouble", tests);
}
