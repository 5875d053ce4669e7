/* A read of one key whose reply is kept whole. */
#include "ops/read_op.h"

#include "base/error.h"

#include <string.h>

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const pl_read_op *read_op = (pl_read_op *)request;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE + PL_KEY_SIZE + PL_NUMBER_MAX + PL_RESP_OVERHEAD))
        return false;
    if (read_op->script) {
        pl_script_begin(out, read_op->script, 1, read_op->has_argument ? 1 : 0);
    } else {
        pl_resp_command(out, 2);
        pl_resp_argument(out, read_op->command, strlen(read_op->command));
    }
    pl_key_put(&read_op->key, out);
    if (read_op->has_argument)
        pl_resp_number(out, read_op->argument);
    return true;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    pl_read_op *read_op = (pl_read_op *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    read_op->reply = pl_reply_handout(outcome->reply);
    if (!read_op->reply)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    return PODLINK_OK;
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    (void)i;
    return pl_key_slot(&((const pl_read_op *)request)->key);
}

static const pl_request_ops read_op_ops = {.encode = encode, .complete = complete, .slot = slot};

podlink_status pl_read_op_run(podlink_client *client, pl_read_op *read_op, const char *name, const podlink_call *call,
                              podlink_error *err)
{
    read_op->reply = NULL;
    pl_request_init(&read_op->request, &read_op_ops, name, true, err);
    read_op->request.reads_only = true;
    if (read_op->script)
        return pl_script_run(client, &read_op->request, read_op->script, call, err);
    return pl_call_run(client, &read_op->request, call, err);
}
