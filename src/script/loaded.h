/* Which scripts a server holds: each is loaded by one caller, however many find it missing at once; a new run of a
 * server gets those that the one before had, and a new server those that the others have, ahead of the first call on
 * its connection. */
#ifndef PL_SCRIPT_LOADED_H
#define PL_SCRIPT_LOADED_H

#include "script/registry.h"
#include "script/transport.h"

#include <stdint.h>

/** So often in a row a call is repaired, and no command of it gets on: then the server is believed that it has no such
 *  script. A flush every few milliseconds takes a call a handful of repairs at most. */
enum { PL_REPAIRS_MAX = 64 };

/** Gets a script loaded that was missing on the transport's server: by this caller, or by waiting for the one that is
 * at it. Where it was loaded since, it is there already.
 *  @param seen  pl_node_loads() of the server, from before the call that met NOSCRIPT
 *  @return PODLINK_OK, or what failed: err names the script. Blocks until the transport's deadline at most. */
podlink_status pl_loaded_ensure(const pl_transport *transport, const pl_script *script, uint32_t seen,
                                podlink_error *err);

/** A server has answered a SCRIPT LOAD with its SHA1, or has told that it holds the library. */
void pl_loaded_note(pl_node *node, const pl_script *script, uint32_t run_number);

/** Whether some server has, or had, a script. */
static inline bool pl_loaded_anywhere(const pl_scripts *scripts, const pl_script *script)
{
    return atomic_load_explicit(&pl_script_representative(scripts, script)->live->was_loaded, memory_order_acquire);
}

/** For the client's nodes. */
pl_node_hooks pl_loaded_hooks(pl_scripts *scripts);

#endif
