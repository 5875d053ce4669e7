/* Opening a client, its options, and what it counts. */
#ifndef PODLINK_CLIENT_H
#define PODLINK_CLIENT_H

#include <podlink/export.h>
#include <podlink/status.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A pool of connections to one Redis deployment, with the scripts it holds. Thread-safe, but for
 *  podlink_client_free(), which must be the last call. After fork() the child may only free it. */
typedef struct podlink_client podlink_client;

typedef struct podlink_script podlink_script; /* <podlink/script.h> */

typedef enum podlink_log_level {
    PODLINK_LOG_DEBUG = 0, /* each script loaded, each call */
    PODLINK_LOG_INFO = 1,  /* connections opened and closed */
    PODLINK_LOG_WARN = 2,  /* what went wrong and was mended: a lost connection, a repaired script */
    PODLINK_LOG_ERROR = 3  /* what went wrong and was not */
} podlink_log_level;

/** One record of the log. Everything in it is borrowed and valid during the callback only. Holds no secret. */
typedef struct podlink_log_record {
    podlink_log_level level;
    podlink_status status; /* of a call or a connection, else PODLINK_OK */
    const char *event;     /* "call", "script_loaded", "connected", "connection_lost", ... */
    const char *name;      /* the operation's, script's or command's name, "" where there is none */
    const char *sha;       /* the script's SHA1 in hex, "" where there is none */
    const char *server;    /* the server's address, "" where there is none */
    int64_t duration_ns;   /* -1 where there is none */
    const char *message;   /* the record as one line of text */
} podlink_log_record;

/** Called without any lock held, by the thread whose call caused it, or by the janitor: must be thread-safe, and should
 * not block. */
typedef void (*podlink_log_fn)(void *context, const podlink_log_record *record);

/** Memory. realloc(context, NULL, n) allocates; the new size is never 0. All three or none. The reader of hiredis, the
 *  TLS library and the resolver allocate with malloc, whatever is set here. */
typedef struct podlink_allocator {
    void *(*allocate)(void *context, size_t size);
    void *(*reallocate)(void *context, void *block, size_t size);
    void (*release)(void *context, void *block);
    void *context;
} podlink_allocator;

/** A monotonic clock in nanoseconds. Deadlines are waited for on CLOCK_MONOTONIC, so it should run at that speed. */
typedef struct podlink_clock {
    int64_t (*now_ns)(void *context);
    void *context;
} podlink_clock;

/** What a call took, for tracing: given at its end. Borrowed, valid during the callback only. */
typedef struct podlink_trace_record {
    const char *operation; /* "link set", a script's name, ... */
    uint32_t count;        /* commands in it */
    podlink_status status;
    podlink_delivery delivery; /* PODLINK_ANSWERED where it did not fail */
    const char *server;
    int64_t began_ns;  /* by the client's clock */
    int64_t waited_ns; /* for a place in a connection, dialling and earlier attempts included */
    int64_t unsent_ns; /* queued, until the last of it was sent */
    int64_t wire_ns;   /* sent, until its last answer: the network and the server */
    int64_t total_ns;  /* all, until the caller had it */
} podlink_trace_record;

/** Called without any lock held, by the thread that made the call: must be thread-safe, and should not block. */
typedef void (*podlink_trace_fn)(void *context, const podlink_trace_record *record);

/** When the scripts are loaded. */
typedef enum podlink_script_loading {
    PODLINK_LOAD_ON_OPEN = 0,     /* at the open, which fails where a script cannot be loaded */
    PODLINK_LOAD_IF_POSSIBLE = 1, /* at the open; a failure is logged and left to the first call */
    PODLINK_LOAD_ON_DEMAND = 2    /* by the first call that needs one; the open does not connect */
} podlink_script_loading;

/** How the built-in scripts are kept and called. Your own always go by EVALSHA. */
typedef enum podlink_script_backend {
    PODLINK_BACKEND_EVALSHA = 0,  /* SCRIPT LOAD and EVALSHA, on every server */
    PODLINK_BACKEND_FUNCTIONS = 1 /* one function library, "podlink", which the server persists and replicates, and
                                     FCALL; needs Redis 7.0, else PODLINK_EUNSUPPORTED */
} podlink_script_backend;

