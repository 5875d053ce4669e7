/* SPDX-License-Identifier: MIT */
/* Writing commands in RESP. The caller reserves room first, so that none of these can fail half way. */
#ifndef PL_RESP_ENCODE_H
#define PL_RESP_ENCODE_H

#include "base/buffer.h"
#include "base/number.h"

/** What a bulk string takes beside its bytes: '$', the length, twice CR LF. */
enum { PL_RESP_OVERHEAD = PL_NUMBER_MAX + 5 };

static inline void pl_resp_header(pl_buffer *out, char type, size_t count)
{
    char *at = out->bytes + out->length;
    size_t length = 1;
    at[0] = type;
    if (count < 10)
        at[length++] = (char)('0' + count);
    else
        length += pl_number_format((int64_t)count, at + 1);
    at[length++] = '\r';
    at[length++] = '\n';
    out->length += length;
}

/** Begins a command of argc arguments. */
static inline void pl_resp_command(pl_buffer *out, size_t argc)
{
    pl_resp_header(out, '*', argc);
}

/** Begins an argument whose bytes the caller puts, followed by pl_resp_end(). */
static inline void pl_resp_begin(pl_buffer *out, size_t length)
{
    pl_resp_header(out, '$', length);
}

static inline void pl_resp_end(pl_buffer *out)
{
    pl_buffer_put(out, "\r\n", 2);
}

static inline void pl_resp_argument(pl_buffer *out, const void *bytes, size_t length)
{
    pl_resp_begin(out, length);
    pl_buffer_put(out, bytes, length);
    pl_resp_end(out);
}

static inline void pl_resp_number(pl_buffer *out, int64_t value)
{
    char digits[PL_NUMBER_MAX];
    size_t length = pl_number_format(value, digits);
    pl_resp_argument(out, digits, length);
}

#endif
