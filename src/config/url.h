/* SPDX-License-Identifier: MIT */
/* A URL as a plain value: its parts, borrowed from its text and not decoded.
 *
 *     redis://[user[:password]@]host[:port][/database][?option=value&...]         rediss:// the same, by TLS
 *     unix://[user[:password]@]/path[?option=value&...]
 *     sentinel://[user[:password]@]host[:port][,...][/master[/database]][?...]    sentinel+tls://
 *     cluster://[user[:password]@]host[:port][,...][/database][?...]              cluster+tls://
 */
#ifndef PL_CONFIG_URL_H
#define PL_CONFIG_URL_H

#include "config/config.h"
#include "config/url_part.h"

#include <stdbool.h>
#include <stdint.h>

/** What a scheme says of the deployment. */
typedef struct pl_url_scheme {
    const char *name;
    pl_deployment_kind kind;
    uint16_t port;       /* of a host without a port; 0: in place of hosts there is the path of a unix socket */
    bool has_tls;        /* to the servers */
    bool has_list;       /* there may be several hosts */
    bool has_sentinels;  /* the hosts are sentinels, and the path begins with the name of the master */
    bool has_databases;  /* beside database 0 */
    bool needs_readonly; /* a replica serves reads after READONLY alone */
} pl_url_scheme;

typedef struct pl_url {
    const pl_url_scheme *scheme; /* static */
    pl_url_part user;
    pl_url_part password;
    pl_url_part place; /* the hosts, or the path of a unix socket */
    pl_url_part master_name;
    pl_url_part database;
    pl_url_part query;
} pl_url;

/** Divides a URL into its parts. Allocates nothing; the parts are not checked.
 *  @param text  borrowed by url
 *  @return PODLINK_OK; EINVAL: the scheme is unknown */
podlink_status pl_url_parse(const char *text, pl_url *url, podlink_error *err);

#endif