/** Where a command that only reads is sent, in a deployment that has replicas. */
typedef enum podlink_read_from {
    PODLINK_READ_MASTER = 0, /* sees every write that was acknowledged before */
    PODLINK_READ_REPLICA = 1 /* a replica where there is one: may lag behind, and sees a link late */
} podlink_read_from;

/** What a credentials callback fills. */
typedef struct podlink_credentials podlink_credentials;

/** Gives the user and the password for a connection that is about to be made, or to be authenticated anew. Called
 *  without any lock held, by the thread that dials, which may be the janitor: must be thread-safe. What it takes counts
 *  against dial_timeout_ms, but cannot be interrupted. Asked once more where the server refuses what it gave, since
 * that may have changed meanwhile.
 *  @return 0; anything else fails the dial with PODLINK_EAUTH, and nothing is sent */
typedef int (*podlink_credentials_fn)(void *context, podlink_credentials *into);

/** For a credentials callback, which calls it once: says who the connection is. Both are copied, and the copy is wiped
 *  when the server has been told.
 *  @param user      NULL: the server's default user; else 1 to 65536 bytes
 *  @param password  1 to 65536 bytes, a token for example
 *  @return PODLINK_OK; EINVAL, ENOMEM: then the dial will fail with it */
PODLINK_API podlink_status podlink_credentials_set(podlink_credentials *into, const char *user, const char *password);

typedef enum podlink_event_kind {
    PODLINK_EVENT_MASTER_CHANGED = 1,  /* another server is the master; in a cluster: a replica has taken the slots of
                                          its master, one event for each. Slots that are moved are no such event */
    PODLINK_EVENT_TOPOLOGY_CHANGED = 2 /* slots or nodes of a cluster, or the replicas, are others */
} podlink_event_kind;

/** Something that happened to the deployment. Everything in it is borrowed and valid during the callback only. */
typedef struct podlink_event {
    size_t size;
    podlink_event_kind kind;
    const char *old_server; /* "" where there is none, or no one: as where a cluster's slots are others */
    const char *new_server; /* the same */
    int64_t at_ns;          /* these by the client's clock */
    int64_t loss_from_ns;   /* writes that the old server acknowledged from here */
    int64_t loss_until_ns;  /* to here may have been lost; both 0 where none can have been. Of a cluster the window
                               cannot be narrowed down, and is told after a CLUSTER FAILOVER by command, too, which
                               loses nothing: docs/durability.md */
} podlink_event;

/** Called without any lock held, by the thread that noticed it, a caller or the janitor: must be thread-safe, and
 * should not block. */
typedef void (*podlink_event_fn)(void *context, const podlink_event *event);

/** Options; fields are only ever appended. Set by podlink_options_init(), then change what you need. Strings are
 *  borrowed until podlink_client_open() returns. A query parameter of the URL has the same name as the field and wins
 *  over it: redis://host:6379/0?call_timeout_ms=500
 *
 *  The URL says what kind of deployment it is:
 *
 *      redis://[user:password@]host[:port][/database]                     one server
 *      unix://[user:password@]/path/to/socket[?database=n]                one server
 *      sentinel://[user:password@]host[:port],.../master_name[/database]  its sentinels; default port 26379
 *      cluster://[user:password@]host[:port],...                          some of its nodes
 *
 *  rediss://, sentinel+tls:// and cluster+tls:// are the same by TLS, which has no way back to clear text. A list has
 *  64 hosts at most. User and password are those of the servers; those of the sentinels are options. */
