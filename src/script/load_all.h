/* SPDX-License-Identifier: MIT */
/* SCRIPT LOAD of several scripts, or of all of them, in one round trip. */
#ifndef PL_SCRIPT_LOAD_ALL_H
#define PL_SCRIPT_LOAD_ALL_H

#include "script/registry.h"
#include "script/transport.h"

/** Loads some scripts in one round trip. None of them is a function. Notes them as loaded on that server.
 *  @param states  count bytes, zero
 *  @return PODLINK_OK, or what failed: err names the script */
podlink_status pl_script_load_some(const pl_transport *transport, const pl_script *const *scripts, uint32_t count,
                                   uint8_t *states, podlink_error *err);

#endif
