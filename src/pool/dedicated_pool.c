/* SPDX-License-Identifier: MIT */
/* Dedicated connections: lent to one caller at a time. */
#include "pool/dedicated_pool.h"

#include "base/error.h"
#include "pool/dial.h"
#include "sync/backoff.h"

#include <assert.h>

enum {
    DIALS_MAX = 4 /* at the same time: many waiting callers must not start a storm of dials */
};

void pl_dedicated_pool_init(pl_dedicated_pool *pool, const pl_server *server, uint32_t max, uint32_t min_idle,
                            int64_t lifetime_ns)
{
    *pool = (pl_dedicated_pool){
        .server = server, .max = max, .min_idle = min_idle, .lifetime_ns = lifetime_ns, .outdated_at = INT64_MIN};
    pthread_mutex_init(&pool->lock, NULL);
}

static bool has_expired(const pl_dedicated_pool *pool, const pl_dedicated_conn *dedicated, int64_t now)
{
    return pl_dedicated_conn_has_expired(dedicated, atomic_load(&pool->outdated_at), now);
}

static bool is_fresh(const pl_dedicated_pool *pool, pl_dedicated_conn *dedicated, int64_t now)
{
    return !has_expired(pool, dedicated, now) && pl_dedicated_conn_is_quiet(dedicated);
}

/* --- the pool; these have the lock ---------------------------------------------------------------------------- */

static pl_dedicated_conn *pop_idle(pl_dedicated_pool *pool)
{
    pl_dedicated_conn *dedicated = pool->idle;
    if (dedicated) {
        pool->idle = dedicated->next;
        pool->idle_count--;
    }
    return dedicated;
}

static void add_lent(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated)
{
    dedicated->next = pool->lent;
    pool->lent = dedicated;
}

static void remove_lent(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated)
{
    pl_dedicated_conn **at = &pool->lent;
    while (*at != dedicated)
        at = &(*at)->next;
    *at = dedicated->next;
}

static void push_idle(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated, int64_t now)
{
    dedicated->idle_since = now;
    dedicated->next = pool->idle;
    pool->idle = dedicated;
    pool->idle_count++;
}

static bool may_dial(const pl_dedicated_pool *pool)
{
    return pool->total < pool->max && pool->dialling < DIALS_MAX;
}

static void begin_dial(pl_dedicated_pool *pool)
{
    pool->total++;
    pool->dialling++;
    assert(pool->total <= pool->max);
}

/* A place is free: the first waiter may dial, unless a dial has just failed. In that case callers go on waiting if
 * other callers will return connections, and the tick offers the place again; otherwise all waiters fail.
 * @return the waiters to wake, linked by next, or NULL */
static pl_waiter *offer_dial(pl_dedicated_pool *pool, int64_t now)
{
    if (!pool->waiters.first || !may_dial(pool))
        return NULL;
    if (now < pool->dial_not_before) {
        if (pool->total > 0)
            return NULL;
        pl_waiter *all = pl_waiters_pop_all(&pool->waiters);
        for (pl_waiter *w = all; w; w = w->next)
            w->has_failed = true;
        return all;
    }
    pl_waiter *waiter = pl_waiters_pop(&pool->waiters);
    waiter->may_dial = true;
    begin_dial(pool);
    return waiter;
}

/* @param gave_up  the deadline of the caller that dialled came first. That says nothing about the server: the others
 * dial themselves */
static void note_dial(pl_dedicated_pool *pool, const podlink_error *fault, bool gave_up, int64_t now)
{
    pool->dialling--;
    pl_count(&pool->counters.dials, 1);
    if (fault->status == PODLINK_OK) {
        pool->dial_failures = 0;
        return;
    }
    pl_count(&pool->counters.dial_failures, 1);
    pool->total--;
    if (gave_up)
        return;
    pool->dial_fault = *fault;
    pool->dial_not_before = now + pl_backoff_redial(pool->dial_failures);
    pool->dial_failures++;
}

/* --- without the lock ----------------------------------------------------------------------------------------- */

/* Dials. begin_dial() has taken the place. */
static podlink_status dial(pl_dedicated_pool *pool, int64_t deadline, pl_dedicated_conn **dedicated, podlink_error *err)
{
    podlink_error fault;
    pl_error_clear(&fault);
    const int64_t began = pl_clock_now(pool->server->clock);
    fault.status = pl_dedicated_conn_open(pool->server, pool->lifetime_ns, deadline, dedicated, &fault);
    pthread_mutex_lock(&pool->lock);
    int64_t now = pl_clock_now(pool->server->clock);
    const bool gave_up = pl_dial_gave_up(pool->server, &fault, began, deadline, now);
    note_dial(pool, &fault, gave_up, now);
    pl_waiter *next = offer_dial(pool, now);
    pthread_mutex_unlock(&pool->lock);
    pl_waiters_wake(next);
    if (fault.status != PODLINK_OK && err)
        *err = fault;
    return fault.status;
}

