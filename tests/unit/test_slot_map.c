/* SPDX-License-Identifier: MIT */
/* The slot map: which node serves which slot. */
#include "failing_heap.h"
#include "reply_text.h"
#include "tap_cmocka.h"

#include "deployment/cluster_slots.h"
#include "deployment/promotion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 2048 };

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_reply reply;
    pl_address asked;
    pl_slot_map *map;
    podlink_error err;
    char shown[SHOWN_MAX];
} setting;

static int begin(void **state)
{
    static setting s;
    memset(&s, 0, sizeof s);
    test_heap_init(&s.memory);
    pl_heap_init(&s.heap, &s.memory.allocator);
    pl_reply_init(&s.reply, &s.heap, SIZE_MAX);
    pl_address_tcp(&s.asked, "10.0.0.9", 7009);
    *state = &s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    pl_slot_map_free(s->map);
    pl_reply_fini(&s->reply);
    test_heap_expect_empty(&s->memory, "slot_map");
    return 0;
}

static podlink_status read_map(setting *s, const char *text)
{
    pl_slot_map_free(s->map);
    s->map = (pl_slot_map *)s; /* must be set */
    return pl_slot_map_read(&s->heap, reply_read(&s->reply, text), &s->asked, &s->map, &s->err);
}

static void add(setting *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(setting *s, const char *format, ...)
{
    const size_t used = strlen(s->shown);
    va_list args;
    va_start(args, format);
    vsnprintf(s->shown + used, sizeof s->shown - used, format, args);
    va_end(args);
}

static void show_nodes(setting *s, const pl_slot_map *map)
{
    uint32_t due = 0; /* replicas of the latest master */
    for (uint32_t i = 0; i < map->node_count; i++) {
        const pl_slot_node *node = &map->nodes[i];
        assert_int_equal(node->is_master, due == 0);
        due = node->is_master ? node->replica_count : due - 1;
        add(s, node->is_master ? "%s%s" : "%s+%s", i > 0 && node->is_master ? " " : "", node->address.text);
    }
    assert_int_equal(due, 0);
}

static void show_slots(setting *s, const pl_slot_map *map)
{
    for (uint32_t first = 0, last; first < PL_SLOTS; first = last + 1) {
        const uint16_t node = pl_slot_map_master(map, (uint16_t)first);
        for (last = first; last + 1 < PL_SLOTS && pl_slot_map_master(map, (uint16_t)(last + 1)) == node;)
            last++;
        if (node == PL_NO_NODE)
            continue;
        assert_true(node < map->node_count && map->nodes[node].is_master);
        add(s, first == last ? " %u" : " %u-%u", first, last);
        add(s, "=%u", node);
    }
}

/* "master+replica+replica master 0-99=0 100=2": the nodes, then the node of each range of slots. */
static void expect_map(setting *s, const pl_slot_map *map, const char *expected)
{
    assert_non_null(map);
    s->shown[0] = '\0';
    show_nodes(s, map);
    show_slots(s, map);
    assert_string_equal(s->shown, expected);
}

static void expect_read(setting *s, const char *text, const char *expected)
{
    const podlink_status status = read_map(s, text);
    if (status != PODLINK_OK)
        fail_msg("%s: %s", text, s->err.message);
    expect_map(s, s->map, expected);
}

static void expect_refused(setting *s, const char *text, podlink_status expected, const char *message)
{
    const podlink_status status = read_map(s, text);
    if (status != expected || s->err.status != expected || s->err.delivery != PODLINK_ANSWERED || s->map)
        fail_msg("%s: %s", text, podlink_status_name(status));
    assert_string_equal(s->err.message, message);
}

/* --- replies of servers ----------------------------------------------------------------------------------------- */

static void the_reply_of_redis_6_2_is_read(void **state)
{
    expect_read(*state,
                "((0 5460 ('127.0.0.1' 30001 '09dbe9720cda62f7865eabc5fd8857c5d2678366')"
                "         ('127.0.0.1' 30004 '821d8ca00d7ccf931ed3ffc7e3db0599d2271abf'))"
                " (5461 10922 ('127.0.0.1' 30002 'c9d93d9f2c0c524ff34cc11838c2003d8c29e013')"
                "             ('127.0.0.1' 30005 'faadb3eb99009de4ab72ad6b6ed87634c7ee410f'))"
                " (10923 16383 ('127.0.0.1' 30003 '044ec91f325b7595e76dbcb18cc688b6a5b434a1')"
                "              ('127.0.0.1' 30006 '58e6e48d41228013e5d9c1c37c5060693925e97e')))",
                "127.0.0.1:30001+127.0.0.1:30004 127.0.0.1:30002+127.0.0.1:30005 127.0.0.1:30003+127.0.0.1:30006"
                " 0-5460=0 5461-10922=2 10923-16383=4");
}

static void the_reply_of_redis_7_0_has_metadata(void **state)
{
    expect_read(*state,
                "((0 8191 ('127.0.0.1' 30001 '09dbe9720cda62f7865eabc5fd8857c5d2678366' ('hostname' 'host-1.redis'))"
                "         ('127.0.0.1' 30003 '821d8ca00d7ccf931ed3ffc7e3db0599d2271abf' ('hostname' 'host-2.redis')))"
                " (8192 16383 ('127.0.0.1' 30002 'c9d93d9f2c0c524ff34cc11838c2003d8c29e013' ())))",
                "127.0.0.1:30001+127.0.0.1:30003 127.0.0.1:30002 0-8191=0 8192-16383=2");
}

/* cluster-preferred-endpoint-type hostname, then unknown-endpoint, as Valkey 7.2 and Redis 7 have both. */
static void the_preferred_endpoint_of_valkey_7_2_may_be_a_name_or_nil(void **state)
{
    expect_read(*state,
                "((0 8191 ('node-1.example.org' 6379 '0a2cb5d8dd9f4d8d5e9b1d3a5ad9f2a6d3a4bd85' ('ip' '10.1.2.3'))"
                "         ('?' 6379 '57ac48bb4a0e2a37d7c0b3e6b2c4a6a1a7f1c2d3' ('ip' '10.1.2.4')))"
                " (8192 16383 ('node-2.example.org' 6379 '6e1f0b8c7d6a5e4f3c2b1a0998877665544332211' "
                "('ip' '10.1.2.5'))))",
                "node-1.example.org:6379 node-2.example.org:6379 0-8191=0 8192-16383=1");
    expect_read(*state,
                "((0 16383 (nil 6379 '0a2cb5d8dd9f4d8d5e9b1d3a5ad9f2a6d3a4bd85' ('ip' '10.1.2.3' 'hostname' 'n1'))"
                "          (nil 6380 '57ac48bb4a0e2a37d7c0b3e6b2c4a6a1a7f1c2d3' ('ip' '10.1.2.4' 'hostname' 'n2'))))",
                "10.0.0.9:6379+10.0.0.9:6380 0-16383=0");
}

static void a_node_without_an_address_is_the_one_that_answered(void **state)
{
    expect_read(*state, "((0 16383 ('' 7000 'id')))", "10.0.0.9:7000 0-16383=0");
    expect_read(*state, "((0 1 ('' 7009)) (2 3 ('10.0.0.9' 7009)))", "10.0.0.9:7009 0-3=0");
}

static void an_address_can_be_ipv6(void **state)
{
    expect_read(*state, "((0 16383 ('2001:db8::1' 7000 'id') ('::1' 7001 'id')))",
                "[2001:db8::1]:7000+[::1]:7001 0-16383=0");
}

/* --- nodes ------------------------------------------------------------------------------------------------------ */

static void a_node_with_many_ranges_is_one_node(void **state)
{
    expect_read(*state,
                "((0 0 ('a' 1) ('c' 1)) (1 1 ('b' 1) ('d' 1)) (2 2 ('a' 1) ('c' 1)) (4 16383 ('b' 1) ('e' 1) ('d' 1)))",
                "a:1+c:1 b:1+d:1+e:1 0=0 1=2 2=0 4-16383=2");
}

static void the_port_is_a_part_of_the_address(void **state)
{
    expect_read(*state, "((0 0 ('a' 1) ('a' 2)) (1 1 ('a' 3)) (2 2 ('ab' 1)))", "a:1+a:2 a:3 ab:1 0=0 1=2 2=3");
}

static void a_replica_that_serves_slots_itself_is_a_master(void **state)
{
    expect_read(*state, "((0 9 ('a' 1) ('b' 1)) (10 19 ('b' 1) ('a' 1) ('c' 1)))", "a:1 b:1+c:1 0-9=0 10-19=1");
    expect_read(*state, "((0 9 ('a' 1) ('a' 1)))", "a:1 0-9=0");
}

static void a_replica_belongs_to_the_first_master_that_names_it(void **state)
{
    expect_read(*state, "((0 9 ('a' 1) ('r' 1)) (10 19 ('b' 1) ('r' 1) ('r' 1)))", "a:1+r:1 b:1 0-9=0 10-19=2");
}

static void a_node_without_a_known_address_serves_nothing(void **state)
{
    expect_read(*state, "((0 9 ('?' 7000) ('x' 1)) (10 19 ('a' 1) ('?' 7000) ('' 0) ('r' 1)) (20 29 ('' 0)))",
                "a:1+r:1 10-19=0");
    setting *s = *state;
    pl_address_unix(&s->asked, "/run/redis.sock");
    expect_read(*state, "((0 9 ('' 7000)) (10 19 ('a' 1)))", "a:1 10-19=0");
}

static void unserved_slots_have_no_node(void **state)
{
    setting *s = *state;
    expect_read(s, "((100 200 ('a' 1)))", "a:1 100-200=0");
    assert_int_equal(pl_slot_map_master(s->map, 99), PL_NO_NODE);
    assert_int_equal(pl_slot_map_master(s->map, 100), 0);
    assert_int_equal(pl_slot_map_master(s->map, 16383), PL_NO_NODE);
}

static void a_cluster_that_serves_nothing_is_down(void **state)
{
    static const char *const rows[] = {"()", "((0 16383 ('?' 1)))", "((0 16383 ('' 0) ('a' 1)))"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_refused(*state, rows[i], PODLINK_ECLUSTERDOWN,
                       "CLUSTER SLOTS on 10.0.0.9:7009: no node serves any slot");
}

/* --- malformed replies ------------------------------------------------------------------------------------------ */

static void malformed_replies_are_refused(void **state)
{
    static const struct {
        const char *reply, *why;
    } rows[] = {
        {"nil", "no list of ranges"},
        {"7", "no list of ranges"},
        {"'OK'", "no list of ranges"},
        {"(nil)", "a range without a node"},
        {"(7)", "a range without a node"},
        {"(())", "a range without a node"},
        {"((0 1))", "a range without a node"},
        {"((0 1 ('a' 1)) (2 3))", "a range without a node"},
        {"(('x' 1 ('a' 1)))", "a slot that is no number"},
        {"((0 nil ('a' 1)))", "a slot that is no number"},
        {"((0 () ('a' 1)))", "a slot that is no number"},
        {"((-1 1 ('a' 1)))", "a range of slots that cannot be"},
        {"((0 16384 ('a' 1)))", "a range of slots that cannot be"},
        {"((2 1 ('a' 1)))", "a range of slots that cannot be"},
        {"((9223372036854775807 9223372036854775807 ('a' 1)))", "a range of slots that cannot be"},
        {"((0 1 ('a' 1)) (1 2 ('a' 1)))", "ranges of slots that overlap"},
        {"((0 16383 ('a' 1)) (7 7 ('b' 1)))", "ranges of slots that overlap"},
        {"((0 7 ('?' 1)) (7 8 ('b' 1)))", "ranges of slots that overlap"},
        {"((0 1 nil))", "a node without host and port"},
        {"((0 1 ()))", "a node without host and port"},
        {"((0 1 ('a')))", "a node without host and port"},
        {"((0 1 ('a' 1) 'b'))", "a node without host and port"},
        {"((0 1 (1 1)))", "a host that is no text"},
        {"((0 1 (('a') 1)))", "a host that is no text"},
        {"((0 1 ('a' nil)))", "a port that is no number"},
        {"((0 1 ('a' 'x')))", "a port that is no number"},
        {"((0 1 ('a' -1)))", "a host and port that cannot be"},
        {"((0 1 ('a' 65536)))", "a host and port that cannot be"},
        {"((0 1 ('a' 1) ('b' 65536)))", "a host and port that cannot be"},
        {"((0 1 ('a b' 1)))", "a host and port that cannot be"},
        {"((0 1 ('a\tb' 1)))", "a host and port that cannot be"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char message[128];
        snprintf(message, sizeof message, "CLUSTER SLOTS on 10.0.0.9:7009: %s", rows[i].why);
        expect_refused(*state, rows[i].reply, PODLINK_EREPLY, message);
    }
}

static void a_host_longer_than_any_name_is_refused(void **state)
{
    char text[PL_HOST_MAX + 64], host[PL_HOST_MAX + 2];
    memset(host, 'h', sizeof host);
    snprintf(text, sizeof text, "((0 1 ('%.*s' 1)))", PL_HOST_MAX, host);
    assert_int_equal(read_map(*state, text), PODLINK_OK);
    snprintf(text, sizeof text, "((0 1 ('%.*s' 1)))", PL_HOST_MAX + 1, host);
    assert_int_equal(read_map(*state, text), PODLINK_EREPLY);
}

/* --- many nodes ------------------------------------------------------------------------------------------------- */

static void add_node(pl_reply *reply, unsigned number, unsigned kind)
{
    char host[32];
    const int length = snprintf(host, sizeof host, "%s-%u", kind == 0 ? "master" : "replica", number);
    assert_true(reply_add_array(reply, 2));
    assert_true(reply_add_text(reply, PODLINK_REPLY_STRING, host, (size_t)length));
    assert_true(reply_add_integer(reply, 6379 + kind));
}

/* Each slot is a range of its own. The masters take turns, each with so many replicas. */
static const podlink_reply *many(pl_reply *reply, unsigned masters, unsigned replicas)
{
    pl_reply_reset(reply);
    assert_true(reply_add_array(reply, PL_SLOTS));
    for (unsigned slot = 0; slot < PL_SLOTS; slot++) {
        assert_true(reply_add_array(reply, 3 + replicas));
        assert_true(reply_add_integer(reply, slot));
        assert_true(reply_add_integer(reply, slot));
        for (unsigned kind = 0; kind <= replicas; kind++)
            add_node(reply, slot % masters, kind);
    }
    return reply_seal(reply);
}

static void thousands_of_nodes_are_read(void **state)
{
    setting *s = *state;
    enum { MASTERS = 2000, REPLICAS = 2 };
    const podlink_reply *reply = many(&s->reply, MASTERS, REPLICAS);
    assert_int_equal(pl_slot_map_read(&s->heap, reply, &s->asked, &s->map, &s->err), PODLINK_OK);
    assert_int_equal(s->map->node_count, MASTERS * (1 + REPLICAS));
    for (unsigned slot = 0; slot < PL_SLOTS; slot++) {
        char host[32];
        const pl_slot_node *master = &s->map->nodes[pl_slot_map_master(s->map, (uint16_t)slot)];
        snprintf(host, sizeof host, "master-%u", slot % MASTERS);
        assert_string_equal(master->address.host, host);
        assert_int_equal(master->replica_count, REPLICAS);
        for (unsigned i = 1; i <= REPLICAS; i++)
            assert_int_equal(master[i].address.port, 6379 + i);
    }
}

static void more_nodes_than_slots_are_refused(void **state)
{
    setting *s = *state;
    assert_int_equal(pl_slot_map_read(&s->heap, many(&s->reply, PL_SLOTS, 0), &s->asked, &s->map, &s->err), PODLINK_OK);
    assert_int_equal(s->map->node_count, PL_SLOT_NODES_MAX);
    pl_address another;
    pl_address_tcp(&another, "another", 1);
    assert_null(pl_slot_map_with(s->map, 0, &another));
    pl_slot_map_free(s->map);
    assert_int_equal(pl_slot_map_read(&s->heap, many(&s->reply, PL_SLOTS, 1), &s->asked, &s->map, &s->err),
                     PODLINK_EREPLY);
    assert_string_equal(s->err.message, "CLUSTER SLOTS on 10.0.0.9:7009: more than 16384 nodes");
    assert_null(s->map);
}

/* --- a single master -------------------------------------------------------------------------------------------- */

static void a_single_server_serves_all_slots(void **state)
{
    setting *s = *state;
    s->map = pl_slot_map_single(&s->heap, &s->asked, NULL, 0);
    expect_map(s, s->map, "10.0.0.9:7009 0-16383=0");
    pl_slot_map_free(s->map);
    pl_address_unix(&s->asked, "/run/redis.sock");
    s->map = pl_slot_map_single(&s->heap, &s->asked, NULL, 0);
    expect_map(s, s->map, "/run/redis.sock 0-16383=0");
    assert_true(s->map->nodes[0].address.is_unix);
}

static void a_single_master_can_have_replicas(void **state)
{
    setting *s = *state;
    pl_address replicas[5];
    for (uint16_t i = 0; i < COUNT_OF(replicas); i++)
        pl_address_tcp(&replicas[i], "r", i % 3 + 1);
    replicas[1] = s->asked;
    s->map = pl_slot_map_single(&s->heap, &s->asked, replicas, COUNT_OF(replicas));
    expect_map(s, s->map, "10.0.0.9:7009+r:1+r:3+r:2 0-16383=0");
}

/* --- a slot that has moved -------------------------------------------------------------------------------------- */

/* The map is not changed. */
static void expect_with(setting *s, uint16_t slot, const char *host, uint16_t port, const char *expected)
{
    pl_address address;
    pl_address_tcp(&address, host, port);
    pl_slot_map *made = pl_slot_map_with(s->map, slot, &address);
    expect_map(s, made, expected);
    pl_slot_map_free(made);
}

static void a_slot_can_move_to_another_node(void **state)
{
    setting *s = *state;
    static const char reply[] = "((0 9 ('a' 1) ('r' 1) ('r' 2)) (10 19 ('b' 1) ('r' 3)))";
    static const char shown[] = "a:1+r:1+r:2 b:1+r:3 0-9=0 10-19=3";
    expect_read(s, reply, shown);
    expect_with(s, 5, "b", 1, "a:1+r:1+r:2 b:1+r:3 0-4=0 5=3 6-9=0 10-19=3");
    expect_with(s, 5, "a", 1, shown);
    expect_with(s, 20, "a", 1, "a:1+r:1+r:2 b:1+r:3 0-9=0 10-19=3 20=0");
    expect_with(s, 19, "new", 7, "a:1+r:1+r:2 b:1+r:3 new:7 0-9=0 10-18=3 19=5");
    expect_map(s, s->map, shown);
}

static void a_replica_to_which_a_slot_moves_is_a_master(void **state)
{
    setting *s = *state;
    expect_read(s, "((0 9 ('a' 1) ('r' 1) ('r' 2)) (10 19 ('b' 1) ('r' 3)))", "a:1+r:1+r:2 b:1+r:3 0-9=0 10-19=3");
    expect_with(s, 0, "r", 1, "a:1+r:2 b:1+r:3 r:1 0=4 1-9=0 10-19=2");
    expect_with(s, 0, "r", 2, "a:1+r:1 b:1+r:3 r:2 0=4 1-9=0 10-19=2");
    expect_with(s, 19, "r", 3, "a:1+r:1+r:2 b:1 r:3 0-9=0 10-18=3 19=4");
}

/* --- from one map to the next ----------------------------------------------------------------------------------- */

/* "a:1>r:1": r:1 has replaced a:1. */
static void expect_promotions(setting *s, const char *before, const char *after, const char *expected)
{
    assert_int_equal(read_map(s, before), PODLINK_OK);
    pl_slot_map *map = s->map;
    s->map = NULL;
    assert_int_equal(read_map(s, after), PODLINK_OK);
    s->shown[0] = '\0';
    for (uint32_t i = 0; i < s->map->node_count; i++) {
        const uint16_t master = pl_promotion_of(map, s->map, i);
        if (master != PL_NO_NODE)
            add(s, "%s>%s ", map->nodes[master].address.text, s->map->nodes[i].address.text);
    }
    assert_string_equal(s->shown, expected);
    assert_int_equal(pl_slot_maps_equal(map, s->map), strcmp(before, after) == 0);
    assert_int_equal(pl_slot_maps_equal(s->map, map), strcmp(before, after) == 0);
    pl_slot_map_free(map);
}

static void a_replica_that_serves_what_was_its_masters_has_replaced_it(void **state)
{
    static const char before[] = "((0 9 ('a' 1) ('r' 1) ('r' 2)) (10 19 ('b' 1) ('r' 3)))";
    expect_promotions(*state, before, before, "");
    expect_promotions(*state, before, "((0 9 ('r' 1) ('r' 2)) (10 19 ('b' 1) ('r' 3)))", "a:1>r:1 ");
    expect_promotions(*state, before, "((0 9 ('r' 2) ('a' 1)) (10 19 ('r' 3) ('b' 1)))", "a:1>r:2 b:1>r:3 ");
    /* One redirect has reported it, or the old master has no other slots. */
    expect_promotions(*state, before, "((0 8 ('a' 1) ('r' 2)) (9 9 ('r' 1)) (10 19 ('b' 1) ('r' 3)))", "a:1>r:1 ");
}

static void a_slot_migration_is_not_a_promotion(void **state)
{
    static const char before[] = "((0 9 ('a' 1) ('r' 1)) (10 19 ('b' 1) ('r' 3)))";
    expect_promotions(*state, before, "((0 8 ('a' 1) ('r' 1)) (9 19 ('b' 1) ('r' 3)))", "");
    expect_promotions(*state, before, "((0 9 ('a' 1) ('r' 1)) (10 19 ('new' 1) ('b' 1) ('r' 3)))", "");
    expect_promotions(*state, before, "((10 19 ('b' 1) ('r' 3) ('r' 1)))", "");
    /* A replica that was considered something else meanwhile. */
    expect_promotions(*state, before, "((0 9 ('a' 1) ('r' 1)) (10 19 ('r' 1)))", "");
    expect_promotions(*state, before, "((0 9 ('a' 1) ('r' 3)) (10 19 ('b' 1) ('r' 1)))", "");
    expect_promotions(*state, "((0 9 ('a' 1)))", "((0 9 ('a' 1) ('r' 1)))", "");
    expect_promotions(*state, "((0 9 ('a' 1)))", "((0 8 ('a' 1)))", "");
}

static void the_order_of_an_answer_makes_no_difference(void **state)
{
    setting *s = *state;
    assert_int_equal(read_map(s, "((0 9 ('a' 1) ('r' 1) ('r' 2)) (10 19 ('b' 1)))"), PODLINK_OK);
    pl_slot_map *map = s->map;
    s->map = NULL;
    assert_int_equal(read_map(s, "((10 19 ('b' 1)) (5 9 ('a' 1)) (0 4 ('a' 1) ('r' 2) ('r' 1)))"), PODLINK_OK);
    assert_true(pl_slot_maps_equal(map, s->map));
    pl_slot_map_free(map);
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

static void a_failed_allocation_gives_no_map(void **state)
{
    setting *s = *state;
    const podlink_reply *reply = reply_read(&s->reply, "((0 9 ('a' 1) ('r' 1)) (10 19 ('b' 1)))");
    for (size_t n = 1; n <= 3; n++) {
        test_heap_fail_at(&s->memory, n, 1);
        assert_int_equal(pl_slot_map_read(&s->heap, reply, &s->asked, &s->map, &s->err), PODLINK_ENOMEM);
        assert_null(s->map);
        assert_int_equal(s->err.status, PODLINK_ENOMEM);
    }
    test_heap_fail_at(&s->memory, 4, 1);
    assert_int_equal(pl_slot_map_read(&s->heap, reply, &s->asked, &s->map, &s->err), PODLINK_OK);
    test_heap_fail_at(&s->memory, 1, 2);
    assert_null(pl_slot_map_with(s->map, 0, &s->asked));
    assert_null(pl_slot_map_single(&s->heap, &s->asked, NULL, 0));
    pl_slot_map_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_reply_of_redis_6_2_is_read, begin, end),
        cmocka_unit_test_setup_teardown(the_reply_of_redis_7_0_has_metadata, begin, end),
        cmocka_unit_test_setup_teardown(the_preferred_endpoint_of_valkey_7_2_may_be_a_name_or_nil, begin, end),
        cmocka_unit_test_setup_teardown(a_node_without_an_address_is_the_one_that_answered, begin, end),
        cmocka_unit_test_setup_teardown(an_address_can_be_ipv6, begin, end),
        cmocka_unit_test_setup_teardown(a_node_with_many_ranges_is_one_node, begin, end),
        cmocka_unit_test_setup_teardown(the_port_is_a_part_of_the_address, begin, end),
        cmocka_unit_test_setup_teardown(a_replica_that_serves_slots_itself_is_a_master, begin, end),
        cmocka_unit_test_setup_teardown(a_replica_belongs_to_the_first_master_that_names_it, begin, end),
        cmocka_unit_test_setup_teardown(a_node_without_a_known_address_serves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(unserved_slots_have_no_node, begin, end),
        cmocka_unit_test_setup_teardown(a_cluster_that_serves_nothing_is_down, begin, end),
        cmocka_unit_test_setup_teardown(malformed_replies_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_host_longer_than_any_name_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(thousands_of_nodes_are_read, begin, end),
        cmocka_unit_test_setup_teardown(more_nodes_than_slots_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_single_server_serves_all_slots, begin, end),
        cmocka_unit_test_setup_teardown(a_single_master_can_have_replicas, begin, end),
        cmocka_unit_test_setup_teardown(a_slot_can_move_to_another_node, begin, end),
        cmocka_unit_test_setup_teardown(a_replica_to_which_a_slot_moves_is_a_master, begin, end),
        cmocka_unit_test_setup_teardown(a_replica_that_serves_what_was_its_masters_has_replaced_it, begin, end),
        cmocka_unit_test_setup_teardown(a_slot_migration_is_not_a_promotion, begin, end),
        cmocka_unit_test_setup_teardown(the_order_of_an_answer_makes_no_difference, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_allocation_gives_no_map, begin, end),
    };
    return RUN_TESTS("slot map", tests);
}
