/* SPDX-License-Identifier: MIT */
/* Output: results on stdout, failures on stderr; with --json both as objects on stdout. The format of a failure is
 * known here only. */
#include "output.h"

#include "exit_code.h"

#include <podlink/link.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *require_memory(void *memory)
{
    if (!memory) {
        fputs("podlink: out of memory\n", stderr);
        exit(CLI_SERVER);
    }
    return memory;
}

static const char *short_status_name(podlink_status status)
{
    const char *name = podlink_status_name(status);
    const size_t prefix = sizeof "PODLINK_" - 1;

    return strncmp(name, "PODLINK_", prefix) == 0 ? name + prefix : name;
}

bool cli_wants_json(const cli_output *out)
{
    return out->json && !out->quiet;
}

json_t *cli_json(podlink_status status)
{
    return require_memory(json_pack("{s:s}", "status", short_status_name(status)));
}

void cli_json_print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

json_t *cli_json_bytes(const char *bytes, size_t length)
{
    json_t *text = json_stringn(bytes, length);
    char *hex;
    json_t *object;

    if (text)
        return text;
    hex = require_memory(malloc(2 * length + 1));
    for (size_t i = 0; i < length; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)bytes[i]);
    object = require_memory(json_pack("{s:s}", "hex", hex));
    free(hex);
    return object;
}

json_t *cli_json_pod(int pod)
{
    if (pod == PODLINK_UNREADABLE_POD)
        return require_memory(json_string("unreadable"));
    return pod < 0 ? json_null() : require_memory(json_integer(pod));
}

cli_pod_text cli_pod_to_text(int pod)
{
    cli_pod_text shown;

    if (pod == PODLINK_UNREADABLE_POD)
        snprintf(shown.text, sizeof shown.text, "unreadable");
    else if (pod < 0)
        snprintf(shown.text, sizeof shown.text, "none");
    else
        snprintf(shown.text, sizeof shown.text, "%d", pod);
    return shown;
}

json_t *cli_failure_json(const cli_failure *failure)
{
    json_t *object = cli_json(failure->status);

    json_object_set_new(object, "exit", json_integer(cli_exit_code(failure->status)));
    if (failure->line)
        json_object_set_new(object, "line", json_integer((json_int_t)failure->line));
    json_object_set_new(object, "error", cli_json_bytes(failure->message, strlen(failure->message)));
    if (failure->next)
        json_object_set_new(object, "next", json_string(failure->next));
    if (failure->error) {
        json_object_set_new(object, "delivery", json_string(podlink_delivery_text(failure->error->delivery)));
        if (failure->error->server[0]) {
            const char *reply = failure->error->server;
            json_object_set_new(object, "server", cli_json_bytes(reply, strlen(reply)));
        }
    }
    return object;
}

int cli_fail(const cli_output *out, const cli_failure *failure)
{
    if (out->json) {
        cli_json_print(cli_failure_json(failure));
        return cli_exit_code(failure->status);
    }
    fflush(stdout);
    fprintf(stderr, "%s: ", out->command);
    if (failure->line)
        fprintf(stderr, "line %zu: ", failure->line);
    fprintf(stderr, "%s", failure->message);
    if (failure->error && failure->error->delivery == PODLINK_UNKNOWN)
        fputs(" (sent, but not answered: it may have been executed)", stderr);
    fprintf(stderr, "%s%s\n", failure->next ? "; " : "", failure->next ? failure->next : "");
    return cli_exit_code(failure->status);
}

int cli_fail_usage(const cli_output *out, const char *message)
{
    char next[96];
    cli_failure failure = {.status = PODLINK_EINVAL, .message = message, .next = next};

    snprintf(next, sizeof next, "see: %s --help", out->command);
    return cli_fail(out, &failure);
}

int cli_fail_memory(const cli_output *out)
{
    return cli_fail(out, &(cli_failure){.status = PODLINK_ENOMEM, .message = "out of memory"});
}

int cli_fail_errno(const cli_output *out)
{
    return cli_fail(out, &(cli_failure){.status = PODLINK_ENOMEM, .message = strerror(errno)});
}

void cli_warn(const cli_output *out, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    fprintf(stderr, "%s: warning: ", out->command);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

void cli_note(const cli_output *out, const char *format, ...)
{
    va_list values;

    if (out->quiet || out->json)
        return;
    va_start(values, format);
    fflush(stdout);
    fprintf(stderr, "%s: ", out->command);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

static void print_escaped(const char *bytes, size_t length)
{
    char *text = require_memory(malloc(4 * length + 1));

    fwrite(text, 1, cli_escape(text, 4 * length + 1, bytes, length), stdout);
    free(text);
}

void cli_print_bytes(const char *bytes, size_t length)
{
    if (isatty(STDOUT_FILENO))
        print_escaped(bytes, length);
    else
        fwrite(bytes, 1, length, stdout);
}

void cli_print_name(const char *name)
{
    print_escaped(name, strlen(name));
}

int cli_output_finish(const cli_output *out)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CLI_DONE;
    fprintf(stderr, "%s: the output cannot be written: %s\n", out->command, strerror(errno));
    return CLI_SERVER;
}
