/* SPDX-License-Identifier: MIT */
/* The reader of RESP2 and RESP3: every type in chunks of any size, its limits, and the replies that it has to skip. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "resp/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_MAX = 64 * 1024, FAR_MAX = REPLY_MAX * PL_READER_SKIPPED_TIMES, SHOWN_MAX = 4096 };

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_reader reader;
    char shown[SHOWN_MAX]; /* the replies, each followed by a space */
} setting;

static void begin(setting *s)
{
    memset(s, 0, sizeof *s);
    test_heap_init(&s->memory);
    pl_heap_init(&s->heap, &s->memory.allocator);
    pl_reader_init(&s->reader, &s->heap, REPLY_MAX);
}

static void end(setting *s)
{
    pl_reader_fini(&s->reader);
    test_heap_expect_empty(&s->memory, "reader");
}

static void add(setting *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(setting *s, const char *format, ...)
{
    size_t used = strlen(s->shown);
    va_list args;
    va_start(args, format);
    vsnprintf(s->shown + used, sizeof s->shown - used, format, args);
    va_end(args);
}

/* As an expression: [ 1 "a" nil [ ] ] */
static void show(setting *s, const podlink_reply *reply)
{
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    int64_t value = 0;
    switch (podlink_reply_type_of(reply)) {
    case PODLINK_REPLY_NIL:
        add(s, "nil ");
        break;
    case PODLINK_REPLY_INTEGER:
        podlink_reply_integer(reply, &value);
        add(s, "%lld ", (long long)value);
        break;
    case PODLINK_REPLY_STRING:
        assert_int_equal(text[length], '\0');
        add(s, "\"%.*s\" ", (int)length, text);
        break;
    case PODLINK_REPLY_STATUS:
        assert_int_equal(text[length], '\0');
        add(s, "+%.*s ", (int)length, text);
        break;
    case PODLINK_REPLY_ERROR:
        assert_int_equal(text[length], '\0');
        add(s, "-%.*s ", (int)length, text);
        break;
    case PODLINK_REPLY_ARRAY:
        add(s, "[ ");
        for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e))
            show(s, e);
        add(s, "] ");
        break;
    }
}

static void show_reply(setting *s)
{
    static const char *const faults[] = {"", "DEEP ", "LONG ", "NO_MEMORY "};
    if (s->reader.fault != PL_REPLY_OK) {
        assert_int_equal(s->reader.reply.node_count, 0);
        add(s, "%s", faults[s->reader.fault]);
        return;
    }
    assert_int_equal(s->reader.reply.nodes[0].span, s->reader.reply.node_count);
    add(s, "%s", s->reader.is_push ? "push " : "");
    show(s, s->reader.reply.nodes);
}

/* Hands bytes over in a block of exactly that size, and shows the replies that come of them. */
static pl_read_result feed(setting *s, const char *bytes, size_t length)
{
    char *exact = malloc(length + (length == 0));
    memcpy(exact, bytes, length);
    pl_reader_input input = {exact, exact + length};
    pl_read_result result;
    while ((result = pl_reader_next(&s->reader, &input)) == PL_READ_REPLY)
        show_reply(s);
    if (result == PL_READ_MORE)
        assert_ptr_equal(input.at, input.end);
    free(exact);
    return result;
}

static pl_read_result feed_in_pieces(setting *s, const char *bytes, size_t length, size_t piece)
{
    pl_read_result result = PL_READ_MORE;
    for (size_t at = 0; at < length && result == PL_READ_MORE; at += piece)
        result = feed(s, bytes + at, length - at < piece ? length - at : piece);
    return result;
}

