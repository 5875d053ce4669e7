/* The table of verbs: dispatch, --help and completion come from it. */
#ifndef CLI_VERB_TABLE_H
#define CLI_VERB_TABLE_H

#include "arguments.h"
#include "cli_session.h"

#include <stddef.h>

typedef struct cli_verb {
    const char *noun;
    const char *name;      /* NULL where the noun is the whole verb: "podlink ping" */
    const char *arguments; /* NULL: it takes none */
    size_t words_min;      /* how many arguments */
    size_t words_max;
    size_t stdin_at; /* the argument that "-" may stand for, with all behind it: lines from standard input; 0: none */
    cli_options options;
    int (*run)(cli_session *session);
    const char *summary;  /* one line */
    const char *details;  /* whole lines, or NULL */
    const char *examples; /* whole lines */
} cli_verb;

extern const cli_verb cli_verbs[];
extern const size_t cli_verb_count;

/** The verb that the first words name.
 *  @param used  out: how many words are its name
 *  @return NULL where there is none. */
const cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *used);

/** Whether any verb starts with this noun. */
bool cli_noun_exists(const char *noun);

#endif
