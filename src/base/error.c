/* SPDX-License-Identifier: MIT */
/* Fills in the caller's error. */
#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pl_error_clear(podlink_error *err)
{
    if (!err)
        return;
    err->status = PODLINK_OK;
    err->delivery = PODLINK_ANSWERED;
    err->server[0] = '\0';
    err->message[0] = '\0';
}

void pl_error_write(podlink_error *err, podlink_status status, podlink_delivery delivery, const char *format, ...)
{
    if (!err)
        return;
    err->status = status;
    err->delivery = delivery;
    err->server[0] = '\0';
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
}

podlink_status pl_error_unknown_field(const char *name, size_t offset, podlink_error *err)
{
    return pl_error_invalid(
        err, "%s: libpodlink %s does not know the field at byte %zu: the program is newer, or size is not set", name,
        podlink_version(), offset);
}

void pl_error_prefix_item(podlink_error *err, size_t i)
{
    char prefix[40];
    if (!err)
        return;
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "items[%zu]: ", i);
    memmove(err->message + length, err->message, sizeof err->message - length - 1);
    memcpy(err->message, prefix, length);
    err->message[sizeof err->message - 1] = '\0';
}

void pl_error_server(podlink_error *err, const char *words, size_t length)
{
    if (err)
        pl_text_escape(words, length, err->server, sizeof err->server);
}