/* --- types -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    const char *shown;
} streams[] = {
    {"+OK\r\n", "+OK "},
    {"+\r\n", "+ "},
    {"-ERR no\r\n", "-ERR no "},
    {"+a\rb\nc\n\rd\r\r\n", "+a\rb\nc\n\rd\r "},
    {":0\r\n:-1\r\n:9223372036854775807\r\n:-9223372036854775808\r\n",
     "0 -1 9223372036854775807 -9223372036854775808 "},
    {"$0\r\n\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n", "\"\" \"a\" \"\r\n\r\n\" "},
    {"$-1\r\n*-1\r\n", "nil nil "},
    {"*0\r\n*1\r\n*0\r\n", "[ ] [ [ ] ] "},
    {"*3\r\n:1\r\n$3\r\nabc\r\n*2\r\n+x\r\n-y\r\n", "[ 1 \"abc\" [ +x -y ] ] "},
    {"*2\r\n*2\r\n:1\r\n*1\r\n$-1\r\n:2\r\n+after\r\n", "[ [ 1 [ nil ] ] 2 ] +after "},
    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", "[ [ [ [ [ [ [ [ [ 7 ] ] ] ] ] ] ] ] ] "},
    {"_\r\n#t\r\n#f\r\n", "nil 1 0 "},
    {",1.5\r\n,-10\r\n,1e-7\r\n,inf\r\n,-inf\r\n,nan\r\n", "\"1.5\" \"-10\" \"1e-7\" \"inf\" \"-inf\" \"nan\" "},
    {"(123456789012345678901234567890\r\n(-1\r\n", "\"123456789012345678901234567890\" \"-1\" "},
    {"=7\r\ntxt:abc\r\n=4\r\nmkd:\r\n", "\"abc\" \"\" "},
    {"!5\r\nERR x\r\n!0\r\n\r\n", "-ERR x - "},
    {"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n%0\r\n", "[ +a 1 +b [ nil ] ] [ ] "},
    {"~3\r\n:1\r\n~0\r\n#t\r\n", "[ 1 [ ] 1 ] "},
    {">2\r\n+message\r\n:1\r\n:2\r\n", "push [ +message 1 ] 2 "},
    {"*2\r\n=5\r\ntxt:a\r\n$1\r\nb\r\n", "[ \"a\" \"b\" ] "},
    /* attributes, of a reply, of an element, inside each other, empty */
    {"|1\r\n+ttl\r\n:7\r\n+value\r\n:2\r\n", "+value 2 "},
    {"*3\r\n:1\r\n|2\r\n+a\r\n*2\r\n:9\r\n%1\r\n+k\r\n$2\r\nvv\r\n+b\r\n_\r\n:2\r\n:3\r\n", "[ 1 2 3 ] "},
    {"|1\r\n|1\r\n+x\r\n+y\r\n+a\r\n+b\r\n|0\r\n:1\r\n:2\r\n", "1 2 "},
    {"|1\r\n+a\r\n*-1\r\n>1\r\n+p\r\n", "push [ +p ] "},
};

static void every_type_is_read(void **state)
{
    (void)state;
    static setting s;
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        begin(&s);
        assert_int_equal(feed(&s, streams[i].bytes, strlen(streams[i].bytes)), PL_READ_MORE);
        assert_string_equal(s.shown, streams[i].shown);
        end(&s);
    }
}

static void expect_stream(setting *s, size_t i)
{
    assert_string_equal(s->shown, streams[i].shown);
    assert_false(pl_reader_is_midway(&s->reader));
    end(s);
}

static void bytes_may_come_in_any_pieces(void **state)
{
    (void)state;
    static setting s;
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        const size_t length = strlen(streams[i].bytes);
        for (size_t piece = 1; piece <= length; piece++) {
            begin(&s);
            assert_int_equal(feed_in_pieces(&s, streams[i].bytes, length, piece), PL_READ_MORE);
            expect_stream(&s, i);
        }
    }
}

static void bytes_may_be_split_at_any_two_places(void **state)
{
    (void)state;
    static setting s;
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        const char *bytes = streams[i].bytes;
        const size_t length = strlen(bytes);
        for (size_t first = 0; first <= length; first++) {
            for (size_t second = first; second <= length; second++) {
                begin(&s);
                feed(&s, bytes, first);
                feed(&s, bytes + first, second - first);
                assert_int_equal(feed(&s, bytes + second, length - second), PL_READ_MORE);
                expect_stream(&s, i);
            }
        }
    }
}

static void a_text_can_contain_any_byte(void **state)
{
    (void)state;
    static setting s;
    begin(&s);
    const char bytes[] = "$256\r\n";
    char body[256 + 2] = {0};
    for (int i = 0; i < 256; i++)
        body[i] = (char)i;
    memcpy(body + 256, "\r\n", 2);
    pl_reader_input head = {bytes, bytes + sizeof bytes - 1}, rest = {body, body + sizeof body};
    assert_int_equal(pl_reader_next(&s.reader, &head), PL_READ_MORE);
    assert_int_equal(pl_reader_next(&s.reader, &rest), PL_READ_REPLY);
    assert_int_equal(s.reader.reply.nodes[0].count, 256);
    assert_memory_equal(s.reader.reply.nodes[0].as.text, body, 256);
    end(&s);
}

