/* What a client was opened with. */
#include "client/config.h"

#include "base/error.h"
#include "base/number.h"
#include "client/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char default_url[] = "redis://127.0.0.1:6379";

enum { SMALLEST_REPLY_MAX = 64 * 1024 };

void podlink_options_init_sized(podlink_options *options, size_t size)
{
    const podlink_options defaults = {.size = size,
                                      .url = default_url,
                                      .shared_connections = 2,
                                      .retries = 3,
                                      .dial_timeout_ms = 5000,
                                      .call_timeout_ms = 3000,
                                      .reply_max_bytes = (size_t)512 * 1024 * 1024,
                                      .script_loading = PODLINK_LOAD_ON_OPEN,
                                      .log_level = PODLINK_LOG_INFO,
                                      .dedicated_max = 8,
                                      .pool_wait_ms = 4000,
                                      .idle_timeout_ms = 300000,
                                      .max_lifetime_ms = -1,
                                      .spin_us = 50,
                                      .timeouts_max = 3};
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
}

/* A numeric option: its range, and where it is stored. */
typedef struct numeric_option {
    const char *name;
    int64_t least;
    int64_t most;
    bool may_be_unlimited; /* -1 is allowed, too */
    size_t offset;         /* in the config */
    size_t size;           /* of the integer there: 4 or 8 */
} numeric_option;

#define STORED(field) offsetof(pl_config, field), sizeof(((pl_config *)0)->field)

static const numeric_option numeric_options[] = {
    {"database", 0, INT32_MAX, false, STORED(login.database)},
    {"shared_connections", 1, 64, false, STORED(shared_connections)},
    {"retries", 0, 100, false, STORED(retries)},
    {"dial_timeout_ms", 1, INT32_MAX, false, STORED(dial_timeout_ms)},
    {"call_timeout_ms", 1, INT32_MAX, true, STORED(call_timeout_ms)},
    {"reply_max_bytes", SMALLEST_REPLY_MAX, INT64_C(1) << 40, false, STORED(reply_max_bytes)},
    {"dedicated_max", 1, 4096, false, STORED(dedicated_max)},
    {"dedicated_min_idle", 0, 4096, false, STORED(dedicated_min_idle)},
    {"pool_wait_ms", 1, INT32_MAX, true, STORED(pool_wait_ms)},
    {"idle_timeout_ms", 1, INT32_MAX, true, STORED(idle_timeout_ms)},
    {"max_lifetime_ms", 1, INT32_MAX, true, STORED(max_lifetime_ms)},
    {"silence_timeout_ms", 0, INT32_MAX, true, STORED(silence_timeout_ms)},
    {"timeouts_max", 1, 1000, false, STORED(timeouts_max)},
    {"spin_us", 0, 1000, false, STORED(spin_us)},
};

static const numeric_option *find_numeric(const char *name)
{
    for (size_t i = 0; i < sizeof numeric_options / sizeof *numeric_options; i++)
        if (strcmp(numeric_options[i].name, name) == 0)
            return &numeric_options[i];
    return NULL;
}

static podlink_status set_number(pl_config *config, const numeric_option *option, bool is_number, int64_t value,
                                 podlink_error *err)
{
    bool is_unlimited = is_number && option->may_be_unlimited && value == -1;
    if (!is_number || (!is_unlimited && (value < option->least || value > option->most)))
        return pl_error_invalid(err, "%s must be a number from %lld to %lld%s", option->name, (long long)option->least,
                                (long long)option->most, option->may_be_unlimited ? ", or -1 for no limit" : "");
    char *at = (char *)config + option->offset;
    if (option->size == sizeof(int32_t))
        memcpy(at, &(int32_t){(int32_t)value}, sizeof(int32_t));
    else
        memcpy(at, &value, sizeof value);
    return PODLINK_OK;
}

static void free_text(const pl_heap *heap, const char **field)
{
    char *text = (char *)*field;
    if (text)
        explicit_bzero(text, strlen(text));
    pl_heap_free(heap, text);
    *field = NULL;
}

podlink_status pl_config_set_text(pl_config *config, const char **field, const char *name, const char *text,
                                  podlink_error *err)
{
    free_text(&config->heap, field);
    if (!text)
        return PODLINK_OK;
    if (*text == '\0')
        return pl_error_invalid(err, "the %s is empty", name);
    *field = pl_heap_copy(&config->heap, text, strlen(text));
    return *field ? PODLINK_OK : pl_error_no_memory(err);
}

static podlink_status set_client_name(pl_config *config, const char *text, podlink_error *err)
{
    for (const char *at = text; at && *at; at++)
        if (*at <= ' ' || *at > '~')
            return pl_error_invalid(err, "client_name must be printable ASCII without spaces");
    return pl_config_set_text(config, &config->login.client_name, "client_name", text, err);
}

static podlink_status set_backend(pl_config *config, const char *text, podlink_error *err)
{
    const bool is_functions = strcmp(text, "functions") == 0;
    if (!is_functions && strcmp(text, "evalsha") != 0)
        return pl_error_invalid(err, "scripts must be evalsha or functions");
    config->script_backend = is_functions ? PODLINK_BACKEND_FUNCTIONS : PODLINK_BACKEND_EVALSHA;
    return PODLINK_OK;
}

