/* SPDX-License-Identifier: MIT */
/* Prints a reply of a Redis command. */
#include "reply_output.h"

#include <inttypes.h>
#include <stdio.h>

static void print_reply(const podlink_reply *reply, int depth);

static void print_array(const podlink_reply *reply, int depth)
{
    size_t count = podlink_reply_count(reply);

    if (count == 0)
        printf("%*s(empty)\n", 2 * depth, "");
    for (const podlink_reply *element = podlink_reply_first(reply); element;
         element = podlink_reply_next(reply, element)) {
        bool nested = podlink_reply_type_of(element) == PODLINK_REPLY_ARRAY;
        if (nested && podlink_reply_count(element) > 0)
            printf("%*s-\n", 2 * depth, "");
        print_reply(element, nested && podlink_reply_count(element) > 0 ? depth + 1 : depth);
    }
}

static void print_reply(const podlink_reply *reply, int depth)
{
    podlink_reply_type type = podlink_reply_type_of(reply);
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    int64_t number = 0;

    if (type == PODLINK_REPLY_ARRAY) {
        print_array(reply, depth);
        return;
    }
    printf("%*s", 2 * depth, "");
    if (type == PODLINK_REPLY_NIL) {
        printf("(nil)");
    } else if (type == PODLINK_REPLY_INTEGER && podlink_reply_integer(reply, &number) == PODLINK_OK) {
        printf("%" PRId64, number);
    } else if (text) {
        fputs(type == PODLINK_REPLY_ERROR ? "(error) " : "", stdout);
        cli_print_bytes(text, length);
    }
    putchar('\n');
}

static json_t *reply_json(const podlink_reply *reply)
{
    podlink_reply_type type = podlink_reply_type_of(reply);
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    int64_t number = 0;
    json_t *json;

    switch (type) {
    case PODLINK_REPLY_INTEGER:
        podlink_reply_integer(reply, &number);
        return json_integer(number);
    case PODLINK_REPLY_ARRAY:
        json = json_array();
        for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e))
            json_array_append_new(json, reply_json(e));
        return json;
    case PODLINK_REPLY_ERROR:
        json = json_object();
        json_object_set_new(json, "error", cli_json_bytes(text, length));
        return json;
    case PODLINK_REPLY_STRING:
    case PODLINK_REPLY_STATUS:
        return cli_json_bytes(text, length);
    default:
        return json_null();
    }
}

void cli_reply_print(const cli_output *out, const podlink_reply *reply)
{
    if (cli_wants_json(out)) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "reply", reply_json(reply));
        cli_json_print(object);
    } else if (!out->quiet) {
        print_reply(reply, 0);
    }
}
