/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock and ceiling files of the state directory. */
#include "daemon/store/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/journal/format.h"
#include "daemon/journal/io.h"
#include "daemon/journal/lockfile.h"
#include "wire/base/siphash.h"

enum {
    CEILING_TEXT = 48,
    REST_MS = 1000, /* rest after a failure, so that a full disk is not tried in every turn */
};

#define HOUR_NS     UINT64_C(3600000000000)
#define CEILING_MAX (UINT64_MAX - 2 * HOUR_NS) /* or revisions could overflow */

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec < 0)
        return 0; /* a clock before 1970: only the ceiling counts */
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

bool state_dir_is_ours(int fd, const char *path, const char *name, struct buf *why)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0) {
        buf_printf(why, "state %s%s: %s", path, name, strerror(errno));
        return false;
    }
    if (stat.st_uid != geteuid() && stat.st_uid != 0)
        buf_printf(why,
                   "state %s%s: it belongs to the user %u, not to the one that mgrd runs as (%u): "
                   "chown it, or choose another directory",
                   path, name, stat.st_uid, geteuid());
    else if ((stat.st_mode & S_IWOTH) != 0)
        buf_printf(why, "state %s%s: every user may write it: chmod o-w", path, name);
    else
        return true;
    return false;
}

/* Opens a file of the state directory, which must not be a link and must be ours. -1: *why tells
 * the cause, unless the file does not exist. */
static int open_ours(const struct state_dir *dir, const char *path, const char *name, int flags,
                     struct buf *why)
{
    int fd = openat(dir->fd, name + 1, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0 && errno != ENOENT)
        buf_printf(why, "state %s%s: %s", path, name, io_reason(errno));
    if (fd < 0 || state_dir_is_ours(fd, path, name, why))
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

/* 0, or -errno: a full disk may take a part of the text before it fails. */
static int write_whole(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

static bool lock(struct state_dir *dir, const char *path, struct buf *why)
{
    char text[32];
    dir->lock_fd = open_ours(dir, path, "/lock", O_RDWR | O_CREAT, why);
    if (dir->lock_fd < 0)
        return false;
    int error = lockfile_take(dir->lock_fd, false);
    if (error != 0 && error != -EWOULDBLOCK) {
        buf_printf(why, "state %s/lock: cannot be locked: %s", path, strerror(-error));
        return false;
    }
    if (error != 0) {
        ssize_t n = read(dir->lock_fd, text, sizeof text - 1);
        text[n > 0 ? n : 0] = '\0';
        buf_printf(why, "state %s: another mgrd uses it, pid %d", path, atoi(text));
        return false;
    }
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
    error = ftruncate(dir->lock_fd, 0) != 0 ? -errno : write_whole(dir->lock_fd, text, (size_t)n);
    if (error != 0)
        buf_printf(why, "state %s: lock: %s", path, strerror(-error));
    return error == 0;
}

/* Writes "NUMBER CHECK". The check is a hash of the number, so that text from elsewhere is
 * recognised. */
static int print_ceiling(uint64_t ceiling, char text[CEILING_TEXT])
{
    static const uint8_t key[16] = "mgrd's ceiling.";
    char number[24];
    int len = snprintf(number, sizeof number, "%" PRIu64, ceiling);
    return snprintf(text, CEILING_TEXT, "%s %016" PRIx64 "\n", number,
                    siphash_of(bytes_of(number, (size_t)len), key));
}

/* The text was not written by print_ceiling(). A number alone comes from an mgrd of format 1;
 * the journal beside it is refused too, and the way to migrate is told once, here. */
static void refuse_ceiling(const char *path, const char *text, uint64_t ceiling, struct buf *why)
{
    char number[CEILING_TEXT];
    snprintf(number, sizeof number, "%" PRIu64 "\n", ceiling);
    if (strcmp(text, number) == 0) {
        buf_printf(why, "state ");
        (void)format_known(path, 1, why);
        buf_printf(why, ". If there is no journal, and nothing outside this daemon remembers "
                        "tokens, remove its file 'ceiling': nothing else is old");
        return;
    }
    buf_printf(why,
               "state %s/ceiling: damaged. Tokens continue above its number. With a journal, "
               "or if nothing outside this daemon remembers tokens, remove it; else restore it "
               "from a copy: tokens could repeat",
               path);
}

static bool read_ceiling(struct state_dir *dir, const char *path, struct buf *why)
{
    char text[CEILING_TEXT] = "", again[CEILING_TEXT];
    int fd = open_ours(dir, path, "/ceiling", O_RDONLY, why);
    if (fd < 0)
        return why->len == 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    uint64_t ceiling = strtoull(text, NULL, 10);
    if (n > 0 && ceiling <= CEILING_MAX && print_ceiling(ceiling, again) == n &&
        memcmp(text, again, (size_t)n) == 0) {
        dir->ceiling = ceiling;
        return true;
    }
    refuse_ceiling(path, text, ceiling, why);
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
    if (state_dir_is_ours(dir->fd, path, "", why) && lock(dir, path, why) &&
        read_ceiling(dir, path, why))
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

/* Writes a whole new file, renames it, syncs the directory: after a crash either the old or the
 * new file is there. */
static int write_ceiling(const struct state_dir *dir, uint64_t ceiling)
{
    char text[CEILING_TEXT];
    int n = print_ceiling(ceiling, text);
    (void)unlinkat(dir->fd, "ceiling.new", 0); /* a left-over file, of any kind */
    int fd =
        openat(dir->fd, "ceiling.new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int error = write_whole(fd, text, (size_t)n);
    if (error == 0 && fsync(fd) != 0)
        error = -errno;
    close(fd);
    if (error == 0 &&
        (renameat(dir->fd, "ceiling.new", dir->fd, "ceiling") != 0 || fsync(dir->fd) != 0))
        error = -errno;
    return error;
}

bool state_dir_raise_ceiling(struct state_dir *dir, uint64_t revision, struct buf *why)
{
    if (dir->fd < 0 || (dir->ceiling > HOUR_NS && revision < dir->ceiling - HOUR_NS / 2))
        return true;
    if (revision > CEILING_MAX - HOUR_NS) {
        buf_put_text(why, "state: ceiling: the numbers of revisions are used up");
        return false;
    }
    uint64_t now_ms = clock_mono_ms();
    if (now_ms >= dir->rest_until_ms) {
        dir->error = write_ceiling(dir, revision + HOUR_NS);
        dir->rest_until_ms = dir->error == 0 ? 0 : now_ms + REST_MS;
        if (dir->error == 0) {
            dir->ceiling = revision + HOUR_NS;
            return true;
        }
    }
    buf_printf(why, "state: ceiling: %s", strerror(-dir->error));
    return revision < dir->ceiling;
}
