/* SPDX-License-Identifier: MIT */
/* List of the findings of a script check. Prints nothing. */
#include "check/findings.h"

#include <stdlib.h>
#include <string.h>

const char *cli_finding_kind_name(cli_finding_kind kind)
{
    static const char *const names[] = {
        [CLI_DOES_NOT_COMPILE] = "does-not-compile",
        [CLI_UNDECLARED_KEY] = "undeclared-key",
        [CLI_ALL_KEYS] = "all-keys",
        [CLI_WRITES] = "writes",
        [CLI_FAILS] = "fails",
        [CLI_DOES_NOT_END] = "does-not-end",
    };

    return names[kind];
}

static char *copy(const char *bytes, size_t length)
{
    char *copied = malloc(length + 1);

    if (copied) {
        memcpy(copied, bytes, length);
        copied[length] = '\0';
    }
    return copied;
}

cli_finding *cli_findings_add(cli_findings *findings, cli_finding_kind kind, const char *name, size_t name_length,
                              const char *message)
{
    cli_finding *items = realloc(findings->items, (findings->count + 1) * sizeof *items);
    cli_finding *finding;

    if (!items)
        return NULL;
    findings->items = items;
    finding = &items[findings->count];
    *finding = (cli_finding){
        .kind = kind,
        .name = name ? copy(name, name_length) : NULL,
        .name_length = name_length,
        .message = message ? strdup(message) : NULL,
    };
    findings->count++;
    return (name && !finding->name) || (message && !finding->message) ? NULL : finding;
}

cli_finding *cli_findings_find(const cli_findings *findings, cli_finding_kind kind, const char *name,
                               size_t name_length)
{
    for (size_t i = 0; i < findings->count; i++) {
        cli_finding *finding = &findings->items[i];
        if (finding->kind == kind && finding->name && finding->name_length == name_length &&
            memcmp(finding->name, name, name_length) == 0)
            return finding;
    }
    return NULL;
}

bool cli_findings_have(const cli_findings *findings, cli_finding_kind kind)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].kind == kind)
            return true;
    return false;
}

void cli_findings_fini(cli_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].name);
        free(findings->items[i].message);
    }
    free(findings->items);
    *findings = (cli_findings){0};
}