static void a_reply_that_has_begun_is_midway(void **state)
{
    (void)state;
    static const char bytes[] = "*2\r\n:1\r\n$2\r\nab\r\n";
    static setting s;
    begin(&s);
    assert_false(pl_reader_is_midway(&s.reader));
    for (size_t i = 0; i + 1 < sizeof bytes - 1; i++) {
        feed(&s, bytes + i, 1);
        assert_true(pl_reader_is_midway(&s.reader));
    }
    feed(&s, "\n", 1);
    assert_false(pl_reader_is_midway(&s.reader));
    assert_string_equal(s.shown, "[ 1 \"ab\" ] ");
    end(&s);
}

/* --- bytes that are not RESP -------------------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    const char *why;
} malformed[] = {
    {"\r\n", "byte 0x0d in place of a type"},
    {"\n", "byte 0x0a"},
    {" +OK\r\n", "byte 0x20"},
    {"OK\r\n", "'O' in place of a type"},
    {"HTTP/1.1 200 OK\r\n\r\n", "'H'"},
    {"\x16\x03\x01", "byte 0x16"},
    {"\xff", "byte 0xff"},
    {"@\r\n", "'@'"},
    {"*x\r\n", "a length or an integer"},
    {"$x\r\n", "a length or an integer"},
    {":x\r\n", "a length or an integer"},
    {":\r\n", "a length or an integer"},
    {":1a\r\n", "a length or an integer"},
    {":01\r\n", "a length or an integer"},
    {":+1\r\n", "a length or an integer"},
    {":-0\r\n", "a length or an integer"},
    {"$-2\r\n", "the length of a string"},
    {"*-2\r\n", "the count of an array"},
    {"%-1\r\n", "the count of an array"},
    {"~-1\r\n", "the count of an array"},
    {">-1\r\n", "the count of an array"},
    {"|-1\r\n", "the count of an array"},
    {"*2147483648\r\n", "the count of an array"},
    {"!-1\r\n", "the length of a string"},
    {"=-1\r\n", "the length of a string"},
    {"=3\r\ntxt\r\n", "the length of a string"},
    {"$1a\r\nx\r\n", "a length or an integer"},
    {"*1a\r\n", "a length or an integer"},
    {":99999999999999999999\r\n", "a length or an integer"},
    {"$99999999999999999999\r\n", "a length or an integer"},
    {"*99999999999999999999\r\n", "a length or an integer"},
    {"*-99999999999999999999\r\n", "a length or an integer"},
    {":1\n", "does not end with CR LF"},
    {"*1\r:\n", "does not end with CR LF"},
    {"$\n", "does not end with CR LF"},
    {"*1\r\nx\r\n", "'x'"},
    {"$1\r\nab\r\n", "a bulk string that does not end"},
    {"$1\r\na\rb", "a bulk string that does not end"},
    {"$0\r\n\n", "a bulk string that does not end"},
    {"_x\r\n", "a null"},
    {"#\r\n", "a boolean"},
    {"#x\r\n", "a boolean"},
    {"#tt\r\n", "a boolean"},
    {"*1\r\n>1\r\n+a\r\n", "a push inside"},
    {"|1\r\n>1\r\n+a\r\n", "a push inside"},
    {"$?\r\n;4\r\n", "a streamed RESP3 type"},
    {"*?\r\n:1\r\n.\r\n", "a streamed RESP3 type"},
    {"~?\r\n", "a streamed RESP3 type"},
    {"%?\r\n", "a streamed RESP3 type"},
    {":1234567890123456789012345678901\r\n", "more than 32 bytes"},
    {"$00000000000000000000000000000000", "more than 32 bytes"},
};

static void malformed_bytes_fail(void **state)
{
    (void)state;
    static setting s;
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        const size_t length = strlen(malformed[i].bytes);
        for (size_t piece = 1; piece <= length; piece++) {
            begin(&s);
            if (feed_in_pieces(&s, malformed[i].bytes, length, piece) != PL_READ_FAILED)
                fail_msg("row %zu: %s", i, s.shown);
            if (!strstr(s.reader.why, malformed[i].why))
                fail_msg("row %zu: %s", i, s.reader.why);
            assert_string_equal(s.shown, "");
            end(&s);
        }
    }
}

static void replies_before_malformed_bytes_are_returned(void **state)
{
    (void)state;
    static setting s;
    begin(&s);
    assert_int_equal(feed(&s, "+one\r\n:2\r\n\r\n", 12), PL_READ_FAILED);
    assert_string_equal(s.shown, "+one 2 ");
    end(&s);
}

/* --- depth -------------------------------------------------------------------------------------------------------- */

