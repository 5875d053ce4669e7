/* SPDX-License-Identifier: MIT */
/* Support for tests of the public C API. */
#include "api.h"

#include "certificates.h"
#include "real_cluster.h"
#include "real_sentinel.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

/* ---- what the tests run over ---- */

enum { PORT_TRIES = 5 /* a free port may be taken by another before the server has it */ };

static struct {
    struct test_server *head;
    struct test_cluster *cluster;
    struct test_sentinel *sentinel;
    struct certificates *made; /* NULL: clear text */
    struct test_server_tls tls;
    redisContext *nodes[TEST_CLUSTER_NODES_MAX]; /* the test's own connections to a cluster; NULL until needed */
} over;

static const struct test_server_tls *make_certificates(void)
{
    over.made = certificates_new();
    certificate_make_good(over.made, "server", "DNS:localhost,IP:127.0.0.1");
    over.tls = certificates_tls(over.made, "server");
    return &over.tls;
}

static struct test_server *start_single(const struct test_server_tls *tls)
{
    struct test_server *server = NULL;
    if (!tls)
        return test_server_start(NULL);
    for (int tries = 0; !server && tries < PORT_TRIES; tries++)
        server = test_server_start_as(&(struct test_server_plan){.tls_port = ask_free_port(), .tls = tls});
    return server;
}

static struct test_server *start_sentinel(const struct test_server_tls *tls)
{
    over.sentinel = test_sentinel_start(&(struct test_sentinel_plan){.tls = tls});
    return over.sentinel ? test_sentinel_server(over.sentinel, 0) : NULL;
}

static struct test_server *start_cluster(size_t masters, const struct test_server_tls *tls)
{
    over.cluster = test_cluster_start(&(struct test_cluster_plan){.masters = masters, .tls = tls});
    return over.cluster ? test_cluster_node(over.cluster, 0) : NULL;
}

static bool is_kind(const char *kind, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(kind, name, length) == 0 && (kind[length] == '\0' || strcmp(kind + length, "+tls") == 0);
}

struct test_server *api_start(void)
{
    const char *const named = getenv("PODLINK_TEST_OVER");
    const char *const kind = named ? named : "";
    const struct test_server_tls *tls = strstr(kind, "tls") ? make_certificates() : NULL;
    if (*kind == '\0' || strcmp(kind, "tls") == 0)
        over.head = start_single(tls);
    else if (is_kind(kind, "sentinel"))
        over.head = start_sentinel(tls);
    else if (is_kind(kind, "cluster"))
        over.head = start_cluster(3, tls);
    else if (is_kind(kind, "node"))
        over.head = start_cluster(1, tls);
    else
        fprintf(stderr, "PODLINK_TEST_OVER=%s: there is no such kind\n", kind);
    return over.head;
}

static void stop_head(void)
{
    for (size_t i = 0; i < TEST_CLUSTER_NODES_MAX; i++) {
        if (over.nodes[i])
            redisFree(over.nodes[i]);
        over.nodes[i] = NULL;
    }
    if (!over.cluster && !over.sentinel)
        test_server_stop(over.head);
    test_cluster_stop(over.cluster);
    test_sentinel_stop(over.sentinel);
    certificates_free(over.made);
    over.cluster = NULL;
    over.sentinel = NULL;
    over.made = NULL;
    over.head = NULL;
}

void api_stop(struct test_server *server)
{
    if (server == over.head)
        stop_head();
    else
        test_server_stop(server);
}

enum api_kind api_kind(void)
{
    return over.cluster ? API_CLUSTER : over.sentinel ? API_SENTINEL : API_SERVER;
}

size_t api_masters(void)
{
    return over.cluster ? test_cluster_count(over.cluster) : 1;
}

static struct test_server *master(struct test_server *server, size_t i)
{
    return over.cluster ? test_cluster_node(over.cluster, i) : server;
}

void api_pause(struct test_server *server)
{
    int status;
    for (size_t i = 0; i < api_masters(); i++)
        kill(test_server_pid(master(server, i)), SIGSTOP);
    for (size_t i = 0; i < api_masters(); i++)
        waitpid(test_server_pid(master(server, i)), &status, WUNTRACED);
}

void api_resume(struct test_server *server)
{
    for (size_t i = 0; i < api_masters(); i++)
        kill(test_server_pid(master(server, i)), SIGCONT);
}

/* ---- clients ---- */

/* The URL has all options of TLS. */
static const char *with_ca(const char *url)
{
    static char whole[1024];
    if (!over.made)
        return url;
    snprintf(whole, sizeof whole, "%s?tls_ca_file=%s", url, over.tls.ca);
    return whole;
}

