/* Dedicated connections: lent to one caller at a time. */
#include "pool/dedicated.h"

#include "base/error.h"
#include "pool/dial.h"

#include <assert.h>

enum {
    DIALS_MAX = 4 /* at the same time: a crowd of callers makes no storm of dials */
};

void pl_dedicated_init(pl_dedicated *dedicated, const pl_server *server, uint32_t max, uint32_t min_idle,
                       int64_t lifetime_ns)
{
    *dedicated = (pl_dedicated){
        .server = server, .max = max, .min_idle = min_idle, .lifetime_ns = lifetime_ns, .outdated_at = INT64_MIN};
    pthread_mutex_init(&dedicated->lock, NULL);
}

static bool has_expired(const pl_dedicated *dedicated, const pl_loan *loan, int64_t now)
{
    return pl_loan_has_expired(loan, atomic_load(&dedicated->outdated_at), now);
}

static bool is_fresh(const pl_dedicated *dedicated, pl_loan *loan, int64_t now)
{
    return !has_expired(dedicated, loan, now) && pl_loan_is_quiet(loan);
}

/* --- the pool; these have the lock ---------------------------------------------------------------------------- */

static pl_loan *pop_idle(pl_dedicated *dedicated)
{
    pl_loan *loan = dedicated->idle;
    if (loan) {
        dedicated->idle = loan->next;
        dedicated->idle_count--;
    }
    return loan;
}

static void add_lent(pl_dedicated *dedicated, pl_loan *loan)
{
    loan->next = dedicated->lent;
    dedicated->lent = loan;
}

static void remove_lent(pl_dedicated *dedicated, pl_loan *loan)
{
    pl_loan **at = &dedicated->lent;
    while (*at != loan)
        at = &(*at)->next;
    *at = loan->next;
}

static void push_idle(pl_dedicated *dedicated, pl_loan *loan, int64_t now)
{
    loan->idle_since = now;
    loan->next = dedicated->idle;
    dedicated->idle = loan;
    dedicated->idle_count++;
}

static bool may_dial(const pl_dedicated *dedicated)
{
    return dedicated->total < dedicated->max && dedicated->dialling < DIALS_MAX;
}

static void begin_dial(pl_dedicated *dedicated)
{
    dedicated->total++;
    dedicated->dialling++;
    assert(dedicated->total <= dedicated->max);
}

/* A place has become free: the first waiter may dial, unless a dial has failed just now. Then who waits for what others
 * will return goes on waiting, and the tick offers again; where there is nothing to be returned all are told.
 * @return the waiters to be told, linked by next, or NULL */
static pl_waiter *offer_dial(pl_dedicated *dedicated, int64_t now)
{
    if (!dedicated->waiters.first || !may_dial(dedicated))
        return NULL;
    if (now < dedicated->dial_not_before) {
        if (dedicated->total > 0)
            return NULL;
        pl_waiter *all = pl_waiters_pop_all(&dedicated->waiters);
        for (pl_waiter *w = all; w; w = w->next)
            w->has_failed = true;
        return all;
    }
    pl_waiter *waiter = pl_waiters_pop(&dedicated->waiters);
    waiter->may_dial = true;
    begin_dial(dedicated);
    return waiter;
}

/* @param gave_up  the dialler's own deadline came first, which tells nothing of the server: the others try for
 * themselves */
static void note_dial(pl_dedicated *dedicated, const podlink_error *fault, bool gave_up, int64_t now)
{
    dedicated->dialling--;
    pl_count(&dedicated->counters.dials, 1);
    if (fault->status == PODLINK_OK) {
        dedicated->dial_failures = 0;
        return;
    }
    pl_count(&dedicated->counters.dial_failures, 1);
    dedicated->total--;
    if (gave_up)
        return;
    dedicated->dial_fault = *fault;
    dedicated->dial_not_before = now + pl_redial_pause(dedicated->dial_failures);
    dedicated->dial_failures++;
}

/* --- without the lock ----------------------------------------------------------------------------------------- */

/* Dials in a place that begin_dial() has taken. */
static podlink_status dial(pl_dedicated *dedicated, int64_t deadline, pl_loan **loan, podlink_error *err)
{
    podlink_error fault;
    pl_error_clear(&fault);
    const int64_t began = pl_clock_now(dedicated->server->clock);
    fault.status = pl_loan_open(dedicated->server, dedicated->lifetime_ns, deadline, loan, &fault);
    pthread_mutex_lock(&dedicated->lock);
    int64_t now = pl_clock_now(dedicated->server->clock);
    const bool gave_up = pl_dial_gave_up(dedicated->server, &fault, began, deadline, now);
    note_dial(dedicated, &fault, gave_up, now);
    pl_waiter *next = offer_dial(dedicated, now);
    pthread_mutex_unlock(&dedicated->lock);
    pl_waiters_tell(next);
    if (fault.status != PODLINK_OK && err)
        *err = fault;
    return fault.status;
}

