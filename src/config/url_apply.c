/* SPDX-License-Identifier: MIT */
/* Applying a URL to a configuration. */
#include "config/url_apply.h"

#include "base/error.h"
#include "config/option.h"
#include "config/url_hosts.h"

#include <stdbool.h>
#include <string.h>

/* Sets an option from a part, which may be absent. */
static podlink_status set_decoded(pl_config *config, const char *option, pl_url_part part, podlink_error *err)
{
    char decoded[PL_URL_PART_MAX];
    if (!part.at)
        return PODLINK_OK;
    podlink_status status =
        pl_url_decode(part, decoded) ? pl_option_set(config, option, decoded, err) : pl_url_bad_part(err, option);
    explicit_bzero(decoded, sizeof decoded);
    return status;
}

static podlink_status set_seeds(pl_config *config, const pl_url *url, podlink_error *err)
{
    podlink_status status = pl_url_read_seeds(url, &config->heap, &config->seeds, &config->seed_count, err);
    if (status == PODLINK_OK)
        config->address = config->seeds[0];
    return status;
}

/* option=value. An unknown option is not shown: it may be the rest of a password that contains a '?' or a '&'. */
static podlink_status set_option(pl_config *config, pl_url_part text, int number, const char **tls_option,
                                 podlink_error *err)
{
    char name[PL_URL_PART_MAX], value[PL_URL_PART_MAX];
    bool found;
    const pl_url_part key = pl_url_cut(&text, '=', &found);
    if (!found)
        return pl_error_invalid(err, "url: the query must be option=value; a '?' in a password is written %%3F");
    if (!pl_url_decode(key, name) || !pl_url_decode(text, value))
        return pl_url_bad_part(err, "query");
    const char *option = pl_option_find(name);
    if (!option)
        return pl_error_invalid(err, "url: option %d of the query is none that podlink has", number);
    if (strncmp(option, "tls_", 4) == 0)
        *tls_option = option;
    podlink_status status = pl_option_set(config, option, value, err);
    explicit_bzero(value, sizeof value);
    return status;
}

static podlink_status set_options(pl_config *config, pl_url_part query, const char **tls_option, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (int number = 1; status == PODLINK_OK && query.length > 0; number++) {
        bool found;
        status = set_option(config, pl_url_cut(&query, '&', &found), number, tls_option, err);
    }
    return status;
}

podlink_status pl_url_apply(const pl_url *url, pl_config *config, const char **tls_option, podlink_error *err)
{
    *tls_option = NULL;
    config->kind = url->scheme->kind;
    config->tls_enabled = url->scheme->has_tls;
    podlink_status status = set_decoded(config, "user", url->user, err);
    if (status == PODLINK_OK)
        status = set_decoded(config, "password", url->password, err);
    if (status == PODLINK_OK)
        status = set_seeds(config, url, err);
    if (status == PODLINK_OK)
        status = set_decoded(config, "master_name", url->master_name, err);
    if (status == PODLINK_OK)
        status = set_decoded(config, "database", url->database, err);
    if (status == PODLINK_OK)
        status = set_options(config, url->query, tls_option, err);
    return status;
}
