/* SPDX-License-Identifier: MIT */
/* The names in calls: namespace, service, uid. */
#ifndef PL_OPS_NAME_H
#define PL_OPS_NAME_H

#include <podlink/status.h>

#include <stdint.h>

enum { PL_NAME_MAX = 512 };

typedef struct pl_name {
    const char *text; /* borrowed from the caller */
    uint32_t length;
} pl_name;

/** Checks a name: 1 to 512 bytes of UTF-8 without control characters, '{' or '}'.
 *  @param what  for the message: "uid"
 *  @return PODLINK_OK or PODLINK_EINVAL */
podlink_status pl_name_init(pl_name *name, const char *what, const char *text, podlink_error *err);

/** Checks a namespace. It has no ':' either: with one, two namespaces could name the same key. */
podlink_status pl_name_init_ns(pl_name *name, const char *text, podlink_error *err);

#endif
