/* SPDX-License-Identifier: MIT */
/* The keys and arguments that a checked script is run with. */
#include "check/check_input.h"

#include "exit_code.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MADE_UP_MAX = 100 };

/* The next name of a declaration; NULL: there are no more. */
static const char *next_name(const char **at, size_t *length)
{
    const char *name = *at + strspn(*at, " ");

    *length = strcspn(name, " ");
    *at = name + *length;
    return *length > 0 ? name : NULL;
}

/* Whether a name declares any number of keys or arguments: "rest...". */
static bool is_open_ended(const char *name, size_t length)
{
    return length > 3 && strncmp(name + length - 3, "...", 3) == 0;
}

/* Compares the number of given texts with the declaration: the library would refuse another number. */
static int compare_count(const cli_session *session, const cli_texts *texts, const char *declared, const char *what)
{
    const char *at = declared;
    const char *name;
    size_t length;
    size_t count = 0;
    bool open_ended = false;
    cli_problem problem;

    while ((name = next_name(&at, &length))) {
        open_ended = is_open_ended(name, length);
        count += !open_ended;
    }
    if (texts->count == count || (open_ended && texts->count > count))
        return CLI_DONE;
    cli_problem_set(&problem, "the script declares %zu %s%s (%.100s), but %zu %s given", count, what,
                    count == 1 ? "" : "s", declared, texts->count, texts->count == 1 ? "is" : "are");
    return cli_fail_usage(&session->out, problem.text);
}

/* The highest n of KEYS[n] or ARGV[n] in the source. */
static size_t highest_index(const podlink_script_info *script, const char *table)
{
    size_t highest = 0;

    for (const char *at = strstr(script->source, table); at; at = strstr(at + 1, table)) {
        const char *digits = at + strlen(table);
        size_t index = isdigit((unsigned char)digits[0]) ? strtoul(digits, NULL, 10) : 0;
        highest = index > highest && index <= MADE_UP_MAX ? index : highest;
    }
    return highest;
}

/* Makes up what was not given: keys get their declared names, or key:1, key:2, ...; arguments are 1, which is valid as
 * text, number, pod and time. */
static bool generate(cli_texts *texts, const char *declared, size_t used, bool is_key)
{
    const char *name;
    size_t length;

    while (declared && (name = next_name(&declared, &length))) {
        size_t shown = is_open_ended(name, length) ? length - 3 : length;
        if (!cli_texts_add(texts, is_key ? name : "1", is_key ? shown : 1))
            return false;
    }
    while (!declared && texts->count < used) {
        char made[32];
        snprintf(made, sizeof made, is_key ? "key:%zu" : "1", texts->count + 1);
        if (!cli_texts_add(texts, made, strlen(made)))
            return false;
    }
    return true;
}

static int complete(const cli_session *session, const podlink_script_info *script, cli_texts *texts, bool is_key)
{
    const char *declared = is_key ? script->keys : script->args;
    size_t used = highest_index(script, is_key ? "KEYS[" : "ARGV[");

    if (texts->given)
        return declared ? compare_count(session, texts, declared, is_key ? "key" : "argument") : CLI_DONE;
    if (!generate(texts, declared, used, is_key))
        return cli_fail_memory(&session->out);
    texts->made_up = texts->count > 0;
    return CLI_DONE;
}

int cli_check_input_complete(cli_script_input *input, const cli_session *session, const podlink_script_info *script)
{
    int code = complete(session, script, &input->keys, true);

    return code == CLI_DONE ? complete(session, script, &input->args, false) : code;
}
