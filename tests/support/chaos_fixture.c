/* SPDX-License-Identifier: MIT */
/* Fixture of the chaos tests. */
#include "chaos_fixture.h"

#include <stdlib.h>
#include <string.h>

struct chaos_size chaos;

void chaos_init(int argc, char **argv)
{
    const bool is_short = argc > 1 && strcmp(argv[1], "short") == 0;
    const char *is_long = getenv("PODLINK_TEST_LONG");
    if (is_long && strcmp(is_long, "1") == 0)
        chaos = (struct chaos_size){.failovers = 5, .slots = 1000, .rate = 2000, .slowness = is_short ? 3 : 1};
    else if (is_short)
        chaos = (struct chaos_size){.failovers = 1, .slots = 100, .rate = 500, .slowness = 3};
    else
        chaos = (struct chaos_size){.failovers = 2, .slots = 1000, .rate = 2000, .slowness = 1};
}

int64_t chaos_tolerance_ns(void)
{
    return chaos.slowness * INT64_C(50000000);
}

static void note_event(void *context, const podlink_event *event)
{
    if (event->kind == PODLINK_EVENT_MASTER_CHANGED)
        windows_add(context, event->loss_from_ns, event->loss_until_ns);
}

podlink_client *chaos_open(const char *url, struct windows *windows)
{
    podlink_options options = api_options(url);
    options.event = note_event;
    options.event_context = windows;
    return api_open_with(&options);
}
