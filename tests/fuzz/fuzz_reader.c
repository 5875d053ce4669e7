/* SPDX-License-Identifier: MIT */
/* Our reader and hiredis's get the same bytes. What hiredis 0.14 can read, both read alike. Ours gives the same replies
 * for all bytes at once, in the chunks that the input chooses, and with a heap that fails, where only the reply that
 * lacks memory may differ. */
#include "resp/reader.h"

#include <hiredis/hiredis.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REPLIES = 256, SMALL_REPLY_MAX = 300, LARGE_REPLY_MAX = 64 * 1024, CHUNKS = 3, HEADER = CHUNKS + 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How the bytes are handed over. */
typedef struct plan {
    const char *bytes;
    size_t size;
    size_t reply_max;
    uint8_t chunks[CHUNKS]; /* sizes, in turn; 0: all that is left */
    unsigned fail_at;       /* the allocation that fails, counted from 1; 0: none */
} plan;

/* What comes of them. */
typedef struct outcome {
    size_t count;
    uint64_t replies[REPLIES]; /* hashes; 0: a reply with a fault */
    bool has_failed;
    bool is_far_too_long;
    bool is_midway;
} outcome;

static void expect(bool condition)
{
    if (!condition)
        abort();
}

/* The next chunk, in a block of exactly its size: reading beyond it is an error. */
static char *take_chunk(const plan *p, size_t i, size_t *at, size_t *size)
{
    const size_t left = p->size - *at, wanted = p->chunks[i % CHUNKS];
    *size = wanted == 0 || wanted > left ? left : wanted;
    char *chunk = malloc(*size);
    memcpy(chunk, p->bytes + *at, *size);
    *at += *size;
    return chunk;
}

/* --- our reader --------------------------------------------------------------------------------------------------- */

static unsigned until_failure; /* allocations; 0: none fails */

static void *reallocate(void *context, void *block, size_t size)
{
    (void)context;
    return until_failure > 0 && --until_failure == 0 ? NULL : realloc(block, size);
}

static void *allocate(void *context, size_t size)
{
    return reallocate(context, NULL, size);
}

static void release(void *context, void *block)
{
    (void)context;
    free(block);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

/* Reads every byte of a reply, by the iterator and by index. */
static uint64_t hash_of(const podlink_reply *reply)
{
    size_t length = 0, count = 0;
    int64_t number = 0;
    const char *text = podlink_reply_text(reply, &length);
    uint64_t hash = mix(1, podlink_reply_type_of(reply));
    for (size_t i = 0; text && i <= length; i++)
        hash = mix(hash, (uint8_t)text[i]);
    expect(!text || text[length] == '\0');
    if (podlink_reply_type_of(reply) == PODLINK_REPLY_INTEGER)
        podlink_reply_integer(reply, &number);
    hash = mix(hash, (uint64_t)number);
    for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e), count++) {
        if (count < 8)
            expect(podlink_reply_at(reply, count) == e);
        hash = mix(hash, hash_of(e));
    }
    expect(count == podlink_reply_count(reply));
    return mix(hash, count) | 1;
}

static uint64_t hash_of_reply(const pl_reader *reader)
{
    const pl_reply *reply = &reader->reply;
    if (reader->fault != PL_REPLY_OK) {
        expect(reply->node_count == 0);
        return 0;
    }
    expect(reply->nodes[0].span == reply->node_count);
    expect(reply->node_count * sizeof *reply->nodes + reply->text_length <= reader->reply_max + 1024);
    return hash_of(reply->nodes);
}

static outcome *read_all(const plan *p)
{
    outcome *o = calloc(1, sizeof *o);
    pl_heap heap;
    pl_reader reader;
    pl_heap_init(&heap, &(podlink_allocator){.allocate = allocate, .reallocate = reallocate, .release = release});
    pl_reader_init(&reader, &heap, p->reply_max);
    until_failure = p->fail_at;
    size_t at = 0, size;
    for (size_t i = 0; at < p->size && !o->has_failed; i++) {
        char *chunk = take_chunk(p, i, &at, &size);
        pl_reader_input input = {chunk, chunk + size};
        pl_read_result result;
        while ((result = pl_reader_next(&reader, &input)) == PL_READ_REPLY && o->count < REPLIES)
            o->replies[o->count++] = hash_of_reply(&reader);
        free(chunk);
        o->has_failed = result == PL_READ_FAILED;
    }
    o->is_far_too_long = reader.why && strstr(reader.why, "far longer than");
    o->is_midway = pl_reader_is_midway(&reader);
    expect(o->has_failed == (reader.why != NULL));
    pl_reader_fini(&reader);
    return o;
}

