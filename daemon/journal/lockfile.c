/* SPDX-License-Identifier: BSD-2-Clause */
/* A child of a killed mgrd keeps copies of its descriptors, and so its lock, until it executes
 * its program: for a moment a dead mgrd seems to be alive. */
#include "daemon/journal/lockfile.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/file.h>

enum { LOOKS = 50, LOOK_AGAIN_MS = 20 };

int lockfile_take(int fd, bool shared)
{
    int how = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    for (int look = 0; flock(fd, how) != 0; look++) {
        if (errno != EWOULDBLOCK || look == LOOKS)
            return -errno;
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
    return 0;
}
