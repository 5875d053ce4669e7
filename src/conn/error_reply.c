/* SPDX-License-Identifier: MIT */
/* The status that the text of an error reply stands for. */
#include "conn/error_reply.h"

#include <string.h>

typedef struct error_code {
    const char *code;
    podlink_status status;
} error_code;

static const error_code codes[] = {
    {"NOSCRIPT", PODLINK_ENOSCRIPT},
    {"WRONGTYPE", PODLINK_EWRONGTYPE},
    {"MOVED", PODLINK_EREDIRECT},
    {"ASK", PODLINK_EREDIRECT},
    {"NOAUTH", PODLINK_EAUTH},
    {"WRONGPASS", PODLINK_EAUTH},
    {"NOPERM", PODLINK_ENOPERM},
    {"READONLY", PODLINK_EREADONLY},
    {"LOADING", PODLINK_ELOADING},
    {"MASTERDOWN", PODLINK_EMASTERDOWN},
    {"CLUSTERDOWN", PODLINK_ECLUSTERDOWN},
    {"TRYAGAIN", PODLINK_ETRYAGAIN},
    {"BUSY", PODLINK_EBUSY},
    {"OOM", PODLINK_EOOM},
};

/* What a server answers to EVAL, EVALSHA or FCALL before it runs the script: the whole text. Redis 6.2 to 8, Valkey 7.2
 * to 9. '*' stands for the name of the server. */
static const error_code refusals[] = {
    {"NOSCRIPT No matching script. Please use EVAL.", PODLINK_ENOSCRIPT},
    {"NOSCRIPT No matching script.", PODLINK_ENOSCRIPT},
    {"ERR Function not found", PODLINK_ENOSCRIPT},
    {"NOAUTH Authentication required.", PODLINK_EAUTH},
    {"LOADING * is loading the dataset in memory", PODLINK_ELOADING},
    {"BUSY * is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", PODLINK_EBUSY},
    {"BUSY * is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.", PODLINK_EBUSY},
    {"BUSY * is busy running a module command.", PODLINK_EBUSY},
    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", PODLINK_EMASTERDOWN},
    {"READONLY Can not run script with write flag on readonly replica", PODLINK_EREADONLY},
    {"CLUSTERDOWN The cluster is down", PODLINK_ECLUSTERDOWN},
    {"CLUSTERDOWN The cluster is down and only accepts read commands", PODLINK_ECLUSTERDOWN},
    {"CLUSTERDOWN Hash slot not served", PODLINK_ECLUSTERDOWN},
    {"TRYAGAIN Multiple keys request during rehashing of slot", PODLINK_ETRYAGAIN},
};

static bool begins_with(const char *text, size_t length, const char *prefix)
{
    size_t size = strlen(prefix);
    return length >= size && memcmp(text, prefix, size) == 0;
}

static podlink_status code_status(const char *words, size_t length)
{
    const char *space = memchr(words, ' ', length);
    size_t size = space ? (size_t)(space - words) : length;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strlen(codes[i].code) == size && memcmp(codes[i].code, words, size) == 0)
            return codes[i].status;
    return PODLINK_ESERVER;
}

/* Codes that mean the same when a command in a script meets them. "Not now" does not: the script has run up to there.
 */
static bool is_final(podlink_status status)
{
    return status == PODLINK_EWRONGTYPE || status == PODLINK_ENOPERM || status == PODLINK_EREADONLY ||
           status == PODLINK_EOOM;
}

/* Before 7.0 the error of a command in a script comes after the place where it was called: "ERR Error running script
 * (call to f_<sha>): @user_script:3: WRONGTYPE Operation against ...". */
static podlink_status script_status(const char *words, size_t length)
{
    for (size_t at = 0; at + 2 < length; at++) {
        if (words[at] != ':' || words[at + 1] != ' ')
            continue;
        const char *rest = words + at + 2;
        size_t left = length - at - 2;
        if (begins_with(rest, left, "-"))
            rest++, left--;
        podlink_status status = code_status(rest, left);
        if (is_final(status))
            return status;
    }
    return PODLINK_ESERVER;
}

podlink_status pl_error_reply_status(const char *words, size_t length)
{
    if (begins_with(words, length, "ERR Error running script"))
        return script_status(words, length);
    if (begins_with(words, length, "ERR max number of clients reached"))
        return PODLINK_ECONNECT;
    if (begins_with(words, length, "ERR The user executing the script can't"))
        return PODLINK_ENOPERM;
    if (begins_with(words, length, "ERR Function not found"))
        return PODLINK_ENOSCRIPT;
    return code_status(words, length);
}

/* Whether the text is the pattern, in which '*' stands for one word. */
static bool matches(const char *words, size_t length, const char *pattern)
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return strlen(pattern) == length && memcmp(words, pattern, length) == 0;
    const size_t before = (size_t)(star - pattern);
    if (length <= before || memcmp(words, pattern, before) != 0)
        return false;
    const char *rest = memchr(words + before, ' ', length - before);
    return rest && matches(rest, length - (size_t)(rest - words), star + 1);
}

/* "MOVED 3999 host:port", and nothing behind it. That it is true is for the deployment to confirm. */
static bool is_redirect(const char *words, size_t length)
{
    const size_t code = begins_with(words, length, "MOVED ") ? 6 : begins_with(words, length, "ASK ") ? 4 : 0;
    if (code == 0)
        return false;
    const char *space = memchr(words + code, ' ', length - code);
    return space && !memchr(space + 1, ' ', length - (size_t)(space + 1 - words));
}

static bool ends_with(const char *text, size_t length, const char *suffix)
{
    const size_t size = strlen(suffix);
    return length >= size && memcmp(text + length - size, suffix, size) == 0;
}

/* A write of the script was refused because the server is a replica: no write of it can have succeeded there. Redis 7
 * appends where in the script that was, older servers put it in front. */
static bool is_refused_write(const char *words, size_t length)
{
    return begins_with(words, length, "READONLY You can't write against a read only replica. script: ") ||
           (begins_with(words, length, "ERR Error running script (call to f_") &&
            ends_with(words, length, ": -READONLY You can't write against a read only replica."));
}

static bool is_worth_telling(podlink_status status)
{
    return status == PODLINK_EWRONGTYPE || status == PODLINK_ENOPERM || status == PODLINK_EOOM;
}

podlink_status pl_error_reply_script_status(const char *words, size_t length)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (matches(words, length, refusals[i].code))
            return refusals[i].status;
    if (is_redirect(words, length))
        return PODLINK_EREDIRECT;
    const podlink_status status = pl_error_reply_status(words, length);
    if (status == PODLINK_EREADONLY && is_refused_write(words, length))
        return status;
    return is_worth_telling(status) ? status : PODLINK_ESERVER;
}
