/* SPDX-License-Identifier: MIT */
/* A network of streams instead of sockets: it delays, splits, cuts and refuses. One end is the library's (pl_socket_*),
 * the other is the model server's. */
#ifndef PODLINK_TESTS_SIM_NETWORK_H
#define PODLINK_TESTS_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct network_profile {
    int64_t latency_most;
    uint32_t chop_one_in;  /* a read, a write or a packet is cut into pieces */
    uint32_t again_one_in; /* a read or a write does nothing this time */
    uint32_t cut_one_in;   /* a new connection is cut at some byte */
    size_t room_most;      /* of a socket's buffer */
    uint32_t open_max;     /* descriptors that the library may have */
    int64_t dial_timeout;
    uint32_t storm_max; /* dials per second while none succeeds */
} network_profile;

/** What happens to a connection attempt. */
typedef enum network_listener {
    LISTENER_ACCEPTS,
    LISTENER_REFUSES,
    LISTENER_FULL, /* the queue is full: no answer, and the client tries again */
    NO_DESCRIPTOR  /* the client has no descriptor left */
} network_listener;

void network_begin(const network_profile *profile);
void network_end(void);

int64_t network_next_event(void);
void network_advance(void);

void network_set_listener(network_listener listener);

/** From now on nothing is cut. */
void network_heal(void);

/** Whether neither side has closed it and it has no fault. */
bool network_is_sound(int connection);

/** From now on the library must not use it. @param why  static */
void network_forbid(int connection, const char *why);

/** How many descriptors of the library are open. */
uint32_t network_open_count(void);

/* --- the server's side; connections are numbered from 0 to network_count() - 1 ----------------------------------- */

int network_count(void);
bool network_is_up(int connection);

/** The bytes that have arrived and were not taken. */
const char *network_unread(int connection, size_t *length);
void network_take(int connection, size_t length);

/** @param token  its answer ends with these bytes; or TOKEN_NONE */
void network_send(int connection, const char *bytes, size_t length, uint32_t token);

void network_close(int connection, bool is_reset);

/** The connection will be cut after a few more bytes in one direction. */
void network_cut_soon(int connection);

/** Sends something unsolicited. */
void network_send_unsolicited(int connection, const char *bytes, size_t length);

/** A connection's handshake has succeeded. */
void network_note_success(void);

#endif
