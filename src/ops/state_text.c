/* SPDX-License-Identifier: MIT */
/* The stored form of a pod's state. */
#include "ops/state_text.h"

#include "base/number.h"

#include <string.h>

bool pl_state_read(const char *text, size_t length, podlink_state *state)
{
    if (length == 0)
        return false;
    const char *end = text + length;
    const char *dash = memchr(text + 1, '-', length - 1); /* not the sign of a negative load */
    if (!dash || !pl_number_parse(text, (size_t)(dash - text), &state->load))
        return false;
    const char *stamp = dash + 1;
    dash = memchr(stamp, '-', (size_t)(end - stamp));
    const char *stamp_end = dash ? dash : end;
    if (!pl_number_parse(stamp, (size_t)(stamp_end - stamp), &state->timestamp_ms) || state->timestamp_ms < 0)
        return false;
    int64_t routing = PODLINK_READY;
    if (dash && (end - dash != 2 || !pl_number_parse(dash + 1, 1, &routing) || routing > PODLINK_SHUTTING_DOWN))
        return false;
    state->routing = (podlink_routing)routing;
    return true;
}