typedef struct podlink_options {
    size_t size;                 /* set by init */
    const char *url;             /* default "redis://127.0.0.1:6379" */
    const char *user;            /* default NULL: the server's default user */
    const char *password;        /* default NULL: no AUTH */
    const char *client_name;     /* default NULL: none; printable ASCII without spaces */
    int32_t database;            /* 0..2^31-1, default 0; a cluster has no other */
    uint32_t shared_connections; /* 1..64, default 2: on which the calls of all threads are pipelined */
    uint32_t retries;            /* 0..100, default 3: how often a call is repeated that was not sent or that is
                                    harmless to repeat */
    int64_t dial_timeout_ms;     /* 1..2^31-1, default 5000: resolving, connecting, handshake */
    int64_t call_timeout_ms;     /* default 3000; -1: no limit */
    size_t reply_max_bytes;      /* default 512 MiB: a longer reply ends the connection */
    podlink_script_loading script_loading;
    const podlink_script *scripts; /* your own scripts, registered and loaded beside the built-in ones */
    size_t script_count;
    podlink_log_fn log; /* default NULL: no log */
    void *log_context;
    podlink_log_level log_level;        /* default PODLINK_LOG_INFO: records below are not made */
    const podlink_allocator *allocator; /* default NULL: malloc; copied */
    const podlink_clock *clock;         /* default NULL: CLOCK_MONOTONIC; copied */
    uint32_t dedicated_max; /* 1..4096, default 8: connections lent to one caller at a time (<podlink/session.h>) */
    uint32_t dedicated_min_idle; /* 0..dedicated_max, default 0: the janitor keeps so many ready */
    int64_t pool_wait_ms;        /* default 4000; -1: no limit: how long a session waits for a connection at most */
    int64_t idle_timeout_ms;     /* default 300000 (5 minutes); -1: never: an idle connection is closed after so long */
    int64_t max_lifetime_ms;    /* default -1: none: a dedicated connection is closed, when it is idle, after so long, a
                                   tenth more or less, so that they do not all end together */
    int64_t silence_timeout_ms; /* default 0: half a second more than call_timeout_ms; -1: never: a connection on which
                                   answers are due and no byte came for so long is given up */
    uint32_t timeouts_max;      /* 1..1000, default 3: so many calls in a row that timed out end a connection */
    int32_t no_janitor_thread;  /* not 0: the host calls podlink_client_tick() in place of the library's one thread */
    podlink_trace_fn trace;     /* default NULL: none */
    void *trace_context;
    uint32_t spin_us; /* 0..1000, default 100: how long a caller looks for its reply, letting other threads run,
                         before it sleeps; it stops looking where that does not pay, as over a network or on busy
                         processors. 0: callers sleep at once */
    podlink_script_backend script_backend; /* default PODLINK_BACKEND_EVALSHA; in a URL scripts=evalsha, or functions */
    const char *master_name;               /* whom the sentinels are asked for; default NULL: it stands in the URL */
    const char *sentinel_user;             /* default NULL: the sentinels' default user */
    const char *sentinel_password;         /* default NULL: no AUTH to sentinels */
    podlink_read_from read_from;           /* default PODLINK_READ_MASTER; in a URL read_from=master, or replica */
    const char *tls_ca_file;     /* PEM: whom to trust; default NULL: whom the system trusts. It is an error to set a
                                    tls_ option where no connection has TLS */
    const char *tls_ca_dir;      /* the same in a directory, with names by `openssl rehash` */
    const char *tls_cert_file;   /* PEM: what a server is shown that asks, with its chain; default NULL: nothing */
    const char *tls_key_file;    /* PEM: its key. Neither goes without the other */
    const char *tls_server_name; /* sent (SNI) and verified in place of each server's host; default NULL */
    int32_t tls_verify;          /* default 1; 0 is for tests: neither certificate nor name is checked */
    int32_t sentinel_tls;        /* TLS to the sentinels: 1, or 0; default -1: as to the servers */
    podlink_credentials_fn credentials; /* in place of user and password; default NULL. Not for sentinels */
    void *credentials_context;
    int64_t credentials_max_age_ms; /* default -1: none; see podlink_client_reauthenticate() */
    podlink_event_fn event;         /* default NULL: none */
    void *event_context;
    int64_t topology_refresh_ms;     /* default 60000; -1: never: how often sentinels or a cluster are asked although
                                        nothing went wrong */
    int64_t cluster_node_timeout_ms; /* 1..2^31-1, default 15000, as the servers': their cluster-node-timeout. A master
                                        of a cluster that is cut off takes writes for one and a half times as long: the
                                        window of podlink_event reaches back so far */
} podlink_options;

/** Sets every field to its default. */
#define podlink_options_init(options) podlink_options_init_sized((options), sizeof *(options))
PODLINK_API void podlink_options_init_sized(podlink_options *options, size_t size);

/** How one call is made. Zero means the default for every field but size: `podlink_call call = PODLINK_CALL_INIT;`. A
 *  NULL instead of a call means all defaults. */
