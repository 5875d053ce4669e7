/* SPDX-License-Identifier: MIT */
/* A user with exactly the permissions of a rule. */
#include "acl.h"

#include <stdio.h>
#include <string.h>

bool acl_allow(const struct test_server *server, const char *password, const char *rule)
{
    char line[ACL_RULE_MAX + 256];
    snprintf(line, sizeof line, "ACL SETUSER eva reset on >%s resetchannels %s", password, rule);
    return ask_ok(server, line) && ask_ok(server, "ACL LOG RESET");
}

const char *acl_refused_in(const redisReply *log)
{
    static char found[64];
    found[0] = '\0';
    for (size_t i = 0; log && i < log->elements; i++) {
        const char *object = ask_field(log->element[i], "object");
        if (strcmp(object, "eval") != 0)
            snprintf(found, sizeof found, "%s", object);
    }
    return found;
}

const char *acl_refused(const struct test_server *server)
{
    redisReply *log = ask(server, "ACL LOG 128");
    const char *found = acl_refused_in(log);
    freeReplyObject(log);
    return found;
}

const char *acl_without(const char *rule, size_t n, char *rest)
{
    static char word[ACL_RULE_MAX];
    char copy[ACL_RULE_MAX], *saved = NULL;
    const char *found = NULL;
    snprintf(copy, sizeof copy, "%s", rule);
    rest[0] = '\0';
    for (char *at = strtok_r(copy, " ", &saved); at; at = strtok_r(NULL, " ", &saved), n--) {
        if (n == 0) {
            snprintf(word, sizeof word, "%s", at);
            found = word;
            continue;
        }
        snprintf(rest + strlen(rest), ACL_RULE_MAX - strlen(rest), "%s ", at);
    }
    return found;
}
