/* SPDX-License-Identifier: MIT */
/* Descriptors that are never 0, 1 or 2. A host can have closed its standard streams; then the kernel gives these
 * numbers to the next sockets, and what the host prints goes to the server as commands. */
#ifndef PL_NET_DESCRIPTOR_H
#define PL_NET_DESCRIPTOR_H

/** Moves a new descriptor to a number above 2, where it is not above already. Close-on-exec.
 *  @param fd  taken; -1 is passed on
 *  @return the descriptor, owned by the caller; -1 where there is none left */
int pl_descriptor_keep(int fd);

#endif
