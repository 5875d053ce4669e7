/* What the eleven scripts promise, row by row: what stands in Redis, the call, the reply, what stands there afterwards.
 * Only data: script_case_run.h runs a row, through whatever back end (EVALSHA, our C functions, Redis Functions).
 *
 * Notation of a key's content:
 *   NULL           no such key
 *   "3"            a string (a link to pod 3), no TTL
 *   "3@60"         the same with a TTL of 60 seconds
 *   "a=1,b=2"      a hash
 *   "list"         a key of the wrong type ("list@60": with a TTL)
 * and in states, arguments and replies:
 *   {now} {now-60000}   the server's clock in ms when the row began, less so many
 *   {stamp}             (afterwards only) a clock stamp in ms that the call itself wrote
 * Notation of a reply: "['3' '-1']" an array of bulk strings, "[1]" of integers, "[]" empty,
 *   "!WRONGTYPE" an error that contains this text, and then all three keys are as before. */
#ifndef PODLINK_TESTS_SCRIPT_CASES_H
#define PODLINK_TESTS_SCRIPT_CASES_H

#include <stddef.h>

#define ROW_NAMESPACE "test"
#define ROW_UID       "user"
#define ROW_SERVICE   "game"
#define ROW_LINK_KEY  "sf:{" ROW_NAMESPACE ":lk:" ROW_UID "}" ROW_SERVICE
#define ROW_INDEX_KEY "sf:{" ROW_NAMESPACE ":lk:" ROW_UID "}"
#define ROW_STATE_KEY "sf:{" ROW_NAMESPACE ":state:" ROW_SERVICE "}"

enum { ROW_ARGS_MAX = 3, ROW_KEYS_MAX = 2 };

struct row_content {
    const char *link;
    const char *index;
    const char *state;
};

struct row {
    const char *name;   /* a sentence */
    const char *script; /* the name of its file, without .lua */
    struct row_content before;
    const char *args[ROW_ARGS_MAX + 1]; /* ARGV, ends with NULL; the service is always ROW_SERVICE */
    const char *reply;
    struct row_content after;
};

/** All rows. A typed back end skips those whose arguments its types cannot hold ("03" as a pod). */
const struct row *rows(size_t *count);

/** The keys of a script, in the order of its KEYS.
 *  @return how many; 0 for a name that is no script. */
size_t row_keys(const char *script, const char *keys[ROW_KEYS_MAX]);

#endif
