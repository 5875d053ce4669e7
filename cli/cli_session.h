/* One run of a verb: its words and options, and the client it talks through. Verbs get their server from here only. */
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
    bool private_server;    /* nobody named a server, so it is the private one */
} cli_session;

/** Finds the server's URL and opens a client, which connects at its first call. Tells what fails.
 *  @return CLI_DONE, or the exit code. */
int cli_session_open(cli_session *session);

/** Closes the client and wipes the URL. */
void cli_session_close(cli_session *session);

/** A failed call as a failure that can be told; borrows from the error. */
cli_failure cli_session_failure(const cli_session *session, const podlink_error *error);

/** Tells that a call has failed, and what to do next where that is known; returns the exit code. */
int cli_session_fail(const cli_session *session, const podlink_error *error);

/** The advice for a failed call, or NULL. */
const char *cli_session_advice(const cli_session *session, podlink_status status);

/** The value of an option that is a number.
 *  @param value  in: the default; out
 *  @return CLI_DONE; CLI_USAGE: told. */
int cli_session_number(const cli_session *session, cli_option option, int64_t min, int64_t max, int64_t *value);

/** The value of an option that is a duration; as cli_session_number(). */
int cli_session_duration(const cli_session *session, cli_option option, int64_t *seconds);

/** Log records go to stderr. */
void cli_session_log(void *context, const podlink_log_record *record);

#endif
