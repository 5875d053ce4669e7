/* SPDX-License-Identifier: MIT */
/* The scripts that a client holds, by name. */
#include "script/registry.h"

#include "base/error.h"
#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

void pl_script_free(const pl_heap *heap, pl_script *script)
{
    if (!script->is_built_in) {
        pl_heap_free(heap, (char *)script->name);
        pl_heap_free(heap, (char *)script->source);
        pl_declaration_fini(&script->declaration, heap);
    }
    pl_heap_free(heap, script->live);
    pl_heap_free(heap, script);
}

/* Room for so many more. */
static bool reserve(pl_scripts *scripts, uint32_t more)
{
    uint32_t capacity = scripts->capacity ? scripts->capacity : 2 * PL_BUILTIN_COUNT;
    while (capacity - scripts->count < more)
        capacity *= 2;
    if (capacity == scripts->capacity)
        return true;
    pl_script **list = pl_heap_realloc(scripts->heap, scripts->list, capacity * sizeof(pl_script *));
    if (!list)
        return false;
    scripts->list = list;
    scripts->capacity = capacity;
    return true;
}

static void set_prefix(pl_evalsha_prefix *prefix, const char *verb, const char *name)
{
    int length = snprintf(prefix->bytes, sizeof prefix->bytes, "$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(verb), verb,
                          strlen(name), name);
    assert(length > 0 && (size_t)length < sizeof prefix->bytes);
    prefix->length = (uint32_t)length;
}

static void set_prefixes(pl_script *script)
{
    const bool read_only = script->declaration.read_only;
    if (script->is_function) {
        set_prefix(&script->call, "FCALL", script->name);
        set_prefix(&script->call_read_only, read_only ? "FCALL_RO" : "FCALL", script->name);
        return;
    }
    set_prefix(&script->call, "EVALSHA", script->sha);
    set_prefix(&script->call_read_only, read_only ? "EVALSHA_RO" : "EVALSHA", script->sha);
}

/* False when out of memory. */
static bool set_live(const pl_heap *heap, pl_script *script)
{
    script->live = pl_heap_zalloc(heap, sizeof *script->live);
    if (!script->live)
        return false;
    set_prefixes(script);
    return true;
}

static bool append_built_in(pl_scripts *scripts, const pl_builtin *builtin)
{
    pl_script *script = pl_heap_alloc(scripts->heap, sizeof *script);
    if (!script)
        return false;
    *script = (pl_script){.name = builtin->name,
                          .source = builtin->source,
                          .commands = builtin->commands,
                          .source_length = strlen(builtin->source),
                          .is_built_in = true,
                          .declaration = {.keys = pl_names_of(builtin->keys),
                                          .args = pl_names_of(builtin->args),
                                          .reply = builtin->reply,
                                          .read_only = builtin->read_only,
                                          .repeatable = builtin->repeatable},
                          .repeatable = builtin->repeatable};
    memcpy(script->sha, builtin->sha, sizeof script->sha);
    if (!set_live(scripts->heap, script) || !reserve(scripts, 1)) {
        pl_script_free(scripts->heap, script);
        return false;
    }
    script->index = scripts->count;
    scripts->list[scripts->count++] = script;
    return true;
}

pl_scripts *pl_scripts_new(const pl_heap *heap)
{
    pl_scripts *scripts = pl_heap_zalloc(heap, sizeof *scripts);
    if (!scripts)
        return NULL;
    scripts->heap = heap;
    pthread_mutex_init(&scripts->lock, NULL);
    for (int i = 0; i < PL_BUILTIN_COUNT; i++) {
        if (!append_built_in(scripts, &pl_builtins[i])) {
            pl_scripts_free(scripts);
            return NULL;
        }
        scripts->built_in[i] = scripts->list[i];
    }
    return scripts;
}

void pl_scripts_free(pl_scripts *scripts)
{
    if (!scripts)
        return;
    for (uint32_t i = 0; i < scripts->count; i++)
        pl_script_free(scripts->heap, scripts->list[i]);
    pl_heap_free(scripts->heap, scripts->list);
    pthread_mutex_destroy(&scripts->lock);
    pl_heap_free(scripts->heap, scripts);
}

void pl_scripts_serve(pl_scripts *scripts, const _Atomic uint32_t *version, podlink_script_backend backend)
{
    scripts->version = version;
    scripts->are_functions = backend == PODLINK_BACKEND_FUNCTIONS;
    for (uint32_t i = 0; i < scripts->count; i++) {
        pl_script *script = scripts->list[i];
        script->version = version;
        if (scripts->are_functions && script->is_built_in) {
            script->is_function = true;
            set_prefixes(script);
        }
    }
}

static const pl_script *find_locked(const pl_scripts *scripts, const char *name)
{
    for (uint32_t i = 0; i < scripts->count; i++)
        if (strcmp(scripts->list[i]->name, name) == 0)
            return scripts->list[i];
    return NULL;
}

