/* Bytes in, replies out. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "resp/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_MAX = 64 * 1024, SHOWN_MAX = 4096 };

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_parser parser;
    char shown[SHOWN_MAX]; /* the replies, each with a space behind it */
} setting;

static void begin(setting *s)
{
    memset(s, 0, sizeof *s);
    test_heap_init(&s->memory);
    pl_heap_init(&s->heap, &s->memory.allocator);
    assert_true(pl_parser_init(&s->parser, &s->heap, REPLY_MAX));
}

static void end(setting *s)
{
    pl_parser_fini(&s->parser);
    test_heap_expect_empty(&s->memory, "parser");
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
        add(s, "\"%.*s\" ", (int)length, text);
        break;
    case PODLINK_REPLY_STATUS:
        add(s, "+%.*s ", (int)length, text);
        break;
    case PODLINK_REPLY_ERROR:
        add(s, "-%.*s ", (int)length, text);
        break;
    case PODLINK_REPLY_ARRAY:
        add(s, "[ ");
        for (size_t i = 0; i < podlink_reply_count(reply); i++)
            show(s, podlink_reply_at(reply, i));
        add(s, "] ");
        break;
    }
}

/* Feeds bytes in a block of just that size, and shows the replies that come of them. */
static pl_parse_result feed(setting *s, const char *bytes, size_t length)
{
    char *exact = malloc(length + (length == 0));
    memcpy(exact, bytes, length);
    pl_parse_result result = pl_parser_feed(&s->parser, exact, length);
    free(exact);
    while (result != PL_PARSE_FAILED && (result = pl_parser_next(&s->parser)) == PL_PARSE_REPLY)
        show(s, s->parser.reply.nodes);
    return result;
}

static const char *read_all(setting *s, const char *bytes)
{
    begin(s);
    feed(s, bytes, strlen(bytes));
    end(s);
    return s->shown;
}

static const struct {
    const char *bytes;
    const char *shown;
} streams[] = {
    {"+OK\r\n", "+OK "},
    {"+\r\n", "+ "},
    {"-ERR no\r\n", "-ERR no "},
    {":0\r\n:-1\r\n:9223372036854775807\r\n:-9223372036854775808\r\n",
     "0 -1 9223372036854775807 -9223372036854775808 "},
    {"$0\r\n\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n", "\"\" \"a\" \"\r\n\r\n\" "},
    {"$-1\r\n*-1\r\n", "nil nil "},
    {"*0\r\n*1\r\n*0\r\n", "[ ] [ [ ] ] "},
    {"*3\r\n:1\r\n$3\r\nabc\r\n*2\r\n+x\r\n-y\r\n", "[ 1 \"abc\" [ +x -y ] ] "},
    {"*2\r\n*2\r\n:1\r\n*1\r\n$-1\r\n:2\r\n+after\r\n", "[ [ 1 [ nil ] ] 2 ] +after "},
    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", "[ [ [ [ [ [ [ 7 ] ] ] ] ] ] ] "},
};

static void every_type_is_read(void **state)
{
    (void)state;
    static setting s;
    for (size_t i = 0; i < COUNT_OF(streams); i++)
        assert_string_equal(read_all(&s, streams[i].bytes), streams[i].shown);
}

static void bytes_may_come_in_any_pieces(void **state)
{
    (void)state;
    static setting s;
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        size_t length = strlen(streams[i].bytes);
        for (size_t piece = 1; piece <= length; piece++) {
            begin(&s);
            for (size_t at = 0; at < length; at += piece)
                assert_int_equal(feed(&s, streams[i].bytes + at, length - at < piece ? length - at : piece),
                                 PL_PARSE_MORE);
            assert_string_equal(s.shown, streams[i].shown);
            assert_false(pl_parser_is_midway(&s.parser));
            end(&s);
        }
    }
}

static void a_reply_that_has_begun_is_midway(void **state)
{
    (void)state;
    static const char bytes[] = "*2\r\n:1\r\n$2\r\nab\r\n";
    static setting s;
    begin(&s);
    assert_false(pl_parser_is_midway(&s.parser));
    for (size_t i = 0; i + 1 < sizeof bytes - 1; i++) {
        feed(&s, bytes + i, 1);
        assert_true(pl_parser_is_midway(&s.parser));
    }
    feed(&s, "\n", 1);
    assert_false(pl_parser_is_midway(&s.parser));
    assert_string_equal(s.shown, "[ 1 \"ab\" ] ");
    end(&s);
}

