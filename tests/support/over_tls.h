/* SPDX-License-Identifier: MIT */
/* The pool's test programs over TLS. They are built with some functions of api.h and real_server.h renamed to these
 * (meson.build). A program has one server at a time, which is reached over TLS. */
#ifndef PODLINK_TESTS_OVER_TLS_H
#define PODLINK_TESTS_OVER_TLS_H

#include "api.h"

struct test_server *start_over_tls(const char *const extra_args[]);
podlink_options options_over_tls(const char *url);
podlink_client *open_over_tls(const char *url);

#endif
