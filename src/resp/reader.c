/* SPDX-License-Identifier: MIT */
/* Reads RESP2 and RESP3.
 *
 * A reply is a sequence of elements. An element has a head (its type, and a length, a count or a small value) and
 * perhaps a body (a bulk string), or it is a line of text. Where the input ends inside of one, the next input continues
 * there. */
#include "resp/reader.h"

#include "base/number.h"

#include <assert.h>
#include <stdio.h>

enum {
    MEMORY_SPARE = 1024, /* that a reply may take beyond reply_max: the longest string has a node and a NUL, too */
    ELEMENT_LEAST = 3,   /* bytes of an element */
    SHORT_NUMBER = 9,    /* digits */
    VERBATIM_FORMAT = 4  /* bytes before the text of a verbatim string: "txt:" */
};

static const char FAR_TOO_LONG[] = "the reply is far longer than reply_max_bytes";

typedef enum step {
    STEP_FAILED,
    STEP_MORE,   /* the input is used up */
    STEP_OPENED, /* an array or an attribute has begun */
    STEP_ENDED   /* an element has ended */
} step;

void pl_reader_init(pl_reader *reader, const pl_heap *heap, size_t reply_max)
{
    *reader = (pl_reader){.reply_max = reply_max, .is_whole = true};
    pl_reply_init(&reader->reply, heap, reply_max + MEMORY_SPARE);
}

void pl_reader_fini(pl_reader *reader)
{
    pl_reply_fini(&reader->reply);
}

bool pl_reader_is_midway(const pl_reader *reader)
{
    return !reader->is_whole && reader->length > 0;
}

const char *pl_reply_fault_text(pl_reply_fault fault)
{
    switch (fault) {
    case PL_REPLY_TOO_DEEP:
        return "the reply is nested deeper than 128 levels";
    case PL_REPLY_TOO_LONG:
        return "the reply is longer than reply_max_bytes";
    case PL_REPLY_NO_MEMORY:
        return "out of memory for the reply";
    case PL_REPLY_OK:
        break;
    }
    return "";
}

static step fail(pl_reader *reader, const char *why)
{
    reader->why = why;
    return STEP_FAILED;
}

static uint64_t skipped_max(const pl_reader *reader)
{
    return (uint64_t)reader->reply_max * PL_READER_SKIPPED_TIMES;
}

/* --- skipping ----------------------------------------------------------------------------------------------------- */

/* Elements that have to end before the reply does; each open array but the innermost waits for the one inside of it. */
static uint64_t elements_left(const pl_reader *reader)
{
    uint64_t left = 1;
    for (uint32_t i = 0; i < reader->depth; i++)
        left += reader->open[i].left - 1;
    return left;
}

/* From here on the reply is skipped. All that this needs is the number of elements that are left. */
static void set_fault(pl_reader *reader, pl_reply_fault fault)
{
    if (reader->fault != PL_REPLY_OK)
        return;
    reader->fault = fault;
    reader->skip += elements_left(reader);
    reader->depth = 0;
    pl_reply_reset(&reader->reply);
}

static void set_memory_fault(pl_reader *reader)
{
    set_fault(reader, reader->reply.is_full ? PL_REPLY_TOO_LONG : PL_REPLY_NO_MEMORY);
}

/* --- nodes -------------------------------------------------------------------------------------------------------- */

/* NULL while elements are skipped. */
static podlink_reply *add(pl_reader *reader, podlink_reply_type type)
{
    if (reader->skip > 0)
        return NULL;
    podlink_reply *node = pl_reply_add(&reader->reply, type);
    if (!node)
        set_memory_fault(reader);
    return node;
}

static step add_nil(pl_reader *reader)
{
    add(reader, PODLINK_REPLY_NIL);
    return STEP_ENDED;
}

static step add_integer(pl_reader *reader, int64_t value)
{
    podlink_reply *node = add(reader, PODLINK_REPLY_INTEGER);
    if (node)
        node->as.integer = value;
    return STEP_ENDED;
}

static void add_whole_text(pl_reader *reader, podlink_reply_type type, const char *bytes, size_t length)
{
    pl_reply *reply = &reader->reply;
    if (reader->skip > 0)
        return;
    podlink_reply *node = pl_reply_reserve(reply, length + 1) ? pl_reply_add(reply, type) : NULL;
    if (!node) {
        set_memory_fault(reader);
        return;
    }
    node->count = length;
    node->as.text = reply->text + reply->text_length;
    pl_reply_put(reply, bytes, length);
    reply->text[reply->text_length++] = '\0';
}