/* Closes a connection: its place is free. */
static void drop(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated)
{
    pl_conn_fail(&dedicated->conn, PODLINK_ECLOSED, "the connection is given up");
    pthread_mutex_lock(&pool->lock);
    pl_conn_counters_add(&dedicated->counters, &pool->retired);
    dedicated->next = NULL;
    pool->acknowledged_at = pl_dedicated_conn_latest_acknowledged(dedicated, pool->acknowledged_at);
    pthread_mutex_unlock(&pool->lock);
    pl_dedicated_conn_close(pool->server, dedicated);
    pthread_mutex_lock(&pool->lock);
    pool->total--;
    pl_waiter *next = offer_dial(pool, pl_clock_now(pool->server->clock));
    pthread_mutex_unlock(&pool->lock);
    pl_waiters_wake(next);
}

static podlink_status timed_out(const pl_dedicated_pool *pool, podlink_error *err)
{
    return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                        "no dedicated connection to %s became free before the deadline: all %u are in use",
                        pool->server->address->text, pool->max);
}

static podlink_status closed(const pl_dedicated_pool *pool, podlink_error *err)
{
    const pl_cancel *cancel = &pool->server->incarnation->cancel;
    if (!pl_cancel_is_set(cancel))
        return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    return pl_error_set(err, cancel->status, PODLINK_NOT_SENT, "%s: %s", pool->server->address->text, cancel->why);
}

static podlink_status take_given(pl_dedicated_pool *pool, pl_waiter *waiter, int64_t deadline,
                                 pl_dedicated_conn **dedicated, podlink_error *err)
{
    if (waiter->is_closed)
        return closed(pool, err);
    if (waiter->has_failed) {
        podlink_error fault;
        pthread_mutex_lock(&pool->lock);
        fault = pool->dial_fault;
        pthread_mutex_unlock(&pool->lock);
        if (err)
            *err = fault;
        return fault.status;
    }
    if (waiter->may_dial)
        return dial(pool, deadline, dedicated, err);
    *dedicated = waiter->dedicated;
    return PODLINK_OK;
}

static podlink_status wait(pl_dedicated_pool *pool, pl_waiter *waiter, int64_t deadline, pl_dedicated_conn **dedicated,
                           podlink_error *err)
{
    const pl_clock *clock = pool->server->clock;
    int64_t began = pl_clock_now(clock);
    int64_t left = pl_until(deadline, began);
    while (!pl_event_wait(&waiter->event, left)) {
        left = pl_until(deadline, pl_clock_now(clock));
        if (left > 0)
            continue;
        pthread_mutex_lock(&pool->lock);
        bool is_ours = pl_waiters_remove(&pool->waiters, waiter);
        pthread_mutex_unlock(&pool->lock);
        if (is_ours)
            return timed_out(pool, err);
        left = PL_NEVER; /* the event is about to be set */
    }
    pl_count_shared(&pool->counters.waits, 1);
    pl_count_shared(&pool->counters.wait_ns, (uint64_t)(pl_clock_now(clock) - began));
    return take_given(pool, waiter, deadline, dedicated, err);
}

/* Takes what is available without waiting. @return false: nothing; the waiter is in the queue */
static bool take_or_wait(pl_dedicated_pool *pool, pl_waiter *waiter)
{
    pl_event_init(&waiter->event);
    waiter->is_closed = pool->is_closed;
    if (waiter->is_closed)
        return true;
    if (!pool->waiters.first) {
        waiter->dedicated = pop_idle(pool);
        if (waiter->dedicated) {
            pl_count(&pool->counters.reused, 1);
            return true;
        }
        if (may_dial(pool)) {
            waiter->may_dial = true;
            begin_dial(pool);
            return true;
        }
    }
    pl_waiters_add(&pool->waiters, waiter);
    return false;
}

/* False if the latest dial has just failed: the caller gets its fault. */
static bool is_dial_due(pl_dedicated_pool *pool, const pl_waiter *waiter, int64_t now, podlink_error *err)
{
    if (!waiter->may_dial || now >= pool->dial_not_before)
        return true;
    pool->total--;
    pool->dialling--;
    if (err)
        *err = pool->dial_fault;
    return false;
}

