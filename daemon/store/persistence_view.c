/* SPDX-License-Identifier: BSD-2-Clause */
/* What is shown of the journal: the bytes of a snapshot, and metrics. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/persistence.h"

/* Reads the requested part of an open file. */
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

/* ---- metrics ---- */

static const char *journal_path(const void *of)
{
    return ((const struct persistence *)of)->config->journal_path;
}

static struct journal_stat stat_of(const void *of)
{
    struct journal_stat stat;
    journal_stat(((const struct persistence *)of)->journal, &stat);
    return stat;
}

static uint64_t bytes(const void *of)
{
    return stat_of(of).bytes;
}

static uint64_t commits(const void *of)
{
    return stat_of(of).commits;
}

static uint64_t commit_us(const void *of)
{
    return stat_of(of).commit_us;
}

static uint64_t segment(const void *of)
{
    return stat_of(of).segment;
}

static uint64_t behind_snapshot(const void *of)
{
    return compaction_behind(&((const struct persistence *)of)->compaction);
}

static const char *snapshot_failed(const void *of)
{
    return compaction_fault_text(&((const struct persistence *)of)->compaction);
}

static const char *room(const void *of)
{
    static const char *const rooms[] = {"yes", "shrink-only", "no"};
    return rooms[journal_marks(((const struct persistence *)of)->journal)->room];
}

static const struct metric journal_rows[] = {
    {"journal_bytes", METRIC_COUNTER, "Bytes written to the journal", .number = bytes},
    {"journal_commits", METRIC_COUNTER, "Commits of the journal", .number = commits},
    {"journal_commit_us", METRIC_GAUGE, "Mean time of the last commits, in microseconds",
     .number = commit_us},
    {"journal_segment", METRIC_GAUGE, "Number of the segment that is being written",
     .number = segment},
    {"journal_behind_snapshot", METRIC_GAUGE,
     "Bytes of the journal that are newer than the last snapshot", .number = behind_snapshot},
    {"journal_snapshot_failures", METRIC_COUNTER, "Snapshots that failed",
     METRIC_AT(struct persistence, compaction.failures)},
    {"journal_snapshot_failed", METRIC_TEXT, "Whether the last snapshot failed, and why",
     .text = snapshot_failed},
    {"journal_room", METRIC_TEXT,
     "Room on the disk: yes, no, or shrink-only: only what makes the state smaller is accepted",
     .text = room},
};
const struct metric_table persistence_metrics = METRIC_TABLE(journal_rows);

static const struct metric place_rows[] = {
    {"journal", METRIC_TEXT, "Directory of the journal", .text = journal_path},
    {"snapshot", METRIC_GAUGE, "Number of the newest snapshot; 0: there is none",
     METRIC_AT(struct persistence, compaction.snapshot)},
};
const struct metric_table persistence_info = METRIC_TABLE(place_rows);
