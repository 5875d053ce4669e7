/* SPDX-License-Identifier: MIT */
/* The table of operations on links, states and workloads: what each one sends, how its reply is decoded, and what
 * callers and the library may do with it. The rows are in operations.def. Single calls, batches and the ACL rules work
 * from this table. */
#ifndef PL_OPS_OPERATIONS_H
#define PL_OPS_OPERATIONS_H

#include "ops/name.h"
#include "resp/reply.h"

#include <podlink/link.h>
#include <podlink/state.h>

#include <stdbool.h>
#include <stdint.h>

typedef enum pl_operation_id {
    PL_OP_NONE,
#define OPERATION(id, decoder, ...) PL_OP_##id,
#define COMPOSED(id, ...)           PL_OP_##id,
#include "ops/operations.def"
#undef OPERATION
#undef COMPOSED
    PL_OP_END
} pl_operation_id;

/** The keys of an operation, a bit each, in the order in which they are sent. They also say which names it takes. */
enum { PL_KEY_LINK = 1, PL_KEY_INDEX = 2, PL_KEY_STATE = 4, PL_KEY_WORKLOAD = 8 };

/** An argument behind the keys. */
typedef enum pl_op_argument {
    PL_ARG_NONE,
    PL_ARG_SERVICE,
    PL_ARG_POD,
    PL_ARG_PERSIST, /* seconds, or PODLINK_FOREVER */
    PL_ARG_KEEP,    /* the same, under another name in messages */
    PL_ARG_AGE,
    PL_ARG_LOAD,
    PL_ARG_ROUTING,
    PL_ARG_TEXT
} pl_op_argument;

enum { PL_ARGS_MAX = 4, PL_STEPS_MAX = 4 };

/** What a caller gives. An operation uses what its keys and its arguments name. */
typedef struct pl_op_args {
    const char *missing; /* the name of a parameter that the caller passed as NULL; else NULL */
    pl_name ns;
    pl_name service;
    pl_name uid;
    pl_name text;    /* a workload state, any bytes but NUL */
    int64_t seconds; /* persist_s or keep_s */
    int64_t max_age_ms;
    int64_t load;
    int32_t pod;
    podlink_routing routing;
} pl_op_args;

/** What a reply means. An operation sets what its decoder says. */
typedef struct pl_op_result {
    int32_t pod; /* of set: the previous one; of set if absent and try set: the one in force; else PODLINK_NO_POD */
    int32_t previous;     /* of try set */
    int64_t number;       /* of an operation whose result is not a pod; else 0 */
    podlink_state state;  /* all but its pod */
    podlink_reply *reply; /* a whole reply, for lists: owned by the caller, podlink_reply_free(); else NULL */
} pl_op_result;

/** Decodes a reply that is not an error. Runs under the connection's lock.
 *  @param result  pod and previous are PODLINK_NO_POD, number is 0, reply is NULL
 *  @return PODLINK_OK or another status that is no failure; ECORRUPT, EREPLY, ENOMEM: pl_op sets the message */
typedef podlink_status pl_decode_fn(pl_reply *reply, pl_op_result *result);

/** A step of an operation that is composed of others. The pod of its result is the argument of the next step. */
typedef struct pl_op_step {
    pl_operation_id id;
    podlink_status goes_on_after; /* the next step, if there is one, follows this status; any other status is the end */
} pl_op_step;

typedef struct pl_operation {
    const char *name;               /* for messages; podlink_<name>() is its function */
    const char *command;            /* the Redis command that does it, NULL: the script */
    int script;                     /* PL_SCRIPT_... */
    pl_op_step steps[PL_STEPS_MAX]; /* instead of command and script; ends with PL_OP_NONE */
    uint8_t keys;
    uint8_t arguments[PL_ARGS_MAX + 1]; /* pl_op_argument, in the order in which they are sent; ends with PL_ARG_NONE */
    bool is_repeatable;                 /* a second run does no harm and returns the same */
    bool reads_only;                    /* a replica may serve it */
    uint32_t acl_part;                  /* of podlink_acl_part */

    pl_decode_fn *decode; /* NULL: composed of steps */
} pl_operation;

/** By pl_operation_id. */
extern const pl_operation pl_operations[PL_OP_END];

/* The decoders that the rows name. */
#define OPERATION(id, decoder, ...) pl_decode_fn decoder;
#define COMPOSED(id, ...)
#include "ops/operations.def"
#undef OPERATION
#undef COMPOSED

#endif
