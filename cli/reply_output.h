/* SPDX-License-Identifier: MIT */
/* Prints a reply of a Redis command. */
#ifndef CLI_REPLY_OUTPUT_H
#define CLI_REPLY_OUTPUT_H

#include "output.h"

#include <podlink/command.h>

/** Prints one element per line, nested arrays indented; or a JSON object with the member "reply". */
void cli_reply_print(const cli_output *out, const podlink_reply *reply);

#endif
