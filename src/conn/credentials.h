/* SPDX-License-Identifier: MIT */
/* User and password of a connection, fetched from the host's callback for each connection. */
#ifndef PL_CONN_CREDENTIALS_H
#define PL_CONN_CREDENTIALS_H

#include "base/heap.h"
#include "conn/handshake.h"

#include <podlink/client.h>

#include <stdbool.h>

/** The host's callback. The context is borrowed. */
typedef struct pl_credentials_source {
    podlink_credentials_fn ask; /* NULL: none, the login has the credentials */
    void *context;
} pl_credentials_source;

/** Whether the connection authenticates at all: without credentials none can expire. */
static inline bool pl_credentials_are_shown(const pl_credentials_source *source, const pl_login *login)
{
    return source->ask || login->password;
}

struct podlink_credentials {
    const pl_heap *heap; /* borrowed */
    char *user;          /* owned; NULL: the default user */
    char *password;      /* owned; NULL: none was given */
    podlink_status status;
};

/** Calls the callback and puts its answer into the login, which borrows it until pl_credentials_wipe(). That call must
 *  follow.
 *  Calls the host's callback: no lock may be held.
 *  @return PODLINK_OK; EAUTH (the callback failed), EINVAL (its answer is not valid), ENOMEM */
podlink_status pl_credentials_ask(podlink_credentials *given, const pl_credentials_source *source, const pl_heap *heap,
                                  pl_login *login, podlink_error *err);

/** The server refused them. Calls the callback once more, since they may have changed in the meantime.
 *  @return true: there are new ones, and the login has them; false: nothing has changed */
bool pl_credentials_renew(podlink_credentials *given, const pl_credentials_source *source, pl_login *login);

void pl_credentials_wipe(podlink_credentials *given);

#endif
