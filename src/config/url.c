/* Reading a URL into a config:
 *
 *     redis://[user[:password]@]host[:port][/database][?option=value&...]         rediss:// the same, by TLS
 *     unix://[user[:password]@]/path[?option=value&...]
 *     sentinel://[user[:password]@]host[:port][,...][/master[/database]][?...]    sentinel+tls://
 *     cluster://[user[:password]@]host[:port][,...][?...]                         cluster+tls://
 */
#include "config/url.h"

#include "base/error.h"
#include "config/option.h"
#include "config/url_part.h"
#include "config/url_place.h"

#include <stdbool.h>
#include <string.h>

enum { SERVER_PORT = 6379, SENTINEL_PORT = 26379 };

typedef struct scheme {
    const char *name;
    pl_deployment_kind kind;
    bool is_unix;
    bool has_tls;
} scheme;

static const scheme schemes[] = {
    {"redis", PL_SINGLE, false, false},       {"rediss", PL_SINGLE, false, true},
    {"unix", PL_SINGLE, true, false},         {"sentinel", PL_SENTINEL, false, false},
    {"cluster", PL_CLUSTER, false, false},    {"sentinel+tls", PL_SENTINEL, false, true},
    {"cluster+tls", PL_CLUSTER, false, true},
};

static const scheme *find_scheme(const char *url)
{
    const char *end = strstr(url, "://");
    for (size_t i = 0; end && i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i].name);
        if (length == (size_t)(end - url) && memcmp(url, schemes[i].name, length) == 0)
            return &schemes[i];
    }
    return NULL;
}

static podlink_status set_decoded(pl_config *config, const char *option, pl_url_part text, podlink_error *err)
{
    char decoded[PL_URL_PART_MAX];
    podlink_status status =
        pl_url_decode(text, decoded) ? pl_option_set(config, option, decoded, err) : pl_url_bad_part(err, option);
    explicit_bzero(decoded, sizeof decoded);
    return status;
}

/* The credentials end at the last '@' before the path, so that a password may hold one. A unix socket's path may, too,
 * where it begins at once. */
static const char *find_credentials_end(pl_url_part text, bool is_unix)
{
    size_t length = text.length;
    if (is_unix && length > 0 && text.at[0] == '/')
        return NULL;
    if (!is_unix) {
        const char *slash = memchr(text.at, '/', length);
        length = slash ? (size_t)(slash - text.at) : length;
    }
    return memrchr(text.at, '@', length);
}

/* *text is what stands behind them. */
static podlink_status read_credentials(pl_url_part *text, bool is_unix, pl_config *config, podlink_error *err)
{
    const char *end = find_credentials_end(*text, is_unix);
    if (!end)
        return PODLINK_OK;
    bool has_password;
    pl_url_part password = {text->at, (size_t)(end - text->at)};
    *text = (pl_url_part){end + 1, text->length - password.length - 1};
    const pl_url_part user = pl_url_cut(&password, ':', &has_password);
    podlink_status status = PODLINK_OK;
    if (user.length > 0)
        status = set_decoded(config, "user", user, err);
    if (status == PODLINK_OK && has_password)
        status = set_decoded(config, "password", password, err);
    return status;
}

static podlink_status read_path(pl_url_part text, pl_config *config, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    bool found;
    if (config->kind == PL_SENTINEL && text.length > 0)
        status = set_decoded(config, "master_name", pl_url_cut(&text, '/', &found), err);
    if (status == PODLINK_OK && text.length > 0)
        status = set_decoded(config, "database", text, err);
    return status;
}

static podlink_status read_servers(pl_url_part text, pl_config *config, podlink_error *err)
{
    bool found;
    const pl_url_part hosts = pl_url_cut(&text, '/', &found);
    const uint16_t port = config->kind == PL_SENTINEL ? SENTINEL_PORT : SERVER_PORT;
    podlink_status status = pl_url_read_hosts(hosts, port, config, err);
    return status == PODLINK_OK ? read_path(text, config, err) : status;
}

/* option=value. Neither is shown where there is no such option: it may be the rest of a password that holds a '?' or a
 * '&'.
 * @param tls  out: the option, where it is one for TLS */
static podlink_status read_option(pl_url_part text, int number, pl_config *config, const char **tls, podlink_error *err)
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
        *tls = option;
    podlink_status status = pl_option_set(config, option, value, err);
    explicit_bzero(value, sizeof value);
    return status;
}

static podlink_status read_query(pl_url_part query, pl_config *config, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    const char *tls = NULL;
    for (int number = 1; status == PODLINK_OK && query.length > 0; number++) {
        bool found;
        status = read_option(pl_url_cut(&query, '&', &found), number, config, &tls, err);
    }
    if (status == PODLINK_OK && tls && !pl_config_uses_tls(config))
        status = pl_option_needs_tls(tls, err);
    return status;
}

podlink_status pl_url_read(const char *url, pl_config *config, podlink_error *err)
{
    const scheme *scheme = find_scheme(url);
    if (!scheme)
        return pl_error_invalid(err,
                                "url: it must begin with redis://, rediss://, unix://, sentinel://, sentinel+tls://, "
                                "cluster:// or cluster+tls://");
    config->kind = scheme->kind;
    config->tls_enabled = scheme->has_tls;
    bool has_query;
    pl_url_part query = {url + strlen(scheme->name) + 3, strlen(url) - strlen(scheme->name) - 3};
    pl_url_part rest = pl_url_cut(&query, '?', &has_query);
    podlink_status status = read_credentials(&rest, scheme->is_unix, config, err);
    if (status == PODLINK_OK)
        status = scheme->is_unix ? pl_url_read_socket(rest, config, err) : read_servers(rest, config, err);
    return status == PODLINK_OK ? read_query(query, config, err) : status;
}