/* depth arrays of two elements, the second of which is an integer; then another reply. */
static size_t make_nested(char *out, size_t depth)
{
    size_t length = 0;
    for (size_t i = 0; i < depth; i++)
        length += (size_t)sprintf(out + length, "*2\r\n");
    length += (size_t)sprintf(out + length, "$3\r\nabc\r\n");
    for (size_t i = 0; i < depth; i++)
        length += (size_t)sprintf(out + length, ":1\r\n");
    return length + (size_t)sprintf(out + length, "+next\r\n");
}

static void replies_of_128_levels_are_read_and_deeper_ones_are_skipped(void **state)
{
    (void)state;
    static char bytes[8 * 4000 + 32];
    static setting s;
    static const size_t depths[] = {1, 8, 127, 128, 129, 130, 200, 4000};
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        const size_t length = make_nested(bytes, depths[i]);
        for (size_t piece = 1; piece <= 9; piece += 4) {
            begin(&s);
            assert_int_equal(feed_in_pieces(&s, bytes, length, piece), PL_READ_MORE);
            if (depths[i] <= 128)
                assert_memory_equal(s.shown, "[ [ ", depths[i] == 1 ? 2 : 4);
            else
                assert_memory_equal(s.shown, "DEEP ", 5);
            assert_non_null(strstr(s.shown, depths[i] <= 128 ? "] +next " : "DEEP +next "));
            assert_true(s.memory.peak < 64 * 1024);
            end(&s);
        }
    }
}

static void an_empty_array_is_a_level_as_well(void **state)
{
    (void)state;
    static setting s;
    for (size_t depth = 127; depth <= 128; depth++) {
        begin(&s);
        for (size_t i = 0; i < depth; i++)
            feed(&s, "*1\r\n", 4);
        feed(&s, "*0\r\n:5\r\n", 8);
        assert_int_equal(strncmp(s.shown, "DEEP ", 5) == 0, depth == 128);
        assert_string_equal(s.shown + strlen(s.shown) - 2, "5 ");
        end(&s);
    }
}

/* Whatever stands where the reply becomes too deep, and after that: it is skipped to its end and not further. */
static void a_skipped_reply_may_hold_anything(void **state)
{
    (void)state;
    static const char *const rest[] = {
        "*3\r\n$3\r\nabc\r\n+x\r\n-y\r\n",
        "%2\r\n:1\r\n*0\r\n:2\r\n~1\r\n*2\r\n_\r\n#t\r\n",
        "*1\r\n|1\r\n+a\r\n*2\r\n:1\r\n:2\r\n$-1\r\n",
        "*2\r\n*-1\r\n=5\r\ntxt:x\r\n",
        "*2\r\n!1\r\nx\r\n(1\r\n",
    };
    static char bytes[8 * 1024];
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rest); i++) {
        size_t length = 0;
        length += (size_t)sprintf(bytes, "|1\r\n+k\r\n+v\r\n");
        for (size_t k = 0; k < 128; k++)
            length += (size_t)sprintf(bytes + length, k % 2 == 0 ? "*2\r\n" : "%%1\r\n+k\r\n");
        length += (size_t)sprintf(bytes + length, "%s", rest[i]);
        for (size_t k = 0; k < 64; k++)
            length += (size_t)sprintf(bytes + length, "*1\r\n:4\r\n");
        length += (size_t)sprintf(bytes + length, "+next\r\n");
        for (size_t piece = 1; piece <= length; piece = piece < 40 ? piece + 1 : 4 * piece) {
            begin(&s);
            assert_int_equal(feed_in_pieces(&s, bytes, length, piece), PL_READ_MORE);
            assert_string_equal(s.shown, "DEEP +next ");
            end(&s);
        }
    }
}

/* --- lengths ------------------------------------------------------------------------------------------------------ */

