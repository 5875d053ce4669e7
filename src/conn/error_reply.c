/* What the server's error words mean. */
#include "conn/error_reply.h"

#include <stdbool.h>
#include <stddef.h>
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
