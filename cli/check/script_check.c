/* SPDX-License-Identifier: MIT */
/* Checks a Lua script: runs it on a temporary server as a user with access to its declared keys. Prints nothing. */
#include "check/script_check.h"

#include <podlink/command.h>
#include <podlink/session.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROUNDS_MAX = 200, LOG_MAX = 128, NUMBER_SIZE = 24 };

static const char user[] = "check";

/* Commands that touch keys without naming them: the server cannot compare these with the declared ones. */
static const char *const all_keys[] = {"flushall", "flushdb", "keys", "migrate", "randomkey", "scan", "swapdb"};
enum { ALL_KEYS = sizeof all_keys / sizeof all_keys[0] };

/* State of one check. */
typedef struct check_state {
    cli_script_check *check;
    podlink_client *admin;
    podlink_client *client; /* authenticated as the restricted user */
    podlink_error *error;
    char *message; /* error of the last run of the script; NULL: it succeeded; owned */
    bool refused;  /* the last run was refused something new */
} check_state;

static podlink_status no_memory(podlink_error *error)
{
    *error = (podlink_error){.status = PODLINK_ENOMEM, .delivery = PODLINK_NOT_SENT};
    snprintf(error->message, sizeof error->message, "out of memory");
    return PODLINK_ENOMEM;
}

/* ---- messages of the server ------------------------------------------------------------------------------------- */

/* The line number in "...user_script:12: attempt to..." or "..., on @user_script:12."; 0: there is none. */
static size_t line_in_message(const char *message)
{
    static const char place[] = "user_script:";

    for (const char *at = strstr(message, place); at; at = strstr(at + 1, place)) {
        const char *digits = at + sizeof place - 1;
        digits += strspn(digits, " ");
        if (isdigit((unsigned char)digits[0]))
            return strtoul(digits, NULL, 10);
    }
    return 0;
}

/* Removes " script: <sha>, on @user_script:12.": the finding has the line, and the SHA1 means nothing to the user. */
static void strip_location(char *message)
{
    char *place = strstr(message, " script: ");

    if (place && strspn(place + 9, "0123456789abcdef") == 40)
        *place = '\0';
}

/* Whether the message reports a missing permission. */
static bool is_refusal(const char *message)
{
    return strstr(message, "user executing the script can't") || strstr(message, "ACL failure in script") ||
           strncmp(message, "NOPERM", 6) == 0;
}

static bool is_write_refusal(const char *message)
{
    return strstr(message, "Write commands are not allowed from read-only scripts") != NULL;
}

static podlink_status add_message_finding(check_state *run, cli_finding_kind kind, char *message)
{
    size_t line = line_in_message(message);
    cli_finding *finding;

    strip_location(message);
    finding = cli_findings_add(&run->check->findings, kind, NULL, 0, message);
    if (!finding)
        return no_memory(run->error);
    finding->line = line;
    return PODLINK_OK;
}

podlink_status cli_script_check_compile(cli_script_check *check, podlink_client *client, podlink_error *error)
{
    const char *const argv[] = {"SCRIPT", "LOAD", check->source};
    const size_t lengths[] = {6, 4, check->source_length};
    const podlink_command load = {.argc = 3, .argv = argv, .argv_lengths = lengths, .repeatable = 1};
    podlink_status status = podlink_command_run(client, &load, check->call, NULL, error);
    check_state run = {.check = check, .error = error};
    char message[sizeof error->server];

    if (status != PODLINK_ESERVER)
        return status;
    snprintf(message, sizeof message, "%s", error->server);
    return add_message_finding(&run, CLI_DOES_NOT_COMPILE, message);
}

/* ---- the restricted user ---------------------------------------------------------------------------------------- */

static podlink_status run_as_admin(check_state *run, size_t argc, const char *const *argv, podlink_reply **reply)
{
    const podlink_command command = {.argc = argc, .argv = argv};

    return podlink_command_run(run->admin, &command, run->check->call, reply, run->error);
}

/* The ACL rule for one key: "~" and the key with its pattern characters escaped. A rule cannot contain spaces or NUL:
 * "?", any byte, replaces them. NULL: out of memory. */
static char *key_rule(const char *key, size_t length)
{
    char *rule = malloc(2 * length + 2);
    char *end = rule;

    if (!rule)
        return NULL;
    *end++ = '~';
    for (size_t i = 0; i < length; i++) {
        if (isspace((unsigned char)key[i]) || key[i] == '\0') {
            *end++ = '?';
            continue;
        }
        if (strchr("*?[]\\^-", key[i]))
            *end++ = '\\';
        *end++ = key[i];
    }
    *end = '\0';
    return rule;
}

