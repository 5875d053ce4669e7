/* SPDX-License-Identifier: MIT */
/* The client: options, opening and closing, credentials, statistics. */
#ifndef PODLINK_CLIENT_H
#define PODLINK_CLIENT_H

#include <podlink/export.h>
#include <podlink/status.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A pool of connections to one Redis deployment, and the scripts that are registered with it. Thread-safe, except
 *  podlink_client_free(), which must be the last call. After fork() the child may only release inherited sessions and
 *  free the client. Every function that needs a connection returns PODLINK_EFORKED there. */
typedef struct podlink_client podlink_client;

typedef struct podlink_script podlink_script; /* <podlink/script.h> */

typedef enum podlink_log_level {
    PODLINK_LOG_DEBUG = 0, /* each call; each script that was loaded, also again after the server had lost it */
    PODLINK_LOG_INFO = 1,  /* connections opened; credentials renewed */
    PODLINK_LOG_WARN = 2,  /* failures that the library recovers from: a lost connection, a failed dial, a new master.
                              A shared connection that is closed because it was idle is reported as lost, too */
    PODLINK_LOG_ERROR = 3  /* failures that it does not recover from: the scripts cannot be loaded, the open fails */
} podlink_log_level;

/** One record of the log. The strings are valid during the callback only. A record never contains a secret. */
typedef struct podlink_log_record {
    podlink_log_level level;
    podlink_status status; /* of the call or the connection; PODLINK_OK if the record is about neither */
    const char *event;     /* "call", "script_loaded", "connected", "connection_lost", ... */
    const char *name;      /* name of the operation, script or command; "" if there is none */
    const char *sha;       /* SHA1 of the script in hex; "" if there is none */
    const char *server;    /* address of the server; "" if there is none */
    int64_t duration_ns;   /* -1 if there is none */
    const char *message;   /* the record as one line of text */
} podlink_log_record;

/** Receives a log record. Runs without any lock held, in the thread whose call caused the record or in the janitor
 *  thread. Must be thread-safe and should not block. */
typedef void (*podlink_log_fn)(void *context, const podlink_log_record *record);

/** Memory functions. Set all three or none. reallocate(context, NULL, n) allocates; the new size is never 0. The
 *  TLS library and the resolver call malloc, whatever is set here. */
typedef struct podlink_allocator {
    void *(*allocate)(void *context, size_t size);
    void *(*reallocate)(void *context, void *block, size_t size);
    void (*release)(void *context, void *block);
    void *context;
} podlink_allocator;

/** A monotonic clock in nanoseconds. The library sleeps on CLOCK_MONOTONIC, so this clock should run at the same
 *  speed. */
typedef struct podlink_clock {
    int64_t (*now_ns)(void *context);
    void *context;
} podlink_clock;

/** Where the time of one call went. Made when the call ends. The strings are valid during the callback only. */
typedef struct podlink_trace_record {
    const char *operation; /* "link set", the name of a script, ... */
    uint32_t count;        /* number of commands */
    podlink_status status;
    podlink_delivery delivery; /* PODLINK_ANSWERED if the call did not fail */
    const char *server;
    int64_t began_ns;  /* start of the call, on the client's clock */
    int64_t waited_ns; /* waiting for a connection; includes dialling and earlier attempts */
    int64_t unsent_ns; /* from queued until the last byte was sent */
    int64_t wire_ns;   /* from sent until the last reply: network and server */
    int64_t total_ns;  /* the whole call */
} podlink_trace_record;

/** Receives a trace record. Runs without any lock held, in the thread that made the call. Must be thread-safe and
 *  should not block. */
typedef void (*podlink_trace_fn)(void *context, const podlink_trace_record *record);

/** When the scripts are loaded. */
typedef enum podlink_script_loading {
    PODLINK_LOAD_ON_OPEN = 0,     /* by podlink_client_open(), which fails if a script cannot be loaded */
    PODLINK_LOAD_IF_POSSIBLE = 1, /* by podlink_client_open(). A failure is logged; the first call tries again */
    PODLINK_LOAD_ON_DEMAND = 2    /* by the first call that needs one. podlink_client_open() does not connect */
} podlink_script_loading;

