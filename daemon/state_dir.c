/* SPDX-License-Identifier: BSD-2-Clause */
/* The state directory's lock and ceiling files. */
#include "daemon/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HOUR_NS UINT64_C(3600000000000)

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int state_dir_make(const char *path)
{
    char part[4096];
    size_t len = strlen(path);
    if (len >= sizeof part)
        return -ENAMETOOLONG;
    memcpy(part, path, len + 1);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(part, 0700) != 0 && errno != EEXIST ? -errno : 0;
}

static bool lock(struct state_dir *dir, const char *path, struct buf *why)
{
    char text[32];
    dir->lock_fd = openat(dir->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock_fd < 0) {
        buf_printf(why, "state %s: lock: %s", path, strerror(errno));
        return false;
    }
    if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = read(dir->lock_fd, text, sizeof text - 1);
        text[n > 0 ? n : 0] = '\0';
        buf_printf(why, "state %s: another mgrd uses it, pid %d", path, atoi(text));
        return false;
    }
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(dir->lock_fd, 0) != 0 || pwrite(dir->lock_fd, text, (size_t)n, 0) != n) {
        buf_printf(why, "state %s: lock: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool read_ceiling(struct state_dir *dir, const char *path, struct buf *why)
{
    char text[32], *end;
    int fd = openat(dir->fd, "ceiling", O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return true;
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n > 0) {
        text[n] = '\0';
        errno = 0;
        dir->ceiling = strtoull(text, &end, 10);
        if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\n' &&
            dir->ceiling < UINT64_MAX - 2 * HOUR_NS)
            return true;
    }
    buf_printf(why, "state %s/ceiling: not readable as a number; tokens could repeat", path);
    return false;
}

bool state_dir_open(struct state_dir *dir, const char *path, struct buf *why)
{
    *dir = (struct state_dir){.fd = -1, .lock_fd = -1};
    if (path == NULL)
        return true;
    int error = state_dir_make(path);
    if (error == 0) {
        dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        error = dir->fd < 0 ? -errno : 0;
    }
    if (error != 0) {
        buf_printf(why, "state %s: %s", path, strerror(-error));
        return false;
    }
    if (lock(dir, path, why) && read_ceiling(dir, path, why))
        return true;
    state_dir_close(dir);
    return false;
}

void state_dir_close(struct state_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = dir->lock_fd = -1;
}

uint64_t state_dir_floor(const struct state_dir *dir)
{
    uint64_t now = wall_ns();
    return now > dir->ceiling ? now : dir->ceiling;
}

/* Whole file, then rename, then the directory: after a crash it is the old one or the new one. */
static int write_ceiling(const struct state_dir *dir, uint64_t ceiling)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%" PRIu64 "\n", ceiling);
    int fd = openat(dir->fd, "ceiling.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    bool ok = write(fd, text, (size_t)n) == n && fsync(fd) == 0;
    int error = ok ? 0 : -errno;
    close(fd);
    if (ok && (renameat(dir->fd, "ceiling.new", dir->fd, "ceiling") != 0 || fsync(dir->fd) != 0))
        error = -errno;
    return error;
}

bool state_dir_cover(struct state_dir *dir, uint64_t revision, struct buf *why)
{
    if (dir->fd < 0 || revision + HOUR_NS / 2 < dir->ceiling)
        return true;
    int error = write_ceiling(dir, revision + HOUR_NS);
    if (error == 0) {
        dir->ceiling = revision + HOUR_NS;
        return true;
    }
    buf_printf(why, "state: ceiling: %s", strerror(-error));
    return revision < dir->ceiling;
}
