/* A real server (Redis or Valkey) of a test's own: started on a unix socket in a directory of its own, stopped and
 * removed at the end. It dies with the test program, however that ends. Knows no test framework and no client. */
#ifndef PODLINK_TESTS_REAL_SERVER_H
#define PODLINK_TESTS_REAL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct test_server;

/** Starts the server that PODLINK_TEST_SERVER names (default redis-server) on a unix socket and no port, without
 *  persistence, and waits until it answers a PING.
 *  @param extra_args  NULL, or a list that ends with NULL and is added behind our own arguments, so that it has the
 *                     last word: { "--appendonly", "yes", NULL }. Copied.
 *  @return the server, to be stopped by test_server_stop(); NULL if it could not be started, and why is on stderr
 *          with what the server logged. Blocks for 10 seconds at most. */
struct test_server *test_server_start(const char *const extra_args[]);

/** As test_server_start(), and the server listens on a free TCP port of 127.0.0.1 too. */
struct test_server *test_server_start_tcp(const char *const extra_args[]);

enum { TEST_PATH_SIZE = 320 };

/** The files of a server that speaks TLS (certificates.h makes them). It asks callers for no certificate. */
struct test_server_tls {
    char certificate[TEST_PATH_SIZE];
    char key[TEST_PATH_SIZE];
    char ca[TEST_PATH_SIZE]; /* that signs whom it calls itself, and callers that show a certificate */
};

/** How a server is started where the two above are too little. What is zero is left out. Borrowed during the start. */
struct test_server_plan {
    uint16_t port;                     /* on which it listens on 127.0.0.1, or on what "--bind" in args says */
    uint16_t tls_port;                 /* the same for TLS */
    bool is_sentinel;                  /* it is a sentinel, and config is needed */
    const struct test_server_tls *tls; /* needed for tls_port */
    const char *config;      /* the text of its configuration file, which it may write anew, as a sentinel does */
    const char *nodes;       /* the text of "nodes.conf", for "--cluster-enabled": what a node knows of its cluster */
    const char *password;    /* of the default user, and that by which it speaks to its own master */
    const char *network;     /* the path of a network namespace, in which it runs; its unix socket is seen from all */
    const char *const *args; /* as extra_args above */
};

/** Starts a server as planned; otherwise as test_server_start(). It dies with the thread that started it. */
struct test_server *test_server_start_as(const struct test_server_plan *plan);

/** The path of the unix socket; lives as long as the server. */
const char *test_server_socket(const struct test_server *server);

/** The TCP port on 127.0.0.1: that of TLS where it has no other, 0 if the server was started without. */
uint16_t test_server_port(const struct test_server *server);

/** The password of the default user, or NULL. */
const char *test_server_password(const struct test_server *server);

/** The process, for example to stop and continue it by signals; 0 after test_server_kill(). It changes with a restart.
 */
pid_t test_server_pid(const struct test_server *server);

/** Ends the process by SIGKILL and waits for it. test_server_restart() brings it back. */
void test_server_kill(struct test_server *server);

/** Stops the process by SIGSTOP, and returns when it has stopped; lets it go on. */
void test_server_suspend(struct test_server *server);
void test_server_resume(struct test_server *server);

/** Ends the process (SIGTERM, after 5 seconds SIGKILL) and starts it again: same socket, port, directory, arguments.
 *  What it held is lost, unless it was started with persistence.
 *  @return 0; -1 if it did not come back, and why is on stderr. test_server_stop() is still needed then. */
int test_server_restart(struct test_server *server);

/** As test_server_restart(), with other arguments in place of extra_args. */
int test_server_restart_as(struct test_server *server, const char *const extra_args[]);

/** Ends the process, waits for it, removes its directory and frees the server. NULL is allowed. */
void test_server_stop(struct test_server *server);

#endif
