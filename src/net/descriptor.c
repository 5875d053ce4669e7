/* SPDX-License-Identifier: MIT */
/* Keeps sockets off the descriptors 0, 1 and 2. */
#include "net/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

enum { FIRST_FREE = 3 };

int pl_descriptor_keep(int fd)
{
    if (fd < 0 || fd >= FIRST_FREE)
        return fd;
    const int above = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
    close(fd);
    return above;
}
