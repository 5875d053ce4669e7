/* A stretch of a URL: cutting it out, and decoding it. */
#ifndef PL_CONFIG_URL_PART_H
#define PL_CONFIG_URL_PART_H

#include <podlink/status.h>

#include <stdbool.h>
#include <stddef.h>

enum { PL_URL_PART_MAX = 1024 }; /* decoded, with its NUL */

typedef struct pl_url_part {
    const char *at; /* borrowed */
    size_t length;
} pl_url_part;

/** Cuts text before the first c.
 *  @return what stands before it, or all; *text is what stands behind it, or empty */
pl_url_part pl_url_cut(pl_url_part *text, char c, bool *found);

/** Decodes each %xx. The caller wipes what may be secret.
 *  @return false where one is none, or is a NUL, or the text is too long */
bool pl_url_decode(pl_url_part text, char out[PL_URL_PART_MAX]);

/** Decodes what will be shown in messages: also false, then, where it holds a control character. */
bool pl_url_decode_plain(pl_url_part text, char out[PL_URL_PART_MAX]);

/** @return EINVAL: this part cannot be decoded */
podlink_status pl_url_bad_part(podlink_error *err, const char *name);

#endif
