/* SPDX-License-Identifier: MIT */
/* A call of a script of any name as a request. */
#include "script/evalsha.h"

#include "base/error.h"
#include "base/text.h"
#include "deployment/slot.h"
#include "script/script_call.h"
#include "script/value.h"

#include <stdio.h>
#include <string.h>

enum { ARGUMENTS_MAX = 1024 * 1024 };

typedef struct texts {
    const char *const *at;
    const size_t *lengths;
    size_t count;
} texts;

static texts keys_of(const podlink_script_call *call)
{
    return (texts){call->keys, call->key_lengths, call->key_count};
}

static texts args_of(const podlink_script_call *call)
{
    return (texts){call->args, call->arg_lengths, call->arg_count};
}

static size_t length_of(const texts *t, size_t i)
{
    return t->lengths ? t->lengths[i] : strlen(t->at[i]);
}

static bool encode_texts(texts t, pl_buffer *out)
{
    for (size_t i = 0; i < t.count; i++) {
        size_t length = length_of(&t, i);
        if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD + length))
            return false;
        pl_resp_argument(out, t.at[i], length);
    }
    return true;
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const pl_evalsha *inv = (pl_evalsha *)request;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE))
        return false;
    pl_script_begin(out, inv->script, (uint32_t)inv->call->key_count, (uint32_t)inv->call->arg_count);
    return encode_texts(keys_of(inv->call), out) && encode_texts(args_of(inv->call), out);
}

/* False when out of memory. */
static bool take_value(pl_evalsha *inv, const pl_heap *heap, const podlink_reply *root)
{
    switch (inv->type) {
    case PODLINK_SCRIPT_INTEGER:
        return podlink_reply_integer(root, &inv->integer) == PODLINK_OK;
    case PODLINK_SCRIPT_STRING:
        if (podlink_reply_type_of(root) == PODLINK_REPLY_NIL)
            return true;
        inv->string = pl_value_string(heap, root, &inv->string_length);
        return inv->string != NULL;
    case PODLINK_SCRIPT_LIST:
        inv->list = pl_value_list(heap, root);
        return inv->list != NULL;
    case PODLINK_SCRIPT_MAP:
        inv->map = pl_value_map(heap, root);
        return inv->map != NULL;
    case PODLINK_SCRIPT_ANY:
        break;
    }
    return true;
}

static podlink_status no_memory(podlink_error *err)
{
    return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
}

/* Checks the type of a reply, and makes the value of it that the caller wants. */
static podlink_status read_reply(pl_evalsha *inv, const pl_heap *heap, const podlink_reply *root, const char *server,
                                 podlink_error *err)
{
    char why[192];
    if (!inv->is_queued && !pl_value_fits(inv->type, root, why, sizeof why))
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "script %s on %s: the reply is no %s: %s",
                            inv->script->name, server, pl_reply_word(inv->type), why);
    if (inv->want == PL_WANT_VALUE && !take_value(inv, heap, root))
        return no_memory(err);
    return PODLINK_OK;
}

/* What takes long with a large reply is left to pl_evalsha_finish(), which runs without a lock. */
static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    pl_evalsha *inv = (pl_evalsha *)request;
    pl_reply *reply = outcome->reply;
    podlink_status status = outcome->status;
    if (status != PODLINK_OK)
        return status;
    inv->is_unread = pl_reply_is_large(reply);
    if (inv->is_unread)
        snprintf(inv->server, sizeof inv->server, "%s", outcome->server);
    else
        status = read_reply(inv, reply->heap, reply->nodes, outcome->server, err);
    if (status == PODLINK_OK && (inv->is_unread || inv->want == PL_WANT_REPLY)) {
        inv->reply = pl_reply_handout(reply);
        status = inv->reply ? PODLINK_OK : no_memory(err);
    }
    return status;
}

podlink_status pl_evalsha_finish(pl_evalsha *inv, const pl_heap *heap, podlink_status status, podlink_error *err)
{
    if (!inv->is_unread || status != PODLINK_OK)
        return status;
    status = read_reply(inv, heap, inv->reply, inv->server, err);
    if (status != PODLINK_OK)
        pl_count_shared(&inv->script->live->stats.errors, 1);
    if (status != PODLINK_OK || inv->want != PL_WANT_REPLY) {
        podlink_reply_free(inv->reply);
        inv->reply = NULL;
    }
    return status;
}

