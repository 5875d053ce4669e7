/* SPDX-License-Identifier: MIT */
/* Answers of sentinels. */
#include "failing_heap.h"
#include "reply_text.h"
#include "tap_cmocka.h"

#include "deployment/sentinel_reply.h"

#include <stdio.h>
#include <string.h>

enum { CAPACITY = 3 };

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_reply reply;
    pl_address asked;
    podlink_error err;
} setting;

static int begin(void **state)
{
    static setting s;
    test_heap_init(&s.memory);
    pl_heap_init(&s.heap, &s.memory.allocator);
    pl_reply_init(&s.reply, &s.heap, SIZE_MAX);
    pl_address_tcp(&s.asked, "10.0.0.9", 26379);
    *state = &s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    pl_reply_fini(&s->reply);
    test_heap_expect_empty(&s->memory, "sentinel_reply");
    return 0;
}

/* Redis 7.0.15 */
static const char a_master[] =
    "('name' 'mymaster' 'ip' '127.0.0.1' 'port' '27001' 'runid' '482ecee1d8357ccf48e280dfdc8ac5fcf4da9f33' "
    "'flags' '%s' 'link-pending-commands' '0' 'link-refcount' '1' 'last-ping-sent' '0' 'last-ok-ping-reply' '934' "
    "'last-ping-reply' '934' 'down-after-milliseconds' '1000' 'info-refresh' '2983' 'role-reported' 'master' "
    "'role-reported-time' '2996' 'config-epoch' '17' 'num-slaves' '1' 'num-other-sentinels' '2' 'quorum' '2' "
    "'failover-timeout' '5000' 'parallel-syncs' '1')";

static pl_sentinel_master read_master(setting *s, const char *flags)
{
    char text[1024];
    pl_sentinel_master master;
    snprintf(text, sizeof text, a_master, flags);
    assert_int_equal(pl_sentinel_master_read(reply_read(&s->reply, text), &s->asked, &master, &s->err), PODLINK_OK);
    return master;
}

static void the_master_is_read(void **state)
{
    const pl_sentinel_master master = read_master(*state, "master");
    assert_string_equal(master.address.text, "127.0.0.1:27001");
    assert_int_equal(master.config_epoch, 17);
    assert_int_equal(master.down_after_ms, 1000);
    assert_int_equal(master.sentinels, 3);
    assert_false(master.is_down);
    assert_false(master.is_failing_over);
}

