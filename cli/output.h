/* What the tool prints: results on stdout, failures on stderr; with --json both as objects on stdout. No file but this
 * pair knows how a failure looks. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli_text.h"

#include <podlink/status.h>

#include <jansson.h>
#include <stdbool.h>

/** How to print. */
typedef struct cli_output {
    char command[64]; /* the verb, for messages: "podlink link set" */
    bool json;
    bool quiet; /* no results; failures are printed all the same */
} cli_output;

/** Whether results are printed as JSON; false with --quiet. */
bool cli_wants_json(const cli_output *out);

/** A failure that is to be told. */
typedef struct cli_failure {
    podlink_status status;
    const char *message;        /* what failed and why */
    const char *next;           /* what to do, or NULL */
    const podlink_error *error; /* the library's, or NULL */
    size_t line;                /* of the input, or 0 */
} cli_failure;

/** Prints a failure, and returns the exit code of its status. */
int cli_fail(const cli_output *out, const cli_failure *failure);

/** A failure as cli_fail() prints it with --json, for one who adds to it. */
json_t *cli_failure_json(const cli_failure *failure);

/** Prints that the arguments are not valid and where help is; returns CLI_USAGE. */
int cli_fail_usage(const cli_output *out, const char *message);

/** Prints that there is no memory; returns the exit code. */
int cli_fail_memory(const cli_output *out);

/** Prints that this machine lacks something, as errno says; returns the exit code. */
int cli_fail_errno(const cli_output *out);

/** Prints a warning on stderr. */
void cli_warn(const cli_output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Prints an answer that is no result, such as "no such link": on stderr, and not with --quiet or --json. */
void cli_note(const cli_output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A new object that starts with the name of a status. Running out of memory ends the tool. */
json_t *cli_json(podlink_status status);

/** Prints an object on a line of its own and frees it. */
void cli_json_print(json_t *object);

/** Bytes as JSON: a string, or {"hex": "..."} where they are not UTF-8. */
json_t *cli_json_bytes(const char *bytes, size_t length);

/** A pod as JSON: a number; null where it is none; "unreadable" where the stored one was not a pod. */
json_t *cli_json_pod(int pod);

/** A pod as text: a number, "none" or "unreadable". */
typedef struct cli_pod_text {
    char text[16];
} cli_pod_text;
cli_pod_text cli_pod_to_text(int pod);

/** Writes bytes to stdout: as they are, or escaped where a terminal would obey them. */
void cli_print_bytes(const char *bytes, size_t length);

/** Writes a name to stdout, always escaped: one that others stored may hold anything. */
void cli_print_name(const char *name);

/** Whether stdout took all that was written; tells on stderr where not. Returns CLI_DONE or CLI_SERVER. */
int cli_output_finish(const cli_output *out);

#endif