static podlink_status set_user(pl_config *config, const char *text, podlink_error *err)
{
    return pl_config_set_text(config, &config->login.user, "user", text, err);
}

static podlink_status set_password(pl_config *config, const char *text, podlink_error *err)
{
    return pl_config_set_text(config, &config->login.password, "password", text, err);
}

typedef struct text_option {
    const char *name;
    podlink_status (*set)(pl_config *config, const char *text, podlink_error *err);
} text_option;

static const text_option text_options[] = {
    {"client_name", set_client_name},
    {"user", set_user},
    {"password", set_password},
    {"scripts", set_backend},
};

static const text_option *find_text(const char *name)
{
    for (size_t i = 0; i < sizeof text_options / sizeof *text_options; i++)
        if (strcmp(text_options[i].name, name) == 0)
            return &text_options[i];
    return NULL;
}

static const numeric_option *find_numeric_or_db(const char *name)
{
    return find_numeric(strcmp(name, "db") == 0 ? "database" : name);
}

bool pl_config_has_option(const char *name)
{
    return find_text(name) || find_numeric_or_db(name);
}

void pl_config_option_names(char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < sizeof text_options / sizeof *text_options && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", text_options[i].name);
    for (size_t i = 0; i < sizeof numeric_options / sizeof *numeric_options && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, ", %s", numeric_options[i].name);
}

podlink_status pl_config_set_option(pl_config *config, const char *name, const char *text, podlink_error *err)
{
    const text_option *option = find_text(name);
    if (option)
        return option->set(config, text, err);
    int64_t value = 0;
    bool is_number = pl_number_parse(text, strlen(text), &value);
    return set_number(config, find_numeric_or_db(name), is_number, value, err);
}

static podlink_status set_numbers(pl_config *config, const podlink_options *options, podlink_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"database", options->database},
        {"shared_connections", options->shared_connections},
        {"retries", options->retries},
        {"dial_timeout_ms", options->dial_timeout_ms},
        {"call_timeout_ms", options->call_timeout_ms},
        {"reply_max_bytes", options->reply_max_bytes > INT64_MAX ? INT64_MAX : (int64_t)options->reply_max_bytes},
        {"dedicated_max", options->dedicated_max},
        {"dedicated_min_idle", options->dedicated_min_idle},
        {"pool_wait_ms", options->pool_wait_ms},
        {"idle_timeout_ms", options->idle_timeout_ms},
        {"max_lifetime_ms", options->max_lifetime_ms},
        {"silence_timeout_ms", options->silence_timeout_ms},
        {"timeouts_max", options->timeouts_max},
        {"spin_us", options->spin_us},
    };
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == PODLINK_OK; i++)
        status = set_number(config, find_numeric(numbers[i].name), true, numbers[i].value, err);
    return status;
}

static podlink_status set_fields(pl_config *config, const podlink_options *options, podlink_error *err)
{
    podlink_status status = set_numbers(config, options, err);
    if (status == PODLINK_OK)
        status = pl_config_set_text(config, &config->login.user, "user", options->user, err);
    if (status == PODLINK_OK)
        status = pl_config_set_text(config, &config->login.password, "password", options->password, err);
    if (status == PODLINK_OK)
        status = set_client_name(config, options->client_name, err);
    if (status == PODLINK_OK && options->script_backend != PODLINK_BACKEND_EVALSHA &&
        options->script_backend != PODLINK_BACKEND_FUNCTIONS)
        status = pl_error_invalid(err, "script_backend is none of its values");
    config->script_backend = options->script_backend;
    return status;
}

static podlink_status check_allocator(const podlink_allocator *allocator, podlink_error *err)
{
    if (allocator && (!allocator->allocate || !allocator->reallocate || !allocator->release))
        return pl_error_invalid(err, "allocator: all three functions must be set");
    return PODLINK_OK;
}

podlink_status pl_config_init(pl_config *config, const podlink_options *options, podlink_error *err)
{
    podlink_status status = check_allocator(options->allocator, err);
    if (status != PODLINK_OK)
        return status;
    memset(config, 0, sizeof *config);
    pl_heap_init(&config->heap, options->allocator);
    status = set_fields(config, options, err);
    if (status == PODLINK_OK)
        status = pl_url_read(options->url ? options->url : default_url, config, err);
    if (status == PODLINK_OK && config->login.user && !config->login.password)
        status = pl_error_invalid(err, "user: a user needs a password");
    if (status == PODLINK_OK && config->dedicated_min_idle > config->dedicated_max)
        status = pl_error_invalid(err, "dedicated_min_idle is more than dedicated_max");
    if (status != PODLINK_OK)
        pl_config_fini(config);
    return status;
}

void pl_config_fini(pl_config *config)
{
    free_text(&config->heap, &config->login.user);
    free_text(&config->heap, &config->login.password);
    free_text(&config->heap, &config->login.client_name);
}