static void announced_lengths_allocate_nothing(void **state)
{
    (void)state;
    static const char *const rows[] = {"$65536\r\nabc",
                                       "$262100\r\nabc",
                                       "=262100\r\ntxt:",
                                       "*20000\r\n:1\r\n",
                                       "%20000\r\n*20000\r\n:1\r\n",
                                       "*10000\r\n*10000\r\n*10000\r\n"};
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(&s);
        assert_int_equal(feed(&s, rows[i], strlen(rows[i])), PL_READ_MORE);
        assert_true(s.memory.peak < 1024);
        assert_true(pl_reader_is_midway(&s.reader));
        end(&s);
    }
}

static size_t make_string(char *out, size_t reply_size)
{
    size_t payload = reply_size - 2 - (1 + 5 + 2); /* five digits */
    size_t head = (size_t)sprintf(out, "$%zu\r\n", payload);
    memset(out + head, 'x', payload);
    memcpy(out + head + payload, "\r\n", 2);
    assert_int_equal(head + payload + 2, reply_size);
    return reply_size;
}

/* Without showing the replies: they are counted, and those with a fault, too. */
static pl_read_result feed_quietly(setting *s, const char *bytes, size_t length, size_t piece, size_t *replies,
                                   size_t *faults)
{
    pl_read_result result = PL_READ_MORE;
    for (size_t at = 0; at < length && result == PL_READ_MORE; at += piece) {
        pl_reader_input input = {bytes + at, bytes + at + (length - at < piece ? length - at : piece)};
        while ((result = pl_reader_next(&s->reader, &input)) == PL_READ_REPLY) {
            ++*replies;
            *faults += s->reader.fault != PL_REPLY_OK;
        }
    }
    return result;
}

static void a_reply_at_the_limit_is_read_and_a_longer_one_is_skipped(void **state)
{
    (void)state;
    static char bytes[2 * REPLY_MAX];
    static setting s;
    for (size_t more = 0; more <= 1; more++) {
        for (size_t piece = 997; piece < sizeof bytes; piece *= 16) {
            size_t replies = 0, faults = 0;
            begin(&s);
            size_t length = make_string(bytes, REPLY_MAX + more);
            length += (size_t)sprintf(bytes + length, "+next\r\n");
            assert_int_equal(feed_quietly(&s, bytes, length, piece, &replies, &faults), PL_READ_MORE);
            assert_int_equal(replies, 2);
            assert_int_equal(faults, more);
            end(&s);
        }
    }
}

static void a_string_that_is_announced_as_too_long_is_not_stored(void **state)
{
    (void)state;
    static char bytes[FAR_MAX];
    static setting s;
    begin(&s);
    size_t replies = 0, faults = 0;
    size_t length = (size_t)sprintf(bytes, "$%d\r\n", FAR_MAX - 100);
    memset(bytes + length, 'x', FAR_MAX - 100);
    length += FAR_MAX - 100;
    length += (size_t)sprintf(bytes + length, "\r\n+next\r\n");
    assert_int_equal(feed_quietly(&s, bytes, length, 16 * 1024, &replies, &faults), PL_READ_MORE);
    assert_int_equal(replies, 2);
    assert_int_equal(faults, 1);
    assert_true(s.memory.peak < 1024);
    end(&s);
}

/* Skipping it could take for ever, so the stream fails as soon as it is certain. */
static void a_reply_far_beyond_the_limit_fails(void **state)
{
    (void)state;
    static const char *const rows[] = {"$536870912\r\nabc",     "$9223372036854775807\r\n",
                                       "*2147483647\r\n:1\r\n", "*30000\r\n*2147483647\r\n",
                                       "|2147483647\r\n",       "*1\r\n*1000000\r\n*1000000\r\n*1000000\r\n"};
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(&s);
        feed(&s, rows[i], strlen(rows[i]));
        for (int k = 0; !s.reader.why && k < FAR_MAX; k++)
            feed(&s, ":1\r\n", 4);
        assert_non_null(s.reader.why);
        assert_non_null(strstr(s.reader.why, "far longer than reply_max_bytes"));
        end(&s);
    }
}

static size_t make_array(char *out, size_t count, const char *element)
{
    size_t length = (size_t)sprintf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        length += (size_t)sprintf(out + length, "%s", element);
    return length;
}

