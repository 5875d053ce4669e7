/* SPDX-License-Identifier: MIT */
/* A shared connection: the calls of many threads are pipelined on it (multiplexing). It has no thread of its own. By
 * the leader/followers pattern one caller at a time writes, and one reads, for all callers; the others wait. */
#ifndef PL_POOL_SHARED_CONN_H
#define PL_POOL_SHARED_CONN_H

#include "conn/conn.h"
#include "net/stream.h"
#include "pool/server.h"
#include "sync/waitset.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/** Changed in shared_open.c alone, where the table of transitions is. */
typedef enum pl_shared_conn_state {
    PL_SHARED_CONN_CLOSED = 0,
    PL_SHARED_CONN_DIALLING = 1, /* by one caller; the others wait for it */
    PL_SHARED_CONN_OPEN = 2,
    PL_SHARED_CONN_CLOSING = 3 /* dead, but threads may still be in a system call on its descriptor */
} pl_shared_conn_state;

/** One caller's attempt on a shared connection. It lives until the attempt has ended. Guarded by the connection's lock,
 *  except the event. */
typedef struct pl_caller {
    pl_request *request;
    uint32_t dial_number; /* of the connection that this attempt is on: after a wait there may be another one */
    bool yields;          /* before it sleeps: as the wait policy decided */
    bool is_waiting;      /* in the list of followers */
    bool is_complete;     /* all its commands were completed when it was woken */
    uint16_t wait_index;  /* in the waitset */
    int64_t deadline;     /* of this wait */
    pl_event event;
    struct pl_caller *next; /* in the list of followers */
    struct pl_caller *previous;
} pl_caller;

/** What the leaders do at present. A thread that is in one of these roles does not hold the lock. */
typedef struct pl_leaders {
    bool is_writing; /* a thread writes, or waits until it can */
    _Atomic bool is_reading;
    bool is_polling;           /* the reader busy-polls, and writes what the others queue */
    bool is_coalescing;        /* a writer waits for other callers' commands; one that fills a chunk writes at once */
    bool is_watching;          /* a thread wakes up when output that is held back becomes due */
    _Atomic int64_t polled_at; /* the latest read of a busy poll */
    int64_t reader_back_at;    /* the reader ends its wait at this time at the latest; PL_NEVER: none waits */
} pl_leaders;

/** The callers that wait for their replies, or for a dial. */
typedef struct pl_followers {
    pl_waitset waitset;
    pl_caller *latest; /* a list of them, the latest first */
    uint32_t count;
    pl_caller *next_leader; /* was woken to become a leader, and does not have the lock yet; NULL: none */
    int64_t due; /* the earliest deadline of those that sleep without a timer, or earlier; PL_NEVER: there are none */
} pl_followers;

/** The dials of one shared connection. */
typedef struct pl_dials {
    uint32_t number;     /* counts them */
    uint32_t failures;   /* in a row */
    podlink_error fault; /* of the latest, status PODLINK_OK if it succeeded */
    int64_t not_before;  /* after a failure nobody dials until then, and all callers get the fault */
} pl_dials;

/** How old the credentials are that the server has accepted on this connection. */
typedef struct pl_auth_age {
    int64_t accepted_at; /* when they were fetched */
    int64_t outdated_at; /* credentials that were fetched at this time or earlier are too old */
    int64_t not_before;  /* no AUTH until then: the one before was not answered */
} pl_auth_age;

/** When a connection was seen alive. */
typedef struct pl_liveness {
    int64_t used_at;   /* for closing what is idle */
    int64_t heard_at;  /* when bytes arrived, or a command was queued while none was in flight */
    uint32_t timeouts; /* calls in a row that timed out */
} pl_liveness;

typedef struct pl_shared_conn_counters {
    pl_counter dials;
    pl_counter dial_failures;
    pl_counter lost;
    pl_counter writes;
    pl_counter reads;
    pl_counter stale;
    pl_counter waits;
    pl_counter wait_ns;
    pl_counter auths;
    pl_conn_counters protocol;
} pl_shared_conn_counters;

