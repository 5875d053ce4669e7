/* SPDX-License-Identifier: MIT */
/* A command of the user as a request, on a shared connection or in a session. */
#ifndef PL_CLIENT_USER_COMMAND_H
#define PL_CLIENT_USER_COMMAND_H

#include "client/command_kind.h"
#include "conn/request.h"

#include <podlink/command.h>

enum { PL_USER_COMMAND_NAME = 48 };

typedef struct pl_user_command {
    pl_request request; /* first: the callbacks cast it */
    const podlink_command *command;
    podlink_reply *reply; /* the caller takes it; NULL while there is none */
    bool wants_reply;
    char name[PL_USER_COMMAND_NAME]; /* for messages, where the command's own must be escaped */
} pl_user_command;

/** Checks the arguments. @param kind  out @return PODLINK_OK or PODLINK_EINVAL */
podlink_status pl_user_command_check(const podlink_command *command, pl_command_kind *kind, podlink_error *err);

void pl_user_command_init(pl_user_command *user_command, const podlink_command *command, bool wants_reply,
                          podlink_error *err);

/** Writes it. False when out of memory: the caller removes what was written. */
bool pl_user_command_encode(const podlink_command *command, pl_buffer *out);

#endif
