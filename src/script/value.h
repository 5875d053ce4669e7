/* SPDX-License-Identifier: MIT */
/* A reply as the type that a script declares: checking its shape, and making what the user gets. */
#ifndef PL_SCRIPT_VALUE_H
#define PL_SCRIPT_VALUE_H

#include "base/heap.h"

#include <podlink/script.h>

#include <stdbool.h>
#include <stddef.h>

/** Whether a reply is of this type; else why not, as "its element 2 is an array".
 *  @param why  size bytes */
bool pl_value_fits(podlink_script_reply type, const podlink_reply *reply, char *why, size_t size);

/** Of replies that fit; one block, podlink_free(). NULL when out of memory. */
char *pl_value_string(const pl_heap *heap, const podlink_reply *reply, size_t *length);
podlink_script_list *pl_value_list(const pl_heap *heap, const podlink_reply *reply);
podlink_script_map *pl_value_map(const pl_heap *heap, const podlink_reply *reply);

#endif
