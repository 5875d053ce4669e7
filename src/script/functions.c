/* SPDX-License-Identifier: MIT */
/* The built-in scripts as one library of Redis Functions. */
#include "script/functions.h"

#include "base/error.h"
#include "resp/encode.h"
#include "script/load.h"

#include <stdio.h>
#include <string.h>

static bool put_words(pl_buffer *out, const char *const *words, size_t count, size_t more)
{
    size_t size = PL_RESP_OVERHEAD;
    for (size_t i = 0; i < count; i++)
        size += PL_RESP_OVERHEAD + strlen(words[i]);
    if (!pl_buffer_reserve(out, size))
        return false;
    pl_resp_command(out, count + more);
    for (size_t i = 0; i < count; i++)
        pl_resp_argument(out, words[i], strlen(words[i]));
    return true;
}

bool pl_functions_encode_list(pl_buffer *out)
{
    static const char *const words[] = {"FUNCTION", "LIST", "LIBRARYNAME", PL_LIBRARY_NAME, "WITHCODE"};
    return put_words(out, words, sizeof words / sizeof *words, 0);
}

bool pl_functions_encode_load(pl_buffer *out, bool replaces)
{
    static const char *const words[] = {"FUNCTION", "LOAD", "REPLACE"};
    if (!put_words(out, words, replaces ? 3 : 2, 1) || !pl_buffer_reserve(out, PL_RESP_OVERHEAD + PL_LIBRARY_SIZE))
        return false;
    pl_resp_argument(out, pl_library, PL_LIBRARY_SIZE);
    return true;
}

static bool words_begin(const pl_outcome *outcome, const char *text)
{
    return outcome->words && outcome->words_length >= strlen(text) &&
           strncasecmp(outcome->words, text, strlen(text)) == 0;
}

static podlink_status failed(const pl_outcome *outcome, podlink_error *err)
{
    const char *server = outcome->server ? outcome->server : "";
    if (words_begin(outcome, "ERR unknown command"))
        return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_ANSWERED,
                            "scripts=functions on %s: the server has no functions, which need Redis 7.0", server);
    if (err)
        snprintf(err->message, sizeof err->message, "loading function library %s on %s: %s", PL_LIBRARY_NAME, server,
                 outcome->words ? err->server : outcome->why);
    return outcome->status;
}

/* The code in the description of a library: name, value, name, value, ... NULL where there is none. */
static const podlink_reply *code_of(const podlink_reply *library)
{
    const podlink_reply *value;
    for (const podlink_reply *e = podlink_reply_first(library); e; e = podlink_reply_next(library, value)) {
        const char *name = podlink_reply_text(e, NULL);
        value = podlink_reply_next(library, e);
        if (name && strcmp(name, "library_code") == 0)
            return value;
    }
    return NULL;
}

podlink_status pl_functions_complete_list(const pl_outcome *outcome, bool *is_ours, podlink_error *err)
{
    *is_ours = false;
    if (outcome->status != PODLINK_OK)
        return failed(outcome, err);
    size_t length = 0;
    const char *code = podlink_reply_text(code_of(podlink_reply_at(outcome->reply->nodes, 0)), &length);
    *is_ours = code && length == PL_LIBRARY_SIZE && memcmp(code, pl_library, length) == 0;
    return PODLINK_OK;
}

bool pl_functions_is_there(const pl_outcome *outcome)
{
    return outcome->status == PODLINK_OK ||
           (outcome->words && memmem(outcome->words, outcome->words_length, "already exists", 14) != NULL);
}

/* --- ensuring ------------------------------------------------------------------------------------------------- */

typedef struct ensuring {
    pl_request request; /* first: its functions get it as theirs */
    bool is_ours;
} ensuring;

static bool encode_list(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)request, (void)i;
    return pl_functions_encode_list(out);
}

static podlink_status complete_list(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    return pl_functions_complete_list(outcome, &((ensuring *)request)->is_ours, err);
}

static bool encode_load(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)request, (void)i;
    return pl_functions_encode_load(out, true);
}

static podlink_status complete_load(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)request, (void)i;
    return outcome->status == PODLINK_OK ? PODLINK_OK : failed(outcome, err);
}

static const pl_request_ops list_ops = {.encode = encode_list, .complete = complete_list};
static const pl_request_ops load_ops = {.encode = encode_load, .complete = complete_load};

podlink_status pl_functions_ensure(const pl_transport *transport, podlink_error *err)
{
    ensuring e = {.is_ours = false};
    pl_request_init(&e.request, &list_ops, "FUNCTION LIST", true, err);
    podlink_status status = pl_transport_run(transport, &e.request);
    if (status != PODLINK_OK || e.is_ours)
        return status;
    pl_request_init(&e.request, &load_ops, "FUNCTION LOAD", true, err);
    status = pl_transport_run(transport, &e.request);
    pl_script_count_load(transport->node, transport->client->scripts->built_in[0]);
    if (status == PODLINK_OK)
        pl_script_log_loaded(transport->node, transport->client->scripts->built_in[0]);
    return status;
}
