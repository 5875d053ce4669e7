/* SPDX-License-Identifier: MIT */
/* Fixture of the tests of sentinels and clusters over TLS. */
#include "tls_deployment.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAILS_WITHIN_MS = 5000, MS = 1000000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct api_log kept; /* under the lock: the janitor connects as well */

static void write_log(void *context, const podlink_log_record *record)
{
    pthread_mutex_lock(&lock);
    api_log_write(context, record);
    pthread_mutex_unlock(&lock);
}

const char *deployed_url(const char *url, const char *login)
{
    static char whole[512];
    const char *rest = strstr(url, "://");
    assert_non_null(rest);
    rest += 3;
    snprintf(whole, sizeof whole, "%.*s%s@%s", (int)(rest - url), url, login, rest);
    return whole;
}

podlink_options deployed_options(const char *url, const char *ca_file)
{
    podlink_options options = api_options(url);
    options.tls_ca_file = ca_file;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.shared_connections = 1;
    options.log = write_log;
    options.log_context = &kept;
    pthread_mutex_lock(&lock);
    kept.count = 0;
    pthread_mutex_unlock(&lock);
    return options;
}

const podlink_error *deployed_fails(const podlink_options *options, podlink_status expected, const char *secret)
{
    static podlink_error err;
    podlink_client *client = api_open_with(options);
    const int64_t began = api_now_ns();
    const podlink_status status = podlink_ping(client, NULL, NULL, &err);
    const int64_t took_ms = (api_now_ns() - began) / MS;
    podlink_client_free(client);
    print_message("# %s after %d ms: %s\n", podlink_status_name(status), (int)took_ms, err.message);
    assert_failure(expected, PODLINK_NOT_SENT, status, &err);
    assert_true(took_ms < FAILS_WITHIN_MS);
    api_assert_secret(&kept, &err, secret);
    return &err;
}

static bool is_at(const char *server, uint16_t port)
{
    const char *colon = strrchr(server, ':');
    return port == 0 || (colon && strtoul(colon + 1, NULL, 10) == port);
}

struct deployed_sight deployed_sight(uint16_t port)
{
    struct deployed_sight sight = {0};
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < kept.count; i++) {
        const struct api_log_record *record = &kept.records[i];
        if (!is_at(record->server, port))
            continue;
        sight.failures += strcmp(record->event, "connect_failed") == 0;
        sight.connections += strcmp(record->event, "connected") == 0;
        sight.by_tls += strstr(record->message, ", TLSv1.") != NULL;
        sight.resumed += strstr(record->message, "session resumed") != NULL;
    }
    pthread_mutex_unlock(&lock);
    return sight;
}
