/* SPDX-License-Identifier: MIT */
/* The slot of a key equals the one that a real server computes. */
#include "ask.h"
#include "tap_cmocka.h"

#include "deployment/slot.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 20000, AT_ONCE = 500, LENGTH_MAX = 40 };

typedef struct key {
    char bytes[LENGTH_MAX];
    size_t length;
} key;

static uint32_t chance = 20251; /* a fixed seed: the same keys each time */

static unsigned below(unsigned n)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % n;
}

/* Random bytes, many of them braces: hash tags, empty ones, and incomplete ones. */
static void make(key *k)
{
    k->length = below(LENGTH_MAX + 1);
    for (size_t i = 0; i < k->length; i++)
        k->bytes[i] = below(4) == 0 ? "{}"[below(2)] : (char)below(256);
}

static void compare(redisContext *redis, const key *k)
{
    redisReply *reply = NULL;
    assert_int_equal(redisGetReply(redis, (void **)&reply), REDIS_OK);
    assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
    if (reply->integer != pl_slot_of(k->bytes, k->length))
        fail_msg("a key of %zu bytes is in slot %lld, not %u", k->length, reply->integer,
                 (unsigned)pl_slot_of(k->bytes, k->length));
    freeReplyObject(reply);
}

static void the_slot_of_a_key_is_the_one_that_the_server_computes(void **state)
{
    (void)state;
    struct test_server *server = test_server_start((const char *const[]){"--cluster-enabled", "yes", NULL});
    assert_non_null(server);
    redisContext *redis = ask_open(server);
    assert_non_null(redis);
    static key keys[AT_ONCE];
    for (int done = 0; done < KEYS; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            make(&keys[i]);
            redisAppendCommand(redis, "CLUSTER KEYSLOT %b", keys[i].bytes, keys[i].length);
        }
        for (int i = 0; i < AT_ONCE; i++)
            compare(redis, &keys[i]);
    }
    redisFree(redis);
    test_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_slot_of_a_key_is_the_one_that_the_server_computes)};
    return RUN_TESTS("cluster keyslot", tests);
}