/* A connection is gone: its place is free. */
static void drop(pl_dedicated *dedicated, pl_loan *loan)
{
    pl_conn_fail(&loan->conn, PODLINK_ECLOSED, "the connection is given up");
    pthread_mutex_lock(&dedicated->lock);
    pl_conn_counters_add(&loan->counters, &dedicated->retired);
    loan->next = NULL;
    dedicated->acknowledged_at = pl_loan_latest_acknowledged(loan, dedicated->acknowledged_at);
    pthread_mutex_unlock(&dedicated->lock);
    pl_loan_close(dedicated->server, loan);
    pthread_mutex_lock(&dedicated->lock);
    dedicated->total--;
    pl_waiter *next = offer_dial(dedicated, pl_clock_now(dedicated->server->clock));
    pthread_mutex_unlock(&dedicated->lock);
    pl_waiters_tell(next);
}

static podlink_status timed_out(const pl_dedicated *dedicated, podlink_error *err)
{
    return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                        "no dedicated connection to %s became free before the deadline: all %u are in use",
                        dedicated->server->address->text, dedicated->max);
}

static podlink_status closed(const pl_dedicated *dedicated, podlink_error *err)
{
    const pl_cancel *cancel = &dedicated->server->runs->cancel;
    if (!pl_cancel_is_set(cancel))
        return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    return pl_error_set(err, cancel->status, PODLINK_NOT_SENT, "%s: %s", dedicated->server->address->text, cancel->why);
}

static podlink_status take_given(pl_dedicated *dedicated, pl_waiter *waiter, int64_t deadline, pl_loan **loan,
                                 podlink_error *err)
{
    if (waiter->is_closed)
        return closed(dedicated, err);
    if (waiter->has_failed) {
        podlink_error fault;
        pthread_mutex_lock(&dedicated->lock);
        fault = dedicated->dial_fault;
        pthread_mutex_unlock(&dedicated->lock);
        if (err)
            *err = fault;
        return fault.status;
    }
    if (waiter->may_dial)
        return dial(dedicated, deadline, loan, err);
    *loan = waiter->loan;
    return PODLINK_OK;
}

static podlink_status wait(pl_dedicated *dedicated, pl_waiter *waiter, int64_t deadline, pl_loan **loan,
                           podlink_error *err)
{
    const pl_clock *clock = dedicated->server->clock;
    int64_t began = pl_clock_now(clock);
    int64_t left = pl_until(deadline, began);
    while (!pl_event_wait(&waiter->event, left)) {
        left = pl_until(deadline, pl_clock_now(clock));
        if (left > 0)
            continue;
        pthread_mutex_lock(&dedicated->lock);
        bool is_ours = pl_waiters_remove(&dedicated->waiters, waiter);
        pthread_mutex_unlock(&dedicated->lock);
        if (is_ours)
            return timed_out(dedicated, err);
        left = PL_NEVER; /* somebody is about to tell us */
    }
    pl_count_shared(&dedicated->counters.waits, 1);
    pl_count_shared(&dedicated->counters.wait_ns, (uint64_t)(pl_clock_now(clock) - began));
    return take_given(dedicated, waiter, deadline, loan, err);
}

/* What there is without waiting. @return false: nothing, the waiter is in line */
static bool take_or_wait(pl_dedicated *dedicated, pl_waiter *waiter)
{
    pl_event_init(&waiter->event);
    waiter->is_closed = dedicated->is_closed;
    if (waiter->is_closed)
        return true;
    if (!dedicated->waiters.first) {
        waiter->loan = pop_idle(dedicated);
        if (waiter->loan) {
            pl_count(&dedicated->reused, 1);
            return true;
        }
        if (may_dial(dedicated)) {
            waiter->may_dial = true;
            begin_dial(dedicated);
            return true;
        }
    }
    pl_waiters_add(&dedicated->waiters, waiter);
    return false;
}

/* False where the latest dial has failed just now: the caller gets its fault. */
static bool is_dial_due(pl_dedicated *dedicated, const pl_waiter *waiter, int64_t now, podlink_error *err)
{
    if (!waiter->may_dial || now >= dedicated->dial_not_before)
        return true;
    dedicated->total--;
    dedicated->dialling--;
    if (err)
        *err = dedicated->dial_fault;
    return false;
}

