/* SPDX-License-Identifier: MIT */
/* One run of the simulator. */
#include "sim_run.h"

#include "counter_script.h"
#include "counting_heap.h"
#include "ledger.h"
#include "seeded_random.h"
#include "sim_callers.h"
#include "sim_faults.h"
#include "sim_network.h"
#include "sim_scheduler.h"
#include "sim_server.h"

#include <podlink/podlink.h>

#include <stdio.h>

enum { DRAIN_S = 20, CALLS = 120, FAULTS = 14 };

static podlink_options options;
static callers_profile callers;
static uint32_t caller_count;
static bool is_closed_under_load;
static bool fails_memory;
static bool has_tick;
static podlink_client *client;
static bool tick_stops;
static bool tick_has_stopped;

/* --- drawn from the seed ------------------------------------------------------------------------------------------ */

static const podlink_clock virtual_clock = {.now_ns = sim_clock_now, .context = NULL};

static const podlink_script counter = {.name = "counter", .source = counter_script};

static void note_log(void *context, const podlink_log_record *record)
{
    (void)context;
    sim_yield(); /* no lock is held here */
    sim_note("log", record->status == PODLINK_OK ? NULL : podlink_status_name(record->status), record->level, 0);
}

static void note_trace(void *context, const podlink_trace_record *record)
{
    (void)context;
    sim_yield();
    if (record->waited_ns < 0 || record->unsent_ns < 0 || record->wire_ns < 0 ||
        record->waited_ns + record->unsent_ns + record->wire_ns > record->total_ns)
        sim_fail("the times of a call do not add up: %lld + %lld + %lld of %lld ns", (long long)record->waited_ns,
                 (long long)record->unsent_ns, (long long)record->wire_ns, (long long)record->total_ns);
}

static void draw_options(void)
{
    static const int64_t silences[] = {0, 0, 100, -1};
    podlink_options_init(&options);
    options.url = "redis://10.0.0.1:6379";
    options.client_name = random_one_in(3) ? "sim" : NULL;
    options.password = random_one_in(2) ? "sesame" : NULL;
    options.credentials_max_age_ms = random_one_in(2) ? random_between(10, 500) : -1;
    options.database = random_one_in(4) ? 1 : 0;
    options.shared_connections = 1 + (uint32_t)random_below(3);
    options.dedicated_max = 1 + (uint32_t)random_below(random_one_in(4) ? 8 : 2);
    options.dedicated_min_idle = random_one_in(4) ? (uint32_t)random_below(options.dedicated_max + 1) : 0;
    options.retries = (uint32_t)random_below(5);
    options.call_timeout_ms = random_between(20, 600);
    options.dial_timeout_ms = random_between(50, 1500);
    options.pool_wait_ms = random_between(20, 600);
    options.spin_us = random_one_in(2) ? 100 : 0;
    options.timeouts_max = 1 + (uint32_t)random_below(3);
    options.silence_timeout_ms = silences[random_below(4)];
    options.idle_timeout_ms = random_one_in(3) ? random_between(10, 500) : 300000;
    options.max_lifetime_ms = random_one_in(3) ? random_between(50, 500) : -1;
    options.script_loading = random_one_in(2) ? PODLINK_LOAD_ON_DEMAND : PODLINK_LOAD_IF_POSSIBLE;
    options.scripts = &counter;
    options.script_count = 1;
    options.log = random_one_in(2) ? note_log : NULL;
    options.log_level = PODLINK_LOG_DEBUG;
    options.trace = random_one_in(2) ? note_trace : NULL;
    options.allocator = &counting_heap;
    options.clock = &virtual_clock;
    options.no_janitor_thread = 1;
    if (random_one_in(3))
        options.url = "rediss://10.0.0.1:6379";
}

