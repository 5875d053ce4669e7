/* The part of a URL that says where servers listen. */
#include "config/url_place.h"

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

/* Cuts "[v6]:port" or "host:port" in two. *text is what stands behind the ':'. */
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

static bool make_seeds(pl_config *config, size_t count)
{
    config->seeds = pl_heap_zalloc(&config->heap, count * sizeof *config->seeds);
    config->seed_count = config->seeds ? count : 0;
    return config->seeds != NULL;
}

podlink_status pl_url_read_hosts(pl_url_part text, uint16_t port, pl_config *config, podlink_error *err)
{
    const size_t count = count_hosts(text);
    podlink_status status = PODLINK_OK;
    if (count > 1 && config->kind == PL_SINGLE)
        return pl_error_invalid(err, "url: a list of hosts is for sentinels and clusters alone");
    if (count > PL_SEEDS_MAX)
        return pl_error_invalid(err, "url: there are more than %d hosts", PL_SEEDS_MAX);
    if (!make_seeds(config, count))
        return pl_error_no_memory(err);
    for (size_t i = 0; i < count && status == PODLINK_OK; i++) {
        bool found;
        status = read_host(pl_url_cut(&text, ',', &found), port, &config->seeds[i], err);
    }
    config->address = config->seeds[0];
    return status;
}

podlink_status pl_url_read_socket(pl_url_part text, pl_config *config, podlink_error *err)
{
    char decoded[PL_URL_PART_MAX];
    if (!pl_url_decode_plain(text, decoded))
        return pl_url_bad_part(err, "path");
    if (decoded[0] != '/')
        return pl_error_invalid(err, "url: unix:// needs an absolute path: unix:///path/to/socket");
    if (strlen(decoded) > PL_UNIX_PATH_MAX)
        return pl_error_invalid(err, "url: the path of a unix socket has at most %d bytes", PL_UNIX_PATH_MAX);
    if (!make_seeds(config, 1))
        return pl_error_no_memory(err);
    pl_address_unix(&config->seeds[0], decoded);
    config->address = config->seeds[0];
    return PODLINK_OK;
}
