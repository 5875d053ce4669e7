/* SPDX-License-Identifier: MIT */
/* Which scripts each server has loaded. A missing script is loaded by one caller, however many calls need it at the
 * same time. */
#ifndef PL_SCRIPT_LOADED_H
#define PL_SCRIPT_LOADED_H

#include "script/registry.h"
#include "script/transport.h"

#include <stdint.h>

/** After so many repairs in a row without progress of any command, podlink believes the server that it has no such
 *  script. A SCRIPT FLUSH every few milliseconds takes a call a handful of repairs at most. */
enum { PL_REPAIRS_MAX = 64 };

/** Loads a script that was missing on the transport's server, or waits for the caller that is loading it. Does nothing
 *  if it has been loaded meanwhile.
 *  @param seen  pl_node_loads() of the server, from before the call that met NOSCRIPT
 *  @return PODLINK_OK, or what failed: err names the script. Blocks until the transport's deadline at most. */
podlink_status pl_loaded_ensure(const pl_transport *transport, const pl_script *script, uint32_t seen,
                                podlink_error *err);

/** The same for a call that has been repaired on that server before. The server is asked first whether it has the
 *  script, unless another caller has loaded it since.
 *  @return as above; ENOSCRIPT (err is not set): the server has the script, so that NOSCRIPT is the script's own error
 */
podlink_status pl_loaded_ensure_again(const pl_transport *transport, const pl_script *script, uint32_t seen,
                                      podlink_error *err);

/** An incarnation of a server has confirmed that it has a script, or the library of functions. */
void pl_loaded_note(pl_node *node, const pl_script *script, uint32_t incarnation);

/** Collects the scripts that some server has, but not this incarnation of the node, and that no caller is loading.
 *  @param scripts  out: room for capacity
 *  @return how many */
uint32_t pl_loaded_missing(pl_node *node, uint32_t incarnation, const pl_script **scripts, uint32_t capacity);

/** Whether some server has, or had, a script. */
static inline bool pl_loaded_anywhere(const pl_scripts *scripts, const pl_script *script)
{
    return atomic_load_explicit(&pl_script_representative(scripts, script)->live->was_loaded, memory_order_acquire);
}

/** For pl_node_hooks. */
bool pl_loaded_node_made(pl_node *node);
void pl_loaded_node_freed(pl_node *node);

#endif
