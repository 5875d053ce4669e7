/* The scripts that a client holds, by name. */
#ifndef PL_SCRIPT_REGISTRY_H
#define PL_SCRIPT_REGISTRY_H

#include "base/heap.h"
#include "base/sha1.h"
#include "script/builtin.h"

#include <podlink/script.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** What is known of a script on the server. Changed under the registry's lock. */
typedef struct pl_holding {
    _Atomic uint32_t loads; /* how often it was loaded; read without the lock */
    uint32_t run;           /* in which it was loaded last, 0: none */
    bool is_loading;
    struct pl_load_waiter *waiters; /* who wait for that */
} pl_holding;

typedef struct pl_script {
    const char *name;     /* owned, or of the program where built in */
    const char *source;   /* the same */
    const char *commands; /* the Redis commands that it calls; NULL where that is not known */
    size_t source_length;
    bool is_built_in;
    bool repeatable;
    char sha[PL_SHA1_HEX + 1];
    pl_holding *holding; /* owned; all else never changes */
} pl_script;

typedef struct pl_scripts {
    const pl_heap *heap;                         /* borrowed */
    pthread_mutex_t lock;                        /* of the list; a script itself never changes */
    pl_script **list;                            /* owned, the built-in ones first */
    const pl_script *built_in[PL_BUILTIN_COUNT]; /* the same ones; never changes, so that they need no lock */
    uint32_t count;
    uint32_t capacity;
} pl_scripts;

/** A registry with the built-in scripts. NULL when out of memory. */
pl_scripts *pl_scripts_new(const pl_heap *heap);
void pl_scripts_free(pl_scripts *scripts);

/** Checks and copies a script. @return PODLINK_OK; EINVAL, EEXIST, ENOMEM, EUNSUPPORTED (no SHA1) */
podlink_status pl_scripts_add(pl_scripts *scripts, const podlink_script *script, podlink_error *err);

/** NULL where there is none. Lives as long as the registry. */
const pl_script *pl_scripts_find(pl_scripts *scripts, const char *name);

/** By index, NULL beyond the end. */
const pl_script *pl_scripts_at(pl_scripts *scripts, uint32_t index);

uint32_t pl_scripts_count(pl_scripts *scripts);

#endif
