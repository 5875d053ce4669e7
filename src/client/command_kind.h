/* SPDX-License-Identifier: MIT */
/* What a command does to the connection that it runs on. */
#ifndef PL_CLIENT_COMMAND_KIND_H
#define PL_CLIENT_COMMAND_KIND_H

#include <podlink/command.h>

#include <stdbool.h>

typedef enum pl_command_kind {
    PL_COMMAND_PLAIN = 0, /* nothing: the only kind for shared connections */
    PL_COMMAND_BLOCKS,    /* it may answer late */
    PL_COMMAND_MULTI,     /* begins a transaction */
    PL_COMMAND_WATCH,
    PL_COMMAND_ENDS_MULTI, /* and ends WATCH */
    PL_COMMAND_UNWATCH,
    PL_COMMAND_ALTERS,        /* changes the connection until it is closed */
    PL_COMMAND_AUTHENTICATES, /* the same, and may be left unanswered: conn/fence.h */
    PL_COMMAND_LISTENS,       /* does not have exactly one reply */
    PL_COMMAND_REFUSED        /* replies could no longer be matched to calls */
} pl_command_kind;

pl_command_kind pl_command_kind_of(const podlink_command *command);

/** Whether its arguments may hold a password: AUTH, ACL, CONFIG and MIGRATE. */
bool pl_command_is_secret(const podlink_command *command);

/** Whether it runs a script: then an error may be any text, see conn/error_reply.h. */
bool pl_command_runs_script(const podlink_command *command);

/** Refuses a command that may not run on a shared connection. @return PODLINK_OK; EINVAL: err says why */
podlink_status pl_command_check_shared(const podlink_command *command, pl_command_kind kind, podlink_error *err);

#endif
