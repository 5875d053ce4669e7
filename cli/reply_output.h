/* How a reply of Redis is printed. */
#ifndef CLI_REPLY_OUTPUT_H
#define CLI_REPLY_OUTPUT_H

#include "output.h"

#include <podlink/command.h>

/** Prints a reply: an element a line, nested arrays indented; or as the member "reply" of a JSON object. */
void cli_reply_print(const cli_output *out, const podlink_reply *reply);

#endif
