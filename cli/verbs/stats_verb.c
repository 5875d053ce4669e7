/* SPDX-License-Identifier: MIT */
/* "podlink stats": pings for some seconds and prints the statistics of the client. A new field of podlink_stats needs a
 * row in the tables here; a test checks that. */
#include "verb_table.h"

#include "cli_clock.h"
#include "cli_url.h"
#include "exit_code.h"
#include "interrupt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERVAL_DEFAULT_MS = 10, SECONDS_MAX = 86400 };

/* A field of podlink_stats. A name that ends in "_ns" is a time. */
typedef struct field {
    const char *group;
    const char *name;
    size_t offset;
} field;

#define FIELD(group, name)                                                                                             \
    {                                                                                                                  \
        group, #name, offsetof(podlink_stats, name)                                                                    \
    }

static const field counters[] = {
    FIELD("connections", connections),
    FIELD("connections", dials),
    FIELD("connections", dial_failures),
    FIELD("connections", connections_lost),
    FIELD("connections", stale),
    FIELD("connections", reauthentications),
    FIELD("dedicated connections", dedicated_idle),
    FIELD("dedicated connections", dedicated_in_use),
    FIELD("dedicated connections", dedicated_waiting),
    FIELD("dedicated connections", dedicated_reused),
    FIELD("calls", calls),
    FIELD("calls", calls_ok),
    FIELD("calls", calls_server_error),
    FIELD("calls", calls_not_sent),
    FIELD("calls", calls_unknown),
    FIELD("calls", timeouts),
    FIELD("calls", retries),
    FIELD("waiting", queue_depth),
    FIELD("waiting", waits),
    FIELD("waiting", wait_ns),
    FIELD("scripts and states", script_loads),
    FIELD("scripts and states", noscript_repairs),
    FIELD("scripts and states", states_unreadable),
    FIELD("traffic", bytes_sent),
    FIELD("traffic", bytes_received),
    FIELD("traffic", writes),
    FIELD("traffic", reads),
    FIELD("traffic", commands_sent),
    FIELD("servers", nodes),
    FIELD("servers", redirects_moved),
    FIELD("servers", redirects_ask),
    FIELD("servers", discoveries),
    FIELD("servers", master_changes),
    FIELD("servers", loss_window_ns),
};

static const field histograms[] = {
    FIELD("times", wait),
    FIELD("times", unsent),
    FIELD("times", wire),
    FIELD("times", total),
};

enum {
    COUNTERS = sizeof counters / sizeof counters[0],
    HISTOGRAMS = sizeof histograms / sizeof histograms[0],
    LABEL_WIDTH = 22
};

static uint64_t counter_of(const podlink_stats *stats, const field *field)
{
    return *(const uint64_t *)((const char *)stats + field->offset);
}

static const podlink_histogram *histogram_of(const podlink_stats *stats, const field *field)
{
    return (const podlink_histogram *)((const char *)stats + field->offset);
}

static double batch_size(const podlink_stats *stats)
{
    return stats->writes ? (double)stats->commands_sent / (double)stats->writes : 0;
}

static double in_ms(double ns)
{
    return ns / CLI_NS_PER_MS;
}

static double mean_ns(const podlink_histogram *histogram)
{
    return histogram->count ? (double)histogram->sum_ns / (double)histogram->count : 0;
}

/* "bytes sent 4711", "wait 0.120 ms": the label is the name of the field. */
static void print_counter(const podlink_stats *stats, const field *field)
{
    size_t length = strlen(field->name);
    bool is_time = length > 3 && strcmp(field->name + length - 3, "_ns") == 0;
    int shown = (int)(is_time ? length - 3 : length);

    printf("  ");
    for (int i = 0; i < shown; i++)
        putchar(field->name[i] == '_' ? ' ' : field->name[i]);
    printf("%*s", LABEL_WIDTH - shown, "");
    if (is_time)
        printf("%12.3f ms\n", in_ms((double)counter_of(stats, field)));
    else
        printf("%12" PRIu64 "\n", counter_of(stats, field));
}

static void print_histogram(const podlink_stats *stats, const field *field)
{
    const podlink_histogram *histogram = histogram_of(stats, field);
    const double quantiles[] = {0.5, 0.99, 0.999};

    printf("  %-8s %12" PRIu64 " %9.3f", field->name, histogram->count, in_ms(mean_ns(histogram)));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        printf(" %9.3f", in_ms((double)podlink_histogram_quantile_ns(histogram, quantiles[i])));
    putchar('\n');
}

static void print_text(const podlink_stats *stats)
{
    const char *group = "";

    for (size_t i = 0; i < COUNTERS; i++) {
        if (strcmp(counters[i].group, group) != 0) {
            group = counters[i].group;
            printf("%s\n", group);
        }
        print_counter(stats, &counters[i]);
    }
    printf("  %-*s%12.1f\n", LABEL_WIDTH, "commands a write", batch_size(stats));
    printf("times, in ms        calls      mean       p50       p99     p99.9\n");
    for (size_t i = 0; i < HISTOGRAMS; i++)
        print_histogram(stats, &histograms[i]);
}

