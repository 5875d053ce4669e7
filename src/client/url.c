/* Reading a URL into a config: scheme://[user[:password]@]host[:port][/database][?option=value&...]. Each part is
 * percent-decoded after it was cut out, so that a password may hold any byte but NUL. */
#include "client/url.h"

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>
#include <string.h>

enum { DEFAULT_PORT = 6379, PART_MAX = 1024 };

typedef struct part {
    const char *at;
    size_t length;
} part;

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* False where a %xx is none, is a NUL, or the text is too long. */
static bool decode(part text, char out[PART_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '%') {
            int high = i + 2 < text.length ? hex_digit(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
            if (low < 0 || high * 16 + low == 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= PART_MAX)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

static podlink_status bad_part(podlink_error *err, const char *name)
{
    return pl_error_invalid(err, "url: the %s is too long or holds a '%%' that is not followed by two hex digits",
                            name);
}

static void wipe(char *text, size_t size)
{
    explicit_bzero(text, size);
}

/* Cuts text before the first c: @return what stands before it, or all; *text is what stands after it, or empty. */
static part cut(part *text, char c, bool *found)
{
    const char *at = memchr(text->at, c, text->length);
    *found = at != NULL;
    part before = {text->at, at ? (size_t)(at - text->at) : text->length};
    size_t skip = before.length + (at ? 1 : 0);
    *text = (part){text->at + skip, text->length - skip};
    return before;
}

static podlink_status set_decoded(pl_config *config, const char **field, const char *name, part text,
                                  podlink_error *err)
{
    char decoded[PART_MAX];
    podlink_status status =
        decode(text, decoded) ? pl_config_set_text(config, field, name, decoded, err) : bad_part(err, name);
    wipe(decoded, sizeof decoded);
    return status;
}

static podlink_status read_credentials(part credentials, pl_config *config, podlink_error *err)
{
    bool has_password;
    part user = cut(&credentials, ':', &has_password);
    podlink_status status = PODLINK_OK;
    if (user.length > 0)
        status = set_decoded(config, &config->login.user, "user", user, err);
    if (status == PODLINK_OK && has_password)
        status = set_decoded(config, &config->login.password, "password", credentials, err);
    return status;
}

static podlink_status read_port(part text, uint16_t *port, podlink_error *err)
{
    int64_t value;
    if (!pl_number_parse(text.at, text.length, &value) || value < 1 || value > UINT16_MAX)
        return pl_error_invalid(err, "url: the port must be a number from 1 to 65535");
    *port = (uint16_t)value;
    return PODLINK_OK;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

static podlink_status read_host(part text, pl_config *config, podlink_error *err)
{
    bool has_port = false;
    part host;
    if (text.length > 0 && text.at[0] == '[') {
        bool is_closed;
        text = (part){text.at + 1, text.length - 1};
        host = cut(&text, ']', &is_closed);
        if (!is_closed || (text.length > 0 && text.at[0] != ':'))
            return pl_error_invalid(err, "url: an IPv6 address must stand between '[' and ']'");
        has_port = text.length > 0;
        text = has_port ? (part){text.at + 1, text.length - 1} : text;
    } else {
        host = cut(&text, ':', &has_port);
    }
    char decoded[PART_MAX];
    uint16_t port = DEFAULT_PORT;
    if (host.length == 0)
        return pl_error_invalid(err, "url: the host is missing");
    if (!decode(host, decoded) || strlen(decoded) > PL_HOST_MAX)
        return bad_part(err, "host");
    if (has_control(decoded))
        return pl_error_invalid(err, "url: the host holds a control character");
    podlink_status status = has_port ? read_port(text, &port, err) : PODLINK_OK;
    if (status == PODLINK_OK)
        pl_address_tcp(&config->address, decoded, port);
    return status;
}

static podlink_status read_socket_path(part text, pl_config *config, podlink_error *err)
{
    char decoded[PART_MAX];
    if (!decode(text, decoded))
        return bad_part(err, "path");
    if (has_control(decoded))
        return pl_error_invalid(err, "url: the path holds a control character");
    if (decoded[0] != '/')
        return pl_error_invalid(err, "url: unix:// needs an absolute path: unix:///path/to/socket");
    if (strlen(decoded) > PL_UNIX_PATH_MAX)
        return pl_error_invalid(err, "url: the path of a unix socket has at most %d bytes", PL_UNIX_PATH_MAX);
    pl_address_unix(&config->address, decoded);
    return PODLINK_OK;
}

/* Its name is not shown: it may be the rest of a password that holds a '?' or '&'. */
static podlink_status unknown_option(int number, podlink_error *err)
{
    char names[320];
    pl_config_option_names(names, sizeof names);
    return pl_error_invalid(err, "url: option %d of the query is none of %s", number, names);
}

static podlink_status read_query(part query, pl_config *config, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (int number = 1; status == PODLINK_OK && query.length > 0; number++) {
        char name[PART_MAX], value[PART_MAX];
        bool found;
        part text = cut(&query, '&', &found);
        part key = cut(&text, '=', &found);
        if (!found) /* not shown: it may be the rest of a password that holds a '?' */
            return pl_error_invalid(err, "url: the query must be option=value; a '?' in a password is written %%3F");
        if (!decode(key, name) || !decode(text, value))
            return bad_part(err, "query");
        if (!pl_config_has_option(name))
            return unknown_option(number, err);
        status = pl_config_set_option(config, name, value, err);
        wipe(value, sizeof value);
    }
    return status;
}

static podlink_status read_tcp(part rest, pl_config *config, podlink_error *err)
{
    bool found;
    part host = cut(&rest, '/', &found);
    podlink_status status = read_host(host, config, err);
    if (status != PODLINK_OK || rest.length == 0)
        return status;
    char database[PART_MAX];
    if (!decode(rest, database))
        return bad_part(err, "database");
    return pl_config_set_option(config, "database", database, err);
}

static bool is_scheme(part scheme, const char *name)
{
    return scheme.length == strlen(name) && memcmp(scheme.at, name, scheme.length) == 0;
}

static podlink_status check_scheme(part scheme, podlink_error *err)
{
    static const char *const later[] = {"rediss", "sentinel", "cluster", "cluster+tls", "sentinel+tls"};
    if (is_scheme(scheme, "redis") || is_scheme(scheme, "unix"))
        return PODLINK_OK;
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (is_scheme(scheme, later[i]))
            return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT,
                                "url: %s:// is not supported by this version", later[i]);
    return pl_error_invalid(err, "url: it must begin with redis:// or unix://");
}

/* The credentials end at the last '@' before the path, so that a password may hold one. A unix socket's path may, too,
 * where it begins at once. */
static const char *find_credentials_end(part text, bool is_unix)
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

podlink_status pl_url_read(const char *url, pl_config *config, podlink_error *err)
{
    const char *separator = strstr(url, "://");
    if (!separator)
        return pl_error_invalid(err, "url: it must begin with redis:// or unix://");
    part scheme = {url, (size_t)(separator - url)};
    podlink_status status = check_scheme(scheme, err);
    if (status != PODLINK_OK)
        return status;
    const bool is_unix = is_scheme(scheme, "unix");
    bool has_query;
    part query = {separator + 3, strlen(separator + 3)};
    part rest = cut(&query, '?', &has_query);
    const char *at = find_credentials_end(rest, is_unix);
    if (at) {
        part credentials = {rest.at, (size_t)(at - rest.at)};
        rest = (part){at + 1, rest.length - credentials.length - 1};
        status = read_credentials(credentials, config, err);
    }
    if (status == PODLINK_OK)
        status = is_unix ? read_socket_path(rest, config, err) : read_tcp(rest, config, err);
    return status == PODLINK_OK ? read_query(query, config, err) : status;
}
