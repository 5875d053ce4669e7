/* SPDX-License-Identifier: MIT */
/* The caller's log. */
#ifndef PL_BASE_LOG_H
#define PL_BASE_LOG_H

#include <podlink/client.h>

#include <stdbool.h>

typedef struct pl_log {
    podlink_log_fn write; /* NULL: no log */
    void *context;
    podlink_log_level level;
} pl_log;

/** Whether records of this level are wanted. Check it before a hot path builds a record. */
static inline bool pl_log_wants(const pl_log *log, podlink_log_level level)
{
    return log->write && level >= log->level;
}

/** Fills in record->message, replaces texts that are NULL by "", and passes the record to the caller's function if its
 * level is wanted. The caller holds no lock. */
void pl_log_write(const pl_log *log, podlink_log_record record, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
