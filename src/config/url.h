/* Reading a URL into a config. */
#ifndef PL_CONFIG_URL_H
#define PL_CONFIG_URL_H

#include "config/config.h"

/** @return PODLINK_OK; EINVAL (err says which part is wrong, without showing credentials), ENOMEM */
podlink_status pl_url_read(const char *url, pl_config *config, podlink_error *err);

#endif
