/* SPDX-License-Identifier: MIT */
/* Addresses that servers announce, of themselves and of each other. */
#ifndef PL_DEPLOYMENT_PEER_ADDRESS_H
#define PL_DEPLOYMENT_PEER_ADDRESS_H

#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum pl_peer_address {
    PL_PEER_ADDRESS_OK = 0,
    PL_PEER_ADDRESS_UNKNOWN = 1, /* "?", or port 0: the server does not know it either */
    PL_PEER_ADDRESS_INVALID = -1 /* not a host and a port */
} pl_peer_address;

/** Reads a host, which may be a name, a number or empty (NULL too), and a port.
 *  @param asked    the address of the announcing server: an empty host is its host; NULL or a unix socket: an empty
 * host is unknown
 *  @param address  out if it returns PL_PEER_ADDRESS_OK */
pl_peer_address pl_peer_address_read(const char *host, size_t length, int64_t port, const pl_address *asked,
                                     pl_address *address);

#endif
