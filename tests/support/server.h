/* A real server (Redis or Valkey) of a test's own: started on a unix socket in a directory of its own, stopped and
 * removed at the end. It dies with the test program, however that ends. Knows no test framework and no client. */
#ifndef PODLINK_TESTS_SERVER_H
#define PODLINK_TESTS_SERVER_H

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

/** The path of the unix socket; lives as long as the server. */
const char *test_server_socket(const struct test_server *server);

/** The TCP port on 127.0.0.1, or 0 if the server was started without. */
uint16_t test_server_port(const struct test_server *server);

/** The process, for example to stop and continue it by signals. It changes with a restart. */
pid_t test_server_pid(const struct test_server *server);

/** Ends the process (SIGTERM, after 5 seconds SIGKILL) and starts it again: same socket, port, directory, arguments.
 *  What it held is lost, unless it was started with persistence.
 *  @return 0; -1 if it did not come back, and why is on stderr. test_server_stop() is still needed then. */
int test_server_restart(struct test_server *server);

/** Ends the process, waits for it, removes its directory and frees the server. NULL is allowed. */
void test_server_stop(struct test_server *server);

#endif
