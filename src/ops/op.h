/* SPDX-License-Identifier: MIT */
/* One operation in progress: on the arguments of a single call, or on the n items of a batch. */
#ifndef PL_OPS_OP_H
#define PL_OPS_OP_H

#include "conn/request.h"
#include "ops/operations.h"
#include "script/script_call.h"

#include <stddef.h>

/** How a batch reaches its items. */
typedef struct pl_op_items {
    /** Sets the texts of the names of item i, without their lengths, and its numbers. */
    void (*load)(const void *items, uint32_t i, pl_op_args *args);

    /** Takes the outcome of item i. Runs under the connection's lock. */
    void (*store)(void *items, uint32_t i, podlink_status status, podlink_delivery delivery,
                  const pl_op_result *result);
} pl_op_items;

typedef struct pl_op {
    pl_request request; /* first: its functions cast to this */
    const pl_operation *operation;
    const pl_script *script;   /* NULL: a plain command */
    const pl_op_items *access; /* NULL: args and result are here */
    void *items;               /* borrowed */
    pl_op_args args;
    pl_op_result result;
} pl_op;

/** Runs a single call to its end.
 *  @param op  args are set, the names without their lengths; borrowed until the return. out: result; its state is set
 * only by PODLINK_OK
 *  @return the status of the operation; EINVAL: err names the argument. Blocks until the deadline at most. */
podlink_status pl_op_run(pl_op *op, pl_operation_id id, podlink_client *client, const podlink_call *call,
                         podlink_error *err);

/** Runs the same operation on count items, in one pipeline. All items are checked before a byte is sent. Items that
 *  change the same keys take effect in the order of the array. Each item's outcome is stored, also if nothing was sent.
 *  @return PODLINK_OK, or the status of the first item that failed, which err names */
podlink_status pl_op_run_batch(pl_operation_id id, const pl_op_items *access, void *items, size_t count,
                               podlink_client *client, const podlink_call *call, podlink_error *err);

#endif
