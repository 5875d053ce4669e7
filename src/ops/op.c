/* SPDX-License-Identifier: MIT */
/* One operation in progress: checks, encodes and decodes by its row of the table. */
#include "ops/op.h"

#include "base/error.h"
#include "base/text.h"
#include "ops/key.h"
#include "ops/key_order.h"
#include "ops/pod.h"

#include <assert.h>
#include <string.h>

enum { AGE_MAX_BITS = 53, TEXT_MAX = 1024 * 1024 };

static void clear(pl_op_result *result)
{
    result->pod = result->previous = PODLINK_NO_POD;
    result->number = 0;
    result->reply = NULL;
}

/* --- checks ----------------------------------------------------------------------------------------------------- */

static podlink_status check_seconds(const char *what, int64_t seconds, podlink_error *err)
{
    if (seconds == PODLINK_FOREVER || (seconds >= 1 && seconds <= PODLINK_PERSIST_MAX))
        return PODLINK_OK;
    return pl_error_invalid(err, "%s %lld is neither -1 (for ever) nor from 1 to %d", what, (long long)seconds,
                            PODLINK_PERSIST_MAX);
}

/* At most 2^53: the scripts' numbers are not exact beyond. */
static podlink_status check_age(int64_t max_age_ms, podlink_error *err)
{
    const int64_t most = INT64_C(1) << AGE_MAX_BITS;
    if (max_age_ms >= 0 && max_age_ms <= most)
        return PODLINK_OK;
    return pl_error_invalid(err, "max_age_ms %lld is not from 0 (any age) to %lld", (long long)max_age_ms,
                            (long long)most);
}

static podlink_status check_text(pl_name *text, podlink_error *err)
{
    if (!text->text)
        return pl_error_invalid(err, "state is NULL");
    const size_t length = strlen(text->text);
    if (length > TEXT_MAX)
        return pl_error_invalid(err, "state is longer than 1 MiB");
    text->length = (uint32_t)length;
    return PODLINK_OK;
}

static podlink_status check_argument(uint8_t argument, pl_op_args *args, podlink_error *err)
{
    switch (argument) {
    case PL_ARG_POD:
        if (args->pod < 0)
            return pl_error_invalid(err, "pod %d is not from 0 to %d", (int)args->pod, PODLINK_POD_MAX);
        return PODLINK_OK;
    case PL_ARG_PERSIST:
        return check_seconds("persist_s", args->seconds, err);
    case PL_ARG_KEEP:
        return check_seconds("keep_s", args->seconds, err);
    case PL_ARG_AGE:
        return check_age(args->max_age_ms, err);
    case PL_ARG_ROUTING:
        if (args->routing < PODLINK_UNAVAILABLE || args->routing > PODLINK_SHUTTING_DOWN)
            return pl_error_invalid(err, "routing %d is not from 0 to 3", (int)args->routing);
        return PODLINK_OK;
    case PL_ARG_TEXT:
        return check_text(&args->text, err);
    default:
        return PODLINK_OK; /* any load; the names have been checked */
    }
}

/* Checks what a caller has given, and sets the lengths of names and text. */
static podlink_status check(const pl_operation *operation, pl_op_args *args, podlink_error *err)
{
    if (args->missing)
        return pl_error_invalid(err, "%s is NULL", args->missing);
    podlink_status status = pl_name_init_ns(&args->ns, args->ns.text, err);
    if (status == PODLINK_OK && operation->keys != PL_KEY_INDEX)
        status = pl_name_init(&args->service, "service", args->service.text, err);
    if (status == PODLINK_OK && operation->keys & (PL_KEY_LINK | PL_KEY_INDEX))
        status = pl_name_init(&args->uid, "uid", args->uid.text, err);
    for (const uint8_t *at = operation->arguments; *at != PL_ARG_NONE && status == PODLINK_OK; at++)
        status = check_argument(*at, args, err);
    return status;
}

/* --- the arguments of a command --------------------------------------------------------------------------------- */

static void measure(pl_name *name)
{
    name->length = name->text ? (uint32_t)strlen(name->text) : 0;
}

