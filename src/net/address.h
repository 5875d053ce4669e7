/* SPDX-License-Identifier: MIT */
/* The address of a server: host and port, or the path of a unix socket. */
#ifndef PL_NET_ADDRESS_H
#define PL_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

enum { PL_HOST_MAX = 255, PL_UNIX_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

typedef struct pl_address {
    bool is_unix;
    uint16_t port;
    char host[PL_HOST_MAX + 1];  /* a name or an IP address; of a unix socket the path */
    char text[PL_HOST_MAX + 16]; /* for messages: host:port, [v6]:port or the path */
} pl_address;

/** The caller has checked the length of host (PL_HOST_MAX) and path (PL_UNIX_PATH_MAX). */
void pl_address_tcp(pl_address *address, const char *host, uint16_t port);
void pl_address_unix(pl_address *address, const char *path);

/** Whether both have the same path, or the same port and host. Hosts are compared as text: a name does not equal its IP
 * address. */
bool pl_address_equals(const pl_address *a, const pl_address *b);

#endif
