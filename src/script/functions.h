/* SPDX-License-Identifier: MIT */
/* The built-in scripts as one library of Redis Functions: the server persists and replicates it. It is loaded only
 * where the one that is there differs, since each load is a write. */
#ifndef PL_SCRIPT_FUNCTIONS_H
#define PL_SCRIPT_FUNCTIONS_H

#include "script/registry.h"
#include "script/transport.h"

/** Asks for the library, and loads it where it is missing or another. @return PODLINK_OK; EUNSUPPORTED (the server has
 *  no functions), or what failed: err names the library */
podlink_status pl_functions_ensure(const pl_transport *transport, podlink_error *err);

/** The two commands of it. False when out of memory. */
bool pl_functions_encode_list(pl_buffer *out);
bool pl_functions_encode_load(pl_buffer *out, bool replaces);

/** What the answer to the first means: *is_ours, whether the library there is the one that we would load. */
podlink_status pl_functions_complete_list(const pl_outcome *outcome, bool *is_ours, podlink_error *err);

/** Whether a load that does not replace has left a library there: ours, or the one that was there. */
bool pl_functions_is_there(const pl_outcome *outcome);

#endif