static podlink_status acquire(pl_dedicated_pool *pool, int64_t deadline, pl_dedicated_conn **dedicated,
                              podlink_error *err)
{
    const pl_clock *clock = pool->server->clock;
    podlink_error fault;
    for (;;) {
        pl_waiter waiter = {0};
        int64_t now = pl_clock_now(clock);
        pthread_mutex_lock(&pool->lock);
        bool is_given = take_or_wait(pool, &waiter);
        bool is_due = is_dial_due(pool, &waiter, now, &fault);
        pthread_mutex_unlock(&pool->lock);
        if (!is_due) {
            if (err)
                *err = fault;
            return fault.status;
        }
        podlink_status status = is_given ? take_given(pool, &waiter, deadline, dedicated, err)
                                         : wait(pool, &waiter, deadline, dedicated, err);
        if (status != PODLINK_OK || !waiter.dedicated || is_fresh(pool, waiter.dedicated, now))
            return status;
        pl_count_shared(&pool->counters.stale, 1);
        drop(pool, waiter.dedicated);
    }
}

podlink_status pl_dedicated_pool_acquire(pl_dedicated_pool *pool, int64_t deadline, pl_dedicated_conn **dedicated,
                                         podlink_error *err)
{
    if (!pl_dedicated_pool_enter(pool))
        return closed(pool, err);
    podlink_status status = acquire(pool, deadline, dedicated, err);
    if (status == PODLINK_OK) {
        assert(*dedicated);
        pthread_mutex_lock(&pool->lock);
        add_lent(pool, *dedicated);
        pthread_mutex_unlock(&pool->lock);
    }
    pl_dedicated_pool_leave(pool);
    return status;
}

bool pl_dedicated_pool_enter(pl_dedicated_pool *pool)
{
    /* First count, then read is_closed: either the closing thread sees this caller, or this caller sees is_closed. */
    atomic_fetch_add(&pool->inside, 1);
    if (!atomic_load(&pool->is_closed))
        return true;
    pl_dedicated_pool_leave(pool);
    return false;
}

void pl_dedicated_pool_leave(pl_dedicated_pool *pool)
{
    atomic_fetch_sub(&pool->inside, 1);
}

/* Puts back a connection that is no longer lent, or was not lent yet. */
static void give_back(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated, bool is_reusable, int64_t now)
{
    if (!is_reusable || !pl_dedicated_conn_is_clean(dedicated) || has_expired(pool, dedicated, now)) {
        drop(pool, dedicated);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    bool is_closed = pool->is_closed;
    pl_waiter *waiter = is_closed ? NULL : pl_waiters_pop(&pool->waiters);
    if (waiter) {
        waiter->dedicated = dedicated;
        pl_count(&pool->counters.reused, 1);
    } else if (!is_closed) {
        push_idle(pool, dedicated, now);
    }
    pthread_mutex_unlock(&pool->lock);
    pl_waiters_wake(waiter);
    if (is_closed)
        drop(pool, dedicated);
}

void pl_dedicated_pool_release(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated, bool is_reusable)
{
    int64_t now = pl_clock_now(pool->server->clock);
    pthread_mutex_lock(&pool->lock);
    remove_lent(pool, dedicated);
    pthread_mutex_unlock(&pool->lock);
    give_back(pool, dedicated, is_reusable, now);
}

/* Removes one idle connection that must be closed: dead, too old, or idle for too long while there are more than
 * min_idle. NULL if there is none. */
static pl_dedicated_conn *take_overdue(pl_dedicated_pool *pool, int64_t now)
{
    for (pl_dedicated_conn **at = &pool->idle; *at; at = &(*at)->next) {
        pl_dedicated_conn *dedicated = *at;
        bool is_surplus =
            pool->idle_count > pool->min_idle && pl_until(now, dedicated->idle_since) > pool->server->idle_ns;
        if (!is_surplus && is_fresh(pool, dedicated, now))
            continue;
        *at = dedicated->next;
        pool->idle_count--;
        return dedicated;
    }
    return NULL;
}

static bool wants_one_more(pl_dedicated_pool *pool, int64_t now)
{
    bool wants =
        !pool->is_closed && pool->idle_count < pool->min_idle && may_dial(pool) && now >= pool->dial_not_before;
    if (wants)
        begin_dial(pool);
    return wants;
}

static void add_idle(pl_dedicated_pool *pool)
{
    pl_dedicated_conn *dedicated = NULL;
    int64_t deadline = pl_deadline_after(pl_clock_now(pool->server->clock), pool->server->dial_timeout_ms);
    if (dial(pool, deadline, &dedicated, NULL) != PODLINK_OK)
        return;
    assert(dedicated);
    give_back(pool, dedicated, true, pl_clock_now(pool->server->clock));
}

static pl_dedicated_conn *take_expired(pl_dedicated_pool *pool, int64_t now)
{
    pl_dedicated_conn *dedicated = NULL;
    pthread_mutex_lock(&pool->lock);
    for (pl_dedicated_conn **at = &pool->idle; *at && !dedicated; at = *at ? &(*at)->next : at)
        if (has_expired(pool, *at, now)) {
            dedicated = *at;
            *at = dedicated->next;
            pool->idle_count--;
        }
    pthread_mutex_unlock(&pool->lock);
    return dedicated;
}

void pl_dedicated_pool_outdate(pl_dedicated_pool *pool, int64_t now)
{
    pl_dedicated_conn *dedicated;
    atomic_store(&pool->outdated_at, now);
    while ((dedicated = take_expired(pool, now)))
        drop(pool, dedicated);
}

void pl_dedicated_pool_tick(pl_dedicated_pool *pool, int64_t now)
{
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        pl_dedicated_conn *overdue = take_overdue(pool, now);
        bool dials = !overdue && wants_one_more(pool, now);
        pl_waiter *next = offer_dial(pool, now);
        pthread_mutex_unlock(&pool->lock);
        pl_waiters_wake(next);
        if (overdue) {
            pl_count_shared(&pool->counters.stale, 1);
            drop(pool, overdue);
        } else if (dials) {
            add_idle(pool);
        } else {
            return;
        }
    }
}

