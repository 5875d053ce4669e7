/* SPDX-License-Identifier: MIT */
/* A reply as the type that a script declares. */
#include "script/value.h"

#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* --- shapes --------------------------------------------------------------------------------------------------- */

static const char *type_word(const podlink_reply *reply)
{
    switch (podlink_reply_type_of(reply)) {
    case PODLINK_REPLY_NIL:
        return "nil";
    case PODLINK_REPLY_INTEGER:
        return "an integer";
    case PODLINK_REPLY_STRING:
        return "a string";
    case PODLINK_REPLY_STATUS:
        return "a status";
    case PODLINK_REPLY_ERROR:
        return "an error";
    case PODLINK_REPLY_ARRAY:
        break;
    }
    return "an array";
}

static bool is_text(const podlink_reply *reply)
{
    podlink_reply_type type = podlink_reply_type_of(reply);
    return type == PODLINK_REPLY_STRING || type == PODLINK_REPLY_STATUS;
}

static bool is_item(const podlink_reply *reply)
{
    podlink_reply_type type = podlink_reply_type_of(reply);
    return is_text(reply) || type == PODLINK_REPLY_INTEGER || type == PODLINK_REPLY_NIL;
}

static bool misfit(const podlink_reply *element, size_t i, char *why, size_t size)
{
    char words[128] = "";
    size_t length = 0;
    const char *text = podlink_reply_text(element, &length);
    if (podlink_reply_type_of(element) == PODLINK_REPLY_ERROR && text)
        pl_text_escape(text, length, words, sizeof words);
    snprintf(why, size, "its element %zu is %s%s%s", i + 1, type_word(element), *words ? ": " : "", words);
    return false;
}

static bool is_list(const podlink_reply *reply, bool is_map, char *why, size_t size)
{
    const size_t count = podlink_reply_count(reply);
    if (podlink_reply_type_of(reply) != PODLINK_REPLY_ARRAY)
        return snprintf(why, size, "it is %s", type_word(reply)), false;
    const podlink_reply *element = podlink_reply_first(reply);
    for (size_t i = 0; i < count; i++, element = podlink_reply_next(reply, element)) {
        bool is_name = is_map && i % 2 == 0;
        if (!is_item(element) || (is_name && podlink_reply_type_of(element) == PODLINK_REPLY_NIL))
            return misfit(element, i, why, size);
    }
    if (is_map && count % 2 != 0)
        return snprintf(why, size, "it has %zu elements, which is odd", count), false;
    return true;
}

bool pl_value_fits(podlink_script_reply type, const podlink_reply *reply, char *why, size_t size)
{
    int64_t value;
    bool fits = true;
    switch (type) {
    case PODLINK_SCRIPT_ANY:
        return true;
    case PODLINK_SCRIPT_INTEGER:
        fits = podlink_reply_integer(reply, &value) == PODLINK_OK;
        break;
    case PODLINK_SCRIPT_STRING:
        fits = is_text(reply) || podlink_reply_type_of(reply) == PODLINK_REPLY_NIL;
        break;
    case PODLINK_SCRIPT_LIST:
    case PODLINK_SCRIPT_MAP:
        return is_list(reply, type == PODLINK_SCRIPT_MAP, why, size);
    }
    if (!fits)
        snprintf(why, size, "it is %s", type_word(reply));
    return fits;
}

/* --- blocks --------------------------------------------------------------------------------------------------- */

static size_t text_size(const podlink_reply *reply)
{
    size_t length = 0;
    if (podlink_reply_text(reply, &length))
        return length + 1;
    return podlink_reply_type_of(reply) == PODLINK_REPLY_INTEGER ? PL_NUMBER_MAX + 1 : 0;
}

static size_t texts_size(const podlink_reply *reply)
{
    size_t size = 0;
    for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e))
        size += text_size(e);
    return size;
}

/* Copies an element as text with a NUL, and moves *at behind it. */
static podlink_script_text copy_text(char **at, const podlink_reply *reply)
{
    podlink_script_text made = {NULL, 0};
    int64_t value = 0;
    const char *text = podlink_reply_text(reply, &made.length);
    if (text)
        memcpy(*at, text, made.length);
    else if (podlink_reply_type_of(reply) == PODLINK_REPLY_INTEGER &&
             podlink_reply_integer(reply, &value) == PODLINK_OK)
        made.length = pl_number_format(value, *at);
    else
        return made;
    (*at)[made.length] = '\0';
    made.text = *at;
    *at += made.length + 1;
    return made;
}

char *pl_value_string(const pl_heap *heap, const podlink_reply *reply, size_t *length)
{
    char *block = pl_heap_handout(heap, text_size(reply));
    char *at = block;
    if (block)
        *length = copy_text(&at, reply).length;
    return block;
}

podlink_script_list *pl_value_list(const pl_heap *heap, const podlink_reply *reply)
{
    const size_t count = podlink_reply_count(reply);
    podlink_script_list *list = pl_heap_handout(heap, sizeof *list + count * sizeof *list->items + texts_size(reply));
    if (!list)
        return NULL;
    podlink_script_text *items = (podlink_script_text *)(list + 1);
    char *at = (char *)(items + count);
    size_t i = 0;
    for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e))
        items[i++] = copy_text(&at, e);
    *list = (podlink_script_list){.count = count, .items = items};
    return list;
}

podlink_script_map *pl_value_map(const pl_heap *heap, const podlink_reply *reply)
{
    const size_t count = podlink_reply_count(reply) / 2;
    podlink_script_map *map = pl_heap_handout(heap, sizeof *map + count * sizeof *map->items + texts_size(reply));
    if (!map)
        return NULL;
    podlink_script_entry *items = (podlink_script_entry *)(map + 1);
    char *at = (char *)(items + count);
    const podlink_reply *name = podlink_reply_first(reply), *value;
    for (size_t i = 0; i < count; i++, name = podlink_reply_next(reply, value)) {
        value = podlink_reply_next(reply, name);
        items[i].name = copy_text(&at, name);
        items[i].value = copy_text(&at, value);
    }
    *map = (podlink_script_map){.count = count, .items = items};
    return map;
}

const podlink_script_text *podlink_script_map_get(const podlink_script_map *map, const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; map && i < map->count; i++)
        if (map->items[i].name.length == length && memcmp(map->items[i].name.text, name, length) == 0)
            return &map->items[i].value;
    return NULL;
}
