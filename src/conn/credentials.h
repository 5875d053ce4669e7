/* SPDX-License-Identifier: MIT */
/* User and password of a connection, where the host gives them anew for each. */
#ifndef PL_CONN_CREDENTIALS_H
#define PL_CONN_CREDENTIALS_H

#include "base/heap.h"
#include "conn/handshake.h"

#include <podlink/client.h>

#include <stdbool.h>

/** Whom to ask. Borrowed context. */
typedef struct pl_credentials_source {
    podlink_credentials_fn ask; /* NULL: nobody, the login has them */
    void *context;
} pl_credentials_source;

/** Whether there is anything to be shown: what is not does not grow old. */
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

/** Asks, and puts what was given into the login, which borrows it until pl_credentials_wipe(), which must follow.
 *  Calls the host's callback: no lock may be held.
 *  @return PODLINK_OK; EAUTH (the callback failed), EINVAL (what it gave is not valid), ENOMEM */
podlink_status pl_credentials_ask(podlink_credentials *given, const pl_credentials_source *source, const pl_heap *heap,
                                  pl_login *login, podlink_error *err);

/** The server has refused them: asks once more, since they may have changed before it saw them. Calls the host's
 *  callback.
 *  @return true: there are others, and the login has them; false: all is as it was */
bool pl_credentials_renew(podlink_credentials *given, const pl_credentials_source *source, pl_login *login);

void pl_credentials_wipe(podlink_credentials *given);

#endif
