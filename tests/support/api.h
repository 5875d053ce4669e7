/* SPDX-License-Identifier: MIT */
/* Support for tests of the public C API: opening clients, a clock that jumps, a log in memory, checks of a status, and
 * a hiredis connection to inspect the server. A failure here fails the running test. */
#ifndef PODLINK_TESTS_API_H
#define PODLINK_TESTS_API_H

#include <hiredis/hiredis.h>
#include <podlink/podlink.h>
#include <pthread.h>
#include <stdint.h>

#include "real_server.h"
#include "tap_cmocka.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- what the tests run over ---- */

enum api_kind { API_SERVER, API_SENTINEL, API_CLUSTER };

/** Starts a server, or what PODLINK_TEST_OVER names instead: "sentinel" (a master with replicas), "cluster" (three
 *  masters), "node" (a cluster of one); "tls", "sentinel+tls" and so on: over TLS, without a port of clear text. One at
 *  a time.
 *  @return the server for the test to inspect (the master, or the first one), to be stopped by api_stop(); NULL if it
 *          did not start */
struct test_server *api_start(void);
void api_stop(struct test_server *server);

/** What the last api_start() started. */
enum api_kind api_kind(void);

/** How many servers share the keys: 1, or 3 in a cluster. */
size_t api_masters(void);

/** Stops the processes of all masters (SIGSTOP), and returns when they have stopped; continues them.
 *  @param server  what api_start() returned */
void api_pause(struct test_server *server);
void api_resume(struct test_server *server);

/* ---- clients ---- */

/** The URL of a server's unix socket, or of its port. For what api_start() returned: the URL of all servers that it
 *  started. Static: valid until the next call. */
const char *api_url(const struct test_server *server);
const char *api_tcp_url(const struct test_server *server);

/** The default options with this URL. */
podlink_options api_options(const char *url);

/** Opens a client. A failure fails the test. */
podlink_client *api_open(const char *url);
podlink_client *api_open_with(const podlink_options *options);

/** The same without a janitor, which listens to sentinels: the client sends only what its calls need. */
podlink_client *api_open_quiet(const char *url);

podlink_stats api_stats(podlink_client *client);

/* ---- statuses ---- */

/** Checks what a call returned. After a failure err->status must be the same. err may be NULL. */
#define assert_status(expected, status, err) api_assert_status((expected), (status), (err), __FILE__, __LINE__)
void api_assert_status(podlink_status expected, podlink_status status, const podlink_error *err, const char *file,
                       int line);

/** Checks a failure and its delivery: whether the command was sent. */
#define assert_failure(expected, delivered, status, err)                                                               \
    api_assert_failure((expected), (delivered), (status), (err), __FILE__, __LINE__)
void api_assert_failure(podlink_status expected, podlink_delivery delivered, podlink_status status,
                        const podlink_error *err, const char *file, int line);

/** Checks that a text contains another. */
#define assert_holds(text, part) api_assert_holds((text), (part), __FILE__, __LINE__)
void api_assert_holds(const char *text, const char *part, const char *file, int line);

/* ---- a connection of the test's own ---- */

redisContext *api_redis(const struct test_server *server);

/** Runs a command. No answer fails the test. The reply is freed by the next call, and is an error only in api_try(). In
 *  a cluster the command runs on the node of its keys; FLUSHALL, DBSIZE, SCRIPT FLUSH and ACL run on all nodes. */
redisReply *api_ask(redisContext *redis, const char *format, ...);
redisReply *api_try(redisContext *redis, const char *format, ...);

/** The server's version: 700 is 7.0. For Valkey the version of Redis that it is compatible with. */
int api_server_version(redisContext *redis);

/* ---- the machine ---- */

int api_descriptors(void);
int64_t api_now_ns(void);

/** The kernel's scheduling statistics of the calling thread, to be closed by close(); -1 if the kernel has none. Any
 *  thread may read it. */
int api_schedstat_open(void);

/** How long that thread has waited for a processor since it began; 0 if the kernel does not count that. */
int64_t api_starved_ns(int schedstat);

/** A start time, from which lateness is measured. */
struct api_watch {
    int64_t began_ns;
    int64_t starved_ns; /* how long this thread had waited for a processor by then */
};
struct api_watch api_watch_start(void);

/** How late it is now, against a deadline so many milliseconds after the start; negative before the deadline. The time
 *  that this thread waited for a processor since the start is subtracted: the machine is the cause of that. */
int64_t api_late_ms(const struct api_watch *watch, int64_t deadline_ms);

/** The factor for deadlines in this build and on this machine: 10 under valgrind, 2 with a sanitizer (completing a
 *  thousand items then takes 30 ms of processor time, which counts as lateness), else 1. */
int api_slowness(void);

/** A port of 127.0.0.1 without a listener. */
uint16_t api_closed_port(void);

/* ---- a clock that jumps ---- */

struct api_clock {
    podlink_clock clock;      /* for the options */
    _Atomic int64_t ahead_ns; /* added to CLOCK_MONOTONIC */
};

void api_clock_init(struct api_clock *clock);

/* ---- a log in memory ---- */

enum { API_LOG_MAX = 512 };

struct api_log_record {
    podlink_log_level level;
    podlink_status status;
    char event[32];
    char name[64];
    char sha[48];
    char server[128];
    int64_t duration_ns;
    char message[512];
};

/** All zero at first. Threads of the library write to it while the test reads. */
struct api_log {
    pthread_mutex_t lock;
    _Atomic size_t count;
    struct api_log_record records[API_LOG_MAX]; /* later records are dropped */
};

/** For options.log, with the struct as options.log_context. */
void api_log_write(void *context, const podlink_log_record *record);

/** The n-th record with this event (and name, unless that is NULL), or NULL. */
const struct api_log_record *api_log_find(struct api_log *log, const char *event, const char *name, size_t n);

/** Checks that the secret is in no text of any record, nor in err (unless NULL). */
void api_assert_secret(struct api_log *log, const podlink_error *err, const char *secret);

#endif
