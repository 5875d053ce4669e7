/* SPDX-License-Identifier: MIT */
/* Any text as a URL: it is read or refused, and nothing of it is left. What was read is in its bounds. */
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static void check(const pl_config *config)
{
    expect(config->address.text[0] != '\0');
    expect(config->seed_count >= 1 && config->seed_count <= PL_SEEDS_MAX);
    expect(config->kind != PL_SINGLE || config->seed_count == 1);
    expect((config->kind == PL_SENTINEL) == (config->master_name != NULL));
    expect(config->kind != PL_CLUSTER || config->login.database == 0);
    for (size_t i = 0; i < config->seed_count; i++)
        expect(config->seeds[i].is_unix ? config->seeds[i].host[0] == '/' : config->seeds[i].port > 0);
    expect(!config->tls.ca_file || pl_config_uses_tls(config));
    expect(!config->tls.key_file == !config->tls.cert_file);
    expect(config->address.is_unix ? config->address.host[0] == '/' : config->address.port > 0);
    expect(config->login.database >= 0);
    expect(config->shared_connections >= 1 && config->shared_connections <= 64);
    expect(config->retries <= 100);
    expect(config->dial_timeout_ms >= 1);
    expect(config->call_timeout_ms >= -1 && config->call_timeout_ms != 0);
    expect(config->reply_max_bytes >= 65536);
    expect(!config->login.user || config->login.password);
    expect(!config->login.password || config->login.password[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const schemes[] = {"", "redis://", "unix://", "sentinel://h/m", "cluster+tls://"};
    podlink_options options;
    podlink_error err;
    pl_config config;
    if (size == 0)
        return 0;
    const char *scheme = schemes[data[0] % (sizeof schemes / sizeof *schemes)];
    size_t used = strlen(scheme);
    char *url = malloc(used + size);
    memcpy(url, scheme, used);
    memcpy(url + used, data + 1, size - 1);
    url[used + size - 1] = '\0';
    podlink_options_init(&options);
    options.url = url;
    podlink_status status = pl_config_init(&config, &options, &err);
    free(url);
    if (status == PODLINK_OK) {
        check(&config);
        pl_config_fini(&config);
    } else {
        expect(status == err.status && memchr(err.message, '\0', sizeof err.message) && err.message[0] != '\0');
    }
    return 0;
}
