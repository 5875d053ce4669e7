/* SPDX-License-Identifier: MIT */
/* The table of verbs, used by dispatch, --help and the tests of the completion. */
#ifndef CLI_VERB_TABLE_H
#define CLI_VERB_TABLE_H

#include "arguments.h"
#include "cli_session.h"

#include <stddef.h>

typedef struct cli_verb {
    const char *noun;
    const char *name;      /* NULL: the noun alone is the verb: "podlink ping" */
    const char *arguments; /* for the usage line; NULL: none */
    size_t words_min;      /* number of arguments */
    size_t words_max;
    size_t stdin_at; /* index from which on "-" replaces the arguments: lines from standard input; 0: never */
    cli_options options;
    int (*run)(cli_session *session);
    const char *summary;  /* one line */
    const char *details;  /* whole lines, or NULL */
    const char *examples; /* whole lines */
} cli_verb;

/** Sets of options that many verbs have. */
#define CLI_PRINTING   (CLI_SET(JSON) | CLI_SET(QUIET) | CLI_SET(HELP))
#define CLI_CONNECTING (CLI_SET(URL) | CLI_SET(URL_FILE) | CLI_SET(TIMEOUT) | CLI_SET(VERBOSE) | CLI_PRINTING)
#define CLI_DOMAIN     (CLI_SET(NS) | CLI_CONNECTING)
#define CLI_OWN        (CLI_SET(FILE) | CLI_SET(DIR))
#define CLI_INPUT      (CLI_SET(KEY) | CLI_SET(KEYS) | CLI_SET(ARG) | CLI_SET(ARGS))

/** The longest --interval. */
enum { CLI_INTERVAL_MAX_MS = 3600000 };

/* The verbs of each file, which end with one without a noun. */
extern const cli_verb cli_link_verbs[];
extern const cli_verb cli_state_verbs[];
extern const cli_verb cli_workload_verbs[];
extern const cli_verb cli_script_verbs[];
extern const cli_verb cli_script_check_verb[];
extern const cli_verb cli_command_verb[];
extern const cli_verb cli_server_verbs[];
extern const cli_verb cli_ping_verb[];
extern const cli_verb cli_stats_verb[];
extern const cli_verb cli_acl_verb[];
extern const cli_verb cli_help_verbs[];

/** All verbs: the i-th one, NULL after the last. */
const cli_verb *cli_verb_at(size_t i);

/** The verb named by the first words.
 *  @param used  out: the number of words in its name
 *  @return NULL: there is none. */
const cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *used);

/** Whether a verb starts with this noun. */
bool cli_noun_exists(const char *noun);

#endif
