/* SPDX-License-Identifier: MIT */
/* The server's URL: reads it, and keeps its password out of all output. Prints nothing. */
#ifndef CLI_URL_H
#define CLI_URL_H

#include "cli_text.h"

#include <stdbool.h>

/** Whether a URL contains, or seems to contain, a password: between ':' and '@', or as parameter "password". */
bool cli_url_has_password(const char *url);

/** A copy of a text; in a URL "***" replaces the password. The caller frees it. NULL: out of memory. */
char *cli_url_redacted(const char *text);

/** The URL of a unix socket; the caller frees it. NULL: out of memory.
 *  @param path  absolute */
char *cli_url_of_socket(const char *path);

/** Reads the URL in the first line of a file.
 *  @param exposed  out: every user of this machine can read the file
 *  @return the URL, which the caller frees with cli_url_free(); NULL: problem says what is wrong. */
char *cli_url_from_file(const char *path, bool *exposed, cli_problem *problem);

/** Wipes a URL and frees it; NULL is allowed. */
void cli_url_free(char *url);

#endif
