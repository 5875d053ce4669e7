/* SPDX-License-Identifier: MIT */
/* Detects Redis commands that have a password among their arguments. Prints nothing. */
#include "verbs/command_secret.h"

#include <string.h>
#include <strings.h>

static bool is_word(const char *word, const char *name)
{
    return strcasecmp(word, name) == 0;
}

/* CONFIG SET name value [name value ...] */
static bool config_has_secret(const char *const *words, size_t count)
{
    static const char *const names[] = {"requirepass", "masterauth", "tls-key-file-pass", "tls-client-key-file-pass"};

    if (count < 2 || !is_word(words[1], "set"))
        return false;
    for (size_t i = 2; i + 1 < count; i += 2) {
        for (size_t name = 0; name < sizeof names / sizeof names[0]; name++)
            if (is_word(words[i], names[name]) && words[i + 1][0])
                return true;
    }
    return false;
}

/* ACL SETUSER user rule...: ">password" adds one, "<password" removes one. */
static bool acl_has_secret(const char *const *words, size_t count)
{
    for (size_t i = 3; i < count; i++)
        if (words[i][0] == '>' || words[i][0] == '<')
            return true;
    return false;
}

/* The word "auth" or "auth2" with an argument, as in HELLO and MIGRATE. */
static bool has_auth(const char *const *words, size_t count)
{
    for (size_t i = 1; i + 1 < count; i++)
        if (is_word(words[i], "auth") || is_word(words[i], "auth2"))
            return true;
    return false;
}

bool cli_command_has_secret(const char *const *words, size_t count)
{
    if (is_word(words[0], "auth"))
        return count > 1;
    if (is_word(words[0], "config"))
        return config_has_secret(words, count);
    if (is_word(words[0], "acl"))
        return count > 1 && is_word(words[1], "setuser") && acl_has_secret(words, count);
    return (is_word(words[0], "hello") || is_word(words[0], "migrate")) && has_auth(words, count);
}