typedef struct pl_shared_conn {
    const pl_server *server; /* borrowed */
    pthread_mutex_t lock;    /* of everything below; never held during I/O */
    pl_shared_conn_state state;
    pl_stream stream;
    pl_conn protocol;    /* valid unless CLOSED; while DIALLING it belongs to the caller that dials */
    podlink_error fault; /* why the latest connection died */
    int64_t held_since;  /* output is held back for more, over TLS; 0: it is not */
    pl_leaders leaders;
    pl_followers followers;
    pl_wait_policy_seen seen;
    pl_dials dials;
    pl_auth_age auth;
    pl_liveness alive;
    _Atomic uint32_t load;       /* callers that are on it, or have chosen it */
    _Atomic int64_t avoid_until; /* dials.not_before, for those that choose a connection without its lock */
    pl_shared_conn_counters counters;
} pl_shared_conn;

void pl_shared_conn_init(pl_shared_conn *conn, const pl_server *server);

/** No caller may be on it.
 *  @param is_child  of a fork(): the parent's connection stays as it is, and what other threads held stays held */
void pl_shared_conn_fini(pl_shared_conn *conn, bool is_child);

/** Runs one attempt of a request: dials if necessary, sends its pending commands and waits for their outcomes, until
 * the deadline at most. request->reason says why commands are still pending then. */
void pl_shared_conn_run(pl_shared_conn *conn, pl_request *request, int64_t now, int64_t deadline);

/** The same in steps, for a call that has shards on several connections at once. Begins an attempt: dials if necessary,
 *  and sends what the socket takes, without waiting for replies.
 *  @param caller  out; the caller's, until the attempt is over
 *  @return true: pl_shared_conn_advance() must follow until the attempt is over; false: it is over, there is no
 *  connection */
bool pl_shared_conn_begin(pl_shared_conn *conn, pl_caller *caller, pl_request *request, int64_t now, int64_t deadline);

/** Continues an attempt: waits for replies, and returns as soon as these made room for more commands, or at `until`, so
 *  that the other connections do not run out of commands meanwhile.
 *  @return false: the attempt is over, as after pl_shared_conn_run() */
bool pl_shared_conn_advance(pl_shared_conn *conn, pl_caller *caller, int64_t until, int64_t deadline);

/** A connection that is about to authenticate again. */
typedef struct pl_shared_conn_auth {
    uint32_t dial_number;
    int64_t accepted_at; /* when its present credentials were fetched, */
    int64_t asked_at;    /* and the new ones */
} pl_shared_conn_auth;

/** The present credentials are too old: a connection that was authenticated with them has to do it again. */
void pl_shared_conn_outdate(pl_shared_conn *conn, int64_t now);

/** Whether the connection is open and has to authenticate again.
 *  @param auth  out */
bool pl_shared_conn_wants_auth(pl_shared_conn *conn, int64_t now, pl_shared_conn_auth *auth);

/** As pl_shared_conn_run(), but on no other connection than that. */
void pl_shared_conn_run_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth, pl_request *request,
                             int64_t deadline);

/** The server has accepted the credentials. */
void pl_shared_conn_note_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth);

/** The server has not answered: no AUTH before `until`. */
void pl_shared_conn_put_off_auth(pl_shared_conn *conn, int64_t until);

/** The server has refused the credentials: the connection is closed, and what is in flight on it fails with `why`. */
void pl_shared_conn_end_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth, const char *why);

/** Periodic: closes the connection if it is dead, silent, or idle for too long. */
void pl_shared_conn_tick(pl_shared_conn *conn, int64_t now);

/** Closes the connection: what is in flight fails with this status, and its callers are woken. */
void pl_shared_conn_end(pl_shared_conn *conn, podlink_status status, const char *why);

/** Whether it is open at present. @param inflight  out: commands in flight */
bool pl_shared_conn_is_open(pl_shared_conn *conn, uint32_t *inflight);

#endif
