/* SPDX-License-Identifier: MIT */
/* The addresses in a URL: hosts and ports, or the path of a unix socket. */
#include "config/url_hosts.h"

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>
#include <string.h>

static podlink_status read_port(pl_url_part text, uint16_t *port, podlink_error *err)
{
    int64_t value;
    if (!pl_number_parse(text.at, text.length, &value) || value < 1 || value > UINT16_MAX)
        return pl_error_invalid(err, "url: the port must be a number from 1 to 65535");
    *port = (uint16_t)value;
    return PODLINK_OK;
}

/* Divides "[v6]:port" or "host:port". *text becomes what is behind the ':'. */
static podlink_status cut_host(pl_url_part *text, pl_url_part *host, bool *has_port, podlink_error *err)
{
    if (text->length == 0 || text->at[0] != '[') {
        *host = pl_url_cut(text, ':', has_port);
        return PODLINK_OK;
    }
    bool is_closed;
    *text = (pl_url_part){text->at + 1, text->length - 1};
    *host = pl_url_cut(text, ']', &is_closed);
    *has_port = text->length > 0;
    if (!is_closed || (*has_port && text->at[0] != ':'))
        return pl_error_invalid(err, "url: an IPv6 address must stand between '[' and ']'");
    if (*has_port)
        *text = (pl_url_part){text->at + 1, text->length - 1};
    return PODLINK_OK;
}

static podlink_status read_host(pl_url_part text, uint16_t port, pl_address *address, podlink_error *err)
{
    bool has_port;
    pl_url_part host;
    char decoded[PL_URL_PART_MAX];
    podlink_status status = cut_host(&text, &host, &has_port, err);
    if (status != PODLINK_OK)
        return status;
    if (host.length == 0)
        return pl_error_invalid(err, "url: the host is missing");
    if (!pl_url_decode_plain(host, decoded) || strlen(decoded) > PL_HOST_MAX)
        return pl_url_bad_part(err, "host");
    if (has_port)
        status = read_port(text, &port, err);
    if (status == PODLINK_OK)
        pl_address_tcp(address, decoded, port);
    return status;
}

static size_t count_hosts(pl_url_part text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.length; i++)
        count += text.at[i] == ',';
    return count;
}

static podlink_status read_hosts(pl_url_part text, uint16_t port, pl_address *seeds, size_t count, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < count && status == PODLINK_OK; i++) {
        bool found;
        status = read_host(pl_url_cut(&text, ',', &found), port, &seeds[i], err);
    }
    return status;
}

static podlink_status read_socket(pl_url_part text, pl_address *seed, podlink_error *err)
{
    char decoded[PL_URL_PART_MAX];
    if (!pl_url_decode_plain(text, decoded))
        return pl_url_bad_part(err, "path");
    if (decoded[0] != '/')
        return pl_error_invalid(err, "url: unix:// needs an absolute path: unix:///path/to/socket");
    if (strlen(decoded) > PL_UNIX_PATH_MAX)
        return pl_error_invalid(err, "url: the path of a unix socket has at most %d bytes", PL_UNIX_PATH_MAX);
    pl_address_unix(seed, decoded);
    return PODLINK_OK;
}

podlink_status pl_url_read_seeds(const pl_url *url, const pl_heap *heap, pl_address **seeds, size_t *count,
                                 podlink_error *err)
{
    const uint16_t port = url->scheme->port;
    const size_t hosts = port == 0 ? 1 : count_hosts(url->place);
    if (hosts > 1 && !url->scheme->has_list)
        return pl_error_invalid(err, "url: a list of hosts is for sentinels and clusters alone");
    if (hosts > PL_SEEDS_MAX)
        return pl_error_invalid(err, "url: there are more than %d hosts", PL_SEEDS_MAX);
    *seeds = pl_heap_zalloc(heap, hosts * sizeof **seeds);
    if (!*seeds)
        return pl_error_no_memory(err);
    *count = hosts;
    return port == 0 ? read_socket(url->place, *seeds, err) : read_hosts(url->place, port, *seeds, hosts, err);
}
