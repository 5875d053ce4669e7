/* SPDX-License-Identifier: MIT */
/* The four keys. Their parts are written straight into the command: no copy, no allocation. */
#ifndef PL_OPS_KEY_H
#define PL_OPS_KEY_H

#include "ops/name.h"
#include "resp/encode.h"

#include <stddef.h>

enum { PL_KEY_MAX = 3 * PL_NAME_MAX + 32 };

/** The longest argument that a key makes: for pl_buffer_reserve(). */
enum { PL_KEY_SIZE = PL_KEY_MAX + PL_RESP_OVERHEAD };

typedef struct pl_key {
    pl_name kind; /* ":lk:", ":state:" or ":workload:" */
    pl_name ns;
    pl_name subject; /* the uid, or the service */
    pl_name suffix;  /* the service after the braces; length 0: none */
} pl_key;

/** sf:{<ns>:lk:<uid>}<service>, the pod that a uid is linked to */
pl_key pl_key_link(pl_name ns, pl_name uid, pl_name service);

/** sf:{<ns>:lk:<uid>}, a uid's persistent links */
pl_key pl_key_index(pl_name ns, pl_name uid);

/** sf:{<ns>:state:<service>}, the states of a service's pods */
pl_key pl_key_state(pl_name ns, pl_name service);

/** sf:{<ns>:workload:<service>}, the state of its workload */
pl_key pl_key_workload(pl_name ns, pl_name service);

/** The cluster slot of a key: that of its tag. */
uint16_t pl_key_slot(const pl_key *key);

/** Writes a key as an argument. Room must be reserved. */
void pl_key_put(const pl_key *key, pl_buffer *out);

/** Writes a key, without a NUL; out has PL_KEY_MAX bytes. @return its length */
size_t pl_key_text(const pl_key *key, char *out);

#endif
