/* The server's URL: where it is read from, and keeping its password out of sight. Nothing is printed here. */
#ifndef CLI_URL_H
#define CLI_URL_H

#include "cli_text.h"

#include <stdbool.h>

/** Whether a URL holds a password, or looks as if it did: between ':' and '@', or as a parameter "password". */
bool cli_url_has_password(const char *url);

/** A copy of a text where, if it is a URL, "***" stands for its password; the caller frees it. NULL: no memory. */
char *cli_url_redacted(const char *text);

/** The URL of a unix socket; the caller frees it. NULL: no memory.
 *  @param path  absolute */
char *cli_url_of_socket(const char *path);

/** Reads the URL that is the first line of a file.
 *  @param exposed  out: everybody on this machine may read the file
 *  @return the URL, which the caller frees; NULL: problem says what is wrong. */
char *cli_url_from_file(const char *path, bool *exposed, cli_problem *problem);

/** Wipes a URL and frees it; NULL is allowed. */
void cli_url_free(char *url);

#endif