static void what_is_no_resp_fails(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\r\n",
        "\n",
        " +OK\r\n",
        "OK\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "\x16\x03\x01",
        "\xff",
        "@\r\n",
        "*x\r\n",
        "$x\r\n",
        ":x\r\n",
        ":\r\n",
        ":1a\r\n",
        "$-2\r\n",
        "*-2\r\n",
        "$1a\r\nx\r\n",
        "*1a\r\n",
        ":99999999999999999999\r\n",
        "$99999999999999999999\r\n",
        "*99999999999999999999\r\n",
        "*-99999999999999999999\r\n",
        "*1\r\nx\r\n",
    };
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(&s);
        if (feed(&s, rows[i], strlen(rows[i])) != PL_PARSE_FAILED)
            fail_msg("row %zu: %s", i, s.shown);
        assert_true(s.parser.error[0] != '\0');
        assert_false(s.parser.out_of_memory);
        assert_string_equal(s.shown, "");
        end(&s);
    }
}

static void what_came_before_the_fault_is_a_reply(void **state)
{
    (void)state;
    static setting s;
    begin(&s);
    assert_int_equal(feed(&s, "+one\r\n:2\r\n\r\n", 12), PL_PARSE_FAILED);
    assert_string_equal(s.shown, "+one 2 ");
    end(&s);
}

static void resp3_is_refused_since_nobody_asked_for_it(void **state)
{
    (void)state;
    static const char *const rows[] = {"_\r\n",
                                       ",1.5\r\n",
                                       "#t\r\n",
                                       "(123456789012345678901234567890\r\n",
                                       "=7\r\ntxt:abc\r\n",
                                       "%1\r\n+a\r\n+b\r\n",
                                       "~1\r\n+a\r\n",
                                       ">1\r\n+a\r\n",
                                       "|1\r\n+a\r\n+b\r\n+c\r\n",
                                       "!5\r\nERR x\r\n",
                                       "*1\r\n#f\r\n"};
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(&s);
        if (feed(&s, rows[i], strlen(rows[i])) != PL_PARSE_FAILED)
            fail_msg("row %zu: %s", i, s.shown);
        assert_false(s.parser.out_of_memory);
        end(&s);
    }
}

/* How deep a reply may be is the reader's business: 7 at least, and never so deep that anything breaks. */
static void however_deep_a_reply_is_nothing_breaks(void **state)
{
    (void)state;
    static char bytes[4 * 9000 + 8];
    static setting s;
    for (size_t depth = 1; depth <= 9000; depth = depth < 20 ? depth + 1 : depth * 3) {
        begin(&s);
        for (size_t i = 0; i < depth; i++)
            memcpy(bytes + 4 * i, "*1\r\n", 4);
        memcpy(bytes + 4 * depth, ":1\r\n", 4);
        pl_parse_result result = pl_parser_feed(&s.parser, bytes, 4 * depth + 4);
        assert_int_equal(result, PL_PARSE_MORE);
        result = pl_parser_next(&s.parser);
        assert_true(result == PL_PARSE_REPLY || (depth > 7 && result == PL_PARSE_FAILED));
        end(&s);
    }
}

static void nothing_is_allocated_by_a_length_that_was_only_announced(void **state)
{
    (void)state;
    static const char *const rows[] = {"$536870912\r\nabc", "$2147483647\r\nabc", "$9223372036854775000\r\n",
                                       "*2147483647\r\n:1\r\n", "*1000000\r\n*1000000\r\n*1000000\r\n"};
    static setting s;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(&s);
        assert_int_equal(feed(&s, rows[i], strlen(rows[i])), PL_PARSE_MORE);
        assert_true(s.memory.peak < 4096);
        assert_true(pl_parser_is_midway(&s.parser));
        end(&s);
    }
}

/* --- the longest reply ------------------------------------------------------------------------------------------- */

static size_t make_string(char *out, size_t reply_size)
{
    size_t payload = reply_size - 2 - (1 + 5 + 2); /* five digits */
    size_t head = (size_t)sprintf(out, "$%zu\r\n", payload);
    memset(out + head, 'x', payload);
    memcpy(out + head + payload, "\r\n", 2);
    assert_int_equal(head + payload + 2, reply_size);
    return reply_size;
}

static pl_parse_result feed_quietly(setting *s, const char *bytes, size_t length, size_t piece, size_t *replies)
{
    pl_parse_result result = PL_PARSE_MORE;
    for (size_t at = 0; at < length && result != PL_PARSE_FAILED; at += piece) {
        result = pl_parser_feed(&s->parser, bytes + at, length - at < piece ? length - at : piece);
        while (result != PL_PARSE_FAILED && (result = pl_parser_next(&s->parser)) == PL_PARSE_REPLY)
            ++*replies;
    }
    return result;
}

static void a_reply_of_the_greatest_length_is_taken(void **state)
{
    (void)state;
    static char bytes[REPLY_MAX + 16];
    static setting s;
    size_t replies = 0;
    begin(&s);
    assert_int_equal(feed_quietly(&s, bytes, make_string(bytes, REPLY_MAX), 1000, &replies), PL_PARSE_MORE);
    assert_int_equal(replies, 1);
    end(&s);
}