static podlink_status permit_key(check_state *run, const char *key, size_t length)
{
    char *rule = key_rule(key, length);
    const char *const argv[] = {"ACL", "SETUSER", user, rule};
    podlink_status status = rule ? run_as_admin(run, 4, argv, NULL) : no_memory(run->error);

    free(rule);
    return status;
}

static podlink_status permit_command(check_state *run, const char *name)
{
    char rule[80];
    const char *const argv[] = {"ACL", "SETUSER", user, rule};

    snprintf(rule, sizeof rule, "+%s", name);
    return run_as_admin(run, 4, argv, NULL);
}

/* Creates the user, with permission for what the script declares. */
static podlink_status create_user(check_state *run)
{
    const cli_texts *keys = &run->check->input->keys;
    char refused[ALL_KEYS][16];
    const char *argv[8 + ALL_KEYS] = {"ACL", "SETUSER", user, "reset", "on", "nopass", "+@all"};
    size_t argc = 7;
    podlink_status status;

    for (size_t i = 0; i < ALL_KEYS; i++) {
        snprintf(refused[i], sizeof refused[i], "-%s", all_keys[i]);
        argv[argc++] = refused[i];
    }
    if (run->check->read_only)
        argv[argc++] = "-@write";
    status = run_as_admin(run, argc, argv, NULL);
    if (status == PODLINK_OK) {
        const char *const channels[] = {"ACL", "SETUSER", user, "allchannels"};
        status = run_as_admin(run, 4, channels, NULL);
    }
    for (size_t i = 0; status == PODLINK_OK && i < keys->count; i++)
        status = permit_key(run, keys->items[i], strlen(keys->items[i]));
    return status;
}

/* ---- one run of the script -------------------------------------------------------------------------------------- */

/* Sends one command of the transaction. */
static podlink_status step(check_state *run, podlink_session *session, const char *name, podlink_reply **reply)
{
    const podlink_command command = {.argc = 1, .argv = &name};

    return podlink_session_run(session, &command, run->check->call, reply, run->error);
}

static podlink_status queue_script(check_state *run, podlink_session *session, const char *verb)
{
    const cli_script_check *check = run->check;
    const cli_texts *keys = &check->input->keys;
    const cli_texts *args = &check->input->args;
    size_t argc = 3 + keys->count + args->count;
    const char **argv = calloc(argc, sizeof *argv);
    size_t *lengths = calloc(argc, sizeof *lengths);
    const podlink_command command = {.argc = argc, .argv = argv, .argv_lengths = lengths};
    char number[NUMBER_SIZE];
    podlink_status status = PODLINK_ENOMEM;

    if (argv && lengths) {
        snprintf(number, sizeof number, "%zu", keys->count);
        argv[0] = verb;
        argv[1] = check->source;
        argv[2] = number;
        for (size_t i = 0; i < keys->count; i++)
            argv[3 + i] = keys->items[i];
        for (size_t i = 0; i < args->count; i++)
            argv[3 + keys->count + i] = args->items[i];
        for (size_t i = 0; i < argc; i++)
            lengths[i] = i == 1 ? check->source_length : strlen(argv[i]);
        status = podlink_session_run(session, &command, check->call, NULL, run->error);
    }
    free(argv);
    free(lengths);
    return argv && lengths ? status : no_memory(run->error);
}

/* Keeps the error that the script ended with. */
static podlink_status read_answer(check_state *run, const podlink_reply *reply)
{
    const podlink_reply *answer = podlink_reply_at(reply, 0);

    if (podlink_reply_type_of(answer) != PODLINK_REPLY_ERROR)
        return PODLINK_OK;
    run->message = strdup(podlink_reply_text(answer, NULL));
    return run->message ? PODLINK_OK : no_memory(run->error);
}

/* Runs the script once. It runs in a transaction, because an error inside the EXEC reply is complete: the error of a
 * failed call is cut off before the line number. */
static podlink_status run_once(check_state *run, const char *verb)
{
    podlink_session *session = NULL;
    podlink_reply *reply = NULL;
    podlink_status status = podlink_session_acquire(run->client, run->check->call, &session, run->error);

    free(run->message);
    run->message = NULL;
    if (status == PODLINK_OK)
        status = step(run, session, "MULTI", NULL);
    if (status == PODLINK_OK)
        status = queue_script(run, session, verb);
    if (status == PODLINK_OK)
        status = step(run, session, "EXEC", &reply);
    if (status == PODLINK_OK)
        status = read_answer(run, reply);
    podlink_reply_free(reply);
    podlink_session_release(session);
    return status;
}

/* ---- refused accesses ------------------------------------------------------------------------------------------- */

/* The value of a field in an entry of ACL LOG: name, value, name, value, ... */
static const char *log_value(const podlink_reply *entry, const char *name, size_t *length)
{
    const podlink_reply *value;
    for (const podlink_reply *e = podlink_reply_first(entry); e; e = podlink_reply_next(entry, value)) {
        const char *found = podlink_reply_text(e, NULL);
        value = podlink_reply_next(entry, e);
        if (value && found && strcmp(found, name) == 0) {
            const char *text = podlink_reply_text(value, length);
            return text ? text : "";
        }
    }
    *length = 0;
    return "";
}

