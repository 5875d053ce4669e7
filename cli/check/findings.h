/* What a check of a script has found. Nothing is printed here. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cli_finding_kind {
    CLI_DOES_NOT_COMPILE,
    CLI_UNDECLARED_KEY, /* name: the key */
    CLI_ALL_KEYS,       /* a command that touches keys nobody can declare; name: the command */
    CLI_WRITES,         /* although it is read-only; name: the command, or NULL */
    CLI_FAILS,          /* words: the server's */
    CLI_DOES_NOT_END
} cli_finding_kind;

typedef struct cli_finding {
    cli_finding_kind kind;
    size_t line; /* of the source; 0 where the server does not tell */
    char *name;  /* as many bytes as name_length, or NULL; owned */
    size_t name_length;
    char *message; /* or NULL; owned */
} cli_finding;

typedef struct cli_findings {
    cli_finding *items;
    size_t count;
} cli_findings;

/** "does-not-compile", "undeclared-key", ... Static. */
const char *cli_finding_kind_name(cli_finding_kind kind);

/** Adds a finding; the texts are copied. @param name, words  or NULL
 *  @return the finding, valid until the next is added; NULL: out of memory */
cli_finding *cli_findings_add(cli_findings *findings, cli_finding_kind kind, const char *name, size_t name_length,
                              const char *message);

/** The finding of a kind with this name; NULL where there is none. */
cli_finding *cli_findings_find(const cli_findings *findings, cli_finding_kind kind, const char *name,
                               size_t name_length);

/** Whether there is any of a kind. */
bool cli_findings_have(const cli_findings *findings, cli_finding_kind kind);
void cli_findings_fini(cli_findings *findings);

#endif
