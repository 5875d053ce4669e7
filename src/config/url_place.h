/* The part of a URL that says where servers listen: hosts and ports, or the path of a socket. */
#ifndef PL_CONFIG_URL_PLACE_H
#define PL_CONFIG_URL_PLACE_H

#include "config/config.h"
#include "config/url_part.h"

#include <stdint.h>

/** Reads host[:port][,host[:port]...] into the seeds of the config.
 *  @param port  where none is given
 *  @return PODLINK_OK, EINVAL, ENOMEM */
podlink_status pl_url_read_hosts(pl_url_part text, uint16_t port, pl_config *config, podlink_error *err);

/** Reads the path of a unix socket into the one seed of the config. @return PODLINK_OK, EINVAL, ENOMEM */
podlink_status pl_url_read_socket(pl_url_part text, pl_config *config, podlink_error *err);

#endif
