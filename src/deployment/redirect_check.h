/* SPDX-License-Identifier: MIT */
/* Whether a redirect that answers a script of the user's is true. The script can return such a text itself, after it
 * has written, and can name any host. */
#ifndef PL_DEPLOYMENT_REDIRECT_CHECK_H
#define PL_DEPLOYMENT_REDIRECT_CHECK_H

#include "deployment/node.h"

struct pl_deployment;

/** Whether the nodes of the cluster confirm a redirect: a MOVED names the node that serves that slot now; an ASK names
 *  another master that is known. The host that the text names is not contacted. Runs a discovery if it must; blocks
 *  until the deadline at most. Inside the epoch.
 *  @param asked  the node that has answered
 *  @param slot   of the command; PL_SLOT_ANY: not known
 *  @param words  the error of the server */
bool pl_redirect_is_confirmed(struct pl_deployment *deployment, const pl_node *asked, uint16_t slot, const char *words,
                              int64_t deadline);

#endif
