/* SPDX-License-Identifier: MIT */
/* Dividing a URL into its parts. They are decoded later, so that a password may contain any byte but NUL. */
#include "config/url.h"

#include "base/error.h"

#include <string.h>

enum { SERVER_PORT = 6379, SENTINEL_PORT = 26379 };

#define SINGLE(scheme, default_port, tls)                                                                              \
    {                                                                                                                  \
        .name = (scheme), .kind = PL_SINGLE, .port = (default_port), .has_tls = (tls), .has_databases = true           \
    }
#define SENTINELS(scheme, tls)                                                                                         \
    {                                                                                                                  \
        .name = (scheme), .kind = PL_SENTINEL, .port = SENTINEL_PORT, .has_tls = (tls), .has_list = true,              \
        .has_sentinels = true, .has_databases = true                                                                   \
    }
#define CLUSTER(scheme, tls)                                                                                           \
    {                                                                                                                  \
        .name = (scheme), .kind = PL_CLUSTER, .port = SERVER_PORT, .has_tls = (tls), .has_list = true,                 \
        .needs_readonly = true                                                                                         \
    }

static const pl_url_scheme schemes[] = {
    SINGLE("redis", SERVER_PORT, false), SINGLE("rediss", SERVER_PORT, true), SINGLE("unix", 0, false),
    SENTINELS("sentinel", false),        SENTINELS("sentinel+tls", true),     CLUSTER("cluster", false),
    CLUSTER("cluster+tls", true),
};

static const pl_url_scheme *find_scheme(const char *text)
{
    const char *end = strstr(text, "://");
    for (size_t i = 0; end && i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i].name);
        if (length == (size_t)(end - text) && memcmp(text, schemes[i].name, length) == 0)
            return &schemes[i];
    }
    return NULL;
}

/* The credentials end at the last '@' before the path, so that a password may contain one. The path of a unix socket
 * may contain one, too: where it begins at once, there are no credentials. */
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

/* Cuts the credentials off. */
static void parse_credentials(pl_url *url, pl_url_part *text)
{
    const char *end = find_credentials_end(*text, url->scheme->port == 0);
    if (!end)
        return;
    bool has_password;
    pl_url_part password = {text->at, (size_t)(end - text->at)};
    *text = (pl_url_part){end + 1, text->length - password.length - 1};
    const pl_url_part user = pl_url_cut(&password, ':', &has_password);
    if (user.length > 0)
        url->user = user;
    if (has_password)
        url->password = password;
}

static void parse_path(pl_url *url, pl_url_part text)
{
    bool found;
    if (url->scheme->has_sentinels && text.length > 0)
        url->master_name = pl_url_cut(&text, '/', &found);
    if (text.length > 0)
        url->database = text;
}

podlink_status pl_url_parse(const char *text, pl_url *url, podlink_error *err)
{
    bool found;
    *url = (pl_url){.scheme = find_scheme(text)};
    if (!url->scheme)
        return pl_error_invalid(err,
                                "url: it must begin with redis://, rediss://, unix://, sentinel://, sentinel+tls://, "
                                "cluster:// or cluster+tls://");
    const char *begin = text + strlen(url->scheme->name) + sizeof "://" - 1;
    url->query = (pl_url_part){begin, strlen(begin)};
    pl_url_part rest = pl_url_cut(&url->query, '?', &found);
    parse_credentials(url, &rest);
    if (url->scheme->port == 0) {
        url->place = rest;
    } else {
        url->place = pl_url_cut(&rest, '/', &found);
        parse_path(url, rest);
    }
    return PODLINK_OK;
}