static void begin_text(pl_reader *reader, podlink_reply_type type)
{
    pl_reply *reply = &reader->reply;
    if (reader->skip == 0 && !pl_reply_reserve(reply, 1))
        set_memory_fault(reader);
    podlink_reply *node = add(reader, type);
    if (node)
        node->as.text = reply->text + reply->text_length;
}

static void add_text(pl_reader *reader, const char *bytes, size_t length)
{
    pl_reply *reply = &reader->reply;
    if (reader->skip > 0)
        return;
    if (!pl_reply_reserve(reply, length + 1)) {
        set_memory_fault(reader);
        return;
    }
    pl_reply_put(reply, bytes, length);
    reply->nodes[reply->node_count - 1].count += length;
}

/* The text's node; NULL while elements are skipped. */
static podlink_reply *end_text(pl_reader *reader)
{
    pl_reply *reply = &reader->reply;
    if (reader->skip > 0)
        return NULL;
    reply->text[reply->text_length++] = '\0';
    return &reply->nodes[reply->node_count - 1];
}

/* --- lines of text ------------------------------------------------------------------------------------------------ */

static step end_line(pl_reader *reader)
{
    pl_reply *reply = &reader->reply;
    reader->state = PL_READ_HEAD;
    if (reader->skip == 0) { /* without its CR */
        reply->text_length--;
        reply->nodes[reply->node_count - 1].count--;
    }
    end_text(reader);
    return STEP_ENDED;
}

/* A line ends with CR LF: one of them alone is part of the text. */
static step read_line(pl_reader *reader, pl_reader_input *input)
{
    const char *const begin = input->at;
    const char *end = memchr(begin, '\n', (size_t)(input->end - begin));
    while (end && !(end > begin ? end[-1] == '\r' : reader->crlf == 1))
        end = memchr(end + 1, '\n', (size_t)(input->end - end - 1));
    const size_t length = (size_t)((end ? end : input->end) - begin);
    reader->line_length += length;
    if (reader->line_length > PL_READER_LINE_MAX)
        return fail(reader, "not RESP: a line of more than 64 KiB");
    add_text(reader, begin, length);
    input->at += length;
    if (!end) {
        if (length > 0)
            reader->crlf = input->at[-1] == '\r';
        return STEP_MORE;
    }
    input->at++;
    return end_line(reader);
}

static step begin_line(pl_reader *reader, podlink_reply_type type, pl_reader_input *input)
{
    reader->type = *input->at++;
    reader->state = PL_READ_LINE;
    reader->line_length = 0;
    reader->crlf = 0;
    begin_text(reader, type);
    return read_line(reader, input);
}

/* --- bulk strings ------------------------------------------------------------------------------------------------- */

static step end_body(pl_reader *reader)
{
    reader->state = PL_READ_HEAD;
    podlink_reply *node = end_text(reader);
    if (node && reader->type == '=') {
        node->as.text += VERBATIM_FORMAT;
        node->count -= VERBATIM_FORMAT;
    }
    return STEP_ENDED;
}

static step read_body(pl_reader *reader, pl_reader_input *input)
{
    const size_t available = (size_t)(input->end - input->at);
    const size_t length = reader->body_left < available ? (size_t)reader->body_left : available;
    if (length > 0)
        add_text(reader, input->at, length);
    input->at += length;
    reader->body_left -= length;
    while (input->at < input->end) {
        if (*input->at++ != (reader->crlf == 0 ? '\r' : '\n'))
            return fail(reader, "not RESP: a bulk string that does not end with CR LF");
        if (++reader->crlf == 2)
            return end_body(reader);
    }
    return STEP_MORE;
}

/* The usual case: all of it is in the input. */
static bool take_body(pl_reader *reader, size_t length, pl_reader_input *input)
{
    const char *const bytes = input->at;
    const size_t available = (size_t)(input->end - bytes);
    if (available < 2 || available - 2 < length || bytes[length] != '\r' || bytes[length + 1] != '\n')
        return false;
    add_whole_text(reader, PODLINK_REPLY_STRING, bytes, length);
    input->at += length + 2;
    return true;
}

static step begin_body(pl_reader *reader, char type, int64_t length, pl_reader_input *input)
{
    if (length == -1 && type == '$')
        return add_nil(reader);
    if (length < 0 || (type == '=' && length < VERBATIM_FORMAT))
        return fail(reader, "not RESP: the length of a string is out of range");
    if ((uint64_t)length > skipped_max(reader))
        return fail(reader, FAR_TOO_LONG);
    if ((uint64_t)length > reader->reply_max)
        set_fault(reader, PL_REPLY_TOO_LONG);
    if (type == '$' && take_body(reader, (size_t)length, input))
        return STEP_ENDED;
    reader->type = type;
    reader->state = PL_READ_BODY;
    reader->body_left = (uint64_t)length;
    reader->crlf = 0;
    begin_text(reader, type == '!' ? PODLINK_REPLY_ERROR : PODLINK_REPLY_STRING);
    return read_body(reader, input);
}

