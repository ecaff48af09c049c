/* SPDX-License-Identifier: BSD-2-Clause */
/* What others may see of the journal: a snapshot's bytes, and figures for people. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/persistence.h"
#include "wire/value/value.h"

/* Reads what is wanted of an open file. */
static enum mgr_code read_part(int fd, struct snapshot_part *part, struct buf *why)
{
    struct stat stat;
    uint8_t *to = buf_reserve(part->out, part->limit + 1);
    if (to == NULL)
        return ERR_NOMEM;
    ssize_t n = fstat(fd, &stat) != 0 ? -1 : pread(fd, to, part->limit, (off_t)part->offset);
    if (n < 0) {
        buf_printf(why, "the snapshot cannot be read: %s", strerror(errno));
        return ERR_INTERNAL;
    }
    part->out->len = (size_t)n;
    part->total = (uint64_t)stat.st_size;
    return ERR_NONE;
}

enum mgr_code persistence_fetch(struct persistence *persistence, struct snapshot_part *part,
                                struct buf *why)
{
    char name[40];
    compaction_look(&persistence->compaction);
    uint64_t newest = persistence->compaction.snapshot;
    if (part->number > newest && part->number <= persistence->compaction.failed_number) {
        buf_printf(why, "the snapshot was not made: %s",
                   compaction_fault_text(&persistence->compaction));
        return persistence->compaction.fault == COMPACTION_NO_ROOM ? ERR_NOSPACE : ERR_INTERNAL;
    }
    if (part->number > newest && !compaction_under_way(&persistence->compaction)) {
        buf_put_text(why, "the snapshot is not being made any more: the daemon was restarted");
        return ERR_RUNTIME;
    }
    if (part->number > newest) {
        part->number = 0;
        return ERR_NONE;
    }
    if (part->offset > 0 && part->number != newest) {
        buf_printf(why, "snapshot %" PRIu64 " was replaced by %" PRIu64, part->number, newest);
        return ERR_RUNTIME;
    }
    part->number = newest;
    file_name(SNAPSHOT_NAME, newest, name);
    int fd = newest == 0 ? -1 : openat(persistence->dir, name, O_RDONLY | O_CLOEXEC);
    if (newest == 0) {
        buf_put_text(why, "there is no snapshot");
        return ERR_RUNTIME;
    }
    if (fd < 0) {
        buf_printf(why, "the snapshot cannot be read: %s", strerror(errno));
        return ERR_INTERNAL;
    }
    enum mgr_code code = read_part(fd, part, why);
    close(fd);
    return code;
}

const char *persistence_durability(const struct persistence *persistence)
{
    if (persistence->dir < 0)
        return "memory";
    return persistence->config->journal_sync == CONFIG_SYNC_ALWAYS
               ? "log"
               : "log, synced now and then: a power failure may lose what was acknowledged last";
}

void persistence_describe(const struct persistence *persistence, struct buf *rows)
{
    if (persistence->journal == NULL)
        return;
    val_put_field_text(rows, "journal", persistence->config->journal_path);
    val_put_field_uint(rows, "snapshot", persistence->compaction.snapshot);
}

void persistence_count(struct persistence *persistence, struct buf *rows)
{
    static const char *const rooms[] = {"yes", "to shrink", "no"};
    struct journal_stat stat;
    if (persistence->journal == NULL)
        return;
    journal_stat(persistence->journal, &stat);
    val_put_field_uint(rows, "journal_bytes", stat.bytes);
    val_put_field_uint(rows, "journal_commits", stat.commits);
    val_put_field_uint(rows, "journal_commit_us", stat.commit_us);
    val_put_field_uint(rows, "journal_segment", stat.segment);
    val_put_field_uint(rows, "journal_behind_snapshot",
                       compaction_behind(&persistence->compaction));
    val_put_field_uint(rows, "journal_snapshot_failures", persistence->compaction.failures);
    val_put_field_text(rows, "journal_snapshot_failed",
                       compaction_fault_text(&persistence->compaction));
    val_put_field_text(rows, "journal_room", rooms[journal_marks(persistence->journal)->room]);
}
