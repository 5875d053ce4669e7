/* SPDX-License-Identifier: MIT */
/* The table of verbs, used by dispatch, --help and the completion. The rows are next to the functions of the verbs. */
#include "verb_table.h"

#include <string.h>

static const cli_verb *const groups[] = {
    cli_link_verbs,   cli_state_verbs, cli_workload_verbs, cli_script_verbs, cli_script_check_verb, cli_command_verb,
    cli_server_verbs, cli_ping_verb,   cli_stats_verb,     cli_acl_verb,     cli_help_verbs,
};

const cli_verb *cli_verb_at(size_t i)
{
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++)
        for (const cli_verb *verb = groups[group]; verb->noun; verb++)
            if (i-- == 0)
                return verb;
    return NULL;
}

const cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *used)
{
    const cli_verb *verb;
    for (size_t i = 0; count > 0 && (verb = cli_verb_at(i)) != NULL; i++) {
        if (strcmp(verb->noun, words[0]) != 0)
            continue;
        if (!verb->name || (count > 1 && strcmp(verb->name, words[1]) == 0)) {
            *used = verb->name ? 2 : 1;
            return verb;
        }
    }
    return NULL;
}

bool cli_noun_exists(const char *noun)
{
    const cli_verb *verb;
    for (size_t i = 0; (verb = cli_verb_at(i)) != NULL; i++)
        if (strcmp(verb->noun, noun) == 0)
            return true;
    return false;
}
