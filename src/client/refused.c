/* Commands that may not run on a connection which other calls share: they would change it for all, block all, or be
 * answered other than once. */
#include "client/refused.h"

#include "base/error.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

typedef struct refused_command {
    const char *name;
    const char *argument; /* NULL: always; else only where this is among the arguments */
    const char *reason;
} refused_command;

static const char changes[] = "it changes the connection, which other calls share";
static const char blocks[] = "it blocks the connection, which other calls share";
static const char streams[] = "it is not answered just once, and other calls share the connection";

static const refused_command refused[] = {
    {"AUTH", NULL, changes},        {"HELLO", NULL, changes},        {"SELECT", NULL, changes},
    {"RESET", NULL, changes},       {"QUIT", NULL, changes},         {"MULTI", NULL, changes},
    {"EXEC", NULL, changes},        {"DISCARD", NULL, changes},      {"WATCH", NULL, changes},
    {"UNWATCH", NULL, changes},     {"READONLY", NULL, changes},     {"READWRITE", NULL, changes},
    {"ASKING", NULL, changes},      {"CLIENT", "REPLY", streams},    {"CLIENT", "TRACKING", changes},
    {"CLIENT", "SETNAME", changes}, {"CLIENT", "CACHING", changes},  {"SUBSCRIBE", NULL, streams},
    {"UNSUBSCRIBE", NULL, streams}, {"PSUBSCRIBE", NULL, streams},   {"PUNSUBSCRIBE", NULL, streams},
    {"SSUBSCRIBE", NULL, streams},  {"SUNSUBSCRIBE", NULL, streams}, {"MONITOR", NULL, streams},
    {"SYNC", NULL, streams},        {"PSYNC", NULL, streams},        {"REPLCONF", NULL, streams},
    {"BLPOP", NULL, blocks},        {"BRPOP", NULL, blocks},         {"BRPOPLPUSH", NULL, blocks},
    {"BLMOVE", NULL, blocks},       {"BLMPOP", NULL, blocks},        {"BZPOPMIN", NULL, blocks},
    {"BZPOPMAX", NULL, blocks},     {"BZMPOP", NULL, blocks},        {"WAIT", NULL, blocks},
    {"WAITAOF", NULL, blocks},      {"XREAD", "BLOCK", blocks},      {"XREADGROUP", "BLOCK", blocks},
};

static bool equals(const podlink_command *command, size_t i, const char *word)
{
    size_t length = command->argv_lengths ? command->argv_lengths[i] : strlen(command->argv[i]);
    return length == strlen(word) && strncasecmp(command->argv[i], word, length) == 0;
}

static bool has_argument(const podlink_command *command, const char *word)
{
    for (size_t i = 1; i < command->argc; i++)
        if (equals(command, i, word))
            return true;
    return false;
}

podlink_status pl_refused_check(const podlink_command *command, podlink_error *err)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const refused_command *r = &refused[i];
        if (!equals(command, 0, r->name) || (r->argument && !has_argument(command, r->argument)))
            continue;
        return pl_error_invalid(err, "command: %s%s%s is refused: %s", r->name, r->argument ? " " : "",
                                r->argument ? r->argument : "", r->reason);
    }
    return PODLINK_OK;
}
