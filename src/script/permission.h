/* SPDX-License-Identifier: MIT */
/* The question that goes with all scripts: which of the commands that they call may this user not run? A script that
 * meets a forbidden command half way has already written; so it is to be known before the first call. */
#ifndef PL_SCRIPT_PERMISSION_H
#define PL_SCRIPT_PERMISSION_H

#include "base/buffer.h"
#include "conn/request.h"
#include "script/registry.h"

#include <stdint.h>

enum { PL_COMMANDS_MAX = 32, PL_COMMAND_MAX = 16 };

typedef struct pl_permission {
    char commands[PL_COMMANDS_MAX][PL_COMMAND_MAX];
    uint32_t count;
    const char *refused; /* of them, the first that the user may not run; NULL: all are allowed */
} pl_permission;

/** Adds what a script needs. */
void pl_permission_add(pl_permission *permission, const pl_script *script);

/** Writes the question. False when out of memory. */
bool pl_permission_encode(const pl_permission *permission, pl_buffer *out);

/** Takes the answer. A server that cannot tell is no failure.
 *  @return PODLINK_OK; EREPLY: it names a command that was not asked for; or what else failed */
podlink_status pl_permission_complete(pl_permission *permission, const pl_outcome *outcome, podlink_error *err);

/** @return PODLINK_OK, or PODLINK_ENOPERM where a command was refused: err names it and a script that needs it */
podlink_status pl_permission_status(const pl_permission *permission, const pl_scripts *scripts, const char *server,
                                    podlink_error *err);

#endif
