/* SPDX-License-Identifier: MIT */
/* After two thousand lost connections under load the client holds as many descriptors and as much memory as before. */
#include "pool_load.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FAULTS = 2000,
    FAULTS_SANITIZED = 400,
    WARM_UP = 100,
    THREADS = 8,
    SESSION_THREADS = 2,
    SHARED = 2,
    DEDICATED = 4,
    TIMEOUT_MS = 5000,
    SLACK_BYTES = 64 * 1024 /* a buffer is as large as the largest pipeline in flight */
};

/* ---- an allocator that counts ---- */

struct counted {
    podlink_allocator allocator;
    _Atomic int64_t blocks;
    _Atomic int64_t bytes;
};

static void *counted_allocate(void *context, size_t size)
{
    struct counted *counted = context;
    void *block = malloc(size);
    if (block) {
        counted->blocks++;
        counted->bytes += (int64_t)malloc_usable_size(block);
    }
    return block;
}

static void counted_release(void *context, void *block)
{
    struct counted *counted = context;
    counted->blocks--;
    counted->bytes -= (int64_t)malloc_usable_size(block);
    free(block);
}

static void *counted_reallocate(void *context, void *block, size_t size)
{
    struct counted *counted = context;
    if (!block)
        return counted_allocate(context, size);
    const int64_t before = (int64_t)malloc_usable_size(block);
    void *grown = realloc(block, size);
    if (grown)
        counted->bytes += (int64_t)malloc_usable_size(grown) - before;
    return grown;
}

/* ---- the test ---- */

struct world {
    struct test_server *server;
    redisContext *redis;
    podlink_client *client;
    struct load load;
    struct counted counted;
};

struct progress {
    struct load *load;
    uint64_t ok;
};

static bool goes_on(void *context)
{
    const struct progress *progress = context;
    return load_ok(progress->load) > progress->ok + THREADS;
}

static void lose_connections(struct world *world, int times)
{
    for (int i = 0; i < times; i++) {
        struct progress progress = {&world->load, load_ok(&world->load)};
        api_ask(world->redis, "CLIENT KILL TYPE normal");
        assert_true(eventually(goes_on, &progress, 5000));
    }
}

struct held {
    int64_t blocks;
    int64_t bytes;
    int64_t heap_bytes;
    int descriptors;
};

static bool all_are_open(void *context)
{
    struct world *world = context;
    podlink_ping(world->client, NULL, NULL, NULL);
    return pool_info(world->redis, "clients", "connected_clients") <= (int64_t)api_stats(world->client).connections + 1;
}

/* Without calls, with the same connections as before. */
static struct held measure(struct world *world)
{
    assert_true(eventually(all_are_open, world, 5000));
    return (struct held){.blocks = world->counted.blocks,
                         .bytes = world->counted.bytes,
                         .heap_bytes = (int64_t)mallinfo2().uordblks,
                         .descriptors = api_descriptors() - (int)api_stats(world->client).connections};
}

static struct held run(struct world *world, int times)
{
    world->load = (struct load){
        .client = world->client, .threads = THREADS, .session_threads = SESSION_THREADS, .timeout_ms = TIMEOUT_MS};
    load_start(&world->load);
    lose_connections(world, times);
    load_stop(&world->load);
    assert_no_failure();
    assert_int_equal(load_count(&world->load, PODLINK_ETIMEDOUT), 0);
    return measure(world);
}

static void two_thousand_lost_connections_leave_neither_descriptors_nor_memory(void **state)
{
    (void)state;
    static struct world world;
    world.server = test_server_start(NULL);
    assert_non_null(world.server);
    world.redis = api_redis(world.server);
    world.counted.allocator = (podlink_allocator){.allocate = counted_allocate,
                                                  .reallocate = counted_reallocate,
                                                  .release = counted_release,
                                                  .context = &world.counted};
    podlink_options options = api_options(api_url(world.server));
    options.shared_connections = SHARED;
    options.dedicated_max = DEDICATED;
    options.allocator = &world.counted.allocator;
    world.client = api_open_with(&options);
    const struct held before = run(&world, WARM_UP);
    const int64_t began = api_now_ns();
    const struct held after = run(&world, ROUNDS(FAULTS, FAULTS_SANITIZED));
    print_message("# %d faults in %.1f s: %lld blocks and %lld bytes of the client's before, %lld and %lld after; heap "
                  "%lld, %lld; descriptors %d, %d\n",
                  ROUNDS(FAULTS, FAULTS_SANITIZED), (double)(api_now_ns() - began) / 1e9, (long long)before.blocks,
                  (long long)before.bytes, (long long)after.blocks, (long long)after.bytes,
                  (long long)before.heap_bytes, (long long)after.heap_bytes, before.descriptors, after.descriptors);
    assert_int_equal(after.descriptors, before.descriptors);
    assert_true(after.bytes <= before.bytes + SLACK_BYTES);
    assert_true(after.blocks <= before.blocks + 8 * (SHARED + DEDICATED)); /* not all of them were open before */
    if (!SANITIZED)
        assert_true(after.heap_bytes <= before.heap_bytes + 2 * SLACK_BYTES);
    podlink_client_free(world.client);
    assert_int_equal(world.counted.blocks, 0);
    assert_int_equal(world.counted.bytes, 0);
    redisFree(world.redis);
    test_server_stop(world.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_thousand_lost_connections_leave_neither_descriptors_nor_memory),
    };
    return RUN_TESTS("pool leaks", tests);
}
