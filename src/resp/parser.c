/* The reader of hiredis (0.14 and 1.x), with object functions that build our nodes. It copies the bytes that it is fed
 * and allocates with malloc; nothing is allocated by a length that was only announced. */
#include "resp/parser.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

/* hiredis wants a pointer for each object that it asks us to make, and only compares it with NULL. */
static void *made(pl_parser *parser, bool added)
{
    if (!added)
        parser->out_of_memory = true;
    return added ? parser : NULL;
}

static podlink_reply_type text_type(int type)
{
    switch (type) {
    case REDIS_REPLY_STATUS:
        return PODLINK_REPLY_STATUS;
    case REDIS_REPLY_ERROR:
        return PODLINK_REPLY_ERROR;
    default:
        return PODLINK_REPLY_STRING;
    }
}

#if HIREDIS_MAJOR >= 1
/* RESP3: we never ask for it. */
static void *refuse(const redisReadTask *task)
{
    pl_parser *parser = task->privdata;
    snprintf(parser->error, sizeof parser->error, "RESP3 that nobody asked for");
    return NULL;
}
#endif

static void *create_string(const redisReadTask *task, char *text, size_t length)
{
    pl_parser *parser = task->privdata;
#if HIREDIS_MAJOR >= 1
    if (task->type == REDIS_REPLY_VERB || task->type == REDIS_REPLY_BIGNUM)
        return refuse(task);
#endif
    return made(parser, pl_reply_add_text(&parser->reply, text_type(task->type), text, length));
}

static void *create_integer(const redisReadTask *task, long long value)
{
    pl_parser *parser = task->privdata;
    return made(parser, pl_reply_add_integer(&parser->reply, value));
}

static void *create_nil(const redisReadTask *task)
{
    pl_parser *parser = task->privdata;
    return made(parser, pl_reply_add_nil(&parser->reply));
}

static void free_object(void *object)
{
    (void)object; /* the nodes belong to parser->reply */
}

#if HIREDIS_MAJOR >= 1
static void *refuse_double(const redisReadTask *task, double value, char *text, size_t length)
{
    (void)value, (void)text, (void)length;
    return refuse(task);
}

static void *refuse_bool(const redisReadTask *task, int value)
{
    (void)value;
    return refuse(task);
}

static void *create_array(const redisReadTask *task, size_t count)
{
    pl_parser *parser = task->privdata;
    if (task->type != REDIS_REPLY_ARRAY)
        return refuse(task);
    return made(parser, pl_reply_add_array(&parser->reply, count));
}

static redisReplyObjectFunctions object_functions = {.createString = create_string,
                                                     .createArray = create_array,
                                                     .createInteger = create_integer,
                                                     .createDouble = refuse_double,
                                                     .createNil = create_nil,
                                                     .createBool = refuse_bool,
                                                     .freeObject = free_object};
#else
static void *create_array(const redisReadTask *task, int count)
{
    pl_parser *parser = task->privdata;
    return made(parser, pl_reply_add_array(&parser->reply, (size_t)count));
}

static redisReplyObjectFunctions object_functions = {.createString = create_string,
                                                     .createArray = create_array,
                                                     .createInteger = create_integer,
                                                     .createNil = create_nil,
                                                     .freeObject = free_object};
#endif

bool pl_parser_init(pl_parser *parser, const pl_heap *heap, size_t reply_max)
{
    *parser = (pl_parser){.unread_max = reply_max};
    pl_reply_init(&parser->reply, heap);
    redisReader *reader = redisReaderCreateWithFunctions(&object_functions);
    if (!reader)
        return false;
    reader->privdata = parser;
    parser->reader = reader;
    return true;
}

void pl_parser_fini(pl_parser *parser)
{
    if (parser->reader)
        redisReaderFree(parser->reader);
    parser->reader = NULL;
    pl_reply_fini(&parser->reply);
}

static pl_parse_result fail(pl_parser *parser, const char *why)
{
    if (parser->error[0] == '\0')
        snprintf(parser->error, sizeof parser->error, "%s", why);
    return PL_PARSE_FAILED;
}

pl_parse_result pl_parser_feed(pl_parser *parser, const void *bytes, size_t length)
{
    redisReader *reader = parser->reader;
    parser->unread += length;
    if (redisReaderFeed(reader, bytes, length) != REDIS_OK) {
        parser->out_of_memory = true;
        return fail(parser, "out of memory for a reply");
    }
    return PL_PARSE_MORE;
}

pl_parse_result pl_parser_next(pl_parser *parser)
{
    redisReader *reader = parser->reader;
    if (reader->ridx == -1)
        pl_reply_reset(&parser->reply);
    void *object = NULL;
    if (redisReaderGetReply(reader, &object) != REDIS_OK)
        return fail(parser, parser->out_of_memory ? "out of memory for a reply" : reader->errstr);
    const size_t behind = object ? reader->len - reader->pos : 0;
    if (parser->unread - behind > parser->unread_max)
        return fail(parser, "a reply longer than reply_max_bytes");
    if (!object)
        return PL_PARSE_MORE;
    parser->unread = behind;
    pl_reply_seal(&parser->reply);
    return PL_PARSE_REPLY;
}

bool pl_parser_is_midway(const pl_parser *parser)
{
    return parser->unread > 0;
}
