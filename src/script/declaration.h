/* SPDX-License-Identifier: MIT */
/* What a script declares: the names of its keys and arguments, what it answers, whether it reads only and is harmless
 * to repeat. Stands in the head of its source, or comes from the caller. */
#ifndef PL_SCRIPT_DECLARATION_H
#define PL_SCRIPT_DECLARATION_H

#include "base/heap.h"

#include <podlink/script.h>

#include <stdbool.h>
#include <stddef.h>

/** The names of keys, or of arguments. */
typedef struct pl_names {
    const char *text; /* one space between two; NULL: not declared */
    size_t least;     /* how many there must be, */
    size_t most;      /* and may be: SIZE_MAX where the last name ends in "..." */
} pl_names;

typedef struct pl_declaration {
    pl_names keys;
    pl_names args;
    podlink_script_reply reply;
    bool read_only;
    bool repeatable;
} pl_declaration;

/** "integer", "string", "list", "map" or "any". */
const char *pl_reply_word(podlink_script_reply reply);

/** What a script of the caller's declares, and for what it leaves open the head of its source.
 *  @param label  of the script, for messages: "script hits", or the name of its file
 *  @param made   out: its texts are owned, pl_declaration_fini()
 *  @return PODLINK_OK, EINVAL, ENOMEM */
podlink_status pl_declaration_init(pl_declaration *made, const pl_heap *heap, const char *label,
                                   const podlink_script *script, size_t source_length, podlink_error *err);
void pl_declaration_fini(pl_declaration *declaration, const pl_heap *heap);

/** Names that are known to be well written; the text is borrowed. */
pl_names pl_names_of(const char *text);

/** Whether a call has as many keys and arguments as are declared. @return PODLINK_OK or EINVAL */
podlink_status pl_declaration_check(const pl_declaration *declaration, const char *script_name, size_t key_count,
                                    size_t arg_count, podlink_error *err);

#endif
