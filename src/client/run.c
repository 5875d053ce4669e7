/* Running an exchange to its end. */
#include "client/run.h"

#include "base/error.h"

enum { BACKOFF_FIRST_MS = 8, BACKOFF_LAST_MS = 512 };

podlink_status pl_run_begin(pl_run *run, podlink_client *client, const podlink_call *call, podlink_error *err)
{
    int64_t timeout_ms = call && call->timeout_ms != 0 ? call->timeout_ms : client->config.call_timeout_ms;
    if (timeout_ms < -1)
        return pl_error_invalid(err, "call: timeout_ms must be -1 (no limit), 0 (the client's) or more");
    if (pl_fork_guard_is_child(&client->fork_guard))
        return pl_error_set(err, PODLINK_EFORKED, PODLINK_NOT_SENT,
                            "this client belongs to the parent process: open one after fork()");
    run->client = client;
    run->began = pl_clock_now(&client->clock);
    run->deadline = pl_deadline_after(run->began, timeout_ms);
    run->may_repeat = !(call && call->flags & PODLINK_NO_REPEAT);
    return PODLINK_OK;
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

/* Half of it is left to chance, so that many callers that failed together do not come back together. */
static int64_t with_jitter(int64_t backoff, int64_t now)
{
    uint64_t x = (uint64_t)now; /* the finalizer of splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return backoff / 2 + (int64_t)(x % (uint64_t)(backoff / 2 + 1));
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
    int64_t pause = with_jitter(ms * PL_MS, now);
    if (pause >= left)
        return false;
    pl_park_sleep(pause);
    return true;
}

void pl_run_passes(pl_run *run, pl_exchange *exchange)
{
    podlink_client *client = run->client;
    exchange->repeatable &= run->may_repeat;
    for (uint32_t attempt = 0;; attempt++) {
        int64_t now = attempt == 0 ? run->began : pl_clock_now(&client->clock);
        pl_pool_run(&client->pool, exchange, now, run->deadline);
        if (pl_exchange_is_settled(exchange) || exchange->lacks_script)
            return;
        if (attempt == client->config.retries || !is_worth_repeating(exchange->reason))
            return;
        if (!back_off(run, attempt, exchange->reason))
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

static void log_call(const pl_run *run, const pl_exchange *exchange)
{
    podlink_client *client = run->client;
    podlink_log_record record = {.level = PODLINK_LOG_DEBUG,
                                 .status = exchange->status,
                                 .event = "call",
                                 .name = exchange->name,
                                 .server = client->config.address.text,
                                 .duration_ns = pl_clock_now(&client->clock) - run->began};
    pl_log_write(&client->log, record, "%s of %u: %s in %lld us", exchange->name, exchange->count,
                 podlink_status_text(exchange->status), (long long)(record.duration_ns / 1000));
}

podlink_status pl_run_end(pl_run *run, pl_exchange *exchange)
{
    podlink_client *client = run->client;
    if (!pl_exchange_is_settled(exchange))
        give_up(client, exchange);
    if (exchange->status == PODLINK_ETIMEDOUT)
        pl_count_shared(&client->counters.timeouts, 1);
    if (pl_log_wants(&client->log, PODLINK_LOG_DEBUG))
        log_call(run, exchange);
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
    return pl_run_end(&run, exchange);
}
