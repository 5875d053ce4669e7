/* SPDX-License-Identifier: MIT */
/* Bulk verbs: reads lines, checks them, sends them in chunks and prints the outcome of each line. A verb describes its
 * lines and its batch call in a cli_bulk. */
#include "bulk/bulk.h"

#include "bulk/lines.h"
#include "bulk/progress.h"
#include "exit_code.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_DEFAULT = 1000, CHUNK_MAX = 100000, FIELDS_MAX = 4 };

/* A line of the chunk: either an item or a problem. */
typedef struct entry {
    size_t line;
    size_t item;
    char *text;    /* the item's fields point into it */
    char *problem; /* NULL: the line is valid; owned */
} entry;

typedef struct chunk {
    entry *entries;
    size_t count;
    size_t capacity;
    char *items;
    size_t item_count;
} chunk;

typedef struct bulk_run {
    cli_session *session;
    const cli_bulk *bulk;
    const void *context;
    cli_lines lines;
    cli_progress progress;
    chunk chunk;
    uint64_t processed; /* lines whose outcome was printed */
    int code;           /* the highest exit code so far */
} bulk_run;

static void *item_at(const bulk_run *run, size_t index)
{
    return run->chunk.items + index * run->bulk->item_size;
}

static bool chunk_init(chunk *chunk, size_t capacity, size_t item_size)
{
    chunk->capacity = capacity;
    chunk->entries = calloc(capacity, sizeof *chunk->entries);
    chunk->items = calloc(capacity, item_size);
    return chunk->entries && chunk->items;
}

static void chunk_clear(chunk *chunk)
{
    for (size_t i = 0; i < chunk->count; i++) {
        free(chunk->entries[i].text);
        free(chunk->entries[i].problem);
    }
    chunk->count = 0;
    chunk->item_count = 0;
}

static void chunk_fini(chunk *chunk)
{
    chunk_clear(chunk);
    free(chunk->entries);
    free(chunk->items);
}

/* Checks one line and writes its item behind the last one of the chunk. */
static bool read_item(bulk_run *run, entry *entry, size_t length, cli_problem *problem)
{
    const cli_bulk *bulk = run->bulk;
    char *fields[FIELDS_MAX];
    size_t count;

    if (strlen(entry->text) != length) {
        cli_problem_set(problem, "the line contains a NUL byte");
        return false;
    }
    count = cli_fields_split(entry->text, fields, FIELDS_MAX);
    if (count < bulk->fields_min || count > bulk->fields_max) {
        cli_problem_set(problem, "expected %s, got %zu field%s%s", bulk->fields, count, count == 1 ? "" : "s",
                        count > bulk->fields_max ? " (a field that contains spaces must end with a tab)" : "");
        return false;
    }
    entry->item = run->chunk.item_count;
    return bulk->read(run->session, run->context, fields, count, item_at(run, entry->item), problem);
}

static bool add_line(bulk_run *run, const char *line, size_t length)
{
    chunk *chunk = &run->chunk;
    entry *entry = &chunk->entries[chunk->count];
    cli_problem problem;

    *entry = (struct entry){.line = run->lines.number, .text = malloc(length + 1)};
    if (!entry->text)
        return false;
    memcpy(entry->text, line, length + 1);
    chunk->count++;
    if (read_item(run, entry, length, &problem)) {
        chunk->item_count++;
        return true;
    }
    entry->problem = strdup(problem.text);
    return entry->problem != NULL;
}

/* Fills the chunk. Returns false when out of memory. */
static bool read_chunk(bulk_run *run)
{
    chunk_clear(&run->chunk);
    while (run->chunk.count < run->chunk.capacity) {
        size_t length;
        const char *line = cli_lines_next(&run->lines, &length);
        if (!line)
            return true;
        if (!add_line(run, line, length))
            return false;
    }
    return true;
}

/* Removes an item that the library refused; its line gets the library's message. */
static bool drop_item(bulk_run *run, size_t index, const char *message)
{
    chunk *chunk = &run->chunk;
    size_t size = run->bulk->item_size;

    for (size_t i = 0; i < chunk->count; i++) {
        entry *entry = &chunk->entries[i];
        if (entry->problem || entry->item < index)
            continue;
        if (entry->item > index) {
            entry->item--;
            continue;
        }
        entry->problem = strdup(message);
        if (!entry->problem)
            return false;
    }
    chunk->item_count--;
    memmove(chunk->items + index * size, chunk->items + (index + 1) * size, (chunk->item_count - index) * size);
    return true;
}

