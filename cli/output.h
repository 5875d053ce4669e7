/* SPDX-License-Identifier: MIT */
/* Output: results on stdout, failures on stderr; with --json both as objects on stdout. The format of a failure is
 * known here only. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli_text.h"

#include <podlink/status.h>

#include <jansson.h>
#include <stdbool.h>

/** Output options. */
typedef struct cli_output {
    char command[64]; /* the verb, for messages: "podlink link set" */
    bool json;
    bool quiet; /* print failures only */
} cli_output;

/** Whether results are printed as JSON; false with --quiet. */
bool cli_wants_json(const cli_output *out);

/** A failure to print. */
typedef struct cli_failure {
    podlink_status status;
    const char *message;        /* what failed and why */
    const char *next;           /* what the user can do, or NULL */
    const podlink_error *error; /* of the library, or NULL */
    size_t line;                /* line number of the input, or 0 */
} cli_failure;

/** Prints a failure, and returns the exit code of its status. */
int cli_fail(const cli_output *out, const cli_failure *failure);

/** The object that cli_fail() prints with --json, for callers that add members. */
json_t *cli_failure_json(const cli_failure *failure);

/** Prints a usage error with a pointer to the help; returns CLI_USAGE. */
int cli_fail_usage(const cli_output *out, const char *message);

/** Prints "out of memory"; returns the exit code. */
int cli_fail_memory(const cli_output *out);

/** Prints the text of errno, for a resource that this machine lacks; returns the exit code. */
int cli_fail_errno(const cli_output *out);

/** Prints a warning on stderr. */
void cli_warn(const cli_output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Prints a negative answer such as "no such link" on stderr; nothing with --quiet or --json. */
void cli_note(const cli_output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A new object whose first member is the status. Exits the tool when out of memory. */
json_t *cli_json(podlink_status status);

/** Prints an object on a line of its own and frees it. */
void cli_json_print(json_t *object);

/** Bytes as JSON: a string, or {"hex": "..."} if they are not UTF-8. */
json_t *cli_json_bytes(const char *bytes, size_t length);

/** A pod as JSON: a number, null for "no pod", or "unreadable" if the stored value was not a pod. */
json_t *cli_json_pod(int pod);

/** A pod as text: a number, "none" or "unreadable". */
typedef struct cli_pod_text {
    char text[16];
} cli_pod_text;
cli_pod_text cli_pod_to_text(int pod);

/** Writes bytes to stdout: unchanged, or escaped if stdout is a terminal. */
void cli_print_bytes(const char *bytes, size_t length);

/** Writes a name to stdout, always escaped: names stored by other programs may contain any bytes. */
void cli_print_name(const char *name);

/** Flushes stdout and prints a failed write on stderr. Returns CLI_DONE or CLI_SERVER. */
int cli_output_finish(const cli_output *out);

#endif
