/* A service of a namespace, checked. */
#ifndef PL_OPS_SERVICE_H
#define PL_OPS_SERVICE_H

#include "ops/name.h"

#include <podlink/state.h>

typedef struct pl_service_name {
    pl_name ns;
    pl_name service;
} pl_service_name;

/** @return PODLINK_OK or PODLINK_EINVAL */
podlink_status pl_service_init(pl_service_name *name, const podlink_service *service, podlink_error *err);

#endif
