/* SPDX-License-Identifier: MIT */
/* EVALSHA and FCALL: encoding them, and running requests of them. A script that the server lacks is loaded, and the
 * commands that met NOSCRIPT are sent again. */
#ifndef PL_SCRIPT_SCRIPT_CALL_H
#define PL_SCRIPT_SCRIPT_CALL_H

#include "client/call.h"
#include "resp/encode.h"
#include "script/registry.h"

/** The size of what is before the keys: *n, the verb, the SHA1 or the name, the number of keys. */
enum { PL_EVALSHA_SIZE = 2 * PL_RESP_OVERHEAD + PL_EVALSHA_PREFIX_MAX + 10 + PL_RESP_OVERHEAD };

/** Begins a call whose keys and arguments follow. Room is reserved. */
void pl_script_begin(pl_buffer *out, const pl_script *script, uint32_t key_count, uint32_t argument_count);

/** A built-in script. Needs no lock: these never change. */
static inline const pl_script *pl_script_builtin(const podlink_client *client, int which)
{
    return client->scripts->built_in[which];
}

/** Runs a request whose commands all call this script, to its end. @return request->status */
podlink_status pl_script_run(podlink_client *client, pl_request *request, const pl_script *script,
                             const podlink_call *call, podlink_error *err);

/** The same in steps, within a call that has begun:
 *
 *     if (pl_script_attempts_begin(&repairs, call, request, script))
 *         do
 *             pl_call_run_attempts(call, request);
 *         while (pl_script_attempts_again(&repairs, call, request));
 *     pl_script_attempts_end(&repairs, request);
 *
 *  script may be NULL: then the commands call none. */
typedef struct pl_script_repairs {
    const pl_script *script;
    uint32_t in_a_row;                    /* repairs without progress of any command */
    uint32_t incomplete;                  /* commands, at the latest repair */
    const pl_node *nodes[PL_MISSING_MAX]; /* where the call has loaded it */
    uint32_t node_count;
} pl_script_repairs;

/** False if the request cannot be run; it has the reason. */
bool pl_script_attempts_begin(pl_script_repairs *repairs, pl_call *call, pl_request *request, const pl_script *script);

/** After an attempt that met NOSCRIPT: loads the script. @return whether to run the request again */
bool pl_script_repair(pl_script_repairs *repairs, pl_call *call, pl_request *request);

static inline bool pl_script_attempts_again(pl_script_repairs *repairs, pl_call *call, pl_request *request)
{
    return request->is_script_missing && pl_script_repair(repairs, call, request);
}

/** Counts the calls of the script. */
void pl_script_attempts_end(const pl_script_repairs *repairs, const pl_request *request);

#endif
