/* SPDX-License-Identifier: BSD-2-Clause */
/* server save and server backup: a snapshot of the daemon's, waited for, and brought here. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/clock.h"
#include "cli/base/report.h"
#include "cli/print/answer.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"
#include "wire/value/value.h"

enum { POLL_MS = 50, BACKUP_FILE = 0, BACKUP_TRIES = 3 };

struct part {
    int64_t snapshot, total;
    struct bytes bytes; /* borrowed from the answer */
};

/* False: the snapshot is not there yet. */
static bool part_read(const struct mgr_value *answer, struct part *part)
{
    struct mgr_view view = mgr_view(answer);
    struct val dict = val_read(bytes_of(view.data, view.len));
    struct bytes key, member;
    *part = (struct part){0};
    if (dict.kind != VAL_DICT)
        return false;
    for (struct val_iter it = val_iter(&dict); val_next_pair(&it, &key, &member);) {
        struct val name = val_read(key), value = val_read(member);
        if (bytes_equal(name.body, bytes_text("snapshot")))
            part->snapshot = value.integer;
        else if (bytes_equal(name.body, bytes_text("bytes")))
            part->total = value.integer;
        else if (bytes_equal(name.body, bytes_text("part")))
            part->bytes = value.body;
    }
    return true;
}

static enum mgr_status fetch(struct cli *cli, int64_t snapshot, int64_t offset,
                             struct mgr_arg limit, struct mgr_value **answer)
{
    const struct mgr_named args[] = {
        {"snapshot", mgr_int(snapshot)}, {"offset", mgr_int(offset)}, {"limit", limit}};
    return cli_call(cli, "server fetch", args, 3, answer);
}

/* Until it is written. 0, or the exit code. */
static int wait_for(struct cli *cli, int64_t snapshot)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    int64_t patience_ms = cli->options.timeout_ms, began_ms = mono_ms();
    for (;;) {
        struct mgr_value *answer = NULL;
        struct part part;
        enum mgr_status status = fetch(cli, snapshot, 0, mgr_int(0), &answer);
        if (status != MGR_OK)
            return report_call(cli, status);
        bool there = part_read(answer, &part);
        mgr_value_free(answer);
        if (there)
            return 0;
        if (mono_ms() - began_ms >= patience_ms)
            return report(cli, MGR_TIMEOUT, "the snapshot is not written yet; it goes on");
        nanosleep(&pause, NULL);
        if (cli_interrupted())
            return report(cli, MGR_INTERRUPTED, "interrupted");
    }
}

/* Begins one, and waits until it is there. 0, or the exit code. */
static int save(struct cli *cli, int64_t *snapshot)
{
    struct mgr_value *answer = NULL;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    enum mgr_status status = cli_call(cli, "server save", NULL, 0, &answer);
    if (status != MGR_OK)
        return report_call(cli, status);
    bool known = mgr_as_int(mgr_view(answer), snapshot);
    mgr_value_free(answer);
    return known ? wait_for(cli, *snapshot) : report(cli, MGR_INTERNAL, "no number of a snapshot");
}

int run_save(struct cli *cli, const struct binding *binding)
{
    int64_t snapshot = 0;
    struct buf number;
    int code = save(cli, &snapshot);
    (void)binding;
    if (code != 0)
        return code;
    buf_init(&number);
    val_put_int(&number, snapshot);
    code = answer_print(cli, buf_bytes(&number));
    buf_free(&number);
    return code;
}

/* ---- backup ---- */

static int local_error(struct cli *cli, const char *path)
{
    return report(cli, MGR_LOCAL_IO, "%s: %s", path, strerror(errno));
}

static bool write_part(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = bytes_of(bytes.data + n, bytes.len - (size_t)n);
    }
    return true;
}

/* Copies all of it. *replaced: the daemon has a newer one meanwhile, the copy is none. */
static int copy(struct cli *cli, int64_t snapshot, int fd, const char *path, bool *replaced)
{
    int64_t offset = 0;
    struct part part;
    *replaced = false;
    do {
        struct mgr_value *answer = NULL;
        enum mgr_status status = fetch(cli, snapshot, offset, MGR_ABSENT, &answer);
        if (status == MGR_RUNTIME && offset > 0) {
            *replaced = true;
            return 0;
        }
        if (status != MGR_OK)
            return report_call(cli, status);
        bool written = part_read(answer, &part) && write_part(fd, part.bytes);
        snapshot = part.snapshot;
        offset += (int64_t)part.bytes.len;
        mgr_value_free(answer);
        if (!written)
            return local_error(cli, path);
        if (cli_interrupted())
            return report(cli, MGR_INTERRUPTED, "interrupted");
    } while (part.bytes.len > 0 && offset < part.total);
    return offset == part.total ? 0 : report(cli, MGR_INTERNAL, "the snapshot was cut off");
}

static int fill(struct cli *cli, int fd, const char *path)
{
    bool replaced = true;
    int code = 0;
    for (int i = 0; i < BACKUP_TRIES && replaced && code == 0; i++) {
        int64_t snapshot = 0;
        code = save(cli, &snapshot);
        if (code == 0 && (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0))
            return local_error(cli, path);
        if (code == 0)
            code = copy(cli, snapshot, fd, path, &replaced);
    }
    if (code == 0 && replaced)
        return report(cli, MGR_BUSY, "snapshots are replaced faster than they can be copied");
    return code == 0 && fsync(fd) != 0 ? local_error(cli, path) : code;
}

/* A word that would take the place of one of the daemon's own files. */
static bool is_of_a_journal(const char *path)
{
    static const char *const names[] = {"log-", "snapshot-"};
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(name, names[i], len) == 0 && name[len] != '\0' &&
            name[len + strspn(name + len, "0123456789")] == '\0')
            return true;
    }
    static const char *const whole[] = {"ballast", "journal.lock", "watermark", "lock", "ceiling"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(name, whole[i]) == 0)
            return true;
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".new") == 0; /* unfinished ones: removed at a start */
}

/* The file has its name when it is whole. */
int run_backup(struct cli *cli, const struct binding *binding)
{
    const char *path = binding->words[BACKUP_FILE];
    char unfinished[4096];
    struct stat stat;
    if (path[0] == '\0')
        return report(cli, MGR_USAGE, "FILE is empty");
    if (is_of_a_journal(path))
        return report(cli, MGR_USAGE, "%s is what mgrd calls its own files", path);
    if (strcmp(path, "-") == 0 || (lstat(path, &stat) == 0 && !S_ISREG(stat.st_mode)))
        return report(cli, MGR_USAGE, "%s is not a file that a backup can be", path);
    if ((size_t)snprintf(unfinished, sizeof unfinished, "%s.%d.part", path, (int)getpid()) >=
        sizeof unfinished)
        return report(cli, MGR_USAGE, "the name of the file is too long");
    int fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return local_error(cli, unfinished);
    int code = fill(cli, fd, unfinished);
    if (close(fd) != 0 && code == 0)
        code = local_error(cli, unfinished);
    if (code == 0 && rename(unfinished, path) != 0)
        code = local_error(cli, path);
    if (code != 0)
        unlink(unfinished);
    return code;
}
