/* A proxy between a client and a real server that does to the bytes what a bad network does: delays them, cuts them
 * into pieces, stops, spoils one, ends the connection after an exact number of them. One thread, one poll loop; what it
 * holds is bounded. Knows no test framework and no protocol. Any thread may call any function but proxy_stop(). */
#ifndef PODLINK_TESTS_PROXY_H
#define PODLINK_TESTS_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proxy;

enum proxy_way { PROXY_TO_SERVER = 0, PROXY_TO_CLIENT = 1 };

enum proxy_end {
    PROXY_GOES_ON = 0,
    PROXY_FIN = 1, /* both sides see the end of the stream */
    PROXY_RST = 2  /* the client sees a reset (on a unix socket: the end) */
};

/** What is done to the bytes of one way. Zero is nothing. Offsets count for each connection from the proxy_set() that
 *  gave them, or from its beginning where it is younger. */
struct proxy_fault {
    int64_t delay_ms;   /* each byte is passed on so much later */
    size_t chop;        /* at most so many bytes are passed on at once; 0: as they come */
    bool stalls;        /* nothing is read nor passed on */
    enum proxy_end cut; /* once: cut_at bytes are passed on, and in place of the next one the connection ends */
    uint64_t cut_at;
    bool cuts_each; /* not once, but every connection that comes so far */
    uint8_t spoil;  /* once: the byte at spoil_at is passed on XOR this; 0: none is */
    uint64_t spoil_at;
    const char *swallows; /* this text is left out where it comes in one read behind something else; NULL: none is.
                             Borrowed */
};

/** Listens and passes on to the server at a unix socket; connects to it for each client, not before.
 *  @param with_tcp  on a free port of 127.0.0.1, else on a unix socket
 *  @return the proxy, to be ended by proxy_stop(); NULL if that failed, and why is on stderr */
struct proxy *proxy_start(const char *server_socket, bool with_tcp);

/** The same on a free port of 127.0.0.1, for a server at another. */
struct proxy *proxy_start_to_port(uint16_t port);

/** Ends all connections and the thread, waits for it, and frees the proxy. NULL is allowed. */
void proxy_stop(struct proxy *proxy);

/** The URL at which a client finds it; lives as long as the proxy. */
const char *proxy_url(const struct proxy *proxy);

/** From now on this is done to the bytes of that way, on the connections that there are and on those to come. NULL:
 *  nothing any more. Bytes that were held back stay so until their time. */
void proxy_set(struct proxy *proxy, enum proxy_way way, const struct proxy_fault *fault);

/** Ends every connection now. */
void proxy_end_all(struct proxy *proxy, enum proxy_end how);

/** How many connections there were so far, and how many there are now. */
uint64_t proxy_accepted(struct proxy *proxy);
uint32_t proxy_open(struct proxy *proxy);

/** Bytes passed on since the last proxy_set() of that way, on all connections. */
uint64_t proxy_passed(struct proxy *proxy, enum proxy_way way);

/** How often it has cut a connection. */
uint64_t proxy_cuts(struct proxy *proxy);

#endif
