/* SPDX-License-Identifier: MIT */
/* Threads that walk over all nodes, as podlink_client_reauthenticate() and podlink_client_close() do, while nodes come,
 * leave and are freed. A sanitizer tells what is wrong. */
#include "tap_cmocka.h"

#include "deployment/nodes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 3000, COMING = 4 };

typedef struct setting {
    pl_env env;
    pl_login login;
    pl_server server;
    pl_wait_policy wait_policy;
    pl_nodes nodes;
    atomic_bool is_over;
    atomic_int walks;
} setting;

static bool note_made(pl_node *node)
{
    (void)node;
    return true;
}

static void note_freed(pl_node *node)
{
    (void)node;
}

static int64_t now(void *context)
{
    static _Atomic int64_t calls;
    (void)context;
    return atomic_fetch_add(&calls, PL_MS);
}

static void publish(setting *s, uint16_t first, uint16_t count)
{
    pl_slot_map *map = pl_slot_map_new(&s->env.config.heap, count);
    assert_non_null(map);
    for (uint16_t i = 0; i < count; i++) {
        map->nodes[i] = (pl_slot_node){.is_master = true};
        pl_address_tcp(&map->nodes[i].address, "127.0.0.1", (uint16_t)(first + i));
    }
    assert_int_equal(pl_nodes_publish(&s->nodes, map, NULL, NULL), PODLINK_OK);
}

static void *walk(void *context)
{
    setting *s = context;
    uint32_t epoch_number;
    while (!atomic_load(&s->is_over)) {
        if (!pl_epoch_enter(&s->nodes.epoch, &epoch_number))
            continue;
        pl_nodes_reauthenticate(&s->nodes, PL_NEVER, NULL);
        pl_epoch_leave(&s->nodes.epoch, epoch_number);
        pl_nodes_end(&s->nodes, PODLINK_ECLOSED, "a test"); /* outside the epoch */
        atomic_fetch_add(&s->walks, 1);
    }
    return NULL;
}

static void nodes_may_leave_while_others_walk_over_them(void **state)
{
    (void)state;
    static setting s;
    pthread_t threads[THREADS];
    const podlink_clock clock = {.now_ns = now};
    const pl_pool_size size = {.shared = 1, .dedicated_max = 1, .dedicated_lifetime_ns = PL_NEVER};
    pl_heap_init(&s.env.config.heap, NULL);
    pl_clock_init(&s.env.clock, &clock);
    s.login.password = "a test";
    s.server = (pl_server){.heap = &s.env.config.heap,
                           .clock = &s.env.clock,
                           .log = &s.env.log,
                           .login = &s.login,
                           .wait_policy = &s.wait_policy,
                           .credentials_age_ns = PL_NEVER,
                           .silence_ns = PL_NEVER,
                           .idle_ns = PL_NEVER};
    pl_nodes_init(&s.nodes, &s.env, &s.server, &size);
    s.nodes.hooks = (pl_node_hooks){.made = note_made, .freed = note_freed};
    publish(&s, 1, 1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, walk, &s), 0);
    for (uint16_t round = 0; round < ROUNDS || atomic_load(&s.walks) < ROUNDS; round++) {
        publish(&s, (uint16_t)(round % 1000 * COMING + 1), COMING);
        pl_nodes_tick(&s.nodes);
    }
    atomic_store(&s.is_over, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pl_nodes_fini(&s.nodes, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_may_leave_while_others_walk_over_them),
    };
    return RUN_TESTS("nodes threads", tests);
}