static cli_finding_kind kind_of_command(const char *name)
{
    for (size_t i = 0; i < ALL_KEYS; i++)
        if (strcasecmp(all_keys[i], name) == 0)
            return CLI_ALL_KEYS;
    return CLI_WRITES;
}

/* Adds a finding for a log entry, and grants the permission. line: where this entry aborted the run, or 0. */
static podlink_status record_refusal(check_state *run, const podlink_reply *entry, size_t line)
{
    cli_findings *findings = &run->check->findings;
    size_t length;
    size_t unused;
    const char *object = log_value(entry, "object", &length);
    bool is_key = strcmp(log_value(entry, "reason", &unused), "key") == 0;
    cli_finding_kind kind = is_key ? CLI_UNDECLARED_KEY : kind_of_command(object);
    cli_finding *finding = cli_findings_find(findings, kind, object, length);

    if (strcmp(log_value(entry, "username", &unused), user) != 0 || finding)
        return PODLINK_OK;
    run->refused = true;
    finding = cli_findings_add(findings, kind, object, length, NULL);
    if (!finding)
        return no_memory(run->error);
    finding->line = line;
    return is_key ? permit_key(run, object, length) : permit_command(run, finding->name);
}

/* Records what the last run was refused. The ACL log of the server (newest entry first) also has the errors that the
 * script has caught. */
static podlink_status record_refusals(check_state *run)
{
    char max[NUMBER_SIZE];
    const char *const argv[] = {"ACL", "LOG", max};
    podlink_reply *reply = NULL;
    podlink_status status;

    snprintf(max, sizeof max, "%d", LOG_MAX);
    status = run_as_admin(run, 3, argv, &reply);
    run->refused = false;
    for (size_t i = podlink_reply_count(reply); status == PODLINK_OK && i > 0; i--) {
        bool aborted_run = i == 1 && run->message && is_refusal(run->message);
        status = record_refusal(run, podlink_reply_at(reply, i - 1), aborted_run ? line_in_message(run->message) : 0);
    }
    podlink_reply_free(reply);
    return status;
}

static podlink_status empty_server(check_state *run)
{
    static const char *const flush[] = {"FLUSHALL"};
    static const char *const reset[] = {"ACL", "LOG", "RESET"};
    podlink_status status = run_as_admin(run, 1, flush, NULL);

    return status == PODLINK_OK ? run_as_admin(run, 3, reset, NULL) : status;
}

static podlink_status run_rounds(check_state *run)
{
    podlink_status status = PODLINK_OK;

    run->refused = true;
    for (int round = 0; status == PODLINK_OK && run->refused && round < ROUNDS_MAX; round++) {
        status = empty_server(run);
        if (status == PODLINK_OK)
            status = run_once(run, "EVAL");
        if (status == PODLINK_OK)
            status = record_refusals(run);
    }
    if (status == PODLINK_OK && run->message)
        status = add_message_finding(run, is_write_refusal(run->message) ? CLI_WRITES : CLI_FAILS, run->message);
    return status;
}

/* Servers from 7.0 on run a read-only script by EVAL_RO, and then also refuse commands that are sent to replicas, such
 * as PUBLISH. */
static podlink_status run_read_only(check_state *run)
{
    podlink_status status = empty_server(run);

    if (status == PODLINK_OK)
        status = run_once(run, "EVAL_RO");
    if (status == PODLINK_ESERVER)
        return PODLINK_OK; /* the server does not know EVAL_RO */
    if (status == PODLINK_OK && run->message && is_write_refusal(run->message))
        status = add_message_finding(run, CLI_WRITES, run->message);
    return status;
}

podlink_status cli_script_check_run(cli_script_check *check, const cli_scratch_server *scratch, podlink_error *error)
{
    check_state run = {.check = check, .admin = scratch->client, .error = error};
    podlink_status status = create_user(&run);

    if (status == PODLINK_OK) {
        run.client = cli_scratch_server_open(scratch, user, error);
        status = run.client ? run_rounds(&run) : error->status;
    }
    if (status == PODLINK_OK && check->read_only && !cli_findings_have(&check->findings, CLI_WRITES) &&
        !cli_findings_have(&check->findings, CLI_FAILS))
        status = run_read_only(&run);
    if (status == PODLINK_ETIMEDOUT && error->delivery == PODLINK_UNKNOWN)
        status = cli_findings_add(&check->findings, CLI_DOES_NOT_END, NULL, 0, NULL) ? PODLINK_OK : no_memory(error);
    free(run.message);
    podlink_client_free(run.client);
    return status;
}