/** How the built-in scripts are stored and called. Your own scripts always use EVALSHA. */
typedef enum podlink_script_backend {
    PODLINK_BACKEND_EVALSHA = 0,  /* SCRIPT LOAD and EVALSHA: every server */
    PODLINK_BACKEND_FUNCTIONS = 1 /* FCALL and one function library, "podlink", which the server persists and
                                     replicates. Needs Redis 7.0; an older server is PODLINK_EUNSUPPORTED */
} podlink_script_backend;

/** Which server executes commands that only read, if there are replicas. */
typedef enum podlink_read_from {
    PODLINK_READ_MASTER = 0, /* a read sees every write that was acknowledged before */
    PODLINK_READ_REPLICA = 1 /* a replica if there is one. It may lag behind the master and return old values */
} podlink_read_from;

/** Filled in by a credentials callback with podlink_credentials_set(). */
typedef struct podlink_credentials podlink_credentials;

/** Provides user and password for a new connection, or for an AUTH on an open one. Runs without any lock held, in the
 *  thread that dials, which may be the janitor thread. Must be thread-safe. Its run time counts against
 *  dial_timeout_ms, but the library cannot interrupt it. If the server rejects the credentials, the callback is called
 *  once more, because they may have changed in between.
 *  @return 0. Anything else fails the dial with PODLINK_EAUTH, and nothing is sent */
typedef int (*podlink_credentials_fn)(void *context, podlink_credentials *into);

/** Sets the credentials. A credentials callback calls it once. Both strings are copied; the copies are wiped after the
 *  handshake.
 *  @param user      NULL: the server's default user; else 1 to 65536 bytes
 *  @param password  1 to 65536 bytes, for example a token
 *  @return PODLINK_OK; EINVAL, ENOMEM: then the dial fails with the same status */
PODLINK_API podlink_status podlink_credentials_set(podlink_credentials *into, const char *user, const char *password);

typedef enum podlink_event_kind {
    PODLINK_EVENT_MASTER_CHANGED = 1,  /* Another server is master. In a cluster: a replica took over the slots of its
                                          master, one event for each. Migrated slots are not such an event */
    PODLINK_EVENT_TOPOLOGY_CHANGED = 2 /* the slots or nodes of a cluster, or the replicas, have changed */
} podlink_event_kind;

/** A change of the deployment. The strings are valid during the callback only. */
typedef struct podlink_event {
    size_t size;
    podlink_event_kind kind;
    const char *old_server; /* "" if there is none, or more than one, as when the slots of a cluster change */
    const char *new_server; /* likewise */
    int64_t at_ns;          /* when it was noticed; this and the next two on the client's clock */
    /* Loss window: writes that the old server acknowledged from loss_from_ns until loss_until_ns may be lost. Both are
     * 0 if no write can be lost. In a cluster the window cannot be narrowed down: it is also reported after a manual
     * CLUSTER FAILOVER, which loses nothing (docs/durability.md). */
    int64_t loss_from_ns;
    int64_t loss_until_ns;
} podlink_event;

/** Receives an event. Runs without any lock held, in the thread that noticed the change: a caller or the janitor. Must
 *  be thread-safe and should not block. */
typedef void (*podlink_event_fn)(void *context, const podlink_event *event);

