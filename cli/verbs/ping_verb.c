/* SPDX-License-Identifier: MIT */
/* "podlink ping", once or with --watch. */
#include "verb_table.h"

#include "cli_clock.h"
#include "cli_url.h"
#include "exit_code.h"
#include "interrupt.h"
#include "verbs/round_trips.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERVAL_DEFAULT_MS = 1000 };

/* State of "ping --watch". */
typedef struct watch {
    cli_session *session;
    char *url; /* without its password */
    int64_t interval_ns;
    int64_t count_max;
    int64_t count; /* pings so far */
    cli_round_trips times;
    podlink_status last; /* status of the last ping: decides the exit code */
} watch;

static double in_ms(int64_t ns)
{
    return (double)ns / CLI_NS_PER_MS;
}

static void add_url(json_t *object, const char *url)
{
    json_object_set_new(object, "url", cli_json_bytes(url, strlen(url)));
}

static int ping_once(cli_session *session, const char *url)
{
    int64_t round_trip_ns = 0;
    podlink_error error;

    if (podlink_ping(session->client, &round_trip_ns, &session->call, &error) < 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out)) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "round_trip_ns", json_integer(round_trip_ns));
        add_url(object, url);
        cli_json_print(object);
    } else if (!session->out.quiet) {
        printf("PONG from ");
        cli_print_name(url);
        printf(" in %.3f ms\n", in_ms(round_trip_ns));
    }
    return CLI_DONE;
}

static void print_answer(const watch *watch, int64_t round_trip_ns)
{
    if (watch->session->out.quiet)
        return;
    if (watch->session->out.json) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "ping", json_integer(watch->count));
        json_object_set_new(object, "round_trip_ns", json_integer(round_trip_ns));
        cli_json_print(object);
    } else {
        printf("ping %" PRId64 ": %.3f ms\n", watch->count, in_ms(round_trip_ns));
    }
}

static void print_loss(const watch *watch, const podlink_error *error)
{
    cli_failure failure = cli_session_failure(watch->session, error);
    cli_problem problem;

    if (watch->session->out.json) {
        json_t *object = cli_failure_json(&failure);
        json_object_set_new(object, "ping", json_integer(watch->count));
        cli_json_print(object);
        return;
    }
    cli_problem_set(&problem, "ping %" PRId64 ": %s", watch->count, failure.message);
    failure.message = problem.text;
    cli_fail(&watch->session->out, &failure);
}

static bool ping_and_print(watch *watch)
{
    int64_t round_trip_ns = 0;
    podlink_error error;

    watch->last = podlink_ping(watch->session->client, &round_trip_ns, &watch->session->call, &error);
    watch->count++;
    if (watch->last != PODLINK_OK) {
        print_loss(watch, &error);
    } else if (cli_round_trips_add(&watch->times, round_trip_ns)) {
        print_answer(watch, round_trip_ns);
    } else {
        cli_fail_memory(&watch->session->out);
        watch->last = PODLINK_ENOMEM;
        return false;
    }
    /* Flushed for each ping, so that a reader sees it at once; stop if stdout cannot be written any more. */
    return fflush(stdout) == 0;
}

static json_t *time_or_null(const watch *watch, int64_t ns)
{
    return watch->times.count > 0 ? json_integer(ns) : json_null();
}

static void print_summary_json(watch *watch)
{
    cli_round_trips *times = &watch->times;
    json_t *object = cli_json(watch->last);

    json_object_set_new(object, "pings", json_integer(watch->count));
    json_object_set_new(object, "lost", json_integer(watch->count - (int64_t)times->count));
    json_object_set_new(object, "min_ns", time_or_null(watch, times->min_ns));
    json_object_set_new(object, "p50_ns", time_or_null(watch, cli_round_trips_quantile(times, 0.5)));
    json_object_set_new(object, "p99_ns", time_or_null(watch, cli_round_trips_quantile(times, 0.99)));
    json_object_set_new(object, "max_ns", time_or_null(watch, times->max_ns));
    add_url(object, watch->url);
    cli_json_print(object);
}

