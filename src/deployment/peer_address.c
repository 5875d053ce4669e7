/* SPDX-License-Identifier: MIT */
/* Addresses that servers announce. */
#include "deployment/peer_address.h"

#include <string.h>

/* The characters of names, of IPv4 and IPv6 addresses, and of an IPv6 address with its zone. Not isalnum(), which
 * depends on the locale. */
static bool is_host_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '%';
}

/* "?": the server does not know the host. */
static bool is_host(const char *host, size_t length)
{
    if (length > PL_HOST_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_host_character(host[i]))
            return length == 1 && host[0] == '?';
    return true;
}

pl_peer_address pl_peer_address_read(const char *host, size_t length, int64_t port, const pl_address *asked,
                                     pl_address *address)
{
    if (port < 0 || port > UINT16_MAX || !is_host(host, length))
        return PL_PEER_ADDRESS_INVALID;
    if (port == 0 || (length == 1 && host[0] == '?'))
        return PL_PEER_ADDRESS_UNKNOWN;
    if (length == 0 && (!asked || asked->is_unix))
        return PL_PEER_ADDRESS_UNKNOWN;
    char name[PL_HOST_MAX + 1];
    if (length == 0)
        length = strlen(host = asked->host);
    memcpy(name, host, length);
    name[length] = '\0';
    pl_address_tcp(address, name, (uint16_t)port);
    return PL_PEER_ADDRESS_OK;
}
