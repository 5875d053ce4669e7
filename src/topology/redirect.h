/* MOVED and ASK: another node serves the slot. */
#ifndef PL_TOPOLOGY_REDIRECT_H
#define PL_TOPOLOGY_REDIRECT_H

#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pl_redirect {
    bool asks; /* ASK: this once, after ASKING; else MOVED: from now on */
    uint16_t slot;
    pl_address address;
} pl_redirect;

/** Reads an error's words: "MOVED 3999 host:port" or "ASK 3999 host:port". The port stands behind the last colon, since
 *  an IPv6 address comes without brackets; an empty host is that of the node that was asked.
 *  @param redirect  out where it is one
 *  @return false: the words are no redirect, or it does not say where to */
bool pl_redirect_read(const char *words, size_t length, const pl_address *asked, pl_redirect *redirect);

#endif