/* The arguments of command i: those of the call, or those of the item, which have been checked. */
static const pl_op_args *args_of(const pl_op *op, uint32_t i, pl_op_args *item)
{
    if (!op->access)
        return &op->args;
    *item = (pl_op_args){.missing = NULL};
    op->access->load(op->items, i, item);
    measure(&item->ns);
    measure(&item->service);
    measure(&item->uid);
    return item;
}

static pl_key key_of(const pl_op_args *args, uint8_t key)
{
    switch (key) {
    case PL_KEY_LINK:
        return pl_key_link(args->ns, args->uid, args->service);
    case PL_KEY_INDEX:
        return pl_key_index(args->ns, args->uid);
    case PL_KEY_STATE:
        return pl_key_state(args->ns, args->service);
    default:
        return pl_key_workload(args->ns, args->service);
    }
}

static uint8_t first_key(const pl_operation *operation)
{
    return operation->keys & -operation->keys;
}

/* --- encoding --------------------------------------------------------------------------------------------------- */

enum {
    KEYS_MAX = 2,
    /* A command without the bytes of names and text. Beside the verb it has at most two keys and four arguments. A key
     * has 24 such bytes, a number has 27. */
    COMMAND_SIZE = PL_EVALSHA_SIZE + 7 * PL_RESP_OVERHEAD
};
_Static_assert(KEYS_MAX * 24 + PL_ARGS_MAX * 27 <= 7 * PL_RESP_OVERHEAD, "any command fits");

static void put_key(pl_buffer *out, pl_key key)
{
    pl_key_put(&key, out);
}

static void put_keys(pl_buffer *out, uint8_t keys, const pl_op_args *args)
{
    if (keys & PL_KEY_LINK)
        put_key(out, pl_key_link(args->ns, args->uid, args->service));
    if (keys & PL_KEY_INDEX)
        put_key(out, pl_key_index(args->ns, args->uid));
    if (keys & PL_KEY_STATE)
        put_key(out, pl_key_state(args->ns, args->service));
    if (keys & PL_KEY_WORKLOAD)
        put_key(out, pl_key_workload(args->ns, args->service));
}

static void put_argument(pl_buffer *out, uint8_t argument, const pl_op_args *args)
{
    switch (argument) {
    case PL_ARG_SERVICE:
        pl_resp_argument(out, args->service.text, args->service.length);
        return;
    case PL_ARG_POD:
        pl_resp_number(out, args->pod);
        return;
    case PL_ARG_PERSIST:
    case PL_ARG_KEEP:
        pl_resp_number(out, args->seconds);
        return;
    case PL_ARG_AGE:
        pl_resp_number(out, args->max_age_ms);
        return;
    case PL_ARG_LOAD:
        pl_resp_number(out, args->load);
        return;
    case PL_ARG_ROUTING:
        pl_resp_number(out, args->routing);
        return;
    default:
        pl_resp_argument(out, args->text.text, args->text.length);
        return;
    }
}

static void put_command(pl_buffer *out, const pl_op *op)
{
    const pl_operation *operation = op->operation;
    const uint32_t keys = operation->keys == first_key(operation) ? 1 : KEYS_MAX;
    uint32_t arguments = 0;
    while (operation->arguments[arguments] != PL_ARG_NONE)
        arguments++;
    if (op->script) {
        pl_script_begin(out, op->script, keys, arguments);
        return;
    }
    pl_resp_command(out, 1 + keys + arguments);
    pl_resp_argument(out, operation->command, strlen(operation->command));
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const pl_op *op = (const pl_op *)request;
    const pl_operation *operation = op->operation;
    pl_op_args item;
    const pl_op_args *args = args_of(op, i, &item);
    /* Each name at most twice: in the keys, or once in a key and once as an argument. */
    const size_t names = (size_t)args->ns.length + args->uid.length + args->service.length;
    if (!pl_buffer_reserve(out, COMMAND_SIZE + 2 * names + args->text.length))
        return false;
    put_command(out, op);
    put_keys(out, operation->keys, args);
    for (const uint8_t *at = operation->arguments; *at != PL_ARG_NONE; at++)
        put_argument(out, *at, args);
    return true;
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    const pl_op *op = (const pl_op *)request;
    pl_op_args item;
    const pl_key key = key_of(args_of(op, i, &item), first_key(op->operation));
    return pl_key_slot(&key);
}

