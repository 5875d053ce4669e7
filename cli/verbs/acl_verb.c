/* SPDX-License-Identifier: MIT */
/* "podlink acl": prints the library's ACL rule as a command to paste into redis-cli. */
#include "verb_table.h"

#include "exit_code.h"

#include <podlink/acl.h>
#include <podlink/client.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The bit of a part; 0 if the name is unknown. */
static uint32_t find_part(const char *word)
{
    const char *name;

    for (uint32_t part = 1; (name = podlink_acl_part_name(part)); part *= 2)
        if (strcmp(name, word) == 0)
            return part;
    return 0;
}

static int read_parts(const cli_session *session, uint32_t *parts)
{
    cli_problem problem;

    *parts = 0;
    for (size_t i = 0; i < session->word_count; i++) {
        uint32_t part = find_part(session->words[i]);
        if (part == 0) {
            cli_problem_set(&problem, "unknown part %s; parts are links, compute, states, workloads and others",
                            cli_quote(session->words[i]).text);
            return cli_fail_usage(&session->out, problem.text);
        }
        *parts |= part;
    }
    return CLI_DONE;
}

/* The name must be one word of the printed command. */
static int check_user(const cli_session *session, const char *user)
{
    cli_problem problem;
    const char *at = user;

    while (isalnum((unsigned char)*at) || (*at && strchr("_-.:@", *at)))
        at++;
    if (*user && !*at)
        return CLI_DONE;
    cli_problem_set(&problem, "--user %s may contain only letters, digits and _-.:@", cli_quote(user).text);
    return cli_fail_usage(&session->out, problem.text);
}

static json_t *part_names(uint32_t parts)
{
    json_t *names = json_array();
    const char *name;

    for (uint32_t part = 1; (name = podlink_acl_part_name(part)); part *= 2)
        if (parts & part)
            json_array_append_new(names, json_string(name));
    return names;
}

/* The words of the rule with this first character, without it. */
static json_t *rule_words(const char *rule, char first)
{
    json_t *words = json_array();

    for (const char *at = rule; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (*at == first)
            json_array_append_new(words, json_stringn(at + 1, length - 1));
        at += length;
    }
    return words;
}

static void print_json(const cli_session *session, const char *user, uint32_t parts, const char *rule)
{
    json_t *object = cli_json(PODLINK_OK);

    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "user", json_string(user));
    json_object_set_new(object, "parts", part_names(parts));
    json_object_set_new(object, "keys", rule_words(rule, '~'));
    json_object_set_new(object, "channels", rule_words(rule, '&'));
    json_object_set_new(object, "commands", rule_words(rule, '+'));
    json_object_set_new(object, "rule", json_string(rule));
    cli_json_print(object);
}

static int print_rule(const cli_session *session, const char *user, uint32_t parts)
{
    char *rule;
    podlink_error error;

    if (parts == 0)
        return CLI_DONE;
    if (podlink_acl_rule(session->ns, parts, &rule, &error) < 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out))
        print_json(session, user, parts, rule);
    else if (!session->out.quiet)
        printf("ACL SETUSER %s reset on >PASSWORD resetchannels %s\n", user, rule);
    podlink_free(rule);
    return CLI_DONE;
}

/* The parts of the user on the servers. 0: only parts of the sentinels' user are given; client-name belongs to both. */
static uint32_t server_parts(uint32_t parts)
{
    const uint32_t selected = parts & ~(uint32_t)PODLINK_ACL_SENTINEL_USER;

    return selected == PODLINK_ACL_CLIENT_NAME && selected != parts ? 0 : selected;
}

/* The parts of the user on the sentinels, where a client sets its name, too. */
static uint32_t sentinel_parts(uint32_t parts)
{
    const uint32_t mask = PODLINK_ACL_SENTINEL_USER | PODLINK_ACL_CLIENT_NAME;

    return parts & PODLINK_ACL_SENTINEL_USER ? parts & mask : 0;
}

static int cli_acl(cli_session *session)
{
    const char *given = session->arguments->value[CLI_USER];
    const char *user = given ? given : "podlink";
    uint32_t parts;
    int code = read_parts(session, &parts);

    if (code == CLI_DONE)
        code = check_user(session, user);
    if (code == CLI_DONE)
        code = print_rule(session, user, server_parts(parts));
    if (code == CLI_DONE)
        code = print_rule(session, user, sentinel_parts(parts));
    return code;
}

const cli_verb cli_acl_verb[] = {
    {
        .noun = "acl",
        .arguments = "PART...",
        .words_min = 1,
        .words_max = 32,
        .options = CLI_SET(NS) | CLI_SET(USER) | CLI_PRINTING,
        .run = cli_acl,
        .summary = "print the minimal ACL rule for the parts of podlink that a user needs",
        .details =
            "Parts: links, compute, states, workloads, scripts, own-scripts, sessions, database, client-name,\n"
            "functions, sentinel, cluster, replicas, acks; and sentinel-user, a user on the sentinels, printed on "
            "a line of\n"
            "its own. Needs no server. Replace PASSWORD by the password.\n",
        .examples = "podlink acl --ns prod links compute\n"
                    "podlink acl --ns prod --user pod states sentinel\n",
    },
    {.noun = NULL},
};
