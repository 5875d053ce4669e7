/* A user who is allowed exactly what a rule says, and what servers have refused him. */
#ifndef PODLINK_TESTS_ACL_H
#define PODLINK_TESTS_ACL_H

#include "ask.h"

enum { ACL_RULE_MAX = 2048 };

/** Makes the user "eva" of a server, whom nothing else is allowed, and empties its log of refusals. A server tells no
 *  other of its users. */
bool acl_allow(const struct test_server *server, const char *password, const char *rule);

/** What stands in an answer to ACL LOG, or "": "get", "auth", a key or a channel. The EVAL that asks for permissions is
 *  left out: it is in no rule. Static: valid until the next call. */
const char *acl_refused_in(const redisReply *log);

/** The same of a server's own log. */
const char *acl_refused(const struct test_server *server);

/** The rule without its n-th word.
 *  @param rest  out: ACL_RULE_MAX bytes
 *  @return the word, static; NULL: it has fewer */
const char *acl_without(const char *rule, size_t n, char *rest);

#endif
