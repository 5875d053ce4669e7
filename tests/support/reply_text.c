/* SPDX-License-Identifier: MIT */
/* Replies written as text. */
#include "reply_text.h"

#include "tap_cmocka.h"

#include <stdlib.h>
#include <string.h>

bool reply_add_text(pl_reply *reply, podlink_reply_type type, const char *bytes, size_t length)
{
    podlink_reply *node = pl_reply_reserve(reply, length + 1) ? pl_reply_add(reply, type) : NULL;
    if (!node)
        return false;
    node->count = length;
    node->as.text = reply->text + reply->text_length;
    pl_reply_put(reply, bytes, length);
    pl_reply_put(reply, "", 1);
    return true;
}

bool reply_add_integer(pl_reply *reply, int64_t value)
{
    podlink_reply *node = pl_reply_add(reply, PODLINK_REPLY_INTEGER);
    if (node)
        node->as.integer = value;
    return node != NULL;
}

bool reply_add_nil(pl_reply *reply)
{
    return pl_reply_add(reply, PODLINK_REPLY_NIL) != NULL;
}

bool reply_add_array(pl_reply *reply, size_t count)
{
    podlink_reply *node = pl_reply_add(reply, PODLINK_REPLY_ARRAY);
    if (node)
        node->count = count;
    return node != NULL;
}

/* Backwards, so that the spans of an array's elements are known when it is reached. */
const podlink_reply *reply_seal(pl_reply *reply)
{
    podlink_reply *nodes = reply->nodes;
    for (size_t at = reply->node_count; at-- > 0;) {
        size_t next = at + 1;
        for (uint64_t i = 0; nodes[at].type == PODLINK_REPLY_ARRAY && i < nodes[at].count; i++)
            next += nodes[next].span;
        nodes[at].span = (uint32_t)(next - at);
    }
    return nodes;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *read_element(pl_reply *reply, const char *at);

static const char *read_list(pl_reply *reply, const char *at)
{
    const size_t list = reply->node_count;
    assert_true(reply_add_array(reply, 0));
    for (at = skip_blanks(at); *at != ')'; at = skip_blanks(at)) {
        at = read_element(reply, at);
        reply->nodes[list].count++;
    }
    return at + 1;
}

static const char *read_element(pl_reply *reply, const char *at)
{
    if (*at == '(')
        return read_list(reply, at + 1);
    if (*at == '\'') {
        const char *end = strchr(at + 1, '\'');
        assert_non_null(end);
        assert_true(reply_add_text(reply, PODLINK_REPLY_STRING, at + 1, (size_t)(end - at - 1)));
        return end + 1;
    }
    if (strncmp(at, "nil", 3) == 0) {
        assert_true(reply_add_nil(reply));
        return at + 3;
    }
    char *end;
    assert_true(reply_add_integer(reply, strtoll(at, &end, 10)));
    if (end == at)
        fail_msg("no reply: %s", at);
    return end;
}

const podlink_reply *reply_read(pl_reply *reply, const char *text)
{
    pl_reply_reset(reply);
    const char *end = read_element(reply, skip_blanks(text));
    assert_int_equal(*skip_blanks(end), '\0');
    return reply_seal(reply);
}
