/* SPDX-License-Identifier: MIT */
/* When the outage began that ended with a new master. */
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

static void a_crash_began_before_its_detection(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_DOWN, 100);
    of_master(PL_SENTINEL_DOWN, 101);
    of_master(PL_SENTINEL_FAILOVER, 102);
    expect_began((100 - DOWN_AFTER_S) * SECOND - ping - margin);
}

static void a_master_that_is_up_again_is_not_an_outage(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_DOWN, 100);
    of_master(PL_SENTINEL_UP, 101);
    of_master(PL_SENTINEL_FAILOVER, 200);
    expect_began(200 * SECOND - margin);
}

static void a_master_up_again_during_a_failover_stays_an_outage(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_DOWN, 100);
    of_master(PL_SENTINEL_FAILOVER, 101);
    of_master(PL_SENTINEL_UP, 102);
    expect_began((100 - DOWN_AFTER_S) * SECOND - ping - margin);
}

static void an_aborted_failover_is_not_an_outage(void **state)
{
    (void)state;
    of_master(PL_SENTINEL_FAILOVER, 100);
    of_master(PL_SENTINEL_ABORTED, 101);
    of_master(PL_SENTINEL_FAILOVER, 200);
    expect_began(200 * SECOND - margin);
}

static void other_servers_count_only_without_news_of_the_master(void **state)
{
    (void)state;
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_REPLICA, &other, 100);
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_SENTINEL, &other, 101);
    hear(PL_SENTINEL_UP, PL_SENTINEL_OF_SENTINEL, &other, 130);
    expect_began((100 - DOWN_AFTER_S) * SECOND - ping - margin);
    of_master(PL_SENTINEL_FAILOVER, 131);
    expect_began(131 * SECOND - margin);
}

static void old_outages_of_other_servers_do_not_count(void **state)
{
    (void)state;
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_REPLICA, &other, 100);
    hear(PL_SENTINEL_DOWN, PL_SENTINEL_OF_REPLICA, &other, 1000);
    expect_began((1000 - DOWN_AFTER_S) * SECOND - ping - margin);
}

static void without_news_an_outage_began_at_the_last_message(void **state)
{
    (void)state;
    expect_began(0);
    pl_outage_note_heard(&outage, 7 * SECOND);
    pl_outage_note_heard(&outage, 8 * SECOND);
    expect_began(8 * SECOND);
}

static void later_events_of_the_old_master_are_ignored(void **state)
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
        cmocka_unit_test_setup(a_crash_began_before_its_detection, begin),
        cmocka_unit_test_setup(a_master_that_is_up_again_is_not_an_outage, begin),
        cmocka_unit_test_setup(a_master_up_again_during_a_failover_stays_an_outage, begin),
        cmocka_unit_test_setup(an_aborted_failover_is_not_an_outage, begin),
        cmocka_unit_test_setup(other_servers_count_only_without_news_of_the_master, begin),
        cmocka_unit_test_setup(old_outages_of_other_servers_do_not_count, begin),
        cmocka_unit_test_setup(without_news_an_outage_began_at_the_last_message, begin),
        cmocka_unit_test_setup(later_events_of_the_old_master_are_ignored, begin),
    };
    return RUN_TESTS("outage", tests);
}
