/* SPDX-License-Identifier: MIT */
/* The first commands of a connection: who we are and which database. Any error in it is the connection's end. */
#ifndef PL_CONN_HANDSHAKE_H
#define PL_CONN_HANDSHAKE_H

#include "conn/request.h"

#include <stdint.h>

/** All borrowed; NULL where there is none. */
typedef struct pl_login {
    const char *user;
    const char *password;
    const char *client_name;
    int32_t database;
    bool reads_replicas; /* a cluster's replica is to answer reads itself, and not send them to its master */
} pl_login;

enum { PL_HANDSHAKE_MAX = 7, PL_RUN_ID_SIZE = 41 };

/** What a server tells of itself. */
typedef struct pl_server_identity {
    char run_id[PL_RUN_ID_SIZE]; /* another after each restart; "" where it does not tell */
    uint32_t version;            /* 7.0.15 is 70015; 0 where it does not tell */
} pl_server_identity;

typedef struct pl_handshake {
    pl_request request; /* first: its functions get it as theirs */
    const pl_login *login;
    pl_server_identity identity; /* out */
    uint8_t steps[PL_HANDSHAKE_MAX];
    uint8_t states[PL_HANDSHAKE_MAX];
} pl_handshake;

/** Prepares AUTH, SELECT, CLIENT SETNAME and READONLY where they are needed, a PING, a ROLE where it is wanted, and an
 * INFO, in one pipeline. The PING is there since a server that refuses the connection says so in place of a first
 * reply; that the user may not call ROLE or INFO is no failure.
 *  @param of_master  a server that is no master is refused: EREADONLY
 *  @param err  may not be NULL: why it failed */
void pl_handshake_init(pl_handshake *handshake, const pl_login *login, bool of_master, podlink_error *err);

/** Prepares an AUTH alone, for a connection that is open. The login has a password. */
void pl_handshake_init_again(pl_handshake *handshake, const pl_login *login, podlink_error *err);

#endif
