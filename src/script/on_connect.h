/* SPDX-License-Identifier: MIT */
/* A new incarnation of a server gets the scripts that the previous one had, and a new server those that the others
 * have: by SCRIPT LOADs ahead of the first call on its connection. */
#ifndef PL_SCRIPT_ON_CONNECT_H
#define PL_SCRIPT_ON_CONNECT_H

#include "deployment/node.h"
#include "script/registry.h"

/** What the script layer does for the nodes of a client. */
pl_node_hooks pl_script_node_hooks(pl_scripts *scripts);

#endif
