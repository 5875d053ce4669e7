/* SPDX-License-Identifier: MIT */
/* What a command does to the connection that it runs on. */
#include "client/command_kind.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

typedef struct known_command {
    const char *name;
    const char *argument; /* NULL: always; else only with this subcommand, or this option before STREAMS */
    pl_command_kind kind;
} known_command;

static const known_command known[] = {
    {"MULTI", NULL, PL_COMMAND_MULTI},          {"EXEC", NULL, PL_COMMAND_ENDS_MULTI},
    {"DISCARD", NULL, PL_COMMAND_ENDS_MULTI},   {"WATCH", NULL, PL_COMMAND_WATCH},
    {"UNWATCH", NULL, PL_COMMAND_UNWATCH},      {"AUTH", NULL, PL_COMMAND_AUTHENTICATES},
    {"SELECT", NULL, PL_COMMAND_ALTERS},        {"READONLY", NULL, PL_COMMAND_ALTERS},
    {"READWRITE", NULL, PL_COMMAND_ALTERS},     {"ASKING", NULL, PL_COMMAND_ALTERS},
    {"CLIENT", "TRACKING", PL_COMMAND_ALTERS},  {"CLIENT", "SETNAME", PL_COMMAND_ALTERS},
    {"CLIENT", "CACHING", PL_COMMAND_ALTERS},   {"CLIENT", "NO-EVICT", PL_COMMAND_ALTERS},
    {"CLIENT", "NO-TOUCH", PL_COMMAND_ALTERS},  {"SUBSCRIBE", NULL, PL_COMMAND_LISTENS},
    {"UNSUBSCRIBE", NULL, PL_COMMAND_LISTENS},  {"PSUBSCRIBE", NULL, PL_COMMAND_LISTENS},
    {"PUNSUBSCRIBE", NULL, PL_COMMAND_LISTENS}, {"SSUBSCRIBE", NULL, PL_COMMAND_LISTENS},
    {"SUNSUBSCRIBE", NULL, PL_COMMAND_LISTENS}, {"MONITOR", NULL, PL_COMMAND_LISTENS},
    {"CLIENT", "REPLY", PL_COMMAND_REFUSED},    {"SCRIPT", "DEBUG", PL_COMMAND_REFUSED},
    {"HELLO", NULL, PL_COMMAND_REFUSED},        {"RESET", NULL, PL_COMMAND_REFUSED},
    {"QUIT", NULL, PL_COMMAND_REFUSED},         {"SYNC", NULL, PL_COMMAND_REFUSED},
    {"PSYNC", NULL, PL_COMMAND_REFUSED},        {"REPLCONF", NULL, PL_COMMAND_REFUSED},
    {"BLPOP", NULL, PL_COMMAND_BLOCKS},         {"BRPOP", NULL, PL_COMMAND_BLOCKS},
    {"BRPOPLPUSH", NULL, PL_COMMAND_BLOCKS},    {"BLMOVE", NULL, PL_COMMAND_BLOCKS},
    {"BLMPOP", NULL, PL_COMMAND_BLOCKS},        {"BZPOPMIN", NULL, PL_COMMAND_BLOCKS},
    {"BZPOPMAX", NULL, PL_COMMAND_BLOCKS},      {"BZMPOP", NULL, PL_COMMAND_BLOCKS},
    {"WAIT", NULL, PL_COMMAND_BLOCKS},          {"WAITAOF", NULL, PL_COMMAND_BLOCKS},
    {"XREAD", "BLOCK", PL_COMMAND_BLOCKS},      {"XREADGROUP", "BLOCK", PL_COMMAND_BLOCKS},
};

static bool equals(const podlink_command *command, size_t i, const char *word)
{
    size_t length = command->argv_lengths ? command->argv_lengths[i] : strlen(command->argv[i]);
    return length == strlen(word) && strncasecmp(command->argv[i], word, length) == 0;
}

/* A subcommand is the first argument; options of XREAD and XREADGROUP are before the names of the streams. */
static bool has_argument(const podlink_command *command, const char *word)
{
    bool has_options = equals(command, 0, "XREAD") || equals(command, 0, "XREADGROUP");
    size_t end = has_options ? command->argc : 2;
    size_t first = equals(command, 0, "XREADGROUP") ? 4 : 1; /* behind GROUP group consumer */
    for (size_t i = first; i < command->argc && i < end && !equals(command, i, "STREAMS"); i++)
        if (equals(command, i, word))
            return true;
    return false;
}

bool pl_command_runs_script(const podlink_command *command)
{
    static const char *const names[] = {"EVAL", "EVALSHA", "FCALL", "EVAL_RO", "EVALSHA_RO", "FCALL_RO"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (equals(command, 0, names[i]))
            return true;
    return false;
}

pl_command_kind pl_command_kind_of(const podlink_command *command)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (equals(command, 0, known[i].name) && (!known[i].argument || has_argument(command, known[i].argument)))
            return known[i].kind;
    return PL_COMMAND_PLAIN;
}

bool pl_command_is_secret(const podlink_command *command)
{
    switch (command->argv[0][0] | 0x20) {
    case 'a':
        return equals(command, 0, "AUTH") || equals(command, 0, "ACL");
    case 'c':
        return equals(command, 0, "CONFIG");
    case 'm':
        return equals(command, 0, "MIGRATE");
    default:
        return false;
    }
}

static const char *reason_of(pl_command_kind kind)
{
    switch (kind) {
    case PL_COMMAND_BLOCKS:
        return "it blocks the connection, which other calls share: run it in a session";
    case PL_COMMAND_LISTENS:
        return "it is not answered just once, and other calls share the connection: run it in a session";
    case PL_COMMAND_REFUSED:
        return "replies could no longer be matched to the calls that share the connection";
    default:
        return "it changes the connection, which other calls share: run it in a session";
    }
}

podlink_status pl_command_check_shared(const podlink_command *command, pl_command_kind kind, podlink_error *err)
{
    char shown[64];
    if (kind == PL_COMMAND_PLAIN)
        return PODLINK_OK;
    size_t length = command->argv_lengths ? command->argv_lengths[0] : strlen(command->argv[0]);
    pl_text_escape(command->argv[0], length, shown, sizeof shown);
    return pl_error_invalid(err, "command: %s is refused: %s", shown, reason_of(kind));
}
