/* SPDX-License-Identifier: MIT */
/* One run of a verb: its words, options and client. All verbs find their server here. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "arguments.h"
#include "output.h"

#include <podlink/client.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_session {
    cli_output out;
    const cli_arguments *arguments;
    const char *const *words; /* the verb's own arguments */
    size_t word_count;
    const char *ns;
    podlink_call call;
    podlink_client *client; /* NULL until cli_session_open() */
    char *url;              /* may hold a password */
    bool private_server;    /* no server was named: it is the private one */
} cli_session;

/** Finds the server's URL and opens a client, which connects at its first call. Prints what fails.
 *  @return CLI_DONE, or the exit code. */
int cli_session_open(cli_session *session);

/** Closes the client and wipes the URL. */
void cli_session_close(cli_session *session);

/** A failed call as a failure for cli_fail(); borrows from the error. */
cli_failure cli_session_failure(const cli_session *session, const podlink_error *error);

/** Prints that a call has failed, and the advice if there is one; returns the exit code. */
int cli_session_fail(const cli_session *session, const podlink_error *error);

/** What the user can do about a failed call, or NULL. */
const char *cli_session_advice(const cli_session *session, podlink_status status);

/** Parses the value of a numeric option.
 *  @param value  in: the default; out
 *  @return CLI_DONE; CLI_USAGE: the error was printed. */
int cli_session_number(const cli_session *session, cli_option option, int64_t min, int64_t max, int64_t *value);

/** Parses the value of an option that is a duration; as cli_session_number(). */
int cli_session_duration(const cli_session *session, cli_option option, int64_t *seconds);

/** Log function of the library: prints records on stderr. */
void cli_session_log(void *context, const podlink_log_record *record);

#endif
