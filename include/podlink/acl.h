/* SPDX-License-Identifier: MIT */
/* Access control: the smallest Redis ACL rule that permits the parts of the API that a program uses. */
#ifndef PODLINK_ACL_H
#define PODLINK_ACL_H

#include <podlink/export.h>
#include <podlink/status.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A part of the API. Combine parts with `|`. */
typedef enum podlink_acl_part {
    PODLINK_ACL_LINKS = 1,            /* podlink_link_...(), except podlink_link_compute() */
    PODLINK_ACL_COMPUTE = 2,          /* podlink_link_compute(): also reads the states of the pods */
    PODLINK_ACL_STATES = 4,           /* podlink_state_...() */
    PODLINK_ACL_WORKLOADS = 8,        /* podlink_workload_...() */
    PODLINK_ACL_SCRIPTS = 16,         /* podlink_scripts_load() and podlink_scripts_loaded() */
    PODLINK_ACL_OWN_SCRIPTS = 32,     /* load and call your own scripts. Add their keys and commands to the rule */
    PODLINK_ACL_SESSIONS = 64,        /* connect only. Add what your sessions or podlink_command_run() execute */
    PODLINK_ACL_DATABASE = 128,       /* a database other than 0 */
    PODLINK_ACL_CLIENT_NAME = 256,    /* the option client_name */
    PODLINK_ACL_FUNCTIONS = 512,      /* PODLINK_BACKEND_FUNCTIONS. Changes the rule of the other parts */
    PODLINK_ACL_SENTINEL = 1024,      /* a server that is monitored by sentinels */
    PODLINK_ACL_CLUSTER = 2048,       /* a node of a cluster */
    PODLINK_ACL_REPLICAS = 4096,      /* PODLINK_READ_REPLICA in a cluster */
    PODLINK_ACL_ACKS = 8192,          /* podlink_call.acks: writes that wait for replicas */
    PODLINK_ACL_SENTINEL_USER = 16384 /* the option sentinel_user: an ACL user of the sentinels, not of the servers.
                                         Alone, or with PODLINK_ACL_CLIENT_NAME */
} podlink_acl_part;

/** The name of a part: "links", "own-scripts", ... A number that is not a part returns NULL, which ends a loop over 1,
 *  2, 4, ... The string is static. Any thread. */
PODLINK_API const char *podlink_acl_part_name(uint32_t part);

/** Makes the smallest rule for a user who has no permissions yet, in the syntax of ACL SETUSER: patterns of keys and
 *  channels, then commands, separated by single spaces: "~sf:{prod:lk:* +ping +info +get". The rule is for Redis 7.0
 *  and later. Redis 6.2 does not know +evalsha_ro: leave it out there.
 *  @param ns     the namespace of the keys
 *  @param parts  PODLINK_ACL_... combined with `|`
 *  @param rule   out: owned by the caller, podlink_free(); NULL on failure
 *  @return PODLINK_OK; EINVAL (err says what is wrong with ns or parts), ENOMEM. Any thread. Does not block. */
PODLINK_API podlink_status podlink_acl_rule(const char *ns, uint32_t parts, char **rule, podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
