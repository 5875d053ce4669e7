/* Test programs of the pool, over TLS: they are built with the functions of these names in api.h and server.h renamed
 * to these (meson.build). A program has one server of its own at a time, and that one is reached by TLS. */
#ifndef PODLINK_TESTS_OVER_TLS_H
#define PODLINK_TESTS_OVER_TLS_H

#include "api.h"

struct test_server *start_over_tls(const char *const extra_args[]);
podlink_options options_over_tls(const char *url);
podlink_client *open_over_tls(const char *url);

#endif