typedef struct podlink_call {
    size_t size;
    int64_t timeout_ms; /* 0: the client's call_timeout_ms; -1: no limit; the call ends at most 50 ms later */
    uint32_t flags;     /* PODLINK_NO_REPEAT */
    uint32_t acks;      /* how many replicas are to have what the call wrote before it returns (WAIT); 0: none. Such a
                           call runs on a dedicated connection. It succeeds also where fewer have it: see acked */
    int64_t acks_timeout_ms; /* how long it waits for them; 0: what is left of timeout_ms */
    uint32_t *acked;         /* out, may be NULL: how many replicas have it; of a batch the fewest of all servers that
                                it wrote to; 0 where the call failed, or could not be told */
} podlink_call;

/** Never repeat what may have run, although the operation is harmless to repeat. */
#define PODLINK_NO_REPEAT 1U

#ifdef __cplusplus
#define PODLINK_CALL_INIT                                                                                              \
    {                                                                                                                  \
        sizeof(podlink_call), 0, 0, 0, 0, NULL                                                                         \
    }
#else
#define PODLINK_CALL_INIT                                                                                              \
    {                                                                                                                  \
        .size = sizeof(podlink_call)                                                                                   \
    }
#endif

/** Opens a client: checks the options and, unless they say otherwise, connects and loads the scripts in one round trip.
 *  @param options  may be NULL: all defaults; copied
 *  @param client   out: owned by the caller, podlink_client_free(); NULL on failure
 *  @return PODLINK_OK; PODLINK_EINVAL (err names the option), ENOMEM, ERESOLVE, ECONNECT, ETIMEDOUT, ECONNLOST,
 *  EPROTOCOL, EAUTH, ETLS, or what the server answered to SCRIPT LOAD. Blocks for dial_timeout_ms and call_timeout_ms
 * at most. */
PODLINK_API podlink_status podlink_client_open(const podlink_options *options, podlink_client **client,
                                               podlink_error *err);

/** Ends a client that other threads may still be using: calls that begin from now on fail with PODLINK_ECLOSED, those
 * in flight are waited for. Those that have not ended after wait_ms lose their connection, and fail with their
 * delivery. When it returns no call is running, but for those in sessions, which end by
 *  themselves; when these have been released, podlink_client_free() may follow. The connections to sentinels are
 *  closed then, too. Blocks for wait_ms (-1: until all calls have ended by themselves), and then only as long as those
 *  calls take to return, about 20 ms where they are connecting. */
PODLINK_API void podlink_client_close(podlink_client *client, int64_t wait_ms);

/** Closes the connections and frees the client; NULL is allowed. No other call may be running or follow: where there
 * may be some, podlink_client_close() comes first. Sessions must have been released. In a child after fork() it closes
 * the child's descriptors only: the parent's connections go on. */
PODLINK_API void podlink_client_free(podlink_client *client);

/** Does what is due of the periodic work: closes connections that are idle for too long, dead or silent, and keeps
 *  dedicated_min_idle ready. The janitor's thread calls it; a host that has set no_janitor_thread calls it instead,
 * from any one thread at a time, about as often as it says. Dialling may block it for dial_timeout_ms,
 *  showing credentials anew (credentials_max_age_ms) for a second for each shared connection.
 *  @return after how many milliseconds it wants to be called again */
PODLINK_API int64_t podlink_client_tick(podlink_client *client);

/** Shows the servers the credentials anew, asked of the callback where there is one: for a password that has changed,
 *  or a user who may have been revoked. A server tells neither of them to the connections that are open. Shared
 *  connections send AUTH between the calls that run on them; one on which the server refuses it is ended, and the calls
 *  that are in flight there are lost (PODLINK_ECONNLOST). Dedicated ones are closed: at once where they are idle, else
 * when their session is released. The janitor does the same with each connection whose credentials are older than
 * credentials_max_age_ms; one on which it had no answer for twice as long is ended, too.
 *  @return PODLINK_OK: no connection is left with older credentials, but for sessions and for those that are being
 * made, which follow within a second; EAUTH (refused, or the callback failed: then its connections stay as they are),
 * ETIMEDOUT or ECONNLOST (ended), EINVAL, ENOMEM, ECLOSED, EFORKED. Blocks for dial_timeout_ms at most, and as long as
 * the callback takes. */
PODLINK_API podlink_status podlink_client_reauthenticate(podlink_client *client, podlink_error *err);

