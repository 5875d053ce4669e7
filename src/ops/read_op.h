/* A read of one key whose reply is kept whole, to be made into a list without any lock held. */
#ifndef PL_OPS_READ_OP_H
#define PL_OPS_READ_OP_H

#include "ops/key.h"
#include "script/script_call.h"

typedef struct pl_read_op {
    pl_request request;      /* first: its functions get it as theirs */
    const pl_script *script; /* NULL: command */
    const char *command;     /* of one key: "HGETALL" */
    pl_key key;
    int64_t argument; /* of the script, where has_argument */
    bool has_argument;
    podlink_reply *reply; /* out: owned by the caller, podlink_reply_free(); NULL on failure */
} pl_read_op;

/** Fill in script or command, key and argument before. Harmless to repeat. @return PODLINK_OK, or what failed */
podlink_status pl_read_op_run(podlink_client *client, pl_read_op *read_op, const char *name, const podlink_call *call,
                              podlink_error *err);

#endif
