/* SPDX-License-Identifier: MIT */
/* Network namespaces that are connected by a switch, each with an address of its own. The first one can be cut off:
 * packets are dropped silently. They end with the test program. Needs root. */
#ifndef PODLINK_TESTS_NETWORK_NAMESPACES_H
#define PODLINK_TESTS_NETWORK_NAMESPACES_H

#include <stdbool.h>

enum { NETWORKS = 3 };

/** Moves the program, which has one thread, to the first network, and makes the others. Once in a program.
 *  @return whether that worked; if not, networks_reason() has the reason */
bool networks_start(void);
const char *networks_reason(void);

/** The address of the n-th network, and the path of its namespace: NULL for the first one, where the program is. */
const char *networks_host(unsigned n);
const char *networks_path(unsigned n);

/** Cuts the first network off; connects it again. */
bool networks_cut(void);
bool networks_heal(void);

#endif
