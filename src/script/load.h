/* SCRIPT LOAD: one script, or all in one round trip. */
#ifndef PL_SCRIPT_LOAD_H
#define PL_SCRIPT_LOAD_H

#include "client/run.h"
#include "script/registry.h"

/** Loads one script and compares the server's SHA1 with ours. @return PODLINK_OK, or what failed: err names the script
 */
podlink_status pl_script_load(pl_run *run, const pl_script *script, podlink_error *err);

#endif
