/* Replies written as text. */
#include "reply_text.h"

#include "tap_cmocka.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *read_element(pl_reply *reply, const char *at);

static const char *read_list(pl_reply *reply, const char *at)
{
    const size_t list = reply->node_count;
    assert_true(pl_reply_add_array(reply, 0));
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
        assert_true(pl_reply_add_text(reply, PODLINK_REPLY_STRING, at + 1, (size_t)(end - at - 1)));
        return end + 1;
    }
    if (strncmp(at, "nil", 3) == 0) {
        assert_true(pl_reply_add_nil(reply));
        return at + 3;
    }
    char *end;
    assert_true(pl_reply_add_integer(reply, strtoll(at, &end, 10)));
    if (end == at)
        fail_msg("no reply: %s", at);
    return end;
}

const podlink_reply *reply_read(pl_reply *reply, const char *text)
{
    pl_reply_reset(reply);
    const char *end = read_element(reply, skip_blanks(text));
    assert_int_equal(*skip_blanks(end), '\0');
    return pl_reply_seal(reply);
}
