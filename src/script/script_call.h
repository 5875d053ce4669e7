/* EVALSHA and FCALL: encoding them, and running requests of them so that a script that the server lacks is loaded and
 * called again. */
#ifndef PL_SCRIPT_SCRIPT_CALL_H
#define PL_SCRIPT_SCRIPT_CALL_H

#include "client/call.h"
#include "resp/encode.h"
#include "script/registry.h"
#include "script/transport.h"

/** What stands before the keys: *n, the verb, the SHA1 or the name, the number of keys. */
enum { PL_EVALSHA_SIZE = 2 * PL_RESP_OVERHEAD + PL_EVALSHA_PREFIX_MAX + 10 + PL_RESP_OVERHEAD };

/** Begins a call whose keys and arguments follow. Room is reserved. */
void pl_script_begin(pl_buffer *out, const pl_script *script, uint32_t key_count, uint32_t argument_count);

/** A built-in script: no lock, since these never change. */
static inline const pl_script *pl_script_builtin(const podlink_client *client, int which)
{
    return client->scripts->built_in[which];
}

/** Runs a request whose commands all call this script, to its end. @return request->status */
podlink_status pl_script_run(podlink_client *client, pl_request *request, const pl_script *script,
                             const podlink_call *call, podlink_error *err);

/** Whether a server that answered NOSCRIPT lacks the script: else the text is the error of a script of the user's. */
bool pl_script_is_missing(const pl_transport *transport, const pl_script *script);

/** The same within a call that has begun already: without pl_call_begin() and pl_call_conclude(). */
void pl_script_attempts(pl_call *active, pl_request *request, const pl_script *script);

#endif
