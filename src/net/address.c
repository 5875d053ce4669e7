/* SPDX-License-Identifier: MIT */
/* The address of a server. */
#include "net/address.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

void pl_address_tcp(pl_address *address, const char *host, uint16_t port)
{
    *address = (pl_address){.port = port};
    snprintf(address->host, sizeof address->host, "%s", host);
    char shown[PL_HOST_MAX + 1];
    pl_text_escape(host, strlen(host), shown, sizeof shown);
    snprintf(address->text, sizeof address->text, strchr(host, ':') ? "[%s]:%u" : "%s:%u", shown, port);
}

void pl_address_unix(pl_address *address, const char *path)
{
    *address = (pl_address){.is_unix = true};
    snprintf(address->host, sizeof address->host, "%s", path);
    pl_text_escape(path, strlen(path), address->text, sizeof address->text);
}

bool pl_address_equals(const pl_address *a, const pl_address *b)
{
    return a->port == b->port && a->is_unix == b->is_unix && strcmp(a->host, b->host) == 0;
}