static podlink_status acquire(pl_dedicated *dedicated, int64_t deadline, pl_loan **loan, podlink_error *err)
{
    const pl_clock *clock = dedicated->server->clock;
    podlink_error fault;
    for (;;) {
        pl_waiter waiter = {0};
        int64_t now = pl_clock_now(clock);
        pthread_mutex_lock(&dedicated->lock);
        bool is_given = take_or_wait(dedicated, &waiter);
        bool is_due = is_dial_due(dedicated, &waiter, now, &fault);
        pthread_mutex_unlock(&dedicated->lock);
        if (!is_due) {
            if (err)
                *err = fault;
            return fault.status;
        }
        podlink_status status = is_given ? take_given(dedicated, &waiter, deadline, loan, err)
                                         : wait(dedicated, &waiter, deadline, loan, err);
        if (status != PODLINK_OK || !waiter.loan || is_fresh(dedicated, waiter.loan, now))
            return status;
        pl_count_shared(&dedicated->counters.stale, 1);
        drop(dedicated, waiter.loan);
    }
}

podlink_status pl_dedicated_acquire(pl_dedicated *dedicated, int64_t deadline, pl_loan **loan, podlink_error *err)
{
    if (!pl_dedicated_enter(dedicated))
        return closed(dedicated, err);
    podlink_status status = acquire(dedicated, deadline, loan, err);
    if (status == PODLINK_OK) {
        assert(*loan);
        pthread_mutex_lock(&dedicated->lock);
        add_lent(dedicated, *loan);
        pthread_mutex_unlock(&dedicated->lock);
    }
    pl_dedicated_leave(dedicated);
    return status;
}

bool pl_dedicated_enter(pl_dedicated *dedicated)
{
    /* Counted first, then looked: so whoever closes sees us, or we see that it is closed. */
    atomic_fetch_add(&dedicated->inside, 1);
    if (!atomic_load(&dedicated->is_closed))
        return true;
    pl_dedicated_leave(dedicated);
    return false;
}

void pl_dedicated_leave(pl_dedicated *dedicated)
{
    atomic_fetch_sub(&dedicated->inside, 1);
}

/* A connection that is not lent any more, or was not yet. */
static void give_back(pl_dedicated *dedicated, pl_loan *loan, bool is_reusable, int64_t now)
{
    if (!is_reusable || !pl_loan_is_clean(loan) || has_expired(dedicated, loan, now)) {
        drop(dedicated, loan);
        return;
    }
    pthread_mutex_lock(&dedicated->lock);
    bool is_closed = dedicated->is_closed;
    pl_waiter *waiter = is_closed ? NULL : pl_waiters_pop(&dedicated->waiters);
    if (waiter) {
        waiter->loan = loan;
        pl_count(&dedicated->reused, 1);
    } else if (!is_closed) {
        push_idle(dedicated, loan, now);
    }
    pthread_mutex_unlock(&dedicated->lock);
    pl_waiters_tell(waiter);
    if (is_closed)
        drop(dedicated, loan);
}

void pl_dedicated_release(pl_dedicated *dedicated, pl_loan *loan, bool is_reusable)
{
    int64_t now = pl_clock_now(dedicated->server->clock);
    pthread_mutex_lock(&dedicated->lock);
    remove_lent(dedicated, loan);
    pthread_mutex_unlock(&dedicated->lock);
    give_back(dedicated, loan, is_reusable, now);
}

/* Takes an idle connection that is to be closed out of the list: one that is dead or too old, or idle for too long
 * while there are more than min_idle. NULL where there is none. */
static pl_loan *take_overdue(pl_dedicated *dedicated, int64_t now)
{
    for (pl_loan **at = &dedicated->idle; *at; at = &(*at)->next) {
        pl_loan *loan = *at;
        bool is_surplus =
            dedicated->idle_count > dedicated->min_idle && pl_until(now, loan->idle_since) > dedicated->server->idle_ns;
        if (!is_surplus && is_fresh(dedicated, loan, now))
            continue;
        *at = loan->next;
        dedicated->idle_count--;
        return loan;
    }
    return NULL;
}

static bool wants_one_more(pl_dedicated *dedicated, int64_t now)
{
    bool wants = !dedicated->is_closed && dedicated->idle_count < dedicated->min_idle && may_dial(dedicated) &&
                 now >= dedicated->dial_not_before;
    if (wants)
        begin_dial(dedicated);
    return wants;
}

static void add_idle(pl_dedicated *dedicated)
{
    pl_loan *loan = NULL;
    int64_t deadline = pl_deadline_after(pl_clock_now(dedicated->server->clock), dedicated->server->dial_timeout_ms);
    if (dial(dedicated, deadline, &loan, NULL) != PODLINK_OK)
        return;
    assert(loan);
    give_back(dedicated, loan, true, pl_clock_now(dedicated->server->clock));
}

