/* "podlink scripts check": what a script does that it does not declare. Finding it out is script_check's; here it is
 * asked for and told. */
#include "verbs/script_check_verb.h"

#include "check/script_check.h"
#include "exit_code.h"
#include "server/server_process.h"

#include <podlink/script.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SOURCE_MAX: as the library has it. */
enum { TIMEOUT_DEFAULT_MS = 3000, MADE_UP_MAX = 100, SOURCE_MAX = 1 << 20 };

/* One check: what is known of the script, and what it is run with. */
typedef struct check_run {
    cli_session *session;
    const char *path;
    podlink_script_info script;
    cli_script_input input;
    cli_script_check check;
} check_run;

/* ---- keys and arguments ----------------------------------------------------------------------------------------- */

/* The next of the names of a declaration; NULL: there are no more. */
static const char *next_name(const char **at, size_t *length)
{
    const char *name = *at + strspn(*at, " ");

    *length = strcspn(name, " ");
    *at = name + *length;
    return *length > 0 ? name : NULL;
}

/* Whether a name stands for any number of them. */
static bool is_open_ended(const char *name, size_t length)
{
    return length > 3 && strncmp(name + length - 3, "...", 3) == 0;
}

/* Compares what was given with what the script declares: the library would refuse another number. */
static int compare_count(const check_run *run, const cli_texts *texts, const char *declared, const char *what)
{
    const char *at = declared;
    const char *name;
    size_t length;
    size_t count = 0;
    bool open_ended = false;
    cli_problem problem;

    while ((name = next_name(&at, &length))) {
        open_ended = is_open_ended(name, length);
        count += !open_ended;
    }
    if (texts->count == count || (open_ended && texts->count > count))
        return CLI_DONE;
    cli_problem_set(&problem, "the script declares %zu %s%s (%.100s), but %zu %s given", count, what,
                    count == 1 ? "" : "s", declared, texts->count, texts->count == 1 ? "is" : "are");
    return cli_fail_usage(&run->session->out, problem.text);
}

/* The highest n of KEYS[n] or ARGV[n] in the source. */
static size_t highest_index(const podlink_script_info *script, const char *table)
{
    size_t highest = 0;

    for (const char *at = strstr(script->source, table); at; at = strstr(at + 1, table)) {
        const char *digits = at + strlen(table);
        size_t index = isdigit((unsigned char)digits[0]) ? strtoul(digits, NULL, 10) : 0;
        highest = index > highest && index <= MADE_UP_MAX ? index : highest;
    }
    return highest;
}

/* Makes up what was not given: of keys their declared names, or key:1, key:2, ...; of arguments 1, which is text, a
 * number, a pod and a time. */
static bool generate(cli_texts *texts, const char *declared, size_t used, bool is_key)
{
    const char *name;
    size_t length;

    while (declared && (name = next_name(&declared, &length))) {
        size_t shown = is_open_ended(name, length) ? length - 3 : length;
        if (!cli_texts_add(texts, is_key ? name : "1", is_key ? shown : 1))
            return false;
    }
    while (!declared && texts->count < used) {
        char made[32];
        snprintf(made, sizeof made, is_key ? "key:%zu" : "1", texts->count + 1);
        if (!cli_texts_add(texts, made, strlen(made)))
            return false;
    }
    return true;
}

static int complete_input(check_run *run, cli_texts *texts, const char *declared, bool is_key)
{
    size_t used = highest_index(&run->script, is_key ? "KEYS[" : "ARGV[");

    if (texts->given)
        return declared ? compare_count(run, texts, declared, is_key ? "key" : "argument") : CLI_DONE;
    if (!generate(texts, declared, used, is_key))
        return cli_fail_memory(&run->session->out);
    texts->made_up = texts->count > 0;
    return CLI_DONE;
}

