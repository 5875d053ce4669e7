/* Commands that may not run on a connection which other calls share. */
#ifndef PL_CLIENT_REFUSED_H
#define PL_CLIENT_REFUSED_H

#include <podlink/command.h>

/** @return PODLINK_OK; EINVAL: err says what is wrong with it */
podlink_status pl_refused_check(const podlink_command *command, podlink_error *err);

#endif
