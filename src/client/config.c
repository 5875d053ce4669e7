/* What a client was opened with. */
#include "client/config.h"

#include "base/error.h"
#include "base/number.h"
#include "client/url.h"

#include <stdbool.h>
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
                                      .log_level = PODLINK_LOG_INFO};
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
}

/* A numeric option: its range, and how it is stored. */
typedef struct numeric_option {
    const char *name;
    int64_t least;
    int64_t most;
    bool may_be_unlimited; /* -1 is allowed, too */
    void (*set)(pl_config *config, int64_t value);
} numeric_option;

static void set_database(pl_config *config, int64_t value)
{
    config->login.database = (int32_t)value;
}

static void set_shared_connections(pl_config *config, int64_t value)
{
    config->shared_connections = (uint32_t)value;
}

static void set_retries(pl_config *config, int64_t value)
{
    config->retries = (uint32_t)value;
}

static void set_dial_timeout(pl_config *config, int64_t value)
{
    config->dial_timeout_ms = value;
}

static void set_call_timeout(pl_config *config, int64_t value)
{
    config->call_timeout_ms = value;
}

static void set_reply_max(pl_config *config, int64_t value)
{
    config->reply_max_bytes = (size_t)value;
}

static const numeric_option numeric_options[] = {
    {"database", 0, INT32_MAX, false, set_database},
    {"shared_connections", 1, 64, false, set_shared_connections},
    {"retries", 0, 100, false, set_retries},
    {"dial_timeout_ms", 1, INT32_MAX, false, set_dial_timeout},
    {"call_timeout_ms", 1, INT32_MAX, true, set_call_timeout},
    {"reply_max_bytes", SMALLEST_REPLY_MAX, INT64_C(1) << 40, false, set_reply_max},
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
    option->set(config, value);
    return PODLINK_OK;
}

static podlink_status set_named_number(pl_config *config, const char *name, int64_t value, podlink_error *err)
{
    return set_number(config, find_numeric(name), true, value, err);
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

podlink_status pl_config_set_option(pl_config *config, const char *name, const char *text, podlink_error *err)
{
    if (strcmp(name, "client_name") == 0)
        return set_client_name(config, text, err);
    const numeric_option *option = find_numeric(strcmp(name, "db") == 0 ? "database" : name);
    if (!option)
        return pl_error_invalid(err, "url: there is no option '%.64s'", name);
    int64_t value = 0;
    bool is_number = pl_number_parse(text, strlen(text), &value);
    return set_number(config, option, is_number, value, err);
}

static podlink_status set_fields(pl_config *config, const podlink_options *options, podlink_error *err)
{
    podlink_status status = set_named_number(config, "database", options->database, err);
    if (status == PODLINK_OK)
        status = set_named_number(config, "shared_connections", options->shared_connections, err);
    if (status == PODLINK_OK)
        status = set_named_number(config, "retries", options->retries, err);
    if (status == PODLINK_OK)
        status = set_named_number(config, "dial_timeout_ms", options->dial_timeout_ms, err);
    if (status == PODLINK_OK)
        status = set_named_number(config, "call_timeout_ms", options->call_timeout_ms, err);
    if (status == PODLINK_OK && options->reply_max_bytes > INT64_MAX)
        return pl_error_invalid(err, "reply_max_bytes is too large");
    if (status == PODLINK_OK)
        status = set_named_number(config, "reply_max_bytes", (int64_t)options->reply_max_bytes, err);
    if (status == PODLINK_OK)
        status = pl_config_set_text(config, &config->login.user, "user", options->user, err);
    if (status == PODLINK_OK)
        status = pl_config_set_text(config, &config->login.password, "password", options->password, err);
    if (status == PODLINK_OK)
        status = set_client_name(config, options->client_name, err);
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