static void draw_callers(void)
{
    caller_count = 1 + (uint32_t)random_below(random_one_in(3) ? 8 : 4);
    callers = (callers_profile){.calls_each = 2 + (uint32_t)random_below(CALLS / caller_count),
                                .think_most = random_one_in(2) ? 2 * SIM_MS : 60 * SIM_MS,
                                .call_timeout_ms = options.call_timeout_ms,
                                .pool_wait_ms = options.pool_wait_ms,
                                .dial_timeout_ms = options.dial_timeout_ms,
                                .auth_one_in = options.password && random_one_in(2) ? 10 : 0,
                                .session_one_in = random_one_in(4) ? 2 : 6,
                                .tries_again = random_one_in(10) ? 60 : 0,
                                .patient_one_in = random_one_in(2) ? 4 : 0,
                                .padding_most = random_one_in(6) ? 4096 : 0};
}

/* Nine pauses of 5 to 250 ms, doubling, fit into a second after the first failure: so many dials of a shared
 * connection, and four times as many of dedicated ones, of which four are dialled at a time. Half as many again if
 * callers gave up a handshake at their own deadline, after which there is no pause; dials given up before the handshake
 * do not count. */
static network_profile draw_network(void)
{
    enum { DIALS_A_SECOND = 10 + 5, DIALS_AT_A_TIME = 4 };
    return (network_profile){.latency_most = random_one_in(4) ? 5 * SIM_MS : 200 * SIM_US,
                             .chop_one_in = random_one_in(3) ? 2 : 10,
                             .again_one_in = random_one_in(3) ? 8 : 0,
                             .cut_one_in = random_one_in(3) ? 3 : 0,
                             .room_most = random_one_in(4) ? 300 : 64 * 1024,
                             .open_max = options.shared_connections + options.dedicated_max,
                             .dial_timeout = options.dial_timeout_ms * SIM_MS,
                             .storm_max = DIALS_A_SECOND * (options.shared_connections + DIALS_AT_A_TIME)};
}

static sim_pace draw_pace(void)
{
    static const uint32_t switches[] = {2, 4, 16};
    return (sim_pace){.switch_one_in = switches[random_below(3)],
                      .starve_one_in = random_one_in(2) ? 300 : 0,
                      .starve_most = 3 * SIM_MS,
                      .wake_early_in = random_one_in(4) ? 20 : 0};
}

/* --- the world ---------------------------------------------------------------------------------------------------- */

static int64_t next_event(void)
{
    int64_t of_network = network_next_event();
    int64_t of_faults = faults_next_event();
    return of_network < of_faults ? of_network : of_faults;
}

static void advance(void)
{
    if (faults_next_event() <= sim_now())
        faults_advance();
    network_advance();
}

static void tick(void *ignored)
{
    (void)ignored;
    while (!tick_stops) {
        sim_call_begins("tick", SIM_NEVER);
        int64_t ms = podlink_client_tick(client);
        sim_call_ends();
        sim_sleep(ms * SIM_MS);
    }
    tick_has_stopped = true;
}

static bool callers_are_done(void *ignored)
{
    (void)ignored;
    return callers_done() == caller_count;
}

static bool tick_is_done(void *ignored)
{
    (void)ignored;
    return tick_has_stopped;
}

static void await(bool (*is_met)(void *ignored))
{
    while (!is_met(NULL))
        sim_wait(is_met, NULL, SIM_NEVER);
}

/* --- the host ----------------------------------------------------------------------------------------------------- */

static void open_client(void)
{
    podlink_error err;
    for (int attempts = 0; attempts < 1000; attempts++) {
        sim_call_begins("open", sim_now() + (options.dial_timeout_ms + options.call_timeout_ms) * SIM_MS);
        podlink_status status = podlink_client_open(&options, &client, &err);
        sim_call_ends();
        if (status == PODLINK_OK)
            return;
        if (status != PODLINK_ENOMEM)
            sim_fail("the client cannot be opened: %s", err.message);
    }
    sim_fail("the client cannot be opened");
}

static void check_sum(const char *what, uint64_t stated, uint64_t ours, bool is_exact)
{
    if (stated < ours || (is_exact && stated != ours))
        sim_fail("the statistics count %llu calls %s, the callers %llu", (unsigned long long)stated, what,
                 (unsigned long long)ours);
}

