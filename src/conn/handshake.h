/* SPDX-License-Identifier: MIT */
/* The first commands of a connection: authentication, database, name, role. An error in one of them ends the
 * connection, except where it says otherwise. */
#ifndef PL_CONN_HANDSHAKE_H
#define PL_CONN_HANDSHAKE_H

#include "conn/request.h"

#include <stdint.h>

/** Strings are borrowed; NULL: none. */
typedef struct pl_login {
    const char *user;
    const char *password;
    const char *client_name;
    int32_t database;
    bool reads_replicas; /* READONLY: a replica of a cluster answers reads itself instead of redirecting them */
} pl_login;

enum { PL_HANDSHAKE_MAX = 7, PL_RUN_ID_SIZE = 41 };

/** What a server reports about itself. */
typedef struct pl_server_identity {
    char run_id[PL_RUN_ID_SIZE]; /* changes with each restart; "": not known */
    uint32_t version;            /* 7.0.15 is 70015; 0: not known */
} pl_server_identity;

typedef struct pl_handshake {
    pl_request request; /* first: its functions get it as theirs */
    const pl_login *login;
    pl_server_identity identity; /* out */
    uint8_t steps[PL_HANDSHAKE_MAX];
    uint8_t states[PL_HANDSHAKE_MAX];
} pl_handshake;

/** Prepares AUTH, SELECT, CLIENT SETNAME and READONLY if they are needed, PING, ROLE if it is wanted, and INFO, in one
 *  pipeline. PING is always sent: a server that refuses the connection says so in place of the first reply. A user
 *  without permission for ROLE or INFO can connect.
 *  @param of_master  refuse a server that is not a master: EREADONLY
 *  @param err  may not be NULL: why it failed */
void pl_handshake_init(pl_handshake *handshake, const pl_login *login, bool of_master, podlink_error *err);

/** Prepares only an AUTH, for a connection that is open. The login has a password. */
void pl_handshake_init_again(pl_handshake *handshake, const pl_login *login, podlink_error *err);

#endif
