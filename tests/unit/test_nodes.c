/* SPDX-License-Identifier: MIT */
/* The list of all nodes: a walk over it does not hold its lock, so a node must not be freed while a walk is at it. */
#include "tap_cmocka.h"

#include "deployment/nodes.h"

#include <string.h>

enum { EPOCHS = 4 /* more than enough ticks to free what nobody can see any more */ };

typedef struct setting {
    pl_env env;
    pl_login login;
    pl_server server;
    pl_wait_policy wait_policy;
    pl_nodes nodes;
} setting;

static int freed;

static bool note_made(pl_node *node)
{
    (void)node;
    return true;
}

static void note_freed(pl_node *node)
{
    (void)node;
    freed++;
}

static void begin(setting *s)
{
    memset(s, 0, sizeof *s);
    pl_heap_init(&s->env.config.heap, NULL);
    pl_clock_init(&s->env.clock, NULL);
    s->server = (pl_server){.heap = &s->env.config.heap,
                            .clock = &s->env.clock,
                            .log = &s->env.log,
                            .login = &s->login,
                            .wait_policy = &s->wait_policy,
                            .credentials_age_ns = PL_NEVER,
                            .silence_ns = PL_NEVER,
                            .idle_ns = PL_NEVER};
    const pl_pool_size size = {.shared = 1, .dedicated_max = 1, .dedicated_lifetime_ns = PL_NEVER};
    pl_nodes_init(&s->nodes, &s->env, &s->server, &size);
    s->nodes.hooks = (pl_node_hooks){.made = note_made, .freed = note_freed};
    freed = 0;
}

static void end(setting *s)
{
    pl_nodes_fini(&s->nodes, false);
}

/* The view has the nodes with these ports from now on. */
static void publish(setting *s, const uint16_t *ports, uint32_t count)
{
    pl_slot_map *map = pl_slot_map_new(&s->env.config.heap, count);
    assert_non_null(map);
    for (uint32_t i = 0; i < count; i++) {
        map->nodes[i] = (pl_slot_node){.is_master = true};
        pl_address_tcp(&map->nodes[i].address, "127.0.0.1", ports[i]);
    }
    assert_int_equal(pl_nodes_publish(&s->nodes, map, NULL, NULL), PODLINK_OK);
}

static void tick(setting *s)
{
    for (int i = 0; i < EPOCHS; i++)
        pl_nodes_tick(&s->nodes);
}

static void a_walk_comes_to_each_node_once(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    publish(&s, (const uint16_t[]){1, 2, 3}, 3);
    uint32_t ports = 0;
    pl_node *node = NULL;
    while ((node = pl_nodes_walk(&s.nodes, node)))
        ports = ports * 10 + node->address.port;
    assert_int_equal(ports, 321);
    end(&s);
    assert_int_equal(freed, 3);
}

static void a_node_that_has_left_is_freed(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    publish(&s, (const uint16_t[]){1, 2}, 2);
    publish(&s, (const uint16_t[]){1}, 1);
    tick(&s);
    assert_int_equal(freed, 1);
    end(&s);
}

static void a_node_is_not_freed_while_a_walk_is_at_it(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    publish(&s, (const uint16_t[]){1, 2}, 2);
    pl_node *at = pl_nodes_walk(&s.nodes, NULL);
    pl_node *other = pl_nodes_walk(&s.nodes, NULL);
    assert_int_equal(at->address.port, 2);
    publish(&s, (const uint16_t[]){1}, 1);
    tick(&s);
    assert_int_equal(freed, 0);
    pl_nodes_walk_end(&s.nodes, other);
    tick(&s);
    assert_int_equal(freed, 0);
    at = pl_nodes_walk(&s.nodes, at);
    assert_int_equal(at->address.port, 1);
    tick(&s);
    assert_int_equal(freed, 1);
    assert_null(pl_nodes_walk(&s.nodes, at));
    end(&s);
}

/* By a call that was in flight, and that a redirect leads there. */
static void a_node_that_is_made_after_the_close_lends_no_connection(void **state)
{
    (void)state;
    setting s;
    pl_address address;
    pl_dedicated_conn *dedicated = NULL;
    podlink_error err;
    begin(&s);
    publish(&s, (const uint16_t[]){1}, 1);
    pl_nodes_close(&s.nodes);
    pl_address_tcp(&address, "127.0.0.1", 2);
    pl_node *node = pl_nodes_at(&s.nodes, &address);
    assert_non_null(node);
    assert_int_equal(pl_dedicated_pool_acquire(&node->pool.dedicated, 0, &dedicated, &err), PODLINK_ECLOSED);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_comes_to_each_node_once),
        cmocka_unit_test(a_node_that_has_left_is_freed),
        cmocka_unit_test(a_node_is_not_freed_while_a_walk_is_at_it),
        cmocka_unit_test(a_node_that_is_made_after_the_close_lends_no_connection),
    };
    return RUN_TESTS("nodes", tests);
}
