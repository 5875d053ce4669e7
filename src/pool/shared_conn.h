/* SPDX-License-Identifier: MIT */
/* A shared connection: the calls of many threads are pipelined on it. No thread owns it and none is set aside for it:
 * the caller that comes first writes and reads for all who come while it does. */
#ifndef PL_POOL_SHARED_CONN_H
#define PL_POOL_SHARED_CONN_H

#include "conn/conn.h"
#include "net/stream.h"
#include "pool/server.h"
#include "sync/waitset.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/** A connection of a shared connection that is about to show its credentials anew. */
typedef struct pl_shared_conn_auth {
    uint32_t generation;
    int64_t accepted_at; /* when those were asked for that it has, */
    int64_t asked_at;    /* and those that it shows now */
} pl_shared_conn_auth;

/** Whether looking for a reply before sleeping has paid of late. */
typedef struct pl_busy_poll {
    uint32_t misses; /* in a row */
    uint32_t rests;  /* waits for which it is left out */
} pl_busy_poll;

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
    pl_conn_counters conn;
} pl_shared_conn_counters;

typedef enum pl_shared_conn_state {
    PL_SHARED_CONN_CLOSED = 0,
    PL_SHARED_CONN_DIALLING = 1, /* by one caller; the others wait for it */
    PL_SHARED_CONN_OPEN = 2,
    PL_SHARED_CONN_CLOSING = 3 /* the connection is dead, somebody may still be in a system call on its descriptor */
} pl_shared_conn_state;

typedef struct pl_shared_conn {
    const pl_server *server; /* borrowed */
    pthread_mutex_t lock;    /* of everything below; never held during I/O */
    pl_shared_conn_state state;
    pl_stream stream;
    pl_conn conn;    /* valid in all states but CLOSED; while DIALLING of the caller that dials, without the lock */
    bool is_writing; /* somebody is in a system call for it */
    _Atomic bool is_reading;
    bool is_coalescing;        /* somebody will write when others have queued more, unless one of them does */
    bool is_watched;           /* somebody will look again when output that is held becomes due */
    bool is_polling;           /* somebody looks for replies by turns, and writes what others queue */
    _Atomic int64_t polled_at; /* by turns: the latest */
    int64_t reader_back_at;    /* when the reader that waits will be back at the latest, PL_NEVER: nobody waits */
    uint32_t expected;         /* callers that were told and may come back at once */
    pl_busy_poll spin;         /* of the reader */
    pl_wait_policy_seen wait_seen;
    pl_waitset waitset;          /* where owners wait */
    pl_request *waiting;         /* a list of them, the last one first, */
    uint32_t waiting_count;      /* and how many they are */
    pl_request *next_leader;     /* told to go on, has not come yet; NULL: none */
    int64_t due;                 /* of those that have no timer the first deadline, or earlier; PL_NEVER: none */
    uint32_t dialled;            /* counts dials: a caller that has waited may find another connection */
    podlink_error fault;         /* why the latest connection died */
    podlink_error dial_fault;    /* of the latest dial, status PODLINK_OK where it succeeded */
    uint32_t dial_failures;      /* in a row */
    int64_t dial_not_before;     /* after failures: until then nobody dials, and all get the latest dial's fault */
    int64_t accepted_at;         /* when the credentials were asked for that the server has accepted last */
    int64_t outdated_at;         /* those accepted not after that are too old */
    int64_t auth_not_before;     /* after an AUTH that was not answered */
    int64_t held_at;             /* since when output waits for more, with TLS; 0: it does not */
    int64_t used_at;             /* for the check of idle connections */
    int64_t heard_at;            /* when bytes came, or the line's first command was queued */
    uint32_t timeouts;           /* calls in a row that timed out */
    _Atomic uint32_t load;       /* callers in it, or bound for it */
    _Atomic int64_t avoid_until; /* = dial_not_before, for those who choose a shared connection without its lock */
    pl_shared_conn_counters counters;
} pl_shared_conn;

void pl_shared_conn_init(pl_shared_conn *shared, const pl_server *server);

/** No caller may be in it.
 *  @param is_child  of a fork(): the parent's connection is left as it is, and so is what its other threads held */
void pl_shared_conn_fini(pl_shared_conn *shared, bool is_child);

/** Runs one attempt of a request: dials if need be, sends its pending commands and waits for what becomes of them,
 * until the deadline at most. What is still pending then has its reason in request->reason. */
void pl_shared_conn_run(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline);

/** The same in steps, for a caller that has parts of a call on several shared connections at once: begins an attempt,
 * which dials if need be, and sends what the socket takes, without waiting for answers.
 *  @return true: pl_shared_conn_advance() must follow, until the attempt is over; false: it is over, there is no
 * connection */
bool pl_shared_conn_begin(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline);

/** Goes on with an attempt: waits for answers, and returns as soon as more commands could be sent on account of them,
 * or at `until`; so that other shared connections do not run dry meanwhile.
 *  @return false: the attempt is over, as after pl_shared_conn_run() */
bool pl_shared_conn_advance(pl_shared_conn *shared, pl_request *request, int64_t until, int64_t deadline);
/** The credentials that are known now are too old: whatever connection was made with them is to show them anew. */
void pl_shared_conn_outdate(pl_shared_conn *shared, int64_t now);

/** Whether the connection is open, and is to show its credentials anew. */
bool pl_shared_conn_wants_auth(pl_shared_conn *shared, int64_t now, pl_shared_conn_auth *auth);

/** As pl_shared_conn_run(), but on no other connection than that. */
void pl_shared_conn_run_auth(pl_shared_conn *shared, const pl_shared_conn_auth *auth, pl_request *request,
                             int64_t deadline);

/** The server has accepted them. */
void pl_shared_conn_note_auth(pl_shared_conn *shared, const pl_shared_conn_auth *auth);

/** Nobody knows: it is tried again, but not before `until`. */
void pl_shared_conn_put_off_auth(pl_shared_conn *shared, int64_t until);

/** They are not accepted: that connection is ended, what is in flight there is lost and told why. */
void pl_shared_conn_end_auth(pl_shared_conn *shared, const pl_shared_conn_auth *auth, const char *why);

/** Periodic: closes the connection where it is dead, silent, or idle for too long. */
void pl_shared_conn_tick(pl_shared_conn *shared, int64_t now);

/** Ends the connection: whatever is in flight is told so, its owners are woken. */
void pl_shared_conn_end(pl_shared_conn *shared, podlink_status status, const char *why);

/** What is there at present. @param in_line  out: commands */
bool pl_shared_conn_is_open(pl_shared_conn *shared, uint32_t *in_line);

#endif
