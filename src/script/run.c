/* The public functions on scripts of any name. */
#include <podlink/script.h>

#include "base/error.h"
#include "base/text.h"
#include "script/call.h"

#include <string.h>

enum { ARGUMENTS_MAX = 1024 * 1024 };

typedef struct texts {
    const char *const *at;
    const size_t *lengths;
    size_t count;
} texts;

typedef struct script_call {
    pl_exchange exchange; /* first: its functions get it as theirs */
    const pl_script *script;
    texts keys;
    texts args;
    podlink_reply *reply;
    bool wants_reply;
} script_call;

static size_t length_of(const texts *t, size_t i)
{
    return t->lengths ? t->lengths[i] : strlen(t->at[i]);
}

static bool encode_texts(const texts *t, pl_buffer *out)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t length = length_of(t, i);
        if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD + length))
            return false;
        pl_resp_argument(out, t->at[i], length);
    }
    return true;
}

static bool encode(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    (void)i;
    const script_call *c = (script_call *)exchange;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE))
        return false;
    pl_script_begin(out, c->script, (uint32_t)c->keys.count, (uint32_t)c->args.count);
    return encode_texts(&c->keys, out) && encode_texts(&c->args, out);
}

static podlink_status settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    script_call *c = (script_call *)exchange;
    if (outcome->status != PODLINK_OK || !c->wants_reply)
        return outcome->status;
    c->reply = pl_reply_handout(outcome->reply);
    if (!c->reply)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    return PODLINK_OK;
}

static const pl_exchange_ops script_ops = {.encode = encode, .settle = settle};

static podlink_status check(const texts *t, const char *what, podlink_error *err)
{
    if (t->count > ARGUMENTS_MAX)
        return pl_error_invalid(err, "%s: more than %d", what, ARGUMENTS_MAX);
    if (t->count > 0 && !t->at)
        return pl_error_invalid(err, "%s is NULL while there are %zu", what, t->count);
    for (size_t i = 0; i < t->count; i++) {
        if (!t->at[i])
            return pl_error_invalid(err, "%s[%zu] is NULL", what, i);
        if (length_of(t, i) > INT32_MAX)
            return pl_error_invalid(err, "%s[%zu] is longer than 2 GiB", what, i);
    }
    return PODLINK_OK;
}

static podlink_status find(podlink_client *client, const char *name, const pl_script **script, podlink_error *err)
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

podlink_status podlink_script_run(podlink_client *client, const char *name, const char *const *keys,
                                  const size_t *key_lengths, size_t key_count, const char *const *args,
                                  const size_t *arg_lengths, size_t arg_count, const podlink_call *call,
                                  podlink_reply **reply, podlink_error *err)
{
    script_call c = {
        .keys = {keys, key_lengths, key_count}, .args = {args, arg_lengths, arg_count}, .wants_reply = reply != NULL};
    if (reply)
        *reply = NULL;
    podlink_status status = find(client, name, &c.script, err);
    if (status == PODLINK_OK)
        status = check(&c.keys, "keys", err);
    if (status == PODLINK_OK)
        status = check(&c.args, "args", err);
    if (status != PODLINK_OK)
        return status;
    pl_exchange_init(&c.exchange, &script_ops, c.script->name, c.script->repeatable, err);
    status = pl_script_run(client, &c.exchange, c.script, call, err);
    if (reply)
        *reply = c.reply;
    return status;
}

podlink_status podlink_script_register(podlink_client *client, const podlink_script *script, podlink_error *err)
{
    pl_error_clear(err);
    if (!script)
        return pl_error_invalid(err, "script is NULL");
    return pl_scripts_add(client->scripts, script, err);
}

size_t podlink_script_count(podlink_client *client)
{
    return pl_scripts_count(client->scripts);
}

podlink_status podlink_script_at(podlink_client *client, size_t index, podlink_script_info *info)
{
    const pl_script *script = index < UINT32_MAX ? pl_scripts_at(client->scripts, (uint32_t)index) : NULL;
    if (!script)
        return PODLINK_ESCRIPT;
    *info = (podlink_script_info){.name = script->name,
                                  .sha = script->sha,
                                  .source = script->source,
                                  .source_length = script->source_length,
                                  .built_in = script->is_built_in};
    return PODLINK_OK;
}

/* --- which scripts the server holds ------------------------------------------------------------------------- */

typedef struct exists_call {
    pl_exchange exchange; /* first: its functions get it as theirs */
    pl_scripts *scripts;
    uint32_t count;
    int *held;
    size_t capacity;
} exists_call;

static bool encode_exists(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    (void)i;
    const exists_call *c = (exists_call *)exchange;
    if (!pl_buffer_reserve(out, (3 + (size_t)c->count) * (PL_RESP_OVERHEAD + PL_SHA1_HEX)))
        return false;
    pl_resp_command(out, 2 + (size_t)c->count);
    pl_resp_argument(out, "SCRIPT", 6);
    pl_resp_argument(out, "EXISTS", 6);
    for (uint32_t at = 0; at < c->count; at++)
        pl_resp_argument(out, pl_scripts_at(c->scripts, at)->sha, PL_SHA1_HEX);
    return true;
}

static podlink_status settle_exists(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    const exists_call *c = (exists_call *)exchange;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    const podlink_reply *root = outcome->reply->nodes;
    for (uint32_t at = 0; at < c->count; at++) {
        int64_t held;
        if (podlink_reply_integer(podlink_reply_at(root, at), &held) != PODLINK_OK)
            return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "SCRIPT EXISTS: unexpected reply");
        if (at < c->capacity)
            c->held[at] = held != 0;
    }
    return PODLINK_OK;
}

static const pl_exchange_ops exists_ops = {.encode = encode_exists, .settle = settle_exists};

podlink_status podlink_scripts_held(podlink_client *client, int *held, size_t capacity, const podlink_call *call,
                                    podlink_error *err)
{
    exists_call c = {
        .scripts = client->scripts, .count = pl_scripts_count(client->scripts), .held = held, .capacity = capacity};
    pl_exchange_init(&c.exchange, &exists_ops, "SCRIPT EXISTS", true, err);
    return pl_run_exchange(client, &c.exchange, call, err);
}
