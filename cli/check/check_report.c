/* SPDX-License-Identifier: MIT */
/* How the result of a check is printed. */
#include "check/check_report.h"

#include "exit_code.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool any_made_up(const cli_script_check *check)
{
    return check->input->keys.made_up || check->input->args.made_up;
}

/* "xgroup|create" as XGROUP CREATE. */
static void format_command(char *shown, size_t size, const cli_finding *finding)
{
    size_t length = cli_escape(shown, size, finding->name, finding->name_length);

    for (size_t i = 0; i < length; i++) {
        int letter = (toupper)((unsigned char)shown[i]); /* the function: the macro nests too deeply for clang-tidy */
        shown[i] = (char)(letter == '|' ? ' ' : letter);
    }
}

/* The finding in one line. */
static cli_problem describe(const cli_script_check *check, const cli_finding *finding)
{
    const char *message = finding->message ? finding->message : "";
    int64_t timeout_ms = check->call->timeout_ms;
    cli_problem text;
    char shown[200] = "";

    switch (finding->kind) {
    case CLI_DOES_NOT_COMPILE:
        cli_problem_set(&text, "does not compile: %s", message);
        break;
    case CLI_UNDECLARED_KEY:
        cli_escape(shown, sizeof shown, finding->name, finding->name_length);
        cli_problem_set(&text, "touches the key '%s', which is not declared", shown);
        break;
    case CLI_ALL_KEYS:
        format_command(shown, sizeof shown, finding);
        cli_problem_set(&text, "calls %s, which touches keys that are not declared", shown);
        break;
    case CLI_WRITES:
        if (finding->name) {
            format_command(shown, sizeof shown, finding);
            cli_problem_set(&text, "calls %s, but must be read-only", shown);
        } else {
            cli_problem_set(&text, "writes, but must be read-only: %s", message);
        }
        break;
    case CLI_FAILS:
        cli_problem_set(&text, "fails: %s%s", message,
                        any_made_up(check) ? " (its keys or arguments are made up; set them with --keys and --args)"
                                           : "");
        break;
    default:
        cli_problem_set(&text, "did not end within %lld ms", (long long)timeout_ms);
        break;
    }
    return text;
}

static json_t *texts_json(const cli_texts *texts)
{
    json_t *array = json_array();

    for (size_t i = 0; i < texts->count; i++)
        json_array_append_new(array, cli_json_bytes(texts->items[i], strlen(texts->items[i])));
    return array;
}

static json_t *finding_json(const cli_script_check *check, const cli_finding *finding)
{
    cli_problem text = describe(check, finding);
    json_t *object = json_object();

    json_object_set_new(object, "kind", json_string(cli_finding_kind_name(finding->kind)));
    json_object_set_new(object, "line", finding->line ? json_integer((json_int_t)finding->line) : json_null());
    if (finding->name) {
        json_object_set_new(object, finding->kind == CLI_UNDECLARED_KEY ? "key" : "command",
                            cli_json_bytes(finding->name, finding->name_length));
    }
    json_object_set_new(object, "text", cli_json_bytes(text.text, strlen(text.text)));
    if (finding->message)
        json_object_set_new(object, "server", cli_json_bytes(finding->message, strlen(finding->message)));
    return object;
}

static void print_json(const cli_script_check *check, const char *path, const char *sha, podlink_status status)
{
    json_t *object = cli_json(status);
    json_t *findings = json_array();

    json_object_set_new(object, "file", cli_json_bytes(path, strlen(path)));
    json_object_set_new(object, "sha", json_string(sha));
    json_object_set_new(object, "read_only", json_boolean(check->read_only));
    json_object_set_new(object, "keys", texts_json(&check->input->keys));
    json_object_set_new(object, "args", texts_json(&check->input->args));
    json_object_set_new(object, "made_up", json_boolean(any_made_up(check)));
    for (size_t i = 0; i < check->findings.count; i++)
        json_array_append_new(findings, finding_json(check, &check->findings.items[i]));
    json_object_set_new(object, "findings", findings);
    cli_json_print(object);
}

static void print_texts(const char *what, const cli_texts *texts)
{
    printf("%s", what);
    for (size_t i = 0; i < texts->count; i++) {
        printf(i > 0 ? ", " : " ");
        cli_print_name(texts->items[i]);
    }
    printf("%s%s", texts->count == 0 ? " none" : "", texts->made_up ? " (made up)" : "");
}

static void print_text(const cli_script_check *check, const char *path)
{
    const cli_findings *findings = &check->findings;

    for (size_t i = 0; i < findings->count; i++) {
        cli_problem text = describe(check, &findings->items[i]);
        cli_print_name(path);
        if (findings->items[i].line > 0)
            printf(":%zu", findings->items[i].line);
        printf(": ");
        cli_print_name(text.text);
        putchar('\n');
    }
    cli_print_name(path);
    if (findings->count == 0)
        printf(": fine%s;", check->read_only ? ", read-only" : "");
    else
        printf(": %zu finding%s;", findings->count, findings->count == 1 ? "" : "s");
    print_texts(" keys:", &check->input->keys);
    print_texts("; arguments:", &check->input->args);
    putchar('\n');
}

int cli_check_report_print(const cli_output *out, const cli_script_check *check, const char *path, const char *sha)
{
    podlink_status status = check->findings.count ? PODLINK_REFUSED : PODLINK_OK;

    if (cli_wants_json(out))
        print_json(check, path, sha, status);
    else if (!out->quiet)
        print_text(check, path);
    return cli_exit_code(status);
}
