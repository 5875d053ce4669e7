/* SPDX-License-Identifier: MIT */
/* SCRIPT LOAD of one script, and what every load counts and logs. */
#ifndef PL_SCRIPT_LOAD_H
#define PL_SCRIPT_LOAD_H

#include "script/registry.h"
#include "script/transport.h"

/** Loads one script, which is not a function, and compares the server's SHA1 with ours.
 *  @return PODLINK_OK, or what failed: err names the script */
podlink_status pl_script_load(const pl_transport *transport, const pl_script *script, podlink_error *err);

/** SCRIPT LOADs as commands 0 .. count - 1 of a request. */
typedef struct pl_load {
    pl_request request; /* first: its functions cast to this */
    const pl_script *const *scripts;
    uint32_t count;
    uint32_t loaded; /* how many the server has confirmed */
} pl_load;

/** Writes command i. False when out of memory. */
bool pl_load_encode(const pl_load *load, uint32_t i, pl_buffer *out);

/** Takes the reply to command i. @return PODLINK_OK, or what failed: err names the script */
podlink_status pl_load_complete(pl_load *load, uint32_t i, const pl_outcome *outcome, podlink_error *err);

/** After the request has failed: adds the name of the script to an error that does not have it, because it was given
 *  up and not answered. */
void pl_load_name_script(const pl_load *load, podlink_error *err);

/** Writes a SCRIPT LOAD. False when out of memory. */
bool pl_script_encode_load(const pl_script *script, pl_buffer *out);

/** Whether the server has answered a SCRIPT LOAD with the SHA1 that we know. */
bool pl_script_is_loaded_reply(const pl_script *script, const podlink_reply *reply);

/** Counts a load that was sent. */
void pl_script_count_load(const pl_node *node, const pl_script *script);

void pl_script_log_loaded(const pl_node *node, const pl_script *script);

#endif