/* A message of a batch call may begin with its item: "items[7]: ...". Returns the message without it, because the index
 * means nothing to the user. index: out, SIZE_MAX if the message names no item. */
static const char *item_message(const char *message, size_t *index)
{
    static const char start[] = "items[";
    const char *name = strstr(message, start);
    char *end;

    *index = SIZE_MAX;
    if (!name)
        return message;
    name += sizeof start - 1;
    *index = strtoul(name, &end, 10);
    return end + strspn(end, "]: ");
}

/* Sends the chunk. Drops each item that the library finds invalid, and sends the others. */
static podlink_status send_chunk(bulk_run *run, podlink_error *error)
{
    const cli_session *session = run->session;
    podlink_status status;

    for (;;) {
        const char *message;
        size_t index;

        status = run->bulk->send(session->client, run->chunk.items, run->chunk.item_count, &session->call, error);
        if (status != PODLINK_EINVAL)
            return status;
        message = item_message(error->message, &index);
        if (index >= run->chunk.item_count || !drop_item(run, index, message))
            return status;
    }
}

static void fail_line(bulk_run *run, const entry *entry, podlink_status status, const char *message,
                      const podlink_error *error)
{
    cli_progress_clear(&run->progress);
    run->code = cli_exit_code_max(
        run->code, cli_fail(&run->session->out,
                            &(cli_failure){.status = status, .message = message, .error = error, .line = entry->line}));
}

static void print_item(bulk_run *run, const entry *entry, podlink_status status)
{
    const cli_output *out = &run->session->out;
    const void *item = item_at(run, entry->item);

    run->code = cli_exit_code_max(run->code, cli_exit_code(status));
    if (out->quiet)
        return;
    if (out->json) {
        json_t *object = cli_json(status);
        json_object_set_new(object, "line", json_integer((json_int_t)entry->line));
        run->bulk->add_json(run->session, item, object);
        cli_json_print(object);
    } else {
        run->bulk->print_text(item);
    }
}

/* A failure without an answer is printed for each line in JSON only; in text the end of the run has a summary. */
static void print_failed_item(bulk_run *run, const entry *entry, cli_outcome outcome, const podlink_error *first)
{
    bool is_first = first->status == outcome.status && first->delivery == outcome.delivery;
    podlink_error error = {.status = outcome.status, .delivery = outcome.delivery};

    run->code = cli_exit_code_max(run->code, cli_exit_code(outcome.status));
    if (outcome.delivery == PODLINK_ANSWERED || run->session->out.json) {
        const char *message = podlink_status_text(outcome.status);
        size_t index;
        if (is_first && first->message[0])
            message = item_message(first->message, &index);
        fail_line(run, entry, outcome.status, message, &error);
    }
}

static void print_entry(bulk_run *run, const entry *entry, podlink_error *first)
{
    cli_outcome outcome;

    if (entry->problem) {
        fail_line(run, entry, PODLINK_EINVAL, entry->problem, NULL);
        return;
    }
    outcome = run->bulk->outcome(item_at(run, entry->item));
    if (outcome.status >= 0) {
        print_item(run, entry, outcome.status);
        return;
    }
    print_failed_item(run, entry, outcome, first);
    if (outcome.delivery == PODLINK_ANSWERED)
        first->message[0] = '\0'; /* the message belongs to the first failed item only */
}

/* Prints the outcome of each line, in the order of the input. */
static void print_chunk(bulk_run *run, podlink_error error)
{
    if (isatty(STDOUT_FILENO) && !run->session->out.quiet)
        cli_progress_clear(&run->progress);
    for (size_t i = 0; i < run->chunk.count; i++)
        print_entry(run, &run->chunk.entries[i], &error);
    run->processed += run->chunk.count;
    fflush(stdout);
}