static void print_summary(watch *watch)
{
    cli_round_trips *times = &watch->times;
    int64_t lost = watch->count - (int64_t)times->count;

    if (watch->session->out.quiet)
        return;
    if (watch->session->out.json) {
        print_summary_json(watch);
        return;
    }
    printf("\n%" PRId64 " ping%s of ", watch->count, watch->count == 1 ? "" : "s");
    cli_print_name(watch->url);
    printf(", %" PRId64 " lost (%.1f %%)\n", lost, watch->count ? 100.0 * (double)lost / (double)watch->count : 0);
    if (times->count > 0) {
        printf("min %.3f ms, p50 %.3f ms, p99 %.3f ms, max %.3f ms\n", in_ms(times->min_ns),
               in_ms(cli_round_trips_quantile(times, 0.5)), in_ms(cli_round_trips_quantile(times, 0.99)),
               in_ms(times->max_ns));
    }
}

/* Pings start at fixed intervals. After one that took longer, the next starts at once, and no interval is caught up. */
static int ping_repeatedly(watch *watch)
{
    int64_t next_ns = cli_now_ns();

    if (!cli_interrupt_init())
        return cli_fail_errno(&watch->session->out);
    while (!cli_interrupt_wait(next_ns)) {
        next_ns = cli_now_ns() + watch->interval_ns;
        if (!ping_and_print(watch) || watch->count == watch->count_max)
            break;
    }
    print_summary(watch);
    return cli_exit_code(watch->last);
}

static int check_options(const cli_session *session)
{
    static const cli_option options[] = {CLI_COUNT, CLI_INTERVAL};
    cli_problem problem;

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (cli_given(session->arguments, options[i]) && !cli_given(session->arguments, CLI_WATCH)) {
            cli_problem_set(&problem, "%s is only valid with --watch", cli_option_texts[options[i]].flag);
            return cli_fail_usage(&session->out, problem.text);
        }
    }
    return CLI_DONE;
}

static int cli_ping(cli_session *session)
{
    watch watch = {.session = session, .count_max = -1};
    int64_t interval_ms = INTERVAL_DEFAULT_MS;
    int code = check_options(session);

    if (code == CLI_DONE)
        code = cli_session_number(session, CLI_INTERVAL, 1, CLI_INTERVAL_MAX_MS, &interval_ms);
    if (code == CLI_DONE)
        code = cli_session_number(session, CLI_COUNT, 1, INT64_MAX, &watch.count_max);
    if (code == CLI_DONE)
        code = cli_session_open(session);
    if (code != CLI_DONE)
        return code;
    watch.interval_ns = interval_ms * CLI_NS_PER_MS;
    watch.url = cli_url_redacted(session->url);
    if (!watch.url)
        code = cli_fail_memory(&session->out);
    else if (cli_given(session->arguments, CLI_WATCH))
        code = ping_repeatedly(&watch);
    else
        code = ping_once(session, watch.url);
    cli_round_trips_fini(&watch.times);
    free(watch.url);
    return code;
}

const cli_verb cli_ping_verb[] = {
    {
        .noun = "ping",
        .options = CLI_CONNECTING | CLI_SET(WATCH) | CLI_SET(COUNT) | CLI_SET(INTERVAL),
        .run = cli_ping,
        .summary = "send PING to the server, and print the round-trip time",
        .details = "With --watch it repeats, also after failures, and ends with a summary: how many pings were lost, "
                   "and the\n"
                   "minimum, median, 99th percentile and maximum of the round trips. The first includes connecting. "
                   "The exit code\n"
                   "is that of the last ping.\n",
        .examples = "podlink ping\n"
                    "podlink ping --url redis://127.0.0.1:6379 --timeout 500\n"
                    "podlink ping --watch --interval 100 --count 50\n",
    },
    {.noun = NULL},
};
