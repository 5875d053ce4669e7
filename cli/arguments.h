/* SPDX-License-Identifier: MIT */
/* Splits the command line into words and options. Their meaning is left to the verbs. Prints nothing. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli_text.h"

#include <stdbool.h>
#include <stddef.h>

/** Every option of every verb: X(name in C, name on the command line, value or NULL, text). */
#define CLI_OPTION_MAP(X)                                                                                              \
    X(URL, "--url", "URL", "the server, without a password: redis://host[:port][/db], unix:///path and others")        \
    X(URL_FILE, "--url-file", "FILE", "read the server's URL from the first line of FILE")                             \
    X(NS, "--ns", "NS", "namespace (default: PODLINK_NS, else \"default\")")                                           \
    X(TIMEOUT, "--timeout", "MS", "time limit in milliseconds of one call, or of one chunk of lines (default 3000)")   \
    X(FOR, "--for", "DURATION", "make the link temporary: 90, 90s, 15m, 2h, 7d (default: persistent)")                 \
    X(IF_POD, "--if-pod", "POD", "remove the link only if it is to this pod")                                          \
    X(KEEP, "--keep", "DURATION", "keep the link for this time as a temporary one (default: delete it now)")           \
    X(MAX_AGE, "--max-age", "MS", "ignore states of pods that are older, in milliseconds (default 0: any age)")        \
    X(CHUNK, "--chunk", "LINES", "with -: how many lines are sent in one batch (1 to 100000, default 1000)")           \
    X(KEY, "--key", "KEY", "a key of the script; repeat the option for more, in order")                                \
    X(KEYS, "--keys", "KEY,...", "keys of the script, separated by commas")                                            \
    X(ARG, "--arg", "ARG", "an argument of the script; repeat the option for more, in order")                          \
    X(ARGS, "--args", "ARG,...", "arguments of the script, separated by commas")                                       \
    X(FILE, "--file", "PATH", "a script of your own")                                                                  \
    X(DIR, "--dir", "DIR", "scripts of your own: each NAME.lua in DIR")                                                \
    X(READ_ONLY, "--read-only", NULL, "the script must not write")                                                     \
    X(WATCH, "--watch", NULL, "repeat until Ctrl-C or --count, then print a summary")                                  \
    X(COUNT, "--count", "N", "with --watch: stop after N pings")                                                       \
    X(INTERVAL, "--interval", "MS", "milliseconds from the start of a ping to the next (1 to 3600000)")                \
    X(SECONDS, "--seconds", "N", "how many seconds to ping (1 to 86400, default 1)")                                   \
    X(STDIN, "--stdin", NULL, "read the last argument from standard input")                                            \
    X(BINARY, "--binary", "FILE", "the server to run (default: PODLINK_SERVER_BINARY, redis-server, valkey-server)")   \
    X(WAIT, "--wait", "MS", "milliseconds to wait for the server (1 to 600000, default 10000)")                        \
    X(USER, "--user", "USER", "the name of the ACL user (default podlink)")                                            \
    X(LIST, "--list", NULL, "print one line per verb: its name and its options")                                       \
    X(JSON, "--json", NULL, "print JSON: one object per line, failures included")                                      \
    X(QUIET, "--quiet", NULL, "print failures only")                                                                   \
    X(VERBOSE, "--verbose", NULL, "log to stderr what is sent")                                                        \
    X(VERSION, "--version", NULL, "the same as podlink version")                                                       \
    X(HELP, "--help", NULL, "print this help")

typedef enum cli_option {
#define X(name, flag, value, text) CLI_##name,
    CLI_OPTION_MAP(X)
#undef X
        CLI_OPTION_COUNT
} cli_option;

/** A set of options. */
typedef unsigned cli_options;
#define CLI_SET(name) (1U << CLI_##name)
_Static_assert(CLI_OPTION_COUNT <= 32, "a set of options has 32 bits");

typedef struct cli_option_text {
    const char *flag;
    const char *value; /* name of the value in the help; NULL: the option takes none */
    const char *text;
} cli_option_text;

extern const cli_option_text cli_option_texts[CLI_OPTION_COUNT];

/** The options that may be repeated. */
#define CLI_REPEATABLE (CLI_SET(KEY) | CLI_SET(KEYS) | CLI_SET(ARG) | CLI_SET(ARGS))

/** An option as it was given. */
typedef struct cli_option_value {
    cli_option option;
    const char *value;
} cli_option_value;

/** The parts of a command line. */
typedef struct cli_arguments {
    cli_options given;
    const char *value[CLI_OPTION_COUNT]; /* NULL: not given; the last of a repeated option; borrowed from argv */
    cli_option_value *repeated;          /* every value of the options in CLI_REPEATABLE, in order; owned */
    size_t repeated_count;
    const char **words; /* the other arguments, in order; owned, cli_arguments_fini() */
    size_t word_count;
} cli_arguments;

/** Splits a command line. Options are recognized everywhere except after "--" and after the first argument of
 *  "podlink command", whose arguments may look like options. "-" and negative numbers are words.
 *  @return false: problem says what is wrong; call cli_arguments_fini() in this case, too. */
bool cli_arguments_init(cli_arguments *arguments, int argc, char **argv, cli_problem *problem);
void cli_arguments_fini(cli_arguments *arguments);

/** Whether an option was given. */
bool cli_given(const cli_arguments *arguments, cli_option option);

#endif
