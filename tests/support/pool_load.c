/* SPDX-License-Identifier: MIT */
/* A load on a client. */
#include "pool_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    MACHINE_STEP_MS = 2,
    CLOSED_MAX = 3, /* a thread ends after so many calls on a closed client */
    FAST_MS = 1 /* after a failure sooner than this a thread sleeps for a moment, so that others get the processors */
};

/* @return whether the value was larger */
static bool raise_to(_Atomic int64_t *most, int64_t value)
{
    int64_t before = *most;
    while (value > before)
        if (atomic_compare_exchange_weak(most, &before, value))
            return true;
    return false;
}

/* ---- the machine ---- */

static void sleep_ms(int64_t ms)
{
    const struct timespec step = {0, ms * MS};
    nanosleep(&step, NULL);
}

static void *measure_oversleep(void *argument)
{
    struct load *load = argument;
    while (!load->stops) {
        const int64_t began = api_now_ns();
        sleep_ms(MACHINE_STEP_MS);
        raise_to(&load->oversleep_ns, api_now_ns() - began - MACHINE_STEP_MS * MS);
    }
    return NULL;
}

/* How long this thread has waited for a processor since the last time. */
static void note_starved(struct load_thread *thread)
{
    const int64_t waited = api_starved_ns(thread->schedstat);
    if (thread->run_delay_ns > 0)
        raise_to(&thread->load->starved_ns, waited - thread->run_delay_ns);
    thread->run_delay_ns = waited > 0 ? waited : 1;
}

int64_t load_machine_late(struct load *load)
{
    return load->oversleep_ns + load->starved_ns;
}

/* ---- one call ---- */

static void note(struct load_thread *thread, podlink_status status, const podlink_error *err, int64_t began)
{
    struct load *load = thread->load;
    const int64_t took_ns = api_now_ns() - began;
    note_starved(thread);
    if (raise_to(&load->late_ns, took_ns - load->timeout_ms * MS))
        load->late_status = status;
    if (status == PODLINK_OK) {
        thread->ok++;
        return;
    }
    thread->failed_at = began;
    if (took_ns < FAST_MS * MS && !load->never_rests)
        sleep_ms(FAST_MS);
    thread->closed += status == PODLINK_ECLOSED;
    if (status > 0 || status <= -LOAD_STATUSES || err->status != status) {
        record_failure("status %d, and err says %d", (int)status, (int)err->status);
        return;
    }
    load->counts[-status][err->delivery]++;
}

static podlink_status borrow(struct load_thread *thread, const podlink_call *call, podlink_session **session,
                             podlink_error *err)
{
    const int64_t began = api_now_ns();
    const podlink_status status = podlink_session_acquire(thread->load->client, call, session, err);
    note(thread, status, err, began);
    return status;
}

static podlink_status send_words(struct load_thread *thread, podlink_session *session, const podlink_call *call,
                                 const char *const words[], podlink_error *err)
{
    podlink_reply *reply;
    const int64_t began = api_now_ns();
    const podlink_status status = session ? pool_session_run(session, call, &reply, err, words)
                                          : pool_run(thread->load->client, call, &reply, err, words);
    podlink_reply_free(reply);
    note(thread, status, err, began);
    return status;
}

/* An increment is never repeated, so the counter proves whether the outcomes are true. */
static void increment(struct load_thread *thread, podlink_session *session, const podlink_call *call)
{
    char key[24];
    podlink_error err;
    snprintf(key, sizeof key, "load:%u", thread->number);
    const podlink_status status = send_words(thread, session, call, WORDS("INCR", key), &err);
    thread->counted_ok += status == PODLINK_OK;
    thread->counted_unknown += status != PODLINK_OK && err.delivery == PODLINK_UNKNOWN;
}

static void echo(struct load_thread *thread, const podlink_call *call)
{
    podlink_error err;
    const int64_t began = api_now_ns();
    note(thread, podlink_ping(thread->load->client, NULL, call, &err), &err, began);
}

static void call_once(struct load_thread *thread, unsigned round)
{
    const podlink_call call = within(thread->load->timeout_ms);
    podlink_session *session = NULL;
    podlink_error err;
    if (!thread->with_sessions && round % 2 == 0) {
        echo(thread, &call);
        return;
    }
    if (thread->with_sessions && borrow(thread, &call, &session, &err) != PODLINK_OK)
        return;
    increment(thread, session, &call);
    podlink_session_release(session);
}

static void *run_thread(void *argument)
{
    struct load_thread *thread = argument;
    thread->schedstat = api_schedstat_open();
    note_starved(thread);
    for (unsigned round = 0; !thread->load->stops && thread->closed < CLOSED_MAX; round++)
        call_once(thread, round);
    if (thread->schedstat >= 0)
        close(thread->schedstat);
    return NULL;
}