static json_t *histogram_json(const podlink_histogram *histogram)
{
    json_t *object = json_object();
    json_t *buckets = json_array();

    json_object_set_new(object, "count", json_integer((json_int_t)histogram->count));
    json_object_set_new(object, "sum_ns", json_integer((json_int_t)histogram->sum_ns));
    json_object_set_new(object, "p50_ns", json_integer(podlink_histogram_quantile_ns(histogram, 0.5)));
    json_object_set_new(object, "p99_ns", json_integer(podlink_histogram_quantile_ns(histogram, 0.99)));
    json_object_set_new(object, "p999_ns", json_integer(podlink_histogram_quantile_ns(histogram, 0.999)));
    for (unsigned i = 0; i < PODLINK_HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] > 0) {
            json_t *bucket = json_object();
            json_object_set_new(bucket, "below_ns", json_integer(podlink_histogram_bound_ns(i)));
            json_object_set_new(bucket, "count", json_integer((json_int_t)histogram->buckets[i]));
            json_array_append_new(buckets, bucket);
        }
    }
    json_object_set_new(object, "buckets", buckets);
    return object;
}

static void print_json(const cli_session *session, const podlink_stats *stats, podlink_status status)
{
    json_t *object = cli_json(status);
    char *url = cli_url_redacted(session->url);

    json_object_set_new(object, "url", url ? cli_json_bytes(url, strlen(url)) : json_null());
    for (size_t i = 0; i < COUNTERS; i++)
        json_object_set_new(object, counters[i].name, json_integer((json_int_t)counter_of(stats, &counters[i])));
    json_object_set_new(object, "batch_size", json_real(batch_size(stats)));
    for (size_t i = 0; i < HISTOGRAMS; i++)
        json_object_set_new(object, histograms[i].name, histogram_json(histogram_of(stats, &histograms[i])));
    cli_json_print(object);
    free(url);
}

/* Pings for some seconds, but stops if the first ping fails. Returns the status of the last ping; error: out. */
static podlink_status probe(const cli_session *session, int64_t seconds, int64_t interval_ms, podlink_error *error)
{
    int64_t next_ns = cli_now_ns();
    int64_t end_ns = next_ns + seconds * 1000 * CLI_NS_PER_MS;
    podlink_status status;
    bool answered = false;

    do {
        status = podlink_ping(session->client, NULL, &session->call, error);
        answered = answered || status == PODLINK_OK;
        next_ns += interval_ms * CLI_NS_PER_MS;
    } while (answered && next_ns < end_ns && cli_now_ns() < end_ns && !cli_interrupt_wait(next_ns));
    return status;
}

static int probe_and_show(const cli_session *session, int64_t seconds, int64_t interval_ms)
{
    podlink_stats stats;
    podlink_error error;
    podlink_status status = probe(session, seconds, interval_ms, &error);

    podlink_stats_init(&stats);
    podlink_client_stats(session->client, &stats);
    if (status != PODLINK_OK && stats.calls_ok == 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out))
        print_json(session, &stats, status);
    else if (!session->out.quiet)
        print_text(&stats);
    return status == PODLINK_OK ? CLI_DONE : cli_session_fail(session, &error);
}

static int cli_stats(cli_session *session)
{
    int64_t seconds = 1;
    int64_t interval_ms = INTERVAL_DEFAULT_MS;
    int code = cli_session_number(session, CLI_SECONDS, 1, SECONDS_MAX, &seconds);

    if (code == CLI_DONE)
        code = cli_session_number(session, CLI_INTERVAL, 1, CLI_INTERVAL_MAX_MS, &interval_ms);
    if (code == CLI_DONE)
        code = cli_session_open(session);
    if (code == CLI_DONE && !cli_interrupt_init())
        code = cli_fail_errno(&session->out);
    return code == CLI_DONE ? probe_and_show(session, seconds, interval_ms) : code;
}

const cli_verb cli_stats_verb[] = {
    {
        .noun = "stats",
        .options = CLI_CONNECTING | CLI_SET(SECONDS) | CLI_SET(INTERVAL),
        .run = cli_stats,
        .summary = "ping for a second, and print the statistics of the client",
        .details =
            "The pings are 10 ms (or --interval) apart. Times: wait (until a connection can take the call), unsent "
            "(queued),\n"
            "wire (the network and the server) and total, each at most a quarter too large. Ctrl-C stops early. The "
            "exit code\n"
            "is that of the last ping.\n",
        .examples = "podlink stats\n"
                    "podlink stats --seconds 10 --interval 1\n",
    },
    {.noun = NULL},
};
