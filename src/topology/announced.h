/* Addresses as servers tell them, of themselves and of each other. */
#ifndef PL_TOPOLOGY_ANNOUNCED_H
#define PL_TOPOLOGY_ANNOUNCED_H

#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum pl_announced {
    PL_ANNOUNCED = 0,
    PL_ANNOUNCED_UNKNOWN = 1, /* "?", or port 0: the server does not know it either */
    PL_ANNOUNCED_WRONG = -1   /* no host and port can be so */
} pl_announced;

/** Reads a host, which may be a name, a number or empty (NULL too), and a port.
 *  @param asked    whose host stands for an empty one; NULL, or a unix socket: an empty one is unknown
 *  @param address  out where it is PL_ANNOUNCED */
pl_announced pl_announced_read(const char *host, size_t length, int64_t port, const pl_address *asked,
                               pl_address *address);

#endif