static void a_longer_reply_fails(void **state)
{
    (void)state;
    static char bytes[REPLY_MAX + 16];
    static setting s;
    size_t replies = 0;
    begin(&s);
    assert_int_equal(feed_quietly(&s, bytes, make_string(bytes, REPLY_MAX + 1), 1000, &replies), PL_PARSE_FAILED);
    assert_int_equal(replies, 0);
    assert_non_null(strstr(s.parser.error, "reply_max_bytes"));
    end(&s);
}

static void a_long_array_of_short_elements_fails_too(void **state)
{
    (void)state;
    static char bytes[REPLY_MAX + 64];
    static setting s;
    size_t replies = 0;
    size_t length = (size_t)sprintf(bytes, "*1000000\r\n");
    while (length < REPLY_MAX + 8) {
        memcpy(bytes + length, ":1\r\n", 4);
        length += 4;
    }
    begin(&s);
    assert_int_equal(feed_quietly(&s, bytes, length, 1000, &replies), PL_PARSE_FAILED);
    end(&s);
}

/* The limit is that of one reply: what comes behind it in the same read does not count. */
static void the_next_reply_does_not_count_to_the_length_of_this(void **state)
{
    (void)state;
    static char bytes[2 * REPLY_MAX + 32];
    static setting s;
    size_t replies = 0;
    size_t length = make_string(bytes, REPLY_MAX - 10);
    length += make_string(bytes + length, REPLY_MAX - 10);
    begin(&s);
    assert_int_equal(feed_quietly(&s, bytes, length, 15000, &replies), PL_PARSE_MORE);
    assert_int_equal(replies, 2);
    end(&s);
}

static void any_number_of_short_replies_is_taken(void **state)
{
    (void)state;
    static char bytes[16 * 1024];
    static setting s;
    size_t replies = 0;
    for (size_t i = 0; i < sizeof bytes; i += 8)
        memcpy(bytes + i, "+abcde\r\n", 8);
    begin(&s);
    for (int i = 0; i < 64; i++)
        assert_int_equal(feed_quietly(&s, bytes, sizeof bytes, 16 * 1024 - 3, &replies), PL_PARSE_MORE);
    assert_int_equal(replies, 64 * sizeof bytes / 8);
    end(&s);
}

/* --- memory, and anything at all -----------------------------------------------------------------------------------
 */

static void without_memory_it_fails_as_such(void **state)
{
    (void)state;
    static const char bytes[] = "*3\r\n:1\r\n$3\r\nabc\r\n*2\r\n+x\r\n$-1\r\n";
    static setting s;
    for (size_t n = 1;; n++) {
        begin(&s);
        test_heap_fail_at(&s.memory, n, 1);
        pl_parse_result result = feed(&s, bytes, sizeof bytes - 1);
        bool failed = s.memory.failed > 0;
        assert_int_equal(result, failed ? PL_PARSE_FAILED : PL_PARSE_MORE);
        assert_int_equal(s.parser.out_of_memory, failed);
        end(&s);
        if (!failed)
            return;
    }
}

static void whatever_comes_nothing_breaks(void **state)
{
    (void)state;
    static const char alphabet[] = "*$:+-\r\n\r\n0123456789abx_#%~>|(=!,\xff\0 ";
    static setting s;
    uint64_t seed = 88172645463325252ULL;
    for (int round = 0; round < 3000; round++) {
        begin(&s);
        pl_parse_result result = PL_PARSE_MORE;
        for (int chunk = 0; chunk < 20 && result != PL_PARSE_FAILED; chunk++) {
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
        cmocka_unit_test(a_reply_that_has_begun_is_midway),
        cmocka_unit_test(what_is_no_resp_fails),
        cmocka_unit_test(what_came_before_the_fault_is_a_reply),
        cmocka_unit_test(resp3_is_refused_since_nobody_asked_for_it),
        cmocka_unit_test(however_deep_a_reply_is_nothing_breaks),
        cmocka_unit_test(nothing_is_allocated_by_a_length_that_was_only_announced),
        cmocka_unit_test(a_reply_of_the_greatest_length_is_taken),
        cmocka_unit_test(a_longer_reply_fails),
        cmocka_unit_test(a_long_array_of_short_elements_fails_too),
        cmocka_unit_test(the_next_reply_does_not_count_to_the_length_of_this),
        cmocka_unit_test(any_number_of_short_replies_is_taken),
        cmocka_unit_test(without_memory_it_fails_as_such),
        cmocka_unit_test(whatever_comes_nothing_breaks),
    };
    return RUN_TESTS("parser", tests);
}
