/* The scripts that a client holds, by name. */
#include "script/registry.h"

#include "base/error.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 128, SOURCE_MAX = 1024 * 1024 };

static void free_script(const pl_heap *heap, pl_script *script)
{
    if (!script->is_built_in) {
        pl_heap_free(heap, (char *)script->name);
        pl_heap_free(heap, (char *)script->source);
    }
    pl_heap_free(heap, script->holding);
    pl_heap_free(heap, script);
}

/* Takes the script over, also where it fails. */
static bool append(pl_scripts *scripts, pl_script *script)
{
    if (scripts->count == scripts->capacity) {
        uint32_t capacity = scripts->capacity ? scripts->capacity * 2 : 2 * PL_BUILTIN_COUNT;
        pl_script **list = pl_heap_realloc(scripts->heap, scripts->list, capacity * sizeof(pl_script *));
        if (!list) {
            free_script(scripts->heap, script);
            return false;
        }
        scripts->list = list;
        scripts->capacity = capacity;
    }
    scripts->list[scripts->count++] = script;
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
                          .is_built_in = true};
    memcpy(script->sha, builtin->sha, sizeof script->sha);
    script->holding = pl_heap_zalloc(scripts->heap, sizeof *script->holding);
    if (!script->holding) {
        free_script(scripts->heap, script);
        return false;
    }
    return append(scripts, script);
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
        free_script(scripts->heap, scripts->list[i]);
    pl_heap_free(scripts->heap, scripts->list);
    pthread_mutex_destroy(&scripts->lock);
    pl_heap_free(scripts->heap, scripts);
}

static const pl_script *find_locked(const pl_scripts *scripts, const char *name)
{
    for (uint32_t i = 0; i < scripts->count; i++)
        if (strcmp(scripts->list[i]->name, name) == 0)
            return scripts->list[i];
    return NULL;
}

static podlink_status check_name(const char *name, podlink_error *err)
{
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length > NAME_MAX_LENGTH)
        return pl_error_invalid(err, "script: the name must have 1 to %d bytes", NAME_MAX_LENGTH);
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!isalnum((unsigned char)c) && !strchr("_-.:", c)) {
            char shown[NAME_MAX_LENGTH];
            pl_text_escape(name, length, shown, sizeof shown);
            return pl_error_invalid(err, "script \"%s\": the name may hold letters, digits, '_', '-', '.' and ':'",
                                    shown);
        }
    }
    return PODLINK_OK;
}

static podlink_status check_source(const podlink_script *script, size_t length, podlink_error *err)
{
    if (length == 0)
        return pl_error_invalid(err, "script %s: the source is empty", script->name);
    if (length > SOURCE_MAX)
        return pl_error_invalid(err, "script %s: the source has %zu bytes, more than %d", script->name, length,
                                SOURCE_MAX);
    if (!pl_text_is_utf8(script->source, length) || memchr(script->source, '\0', length))
        return pl_error_invalid(err, "script %s: the source is not UTF-8 text", script->name);
    return PODLINK_OK;
}

/* NULL when out of memory. */
static pl_script *copy_script(const pl_heap *heap, const podlink_script *from, size_t length, const char *sha)
{
    pl_script *script = pl_heap_zalloc(heap, sizeof *script);
    if (!script)
        return NULL;
    script->name = pl_heap_copy(heap, from->name, strlen(from->name));
    script->source = pl_heap_copy(heap, from->source, length);
    script->source_length = length;
    script->repeatable = from->repeatable != 0;
    memcpy(script->sha, sha, sizeof script->sha);
    script->holding = pl_heap_zalloc(heap, sizeof *script->holding);
    if (script->name && script->source && script->holding)
        return script;
    free_script(heap, script);
    return NULL;
}

static podlink_status add_locked(pl_scripts *scripts, const podlink_script *script, size_t length, const char *sha,
                                 podlink_error *err)
{
    if (find_locked(scripts, script->name))
        return pl_error_set(err, PODLINK_EEXIST, PODLINK_NOT_SENT, "script %s: this name is taken", script->name);
    pl_script *copy = copy_script(scripts->heap, script, length, sha);
    return copy && append(scripts, copy) ? PODLINK_OK : pl_error_no_memory(err);
}

podlink_status pl_scripts_add(pl_scripts *scripts, const podlink_script *script, podlink_error *err)
{
    char sha[PL_SHA1_HEX + 1];
    podlink_status status = check_name(script->name, err);
    if (status != PODLINK_OK)
        return status;
    size_t length = script->source_length;
    if (length == 0 && script->source)
        length = strlen(script->source);
    status = check_source(script, length, err);
    if (status != PODLINK_OK)
        return status;
    if (!pl_sha1_hex(script->source, length, sha))
        return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT, "script %s: OpenSSL gives no SHA1",
                            script->name);
    pthread_mutex_lock(&scripts->lock);
    status = add_locked(scripts, script, length, sha, err);
    pthread_mutex_unlock(&scripts->lock);
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
