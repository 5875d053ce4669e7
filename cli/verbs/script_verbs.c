/* SPDX-License-Identifier: MIT */
/* The verbs "podlink scripts list, status, load, run". */
#include "verb_table.h"

#include "cli_clock.h"
#include "exit_code.h"
#include "reply_output.h"
#include "script_input.h"

#include <podlink/script.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIME_SIZE = 24 };

/* Opens the client and registers the scripts of --file and --dir. */
static int open_with_scripts(cli_session *session)
{
    const char *file = session->arguments->value[CLI_FILE];
    const char *directory = session->arguments->value[CLI_DIR];
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    if (file && podlink_script_register_file(session->client, file, &error) != PODLINK_OK)
        return cli_session_fail(session, &error);
    if (directory && podlink_script_register_directory(session->client, directory, NULL, &error) != PODLINK_OK)
        return cli_session_fail(session, &error);
    return CLI_DONE;
}

static podlink_script_stats stats_of(const cli_session *session, const podlink_script_info *script)
{
    podlink_script_stats stats = {0};

    podlink_script_stats_init(&stats);
    podlink_script_stats_of(session->client, script->name, &stats);
    return stats;
}

static int64_t mean_ns(const podlink_script_stats *stats)
{
    return stats->wire.count ? (int64_t)(stats->wire.sum_ns / stats->wire.count) : 0;
}

/* "0.120", or "-" if nothing was measured. */
static const char *format_time(char *text, const podlink_script_stats *stats, int64_t ns)
{
    if (stats->wire.count == 0)
        return "-";
    snprintf(text, TIME_SIZE, "%.3f", (double)ns / CLI_NS_PER_MS);
    return text;
}

static void print_stats(const podlink_script_stats *stats)
{
    char mean[TIME_SIZE];
    char p99[TIME_SIZE];

    printf(" %6" PRIu64 " %6" PRIu64 " %7" PRIu64 " %7" PRIu64 " %8s %8s", stats->loads, stats->calls, stats->errors,
           stats->repairs, format_time(mean, stats, mean_ns(stats)),
           format_time(p99, stats, podlink_histogram_quantile_ns(&stats->wire, 0.99)));
}

/* Prints all scripts. @param loaded  NULL: print the list without status */
static void print_text(const cli_session *session, const int *loaded, size_t count)
{
    podlink_script_info script;

    if (loaded) {
        printf("%-32s %-40s  %-7s %6s %6s %7s %7s %8s %8s\n", "NAME", "SHA1", "SERVER", "LOADS", "CALLS", "ERRORS",
               "REPAIRS", "MEAN ms", "P99 ms");
    }
    for (size_t i = 0; i < count && podlink_script_at(session->client, i, &script) == PODLINK_OK; i++) {
        printf("%-32s %s", script.name, script.sha);
        if (loaded) {
            podlink_script_stats stats = stats_of(session, &script);
            printf("  %-7s", loaded[i] ? "loaded" : "missing");
            print_stats(&stats);
        }
        putchar('\n');
    }
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *script_json(const podlink_script_info *script)
{
    json_t *entry = json_object();

    json_object_set_new(entry, "name", json_string(script->name));
    json_object_set_new(entry, "sha", json_string(script->sha));
    json_object_set_new(entry, "built_in", json_boolean(script->built_in));
    json_object_set_new(entry, "keys", text_or_null(script->keys));
    json_object_set_new(entry, "args", text_or_null(script->args));
    json_object_set_new(entry, "read_only", json_boolean(script->read_only));
    json_object_set_new(entry, "repeatable", json_boolean(script->repeatable));
    return entry;
}

static void add_stats(json_t *entry, const podlink_script_stats *stats)
{
    bool any = stats->wire.count > 0;

    json_object_set_new(entry, "loads", json_integer((json_int_t)stats->loads));
    json_object_set_new(entry, "calls", json_integer((json_int_t)stats->calls));
    json_object_set_new(entry, "errors", json_integer((json_int_t)stats->errors));
    json_object_set_new(entry, "repairs", json_integer((json_int_t)stats->repairs));
    json_object_set_new(entry, "mean_ns", any ? json_integer(mean_ns(stats)) : json_null());
    json_object_set_new(entry, "p99_ns",
                        any ? json_integer(podlink_histogram_quantile_ns(&stats->wire, 0.99)) : json_null());
}

static void print_json(const cli_session *session, const int *loaded, size_t count, podlink_status status)
{
    json_t *object = cli_json(status);
    json_t *scripts = json_array();
    podlink_script_info script;

    for (size_t i = 0; i < count && podlink_script_at(session->client, i, &script) == PODLINK_OK; i++) {
        json_t *entry = script_json(&script);
        if (loaded) {
            podlink_script_stats stats = stats_of(session, &script);
            json_object_set_new(entry, "loaded", json_boolean(loaded[i]));
            add_stats(entry, &stats);
        }
        json_array_append_new(scripts, entry);
    }
    json_object_set_new(object, "scripts", scripts);
    cli_json_print(object);
}

static int print_scripts(const cli_session *session, const int *loaded, size_t count, podlink_status status)
{
    if (cli_wants_json(&session->out))
        print_json(session, loaded, count, status);
    else if (!session->out.quiet)
        print_text(session, loaded, count);
    return cli_exit_code(status);
}

static int cli_scripts_list(cli_session *session)
{
    int code = open_with_scripts(session);

    if (code != CLI_DONE)
        return code;
    return print_scripts(session, NULL, podlink_script_count(session->client), PODLINK_OK);
}

/* PODLINK_OK if every script is loaded. */
static podlink_status status_of_all(const int *loaded, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!loaded[i])
            return PODLINK_NOT_FOUND;
    return PODLINK_OK;
}

