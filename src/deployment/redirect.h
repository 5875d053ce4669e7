/* SPDX-License-Identifier: MIT */
/* MOVED and ASK: another node serves the slot. */
#ifndef PL_DEPLOYMENT_REDIRECT_H
#define PL_DEPLOYMENT_REDIRECT_H

#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum pl_redirect_kind {
    PL_REDIRECT_NONE = 0, /* not a redirect */
    PL_REDIRECT_TO,       /* to an address */
    PL_REDIRECT_UNKNOWN   /* a redirect without a known address: "?", or port 0 */
} pl_redirect_kind;

typedef struct pl_redirect {
    bool asks; /* ASK: for one command, after ASKING; else MOVED: from now on */
    uint16_t slot;
    pl_address address;
} pl_redirect;

/** Reads an error: "MOVED 3999 host:port" or "ASK 3999 host:port". The port is behind the last colon, since an IPv6
 *  address has no brackets here. An empty host is the host of the node that was asked.
 *  @param redirect  out; the address if it returns PL_REDIRECT_TO, the rest unless it returns PL_REDIRECT_NONE */
pl_redirect_kind pl_redirect_read(const char *words, size_t length, const pl_address *asked, pl_redirect *redirect);

/** Whether the words are a redirect to this address. @param asked  as above */
bool pl_redirect_names(const char *words, const pl_address *asked, const pl_address *address);

#endif
