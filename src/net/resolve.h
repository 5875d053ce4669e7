/* SPDX-License-Identifier: MIT */
/* Resolves a host name within a deadline; getaddrinfo() has none. resolve.c is the only file that includes c-ares. */
#ifndef PL_NET_RESOLVE_H
#define PL_NET_RESOLVE_H

#include "base/clock.h"
#include "net/address.h"

#include <podlink/status.h>

#include <stddef.h>
#include <sys/socket.h>

enum { PL_ENDPOINTS_MAX = 8 };

typedef struct pl_endpoint {
    struct sockaddr_storage address;
    socklen_t length;
} pl_endpoint;

/** Resolves a host by /etc/hosts and DNS, or parses it as an IP address.
 *  @param endpoints  out: at most PL_ENDPOINTS_MAX, in the order in which to try them
 *  @param is_ended  as in pl_connect()
 *  @return PODLINK_OK; ERESOLVE, ETIMEDOUT, ECLOSED, ENOMEM. Blocks until the deadline at most. */
podlink_status pl_resolve(const pl_address *address, const pl_clock *clock, int64_t deadline,
                          const _Atomic bool *is_ended, pl_endpoint endpoints[PL_ENDPOINTS_MAX], size_t *count,
                          podlink_error *err);

#endif
