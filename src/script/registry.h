/* SPDX-License-Identifier: MIT */
/* The scripts that a client holds, by name. */
#ifndef PL_SCRIPT_REGISTRY_H
#define PL_SCRIPT_REGISTRY_H

#include "base/heap.h"
#include "base/sha1.h"
#include "script/builtin.h"
#include "script/declaration.h"
#include "script/script_stats.h"

#include <podlink/script.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PL_SCRIPT_NAME_MAX = 128, PL_SOURCE_MAX = 1024 * 1024 };

/** What changes of a script. */
typedef struct pl_script_live {
    _Atomic bool was_loaded; /* on some server, once */
    pl_script_stats stats;
} pl_script_live;

/** What stands in a command before the number of keys: the verb, and the SHA1 or the function's name. */
enum { PL_EVALSHA_PREFIX_MAX = 72 };
typedef struct pl_evalsha_prefix {
    uint32_t length;
    char bytes[PL_EVALSHA_PREFIX_MAX];
} pl_evalsha_prefix;

typedef struct pl_script {
    const char *name;     /* owned, or of the program where built in */
    const char *source;   /* the same */
    const char *commands; /* the Redis commands that it calls; NULL where that is not known */
    size_t source_length;
    bool is_built_in;
    bool is_function;           /* it is called by FCALL */
    pl_declaration declaration; /* its texts are owned, or of the program where built in */
    bool repeatable;            /* = declaration.repeatable */
    char sha[PL_SHA1_HEX + 1];
    pl_evalsha_prefix call;
    pl_evalsha_prefix
        call_read_only;              /* where the server has that verb; the same as `call` where the script may write */
    const _Atomic uint32_t *version; /* of the oldest server; borrowed, NULL: not known */
    uint32_t index;                  /* in the list */
    pl_script_live *live;            /* owned; all else never changes once a client is open */
} pl_script;

typedef struct pl_scripts {
    const pl_heap *heap;  /* borrowed */
    pthread_mutex_t lock; /* of the list, where a script itself never changes; and of what each node holds */
    pl_script **list;     /* owned, the built-in ones first */
    const pl_script *built_in[PL_BUILTIN_COUNT]; /* the same ones; never changes, so that they need no lock */
    uint32_t count;
    uint32_t capacity;
    const _Atomic uint32_t *version; /* of the oldest server; borrowed, NULL: not known */
    bool are_functions;              /* the built-in ones */
    _Atomic bool spreads;            /* a server that is new gets the scripts that others have, before it is asked */
} pl_scripts;

/** A registry with the built-in scripts. NULL when out of memory. */
pl_scripts *pl_scripts_new(const pl_heap *heap);
void pl_scripts_free(pl_scripts *scripts);

/** Before the first call: what tells the server's version, and how the built-in scripts are called. */
void pl_scripts_serve(pl_scripts *scripts, const _Atomic uint32_t *version, podlink_script_backend backend);

/** Checks and copies a script. @return PODLINK_OK; EINVAL, EEXIST, ENOMEM, EUNSUPPORTED (no SHA1) */
podlink_status pl_scripts_add(pl_scripts *scripts, const podlink_script *script, podlink_error *err);

/** The two halves of it, for several at once: checks and copies one.
 *  @param label  for messages: "script hits", or its file
 *  @param made   out: pl_scripts_append() takes it over, or pl_script_free() */
podlink_status pl_script_make(const pl_heap *heap, const podlink_script *script, const char *label, pl_script **made,
                              podlink_error *err);
void pl_script_free(const pl_heap *heap, pl_script *script);

/** Appends all, taking them over, or none. @return PODLINK_OK; EEXIST (a name is taken, or comes twice), ENOMEM */
podlink_status pl_scripts_append(pl_scripts *scripts, pl_script *const *list, uint32_t count, podlink_error *err);

/** NULL where there is none. Lives as long as the registry. */
const pl_script *pl_scripts_find(pl_scripts *scripts, const char *name);

/** By index, NULL beyond the end. */
const pl_script *pl_scripts_at(pl_scripts *scripts, uint32_t index);

uint32_t pl_scripts_count(pl_scripts *scripts);

/** The script by which a server's holding is known: itself; of the functions, which come together, the first. */
static inline const pl_script *pl_script_representative(const pl_scripts *scripts, const pl_script *script)
{
    return script->is_function ? scripts->built_in[0] : script;
}

#endif