const char *api_url(const struct test_server *server)
{
    static char url[128];
    if (server == over.head && over.cluster)
        return with_ca(test_cluster_url(over.cluster));
    if (server == over.head && over.sentinel)
        return with_ca(test_sentinel_url(over.sentinel));
    if (server == over.head && over.made) {
        snprintf(url, sizeof url, "rediss://127.0.0.1:%u", (unsigned)test_server_port(server));
        return with_ca(url);
    }
    snprintf(url, sizeof url, "unix://%s", test_server_socket(server));
    return url;
}

const char *api_tcp_url(const struct test_server *server)
{
    static char url[128];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)test_server_port(server));
    return url;
}

podlink_options api_options(const char *url)
{
    podlink_options options;
    podlink_options_init(&options);
    options.url = url;
    return options;
}

podlink_client *api_open_with(const podlink_options *options)
{
    podlink_client *client = NULL;
    podlink_error err;
    podlink_status status = podlink_client_open(options, &client, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_non_null(client);
    return client;
}

podlink_client *api_open(const char *url)
{
    const podlink_options options = api_options(url);
    return api_open_with(&options);
}

podlink_client *api_open_quiet(const char *url)
{
    podlink_options options = api_options(url);
    options.no_janitor_thread = 1;
    return api_open_with(&options);
}

podlink_stats api_stats(podlink_client *client)
{
    podlink_stats stats;
    podlink_stats_init(&stats);
    podlink_client_stats(client, &stats);
    return stats;
}

/* ---- statuses ---- */

void api_assert_status(podlink_status expected, podlink_status status, const podlink_error *err, const char *file,
                       int line)
{
    if (status != expected) {
        print_error("expected %s, got %s: %s\n", podlink_status_name(expected), podlink_status_name(status),
                    err && status < 0 ? err->message : "");
        _fail(file, line);
    }
    if (err && status < 0 && (err->status != status || err->message[0] == '\0')) {
        print_error("err says %s, \"%s\"; returned was %s\n", podlink_status_name(err->status), err->message,
                    podlink_status_name(status));
        _fail(file, line);
    }
    if (err && status >= 0 && (err->status != PODLINK_OK || err->message[0] != '\0' || err->server[0] != '\0')) {
        print_error("err is not clear after %s: %s, \"%s\"\n", podlink_status_name(status),
                    podlink_status_name(err->status), err->message);
        _fail(file, line);
    }
}

void api_assert_failure(podlink_status expected, podlink_delivery delivered, podlink_status status,
                        const podlink_error *err, const char *file, int line)
{
    api_assert_status(expected, status, err, file, line);
    if (err->delivery != delivered) {
        print_error("expected delivery %s, got %s: %s\n", podlink_delivery_text(delivered),
                    podlink_delivery_text(err->delivery), err->message);
        _fail(file, line);
    }
}

void api_assert_holds(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part))
        return;
    print_error("\"%s\" does not hold \"%s\"\n", text, part);
    _fail(file, line);
}

/* ---- a connection of the test's own ---- */

redisContext *api_redis(const struct test_server *server)
{
    redisContext *redis = redisConnectUnix(test_server_socket(server));
    assert_non_null(redis);
    assert_int_equal(redis->err, 0);
    return redis;
}

static redisContext *node_connection(size_t i)
{
    if (!over.nodes[i])
        over.nodes[i] = api_redis(test_cluster_node(over.cluster, i));
    return over.nodes[i];
}

/* The node that "MOVED 3999 127.0.0.1:6381" names, found by the slot: Redis since 7.2 sends the port of clear text,
 * which is 0 with TLS. */
static redisContext *node_named(const char *moved)
{
    const size_t i = test_cluster_owner_index(over.cluster, (unsigned)strtoul(moved + strlen("MOVED "), NULL, 10));
    if (i >= test_cluster_count(over.cluster))
        fail_msg("no such node: %s", moved);
    return node_connection(i);
}

static redisReply *run(redisContext *redis, const char *format, va_list arguments)
{
    va_list copy;
    va_copy(copy, arguments);
    redisReply *reply = redisvCommand(redis, format, copy);
    va_end(copy);
    if (!reply)
        fail_msg("no answer to %s: %s", format, redis->errstr);
    return reply;
}

