/* SPDX-License-Identifier: MIT */
/* A connection that is lent to one caller at a time. */
#include "pool/dedicated_conn.h"

#include "base/error.h"
#include "base/mutant.h"
#include "pool/dial.h"
#include "sync/backoff.h"

/* A tenth more or less than the maximum, so that connections that began together do not end together. */
static int64_t lifetime_end(int64_t lifetime_ns, int64_t now)
{
    if (lifetime_ns == PL_NEVER)
        return PL_NEVER;
    const int64_t tenth = lifetime_ns / 10;
    return now + lifetime_ns - tenth + pl_backoff_jitter(2 * tenth, now);
}

/* A tenth less, but never more. */
static int64_t credentials_end(const pl_server *server, int64_t asked_at)
{
    const int64_t age = server->credentials_age_ns;
    return age == PL_NEVER || !pl_credentials_are_shown(&server->credentials, server->login)
               ? PL_NEVER
               : asked_at + age - pl_backoff_jitter(age / 10, asked_at);
}

static int64_t expiry(const pl_server *server, int64_t lifetime_ns, int64_t dialled_at)
{
    const int64_t first = lifetime_end(lifetime_ns, pl_clock_now(server->clock));
    const int64_t second = credentials_end(server, dialled_at);
    return first < second ? first : second;
}

podlink_status pl_dedicated_conn_open(const pl_server *server, int64_t lifetime_ns, int64_t deadline,
                                      pl_dedicated_conn **dedicated, podlink_error *err)
{
    pl_dedicated_conn *made = pl_heap_zalloc(server->heap, sizeof *made);
    if (!made)
        return pl_error_no_memory(err);
    podlink_error fault;
    pl_error_clear(&fault);
    made->dialled_at = pl_clock_now(server->clock);
    made->stream = pl_dial(&made->conn, server, &made->counters, deadline, &fault);
    if (!pl_stream_is_open(&made->stream)) {
        pl_heap_free(server->heap, made);
        if (err)
            *err = fault;
        return fault.status;
    }
    made->expires_at = expiry(server, lifetime_ns, made->dialled_at);
    *dedicated = made;
    return PODLINK_OK;
}

void pl_dedicated_conn_close(const pl_server *server, pl_dedicated_conn *dedicated)
{
    pl_conn_fini(&dedicated->conn);
    pl_stream_close(&dedicated->stream);
    pl_heap_free(server->heap, dedicated);
}

bool pl_dedicated_conn_is_clean(pl_dedicated_conn *dedicated)
{
    const pl_conn *conn = &dedicated->conn;
    if (PL_MUTANT_RETURNS_UNREAD)
        return !conn->is_dead;
    return !conn->is_dead && !conn->pushes && pl_inflight_length(&conn->inflight) == 0 && !pl_conn_has_output(conn) &&
           !pl_reader_is_midway(&conn->reader) && pl_dedicated_conn_is_quiet(dedicated);
}

bool pl_dedicated_conn_has_expired(const pl_dedicated_conn *dedicated, int64_t outdated_at, int64_t now)
{
    return now >= dedicated->expires_at || dedicated->dialled_at <= outdated_at;
}

bool pl_dedicated_conn_is_quiet(pl_dedicated_conn *dedicated)
{
    return pl_stream_peek(&dedicated->stream) == PL_IO_AGAIN;
}

int64_t pl_dedicated_conn_latest_acknowledged(const pl_dedicated_conn *list, int64_t latest)
{
    for (const pl_dedicated_conn *dedicated = list; dedicated; dedicated = dedicated->next) {
        const int64_t at = atomic_load_explicit(&dedicated->counters.acknowledged_at, memory_order_relaxed);
        latest = at > latest ? at : latest;
    }
    return latest;
}