/* An element of four bytes takes 24 in memory: the limit holds for both. */
static void the_limit_holds_for_memory_too(void **state)
{
    (void)state;
    static const struct {
        const char *element;
        size_t count; /* as many as fit into the memory */
    } rows[] = {{":1\r\n", 2700}, {"_\r\n", 2700}, {"*0\r\n", 2700}, {"$1\r\na\r\n", 2500}, {"$0\r\n\r\n", 2600}};
    static char bytes[REPLY_MAX];
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t k = 0; k < 2; k++) {
            size_t replies = 0, faults = 0;
            begin(&s);
            size_t length = make_array(bytes, k == 0 ? rows[i].count : rows[i].count + 300, rows[i].element);
            length += (size_t)sprintf(bytes + length, "+next\r\n");
            pl_reader_input input = {bytes, bytes + length};
            assert_int_equal(pl_reader_next(&s.reader, &input), PL_READ_REPLY);
            assert_int_equal(s.reader.fault, k == 0 ? PL_REPLY_OK : PL_REPLY_TOO_LONG);
            assert_true(s.memory.bytes <= REPLY_MAX + REPLY_MAX / 2);
            assert_int_equal(feed_quietly(&s, input.at, (size_t)(input.end - input.at), 7, &replies, &faults),
                             PL_READ_MORE);
            assert_int_equal(replies, 1);
            assert_int_equal(faults, 0);
            end(&s);
        }
    }
}

static void a_long_array_of_short_elements_is_skipped(void **state)
{
    (void)state;
    static char bytes[FAR_MAX];
    static setting s;
    size_t replies = 0, faults = 0;
    begin(&s);
    size_t length = make_array(bytes, REPLY_MAX / 2, ":1\r\n");
    length += (size_t)sprintf(bytes + length, "+next\r\n");
    assert_int_equal(feed_quietly(&s, bytes, length, 16 * 1024, &replies, &faults), PL_READ_MORE);
    assert_int_equal(replies, 2);
    assert_int_equal(faults, 1);
    end(&s);
}

/* The limit is that of one reply: those after it in the same input are not counted. */
static void the_limit_is_per_reply(void **state)
{
    (void)state;
    static char bytes[2 * REPLY_MAX + 32];
    static setting s;
    size_t replies = 0, faults = 0;
    size_t length = make_string(bytes, REPLY_MAX - 10);
    length += make_string(bytes + length, REPLY_MAX - 10);
    begin(&s);
    assert_int_equal(feed_quietly(&s, bytes, length, 15000, &replies, &faults), PL_READ_MORE);
    assert_int_equal(replies, 2);
    assert_int_equal(faults, 0);
    end(&s);
}

static void an_endless_line_fails(void **state)
{
    (void)state;
    static const char types[] = "+-,(";
    static setting s;
    for (const char *type = types; *type; type++) {
        for (size_t is_deep = 0; is_deep < 2; is_deep++) {
            begin(&s);
            for (size_t i = 0; i < 200 * is_deep; i++)
                feed(&s, "*1\r\n", 4);
            feed(&s, type, 1);
            size_t length = 0;
            while (length < 2 * PL_READER_LINE_MAX && feed(&s, "1111111111111111", 16) == PL_READ_MORE)
                length += 16;
            assert_int_equal(length, PL_READER_LINE_MAX);
            assert_non_null(strstr(s.reader.why, "a line of more than 64 KiB"));
            end(&s);
        }
    }
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static void a_reply_without_memory_is_skipped(void **state)
{
    (void)state;
    static const char bytes[] = "*4\r\n:1\r\n$3\r\nabc\r\n*2\r\n+x\r\n$-1\r\n=8\r\ntxt:text\r\n+next\r\n";
    static setting s;
    for (size_t piece = 1; piece < sizeof bytes; piece += 5) {
        for (size_t n = 1;; n++) {
            begin(&s);
            test_heap_fail_at(&s.memory, n, 1);
            assert_int_equal(feed_in_pieces(&s, bytes, sizeof bytes - 1, piece), PL_READ_MORE);
            const bool failed = s.memory.failed > 0;
            assert_string_equal(s.shown, failed ? "NO_MEMORY +next " : "[ 1 \"abc\" [ +x nil ] \"text\" ] +next ");
            end(&s);
            if (!failed)
                break;
        }
    }
}

static void a_large_reply_without_memory_is_skipped(void **state)
{
    (void)state;
    static char bytes[REPLY_MAX];
    static setting s;
    for (size_t n = 1;; n++) {
        size_t replies = 0, faults = 0;
        begin(&s);
        size_t length = make_array(bytes, 1500, "$10\r\n0123456789\r\n");
        length += (size_t)sprintf(bytes + length, "+next\r\n");
        test_heap_fail_at(&s.memory, n, 1);
        assert_int_equal(feed_quietly(&s, bytes, length, 1000, &replies, &faults), PL_READ_MORE);
        assert_int_equal(replies, 2);
        assert_int_equal(faults, s.memory.failed > 0);
        end(&s);
        if (faults == 0)
            return;
    }
}

static void the_buffers_are_reused(void **state)
{
    (void)state;
    static setting s;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(streams); i++)
        feed(&s, streams[i].bytes, strlen(streams[i].bytes));
    test_heap_fail_at(&s.memory, 0, 0);
    for (size_t i = 0; i < COUNT_OF(streams); i++)
        for (size_t piece = 1; piece < 20; piece++) {
            s.shown[0] = '\0';
            feed_in_pieces(&s, streams[i].bytes, strlen(streams[i].bytes), piece);
            assert_string_equal(s.shown, streams[i].shown);
        }
    assert_int_equal(s.memory.asked, 0);
    end(&s);
}