/* --- arrays ------------------------------------------------------------------------------------------------------- */

static step open_array(pl_reader *reader, char type, uint32_t elements)
{
    if (reader->skip == 0 && reader->depth == PL_READER_DEPTH_MAX)
        set_fault(reader, PL_REPLY_TOO_DEEP);
    podlink_reply *node = add(reader, PODLINK_REPLY_ARRAY);
    if (!node) {
        reader->skip += elements;
        return STEP_ENDED; /* its elements take its place */
    }
    reader->is_push |= type == '>';
    node->count = elements;
    if (elements == 0)
        return STEP_ENDED;
    reader->open[reader->depth].node = (uint32_t)(reader->reply.node_count - 1);
    reader->open[reader->depth].left = elements;
    reader->depth++;
    return STEP_OPENED;
}

static step begin_array(pl_reader *reader, char type, int64_t count)
{
    if (count == -1 && type == '*')
        return add_nil(reader);
    if (count < 0 || count > INT32_MAX)
        return fail(reader, "not RESP: the count of an array is out of range");
    const uint32_t elements = (uint32_t)count * (type == '%' || type == '|' ? 2 : 1);
    if (type == '|') {
        reader->skip += elements; /* the element that it is about comes behind it */
        return STEP_OPENED;
    }
    if (type == '>' && (reader->skip > 0 || reader->depth > 0))
        return fail(reader, "not RESP: a push inside of a reply");
    return open_array(reader, type, elements);
}

/* --- heads -------------------------------------------------------------------------------------------------------- */

/* The usual case: a short number that is whole in the input. */
static bool take_short_number(pl_reader_input *input, int64_t *number)
{
    const char *const first = input->at + 1;
    const size_t available = (size_t)(input->end - first);
    size_t size = 0;
    *number = 0;
    for (; size < available && size < SHORT_NUMBER && first[size] >= '0' && first[size] <= '9'; size++)
        *number = 10 * *number + first[size] - '0';
    if (size == 0 || (*first == '0' && size > 1) || available - size < 2 || first[size] != '\r' ||
        first[size + 1] != '\n')
        return false;
    input->at += size + 3;
    return true;
}

/* Takes the line of a head. Its end is looked for in the input, and only what has no end there is copied.
 * @return STEP_ENDED: text and length are what stands between the type and CR LF */
static step take_head(pl_reader *reader, pl_reader_input *input, const char **text, size_t *length)
{
    const char *line = input->at;
    const size_t available = (size_t)(input->end - line), before = reader->head_length;
    const size_t most = PL_READER_HEAD_MAX - before < available ? PL_READER_HEAD_MAX - before : available;
    size_t size = 0;
    while (size < most && line[size] != '\n')
        size++;
    const bool has_end = size < most;
    if (!has_end && before + size == PL_READER_HEAD_MAX)
        return fail(reader, "not RESP: a length or an integer of more than 32 bytes");
    size += has_end;
    input->at += size;
    if (!has_end || before > 0) {
        memcpy(reader->head + before, line, size);
        reader->head_length = has_end ? 0 : (uint8_t)(before + size);
        line = reader->head;
        size += before;
    }
    if (!has_end)
        return STEP_MORE;
    if (size < 3 || line[size - 2] != '\r')
        return fail(reader, "not RESP: a line that does not end with CR LF");
    *text = line + 1;
    *length = size - 3;
    return STEP_ENDED;
}

static step read_number(pl_reader *reader, char type, int64_t number, pl_reader_input *input)
{
    if (type == '$' || type == '!' || type == '=')
        return begin_body(reader, type, number, input);
    if (type == ':')
        return add_integer(reader, number);
    return begin_array(reader, type, number);
}

static step read_value(pl_reader *reader, char type, const char *text, size_t length, pl_reader_input *input)
{
    int64_t number = 0;
    if (type == '_')
        return length == 0 ? add_nil(reader) : fail(reader, "not RESP: a null that is none");
    if (type == '#')
        return length == 1 && (*text == 't' || *text == 'f') ? add_integer(reader, *text == 't')
                                                             : fail(reader, "not RESP: a boolean that is none");
    if (!pl_number_parse(text, length, &number))
        return fail(reader, length == 1 && *text == '?' ? "a streamed RESP3 type, which is not supported"
                                                        : "not RESP: a length or an integer that is none");
    return read_number(reader, type, number, input);
}

static step fail_by_type(pl_reader *reader, unsigned char type)
{
    const bool is_shown = type > ' ' && type <= '~';
    snprintf(reader->words, sizeof reader->words,
             is_shown ? "not RESP: '%c' in place of a type" : "not RESP: byte 0x%02x in place of a type", type);
    return fail(reader, reader->words);
}

