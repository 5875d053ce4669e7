/* SPDX-License-Identifier: MIT */
/* A call of a script of any name as a request, on shared connections or in a session. */
#ifndef PL_SCRIPT_EVALSHA_H
#define PL_SCRIPT_EVALSHA_H

#include "conn/request.h"
#include "net/address.h"
#include "script/registry.h"

#include <podlink/script.h>

/** What the caller wants of the reply. */
typedef enum pl_want {
    PL_WANT_NOTHING,
    PL_WANT_REPLY,
    PL_WANT_VALUE /* as the EVALSHA request's type */
} pl_want;

typedef struct pl_evalsha {
    pl_request request; /* first: its functions get it as theirs */
    const pl_script *script;
    const podlink_script_call *call; /* borrowed */
    pl_want want;
    podlink_script_reply type; /* of the reply, which is checked */
    bool is_queued;            /* in MULTI: the reply is not the script's */
    podlink_reply *reply;      /* these are owned by the caller; NULL: none */
    int64_t integer;
    char *string;
    size_t string_length;
    podlink_script_list *list;
    podlink_script_map *map;
    bool is_unread;                /* the reply is large: neither checked nor made into a value yet */
    char server[PL_HOST_MAX + 16]; /* then: the server that sent it */
} pl_evalsha;

/** Finds a script by name. @return PODLINK_OK, EINVAL (there is none given), ESCRIPT */
podlink_status pl_script_named(podlink_client *client, const char *name, const pl_script **script, podlink_error *err);

/** Finds the script and checks the call.
 *  @param type  that the caller wants, PODLINK_SCRIPT_ANY: as declared
 *  @return PODLINK_OK, EINVAL, ESCRIPT */
podlink_status pl_evalsha_init(pl_evalsha *inv, podlink_client *client, const podlink_script_call *call, pl_want want,
                               podlink_script_reply type, podlink_error *err);

/** After the run: does with a large reply what would take too long under the lock of a connection.
 *  @param status  of the run
 *  @return the status of the call: that of the run, or EREPLY, ENOMEM */
podlink_status pl_evalsha_finish(pl_evalsha *inv, const pl_heap *heap, podlink_status status, podlink_error *err);

#endif
