/* SPDX-License-Identifier: MIT */
/* Asking the server which of some scripts it holds. */
#ifndef PL_SCRIPT_EXISTS_H
#define PL_SCRIPT_EXISTS_H

#include "script/registry.h"
#include "script/transport.h"

#include <stdint.h>

/** @param held  out: held[i] is 1 where the server holds scripts[i]; count bytes, zero
 *  @return PODLINK_OK, or what failed */
podlink_status pl_scripts_exist(const pl_transport *transport, const pl_script *const *scripts, uint32_t count,
                                uint8_t *held, podlink_error *err);

#endif
