/* SPDX-License-Identifier: MIT */
/* Finds the first key of a Redis command: in a cluster it decides which node gets the command. */
#include "verbs/command_key.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Position of the first key, if it is not argument 1. */
typedef enum key_rule {
    NONE,          /* no key */
    AT_2,          /* after a subcommand or an operator */
    COUNTED_AT_1,  /* after the number of keys, which is argument 1 */
    COUNTED_AT_2,  /* the same, argument 2 */
    BEHIND_STREAMS /* after the word STREAMS */
} key_rule;

typedef struct command_rule {
    const char *name;
    key_rule rule;
} command_rule;

static const command_rule rules[] = {
    {"acl", NONE},
    {"asking", NONE},
    {"auth", NONE},
    {"bgrewriteaof", NONE},
    {"bgsave", NONE},
    {"client", NONE},
    {"cluster", NONE},
    {"command", NONE},
    {"config", NONE},
    {"dbsize", NONE},
    {"discard", NONE},
    {"echo", NONE},
    {"exec", NONE},
    {"failover", NONE},
    {"flushall", NONE},
    {"flushdb", NONE},
    {"function", NONE},
    {"hello", NONE},
    {"info", NONE},
    {"keys", NONE},
    {"lastsave", NONE},
    {"latency", NONE},
    {"lolwut", NONE},
    {"module", NONE},
    {"monitor", NONE},
    {"multi", NONE},
    {"pfselftest", NONE},
    {"ping", NONE},
    {"psubscribe", NONE},
    {"psync", NONE},
    {"publish", NONE}, /* a channel is not a key; the channel of SPUBLISH has a slot like a key */
    {"pubsub", NONE},
    {"punsubscribe", NONE},
    {"quit", NONE},
    {"randomkey", NONE},
    {"readonly", NONE},
    {"readwrite", NONE},
    {"replconf", NONE},
    {"replicaof", NONE},
    {"reset", NONE},
    {"role", NONE},
    {"save", NONE},
    {"scan", NONE},
    {"script", NONE},
    {"select", NONE},
    {"shutdown", NONE},
    {"slaveof", NONE},
    {"slowlog", NONE},
    {"subscribe", NONE},
    {"swapdb", NONE},
    {"sync", NONE},
    {"time", NONE},
    {"unsubscribe", NONE},
    {"unwatch", NONE},
    {"wait", NONE},
    {"waitaof", NONE},
    {"bitop", AT_2},
    {"object", AT_2},
    {"pfdebug", AT_2},
    {"xgroup", AT_2},
    {"xinfo", AT_2},
    {"lmpop", COUNTED_AT_1},
    {"sintercard", COUNTED_AT_1},
    {"zdiff", COUNTED_AT_1},
    {"zinter", COUNTED_AT_1},
    {"zintercard", COUNTED_AT_1},
    {"zmpop", COUNTED_AT_1},
    {"zunion", COUNTED_AT_1},
    {"blmpop", COUNTED_AT_2},
    {"bzmpop", COUNTED_AT_2},
    {"eval", COUNTED_AT_2},
    {"eval_ro", COUNTED_AT_2},
    {"evalsha", COUNTED_AT_2},
    {"evalsha_ro", COUNTED_AT_2},
    {"fcall", COUNTED_AT_2},
    {"fcall_ro", COUNTED_AT_2},
    {"xread", BEHIND_STREAMS},
    {"xreadgroup", BEHIND_STREAMS},
};

/* Compares with the length: an argument may contain NUL. */
static bool is_word(const char *argument, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(argument, word, length) == 0;
}

/* The argument after a number of keys; 0 if the number is 0 or invalid. */
static size_t key_behind_count(const char *const *argv, const size_t *lengths, size_t argc, size_t count_at)
{
    bool counts = false;

    if (count_at + 1 >= argc)
        return 0;
    for (size_t i = 0; i < lengths[count_at]; i++) {
        char digit = argv[count_at][i];
        if (digit < '0' || digit > '9')
            return 0;
        counts = counts || digit != '0';
    }
    return counts ? count_at + 1 : 0;
}

static size_t key_behind_streams(const char *const *argv, const size_t *lengths, size_t argc)
{
    for (size_t i = 1; i + 1 < argc; i++)
        if (is_word(argv[i], lengths[i], "streams"))
            return i + 1;
    return 0;
}

/* MEMORY USAGE and DEBUG OBJECT have a key; the other subcommands have none. */
static size_t key_of_usage(const char *const *argv, const size_t *lengths, size_t argc, const char *with_key)
{
    return argc > 2 && is_word(argv[1], lengths[1], with_key) ? 2 : 0;
}

/* MIGRATE host port key|"" db timeout [...] [KEYS key...] */
static size_t key_of_migrate(const char *const *argv, const size_t *lengths, size_t argc)
{
    if (argc > 3 && lengths[3] > 0)
        return 3;
    for (size_t i = 6; i + 1 < argc; i++)
        if (is_word(argv[i], lengths[i], "keys"))
            return i + 1;
    return 0;
}

static size_t key_by_rule(key_rule rule, const char *const *argv, const size_t *lengths, size_t argc)
{
    switch (rule) {
    case AT_2:
        return argc > 2 ? 2 : 0;
    case COUNTED_AT_1:
        return key_behind_count(argv, lengths, argc, 1);
    case COUNTED_AT_2:
        return key_behind_count(argv, lengths, argc, 2);
    case BEHIND_STREAMS:
        return key_behind_streams(argv, lengths, argc);
    default:
        return 0;
    }
}

size_t cli_command_key(const char *const *argv, const size_t *lengths, size_t argc)
{
    if (is_word(argv[0], lengths[0], "memory"))
        return key_of_usage(argv, lengths, argc, "usage");
    if (is_word(argv[0], lengths[0], "debug"))
        return key_of_usage(argv, lengths, argc, "object");
    if (is_word(argv[0], lengths[0], "migrate"))
        return key_of_migrate(argv, lengths, argc);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (is_word(argv[0], lengths[0], rules[i].name))
            return key_by_rule(rules[i].rule, argv, lengths, argc);
    return argc > 1 ? 1 : 0;
}