/* How many items failed with this delivery. */
static size_t count_failed(const bulk_run *run, podlink_delivery delivery)
{
    size_t count = 0;

    for (size_t i = 0; i < run->chunk.item_count; i++) {
        cli_outcome outcome = run->bulk->outcome(item_at(run, i));
        count += outcome.status < 0 && outcome.delivery == delivery;
    }
    return count;
}

/* Whether a failure concerns one key, not the server. */
static bool concerns_one_key(podlink_status status)
{
    return status == PODLINK_ECORRUPT || status == PODLINK_EWRONGTYPE;
}

/* Whether to stop: the server does not answer, or refuses every item. */
static bool server_fails(const bulk_run *run, const podlink_error *error)
{
    if (error->status >= 0 || run->chunk.item_count == 0)
        return false;
    if (count_failed(run, PODLINK_NOT_SENT) + count_failed(run, PODLINK_UNKNOWN) > 0)
        return true;
    return !concerns_one_key(error->status) && count_failed(run, PODLINK_ANSWERED) == run->chunk.item_count;
}

static void report_stop(bulk_run *run, const podlink_error *error)
{
    const chunk *chunk = &run->chunk;
    size_t not_sent = count_failed(run, PODLINK_NOT_SENT);
    size_t unknown = count_failed(run, PODLINK_UNKNOWN);
    cli_problem problem;
    size_t index;

    cli_problem_set(&problem,
                    "stopped: %.250s; of lines %zu to %zu, %zu were not sent and %zu may have been executed; later "
                    "lines were not sent",
                    item_message(error->message, &index), chunk->entries[0].line, chunk->entries[chunk->count - 1].line,
                    not_sent, unknown);
    run->code = cli_exit_code_max(
        run->code, cli_fail(&run->session->out, &(cli_failure){
                                                    .status = error->status,
                                                    .message = problem.text,
                                                    .next = cli_session_advice(run->session, error->status),
                                                }));
}

static int fail_input(const bulk_run *run, const char *why)
{
    cli_problem problem;

    cli_problem_set(&problem, "stopped after line %zu: %s", run->lines.number, why);
    return cli_fail(&run->session->out, &(cli_failure){.status = PODLINK_ENOMEM, .message = problem.text});
}

static void run_chunks(bulk_run *run)
{
    do {
        podlink_error error = {.status = PODLINK_OK};

        if (!read_chunk(run)) {
            run->code = fail_input(run, "out of memory");
            return;
        }
        if (run->chunk.item_count > 0)
            send_chunk(run, &error);
        print_chunk(run, error);
        if (server_fails(run, &error)) {
            cli_progress_clear(&run->progress);
            report_stop(run, &error);
            return;
        }
        cli_progress_update(&run->progress, run->processed, run->lines.bytes);
    } while (run->chunk.count == run->chunk.capacity);
    if (run->lines.error) {
        cli_progress_clear(&run->progress);
        run->code = fail_input(run, strerror(run->lines.error));
    }
}

/* Validates what all lines have in common, before the first one is read. */
static int check(const bulk_run *run)
{
    podlink_error error;
    podlink_status status = run->bulk->check(run->session, run->context, &error);

    if (status == PODLINK_EINVAL || (status < 0 && error.delivery != PODLINK_ANSWERED))
        return cli_session_fail(run->session, &error);
    return CLI_DONE;
}

int cli_bulk_run(cli_session *session, const cli_bulk *bulk, const void *context)
{
    bulk_run run = {.session = session, .bulk = bulk, .context = context};
    int64_t capacity = CHUNK_DEFAULT;
    int code = cli_session_number(session, CLI_CHUNK, 1, CHUNK_MAX, &capacity);

    if (code == CLI_DONE)
        code = cli_session_open(session);
    if (code == CLI_DONE)
        code = check(&run);
    if (code != CLI_DONE)
        return code;
    cli_progress_init(&run.progress, !session->out.quiet && !session->out.json);
    if (chunk_init(&run.chunk, (size_t)capacity, bulk->item_size)) {
        run_chunks(&run);
        cli_progress_fini(&run.progress, run.processed);
    } else {
        run.code = fail_input(&run, "out of memory");
    }
    chunk_fini(&run.chunk);
    cli_lines_fini(&run.lines);
    return run.code;
}
