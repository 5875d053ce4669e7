/* SPDX-License-Identifier: MIT */
/* The configuration of a client: takes options and URL, and checks their combination. */
#include "config/config.h"

#include "base/error.h"
#include "config/option.h"
#include "config/url_apply.h"

#include <string.h>

static podlink_status check_allocator(const podlink_allocator *allocator, podlink_error *err)
{
    if (allocator && (!allocator->allocate || !allocator->reallocate || !allocator->release))
        return pl_error_invalid(err, "allocator: all three functions must be set");
    return PODLINK_OK;
}

static podlink_status check_loading(podlink_script_loading loading, podlink_error *err)
{
    switch (loading) {
    case PODLINK_LOAD_ON_OPEN:
    case PODLINK_LOAD_IF_POSSIBLE:
    case PODLINK_LOAD_ON_DEMAND:
        return PODLINK_OK;
    }
    return pl_error_invalid(err, "script_loading is none of its values");
}

static podlink_status check_credentials(const pl_config *config, podlink_error *err)
{
    if (config->credentials && (config->login.user || config->login.password))
        return pl_error_invalid(err, "credentials: the callback gives them, so no user and no password may be given");
    if (config->login.user && !config->login.password)
        return pl_error_invalid(err, "user: a user needs a password");
    if (config->sentinel_login.user && !config->sentinel_login.password)
        return pl_error_invalid(err, "sentinel_user: a user needs a sentinel_password");
    return PODLINK_OK;
}

static podlink_status check_deployment(const pl_config *config, const pl_url_scheme *scheme, podlink_error *err)
{
    const char *of_sentinels = config->master_name               ? "master_name"
                               : config->sentinel_login.user     ? "sentinel_user"
                               : config->sentinel_login.password ? "sentinel_password"
                               : config->sentinel_tls == 1       ? "sentinel_tls"
                                                                 : NULL;
    if (scheme->has_sentinels && !config->master_name)
        return pl_error_invalid(err, "master_name: sentinels need the name of a master: sentinel://host/name");
    if (!scheme->has_sentinels && of_sentinels)
        return pl_error_invalid(err, "%s is for sentinel:// and sentinel+tls:// alone", of_sentinels);
    if (!scheme->has_databases && config->login.database != 0)
        return pl_error_invalid(err, "database: a cluster has database 0 alone");
    return PODLINK_OK;
}

/* A user who sets one of these expects TLS, and must not believe that there is TLS if there is none. */
static const char *given_tls_option(const pl_tls_options *tls)
{
    return tls->ca_file       ? "tls_ca_file"
           : tls->ca_dir      ? "tls_ca_dir"
           : tls->cert_file   ? "tls_cert_file"
           : tls->key_file    ? "tls_key_file"
           : tls->server_name ? "tls_server_name"
           : !tls->verifies   ? "tls_verify"
                              : NULL;
}

static podlink_status check_tls(const pl_config *config, podlink_error *err)
{
    const char *given = given_tls_option(&config->tls);
    if (given && !pl_config_uses_tls(config))
        return pl_option_needs_tls(given, err);
    if (config->tls.cert_file && !config->tls.key_file)
        return pl_error_invalid(err, "tls_cert_file: a certificate needs its key, tls_key_file");
    if (config->tls.key_file && !config->tls.cert_file)
        return pl_error_invalid(err, "tls_key_file: a key needs its certificate, tls_cert_file");
    return PODLINK_OK;
}

static podlink_status check_together(const pl_config *config, const pl_url_scheme *scheme, podlink_error *err)
{
    podlink_status status = check_credentials(config, err);
    if (status == PODLINK_OK)
        status = check_deployment(config, scheme, err);
    if (status == PODLINK_OK)
        status = check_tls(config, err);
    if (status == PODLINK_OK && config->dedicated_min_idle > config->dedicated_max)
        status = pl_error_invalid(err, "dedicated_min_idle is more than dedicated_max");
    return status;
}

/* Fills in what depends on the scheme. */
static void resolve(pl_config *config, const pl_url_scheme *scheme)
{
    if (config->sentinel_tls < 0)
        config->sentinel_tls = scheme->has_sentinels && config->tls_enabled;
    config->sentinel_login.client_name = config->login.client_name;
    config->login.reads_replicas = scheme->needs_readonly && config->read_from == PODLINK_READ_REPLICA;
}

static podlink_status take_url(pl_config *config, const char *text, podlink_error *err)
{
    pl_url url;
    const char *tls_option;
    podlink_status status = pl_url_parse(text, &url, err);
    if (status == PODLINK_OK)
        status = pl_url_apply(&url, config, &tls_option, err);
    if (status == PODLINK_OK && tls_option && !pl_config_uses_tls(config))
        status = pl_option_needs_tls(tls_option, err);
    if (status != PODLINK_OK)
        return status;
    resolve(config, url.scheme);
    return check_together(config, url.scheme, err);
}

podlink_status pl_config_init(pl_config *config, const podlink_options *options, podlink_error *err)
{
    podlink_status status = check_loading(options->script_loading, err);
    if (status == PODLINK_OK)
        status = check_allocator(options->allocator, err);
    if (status != PODLINK_OK)
        return status;
    memset(config, 0, sizeof *config);
    pl_heap_init(&config->heap, options->allocator);
    config->credentials = options->credentials;
    config->credentials_context = options->credentials_context;
    config->event = options->event;
    config->event_context = options->event_context;
    status = pl_options_take(config, options, err);
    if (status == PODLINK_OK)
        status = take_url(config, options->url ? options->url : PL_DEFAULT_URL, err);
    if (status != PODLINK_OK)
        pl_config_fini(config);
    return status;
}

void pl_config_fini(pl_config *config)
{
    pl_options_free(config);
    pl_heap_free(&config->heap, config->seeds);
    config->seeds = NULL;
}