/* A reply that lacks memory is skipped, and ends the stream where it is far too long to be skipped. */
static void check_chunks(const plan *p)
{
    plan whole = *p;
    memset(whole.chunks, 0, sizeof whole.chunks);
    whole.fail_at = 0;
    outcome *a = read_all(&whole), *b = read_all(p);
    if (a->count < REPLIES) {
        const bool has_given_up = p->fail_at > 0 && b->is_far_too_long && !a->has_failed;
        expect(has_given_up || (a->count == b->count && a->has_failed == b->has_failed));
        expect(a->has_failed || has_given_up || a->is_midway == b->is_midway);
        for (size_t i = 0; i < a->count && i < b->count; i++)
            expect(a->replies[i] == b->replies[i] || (b->replies[i] == 0 && p->fail_at > 0));
    }
    free(a);
    free(b);
}

/* --- both --------------------------------------------------------------------------------------------------------- */

static podlink_reply_type type_of(const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_STRING:
        return PODLINK_REPLY_STRING;
    case REDIS_REPLY_STATUS:
        return PODLINK_REPLY_STATUS;
    case REDIS_REPLY_ERROR:
        return PODLINK_REPLY_ERROR;
    case REDIS_REPLY_INTEGER:
        return PODLINK_REPLY_INTEGER;
    case REDIS_REPLY_ARRAY:
        return PODLINK_REPLY_ARRAY;
    default:
        return PODLINK_REPLY_NIL;
    }
}

static void expect_same(const podlink_reply *ours, const redisReply *theirs)
{
    int64_t number = 0;
    size_t length = 0;
    const podlink_reply_type type = podlink_reply_type_of(ours);
    expect(type == type_of(theirs));
    if (type == PODLINK_REPLY_INTEGER)
        expect(podlink_reply_integer(ours, &number) == PODLINK_OK && number == theirs->integer);
    const char *text = podlink_reply_text(ours, &length);
    if (text)
        expect(length == (size_t)theirs->len && memcmp(text, theirs->str, length + 1) == 0);
    if (type != PODLINK_REPLY_ARRAY)
        return;
    expect(podlink_reply_count(ours) == theirs->elements);
    const podlink_reply *e = podlink_reply_first(ours);
    for (size_t i = 0; i < theirs->elements; i++, e = podlink_reply_next(ours, e))
        expect_same(e, theirs->element[i]);
    expect(!e);
}

/* hiredis looks at no CR LF behind a string, and its lines have no limit. */
static bool is_only_ours(const char *why)
{
    return strstr(why, "a bulk string that does not end") || strstr(why, "a line of more than") ||
           strstr(why, "far longer than");
}

/* What hiredis 0.14 cannot read: RESP3, and more than seven levels. */
static bool is_beyond(const char *error)
{
    static const char got[] = "Protocol error, got \"";
    if (strstr(error, "depth"))
        return true;
    const size_t length = sizeof got - 1;
    return strncmp(error, got, length) == 0 && error[length] != '\\' && strchr("_#,(=!%~>|", error[length]);
}

/* The next reply of both. @return whether there may be another in the same input */
static bool compare_next(pl_reader *ours, pl_reader_input *input, redisReader *theirs, bool *is_over)
{
    void *object = NULL;
    const int status = redisReaderGetReply(theirs, &object);
    const pl_read_result result = pl_reader_next(ours, input);
    if (status == REDIS_OK && result == PL_READ_FAILED && !object && !is_only_ours(ours->why)) {
        redisReaderFeed(theirs, "\r\n", 2); /* ours need not see the end of a line that is wrong */
        expect(redisReaderGetReply(theirs, &object) == REDIS_ERR);
        *is_over = true;
    } else if (status == REDIS_ERR) {
        expect(result == PL_READ_FAILED || is_beyond(theirs->errstr));
        *is_over = true;
    } else if (result == PL_READ_FAILED) {
        expect(is_only_ours(ours->why));
        *is_over = true;
    } else {
        expect((object != NULL) == (result == PL_READ_REPLY));
        if (object && ours->fault == PL_REPLY_OK)
            expect_same(ours->reply.nodes, object);
    }
    if (object)
        freeReplyObject(object);
    return result == PL_READ_REPLY && !*is_over;
}

static void check_against_hiredis(const plan *p)
{
    pl_heap heap;
    pl_reader ours;
    pl_heap_init(&heap, NULL);
    pl_reader_init(&ours, &heap, p->reply_max);
    redisReader *theirs = redisReaderCreate();
    bool is_over = false;
    size_t at = 0, size;
    for (size_t i = 0; at < p->size && !is_over; i++) {
        char *chunk = take_chunk(p, i, &at, &size);
        pl_reader_input input = {chunk, chunk + size};
        redisReaderFeed(theirs, chunk, size);
        while (compare_next(&ours, &input, theirs, &is_over))
            ;
        free(chunk);
    }
    redisReaderFree(theirs);
    pl_reader_fini(&ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER)
        return 0;
    plan p = {.bytes = (const char *)data + HEADER,
              .size = size - HEADER,
              .reply_max = data[0] % 2 == 0 ? SMALL_REPLY_MAX : LARGE_REPLY_MAX,
              .fail_at = data[1] < 128 ? 0 : data[1] - 127U};
    memcpy(p.chunks, data + 2, CHUNKS);
    check_chunks(&p);
    check_against_hiredis(&p);
    return 0;
}