static step read_head(pl_reader *reader, pl_reader_input *input)
{
    const char *text;
    size_t length;
    int64_t number;
    const char *at = reader->head_length > 0 ? reader->head : input->at;
    const char type = *at;
    switch (type) {
    case '+':
        return begin_line(reader, PODLINK_REPLY_STATUS, input);
    case '-':
        return begin_line(reader, PODLINK_REPLY_ERROR, input);
    case ',':
    case '(':
        return begin_line(reader, PODLINK_REPLY_STRING, input);
    case ':':
    case '$':
    case '*':
        if (reader->head_length == 0 && take_short_number(input, &number))
            return read_number(reader, type, number, input);
        break;
    default:
        if (type == '\0' || !strchr("_#!=%~>|", type))
            return fail_by_type(reader, (unsigned char)type);
    }
    const step taken = take_head(reader, input, &text, &length);
    return taken == STEP_ENDED ? read_value(reader, type, text, length, input) : taken;
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

/* An element has ended, and with it the arrays whose last it is. @return whether the reply has ended */
static bool end_element(pl_reader *reader)
{
    if (reader->skip > 0)
        return --reader->skip == 0 && reader->fault != PL_REPLY_OK;
    while (reader->depth > 0) {
        if (--reader->open[reader->depth - 1].left > 0)
            return false;
        reader->depth--;
        pl_reply_end_array(&reader->reply, reader->open[reader->depth].node);
    }
    return true;
}

static void begin_reply(pl_reader *reader)
{
    pl_reply_reset(&reader->reply);
    reader->fault = PL_REPLY_OK;
    reader->is_push = false;
    reader->is_whole = false;
    reader->length = 0;
}

static pl_read_result end_reply(pl_reader *reader)
{
    const pl_reply *reply = &reader->reply;
    if (reply->node_count * sizeof *reply->nodes + reply->text_length > reader->reply_max + MEMORY_SPARE)
        set_fault(reader, PL_REPLY_TOO_LONG);
    reader->is_whole = true;
    reader->skip = 0;
    return PL_READ_REPLY;
}

static step read_step(pl_reader *reader, pl_reader_input *input)
{
    switch (reader->state) {
    case PL_READ_BODY:
        return read_body(reader, input);
    case PL_READ_LINE:
        return read_line(reader, input);
    case PL_READ_HEAD:
        break;
    }
    return read_head(reader, input);
}

/* A reply that is skipped may be longer than others, but not without end. */
static uint64_t length_max(const pl_reader *reader)
{
    return reader->fault == PL_REPLY_OK ? reader->reply_max : skipped_max(reader);
}

/* Whether the rest of a skipped reply can be short enough: what is left of a string, and the elements behind it. */
static bool is_skippable(const pl_reader *reader)
{
    const uint64_t left = skipped_max(reader) - reader->length;
    return reader->skip == 0 || (reader->skip - 1) * ELEMENT_LEAST + reader->body_left <= left;
}

/* Reads on in the first size bytes of the input. */
static pl_read_result read_part(pl_reader *reader, pl_reader_input *input, size_t size)
{
    pl_reader_input part = {input->at, input->at + size};
    bool has_ended = false;
    step done = STEP_MORE;
    while (part.at < part.end && done != STEP_FAILED && !has_ended) {
        done = read_step(reader, &part);
        has_ended = done == STEP_ENDED && end_element(reader);
    }
    reader->length += (uint64_t)(part.at - input->at);
    input->at = part.at;
    if (has_ended)
        return end_reply(reader);
    if (done != STEP_FAILED && !is_skippable(reader))
        done = fail(reader, FAR_TOO_LONG);
    return done == STEP_FAILED ? PL_READ_FAILED : PL_READ_MORE;
}

/* The limits of length hold to the byte, so that the result does not depend on the pieces in which the bytes come. */
pl_read_result pl_reader_next(pl_reader *reader, pl_reader_input *input)
{
    assert(!reader->why);
    if (reader->is_whole)
        begin_reply(reader);
    pl_read_result result = PL_READ_MORE;
    while (result == PL_READ_MORE && input->at < input->end) {
        if (reader->length == reader->reply_max)
            set_fault(reader, PL_REPLY_TOO_LONG);
        const size_t size = (size_t)(input->end - input->at);
        const uint64_t left = length_max(reader) - reader->length;
        if (left == 0) {
            fail(reader, FAR_TOO_LONG);
            return PL_READ_FAILED;
        }
        result = read_part(reader, input, size < left ? size : (size_t)left);
    }
    return result;
}
