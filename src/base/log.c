/* SPDX-License-Identifier: MIT */
/* The caller's log. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

void pl_log_write(const pl_log *log, podlink_log_record record, const char *format, ...)
{
    if (!pl_log_wants(log, record.level))
        return;
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    record.event = or_empty(record.event);
    record.name = or_empty(record.name);
    record.sha = or_empty(record.sha);
    record.server = or_empty(record.server);
    record.message = message;
    log->write(log->context, &record);
}