/** Asks the server for a PONG.
 *  @param round_trip_ns  out, may be NULL
 *  @return PODLINK_OK or what failed. Blocks until the call's deadline at most. Harmless to repeat. */
PODLINK_API podlink_status podlink_ping(podlink_client *client, int64_t *round_trip_ns, const podlink_call *call,
                                        podlink_error *err);

#define PODLINK_HISTOGRAM_BUCKETS 128

/** How often calls took how long: four buckets for each doubling. */
typedef struct podlink_histogram {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t buckets[PODLINK_HISTOGRAM_BUCKETS]; /* bucket i holds durations below podlink_histogram_bound_ns(i) */
} podlink_histogram;

/** The upper bound of a bucket in nanoseconds; INT64_MAX for the last. Any thread. */
PODLINK_API int64_t podlink_histogram_bound_ns(unsigned bucket);

/** A duration that the given part of the calls (0.99 for p99) did not exceed, at most a quarter too large; 0 where
 * there are none. Any thread. */
PODLINK_API int64_t podlink_histogram_quantile_ns(const podlink_histogram *histogram, double quantile);

/** What a client has counted since it was opened, but for what is said to be a present value. Connections to sentinels
 *  and what goes over them are in connections, dials, dial_failures, connections_lost, stale, bytes_..., writes, reads
 *  and commands_sent; all else is of the servers alone, since what sentinels are asked is no call of the user's. */
typedef struct podlink_stats {
    size_t size;          /* set by podlink_stats_init() */
    uint64_t connections; /* at present */
    uint64_t dials;       /* connections tried */
    uint64_t dial_failures;
    uint64_t connections_lost;
    uint64_t calls;              /* commands asked for: a batch of n counts n */
    uint64_t calls_ok;           /* answered, also with a refusal or with "no link" */
    uint64_t calls_server_error; /* answered with an error */
    uint64_t calls_not_sent;     /* failed before they were sent */
    uint64_t calls_unknown;      /* sent, no answer */
    uint64_t timeouts;           /* calls whose deadline passed */
    uint64_t retries;
    uint64_t script_loads;      /* SCRIPT LOAD sent */
    uint64_t noscript_repairs;  /* calls that met NOSCRIPT and were repaired */
    uint64_t states_unreadable; /* service states that were skipped by this client */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t writes; /* system calls: bytes_sent / writes is the size of a batch */
    uint64_t reads;
    uint64_t dedicated_idle;    /* at present */
    uint64_t dedicated_in_use;  /* at present */
    uint64_t dedicated_waiting; /* callers that wait for one, at present */
    uint64_t dedicated_reused;  /* sessions that got a connection which was there already */
    uint64_t stale;             /* idle connections that were found closed, or were too old */
    uint64_t waits;             /* calls and sessions that had to wait for a connection */
    uint64_t wait_ns;           /* the sum of their waiting */
    uint64_t queue_depth;       /* commands in line, at present */
    uint64_t commands_sent;     /* commands_sent / writes is the size of a batch */
    podlink_histogram wait;     /* of calls that were answered: waiting for a place, */
    podlink_histogram unsent;   /* queued but not sent, */
    podlink_histogram wire;     /* on the wire and in the server, */
    podlink_histogram total;    /* and all of it */
    uint64_t reauthentications; /* AUTH that open connections sent anew; counted among the calls, too */
    uint64_t nodes;             /* servers in use, at present; sentinels are none */
    uint64_t redirects_moved;   /* answers that said that a slot has moved, */
    uint64_t redirects_ask;     /* or that it is being moved */
    uint64_t discoveries;       /* how often the servers were asked who serves what */
    uint64_t master_changes;    /* how often a master was replaced by another, */
    uint64_t loss_window_ns;    /* and for how long in sum acknowledged writes may have been lost by that */
} podlink_stats;

#define podlink_stats_init(stats) ((stats)->size = sizeof *(stats))

/** Reads the counters. Waits for no I/O; any thread.
 *  @param stats  out; initialised by podlink_stats_init() */
PODLINK_API void podlink_client_stats(podlink_client *client, podlink_stats *stats);

/** Frees a block that the library handed out (a list or a text); NULL is allowed. May outlive the client, but not its
 *  allocator. Any thread. */
PODLINK_API void podlink_free(void *block);

#ifdef __cplusplus
}
#endif
#endif
