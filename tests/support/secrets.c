/* SPDX-License-Identifier: MIT */
/* Checks of everything that a client reports. */
#include "secrets.h"

#include <stdio.h>
#include <string.h>

static struct api_log records;
static int events;

static void check_text(const char *text)
{
    static const char *const parts[] = {"canary", "0123456789", "9876543210"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(text, parts[i]))
            fail_msg("a secret was reported: %s", text);
}

static void check_trace(void *context, const podlink_trace_record *record)
{
    (void)context;
    check_text(record->operation);
    check_text(record->server);
}

static void check_event(void *context, const podlink_event *event)
{
    (void)context;
    events++;
    check_text(event->old_server);
    check_text(event->new_server);
}

/* At once, because only some records are kept. */
static void check_record(void *context, const podlink_log_record *record)
{
    check_text(record->name);
    check_text(record->server);
    check_text(record->message);
    api_log_write(context, record);
}

void secrets_record(podlink_options *options)
{
    options->log = check_record;
    options->log_context = &records;
    options->log_level = PODLINK_LOG_DEBUG;
    options->trace = check_trace;
    options->event = check_event;
    options->no_janitor_thread = 1;
    records.count = 0;
    events = 0;
}

void secrets_check(const podlink_error *err)
{
    assert_true(records.count > 0); /* the client has reported something */
    if (!err)
        return;
    check_text(err->message);
    check_text(err->server);
}

int secrets_events(void)
{
    return events;
}
