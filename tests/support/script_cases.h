/* SPDX-License-Identifier: MIT */
/* The specification of the eleven scripts as a table of test cases: keys before, call, reply, keys after. Only data:
 * script_case_run.h runs a case through any back end (EVALSHA, the C functions, Redis Functions).
 *
 * Notation of a key's content:
 *   NULL           no such key
 *   "3"            a string (a link to pod 3), no TTL
 *   "3@60"         the same with a TTL of 60 seconds
 *   "a=1,b=2"      a hash
 *   "list"         a key of the wrong type ("list@60": with a TTL)
 * and in states, arguments and replies:
 *   {now} {now-60000}   the server's clock in ms when the case began; so many ms less
 *   {stamp}             (afterwards only) a clock stamp in ms that the call itself wrote
 * Notation of a reply: "['3' '-1']" an array of bulk strings, "[1]" of integers, "[]" empty, "!WRONGTYPE" an error that
 * contains this text; then all three keys are as before. */
#ifndef PODLINK_TESTS_SCRIPT_CASES_H
#define PODLINK_TESTS_SCRIPT_CASES_H

#include <stddef.h>

#define CASE_NAMESPACE "test"
#define CASE_UID       "user"
#define CASE_SERVICE   "game"
#define CASE_LINK_KEY  "sf:{" CASE_NAMESPACE ":lk:" CASE_UID "}" CASE_SERVICE
#define CASE_INDEX_KEY "sf:{" CASE_NAMESPACE ":lk:" CASE_UID "}"
#define CASE_STATE_KEY "sf:{" CASE_NAMESPACE ":state:" CASE_SERVICE "}"

enum { CASE_ARGS_MAX = 3, CASE_KEYS_MAX = 2 };

struct script_case_content {
    const char *link;
    const char *index;
    const char *state;
};

struct script_case {
    const char *name;   /* a sentence */
    const char *script; /* the name of its file, without .lua */
    struct script_case_content before;
    const char *args[CASE_ARGS_MAX + 1]; /* ARGV, ends with NULL; the service is always CASE_SERVICE */
    const char *reply;
    struct script_case_content after;
};

/** All cases. A typed back end skips those whose arguments its types cannot hold ("03" as a pod). */
const struct script_case *script_cases(size_t *count);

/** The keys of a script, in the order of its KEYS.
 *  @return how many; 0 if there is no script of that name */
size_t script_case_keys(const char *script, const char *keys[CASE_KEYS_MAX]);

#endif
