/* SPDX-License-Identifier: MIT */
/* The status that the text of an error reply stands for. */
#ifndef PL_CONN_ERROR_REPLY_H
#define PL_CONN_ERROR_REPLY_H

#include <podlink/status.h>

#include <stdbool.h>
#include <stddef.h>

/** The status of an error reply to a command of ours; PODLINK_ESERVER for a text without a status of its own. */
podlink_status pl_error_reply_status(const char *words, size_t length);

/** The status of an error reply to a script of the user's (EVAL, EVALSHA, FCALL). Such a script can return any text as
 *  an error after it has written. A status that leads to a retry is therefore returned only for the exact text with
 *  which a server refuses a script before it runs it, or with which a replica refuses the script's first write. Any
 *  other text is PODLINK_ESERVER, or one of EWRONGTYPE, ENOPERM and EOOM, which never lead to a retry. */
podlink_status pl_error_reply_script_status(const char *words, size_t length);

#endif
