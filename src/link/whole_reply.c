/* A read of one key whose reply is kept whole. */
#include "link/whole_reply.h"

#include "base/error.h"

#include <string.h>

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const pl_whole_reply *whole = (pl_whole_reply *)request;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE + PL_KEY_SIZE + PL_NUMBER_MAX + PL_RESP_OVERHEAD))
        return false;
    if (whole->script) {
        pl_script_begin(out, whole->script, 1, whole->has_argument ? 1 : 0);
    } else {
        pl_resp_command(out, 2);
        pl_resp_argument(out, whole->command, strlen(whole->command));
    }
    pl_key_put(&whole->key, out);
    if (whole->has_argument)
        pl_resp_number(out, whole->argument);
    return true;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    pl_whole_reply *whole = (pl_whole_reply *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    whole->reply = pl_reply_handout(outcome->reply);
    if (!whole->reply)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    return PODLINK_OK;
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    (void)i;
    return pl_key_slot(&((const pl_whole_reply *)request)->key);
}

static const pl_request_ops whole_ops = {.encode = encode, .complete = complete, .slot = slot};

podlink_status pl_whole_reply_run(podlink_client *client, pl_whole_reply *whole, const char *name,
                                  const podlink_call *call, podlink_error *err)
{
    whole->reply = NULL;
    pl_request_init(&whole->request, &whole_ops, name, true, err);
    whole->request.reads_only = true;
    if (whole->script)
        return pl_script_run(client, &whole->request, whole->script, call, err);
    return pl_call_run(client, &whole->request, call, err);
}