/* --- decoding --------------------------------------------------------------------------------------------------- */

static podlink_status corrupt_state(const pl_op_args *args, const podlink_reply *value, podlink_error *err)
{
    char key_bytes[PL_KEY_MAX], key_shown[200], shown[64];
    const pl_key key = pl_key_state(args->ns, args->service);
    size_t length = 0;
    const char *text = podlink_reply_text(value, &length);
    pl_text_escape(key_bytes, pl_key_text(&key, key_bytes), key_shown, sizeof key_shown);
    pl_text_escape(text, length, shown, sizeof shown);
    return pl_error_set(err, PODLINK_ECORRUPT, PODLINK_ANSWERED, "the value of pod %d at \"%s\" is not a state: \"%s\"",
                        (int)args->pod, key_shown, shown);
}

static podlink_status corrupt(const pl_op *op, const pl_op_args *args, const podlink_reply *root, pl_op_result *result,
                              podlink_error *err)
{
    const pl_key key = key_of(args, first_key(op->operation));
    if (op->operation->keys == PL_KEY_STATE)
        return corrupt_state(args, root, err);
    result->pod = result->previous = PODLINK_UNREADABLE_POD;
    return pl_pod_corrupt(&key, root->type == PODLINK_REPLY_ARRAY ? podlink_reply_at(root, 0) : root, err);
}

static podlink_status decode(const pl_op *op, const pl_op_args *args, const pl_outcome *outcome, pl_op_result *result,
                             podlink_error *err)
{
    clear(result);
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    const podlink_status status = op->operation->decode(outcome->reply, result);
    switch (status) {
    case PODLINK_ECORRUPT:
        return corrupt(op, args, outcome->reply->nodes, result, err);
    case PODLINK_EREPLY:
        return pl_reply_unexpected(&op->request, outcome, err);
    case PODLINK_ENOMEM:
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    default:
        return status;
    }
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    pl_op *op = (pl_op *)request;
    pl_op_args item;
    const pl_op_args *args = args_of(op, i, &item);
    pl_op_result of_item; /* items of one batch can be completed on several connections at the same time */
    pl_op_result *result = op->access ? &of_item : &op->result;
    const podlink_status status = decode(op, args, outcome, result, err);
    if (op->access)
        op->access->store(op->items, i, status, outcome->delivery, result);
    return status;
}

static const pl_request_ops op_ops = {.encode = encode, .complete = complete, .slot = slot};

/* --- running ---------------------------------------------------------------------------------------------------- */

static void prepare(pl_op *op, const pl_operation *operation, const podlink_client *client, podlink_error *err)
{
    op->operation = operation;
    op->script = operation->command ? NULL : pl_script_builtin(client, operation->script);
    pl_request_init(&op->request, &op_ops, operation->name, operation->is_repeatable, err);
    op->request.reads_only = operation->reads_only;
}

/* After a step of an operation that is composed of several. */
static bool goes_on(pl_op *op, const pl_op_step *step, podlink_status status)
{
    if (step->id == PL_OP_NONE || step[1].id == PL_OP_NONE || status != step->goes_on_after)
        return false;
    op->args.pod = op->result.pod;
    return true;
}

podlink_status pl_op_run(pl_op *op, pl_operation_id id, podlink_client *client, const podlink_call *call,
                         podlink_error *err)
{
    const pl_operation *operation = &pl_operations[id];
    const pl_op_step *step = operation->steps;
    pl_call active;
    op->access = NULL;
    clear(&op->result);
    podlink_status status = check(operation, &op->args, err);
    if (status == PODLINK_OK)
        status = pl_call_begin(&active, client, call, err);
    if (status != PODLINK_OK)
        return status;
    do {
        pl_script_repairs repairs;
        prepare(op, step->id == PL_OP_NONE ? operation : &pl_operations[step->id], client, err);
        if (pl_script_attempts_begin(&repairs, &active, &op->request, op->script))
            do
                pl_call_run_attempts(&active, &op->request);
            while (pl_script_attempts_again(&repairs, &active, &op->request));
        pl_script_attempts_end(&repairs, &op->request);
        status = pl_call_conclude(&active, &op->request);
    } while (goes_on(op, step++, status));
    pl_call_finish(&active);
    return status;
}

