/* SCRIPT LOAD: one script, or all in one round trip. */
#ifndef PL_SCRIPT_LOAD_H
#define PL_SCRIPT_LOAD_H

#include "client/run.h"
#include "script/registry.h"

/** Loads one script and compares the server's SHA1 with ours. @return PODLINK_OK, or what failed: err names the script
 */
podlink_status pl_script_load(pl_run *run, const pl_script *script, podlink_error *err);

/** Writes a SCRIPT LOAD. False when out of memory. */
bool pl_script_encode_load(const pl_script *script, pl_buffer *out);

/** Whether the server has answered a SCRIPT LOAD with the SHA1 that we know. */
bool pl_script_is_loaded_reply(const pl_script *script, const podlink_reply *reply);

void pl_script_log_loaded(podlink_client *client, const pl_script *script);

#endif