/* ---- all ---- */

void load_start(struct load *load)
{
    load->stops = false;
    load->runs = true;
    assert_int_equal(pthread_create(&load->machine, NULL, measure_oversleep, load), 0);
    for (unsigned i = 0; i < load->threads; i++) {
        struct load_thread *thread = &load->each[i];
        thread->load = load;
        thread->number = i;
        thread->with_sessions = i < load->session_threads;
        assert_int_equal(pthread_create(&thread->thread, NULL, run_thread, thread), 0);
    }
}

void load_stop(struct load *load)
{
    if (!load->runs)
        return;
    load->runs = false;
    load->stops = true;
    for (unsigned i = 0; i < load->threads; i++)
        pthread_join(load->each[i].thread, NULL);
    pthread_join(load->machine, NULL);
}

uint64_t load_count_as(struct load *load, podlink_status status, podlink_delivery delivery)
{
    return load->counts[-status][delivery];
}

uint64_t load_count(struct load *load, podlink_status status)
{
    return load_count_as(load, status, PODLINK_NOT_SENT) + load_count_as(load, status, PODLINK_ANSWERED) +
           load_count_as(load, status, PODLINK_UNKNOWN);
}

uint64_t load_ok(struct load *load)
{
    uint64_t ok = 0;
    for (unsigned i = 0; i < load->threads; i++)
        ok += load->each[i].ok;
    return ok;
}

int64_t load_failed_at(struct load *load)
{
    int64_t latest = 0;
    for (unsigned i = 0; i < load->threads; i++)
        latest = load->each[i].failed_at > latest ? load->each[i].failed_at : latest;
    return latest;
}

void load_assert_in_time(struct load *load)
{
    /* A caller that reads for others can be kept waiting, and then each of them. */
    const int64_t allowed = LOAD_LATE_MS * MS + load_machine_late(load) + load->starved_ns;
    if (load->late_ns > allowed)
        fail_msg("a call ended %.1f ms after its deadline, with %s; the machine itself was %.1f ms late",
                 (double)load->late_ns / 1e6, podlink_status_name((podlink_status)load->late_status),
                 (double)load_machine_late(load) / 1e6);
}

bool load_was_starved(struct load *load)
{
    return load_machine_late(load) > load->timeout_ms * MS / 4;
}

static bool is_among(podlink_status status, const podlink_status expected[])
{
    for (; *expected != PODLINK_OK; expected++)
        if (*expected == status)
            return true;
    return false;
}

void load_assert_only(struct load *load, const podlink_status expected[])
{
    for (int i = 1; i < LOAD_STATUSES; i++)
        if (load_count(load, (podlink_status)-i) > 0 && !is_among((podlink_status)-i, expected) &&
            !(i == -PODLINK_ETIMEDOUT && load_was_starved(load)))
            fail_msg("%llu calls ended with %s", (unsigned long long)load_count(load, (podlink_status)-i),
                     podlink_status_name((podlink_status)-i));
}

void load_assert_counters(struct load *load, redisContext *redis)
{
    for (unsigned i = 0; i < load->threads; i++) {
        const redisReply *reply = api_ask(redis, "GET load:%u", i);
        const uint64_t counter = reply->type == REDIS_REPLY_NIL ? 0 : strtoull(reply->str, NULL, 10);
        const struct load_thread *thread = &load->each[i];
        if (counter < thread->counted_ok || counter > thread->counted_ok + thread->counted_unknown)
            fail_msg("counter %u is %llu; ok %llu, unknown %llu", i, (unsigned long long)counter,
                     (unsigned long long)thread->counted_ok, (unsigned long long)thread->counted_unknown);
    }
}

void load_print(struct load *load, const char *what)
{
    char text[512];
    int length = snprintf(text, sizeof text, "%llu ok", (unsigned long long)load_ok(load));
    for (int i = 1; i < LOAD_STATUSES; i++)
        for (int delivery = 0; delivery < 3; delivery++)
            if (load->counts[i][delivery] > 0 && length < (int)sizeof text)
                length +=
                    snprintf(text + length, sizeof text - (size_t)length, ", %llu %s (%s)",
                             (unsigned long long)load->counts[i][delivery], podlink_status_name((podlink_status)-i),
                             podlink_delivery_text((podlink_delivery)delivery));
    print_message("# %s: %s; at most %.1f ms after the deadline, the machine itself %.1f ms\n", what, text,
                  (double)load->late_ns / 1e6, (double)load_machine_late(load) / 1e6);
}