static pl_loan *take_expired(pl_dedicated *dedicated, int64_t now)
{
    pl_loan *loan = NULL;
    pthread_mutex_lock(&dedicated->lock);
    for (pl_loan **at = &dedicated->idle; *at && !loan; at = *at ? &(*at)->next : at)
        if (has_expired(dedicated, *at, now)) {
            loan = *at;
            *at = loan->next;
            dedicated->idle_count--;
        }
    pthread_mutex_unlock(&dedicated->lock);
    return loan;
}

void pl_dedicated_outdate(pl_dedicated *dedicated, int64_t now)
{
    pl_loan *loan;
    atomic_store(&dedicated->outdated_at, now);
    while ((loan = take_expired(dedicated, now)))
        drop(dedicated, loan);
}

void pl_dedicated_tick(pl_dedicated *dedicated, int64_t now)
{
    for (;;) {
        pthread_mutex_lock(&dedicated->lock);
        pl_loan *overdue = take_overdue(dedicated, now);
        bool dials = !overdue && wants_one_more(dedicated, now);
        pl_waiter *next = offer_dial(dedicated, now);
        pthread_mutex_unlock(&dedicated->lock);
        pl_waiters_tell(next);
        if (overdue) {
            pl_count_shared(&dedicated->counters.stale, 1);
            drop(dedicated, overdue);
        } else if (dials) {
            add_idle(dedicated);
        } else {
            return;
        }
    }
}

void pl_dedicated_close(pl_dedicated *dedicated)
{
    pl_waiter *waiter;
    pl_loan *loan;
    do {
        pthread_mutex_lock(&dedicated->lock);
        atomic_store(&dedicated->is_closed, true);
        waiter = pl_waiters_pop(&dedicated->waiters);
        if (waiter)
            waiter->is_closed = true;
        loan = pop_idle(dedicated);
        pthread_mutex_unlock(&dedicated->lock);
        pl_waiters_tell(waiter);
        if (loan)
            drop(dedicated, loan);
    } while (waiter || loan);
}

void pl_dedicated_end(pl_dedicated *dedicated)
{
    pthread_mutex_lock(&dedicated->lock);
    for (pl_loan *loan = dedicated->lent; loan; loan = loan->next)
        pl_stream_shutdown(&loan->stream);
    pthread_mutex_unlock(&dedicated->lock);
}

void pl_dedicated_fini(pl_dedicated *dedicated, bool is_child)
{
    if (is_child) { /* the lists are as the parent's other threads had them at the fork */
        for (pl_loan *loan = dedicated->idle; loan; loan = loan->next)
            pl_stream_close_inherited(&loan->stream);
        return;
    }
    pl_dedicated_close(dedicated);
    assert(dedicated->total == 0); /* the user has released all sessions */
    pthread_mutex_destroy(&dedicated->lock);
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

void pl_dedicated_count(pl_dedicated *dedicated, podlink_stats *stats)
{
    pthread_mutex_lock(&dedicated->lock);
    add_retired(&dedicated->retired, stats);
    for (pl_loan *loan = dedicated->idle; loan; loan = loan->next)
        pl_conn_counters_add(&loan->counters, stats);
    for (pl_loan *loan = dedicated->lent; loan; loan = loan->next)
        pl_conn_counters_add(&loan->counters, stats);
    stats->dedicated_idle += dedicated->idle_count;
    stats->dedicated_in_use += dedicated->total - dedicated->idle_count - dedicated->dialling;
    stats->dedicated_waiting += dedicated->waiters.count;
    stats->connections += dedicated->total - dedicated->dialling;
    pthread_mutex_unlock(&dedicated->lock);
    stats->dials += pl_counted(&dedicated->counters.dials);
    stats->dial_failures += pl_counted(&dedicated->counters.dial_failures);
    stats->stale += pl_counted(&dedicated->counters.stale);
    stats->waits += pl_counted(&dedicated->counters.waits);
    stats->wait_ns += pl_counted(&dedicated->counters.wait_ns);
    stats->dedicated_reused += pl_counted(&dedicated->reused);
}

int64_t pl_dedicated_acknowledged_at(pl_dedicated *dedicated)
{
    pthread_mutex_lock(&dedicated->lock);
    int64_t latest = pl_loan_latest_acknowledged(dedicated->idle, dedicated->acknowledged_at);
    latest = pl_loan_latest_acknowledged(dedicated->lent, latest);
    pthread_mutex_unlock(&dedicated->lock);
    return latest;
}

bool pl_dedicated_is_lent(pl_dedicated *dedicated)
{
    pthread_mutex_lock(&dedicated->lock);
    const bool is_lent = dedicated->lent != NULL;
    pthread_mutex_unlock(&dedicated->lock);
    return is_lent;
}
