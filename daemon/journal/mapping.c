/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps a segment's file into memory. */
#include "daemon/journal/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map(int fd, struct bytes *bytes)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return -errno;
    if (!S_ISREG(stat.st_mode))
        return -EINVAL;
    if (stat.st_size == 0)
        return 0;
    size_t len = (size_t)stat.st_size;
    void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    *bytes = bytes_of(at, len);
    return 0;
}

int mapping_open(int dir, uint64_t number, struct mapping *mapping)
{
    *mapping = (struct mapping){.number = number};
    file_name(SEGMENT_NAME, number, mapping->name);
    /* O_NONBLOCK: opening something that is no file must not block */
    int fd = openat(dir, mapping->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int error = map(fd, &mapping->bytes);
    close(fd);
    return error;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->bytes.len > 0)
        munmap((void *)(uintptr_t)mapping->bytes.data, mapping->bytes.len);
    mapping->bytes = bytes_of(NULL, 0);
}