/* --- batches ---------------------------------------------------------------------------------------------------- */

static uint64_t hash_item(const void *of, uint32_t i)
{
    pl_op_args item;
    const pl_op *op = of;
    const pl_op_args *args = args_of(op, i, &item);
    uint64_t hash = op->operation->keys == PL_KEY_STATE ? (uint64_t)args->pod : 0;
    if (args->uid.text)
        hash = pl_key_order_hash(hash, args->uid.text);
    return pl_key_order_hash(pl_key_order_hash(hash, args->service.text), args->ns.text);
}

static bool is_same_name(pl_name a, pl_name b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

/* Whether two items change the same thing: a link, or the state of a pod. */
static bool is_same_item(const void *of, uint32_t i, uint32_t j)
{
    pl_op_args item_a, item_b;
    const pl_op *op = of;
    const pl_op_args *a = args_of(op, i, &item_a);
    const pl_op_args *b = args_of(op, j, &item_b);
    return (op->operation->keys != PL_KEY_STATE || a->pod == b->pod) && is_same_name(a->uid, b->uid) &&
           is_same_name(a->service, b->service) && is_same_name(a->ns, b->ns);
}

static const pl_key_order_fns item_keys = {.hash = hash_item, .equal = is_same_item};

static podlink_status check_items(const pl_op *op, size_t count, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < count && status == PODLINK_OK; i++) {
        pl_op_args args = {.missing = NULL};
        op->access->load(op->items, (uint32_t)i, &args);
        status = check(op->operation, &args, err);
        if (status != PODLINK_OK)
            pl_error_prefix_item(err, i);
    }
    return status;
}

/* No item was sent. */
static void store_all(pl_op *op, size_t count, podlink_status status)
{
    clear(&op->result);
    for (size_t i = 0; i < count; i++)
        op->access->store(op->items, (uint32_t)i, status, PODLINK_NOT_SENT, &op->result);
}

static podlink_status run_items(pl_op *op, size_t count, podlink_client *client, const podlink_call *call,
                                podlink_error *err)
{
    const pl_heap *heap = &client->env.config.heap;
    uint32_t *follows = NULL;
    if (count > INT32_MAX)
        return pl_error_invalid(err, "a batch has at most 2^31-1 items");
    uint8_t *states = pl_heap_zalloc(heap, count);
    if (!states ||
        (!op->operation->reads_only && !pl_key_order_find(heap, &item_keys, op, (uint32_t)count, &follows))) {
        pl_heap_free(heap, states);
        return pl_error_no_memory(err);
    }
    op->request.is_batch = true;
    pl_request_set_count(&op->request, (uint32_t)count, states);
    op->request.follows = follows;
    podlink_status status = op->script ? pl_script_run(client, &op->request, op->script, call, err)
                                       : pl_call_run(client, &op->request, call, err);
    pl_heap_free(heap, follows);
    pl_heap_free(heap, states);
    return status < 0 ? status : PODLINK_OK; /* an answer, like PODLINK_NOT_LINKED, is the item's */
}

podlink_status pl_op_run_batch(pl_operation_id id, const pl_op_items *access, void *items, size_t count,
                               podlink_client *client, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    pl_error_clear(err);
    if (count == 0)
        return PODLINK_OK;
    if (!items)
        return pl_error_invalid(err, "items is NULL");
    op.access = access;
    op.items = items;
    prepare(&op, &pl_operations[id], client, err);
    podlink_status status = check_items(&op, count, err);
    if (status == PODLINK_OK)
        status = run_items(&op, count, client, call, err);
    if (!pl_request_is_complete(&op.request)) /* nothing came as far as the pipeline */
        store_all(&op, count, status);
    return status;
}
