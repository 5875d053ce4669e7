/* SPDX-License-Identifier: MIT */
/* A real server (Redis or Valkey) for a test: started on a unix socket in a directory of its own, stopped and removed
 * at the end. It ends with the test program in any case. Knows no test framework and no client. */
#ifndef PODLINK_TESTS_REAL_SERVER_H
#define PODLINK_TESTS_REAL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct test_server;

/** Starts the server that PODLINK_TEST_SERVER names (default redis-server) on a unix socket and no port, without
 *  persistence, and waits until it answers a PING. Blocks for at most 10 seconds.
 *  @param extra_args  NULL, or a list that ends with NULL. It follows our own arguments and overrides them: {
 *                     "--appendonly", "yes", NULL }. Copied.
 *  @return the server, to be stopped by test_server_stop(); NULL if it could not be started: the reason and the
 *          server's log are on stderr */
struct test_server *test_server_start(const char *const extra_args[]);

/** As test_server_start(); the server also listens on a free TCP port of 127.0.0.1. */
struct test_server *test_server_start_tcp(const char *const extra_args[]);

enum { TEST_PATH_SIZE = 320 };

/** The files of a server with TLS (made by certificates.h). It does not ask clients for a certificate. */
struct test_server_tls {
    char certificate[TEST_PATH_SIZE];
    char key[TEST_PATH_SIZE];
    char ca[TEST_PATH_SIZE]; /* the CA of the servers that it calls, and of client certificates */
};

/** How a server is started, for what the two functions above do not cover. Zero fields are left out. Borrowed during
 *  the start. */
struct test_server_plan {
    uint16_t port;                     /* on 127.0.0.1, or on what "--bind" in args says */
    uint16_t tls_port;                 /* the same for TLS */
    bool is_sentinel;                  /* a sentinel; config is needed */
    const struct test_server_tls *tls; /* needed for tls_port */
    const char *config;      /* the text of its configuration file, which it may rewrite, as a sentinel does */
    const char *nodes;       /* the text of "nodes.conf" for "--cluster-enabled": what a node knows of its cluster */
    const char *password;    /* of the default user, and for the connection to its own master */
    const char *network;     /* the path of a network namespace for it; its unix socket is visible from all */
    const char *const *args; /* as extra_args above */
};

/** Starts a server by a plan, otherwise as test_server_start(). It ends with the thread that started it. */
struct test_server *test_server_start_as(const struct test_server_plan *plan);

/** The path of the unix socket; valid as long as the server. */
const char *test_server_socket(const struct test_server *server);

/** The TCP port on 127.0.0.1, or that of TLS if there is no other; 0 if the server was started without. */
uint16_t test_server_port(const struct test_server *server);

/** The password of the default user, or NULL. */
const char *test_server_password(const struct test_server *server);

/** The process, for example to stop and continue it by signals; 0 after test_server_kill(). It changes with a restart.
 */
pid_t test_server_pid(const struct test_server *server);

/** Ends the process by SIGKILL and waits for it. test_server_restart() brings it back. */
void test_server_kill(struct test_server *server);

/** Stops the process by SIGSTOP, and returns when it has stopped; continues it. */
void test_server_suspend(struct test_server *server);
void test_server_resume(struct test_server *server);

/** Ends the process (SIGTERM, after 5 seconds SIGKILL) and starts it again: same socket, port, directory, arguments.
 *  Without persistence its data is lost.
 *  @return 0; -1 if it did not start again: the reason is on stderr. test_server_stop() is still needed then. */
int test_server_restart(struct test_server *server);

/** As test_server_restart(), with other arguments instead of extra_args. */
int test_server_restart_as(struct test_server *server, const char *const extra_args[]);

/** Ends the process, waits for it, removes its directory and frees the server. NULL is allowed. */
void test_server_stop(struct test_server *server);

#endif
