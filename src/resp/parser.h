/* Bytes in, replies out: the reader of hiredis, which builds our nodes. parser.c is the only file that includes it. */
#ifndef PL_RESP_PARSER_H
#define PL_RESP_PARSER_H

#include "resp/reply.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct pl_parser {
    void *reader;      /* owned: hiredis's redisReader */
    pl_reply reply;    /* the reply that is being built, or was just taken */
    size_t unread;     /* bytes fed since the last reply ended */
    size_t unread_max; /* more than this is no reply that we wait for */
    bool out_of_memory;
    char error[128]; /* why it failed, "" while it has not */
} pl_parser;

typedef enum pl_parse_result {
    PL_PARSE_MORE = 0, /* no whole reply yet */
    PL_PARSE_REPLY = 1,
    PL_PARSE_FAILED = -1 /* no RESP, or out of memory: nothing more will come of these bytes */
} pl_parse_result;

/** False when out of memory. */
bool pl_parser_init(pl_parser *parser, const pl_heap *heap, size_t reply_max);
void pl_parser_fini(pl_parser *parser);

/** Takes bytes; they are copied. @return PL_PARSE_MORE or PL_PARSE_FAILED */
pl_parse_result pl_parser_feed(pl_parser *parser, const void *bytes, size_t length);

/** The next whole reply: parser->reply, sealed, valid until the next call. */
pl_parse_result pl_parser_next(pl_parser *parser);

/** Whether bytes of a reply that has not ended are waiting. */
bool pl_parser_is_midway(const pl_parser *parser);

#endif
