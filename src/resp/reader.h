/* SPDX-License-Identifier: MIT */
/* Reads RESP2 and RESP3: bytes go in, in chunks of any size, and replies come out.
 *
 * Memory is allocated for bytes that have come, not for lengths that were announced, and no more once the buffers have
 * the size that the replies need. There is no recursion, and no byte is scanned twice. podlink_reply has the types of
 * RESP2, so that those of RESP3 become:
 *
 *   map, set              an array; a map has name, value, name, value ...
 *   double, big number    a string: the text that the server wrote, unchecked
 *   boolean               an integer, 1 or 0
 *   null                  nil
 *   verbatim string       a string, without the four bytes of its format ("txt:")
 *   blob error            an error
 *   push                  an array; is_push is set
 *   attribute             skipped
 *   streamed types        refused: no server sends them
 *
 * A reply with a fault (nested too deep, too long, no memory for it) fails its own call only: the reader skips the rest
 * of it in constant memory and continues with the next reply. */
#ifndef PL_RESP_READER_H
#define PL_RESP_READER_H

#include "resp/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PL_READER_DEPTH_MAX = 128,      /* arrays inside each other */
    PL_READER_HEAD_MAX = 32,        /* bytes of a line that holds a length or an integer, with type and CR LF */
    PL_READER_LINE_MAX = 64 * 1024, /* bytes of the text of a status, error, double or big number */
    PL_READER_SKIPPED_TIMES = 4     /* a reply of more than so many times reply_max is not skipped: the stream fails */
};

/** Why a reply could not be read. */
typedef enum pl_reply_fault {
    PL_REPLY_OK = 0,
    PL_REPLY_TOO_DEEP,
    PL_REPLY_TOO_LONG, /* on the wire or in memory */
    PL_REPLY_NO_MEMORY
} pl_reply_fault;

typedef struct pl_reader {
    pl_reply reply;       /* that is being read, or was read last; empty if it has a fault */
    pl_reply_fault fault; /* of this reply */
    bool is_push;         /* this reply is a RESP3 push: it answers no command */
    const char *why;      /* why these bytes are not RESP; NULL while they are */
    char words[80];       /* for why */

    size_t reply_max;
    uint64_t length; /* bytes of this reply so far, in earlier input */
    bool is_whole;   /* the reply was returned: the next byte begins another */
    uint64_t skip;   /* elements still to be read and thrown away: of an attribute, or of a reply with a fault */

    enum { PL_READ_HEAD, PL_READ_BODY, PL_READ_LINE } state;
    char type;                     /* of the element that is being read */
    uint8_t crlf;                  /* how many bytes of CR LF have come */
    uint8_t head_length;           /* bytes in head */
    char head[PL_READER_HEAD_MAX]; /* a line whose end is in later input */
    uint64_t body_left;            /* bytes of a bulk string that have not come, without CR LF */
    size_t line_length;            /* bytes of a line of text so far */

    uint32_t depth; /* open arrays, outermost first: */
    struct {
        uint32_t node; /* its index in the reply */
        uint32_t left; /* elements that have not ended */
    } open[PL_READER_DEPTH_MAX];
} pl_reader;

/** What is left of some received bytes. */
typedef struct pl_reader_input {
    const char *at;
    const char *end;
} pl_reader_input;

typedef enum pl_read_result {
    PL_READ_MORE = 0, /* the input is used up, and the reply has not ended */
    PL_READ_REPLY = 1,
    PL_READ_FAILED = -1 /* not RESP: reader->why. Nothing more can be read from this stream */
} pl_read_result;

/** @param reply_max  the greatest length of a reply in bytes, at least 64 KiB: of its bytes on the wire, and of what
 *  its nodes and text take in memory */
void pl_reader_init(pl_reader *reader, const pl_heap *heap, size_t reply_max);
void pl_reader_fini(pl_reader *reader);

/** Reads on, up to the end of a reply. The reply is reader->reply, or its fault, and valid until the next call. */
pl_read_result pl_reader_next(pl_reader *reader, pl_reader_input *input);

/** Whether a reply has begun and not ended. */
bool pl_reader_is_midway(const pl_reader *reader);

/** The fault of a reply in words, for messages. Static. */
const char *pl_reply_fault_text(pl_reply_fault fault);

#endif
