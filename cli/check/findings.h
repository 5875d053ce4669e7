/* SPDX-License-Identifier: MIT */
/* List of the findings of a script check. Prints nothing. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cli_finding_kind {
    CLI_DOES_NOT_COMPILE,
    CLI_UNDECLARED_KEY, /* name: the key */
    CLI_ALL_KEYS,       /* a command that touches keys without naming them (KEYS, FLUSHALL); name: the command */
    CLI_WRITES,         /* a read-only script writes; name: the command, or NULL */
    CLI_FAILS,          /* message: the server's */
    CLI_DOES_NOT_END
} cli_finding_kind;

typedef struct cli_finding {
    cli_finding_kind kind;
    size_t line; /* of the source; 0: unknown */
    char *name;  /* name_length bytes, or NULL; owned */
    size_t name_length;
    char *message; /* or NULL; owned */
} cli_finding;

typedef struct cli_findings {
    cli_finding *items;
    size_t count;
} cli_findings;

/** "does-not-compile", "undeclared-key", ... Static. */
const char *cli_finding_kind_name(cli_finding_kind kind);

/** Adds a finding; the texts are copied. @param name, message  may be NULL
 *  @return the finding, valid until the next one is added; NULL: out of memory */
cli_finding *cli_findings_add(cli_findings *findings, cli_finding_kind kind, const char *name, size_t name_length,
                              const char *message);

/** The finding of this kind and name; NULL: there is none. */
cli_finding *cli_findings_find(const cli_findings *findings, cli_finding_kind kind, const char *name,
                               size_t name_length);

/** Whether there is a finding of this kind. */
bool cli_findings_have(const cli_findings *findings, cli_finding_kind kind);
void cli_findings_fini(cli_findings *findings);

#endif