static uint16_t slot_of_key(const texts *keys, size_t i)
{
    return pl_slot_of(keys->at[i], length_of(keys, i));
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    (void)i;
    const texts keys = keys_of(((const pl_evalsha *)request)->call);
    return keys.count == 0 ? PL_SLOT_ANY : slot_of_key(&keys, 0);
}

static const pl_request_ops evalsha_ops = {.encode = encode, .complete = complete, .slot = slot};

/* --- checks --------------------------------------------------------------------------------------------------- */

static podlink_status check(texts t, const char *what, podlink_error *err)
{
    if (t.count > ARGUMENTS_MAX)
        return pl_error_invalid(err, "%s: more than %d", what, ARGUMENTS_MAX);
    if (t.count > 0 && !t.at)
        return pl_error_invalid(err, "%s is NULL while there are %zu", what, t.count);
    for (size_t i = 0; i < t.count; i++) {
        if (!t.at[i])
            return pl_error_invalid(err, "%s[%zu] is NULL", what, i);
        if (length_of(&t, i) > INT32_MAX)
            return pl_error_invalid(err, "%s[%zu] is longer than 2 GiB", what, i);
    }
    return PODLINK_OK;
}

podlink_status pl_script_named(podlink_client *client, const char *name, const pl_script **script, podlink_error *err)
{
    char shown[128];
    if (!name)
        return pl_error_invalid(err, "name is NULL");
    *script = pl_scripts_find(client->scripts, name);
    if (*script)
        return PODLINK_OK;
    pl_text_escape(name, strlen(name), shown, sizeof shown);
    return pl_error_set(err, PODLINK_ESCRIPT, PODLINK_NOT_SENT, "no script is registered under the name \"%s\"", shown);
}

/* A node of a cluster would refuse it, but cannot tell which keys. */
static podlink_status check_slots(const podlink_client *client, texts keys, podlink_error *err)
{
    for (size_t i = 1; client->deployment.topology->has_slots && i < keys.count; i++)
        if (slot_of_key(&keys, i) != slot_of_key(&keys, 0))
            return pl_error_invalid(err,
                                    "keys[%zu] is on another slot of the cluster than keys[0]: give them one {tag}", i);
    return PODLINK_OK;
}

static podlink_status check_type(pl_evalsha *inv, podlink_script_reply wanted, podlink_error *err)
{
    const podlink_script_reply declared = inv->script->declaration.reply;
    inv->type = wanted == PODLINK_SCRIPT_ANY ? declared : wanted;
    if (declared == PODLINK_SCRIPT_ANY || declared == inv->type)
        return PODLINK_OK;
    return pl_error_invalid(err, "script %s: it is declared to answer %s, not %s", inv->script->name,
                            pl_reply_word(declared), pl_reply_word(wanted));
}

podlink_status pl_evalsha_init(pl_evalsha *inv, podlink_client *client, const podlink_script_call *call, pl_want want,
                               podlink_script_reply type, podlink_error *err)
{
    memset(inv, 0, offsetof(pl_evalsha, server));
    inv->call = call;
    inv->want = want;
    if (!call)
        return pl_error_invalid(err, "script is NULL");
    podlink_status status = pl_script_named(client, call->name, &inv->script, err);
    if (status == PODLINK_OK)
        status = check(keys_of(call), "keys", err);
    if (status == PODLINK_OK)
        status = check_slots(client, keys_of(call), err);
    if (status == PODLINK_OK)
        status = check(args_of(call), "args", err);
    if (status == PODLINK_OK)
        status = pl_declaration_check(&inv->script->declaration, call->name, call->key_count, call->arg_count, err);
    if (status == PODLINK_OK)
        status = check_type(inv, type, err);
    if (status == PODLINK_OK)
        pl_request_init(&inv->request, &evalsha_ops, inv->script->name, inv->script->repeatable, err);
    inv->request.is_users_script = status == PODLINK_OK && !inv->script->is_built_in;
    inv->request.reads_only = status == PODLINK_OK && inv->script->declaration.read_only;
    return status;
}
