/* SPDX-License-Identifier: MIT */
/* What a script declares. */
#include "script/declaration.h"

#include "base/error.h"
#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

typedef struct slice {
    const char *at; /* NULL: there is none */
    size_t length;
} slice;

/* The head of a source, as far as it has been read. */
typedef struct head {
    const char *label;
    size_t line;
    slice keys;
    slice args;
    slice reply;
    bool read_only;
    bool repeatable;
} head;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static slice trim(slice s)
{
    while (s.length > 0 && is_blank(*s.at))
        s = (slice){s.at + 1, s.length - 1};
    while (s.length > 0 && is_blank(s.at[s.length - 1]))
        s.length--;
    return s;
}

static bool is_text(slice s, const char *text)
{
    return s.length == strlen(text) && memcmp(s.at, text, s.length) == 0;
}

static slice slice_of(const char *text)
{
    return (slice){text, text ? strlen(text) : 0};
}

/* --- replies -------------------------------------------------------------------------------------------------- */

static const char *const reply_words[] = {[PODLINK_SCRIPT_ANY] = "any",
                                          [PODLINK_SCRIPT_INTEGER] = "integer",
                                          [PODLINK_SCRIPT_STRING] = "string",
                                          [PODLINK_SCRIPT_LIST] = "list",
                                          [PODLINK_SCRIPT_MAP] = "map"};

enum { REPLY_COUNT = sizeof reply_words / sizeof *reply_words };

const char *pl_reply_word(podlink_script_reply reply)
{
    return reply_words[reply];
}

static podlink_status read_reply(const char *label, slice word, podlink_script_reply *reply, podlink_error *err)
{
    char shown[64];
    for (size_t i = 0; i < REPLY_COUNT; i++) {
        if (is_text(word, reply_words[i])) {
            *reply = (podlink_script_reply)i;
            return PODLINK_OK;
        }
    }
    pl_text_escape(word.at, word.length, shown, sizeof shown);
    return pl_error_invalid(
        err, "%s: its reply is declared as \"%s\", which is none of integer, string, list, map, any", label, shown);
}

/* --- the head of a source ------------------------------------------------------------------------------------- */

static podlink_status twice(const head *h, const char *word, podlink_error *err)
{
    return pl_error_invalid(err, "%s, line %zu: %s stands there twice", h->label, h->line, word);
}

static podlink_status set_slice(const head *h, slice *field, slice value, const char *word, podlink_error *err)
{
    if (field->at)
        return twice(h, word, err);
    *field = trim(value);
    return PODLINK_OK;
}

/* What follows "--!" in a line. */
static podlink_status read_line(head *h, slice line, podlink_error *err)
{
    char shown[64];
    const char *colon = line.length > 0 ? memchr(line.at, ':', line.length) : NULL;
    const slice word = trim((slice){line.at, colon ? (size_t)(colon - line.at) : line.length});
    const slice rest = colon ? (slice){colon + 1, line.length - (size_t)(colon + 1 - line.at)} : (slice){NULL, 0};
    if (colon && is_text(word, "keys"))
        return set_slice(h, &h->keys, rest, "keys", err);
    if (colon && is_text(word, "args"))
        return set_slice(h, &h->args, rest, "args", err);
    if (colon && is_text(word, "reply"))
        return set_slice(h, &h->reply, rest, "reply", err);
    if (!colon && is_text(word, "read-only"))
        return h->read_only = true, PODLINK_OK;
    if (!colon && is_text(word, "repeatable"))
        return h->repeatable = true, PODLINK_OK;
    line = trim(line);
    pl_text_escape(line.at, line.length, shown, sizeof shown);
    return pl_error_invalid(
        err, "%s, line %zu: \"--! %s\" is none of keys: NAMES, args: NAMES, reply: TYPE, read-only, repeatable",
        h->label, h->line, shown);
}

static podlink_status read_head(head *h, slice source, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    while (source.length > 0 && status == PODLINK_OK) {
        const char *end = memchr(source.at, '\n', source.length);
        slice line = {source.at, end ? (size_t)(end - source.at) : source.length};
        size_t used = line.length + (end ? 1 : 0);
        source = (slice){source.at + used, source.length - used};
        h->line++;
        line = trim(line);
        if (h->line == 1 && line.length >= 2 && memcmp(line.at, "#!", 2) == 0)
            continue;
        if (line.length > 0 && (line.length < 2 || memcmp(line.at, "--", 2) != 0))
            break;
        if (line.length >= 3 && line.at[2] == '!')
            status = read_line(h, (slice){line.at + 3, line.length - 3}, err);
    }
    return status;
}

/* --- names ---------------------------------------------------------------------------------------------------- */

enum { NAME_MAX_LENGTH = 64 };

static bool is_name(slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if (!isalnum((unsigned char)s.at[i]) && !strchr("_-.:", s.at[i]))
            return false;
    return s.length > 0 && s.length <= NAME_MAX_LENGTH;
}

static bool ends_in_dots(slice s)
{
    return s.length > 3 && memcmp(s.at + s.length - 3, "...", 3) == 0;
}