static int cli_scripts_status(cli_session *session)
{
    podlink_error error;
    int code = open_with_scripts(session);

    if (code != CLI_DONE)
        return code;
    size_t count = podlink_script_count(session->client);
    int *loaded = calloc(count + 1, sizeof *loaded);
    if (!loaded)
        return cli_fail_memory(&session->out);
    if (podlink_scripts_loaded(session->client, loaded, count, &session->call, &error) < 0)
        code = cli_session_fail(session, &error);
    else
        code = print_scripts(session, loaded, count, status_of_all(loaded, count));
    free(loaded);
    return code;
}

static int cli_scripts_load(cli_session *session)
{
    podlink_error error;
    size_t loaded = 0;
    int code = open_with_scripts(session);

    if (code != CLI_DONE)
        return code;
    if (podlink_scripts_load(session->client, &loaded, &session->call, &error) < 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out)) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "loaded", json_integer((json_int_t)loaded));
        cli_json_print(object);
    } else if (!session->out.quiet) {
        printf("%zu scripts loaded\n", loaded);
    }
    return CLI_DONE;
}

/* The name of the script to run: NAME, or the one of --file. NULL: an error was printed. */
static const char *find_script_name(const cli_session *session, podlink_script_info *script)
{
    size_t count = podlink_script_count(session->client);

    if (session->word_count > 0)
        return session->words[0];
    /* --file is registered before --dir, so with both the last script is not the one of --file. */
    if (!cli_given(session->arguments, CLI_FILE) || cli_given(session->arguments, CLI_DIR) ||
        podlink_script_at(session->client, count - 1, script) != PODLINK_OK) {
        cli_fail_usage(&session->out, "NAME is missing; it may be omitted only with --file and without --dir");
        return NULL;
    }
    return script->name;
}

static int fail_run(const cli_session *session, const podlink_error *error)
{
    cli_failure failure = cli_session_failure(session, error);

    if (error->status == PODLINK_ESCRIPT)
        failure.next = "\"podlink scripts list\" lists the built-in scripts; --file and --dir add your own";
    return cli_fail(&session->out, &failure);
}

static int run_script(const cli_session *session, const cli_script_input *input)
{
    podlink_reply *reply = NULL;
    podlink_script_info script;
    podlink_error error;
    const char *name = find_script_name(session, &script);

    if (!name)
        return CLI_USAGE;
    if (podlink_script_run(session->client, name, (const char *const *)input->keys.items, NULL, input->keys.count,
                           (const char *const *)input->args.items, NULL, input->args.count, &session->call, &reply,
                           &error) < 0)
        return fail_run(session, &error);
    cli_reply_print(&session->out, reply);
    podlink_reply_free(reply);
    return CLI_DONE;
}

static int cli_scripts_run(cli_session *session)
{
    cli_script_input input;
    int code = cli_script_input_init(&input, session);

    if (code == CLI_DONE)
        code = open_with_scripts(session);
    if (code == CLI_DONE)
        code = run_script(session, &input);
    cli_script_input_fini(&input);
    return code;
}

const cli_verb cli_script_verbs[] = {
    {
        .noun = "scripts",
        .name = "list",
        .options = CLI_CONNECTING | CLI_OWN,
        .run = cli_scripts_list,
        .summary = "print the Lua scripts and their SHA1",
        .details = "Needs no server. --file and --dir add scripts of your own.\n",
        .examples = "podlink scripts list\n"
                    "podlink scripts list --dir scripts --json\n",
    },
    {
        .noun = "scripts",
        .name = "status",
        .options = CLI_CONNECTING | CLI_OWN,
        .run = cli_scripts_status,
        .summary = "print which scripts are loaded on the server",
        .details = "Also prints what this process has counted for each: loads, calls, errors, repairs and times. Exits "
                   "with 1 if\n"
                   "one is missing; that is not a fault, because the first call that needs a script loads it.\n",
        .examples = "podlink scripts status\n"
                    "podlink scripts status --dir scripts\n",
    },
    {
        .noun = "scripts",
        .name = "load",
        .options = CLI_CONNECTING | CLI_OWN,
        .run = cli_scripts_load,
        .summary = "load all scripts into the server",
        .examples = "podlink scripts load\n"
                    "podlink scripts load --dir scripts\n",
    },
    {
        .noun = "scripts",
        .name = "run",
        .arguments = "[NAME]",
        .words_max = 1,
        .options = CLI_CONNECTING | CLI_OWN | CLI_INPUT,
        .run = cli_scripts_run,
        .summary = "run a script, and print its reply",
        .details = "NAME is a built-in script, or one of your own from --file or --dir: its file name without .lua. "
                   "With --file\n"
                   "alone, NAME may be omitted.\n",
        .examples = "podlink scripts run statefulGetLinkIfPersist --key 'sf:{default:lk:alice}chat'\n"
                    "podlink scripts run --file hits.lua --key page --arg 1\n"
                    "podlink scripts run hits --dir scripts --keys page,site --arg 1\n",
    },
    {.noun = NULL},
};
