/* SPDX-License-Identifier: MIT */
/* Links and lists. */
#include "sim_store.h"

#include "sim_scheduler.h"

#include <string.h>

enum { KEYS_MAX = 512, KEY_MAX = 48, CHANGES_MAX = 8192 };

/* One thing that happened to a key: a link's new pod, or an element of a list. */
typedef struct change {
    int64_t at;
    int64_t value;
    int32_t before; /* the change of the same key before this one, -1: none */
} change;

typedef struct key {
    char name[KEY_MAX];
    size_t length;
    bool is_persistent;
    int32_t latest; /* change, -1: none */
    uint32_t count; /* of changes */
} key;

static key keys[KEYS_MAX];
static int key_count;
static change changes[CHANGES_MAX];
static int32_t change_count;

void store_begin(void)
{
    key_count = 0;
    change_count = 0;
}

static key *find(const char *name, size_t length, bool is_made)
{
    for (int i = 0; i < key_count; i++)
        if (keys[i].length == length && memcmp(keys[i].name, name, length) == 0)
            return &keys[i];
    if (!is_made)
        return NULL;
    if (key_count == KEYS_MAX || length >= KEY_MAX)
        sim_fail("no room for the key %.*s in the model", (int)length, name);
    key *k = &keys[key_count++];
    *k = (key){.length = length, .latest = -1};
    memcpy(k->name, name, length);
    return k;
}

static void add_change(key *k, int64_t value)
{
    if (change_count == CHANGES_MAX)
        sim_fail("no room for changes in the model");
    changes[change_count] = (change){sim_now(), value, k->latest};
    k->latest = change_count++;
    k->count++;
}

int64_t store_link(const char *name, size_t length, bool *is_persistent)
{
    const key *k = find(name, length, false);
    *is_persistent = k && k->is_persistent;
    return k && k->latest >= 0 ? changes[k->latest].value : STORE_NO_POD;
}

void store_set_link(const char *name, size_t length, int64_t pod, bool is_persistent)
{
    key *k = find(name, length, true);
    k->is_persistent = is_persistent;
    add_change(k, pod);
}

bool store_link_was(const char *name, int64_t pod, int64_t from)
{
    const key *k = find(name, strlen(name), false);
    int32_t at = k ? k->latest : -1;
    while (at >= 0) {
        if (changes[at].value == pod)
            return true;
        if (changes[at].at < from)
            return false;
        at = changes[at].before;
    }
    return pod == STORE_NO_POD;
}

uint32_t store_push(const char *name, size_t length, uint32_t token)
{
    key *k = find(name, length, true);
    add_change(k, token);
    return k->count;
}

uint32_t store_list_at(const char *name, int64_t n)
{
    const key *k = find(name, strlen(name), false);
    if (!k || n < 1 || n > k->count)
        return 0;
    int32_t at = k->latest;
    for (uint32_t i = k->count; i > n; i--)
        at = changes[at].before;
    return (uint32_t)changes[at].value;
}

uint32_t store_list_length(const char *name)
{
    const key *k = find(name, strlen(name), false);
    return k ? k->count : 0;
}