static void the_flags_show_whether_it_is_down_or_failing_over(void **state)
{
    static const struct {
        const char *flags;
        bool is_down, is_failing_over;
    } rows[] = {
        {"", false, false},
        {"s_down,master", true, false},
        {"master,o_down", true, false},
        {"master,disconnected", true, false},
        {"master,force_failover,failover_in_progress", false, true},
        {"s_down,o_down,master,failover_in_progress", true, true},
        {"s_downs,master,,no_failover_in_progress", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const pl_sentinel_master master = read_master(*state, rows[i].flags);
        assert_int_equal(master.is_down, rows[i].is_down);
        assert_int_equal(master.is_failing_over, rows[i].is_failing_over);
    }
}

static void a_master_can_be_a_name_or_an_ipv6_address(void **state)
{
    setting *s = *state;
    static const char *const rows[][2] = {
        {"('ip' 'redis-0.redis' 'port' '1' 'flags' '' 'config-epoch' '0' 'down-after-milliseconds' '1' "
         "'num-other-sentinels' '0')",
         "redis-0.redis:1"},
        {"('num-other-sentinels' '0' 'flags' 'x' 'down-after-milliseconds' '1' 'port' '65535' 'config-epoch' '0' 'ip' "
         "'2001:db8::1')",
         "[2001:db8::1]:65535"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        pl_sentinel_master master;
        const podlink_reply *reply = reply_read(&s->reply, rows[i][0]);
        assert_int_equal(pl_sentinel_master_read(reply, &s->asked, &master, &s->err), PODLINK_OK);
        assert_string_equal(master.address.text, rows[i][1]);
    }
}

static void expect_refused(setting *s, podlink_status status, const char *message)
{
    assert_int_equal(status, PODLINK_EREPLY);
    assert_int_equal(s->err.status, PODLINK_EREPLY);
    assert_int_equal(s->err.delivery, PODLINK_ANSWERED);
    assert_string_equal(s->err.message, message);
}

static void a_malformed_master_is_refused(void **state)
{
    setting *s = *state;
    static const char *const rows[][2] = {
        {"nil", "no list of names and values"},
        {"7", "no list of names and values"},
        {"'ip'", "no list of names and values"},
        {"()", "no list of names and values"},
        {"('ip')", "no list of names and values"},
        {"('port' '1')", "no address"},
        {"('ip' 'a')", "no address"},
        {"('ip' '' 'port' '1')", "no address"},
        {"('ip' '?' 'port' '1')", "no address"},
        {"('ip' 'a' 'port' '0')", "no address"},
        {"('ip' 'a' 'port' '65536')", "no address"},
        {"('ip' 'a' 'port' 'x')", "no address"},
        {"('ip' 'a' 'port' 1)", "no address"},
        {"('ip' ('a') 'port' '1')", "no address"},
        {"('a' 'ip' '1' 'port')", "no address"},
        {"('ip' 'a' 'port' '1')", "no config-epoch"},
        {"('ip' 'a' 'port' '1' 'config-epoch' '-1')", "no config-epoch"},
        {"('ip' 'a' 'port' '1' 'config-epoch' '9223372036854775808')", "no config-epoch"},
        {"('ip' 'a' 'port' '1' 'config-epoch' '1')", "no down-after-milliseconds"},
        {"('ip' 'a' 'port' '1' 'config-epoch' '1' 'down-after-milliseconds' '1')", "no num-other-sentinels"},
        {"('ip' 'a' 'port' '1' 'config-epoch' '1' 'down-after-milliseconds' '1' 'num-other-sentinels' "
         "'9223372036854775807')",
         "no num-other-sentinels"},
        {"('ip' 'a' 'port' '1' 'config-epoch' '1' 'down-after-milliseconds' '1' 'num-other-sentinels' '2')",
         "no flags"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char message[128];
        pl_sentinel_master master;
        snprintf(message, sizeof message, "SENTINEL MASTER on 10.0.0.9:26379: %s", rows[i][1]);
        expect_refused(s, pl_sentinel_master_read(reply_read(&s->reply, rows[i][0]), &s->asked, &master, &s->err),
                       message);
    }
}

static void the_address_is_read(void **state)
{
    setting *s = *state;
    static const char *const wrong[] = {"nil", "()", "('a')", "('a' '1' '2')", "('a' 1)", "('' '1')", "7", "(nil nil)"};
    pl_address address;
    const podlink_reply *reply = reply_read(&s->reply, "('127.0.0.1' '27001')");
    assert_int_equal(pl_sentinel_address_read(reply, &s->asked, &address, &s->err), PODLINK_OK);
    assert_string_equal(address.text, "127.0.0.1:27001");
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        expect_refused(s, pl_sentinel_address_read(reply_read(&s->reply, wrong[i]), &s->asked, &address, &s->err),
                       "SENTINEL GET-MASTER-ADDR-BY-NAME on 10.0.0.9:26379: no address");
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

typedef podlink_status (*list_reader)(const podlink_reply *, const pl_address *, pl_address *, size_t, size_t *,
                                      podlink_error *);

static void expect_list(setting *s, list_reader reader, const char *text, const char *expected)
{
    pl_address addresses[CAPACITY];
    char shown[128] = "";
    size_t count = 99;
    assert_int_equal(reader(reply_read(&s->reply, text), &s->asked, addresses, CAPACITY, &count, &s->err), PODLINK_OK);
    assert_true(count <= CAPACITY);
    for (size_t i = 0; i < count; i++)
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), "%s ", addresses[i].text);
    assert_string_equal(shown, expected);
}

static void usable_replicas_are_read(void **state)
{
    expect_list(*state, pl_sentinel_replicas_read, "()", "");
    expect_list(
        *state, pl_sentinel_replicas_read,
        "(('name' '127.0.0.1:27002' 'ip' '127.0.0.1' 'port' '27002' 'runid' "
        "'7ed2115c970f8d0f8e2c40f8eeaefc005096793e' 'flags' 'slave' 'link-pending-commands' '0' 'link-refcount' '1' "
        "'last-ping-sent' '0' 'last-ok-ping-reply' '797' 'last-ping-reply' '797' 'down-after-milliseconds' '1000' "
        "'info-refresh' '797' 'role-reported' 'slave' 'role-reported-time' '2997' 'master-link-down-time' '0' "
        "'master-link-status' 'ok' 'master-host' '127.0.0.1' 'master-port' '27001' 'slave-priority' '100' "
        "'slave-repl-offset' '1' 'replica-announced' '1'))",
        "127.0.0.1:27002 ");
    expect_list(*state, pl_sentinel_replicas_read,
                "(('ip' 'a' 'port' '1' 'flags' 's_down,slave' 'master-link-status' 'ok')"
                " ('ip' 'b' 'port' '1' 'flags' 'slave,disconnected' 'master-link-status' 'ok')"
                " ('ip' 'c' 'port' '1' 'flags' 'slave' 'master-link-status' 'err')"
                " ('ip' 'd' 'port' '1' 'flags' 'slave')"
                " ('ip' 'e' 'port' '1' 'master-link-status' 'ok')"
                " ('ip' 'f' 'port' '1' 'flags' 'slave' 'master-link-status' 'ok'))",
                "f:1 ");
}

static void reachable_sentinels_are_read(void **state)
{
    expect_list(*state, pl_sentinel_others_read,
                "(('name' 'ab5689da590a72b581022e908bc5b15ab566e703' 'ip' '127.0.0.1' 'port' '27103' 'runid' "
                "'ab5689da590a72b581022e908bc5b15ab566e703' 'flags' 'sentinel' 'link-pending-commands' '0' "
                "'link-refcount' '1' 'last-ping-sent' '0' 'last-ok-ping-reply' '950' 'last-ping-reply' '950' "
                "'down-after-milliseconds' '1000' 'last-hello-message' '963' 'voted-leader' '?' 'voted-leader-epoch' "
                "'0') ('ip' '::1' 'port' '1' 'flags' 'sentinel') ('ip' 'x' 'port' '1' 'flags' 's_down,sentinel'))",
                "127.0.0.1:27103 [::1]:1 ");
}

static void a_list_is_read_up_to_its_maximum(void **state)
{
    expect_list(*state, pl_sentinel_others_read,
                "(('ip' 'a' 'port' '1' 'flags' '') ('ip' 'b' 'port' '1' 'flags' '') ('ip' 'c' 'port' '1' 'flags' '')"
                " ('ip' 'd' 'port' '1' 'flags' ''))",
                "a:1 b:1 c:1 ");
}

static void a_malformed_list_is_refused(void **state)
{
    setting *s = *state;
    static const char good[] = "('ip' 'a' 'port' '1' 'flags' 'slave' 'master-link-status' 'ok')";
    static const char *const rows[][2] = {
        {"nil", "no list"},
        {"7", "no list"},
        {"(nil)", "no list of names and values"},
        {"(())", "no list of names and values"},
        {"(('ip'))", "no list of names and values"},
        {"(('ip' 'a'))", "no address"},
        {"(('ip' 'a' 'port' '70000'))", "no address"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char message[128], text[256];
        pl_address addresses[CAPACITY];
        size_t count = 99;
        snprintf(text, sizeof text, rows[i][0][0] == '(' ? "(%s %s" : "%s%s", rows[i][0][0] == '(' ? good : "",
                 rows[i][0] + (rows[i][0][0] == '('));
        const podlink_reply *reply = reply_read(&s->reply, text);
        snprintf(message, sizeof message, "SENTINEL REPLICAS on 10.0.0.9:26379: %s", rows[i][1]);
        expect_refused(s, pl_sentinel_replicas_read(reply, &s->asked, addresses, CAPACITY, &count, &s->err), message);
        assert_int_equal(count, 0);
        snprintf(message, sizeof message, "SENTINEL SENTINELS on 10.0.0.9:26379: %s", rows[i][1]);
        expect_refused(s, pl_sentinel_others_read(reply, &s->asked, addresses, CAPACITY, &count, &s->err), message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_master_is_read, begin, end),
        cmocka_unit_test_setup_teardown(the_flags_show_whether_it_is_down_or_failing_over, begin, end),
        cmocka_unit_test_setup_teardown(a_master_can_be_a_name_or_an_ipv6_address, begin, end),
        cmocka_unit_test_setup_teardown(a_malformed_master_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_address_is_read, begin, end),
        cmocka_unit_test_setup_teardown(usable_replicas_are_read, begin, end),
        cmocka_unit_test_setup_teardown(reachable_sentinels_are_read, begin, end),
        cmocka_unit_test_setup_teardown(a_list_is_read_up_to_its_maximum, begin, end),
        cmocka_unit_test_setup_teardown(a_malformed_list_is_refused, begin, end),
    };
    return RUN_TESTS("sentinel reply", tests);
}