/* The next name, and *rest what stands behind it. */
static slice next_name(slice *rest)
{
    slice s = trim(*rest);
    size_t length = 0;
    while (length < s.length && !is_blank(s.at[length]))
        length++;
    *rest = (slice){s.at + length, s.length - length};
    return (slice){s.at, length};
}

pl_names pl_names_of(const char *text)
{
    pl_names names = {.text = text};
    slice rest = slice_of(text);
    if (!text)
        return (pl_names){NULL, 0, SIZE_MAX};
    for (slice name = next_name(&rest); name.length > 0; name = next_name(&rest)) {
        if (ends_in_dots(name)) {
            names.most = SIZE_MAX;
            return names;
        }
        names.most = ++names.least;
    }
    return names;
}

static podlink_status check_names(const char *label, const char *what, slice text, podlink_error *err)
{
    bool is_open = false;
    char shown[2 * NAME_MAX_LENGTH];
    for (slice name = next_name(&text); name.length > 0; name = next_name(&text)) {
        pl_text_escape(name.at, name.length, shown, sizeof shown);
        if (is_open)
            return pl_error_invalid(err, "%s: %s: \"%s\" stands behind a name that ends in \"...\"", label, what,
                                    shown);
        if (!is_name(name))
            return pl_error_invalid(
                err,
                "%s: %s: \"%s\" is no name: 1 to %d letters, digits, '_', '-', '.' and ':', with spaces between "
                "them",
                label, what, shown, NAME_MAX_LENGTH);
        is_open = ends_in_dots(name);
    }
    return PODLINK_OK;
}

/* Copies names with one space between two. NULL when out of memory. */
static char *copy_names(const pl_heap *heap, slice text)
{
    char *copy = pl_heap_alloc(heap, text.length + 2);
    char *at = copy;
    if (!copy)
        return NULL;
    for (slice name = next_name(&text); name.length > 0; name = next_name(&text)) {
        if (at != copy)
            *at++ = ' ';
        memcpy(at, name.at, name.length);
        at += name.length;
    }
    *at = '\0';
    return copy;
}

static podlink_status make_names(pl_names *names, const pl_heap *heap, const char *label, const char *what, slice text,
                                 podlink_error *err)
{
    *names = pl_names_of(NULL);
    if (!text.at)
        return PODLINK_OK;
    podlink_status status = check_names(label, what, text, err);
    if (status != PODLINK_OK)
        return status;
    char *copy = copy_names(heap, text);
    if (!copy)
        return pl_error_no_memory(err);
    *names = pl_names_of(copy);
    return PODLINK_OK;
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

static podlink_status make(pl_declaration *made, const pl_heap *heap, const podlink_script *script, const head *h,
                           podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    made->reply = script->reply;
    made->read_only = script->read_only || h->read_only;
    made->repeatable = script->repeatable || h->repeatable || made->read_only;
    if (made->reply == PODLINK_SCRIPT_ANY && h->reply.at)
        status = read_reply(h->label, h->reply, &made->reply, err);
    if (status == PODLINK_OK)
        status = make_names(&made->keys, heap, h->label, "keys", script->keys ? slice_of(script->keys) : h->keys, err);
    if (status == PODLINK_OK)
        status = make_names(&made->args, heap, h->label, "args", script->args ? slice_of(script->args) : h->args, err);
    return status;
}

podlink_status pl_declaration_init(pl_declaration *made, const pl_heap *heap, const char *label,
                                   const podlink_script *script, size_t source_length, podlink_error *err)
{
    head h = {.label = label};
    memset(made, 0, sizeof *made);
    if ((unsigned)script->reply >= (unsigned)REPLY_COUNT)
        return pl_error_invalid(err, "%s: reply is none of its values", label);
    podlink_status status = read_head(&h, (slice){script->source, source_length}, err);
    if (status == PODLINK_OK)
        status = make(made, heap, script, &h, err);
    if (status != PODLINK_OK)
        pl_declaration_fini(made, heap);
    return status;
}

void pl_declaration_fini(pl_declaration *declaration, const pl_heap *heap)
{
    pl_heap_free(heap, (char *)declaration->keys.text);
    pl_heap_free(heap, (char *)declaration->args.text);
    declaration->keys.text = declaration->args.text = NULL;
}

static podlink_status check_count(const char *script_name, const char *one, const pl_names *names, size_t count,
                                  podlink_error *err)
{
    if (count >= names->least && count <= names->most)
        return PODLINK_OK;
    if (names->most == 0)
        return pl_error_invalid(err, "script %s: it takes no %s, not %zu", script_name, one, count);
    return pl_error_invalid(err, "script %s: it takes %s%zu %s%s (%s), not %zu", script_name,
                            names->most == SIZE_MAX ? "at least " : "", names->least, one, names->least == 1 ? "" : "s",
                            names->text, count);
}

podlink_status pl_declaration_check(const pl_declaration *declaration, const char *script_name, size_t key_count,
                                    size_t arg_count, podlink_error *err)
{
    podlink_status status = check_count(script_name, "key", &declaration->keys, key_count, err);
    if (status == PODLINK_OK)
        status = check_count(script_name, "argument", &declaration->args, arg_count, err);
    return status;
}