/* SCRIPT LOAD counts as a call as well, and so does an AUTH on an open connection. */
static void check_stats(void)
{
    podlink_stats stats;
    podlink_stats_init(&stats);
    podlink_client_stats(client, &stats);
    if (stats.calls != stats.calls_ok + stats.calls_server_error + stats.calls_not_sent + stats.calls_unknown)
        sim_fail("the outcomes are not as many as the calls");
    if (stats.dedicated_in_use > 0 || stats.dedicated_waiting > 0)
        sim_fail("no caller is active, but the statistics count %llu sessions, %llu waiting",
                 (unsigned long long)stats.dedicated_in_use, (unsigned long long)stats.dedicated_waiting);
    if (stats.connections != network_open_count())
        sim_fail("the statistics count %llu connections, there are %u", (unsigned long long)stats.connections,
                 network_open_count());
    if (is_closed_under_load || fails_memory || faults_send_unsolicited())
        return;
    const ledger_sums ours = ledger_outcomes();
    const bool is_exact = stats.script_loads == 0 && stats.reauthentications == 0 &&
                          !callers_had_sessions(); /* our sums leave calls on sessions out */
    check_sum("that succeeded", stats.calls_ok, ours.ok, is_exact);
    check_sum("that were refused", stats.calls_server_error, ours.server_error, is_exact);
    check_sum("that were not sent", stats.calls_not_sent, ours.not_sent, is_exact);
    check_sum("whose end is unknown", stats.calls_unknown, ours.unknown, is_exact);
}

static void close_under_load(void)
{
    const int64_t left = faults_end_at() > sim_now() ? faults_end_at() - sim_now() : 0;
    sim_sleep(random_between(1, left + SIM_MS));
    callers_close(random_one_in(4) ? -1 : random_between(0, 200), options.dial_timeout_ms);
}

static void host(void *ignored)
{
    (void)ignored;
    open_client();
    callers_begin(client, &callers);
    for (uint32_t i = 0; i < caller_count; i++) {
        static const char *const names[] = {"caller 1", "caller 2", "caller 3", "caller 4",
                                            "caller 5", "caller 6", "caller 7", "caller 8"};
        scheduler_add(names[i], callers_run, NULL);
    }
    if (!is_closed_under_load)
        scheduler_add("prober", callers_probe, NULL);
    if (has_tick)
        scheduler_add("tick", tick, NULL);
    if (is_closed_under_load)
        close_under_load();
    await(callers_are_done);
    await(faults_have_ended);
    sim_sleep(2 * SIM_S); /* the prober has ended by then, or is not waited for */
    tick_stops = true;
    if (has_tick)
        await(tick_is_done);
    check_stats();
    podlink_client_free(client);
    if (network_open_count() > 0)
        sim_fail("%u descriptors are not closed", network_open_count());
    counting_heap_check_empty();
    sim_sleep(DRAIN_S * SIM_S);
}

uint64_t run_seed(uint64_t seed, bool shows_all)
{
    random_seed(seed);
    draw_options();
    draw_callers();
    network_profile network = draw_network();
    sim_pace pace = draw_pace();
    pace.next_event = next_event;
    pace.advance = advance;
    is_closed_under_load = random_one_in(6);
    fails_memory = random_one_in(8);
    has_tick = !random_one_in(4);
    tick_stops = tick_has_stopped = false;
    scheduler_begin(seed, &pace, shows_all);
    ledger_begin();
    const bool is_calm = random_one_in(5);
    if (is_calm) {
        network.cut_one_in = 0;
        fails_memory = false;
    }
    callers.is_calm = is_calm;
    callers.fails_memory = fails_memory;
    callers.dedicated_max = options.dedicated_max;
    faults_begin(is_calm ? 0 : (uint32_t)random_below(FAULTS), sim_now() + random_between(SIM_MS, 2 * SIM_S),
                 !is_calm && random_one_in(10));
    network_begin(&network);
    server_begin(random_one_in(2) ? 4 : 40);
    counting_heap_begin(fails_memory ? 30 : 0);
    scheduler_add("host", host, NULL);
    scheduler_run();
    ledger_check_end();
    network_end();
    return sim_trace_hash();
}
