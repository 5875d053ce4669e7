/* Telling the host of what has changed in a cluster, with the window of what may be lost. */
#ifndef PL_DEPLOYMENT_CLUSTER_CHANGE_H
#define PL_DEPLOYMENT_CLUSTER_CHANGE_H

#include "deployment/nodes.h"

struct pl_deployment;

/** Another view has taken the place of one. A master that a replica of its own has replaced, and that the view does not
 *  have any more, is ended at once: what it might still answer would be lost. Calls the host's event callback: no lock
 *  may be held. Inside the epoch. */
void pl_cluster_changed(struct pl_deployment *deployment, const pl_view_change *change);

#endif