/** Options. podlink_options_init() sets the defaults; then change what you need. New fields are only appended.
 *  A library that does not know a field refuses it (PODLINK_EINVAL) unless it is 0. The strings must stay valid until
 *  podlink_client_open() returns. The query of the URL takes options by the names of the fields and overrides them:
 *  redis://host:6379/0?call_timeout_ms=500
 *
 *  The URL selects the deployment:
 *
 *      redis://[user:password@]host[:port][/database]                     one server; default port 6379
 *      unix://[user:password@]/path/to/socket[?database=n]                one server
 *      sentinel://[user:password@]host[:port],.../master_name[/database]  its sentinels; default port 26379
 *      cluster://[user:password@]host[:port],...                          some nodes of the cluster
 *
 *  rediss://, sentinel+tls:// and cluster+tls:// use TLS and never fall back to clear text. A list has at most 64
 *  hosts. Each part of a URL has at most 1023 bytes after decoding; the fields have no such limit. User and password
 *  are for the servers; sentinels have options of their own.
 *
 *  Retries. Inside the deadline of a call the library tries again, on another connection if there is one:
 *
 *  - a command that was not sent (unless credentials, permissions or memory are the reason);
 *  - a command that the server refused to run for the moment: LOADING, MASTERDOWN, CLUSTERDOWN, TRYAGAIN, BUSY. Not
 *    with PODLINK_NO_REPEAT. Redirects (MOVED, ASK) are followed, and after NOSCRIPT the script is loaded first;
 *  - a command whose delivery is unknown: only if it is harmless to repeat, which each function says, and without
 *    PODLINK_NO_REPEAT.
 *
 *  A script of your own (also by EVAL, EVALSHA or FCALL) can return any of these texts itself after it has written. Its
 *  answer is final, unless it is exactly the text with which a server refuses a script before it runs it. A redirect
 *  is followed only if the nodes that are known confirm it.
 *
 *  A reply that is not RESP (EPROTOCOL) is retried once only. options.retries limits the other retries, with two
 *  exceptions. Redirects (MOVED, ASK) and repairs after NOSCRIPT are not counted. With sentinels or a cluster, if
 *  retries is not 0 and the call has a deadline, failures that a failover ends (no connection, a lost connection,
 *  READONLY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN) are retried until the deadline. */
