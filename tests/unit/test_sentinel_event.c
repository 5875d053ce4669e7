/* SPDX-License-Identifier: MIT */
/* Events that sentinels publish. */
#include "failing_heap.h"
#include "reply_text.h"
#include "tap_cmocka.h"

#include "deployment/sentinel_event.h"

#include <stdio.h>
#include <string.h>

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_reply reply;
} setting;

static int begin(void **state)
{
    static setting s;
    test_heap_init(&s.memory);
    pl_heap_init(&s.heap, &s.memory.allocator);
    pl_reply_init(&s.reply, &s.heap, SIZE_MAX);
    *state = &s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    pl_reply_fini(&s->reply);
    test_heap_expect_empty(&s->memory, "sentinel_event");
    return 0;
}

static pl_sentinel_event read_event(setting *s, const char *channel, const char *payload)
{
    char text[512];
    pl_sentinel_event event;
    memset(&event, 0xEE, sizeof event);
    snprintf(text, sizeof text, "('pmessage' '*' '%s' '%s')", channel, payload);
    pl_sentinel_event_read(reply_read(&s->reply, text), "mymaster", &event);
    return event;
}

static void expect_other(setting *s, const char *channel, const char *payload)
{
    if (read_event(s, channel, payload).kind != PL_SENTINEL_OTHER)
        fail_msg("\"%s\" \"%s\" is taken for an event of the master's", channel, payload);
}

static void expect_event(setting *s, const char *channel, const char *payload, pl_sentinel_event_kind kind,
                         pl_sentinel_role role, const char *address)
{
    const pl_sentinel_event event = read_event(s, channel, payload);
    if (event.kind != kind || event.role != role)
        fail_msg("\"%s\" \"%s\" is of kind %d, role %d", channel, payload, (int)event.kind, (int)event.role);
    assert_string_equal(event.address.text, address);
}

static void a_master_switch_names_both_servers(void **state)
{
    pl_sentinel_event event =
        read_event(*state, "+switch-master", "mymaster 127.0.0.1 27001 redis-2.example.org 27002");
    assert_int_equal(event.kind, PL_SENTINEL_SWITCH);
    assert_int_equal(event.role, PL_SENTINEL_OF_MASTER);
    assert_string_equal(event.old.text, "127.0.0.1:27001");
    assert_string_equal(event.address.text, "redis-2.example.org:27002");
    event = read_event(*state, "+switch-master", "mymaster ::1 1 2001:db8::1 2");
    assert_string_equal(event.old.text, "[::1]:1");
    assert_string_equal(event.address.text, "[2001:db8::1]:2");
}

