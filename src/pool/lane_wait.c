/* The owners that wait for a lane, in a list, the last one first. Each sits in the lane's waitset, so that all who are
 * told together are woken together. */
#include "pool/lane_wait.h"

#include <assert.h>

static void park_list_add(pl_lane *lane, pl_exchange *exchange)
{
    exchange->parked = true;
    exchange->wait_index = pl_waitset_add(&lane->waitset);
    exchange->prev_parked = NULL;
    exchange->next_parked = lane->parked;
    if (lane->parked)
        lane->parked->prev_parked = exchange;
    lane->parked = exchange;
    lane->crowd++;
}

static void park_list_remove(pl_lane *lane, pl_exchange *exchange)
{
    exchange->parked = false;
    lane->crowd--;
    pl_waitset_remove(&lane->waitset, exchange->wait_index);
    if (exchange->prev_parked)
        exchange->prev_parked->next_parked = exchange->next_parked;
    else
        lane->parked = exchange->next_parked;
    if (exchange->next_parked)
        exchange->next_parked->prev_parked = exchange->prev_parked;
}

pl_exchange *pl_lane_take_finished(pl_lane *lane)
{
    pl_exchange *to_tell = NULL;
    pl_exchange *next;
    assert(lane->state != PL_LANE_DIALLING); /* the handshake's are not ours */
    for (pl_exchange *x = pl_conn_take_finished(&lane->conn); x; x = next) {
        next = x->next_finished;
        if (!x->parked && !x->ops->finished)
            continue;
        if (x->parked) {
            park_list_remove(lane, x);
            x->is_through = x->unsettled == 0;
            lane->expected++;
        }
        x->next_parked = to_tell;
        to_tell = x;
    }
    return to_tell;
}

void pl_lane_tell_all(pl_lane *lane, pl_exchange *to_tell)
{
    pl_waitset_wakeups call = {{0}};
    while (to_tell) {
        pl_exchange *next = to_tell->next_parked;
        if (to_tell->ops->finished)
            to_tell->ops->finished(to_tell);
        else
            pl_waitset_set(&call, to_tell->wait_index, &to_tell->event);
        to_tell = next;
    }
    pl_waitset_wake(&lane->waitset, &call);
}

/* Takes an owner off the event list, for pl_lane_tell_all(). Its reply may come meanwhile. */
static pl_exchange *take_parked(pl_lane *lane, pl_exchange *exchange, pl_exchange *to_tell)
{
    park_list_remove(lane, exchange);
    exchange->next_parked = to_tell;
    return exchange;
}

void pl_lane_tell(pl_lane *lane, pl_exchange *to_tell)
{
    if (!to_tell)
        return;
    pthread_mutex_unlock(&lane->lock);
    pl_lane_tell_all(lane, to_tell);
    pthread_mutex_lock(&lane->lock);
}

void pl_lane_tell_finished(pl_lane *lane)
{
    pl_lane_tell(lane, pl_lane_take_finished(lane));
}

void pl_lane_tell_parked(pl_lane *lane)
{
    pl_exchange *to_tell = NULL;
    while (lane->parked)
        to_tell = take_parked(lane, lane->parked, to_tell);
    pl_lane_tell(lane, to_tell);
}

pl_exchange *pl_lane_take_overdue(pl_lane *lane, int64_t now, pl_exchange *to_tell)
{
    pl_exchange *next;
    if (now < lane->due)
        return to_tell;
    lane->due = PL_NEVER;
    for (pl_exchange *x = lane->parked; x; x = next) {
        next = x->next_parked;
        if (x->deadline <= now)
            to_tell = take_parked(lane, x, to_tell);
        else if (x->deadline < lane->due)
            lane->due = x->deadline;
    }
    return to_tell;
}

/* How long an owner has to wait for itself. A timer for each wait costs the kernel as much as the rest of it: where
 * there is a reader that will be back by the deadline, it minds it. */
static int64_t time_to_wait(pl_lane *lane, int64_t deadline, int64_t now)
{
    if (deadline < lane->reader_back_at)
        return pl_until(deadline, now);
    if (deadline < lane->due)
        lane->due = deadline;
    return PL_NEVER;
}

bool pl_lane_join(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline, int64_t *wait_ns)
{
    if (pl_until(deadline, now) == 0)
        return false;
    *wait_ns = time_to_wait(lane, deadline, now);
    pl_event_init(&exchange->event);
    exchange->deadline = deadline;
    exchange->is_through = false;
    park_list_add(lane, exchange);
    return true;
}

pl_next_step pl_lane_sleep(pl_lane *lane, pl_exchange *exchange, uint16_t wait_index, int64_t wait_ns)
{
    bool is_told =
        pl_event_is_set(&exchange->event) || pl_waitset_wait(&lane->waitset, wait_index, &exchange->event, wait_ns);
    if (is_told && exchange->is_through)
        return PL_GO_HOME; /* many are, at the same time: none of them wants the lock for nothing */
    pthread_mutex_lock(&lane->lock);
    if (!is_told && exchange->parked) {
        park_list_remove(lane, exchange);
    } else if (!is_told) { /* somebody has taken us off the list and is about to tell us: it must not find us gone */
        pthread_mutex_unlock(&lane->lock);
        pl_waitset_wait(&lane->waitset, wait_index, &exchange->event, PL_NEVER);
        pthread_mutex_lock(&lane->lock);
    }
    if (lane->heir == exchange)
        lane->heir = NULL;
    return PL_GO_ON; /* the deadline is looked at by the next round */
}

pl_next_step pl_lane_park(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    int64_t wait_ns = 0;
    if (!pl_lane_join(lane, exchange, pl_clock_now(lane->server->clock), deadline, &wait_ns))
        return PL_GIVE_UP;
    const uint16_t wait_index = exchange->wait_index;
    pthread_mutex_unlock(&lane->lock);
    return pl_lane_sleep(lane, exchange, wait_index, wait_ns);
}

pl_exchange *pl_lane_take_heir(pl_lane *lane, pl_exchange *to_tell)
{
    if (lane->state != PL_LANE_OPEN || !lane->parked || lane->heir)
        return to_tell;
    bool nobody_reads = !lane->is_reading && !lane->is_looking;
    bool nobody_writes =
        pl_conn_has_output(&lane->conn) && !lane->is_writing && !lane->is_gathering && !lane->is_watched;
    if (!nobody_reads && !nobody_writes)
        return to_tell;
    lane->heir = take_parked(lane, lane->parked, to_tell);
    return lane->heir;
}