static bool any_made_up(const check_run *run)
{
    return run->input.keys.made_up || run->input.args.made_up;
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

/* A command as people write it: "xgroup|create" is XGROUP CREATE. */
static void format_command(char *shown, size_t size, const cli_finding *finding)
{
    size_t length = cli_escape(shown, size, finding->name, finding->name_length);

    for (size_t i = 0; i < length; i++) {
        int letter = (toupper)((unsigned char)shown[i]); /* no macro: it nests deeply */
        shown[i] = (char)(letter == '|' ? ' ' : letter);
    }
}

/* What is wrong, as one line. */
static cli_problem describe(const check_run *run, const cli_finding *finding)
{
    const char *message = finding->message ? finding->message : "";
    int64_t timeout_ms = run->check.call->timeout_ms;
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
                        any_made_up(run) ? " (its keys or arguments are made up; set them with --keys and --args)"
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

static json_t *finding_json(const check_run *run, const cli_finding *finding)
{
    cli_problem text = describe(run, finding);
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

static void print_json(const check_run *run, podlink_status status)
{
    json_t *object = cli_json(status);
    json_t *findings = json_array();

    json_object_set_new(object, "file", cli_json_bytes(run->path, strlen(run->path)));
    json_object_set_new(object, "sha", json_string(run->script.sha));
    json_object_set_new(object, "read_only", json_boolean(run->check.read_only));
    json_object_set_new(object, "keys", texts_json(&run->input.keys));
    json_object_set_new(object, "args", texts_json(&run->input.args));
    json_object_set_new(object, "made_up", json_boolean(any_made_up(run)));
    for (size_t i = 0; i < run->check.findings.count; i++)
        json_array_append_new(findings, finding_json(run, &run->check.findings.items[i]));
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

static void print_text(const check_run *run)
{
    const cli_findings *findings = &run->check.findings;

    for (size_t i = 0; i < findings->count; i++) {
        cli_problem text = describe(run, &findings->items[i]);
        cli_print_name(run->path);
        if (findings->items[i].line > 0)
            printf(":%zu", findings->items[i].line);
        printf(": ");
        cli_print_name(text.text);
        putchar('\n');
    }
    cli_print_name(run->path);
    if (findings->count == 0)
        printf(": fine%s;", run->check.read_only ? ", read-only" : "");
    else
        printf(": %zu finding%s;", findings->count, findings->count == 1 ? "" : "s");
    print_texts(" keys:", &run->input.keys);
    print_texts("; arguments:", &run->input.args);
    putchar('\n');
}

static int print_result(const check_run *run)
{
    podlink_status status = run->check.findings.count ? PODLINK_REFUSED : PODLINK_OK;

    if (cli_wants_json(&run->session->out))
        print_json(run, status);
    else if (!run->session->out.quiet)
        print_text(run);
    return cli_exit_code(status);
}

/* ---- checking --------------------------------------------------------------------------------------------------- */

/* The whole of a file, but no more than one byte above what a script may have. NULL with errno. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "re");
    char *source = file ? malloc(SOURCE_MAX + 1) : NULL;
    bool failed = true;

    if (source) {
        *length = fread(source, 1, SOURCE_MAX + 1, file);
        failed = ferror(file) != 0;
    }
    if (file) {
        int reason = errno;
        fclose(file);
        errno = reason;
    }
    if (failed) {
        free(source);
        return NULL;
    }
    return source;
}

static int fail_script(const check_run *run, const char *why)
{
    cli_problem problem;

    cli_problem_set(&problem, "%s: %s", cli_quote(run->path).text, why);
    return cli_fail(&run->session->out, &(cli_failure){.status = PODLINK_EINVAL, .message = problem.text});
}

/* Registers the script with the client, which reads its head. Under a name of its own: that of the file may be taken,
 * where it is a built-in one that is checked. */
static int read_script(check_run *run)
{
    podlink_client *client = run->session->client;
    podlink_script script = {.name = "checked"};
    podlink_error error;
    char *source = read_file(run->path, &script.source_length);
    podlink_status status;
    int code;

    if (!source)
        return fail_script(run, strerror(errno));
    script.source = script.source_length > 0 ? source : ""; /* a length of 0 stands for text */
    status = podlink_script_register(client, &script, &error);
    free(source);
    if (status != PODLINK_OK)
        return fail_script(run, error.message);
    if (podlink_script_find(client, script.name, &run->script) != PODLINK_OK)
        return fail_script(run, "it was not registered");
    code = complete_input(run, &run->input.keys, run->script.keys, true);
    return code == CLI_DONE ? complete_input(run, &run->input.args, run->script.args, false) : code;
}

static int check_with(check_run *run, const cli_scratch_server *scratch)
{
    podlink_error error;

    if (cli_script_check_compile(&run->check, scratch->client, &error) != PODLINK_OK)
        return cli_session_fail(run->session, &error);
    if (run->check.findings.count == 0 && cli_script_check_run(&run->check, scratch, &error) != PODLINK_OK)
        return cli_session_fail(run->session, &error);
    return CLI_DONE;
}

static int check_on_scratch_server(check_run *run)
{
    const char *binary = cli_server_binary(run->session->arguments);
    cli_scratch_server scratch;
    cli_problem problem;
    int code;

    if (cli_scratch_server_start(&scratch, binary, &problem))
        code = check_with(run, &scratch);
    else
        code = cli_fail(&run->session->out, &(cli_failure){.status = PODLINK_ECONNECT, .message = problem.text});
    cli_scratch_server_stop(&scratch);
    return code;
}

static int check_script(check_run *run)
{
    podlink_error error;
    int code = CLI_DONE;

    run->check = (cli_script_check){
        .source = run->script.source,
        .source_length = run->script.source_length,
        .input = &run->input,
        .read_only = run->script.read_only || cli_given(run->session->arguments, CLI_READ_ONLY),
        .call = &run->session->call,
    };
    /* A server that somebody has named may be of another version. */
    if (!run->session->private_server &&
        cli_script_check_compile(&run->check, run->session->client, &error) != PODLINK_OK)
        return cli_session_fail(run->session, &error);
    if (run->check.findings.count == 0)
        code = check_on_scratch_server(run);
    return code == CLI_DONE ? print_result(run) : code;
}

int cli_scripts_check(cli_session *session)
{
    check_run run = {.session = session, .path = session->words[0]};
    int code = cli_script_input_init(&run.input, session);

    if (session->call.timeout_ms == 0)
        session->call.timeout_ms = TIMEOUT_DEFAULT_MS;
    if (code == CLI_DONE)
        code = cli_session_open(session);
    if (code == CLI_DONE)
        code = read_script(&run);
    if (code == CLI_DONE)
        code = check_script(&run);
    cli_findings_fini(&run.check.findings);
    cli_script_input_fini(&run.input);
    return code;
}
