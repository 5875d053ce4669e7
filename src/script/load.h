/* SCRIPT LOAD: one script, some, or all in one round trip. */
#ifndef PL_SCRIPT_LOAD_H
#define PL_SCRIPT_LOAD_H

#include "script/registry.h"
#include "script/transport.h"

/** Loads one script and compares the server's SHA1 with ours; of a function the whole library, where it is missing.
 *  @return PODLINK_OK, or what failed: err names the script */
podlink_status pl_script_load(const pl_transport *transport, const pl_script *script, podlink_error *err);

/** The same for some scripts, in one round trip; none of them a function. Tells the others who wait.
 *  @param marks  count bytes, zero */
podlink_status pl_script_load_some(const pl_transport *transport, const pl_script *const *scripts, uint32_t count,
                                   uint8_t *states, podlink_error *err);

/** Writes a SCRIPT LOAD. False when out of memory. */
bool pl_script_encode_load(const pl_script *script, pl_buffer *out);

/** Whether the server has answered a SCRIPT LOAD with the SHA1 that we know. */
bool pl_script_is_loaded_reply(const pl_script *script, const podlink_reply *reply);

/** A load of it was sent. */
void pl_script_count_load(const pl_node *node, const pl_script *script);

void pl_script_log_loaded(const pl_node *node, const pl_script *script);

#endif
