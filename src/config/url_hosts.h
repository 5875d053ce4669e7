/* SPDX-License-Identifier: MIT */
/* The addresses in a URL: hosts and ports, or the path of a unix socket. */
#ifndef PL_CONFIG_URL_HOSTS_H
#define PL_CONFIG_URL_HOSTS_H

#include "config/url.h"

#include <stddef.h>

/** Reads url->place: host[:port][,host[:port]...], or an absolute path.
 *  @param seeds  out: an array on the heap, which the caller frees, also on failure if it is not NULL then
 *  @return PODLINK_OK, EINVAL, ENOMEM */
podlink_status pl_url_read_seeds(const pl_url *url, const pl_heap *heap, pl_address **seeds, size_t *count,
                                 podlink_error *err);

#endif