typedef struct podlink_options {
    size_t size;                 /* set by podlink_options_init() */
    const char *url;             /* default "redis://127.0.0.1:6379" */
    const char *user;            /* default NULL: the server's default user. Needs a password */
    const char *password;        /* default NULL: no AUTH */
    const char *client_name;     /* default NULL: none; printable ASCII without spaces */
    int32_t database;            /* 0..2^31-1, default 0; a cluster has only database 0 */
    uint32_t shared_connections; /* 1..64, default 2: per server; all threads pipeline their calls on them */
    uint32_t retries;            /* 0..100, default 3: see above */
    int64_t dial_timeout_ms;     /* 1..2^31-1, default 5000: resolve, connect, TLS and handshake */
    int64_t call_timeout_ms;     /* 1..2^31-1, default 3000; -1: no limit */
    size_t reply_max_bytes;      /* 2^16..2^40, default 2^29 (512 MiB): of a reply on the wire, and in memory. A longer
                                    one is PODLINK_EREPLY and is skipped; one of more than four times as much
                                    is PODLINK_EPROTOCOL and ends the connection */
    podlink_script_loading script_loading; /* default PODLINK_LOAD_ON_OPEN */
    const podlink_script *scripts;         /* your own scripts, registered in addition to the built-in ones */
    size_t script_count;
    podlink_log_fn log; /* default NULL: no log */
    void *log_context;
    podlink_log_level log_level;        /* default PODLINK_LOG_INFO: records below it are not made */
    const podlink_allocator *allocator; /* default NULL: malloc; copied */
    const podlink_clock *clock;         /* default NULL: CLOCK_MONOTONIC; copied */
    uint32_t dedicated_max;      /* 1..4096, default 8: per server; connections for one caller at a time, for sessions
                                    (<podlink/session.h>) and for calls with acks */
    uint32_t dedicated_min_idle; /* 0..dedicated_max, default 0: the janitor keeps this many open and idle */
    int64_t pool_wait_ms;        /* 1..2^31-1, default 4000; -1: no limit: how long a session waits for a connection */
    int64_t idle_timeout_ms; /* 1..2^31-1, default 300000 (5 minutes); -1: never: idle connections are closed then */
    int64_t max_lifetime_ms; /* 1..2^31-1, default -1: no limit: a dedicated connection of this age is closed when it is
                                idle. Up to a tenth is added or subtracted, so that not all are closed together */

    /* 1..2^31-1; default 0: 500 ms more than call_timeout_ms, or never if call_timeout_ms is -1; -1: never. A shared
     * connection that owes replies and has received no byte for so long is closed, and all calls in flight on it fail
     * with PODLINK_ECONNLOST. So it also limits a call with a longer timeout of its own. On TCP it is the kernel's
     * TCP_USER_TIMEOUT, for dedicated connections too. */
    int64_t silence_timeout_ms;

    uint32_t timeouts_max;     /* 1..1000, default 3: consecutive calls on a shared connection that time out without a
                                  byte received in between end the connection */
    int32_t no_janitor_thread; /* not 0: the library starts no thread, and the host calls podlink_client_tick() */
    podlink_trace_fn trace;    /* default NULL: none */
    void *trace_context;

    /* 0..1000, default 100. How long a caller polls for its reply, with a sched_yield() between two polls,
     * before it sleeps. Callers stop polling while it does not pay: over a network, or when the processors are busy. 0:
     * callers sleep at once. */
    uint32_t spin_us;

    podlink_script_backend script_backend; /* default PODLINK_BACKEND_EVALSHA; in a URL scripts=evalsha or functions */
    const char *master_name;               /* the master's name at the sentinels; default NULL: from the URL */
    const char *sentinel_user;             /* default NULL: the sentinels' default user. Needs a sentinel_password */
    const char *sentinel_password;         /* default NULL: no AUTH to the sentinels */
    podlink_read_from read_from;           /* default PODLINK_READ_MASTER; in a URL read_from=master or replica */

    /* TLS. Setting one of these, other than to its default, is PODLINK_EINVAL if no connection uses TLS; in a URL the
     * default is refused, too. */
    const char *tls_ca_file;     /* PEM: trusted CAs; default NULL: those of the system */
    const char *tls_ca_dir;      /* the same as a directory, prepared by `openssl rehash` */
    const char *tls_cert_file;   /* PEM: client certificate with its chain, for servers that ask; default NULL */
    const char *tls_key_file;    /* PEM: its key. Set both or neither */
    const char *tls_server_name; /* sent (SNI) and verified in place of each server's host name; default NULL */
    int32_t tls_verify;          /* default 1. 0 verifies neither certificate nor name: for tests only */
    int32_t sentinel_tls;        /* TLS to the sentinels: 1 or 0; default -1: the same as to the servers */

    podlink_credentials_fn credentials; /* used in place of user and password; default NULL. Not for sentinels */
    void *credentials_context;
    int64_t credentials_max_age_ms; /* 1..2^31-1, default -1: no limit; see podlink_client_reauthenticate() */
    podlink_event_fn event;         /* default NULL: none */
    void *event_context;
    int64_t topology_refresh_ms; /* 1..2^31-1, default 60000; -1: never: how often sentinels or the cluster are asked
                                    for the topology when nothing has failed */

    /* 1..2^31-1, default 15000: the cluster-node-timeout of the servers. A master that is cut off from its cluster
     * still accepts writes for one and a half times as long, so the loss window of podlink_event reaches back that far.
     */
    int64_t cluster_node_timeout_ms;
} podlink_options;

/** Sets every field to its default. */
#define podlink_options_init(options) podlink_options_init_sized((options), sizeof *(options))
PODLINK_API void podlink_options_init_sized(podlink_options *options, size_t size);

/** Options of one call. 0 means the default for every field except size: `podlink_call call = PODLINK_CALL_INIT;`.
 *  NULL in place of a podlink_call means all defaults. */
typedef struct podlink_call {
    size_t size;
    int64_t timeout_ms; /* deadline of the call. 0: the client's call_timeout_ms; -1: no limit. The call returns at most
                           50 ms later. On a shared connection silence_timeout_ms still applies */
    uint32_t flags;     /* PODLINK_NO_REPEAT */
    uint32_t acks;      /* number of replicas that must have stored the write before the call returns (WAIT); 0: none.
                           The call uses one of the dedicated_max connections. It also succeeds with fewer replicas:
                           see acked */
    int64_t acks_timeout_ms; /* how long to wait for the replicas; 0: the rest of timeout_ms */
    uint32_t *acked; /* out, may be NULL: the number of replicas. Of a batch: the smallest of all servers that it
                        wrote to. 0 if the call failed or the number is unknown */
} podlink_call;

