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

extern const cli_verb cli_verbs[];
extern const size_t cli_verb_count;

/** The verb named by the first words.
 *  @param used  out: the number of words in its name
 *  @return NULL: there is none. */
const cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *used);

/** Whether a verb starts with this noun. */
bool cli_noun_exists(const char *noun);

#endif