/* As three sentinels of Redis 7.0.15 published them. */
static void a_planned_failover_is_followed(void **state)
{
    static const char master[] = "master mymaster 127.0.0.1 27001";
    static const char replica[] = "slave 127.0.0.1:27002 127.0.0.1 27002 @ mymaster 127.0.0.1 27001";
    static const char at_master[] = "127.0.0.1:27001", at_replica[] = "127.0.0.1:27002";
    static const struct {
        const char *channel, *payload;
        pl_sentinel_event_kind kind;
        pl_sentinel_role role;
        const char *address;
    } rows[] = {
        {"+try-failover", master, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_MASTER, at_master},
        {"+elected-leader", master, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_MASTER, at_master},
        {"+failover-state-select-slave", master, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_MASTER, at_master},
        {"+selected-slave", replica, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_REPLICA, at_replica},
        {"+failover-state-send-slaveof-noone", replica, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_REPLICA, at_replica},
        {"+failover-state-wait-promotion", replica, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_REPLICA, at_replica},
        {"+promoted-slave", replica, PL_SENTINEL_PROMOTED, PL_SENTINEL_OF_REPLICA, at_replica},
        {"+failover-state-reconf-slaves", master, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_MASTER, at_master},
        {"+failover-end", master, PL_SENTINEL_FAILOVER, PL_SENTINEL_OF_MASTER, at_master},
        {"-failover-abort-no-good-slave", master, PL_SENTINEL_ABORTED, PL_SENTINEL_OF_MASTER, at_master},
        {"-failover-abort-slave-timeout", master, PL_SENTINEL_ABORTED, PL_SENTINEL_OF_MASTER, at_master},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_event(*state, rows[i].channel, rows[i].payload, rows[i].kind, rows[i].role, rows[i].address);
    expect_other(*state, "+new-epoch", "1");
    expect_other(*state, "+vote-for-leader", "8a3795aaf1269ad733639def1d2089de8c986798 1");
    expect_other(*state, "+config-update-from",
                 "sentinel 8a3795aaf1269ad733639def1d2089de8c986798 127.0.0.1 27101 @ mymaster 127.0.0.1 27001");
    expect_other(*state, "-role-change",
                 "slave 127.0.0.1:27002 127.0.0.1 27002 @ mymaster 127.0.0.1 27001 new reported role is master");
}

static void down_and_up_events_are_reported(void **state)
{
    expect_event(*state, "+sdown", "master mymaster 127.0.0.1 27002", PL_SENTINEL_DOWN, PL_SENTINEL_OF_MASTER,
                 "127.0.0.1:27002");
    expect_event(*state, "+odown", "master mymaster 127.0.0.1 27002 #quorum 3/2", PL_SENTINEL_DOWN,
                 PL_SENTINEL_OF_MASTER, "127.0.0.1:27002");
    expect_event(*state, "+sdown", "slave 127.0.0.1:27001 127.0.0.1 27001 @ mymaster 127.0.0.1 27002", PL_SENTINEL_DOWN,
                 PL_SENTINEL_OF_REPLICA, "127.0.0.1:27001");
    expect_event(*state, "-sdown",
                 "sentinel 8a3795aaf1269ad733639def1d2089de8c986798 127.0.0.1 27101 @ mymaster 127.0.0.1 27001",
                 PL_SENTINEL_UP, PL_SENTINEL_OF_SENTINEL, "127.0.0.1:27101");
    expect_event(*state, "-odown", "master mymaster 127.0.0.1 27002", PL_SENTINEL_UP, PL_SENTINEL_OF_MASTER,
                 "127.0.0.1:27002");
}

static void events_of_another_master_are_ignored(void **state)
{
    expect_other(*state, "+switch-master", "mymaster2 127.0.0.1 1 127.0.0.1 2");
    expect_other(*state, "+switch-master", "mymaste 127.0.0.1 1 127.0.0.1 2");
    expect_other(*state, "+sdown", "master other 127.0.0.1 1");
    expect_other(*state, "+sdown", "slave mymaster 127.0.0.1 1 @ other 127.0.0.1 2");
    expect_other(*state, "+try-failover", "master my 127.0.0.1 1");
}

static void a_malformed_payload_is_not_an_event(void **state)
{
    static const char *const rows[][2] = {
        {"+switch-master", ""},
        {"+switch-master", " "},
        {"+switch-master", "mymaster"},
        {"+switch-master", "mymaster 127.0.0.1 1"},
        {"+switch-master", "mymaster 127.0.0.1 1 127.0.0.1"},
        {"+switch-master", "mymaster 127.0.0.1 1 127.0.0.1 "},
        {"+switch-master", "mymaster 127.0.0.1 1 127.0.0.1 0"},
        {"+switch-master", "mymaster 127.0.0.1 1 127.0.0.1 65536"},
        {"+switch-master", "mymaster 127.0.0.1 1  2"},
        {"+switch-master", "mymaster 127.0.0.1 1 ? 2"},
        {"+switch-master", "mymaster 127.0.0.1 x 127.0.0.1 2"},
        {"+switch-master", "master mymaster 127.0.0.1 1"},
        {"+sdown", ""},
        {"+sdown", "master"},
        {"+sdown", "master mymaster 127.0.0.1"},
        {"+sdown", "master mymaster  1"},
        {"+sdown", "mymaster 127.0.0.1 1 127.0.0.1 2"},
        {"+sdown", "slave a 127.0.0.1 1"},
        {"+sdown", "slave a 127.0.0.1 1 @"},
        {"+sdown", "slave a 127.0.0.1 1 mymaster @ x"},
        {"+sdown", "slave a 127.0.0.1 1 x mymaster 127.0.0.1 1"},
        {"+sdown", "replica a 127.0.0.1 1 @ mymaster 127.0.0.1 1"},
        {"+sdowns", "master mymaster 127.0.0.1 1"},
        {"sdown", "master mymaster 127.0.0.1 1"},
        {"", "master mymaster 127.0.0.1 1"},
        {"+failover", "master mymaster 127.0.0.1 1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_other(*state, rows[i][0], rows[i][1]);
}

static void a_reply_that_is_not_a_message_is_not_an_event(void **state)
{
    setting *s = *state;
    static const char *const rows[] = {
        "nil",
        "7",
        "('pong' '')",
        "('psubscribe' '*' 1)",
        "('message' '+sdown' 'master mymaster 127.0.0.1 1')",
        "('message' '*' '+sdown' 'master mymaster 127.0.0.1 1')",
        "('pmessage' '*' '+sdown' 'master mymaster 127.0.0.1 1' '')",
        "('pmessage' '*' '+sdown' 1)",
        "('pmessage' '*' nil 'master mymaster 127.0.0.1 1')",
        "(nil nil nil nil)",
        "(('pmessage') '*' '+sdown' 'master mymaster 127.0.0.1 1')",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        pl_sentinel_event event = {.kind = PL_SENTINEL_SWITCH};
        pl_sentinel_event_read(reply_read(&s->reply, rows[i]), "mymaster", &event);
        assert_int_equal(event.kind, PL_SENTINEL_OTHER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_master_switch_names_both_servers, begin, end),
        cmocka_unit_test_setup_teardown(a_planned_failover_is_followed, begin, end),
        cmocka_unit_test_setup_teardown(down_and_up_events_are_reported, begin, end),
        cmocka_unit_test_setup_teardown(events_of_another_master_are_ignored, begin, end),
        cmocka_unit_test_setup_teardown(a_malformed_payload_is_not_an_event, begin, end),
        cmocka_unit_test_setup_teardown(a_reply_that_is_not_a_message_is_not_an_event, begin, end),
    };
    return RUN_TESTS("sentinel event", tests);
}