/** Send a command again only if it did not reach the server, or if the server redirected it or lacked its script: not
 *  if its outcome is unknown, and not after any other answer, even if the operation is harmless to repeat. */
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

/** Opens a client: checks the options, connects and loads the scripts. Two round trips: handshake, scripts. With
 *  PODLINK_LOAD_ON_DEMAND it does not connect.
 *  @param options  may be NULL: all defaults; copied
 *  @param client   out: owned by the caller, podlink_client_free(); NULL on failure
 *  @return PODLINK_OK; EINVAL (err names the option), ENOMEM, ERESOLVE, ECONNECT, ETIMEDOUT, ECONNLOST, EPROTOCOL,
 *  EAUTH, ETLS, EUNSUPPORTED, or the server's error for SCRIPT LOAD. Blocks for at most dial_timeout_ms plus
 *  call_timeout_ms. */
PODLINK_API podlink_status podlink_client_open(const podlink_options *options, podlink_client **client,
                                               podlink_error *err);

/** Closes a client that other threads may still use. New calls that need a connection fail with PODLINK_ECLOSED. Calls
 *  in flight may finish for wait_ms; then their connections are closed, and they fail with their delivery. When it
 *  returns, no call is running, except in sessions; their holders release them. Connections to sentinels are closed as
 *  well. Then podlink_client_free() may follow. Blocks for wait_ms (-1: until all calls have ended by themselves),
 *  then until the interrupted calls have returned: about 20 ms if they are connecting. */
PODLINK_API void podlink_client_close(podlink_client *client, int64_t wait_ms);

/** Closes the connections and frees the client; NULL is allowed. No other call may run or follow: use
 *  podlink_client_close() first if other threads may still call. All sessions must be released. May block for
 *  dial_timeout_ms if the janitor is dialling. In a child after fork() it closes only the child's descriptors: the
 *  parent's connections stay open. */
PODLINK_API void podlink_client_free(podlink_client *client);

/** Does the periodic work that is due: closes dead, silent and too long idle connections, keeps dedicated_min_idle
 *  connections open, renews credentials. The janitor thread calls it. With no_janitor_thread the host calls it, from
 *  one thread at a time, at about the interval that it returns. Blocks for up to dial_timeout_ms to dial, and for up
 *  to a second per shared connection to renew credentials (credentials_max_age_ms).
 *  @return milliseconds until the next call */
PODLINK_API int64_t podlink_client_tick(podlink_client *client);

/** Sends the credentials again on all connections, with fresh ones if there is a callback. For a password that has
 *  changed or a user that may be revoked: open connections are not notified of either. Shared connections send AUTH
 *  between the calls that run on them. A shared connection on which the server rejects it is closed, and the calls in
 *  flight there are lost (PODLINK_ECONNLOST). Dedicated connections are closed: idle ones at once, others when their
 *  session is released. The janitor does the same with each connection whose credentials are older than
 *  credentials_max_age_ms, and closes one that has not answered for twice that time.
 *  @return PODLINK_OK: no connection uses older credentials, except sessions and connections that are being dialled,
 *  which follow within a second; EAUTH (rejected, or the callback failed, which leaves the connections as they are),
 *  ETIMEDOUT or ECONNLOST (closed), EINVAL, ENOMEM, ECLOSED, EFORKED. Blocks for at most dial_timeout_ms plus the run
 *  time of the callback. */
PODLINK_API podlink_status podlink_client_reauthenticate(podlink_client *client, podlink_error *err);

/** Sends PING.
 *  @param round_trip_ns  out, may be NULL
 *  @return PODLINK_OK or a failure. Harmless to repeat. Blocks until the deadline of the call at most. */
PODLINK_API podlink_status podlink_ping(podlink_client *client, int64_t *round_trip_ns, const podlink_call *call,
                                        podlink_error *err);

#define PODLINK_HISTOGRAM_BUCKETS 128

