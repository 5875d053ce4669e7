/* SPDX-License-Identifier: MIT */
/* What a running private server reports about itself. */
#ifndef CLI_SERVER_FACTS_H
#define CLI_SERVER_FACTS_H

#include "server/private_server.h"

#include <stdint.h>

typedef struct cli_server_facts {
    bool answers;
    bool loading; /* it answers, but still loads its data */
    int64_t pid;  /* -1: it does not answer */
    int64_t keys;
    char version[48];
} cli_server_facts;

/** Queries the server behind the socket. A silent server costs one second. */
cli_server_facts cli_server_query(const cli_private_server *server);

#endif
