/* A service of a namespace, checked. */
#include "ops/service.h"

#include "base/error.h"

podlink_status pl_service_init(pl_service_name *name, const podlink_service *service, podlink_error *err)
{
    if (!service)
        return pl_error_invalid(err, "service is NULL");
    podlink_status status = pl_name_init_ns(&name->ns, service->ns, err);
    if (status == PODLINK_OK)
        status = pl_name_init(&name->service, "service", service->name, err);
    return status;
}
