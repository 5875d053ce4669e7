/* A network of streams in place of sockets: it delays, chops, cuts and refuses. One end is the library's (pl_socket_*),
 * the other the model server's. */
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
    uint32_t storm_max; /* dials in a second in which none succeeds */
} network_profile;

/** What becomes of those who want to connect. */
typedef enum network_door {
    DOOR_OPEN,
    DOOR_REFUSES,
    DOOR_FULL,         /* the queue is full: they are not heard, and try again */
    DOOR_NO_DESCRIPTOR /* the client has none left */
} network_door;

void network_begin(const network_profile *profile);
void network_end(void);

int64_t network_next_event(void);
void network_advance(void);

void network_set_door(network_door door);

/** From now on nothing is cut any more. */
void network_heal(void);

/** Neither side has closed it, and nothing is wrong with it. */
bool network_is_sound(int connection);

/** From now on the library must not use it any more. @param why  static */
void network_condemn(int connection, const char *why);

/** The library's descriptors that are open. */
uint32_t network_open_count(void);

/* --- the server's side; connections are numbered from 0 to network_count() - 1 ----------------------------------- */

int network_count(void);
bool network_is_up(int connection);

/** What has come and was not taken. */
const char *network_unread(int connection, size_t *length);
void network_take(int connection, size_t length);

/** @param token  whose answer ends with these bytes, or TOKEN_NONE */
void network_send(int connection, const char *bytes, size_t length, uint32_t token);

void network_close(int connection, bool is_reset);

/** It will be cut after a few more bytes, in one direction or the other. */
void network_cut_soon(int connection);

/** Sends what nobody has asked for. */
void network_send_unasked(int connection, const char *bytes, size_t length);

/** A connection's handshake has succeeded. */
void network_note_success(void);

#endif
