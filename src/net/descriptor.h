/* SPDX-License-Identifier: MIT */
/* Keeps sockets off the descriptors 0, 1 and 2. A host can have closed its standard streams; then the kernel gives
 * these numbers to the next sockets, and the host's output goes to the server as commands. */
#ifndef PL_NET_DESCRIPTOR_H
#define PL_NET_DESCRIPTOR_H

/** Moves a new descriptor to a number above 2, unless it is one already. Close-on-exec.
 *  @param fd  taken; -1 is passed on
 *  @return the descriptor, owned by the caller; -1 if no descriptor is left */
int pl_descriptor_keep(int fd);

#endif
