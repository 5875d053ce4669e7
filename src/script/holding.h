/* Which scripts the server holds: each is loaded by one caller, however many find it missing at once, and a new run of
 * the server gets those that the one before had, ahead of the first call on its connection. */
#ifndef PL_SCRIPT_HOLDING_H
#define PL_SCRIPT_HOLDING_H

#include "script/carrier.h"
#include "script/registry.h"

#include <stdint.h>

/** So often in a row a call is repaired, and no command of it gets on: then the server is believed that it has no such
 *  script. A flush every few milliseconds takes a call a handful of repairs at most. */
enum { PL_REPAIRS_MAX = 64 };

/** How often a script has been loaded, or found: taken before a call, given to pl_holding_ensure() where that met
 * NOSCRIPT. */
static inline uint32_t pl_holding_loads(const pl_script *script)
{
    return atomic_load_explicit(&script->holding->loads, memory_order_acquire);
}

/** Gets a script loaded that was missing: by this caller, or by waiting for the one that is at it. Where it was loaded
 *  since `seen`, it is there already.
 *  @return PODLINK_OK, or what failed: err names the script. Blocks until the carrier's deadline at most. */
podlink_status pl_holding_ensure(const pl_carrier *carrier, const pl_script *script, uint32_t seen, podlink_error *err);

/** The server has answered a SCRIPT LOAD with its SHA1, or has told that it holds the library. */
void pl_holding_note_loaded(pl_scripts *scripts, const pl_script *script, uint32_t run_number);

/** A pl_prelude_fn, whose context is the client. */
void pl_holding_prelude(void *context, pl_conn *conn);

#endif
