/* SPDX-License-Identifier: MIT */
/* The table of operations. */
#include "ops/operations.h"

#include "script/builtin.h"

#include <podlink/acl.h>

const pl_operation pl_operations[PL_OP_END] = {
#define OPERATION(id, decoder, ...) [PL_OP_##id] = {.decode = decoder, __VA_ARGS__},
#define COMPOSED(id, ...)           [PL_OP_##id] = {__VA_ARGS__},
#include "ops/operations.def"
#undef OPERATION
#undef COMPOSED
};

/* The whole reply is kept: a list is made of it without the connection's lock. */
podlink_status pl_decode_reply(pl_reply *reply, pl_op_result *result)
{
    result->reply = pl_reply_handout(reply);
    return result->reply ? PODLINK_OK : PODLINK_ENOMEM;
}
