/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts in a file, which programs on many machines share, under a lock of mgrd.
 *
 *     lock FILE [TIMES]
 *
 * A lock cannot stop an owner that does not know that its time is over: it was suspended, say, and
 * the next one is at work already. So the file is changed together with the token of the lock:
 * tokens grow with every owner, and a writer whose token is smaller than the file's is refused. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <mgr.h>

enum { PATIENCE_MS = 60000, TEXT_MAX = 64 };

struct count {
    uint64_t token; /* of the last writer */
    int64_t value;
};

static int fail(const struct mgr *m, const char *what)
{
    fprintf(stderr, "lock: %s: %s\n", what, mgr_error(m));
    return mgr_status_exit_code(mgr_last_status(m));
}

static struct count read_count(int fd)
{
    char text[TEXT_MAX] = "";
    struct count count = {0, 0};
    if (pread(fd, text, sizeof text - 1, 0) > 0)
        (void)sscanf(text, "%" SCNu64 " %" SCNd64, &count.token, &count.value);
    return count;
}

/* Looks at the token and writes in one step: flock is for this short moment, against writers of
 * this file that mgrd's lock did not keep away. False: somebody newer was here. */
static bool write_count(int fd, struct count count)
{
    char text[TEXT_MAX];
    int len =
        snprintf(text, sizeof text, "%20" PRIu64 " %20" PRId64 "\n", count.token, count.value);
    if (flock(fd, LOCK_EX) != 0)
        return false;
    bool written =
        read_count(fd).token <= count.token && pwrite(fd, text, (size_t)len, 0) == (ssize_t)len;
    (void)flock(fd, LOCK_UN);
    return written;
}

/* One more. The exit code. */
static int count_once(struct mgr *m, int fd)
{
    struct mgr_grant grant;
    if (mgr_lock_acquire(m, "counter", PATIENCE_MS, &grant) != MGR_OK)
        return fail(m, "acquire");
    if (grant.previous_token != 0)
        fprintf(stderr, "lock: the last owner died at its work\n"); /* here that does no harm */
    struct count count = read_count(fd);
    count.value++; /* the work; a long one looks at mgr_safe_ms(m) before each of its steps */
    count.token = grant.token;
    bool written = write_count(fd, count);
    if (mgr_lock_release(m, "counter", mgr_int((int64_t)grant.token), false) != MGR_OK)
        return fail(m, "release");
    if (written)
        return 0;
    fprintf(stderr, "lock: not counted: %s\n", mgr_lost(m) ? "the lock was lost" : "cannot write");
    return mgr_status_exit_code(mgr_lost(m) ? MGR_LOCK_LOST : MGR_LOCAL_IO);
}

int main(int argc, char **argv)
{
    const struct mgr_object_create lock = {.name = "counter", .type = "lock", .if_absent = true};
    struct mgr *m;
    int code = 0;
    int fd = argc < 2 ? -1 : open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        fprintf(stderr, "usage: lock FILE [TIMES]\n");
        return mgr_status_exit_code(MGR_USAGE);
    }
    if (mgr_open(&m, NULL) != MGR_OK || mgr_object_create(m, &lock, NULL) != MGR_OK)
        code = fail(m, "connect");
    for (int i = argc > 2 ? atoi(argv[2]) : 1; i > 0 && code == 0; i--)
        code = count_once(m, fd);
    mgr_close(m);
    close(fd);
    return code;
}
