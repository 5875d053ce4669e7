/* SPDX-License-Identifier: MIT */
/* A user with exactly the permissions of a rule, and what the server refused to this user. */
#ifndef PODLINK_TESTS_ACL_H
#define PODLINK_TESTS_ACL_H

#include "ask.h"

enum { ACL_RULE_MAX = 2048 };

/** Makes the user "eva" of a server, with no other permission, and empties the server's log of refusals. Users are not
 *  replicated: each server needs its own. */
bool acl_allow(const struct test_server *server, const char *password, const char *rule);

/** The object of a refusal in an answer to ACL LOG ("get", "auth", a key or a channel), or "" if nothing was refused.
 *  The EVAL that asks for permissions is left out: no rule has it. Static: valid until the next call. */
const char *acl_refused_in(const redisReply *log);

/** The same for a server's own log. */
const char *acl_refused(const struct test_server *server);

/** The rule without its n-th word.
 *  @param rest  out: ACL_RULE_MAX bytes
 *  @return the word, static; NULL: the rule has fewer words */
const char *acl_without(const char *rule, size_t n, char *rest);

#endif
