/* Where a server listens. */
#include "net/address.h"

#include <stdio.h>
#include <string.h>

void pl_address_tcp(pl_address *address, const char *host, uint16_t port)
{
    *address = (pl_address){.port = port};
    snprintf(address->host, sizeof address->host, "%s", host);
    const char *format = strchr(host, ':') ? "[%s]:%u" : "%s:%u";
    snprintf(address->text, sizeof address->text, format, address->host, port);
}

void pl_address_unix(pl_address *address, const char *path)
{
    *address = (pl_address){.is_unix = true};
    snprintf(address->host, sizeof address->host, "%s", path);
    snprintf(address->text, sizeof address->text, "%s", address->host);
}
