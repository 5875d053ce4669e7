/* SPDX-License-Identifier: MIT */
/* Reports changes in a cluster to the host, with the window of writes that may be lost. */
#ifndef PL_DEPLOYMENT_CLUSTER_CHANGE_H
#define PL_DEPLOYMENT_CLUSTER_CHANGE_H

#include "deployment/nodes.h"

struct pl_deployment;

/** Reports that the view has changed. A master that one of its replicas has replaced, and that the new view does not
 *  have, is ended at once: what it might still acknowledge would be lost. Calls the host's event callback: no lock may
 *  be held. Inside the epoch. */
void pl_cluster_changed(struct pl_deployment *deployment, const pl_view_change *change);

#endif
