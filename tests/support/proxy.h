/* SPDX-License-Identifier: MIT */
/* A proxy between a client and a real server that acts as a bad network: it delays bytes, splits them, stops, corrupts
 * one, or ends the connection after an exact number. One thread, one poll loop, bounded memory. Knows no test framework
 * and no protocol. Any thread may call any function except proxy_stop(). */
#ifndef PODLINK_TESTS_PROXY_H
#define PODLINK_TESTS_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proxy;

enum proxy_way { PROXY_TO_SERVER = 0, PROXY_TO_CLIENT = 1 };

enum proxy_end {
    PROXY_OPEN = 0,
    PROXY_FIN = 1, /* both sides see the end of the stream */
    PROXY_RST = 2  /* the client sees a reset (on a unix socket: the end) */
};

/** What is done to the bytes of one direction. Zero means nothing. Offsets count for each connection from the
 *  proxy_set() that gave them, or from its beginning if the connection is younger. */
struct proxy_fault {
    int64_t delay_ms;   /* each byte is forwarded so much later */
    size_t chop;        /* at most so many bytes are forwarded at once; 0: as they come */
    bool stalls;        /* nothing is read or forwarded */
    enum proxy_end cut; /* once: cut_at bytes are forwarded, and then the connection ends */
    uint64_t cut_at;
    bool cuts_each; /* not once, but each connection that gets so far */
    uint8_t spoil;  /* once: the byte at spoil_at is forwarded XOR this; 0: no byte */
    uint64_t spoil_at;
    const char *swallows; /* this text is left out if it comes in one read after other bytes; NULL: none. Borrowed */
};

/** Listens, and connects to the server at a unix socket for each client that comes.
 *  @param with_tcp  on a free port of 127.0.0.1, else on a unix socket
 *  @return the proxy, to be stopped by proxy_stop(); NULL if that failed: the reason is on stderr */
struct proxy *proxy_start(const char *server_socket, bool with_tcp);

/** The same on a free port of 127.0.0.1, for a server on another port. */
struct proxy *proxy_start_to_port(uint16_t port);

/** Ends all connections and the thread, waits for it, and frees the proxy. NULL is allowed. */
void proxy_stop(struct proxy *proxy);

/** The URL for clients; valid until the proxy is stopped. */
const char *proxy_url(const struct proxy *proxy);

/** Sets what is done to the bytes of a direction, on all present and future connections. NULL: nothing. Bytes that are
 *  delayed already keep their time. */
void proxy_set(struct proxy *proxy, enum proxy_way way, const struct proxy_fault *fault);

/** Ends all connections now. */
void proxy_end_all(struct proxy *proxy, enum proxy_end how);

/** How many connections there have been so far; how many there are now. */
uint64_t proxy_accepted(struct proxy *proxy);
uint32_t proxy_open(struct proxy *proxy);

/** Bytes forwarded in that direction since the last proxy_set(), on all connections. */
uint64_t proxy_forwarded(struct proxy *proxy, enum proxy_way way);

/** How often it has cut a connection. */
uint64_t proxy_cuts(struct proxy *proxy);

#endif
