/* SPDX-License-Identifier: MIT */
/* Applying a URL to a configuration. */
#ifndef PL_CONFIG_URL_APPLY_H
#define PL_CONFIG_URL_APPLY_H

#include "config/url.h"

/** Decodes and checks the parts, and sets what they say, in place of what it was.
 *  @param tls_option  out: the last option for TLS in the query; NULL: there is none. The caller checks that there is
 *  TLS
 *  @return PODLINK_OK; EINVAL (err says which part is wrong, without showing credentials), ENOMEM */
podlink_status pl_url_apply(const pl_url *url, pl_config *config, const char **tls_option, podlink_error *err);

#endif