/** A histogram of durations, with four buckets per power of two. */
typedef struct podlink_histogram {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t buckets[PODLINK_HISTOGRAM_BUCKETS]; /* bucket i: durations below podlink_histogram_bound_ns(i) */
} podlink_histogram;

/** The upper bound of a bucket in nanoseconds; INT64_MAX for the last. Any thread. */
PODLINK_API int64_t podlink_histogram_bound_ns(unsigned bucket);

/** An upper bound of a quantile in nanoseconds: 0.99 for p99. At most a quarter too large; 0 if the histogram is
 *  empty. Any thread. */
PODLINK_API int64_t podlink_histogram_quantile_ns(const podlink_histogram *histogram, double quantile);

/** Counters of a client since it was opened; those marked "now" are present values. Connections to sentinels are
 *  included in connections, dials, dial_failures, connections_lost, stale, bytes_..., writes, reads and commands_sent.
 *  All other counters are about the servers only. */
typedef struct podlink_stats {
    size_t size;          /* set by podlink_stats_init() */
    uint64_t connections; /* now */
    uint64_t dials;       /* connection attempts */
    uint64_t dial_failures;
    uint64_t connections_lost; /* includes shared connections that were closed because they were idle */

    /* Commands of the user: a batch of n counts n. The library's own SCRIPT LOAD, EVAL (permission check), AUTH and
     * WAIT are counted, too: a WAIT that meets its deadline counts as unknown although its call succeeds. calls is the
     * sum of the next four. */
    uint64_t calls;
    uint64_t calls_ok;           /* answered, also with "refused" or "no such link" */
    uint64_t calls_server_error; /* answered with an error */
    uint64_t calls_not_sent;     /* failed before they were sent */
    uint64_t calls_unknown;      /* sent, no reply */
    uint64_t timeouts;           /* calls that met their deadline */
    uint64_t retries;
    uint64_t script_loads;      /* SCRIPT LOADs begun; also those that could not be sent */
    uint64_t noscript_repairs;  /* calls that received NOSCRIPT and were repaired */
    uint64_t states_unreadable; /* service states that this client could not parse and skipped */
    uint64_t bytes_sent;        /* this and the next three do not count handshakes */
    uint64_t bytes_received;
    uint64_t writes; /* system calls */
    uint64_t reads;
    uint64_t dedicated_idle;    /* now */
    uint64_t dedicated_in_use;  /* now */
    uint64_t dedicated_waiting; /* now: callers that wait for a dedicated connection */
    uint64_t dedicated_reused;  /* sessions that got an existing connection */
    uint64_t stale;             /* idle connections that were closed by the server or too old */
    uint64_t waits;             /* calls and sessions that had to wait for a connection */
    uint64_t wait_ns;           /* sum of these waits */
    uint64_t queue_depth;       /* now: commands in the in-flight queues */
    uint64_t commands_sent;     /* commands_sent / writes is the mean number of commands per write */
    podlink_histogram wait;     /* of answered calls: waiting for a connection, */
    podlink_histogram unsent;   /* queued but not sent, */
    podlink_histogram wire;     /* network and server, */
    podlink_histogram total;    /* and the sum */
    uint64_t reauthentications; /* AUTHs on open connections */
    uint64_t nodes;             /* now: servers in use, without sentinels */
    uint64_t redirects_moved;   /* MOVED replies */
    uint64_t redirects_ask;     /* ASK replies */
    uint64_t discoveries;       /* how often the topology was asked for */
    uint64_t master_changes;    /* masters that were replaced by another server */
    uint64_t loss_window_ns;    /* sum of the loss windows of these changes (podlink_event) */
} podlink_stats;

#define podlink_stats_init(stats) ((stats)->size = sizeof *(stats))

/** Reads the counters. Does no I/O. Any thread.
 *  @param stats  out; initialised by podlink_stats_init() */
PODLINK_API void podlink_client_stats(podlink_client *client, podlink_stats *stats);

/** Frees a block that the library returned, a list or a text; NULL is allowed. The block may outlive the client, but
 *  not the client's allocator. Any thread. */
PODLINK_API void podlink_free(void *block);

#ifdef __cplusplus
}
#endif
#endif
