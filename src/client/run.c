/* Running an exchange to its end. */
#include "client/run.h"

#include "base/error.h"
#include "base/jitter.h"
#include "client/deadline.h"
#include "client/observe.h"

enum { BACKOFF_FIRST_MS = 8, BACKOFF_LAST_MS = 512 };

podlink_status pl_run_begin(pl_run *run, podlink_client *client, const podlink_call *call, podlink_error *err)
{
    podlink_status status = pl_call_deadline(client, call, &run->began, &run->deadline, err);
    if (status != PODLINK_OK)
        return status;
    run->client = client;
    run->may_repeat = !(call && call->flags & PODLINK_NO_REPEAT);
    run->lane = pl_pool_enter(&client->pool, NULL, run->began);
    if (!run->lane)
        return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    return PODLINK_OK;
}

void pl_run_finish(pl_run *run)
{
    pl_pool_leave(run->lane);
}

/* Whether another pass may end otherwise. Credentials, permissions and memory do not come back within a call. */
static bool is_worth_repeating(podlink_status reason)
{
    switch (reason) {
    case PODLINK_ERESOLVE:
    case PODLINK_ECONNECT:
    case PODLINK_ECONNLOST:
    case PODLINK_ETIMEDOUT:
    case PODLINK_EPROTOCOL:
    case PODLINK_ELOADING:
    case PODLINK_EMASTERDOWN:
    case PODLINK_ECLUSTERDOWN:
    case PODLINK_ETRYAGAIN:
    case PODLINK_EBUSY:
        return true;
    default:
        return false;
    }
}

/* Sleeps before the next attempt. False where the deadline comes first. */
static bool back_off(const pl_run *run, uint32_t attempt, podlink_status reason)
{
    int64_t now = pl_clock_now(&run->client->clock);
    int64_t left = pl_until(run->deadline, now);
    if (left == 0)
        return false;
    if (attempt == 0 && reason == PODLINK_ECONNLOST)
        return true; /* an idle connection was closed: the next one will do */
    int64_t ms = attempt < 6 ? BACKOFF_FIRST_MS << attempt : BACKOFF_LAST_MS;
    int64_t pause = (ms * PL_MS + pl_jitter(ms * PL_MS, now)) / 2;
    if (pause >= left)
        return false;
    pl_park_sleep(pause);
    return true;
}

/* The connection that failed is not the first choice any more. */
static bool choose_again(pl_run *run, int64_t now)
{
    pl_lane *lane = pl_pool_enter(&run->client->pool, run->lane, now);
    if (!lane)
        return false;
    pl_pool_leave(run->lane);
    run->lane = lane;
    return true;
}

void pl_run_passes(pl_run *run, pl_exchange *exchange)
{
    podlink_client *client = run->client;
    exchange->repeatable &= run->may_repeat;
    exchange->began_at = run->began;
    int64_t now = run->began;
    for (uint32_t attempt = 0;; attempt++) {
        pl_lane_run(run->lane, exchange, now, run->deadline);
        if (pl_exchange_is_settled(exchange) || exchange->lacks_script)
            return;
        if (attempt == client->config.retries || !is_worth_repeating(exchange->reason))
            return;
        if (!back_off(run, attempt, exchange->reason))
            return;
        now = pl_clock_now(&client->clock);
        if (!choose_again(run, now))
            return;
        pl_count_shared(&client->counters.retries, 1);
    }
}

static void give_up(podlink_client *client, pl_exchange *exchange)
{
    uint32_t settled[3] = {0};
    pl_exchange_give_up(exchange, settled);
    pl_count_shared(&client->counters.not_sent, settled[PODLINK_NOT_SENT]);
    pl_count_shared(&client->counters.answered, settled[PODLINK_ANSWERED]);
    pl_count_shared(&client->counters.unknown, settled[PODLINK_UNKNOWN]);
}

podlink_status pl_run_end(pl_run *run, pl_exchange *exchange)
{
    podlink_client *client = run->client;
    if (!pl_exchange_is_settled(exchange))
        give_up(client, exchange);
    if (exchange->status == PODLINK_ETIMEDOUT)
        pl_count_shared(&client->counters.timeouts, 1);
    pl_observe(client, exchange, run->began);
    return exchange->status;
}

podlink_status pl_run_exchange(podlink_client *client, pl_exchange *exchange, const podlink_call *call,
                               podlink_error *err)
{
    pl_run run;
    podlink_status status = pl_run_begin(&run, client, call, err);
    if (status != PODLINK_OK)
        return status;
    pl_run_passes(&run, exchange);
    status = pl_run_end(&run, exchange);
    pl_run_finish(&run);
    return status;
}
