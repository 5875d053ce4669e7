/* Network namespaces that a switch connects, each with an address of its own, and one of which can be cut off: nothing
 * comes through any more, and nobody is told. They end with the test program. Needs root. */
#ifndef PODLINK_TESTS_NETWORK_NAMESPACES_H
#define PODLINK_TESTS_NETWORK_NAMESPACES_H

#include <stdbool.h>

enum { NETWORKS = 3 };

/** Moves the program, which has one thread, to the first of them, and makes the others.
 *  @return whether that worked; if not, why stands in networks_reason(). Once in a program */
bool networks_start(void);
const char *networks_reason(void);

/** The address of the n-th, and the path of its namespace: NULL for the first one, where the program is. */
const char *networks_host(unsigned n);
const char *networks_path(unsigned n);

/** Cuts the first one off, and connects it again. */
bool networks_cut(void);
bool networks_heal(void);

#endif
