/* SPDX-License-Identifier: MIT */
/* Any text as a name, a pod and a state: a name that is taken makes keys that keep their shape, and a state that is
 * read is the same when it is written and read again. */
#include "base/number.h"
#include "base/text.h"
#include "ops/key.h"
#include "ops/pod.h"
#include "ops/state_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static size_t count_of(const char *text, size_t length, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == c;
    return count;
}

static void check_key(pl_key key, bool is_link)
{
    char text[PL_KEY_MAX];
    size_t length = pl_key_text(&key, text);
    expect(memcmp(text, "sf:{", 4) == 0);
    expect(count_of(text, length, '{') == 1 && count_of(text, length, '}') == 1);
    expect((text[length - 1] == '}') == !is_link);
    expect(pl_text_is_utf8(text, length));
    for (size_t i = 0; i < length; i++)
        expect((unsigned char)text[i] >= 0x20 && text[i] != 0x7F);
}

static void check_name(const char *text)
{
    podlink_error err;
    pl_name name, ns;
    if (pl_name_init(&name, "uid", text, &err) != PODLINK_OK) {
        expect(err.status == PODLINK_EINVAL && strncmp(err.message, "uid ", 4) == 0);
        for (const char *at = err.message; *at; at++)
            expect(*at >= ' ' && *at <= '~');
        return;
    }
    if (pl_name_init_ns(&ns, text, NULL) != PODLINK_OK)
        ns = (pl_name){"ns", 2};
    check_key(pl_key_link(ns, name, name), true);
    check_key(pl_key_index(ns, name), false);
    check_key(pl_key_state(ns, name), false);
    check_key(pl_key_workload(ns, name), false);
}

static void check_state(const char *text, size_t length)
{
    podlink_state state, again;
    char written[64];
    if (!pl_state_read(text, length, &state))
        return;
    expect(state.timestamp_ms >= 0 && state.routing >= PODLINK_UNAVAILABLE && state.routing <= PODLINK_SHUTTING_DOWN);
    int size = snprintf(written, sizeof written, "%lld-%lld-%d", (long long)state.load, (long long)state.timestamp_ms,
                        (int)state.routing);
    expect(pl_state_read(written, (size_t)size, &again));
    expect(again.load == state.load && again.timestamp_ms == state.timestamp_ms && again.routing == state.routing);
}

static void check_number(const char *text, size_t length)
{
    int64_t value;
    int32_t pod = -7;
    char written[PL_NUMBER_MAX];
    bool is_number = pl_number_parse(text, length, &value);
    if (is_number)
        expect(pl_number_format(value, written) == length && memcmp(written, text, length) == 0);
    bool is_pod = pl_pod_read(text, length, &pod);
    expect(is_pod == (is_number && value >= 0 && value <= INT32_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *exact = malloc(size > 0 ? size : 1);
    if (size > 0)
        memcpy(text, data, size), memcpy(exact, data, size);
    text[size] = '\0';
    check_name(text);
    check_state(exact, size);
    check_number(exact, size);
    for (size_t room = 8; room < 40; room += 5) {
        char *shown = malloc(room);
        pl_text_escape(exact, size, shown, room);
        expect(strlen(shown) < room);
        free(shown);
    }
    free(text);
    free(exact);
    return 0;
}