/* The label may hold what a name must not, unless the name is valid. */
static podlink_status check_name(const char *name, podlink_error *err)
{
    char shown[PL_SCRIPT_NAME_MAX];
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length > PL_SCRIPT_NAME_MAX)
        return pl_error_invalid(err, "script: the name must have 1 to %d bytes", PL_SCRIPT_NAME_MAX);
    for (size_t i = 0; i < length; i++) {
        if (isalnum((unsigned char)name[i]) || strchr("_-.:", name[i]))
            continue;
        pl_text_escape(name, length, shown, sizeof shown);
        return pl_error_invalid(err, "script \"%s\": the name may hold letters, digits, '_', '-', '.' and ':'", shown);
    }
    return PODLINK_OK;
}

static podlink_status check_source(const podlink_script *script, size_t length, const char *label, podlink_error *err)
{
    if (!script->source || length == 0)
        return pl_error_invalid(err, "%s: the source is empty", label);
    if (length > PL_SOURCE_MAX)
        return pl_error_invalid(err, "%s: the source has %zu bytes, more than %d", label, length, PL_SOURCE_MAX);
    if (!pl_text_is_utf8(script->source, length) || memchr(script->source, '\0', length))
        return pl_error_invalid(err, "%s: the source is not UTF-8 text", label);
    return PODLINK_OK;
}

static podlink_status copy_script(pl_script *script, const pl_heap *heap, const podlink_script *from, const char *label,
                                  podlink_error *err)
{
    script->name = pl_heap_copy(heap, from->name, strlen(from->name));
    script->source = pl_heap_copy(heap, from->source, script->source_length);
    if (!script->name || !script->source)
        return pl_error_no_memory(err);
    podlink_status status = pl_declaration_init(&script->declaration, heap, label, from, script->source_length, err);
    if (status != PODLINK_OK)
        return status;
    script->repeatable = script->declaration.repeatable;
    if (!pl_sha1_hex(script->source, script->source_length, script->sha))
        return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT,
                            "%s: there is no SHA1 to call it by: OpenSSL is absent, or forbids it", label);
    return set_live(heap, script) ? PODLINK_OK : pl_error_no_memory(err);
}

podlink_status pl_script_make(const pl_heap *heap, const podlink_script *script, const char *label, pl_script **made,
                              podlink_error *err)
{
    *made = NULL;
    podlink_status status = check_name(script->name, err);
    if (status != PODLINK_OK)
        return status;
    size_t length = script->source_length;
    if (length == 0 && script->source)
        length = strlen(script->source);
    status = check_source(script, length, label, err);
    if (status != PODLINK_OK)
        return status;
    pl_script *copy = pl_heap_zalloc(heap, sizeof *copy);
    if (!copy)
        return pl_error_no_memory(err);
    copy->source_length = length;
    status = copy_script(copy, heap, script, label, err);
    if (status != PODLINK_OK) {
        pl_script_free(heap, copy);
        return status;
    }
    *made = copy;
    return PODLINK_OK;
}

static podlink_status check_unique(const pl_scripts *scripts, pl_script *const *list, uint32_t count,
                                   podlink_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_taken = find_locked(scripts, list[i]->name) != NULL;
        for (uint32_t j = 0; j < i && !is_taken; j++)
            is_taken = strcmp(list[i]->name, list[j]->name) == 0;
        if (is_taken)
            return pl_error_set(err, PODLINK_EEXIST, PODLINK_NOT_SENT, "script %s: this name is taken", list[i]->name);
    }
    return PODLINK_OK;
}

podlink_status pl_scripts_append(pl_scripts *scripts, pl_script *const *list, uint32_t count, podlink_error *err)
{
    pthread_mutex_lock(&scripts->lock);
    podlink_status status = check_unique(scripts, list, count, err);
    if (status == PODLINK_OK && !reserve(scripts, count))
        status = pl_error_no_memory(err);
    for (uint32_t i = 0; i < count && status == PODLINK_OK; i++) {
        list[i]->version = scripts->version;
        list[i]->index = scripts->count;
        scripts->list[scripts->count++] = list[i];
    }
    pthread_mutex_unlock(&scripts->lock);
    return status;
}

podlink_status pl_scripts_add(pl_scripts *scripts, const podlink_script *script, podlink_error *err)
{
    char label[PL_SCRIPT_NAME_MAX + 16];
    pl_script *made;
    snprintf(label, sizeof label, "script %.*s", PL_SCRIPT_NAME_MAX, script->name ? script->name : "");
    podlink_status status = pl_script_make(scripts->heap, script, label, &made, err);
    if (status != PODLINK_OK)
        return status;
    status = pl_scripts_append(scripts, &made, 1, err);
    if (status != PODLINK_OK)
        pl_script_free(scripts->heap, made);
    return status;
}

const pl_script *pl_scripts_find(pl_scripts *scripts, const char *name)
{
    pthread_mutex_lock(&scripts->lock);
    const pl_script *script = find_locked(scripts, name);
    pthread_mutex_unlock(&scripts->lock);
    return script;
}

const pl_script *pl_scripts_at(pl_scripts *scripts, uint32_t index)
{
    pthread_mutex_lock(&scripts->lock);
    const pl_script *script = index < scripts->count ? scripts->list[index] : NULL;
    pthread_mutex_unlock(&scripts->lock);
    return script;
}

uint32_t pl_scripts_count(pl_scripts *scripts)
{
    pthread_mutex_lock(&scripts->lock);
    uint32_t count = scripts->count;
    pthread_mutex_unlock(&scripts->lock);
    return count;
}
