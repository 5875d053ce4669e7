/* What the server's error words mean. */
#ifndef PL_CONN_ERROR_REPLY_H
#define PL_CONN_ERROR_REPLY_H

#include <podlink/status.h>

#include <stddef.h>

/** The status that an error reply stands for; PODLINK_ESERVER where it has none of its own. */
podlink_status pl_error_reply_status(const char *words, size_t length);

#endif