void pl_dedicated_pool_close(pl_dedicated_pool *pool)
{
    pl_waiter *waiter;
    pl_dedicated_conn *dedicated;
    do {
        pthread_mutex_lock(&pool->lock);
        atomic_store(&pool->is_closed, true);
        waiter = pl_waiters_pop(&pool->waiters);
        if (waiter)
            waiter->is_closed = true;
        dedicated = pop_idle(pool);
        pthread_mutex_unlock(&pool->lock);
        pl_waiters_wake(waiter);
        if (dedicated)
            drop(pool, dedicated);
    } while (waiter || dedicated);
}

void pl_dedicated_pool_end(pl_dedicated_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    for (pl_dedicated_conn *dedicated = pool->lent; dedicated; dedicated = dedicated->next)
        pl_stream_shutdown(&dedicated->stream);
    pthread_mutex_unlock(&pool->lock);
}

void pl_dedicated_pool_fini(pl_dedicated_pool *pool, bool is_child)
{
    if (is_child) { /* the lists are as the parent's other threads had them at the fork */
        for (pl_dedicated_conn *dedicated = pool->idle; dedicated; dedicated = dedicated->next)
            pl_stream_close_inherited(&dedicated->stream);
        return;
    }
    pl_dedicated_pool_close(pool);
    assert(pool->total == 0); /* the user has released all sessions */
    pthread_mutex_destroy(&pool->lock);
}

static void add_retired(const podlink_stats *retired, podlink_stats *stats)
{
    stats->calls_ok += retired->calls_ok;
    stats->calls_server_error += retired->calls_server_error;
    stats->calls_not_sent += retired->calls_not_sent;
    stats->calls_unknown += retired->calls_unknown;
    stats->bytes_sent += retired->bytes_sent;
    stats->bytes_received += retired->bytes_received;
    stats->commands_sent += retired->commands_sent;
    pl_histogram_sum(&retired->wait, &stats->wait);
    pl_histogram_sum(&retired->unsent, &stats->unsent);
    pl_histogram_sum(&retired->wire, &stats->wire);
    pl_histogram_sum(&retired->total, &stats->total);
}

void pl_dedicated_pool_count(pl_dedicated_pool *pool, podlink_stats *stats)
{
    pthread_mutex_lock(&pool->lock);
    add_retired(&pool->retired, stats);
    for (pl_dedicated_conn *dedicated = pool->idle; dedicated; dedicated = dedicated->next)
        pl_conn_counters_add(&dedicated->counters, stats);
    for (pl_dedicated_conn *dedicated = pool->lent; dedicated; dedicated = dedicated->next)
        pl_conn_counters_add(&dedicated->counters, stats);
    stats->dedicated_idle += pool->idle_count;
    stats->dedicated_in_use += pool->total - pool->idle_count - pool->dialling;
    stats->dedicated_waiting += pool->waiters.count;
    stats->connections += pool->total - pool->dialling;
    pthread_mutex_unlock(&pool->lock);
    stats->dials += pl_counted(&pool->counters.dials);
    stats->dial_failures += pl_counted(&pool->counters.dial_failures);
    stats->stale += pl_counted(&pool->counters.stale);
    stats->waits += pl_counted(&pool->counters.waits);
    stats->wait_ns += pl_counted(&pool->counters.wait_ns);
    stats->dedicated_reused += pl_counted(&pool->counters.reused);
}

int64_t pl_dedicated_pool_acknowledged_at(pl_dedicated_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int64_t latest = pl_dedicated_conn_latest_acknowledged(pool->idle, pool->acknowledged_at);
    latest = pl_dedicated_conn_latest_acknowledged(pool->lent, latest);
    pthread_mutex_unlock(&pool->lock);
    return latest;
}

bool pl_dedicated_pool_is_lent(pl_dedicated_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const bool is_lent = pool->lent != NULL;
    pthread_mutex_unlock(&pool->lock);
    return is_lent;
}
