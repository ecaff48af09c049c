/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into a server by the comparison: a disk that takes a millisecond more for each sync. */
#include <dlfcn.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { MORE_NS = 1000000 };

#define PUBLIC __attribute__((visibility("default")))

static int slowly(const char *name, int fd)
{
    int (*sync)(int);
    struct timespec more = {.tv_nsec = MORE_NS};
    *(void **)&sync = dlsym(RTLD_NEXT, name);
    int result = sync(fd), error = errno;
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &more, &more) == EINTR) {
    }
    errno = error;
    return result;
}

PUBLIC int fsync(int fd)
{
    return slowly("fsync", fd);
}

PUBLIC int fdatasync(int fd)
{
    return slowly("fdatasync", fd);
}