static bool is_for_all_nodes(const char *format)
{
    static const char *const words[] = {"FLUSHALL", "DBSIZE", "SCRIPT FLUSH", "ACL "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(format, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* On all nodes. Numbers are added up. */
static redisReply *run_on_all(const char *format, va_list arguments)
{
    redisReply *all = NULL;
    long long sum = 0;
    for (size_t i = 0; i < test_cluster_count(over.cluster); i++) {
        freeReplyObject(all);
        all = run(node_connection(i), format, arguments);
        sum += all->integer;
    }
    if (all)
        all->integer = sum;
    return all;
}

static redisReply *run_in_cluster(redisContext *redis, const char *format, va_list arguments)
{
    if (is_for_all_nodes(format))
        return run_on_all(format, arguments);
    redisReply *reply = run(redis, format, arguments);
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "MOVED ", 6) == 0) {
        redisContext *node = node_named(reply->str);
        freeReplyObject(reply);
        reply = run(node, format, arguments);
    }
    return reply;
}

static redisReply *ask_by_list(redisContext *redis, const char *format, va_list arguments)
{
    static redisReply *last;
    freeReplyObject(last);
    last = NULL; /* the checks below can fail the test */
    last = over.cluster ? run_in_cluster(redis, format, arguments) : run(redis, format, arguments);
    return last;
}

redisReply *api_try(redisContext *redis, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = ask_by_list(redis, format, arguments);
    va_end(arguments);
    return reply;
}

redisReply *api_ask(redisContext *redis, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = ask_by_list(redis, format, arguments);
    va_end(arguments);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", format, reply->str);
    return reply;
}

int api_server_version(redisContext *redis)
{
    const redisReply *reply = api_ask(redis, "INFO server");
    const char *at = strstr(reply->str, "redis_version:");
    int major = 0, minor = 0;
    if (!at || sscanf(at, "redis_version:%d.%d", &major, &minor) != 2)
        fail_msg("the server reports no version");
    return major * 100 + minor;
}

/* ---- the machine ---- */

int api_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

int64_t api_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int api_schedstat_open(void)
{
    return open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

/* The second of the three numbers in the kernel's schedstat. */
int64_t api_starved_ns(int schedstat)
{
    char text[96] = "";
    long long ran = 0, waited = 0;
    if (pread(schedstat, text, sizeof text - 1, 0) <= 0 || sscanf(text, "%lld %lld", &ran, &waited) != 2)
        return 0;
    return waited;
}

static int64_t starved_ns(void)
{
    const int schedstat = api_schedstat_open();
    const int64_t waited = api_starved_ns(schedstat);
    if (schedstat >= 0)
        close(schedstat);
    return waited;
}

struct api_watch api_watch_start(void)
{
    return (struct api_watch){.began_ns = api_now_ns(), .starved_ns = starved_ns()};
}

int64_t api_late_ms(const struct api_watch *watch, int64_t deadline_ms)
{
    const int64_t late_ms = (api_now_ns() - watch->began_ns) / 1000000 - deadline_ms;
    const int64_t starved_ms = (starved_ns() - watch->starved_ns) / 1000000;
    if (late_ms <= 0)
        return late_ms;
    return late_ms > starved_ms ? late_ms - starved_ms : 0;
}

int api_slowness(void)
{
    return RUNNING_ON_VALGRIND ? 10 : SANITIZED ? 2 : 1;
}

uint16_t api_closed_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* ---- a clock that jumps ---- */

static int64_t jumping_now(void *context)
{
    const struct api_clock *clock = context;
    return api_now_ns() + clock->ahead_ns;
}

void api_clock_init(struct api_clock *clock)
{
    *clock = (struct api_clock){.clock = {.now_ns = jumping_now, .context = clock}};
}

/* ---- a log in memory ---- */

static void keep(struct api_log_record *kept, const podlink_log_record *record)
{
    kept->level = record->level;
    kept->status = record->status;
    kept->duration_ns = record->duration_ns;
    snprintf(kept->event, sizeof kept->event, "%s", record->event);
    snprintf(kept->name, sizeof kept->name, "%s", record->name);
    snprintf(kept->sha, sizeof kept->sha, "%s", record->sha);
    snprintf(kept->server, sizeof kept->server, "%s", record->server);
    snprintf(kept->message, sizeof kept->message, "%s", record->message);
}

void api_log_write(void *context, const podlink_log_record *record)
{
    struct api_log *log = context;
    pthread_mutex_lock(&log->lock);
    if (log->count < API_LOG_MAX)
        keep(&log->records[log->count++], record);
    pthread_mutex_unlock(&log->lock);
}

const struct api_log_record *api_log_find(struct api_log *log, const char *event, const char *name, size_t n)
{
    const struct api_log_record *found = NULL;
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < log->count && !found; i++) {
        const struct api_log_record *record = &log->records[i];
        if (strcmp(record->event, event) == 0 && (!name || strcmp(record->name, name) == 0) && n-- == 0)
            found = record;
    }
    pthread_mutex_unlock(&log->lock);
    return found;
}

static void assert_without(const char *text, const char *secret)
{
    if (strstr(text, secret))
        fail_msg("a secret was reported: %s", text);
}

static void assert_log_without(struct api_log *log, const char *secret)
{
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < log->count; i++) {
        assert_without(log->records[i].name, secret);
        assert_without(log->records[i].server, secret);
        assert_without(log->records[i].message, secret);
    }
    pthread_mutex_unlock(&log->lock);
}

void api_assert_secret(struct api_log *log, const podlink_error *err, const char *secret)
{
    if (log)
        assert_log_without(log, secret);
    if (err) {
        assert_without(err->message, secret);
        assert_without(err->server, secret);
    }
}
