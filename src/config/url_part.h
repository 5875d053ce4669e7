/* SPDX-License-Identifier: MIT */
/* A part of a URL, and how to decode it. */
#ifndef PL_CONFIG_URL_PART_H
#define PL_CONFIG_URL_PART_H

#include <podlink/status.h>

#include <stdbool.h>
#include <stddef.h>

enum { PL_URL_PART_MAX = 1024 }; /* decoded, with its NUL */

typedef struct pl_url_part {
    const char *at; /* borrowed; NULL: the URL does not have this part */
    size_t length;
} pl_url_part;

/** Cuts text before the first c.
 *  @return what is before it, or all; *text becomes what is behind it, or empty */
pl_url_part pl_url_cut(pl_url_part *text, char c, bool *found);

/** Decodes each %xx. The caller wipes what may be secret.
 *  @return false: a %xx is malformed or is a NUL, or the text is too long */
bool pl_url_decode(pl_url_part text, char out[PL_URL_PART_MAX]);

/** Decodes a part that will be shown in messages.
 *  @return false also if it contains a control character */
bool pl_url_decode_plain(pl_url_part text, char out[PL_URL_PART_MAX]);

/** @return EINVAL: this part cannot be decoded */
podlink_status pl_url_bad_part(podlink_error *err, const char *name);

#endif
