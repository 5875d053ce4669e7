/* What a user of the server has to be allowed: the least ACL rule for the parts of the API that a program uses. */
#ifndef PODLINK_ACL_H
#define PODLINK_ACL_H

#include <podlink/export.h>
#include <podlink/status.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A part of the API. A set of them is their sum. */
typedef enum podlink_acl_part {
    PODLINK_ACL_LINKS = 1,        /* podlink_link_..., but for podlink_link_compute() */
    PODLINK_ACL_COMPUTE = 2,      /* podlink_link_compute(): reads the states of pods, too */
    PODLINK_ACL_STATES = 4,       /* podlink_state_... */
    PODLINK_ACL_WORKLOADS = 8,    /* podlink_workload_... */
    PODLINK_ACL_SCRIPTS = 16,     /* podlink_scripts_load() and podlink_scripts_loaded() */
    PODLINK_ACL_OWN_SCRIPTS = 32, /* to load and call scripts of your own: their keys and commands come on top */
    PODLINK_ACL_SESSIONS = 64,    /* to connect, and no more: what runs in a session is yours. So it is with
                                     podlink_command_run() */
    PODLINK_ACL_DATABASE = 128,   /* a database other than 0 */
    PODLINK_ACL_CLIENT_NAME = 256,
    PODLINK_ACL_FUNCTIONS = 512, /* the built-in scripts as functions: PODLINK_BACKEND_FUNCTIONS. Changes the others */
    PODLINK_ACL_SENTINEL = 1024, /* a server that sentinels watch */
    PODLINK_ACL_CLUSTER = 2048,
    PODLINK_ACL_REPLICAS = 4096, /* to read from replicas in a cluster */
    PODLINK_ACL_ACKS = 8192,     /* writes that wait for replicas */
    PODLINK_ACL_SENTINEL_USER =
        16384 /* sentinel_user, who is a user of the sentinels: goes alone, or with CLIENT_NAME */
} podlink_acl_part;

/** The name of a part: "links", "own-scripts", ...; NULL where it is none, so that all can be gone through from 1 on,
 *  each twice the one before. Static; any thread. */
PODLINK_API const char *podlink_acl_part_name(uint32_t part);

/** The least rule for a user who is allowed nothing yet, as the server reads it behind ACL SETUSER: the patterns of
 *  keys and channels and the commands, with one space between two: "~sf:{prod:lk:* +ping +info +get". It holds for
 *  Redis 7.0 and later; 6.2 does not know evalsha_ro, which goes unused there.
 *  @param ns    of the keys
 *  @param rule  out: owned by the caller, podlink_free(); NULL on failure
 *  @return PODLINK_OK; EINVAL (err says what is wrong with ns or parts), ENOMEM. Any thread; does not block. */
PODLINK_API podlink_status podlink_acl_rule(const char *ns, uint32_t parts, char **rule, podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
