/* A look at all that a client tells. */
#include "secrets.h"

#include <stdio.h>
#include <string.h>

static struct api_log told;
static int events;

static void look_into(const char *text)
{
    static const char *const parts[] = {"canary", "0123456789", "9876543210"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(text, parts[i]))
            fail_msg("a secret is told: %s", text);
}

static void look_at_trace(void *context, const podlink_trace_record *record)
{
    (void)context;
    look_into(record->operation);
    look_into(record->server);
}

static void look_at_event(void *context, const podlink_event *event)
{
    (void)context;
    events++;
    look_into(event->old_server);
    look_into(event->new_server);
}

/* At once, since only a part is kept. */
static void look_at_record(void *context, const podlink_log_record *record)
{
    look_into(record->name);
    look_into(record->server);
    look_into(record->message);
    api_log_write(context, record);
}

void secrets_listen(podlink_options *options)
{
    options->log = look_at_record;
    options->log_context = &told;
    options->log_level = PODLINK_LOG_DEBUG;
    options->trace = look_at_trace;
    options->event = look_at_event;
    options->no_janitor_thread = 1;
    told.count = 0;
    events = 0;
}

void secrets_look(const podlink_error *err)
{
    assert_true(told.count > 0); /* it was listened to */
    if (!err)
        return;
    look_into(err->message);
    look_into(err->server);
}

int secrets_events(void)
{
    return events;
}