/* --- anything ----------------------------------------------------------------------------------------------------- */

static void many_short_replies_are_read(void **state)
{
    (void)state;
    static char bytes[16 * 1024];
    static setting s;
    size_t replies = 0, faults = 0;
    for (size_t i = 0; i < sizeof bytes; i += 8)
        memcpy(bytes + i, "+abcde\r\n", 8);
    begin(&s);
    for (int i = 0; i < 64; i++)
        assert_int_equal(feed_quietly(&s, bytes, sizeof bytes, 16 * 1024 - 3, &replies, &faults), PL_READ_MORE);
    assert_int_equal(replies, 64 * sizeof bytes / 8);
    assert_int_equal(faults, 0);
    end(&s);
}

static void random_bytes_neither_crash_nor_leak(void **state)
{
    (void)state;
    static const char alphabet[] = "*$:+-\r\n\r\n\r\n\r\n0123456789abx_#%~>|(=!,\xff\0 ";
    static setting s;
    uint64_t seed = 88172645463325252ULL;
    for (int round = 0; round < 3000; round++) {
        begin(&s);
        pl_read_result result = PL_READ_MORE;
        for (int chunk = 0; chunk < 20 && result != PL_READ_FAILED; chunk++) {
            char bytes[16];
            for (size_t i = 0; i < sizeof bytes; i++) {
                seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
                bytes[i] = alphabet[seed % (sizeof alphabet - 1)];
            }
            s.shown[0] = '\0';
            result = feed(&s, bytes, 1 + (size_t)(seed >> 32) % sizeof bytes);
        }
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(bytes_may_come_in_any_pieces),
        cmocka_unit_test(bytes_may_be_split_at_any_two_places),
        cmocka_unit_test(a_text_can_contain_any_byte),
        cmocka_unit_test(a_reply_that_has_begun_is_midway),
        cmocka_unit_test(malformed_bytes_fail),
        cmocka_unit_test(replies_before_malformed_bytes_are_returned),
        cmocka_unit_test(replies_of_128_levels_are_read_and_deeper_ones_are_skipped),
        cmocka_unit_test(an_empty_array_is_a_level_as_well),
        cmocka_unit_test(a_skipped_reply_may_hold_anything),
        cmocka_unit_test(announced_lengths_allocate_nothing),
        cmocka_unit_test(a_reply_at_the_limit_is_read_and_a_longer_one_is_skipped),
        cmocka_unit_test(a_string_that_is_announced_as_too_long_is_not_stored),
        cmocka_unit_test(a_reply_far_beyond_the_limit_fails),
        cmocka_unit_test(the_limit_holds_for_memory_too),
        cmocka_unit_test(a_long_array_of_short_elements_is_skipped),
        cmocka_unit_test(the_limit_is_per_reply),
        cmocka_unit_test(an_endless_line_fails),
        cmocka_unit_test(a_reply_without_memory_is_skipped),
        cmocka_unit_test(a_large_reply_without_memory_is_skipped),
        cmocka_unit_test(the_buffers_are_reused),
        cmocka_unit_test(many_short_replies_are_read),
        cmocka_unit_test(random_bytes_neither_crash_nor_leak),
    };
    return RUN_TESTS("reader", tests);
}
