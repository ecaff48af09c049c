/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the log back. */
#include "daemon/journal/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "daemon/journal/command.h"
#include "daemon/journal/directory.h"
#include "daemon/journal/mapping.h"
#include "daemon/journal/watermark.h"

enum { SPARES_MAX = 2 };

#define WAY_OUT \
    "; nothing was changed. The state as it was before can be had from a backup (mgrd --restore)"

struct run {
    int dir;
    uint64_t before;
    struct engine *engine;
    struct recovery *out;
    struct buf *why;
    uint64_t batches; /* records with commands after the snapshot */
    struct command_read command;
};

static bool fail(struct run *run, const struct mapping *segment, uint64_t offset, const char *what)
{
    buf_printf(run->why, "%s: %s at byte %" PRIu64 ", after revision %" PRIu64 WAY_OUT,
               segment->name, what, offset, run->out->revision);
    return false;
}

static bool map_segment(struct run *run, uint64_t number, struct mapping *segment)
{
    int error = mapping_open(run->dir, number, segment);
    if (error != 0)
        buf_printf(run->why, "%s: %s", segment->name, io_reason(-error));
    run->out->unread = error != 0;
    return error == 0;
}

/* ---- one record ---- */

/* Checks that the command had the outcome recorded when it was written, as far as outcomes show
 * it; other differences show in the digest at the next orderly shutdown. */
static bool same_outcome(struct run *run, const struct mapping *segment, uint64_t offset,
                         const struct applied *applied)
{
    enum command_kind kind = run->command.command.kind;
    if (applied->outcome == OUTCOME_NOMEM) {
        buf_put_text(run->why, "out of memory while the journal was read");
        return false;
    }
    if (applied->last == 0)
        return fail(run, segment, offset,
                    "commands with another effect than when they were written");
    return (kind != COMMAND_VERSION && kind != COMMAND_BOOT) ||
           format_behaviour_known(segment->name, engine_version(run->engine), run->engine,
                                  run->why);
}

static bool replay(struct run *run, const struct mapping *segment, uint64_t offset,
                   const struct record *record)
{
    struct bytes left = record->payload;
    command_read_begin(&run->command);
    while (left.len > 0) {
        bool taken = command_take(&left, &run->command);
        if (!taken && !run->command.nomem)
            return fail(run, segment, offset, "a command that this mgrd cannot read");
        struct applied applied = {.outcome = OUTCOME_NOMEM};
        if (taken)
            applied = engine_apply(run->engine, &run->command.command, NULL);
        if (!same_outcome(run, segment, offset, &applied))
            return false;
        run->out->commands++;
    }
    if (engine_revision(run->engine) != record->last)
        return fail(run, segment, offset,
                    "commands with another effect than when they were written");
    return true;
}

static bool check_stop(struct run *run, const struct mapping *segment, uint64_t offset,
                       const struct record *record)
{
    uint8_t digest[32];
    if (record->payload.len != sizeof digest)
        return fail(run, segment, offset, "a record of the wrong length");
    if (!engine_digest(run->engine, digest)) {
        buf_put_text(run->why, "out of memory while the journal was read");
        return false;
    }
    if (memcmp(digest, record->payload.data, sizeof digest) != 0)
        return fail(run, segment, offset, "a state other than at the shutdown");
    return true;
}

static bool take(struct run *run, const struct mapping *segment, uint64_t offset,
                 const struct record *record)
{
    struct position *position = &run->out->position;
    run->out->clean = record->kind == RECORD_STOP;
    run->batches += record->kind == RECORD_COMMANDS;
    if (run->engine != NULL && record->kind == RECORD_COMMANDS &&
        !replay(run, segment, offset, record))
        return false;
    if (run->engine != NULL && record->kind == RECORD_STOP &&
        !check_stop(run, segment, offset, record))
        return false;
    if (record->kind > RECORD_STOP)
        return fail(run, segment, offset, "a record of a newer mgrd");
    if (record->last != 0)
        run->out->revision = record->last;
    position->sequence = record->sequence;
    position->checksum = record->checksum;
    position->offset = offset + record_size(record->payload.len);
    return true;
}

/* Whether the record at offset is the next one; reads it. */
static bool next_record(const struct run *run, const struct mapping *segment, uint64_t offset,
                        struct record *record)
{
    const struct position *position = &run->out->position;
    return record_read(mapping_from(segment, offset), record) &&
           record->segment == segment->number && record->sequence == position->sequence + 1 &&
           record->previous == position->checksum;
}

/* ---- one segment ---- */

/* True: a complete record of another segment is at offset, so the file has a wrong name. To be
 * asked only where a record must begin: inside a record there may be any bytes. */
static bool misplaced(struct run *run, const struct mapping *segment, uint64_t offset)
{
    struct record record;
    if (!record_read(mapping_from(segment, offset), &record) || record.segment == segment->number)
        return false;
    buf_printf(run->why,
               "%s: the record at byte %" PRIu64 " belongs to " SEGMENT_NAME "%012" PRIu64
               ": the file has a wrong name" WAY_OUT,
               segment->name, offset, record.segment);
    return true;
}

/* True: a later record says that the one at offset had reached the disk, so it was acknowledged. */
static bool was_synced(const struct run *run, const struct mapping *segment, uint64_t offset)
{
    struct record record;
    for (uint64_t at = offset; at + RECORD_HEADER <= segment->bytes.len; at += RECORD_ALIGN)
        if (record_read(mapping_from(segment, at), &record) && record.segment == segment->number &&
            record.synced > run->out->position.sequence)
            return true;
    return false;
}

/* The buffer for the next warning, with a separator. */
static struct buf *next_warning(struct run *run)
{
    if (run->out->warning.len > 0)
        buf_put_text(&run->out->warning, "; ");
    return &run->out->warning;
}

/* Warns about a segment prepared in advance that contains something: perhaps its first write was
 * cut off. */
static void warn_ahead(struct run *run, const struct mapping *segment)
{
    buf_printf(
        next_warning(run),
        "%s: prepared in advance, and its content is not the beginning of a segment; it was never "
        "acknowledged, and is set aside; revision %" PRIu64 " is the last one left",
        segment->name, run->out->revision);
}

static void warn_cut(struct run *run, const struct mapping *segment, uint64_t offset)
{
    buf_printf(next_warning(run),
               "%s: the last write, at byte %" PRIu64
               ", was cut off and is dropped; first lost revision %" PRIu64,
               segment->name, offset, run->out->revision + 1);
}

/* The end of the log: nothing but zeros, or a write that was cut off. */
static bool end_of_log(struct run *run, const struct mapping *segment, uint64_t offset)
{
    struct position *position = &run->out->position;
    if (bytes_all_zeros(mapping_from(segment, offset)))
        return true;
    if (was_synced(run, segment, offset))
        return fail(run, segment, offset, "damage");
    warn_cut(run, segment, offset);
    /* unreadable bytes are not overwritten: the log goes on in the next segment */
    position->before_end = offset;
    position->segment = segment->number + 1;
    position->offset = 0;
    return true;
}

/* Reads the records up to end; UINT64_MAX: in the last segment. */
static bool read_records(struct run *run, const struct mapping *segment, uint64_t end)
{
    struct position *position = &run->out->position;
    struct record record;
    while (position->offset < end) {
        uint64_t offset = position->offset;
        if (offset + RECORD_HEADER > segment->bytes.len ||
            !next_record(run, segment, offset, &record))
            return !misplaced(run, segment, offset) &&
                   (end == UINT64_MAX ? end_of_log(run, segment, offset)
                                      : fail(run, segment, offset, "damage"));
        if (!take(run, segment, offset, &record))
            return false;
    }
    return position->offset == end || fail(run, segment, end, "damage");
}

static bool check_head(struct run *run, const struct mapping *segment, const struct record *record,
                       struct segment_head *head)
{
    const struct position *position = &run->out->position;
    if (record->kind != RECORD_HEAD || !segment_head_read(record->payload, head))
        return fail(run, segment, 0, "no head of a segment");
    if (!format_known(segment->name, head->format, run->why))
        return false;
    if (segment->bytes.len < head->bytes)
        return fail(run, segment, segment->bytes.len, "truncated, which no crash causes,");
    if (position->data_id != 0 && head->data_id != position->data_id)
        return fail(run, segment, 0, "the journal of other data");
    return true;
}

/* Reads the head of a following segment. *begun false: the segment has no head and never had
 * one. */
static bool peek_head(struct run *run, const struct mapping *segment, struct segment_head *head,
                      bool *begun)
{
    struct record record;
    if (misplaced(run, segment, 0))
        return false;
    *begun = record_read(segment->bytes, &record);
    return !*begun || check_head(run, segment, &record, head);
}

/* Whether a segment without a head never had one that was acknowledged. */
static bool never_begun(struct run *run, const struct mapping *segment)
{
    if (bytes_all_zeros(segment->bytes))
        return true;
    if (misplaced(run, segment, 0))
        return false;
    if (was_synced(run, segment, 0))
        return fail(run, segment, 0, "damage");
    warn_ahead(run, segment);
    return true;
}

/* ---- is the log complete ---- */

/* Fails: the watermark names a record that was on the disk and is gone, which no crash causes. */
static bool fail_short(struct run *run, const struct watermark *mark)
{
    struct stat stat;
    char name[40];
    uint64_t first = run->out->revision + 1;
    file_name(SEGMENT_NAME, mark->segment, name);
    bool there = fstatat(run->dir, name, &stat, 0) == 0;
    buf_printf(run->why, "%s: %s; ", name,
               !there              ? "missing"
               : stat.st_size == 0 ? "empty"
                                   : "it ends earlier than it did");
    if (mark->revision >= first)
        buf_printf(run->why, "revisions %" PRIu64 " to %" PRIu64 "%s were written and are gone",
                   first, mark->revision, mark->stopped ? "" : ", and maybe later ones,");
    else
        buf_printf(run->why, "revision %" PRIu64 " is the last one left, %s", run->out->revision,
                   mark->stopped ? "and no later one was written" : "later ones may be gone");
    buf_put_text(run->why, WAY_OUT);
    return false;
}

static bool check_reach(struct run *run)
{
    const struct position *position = &run->out->position;
    struct watermark mark;
    int error = watermark_read(run->dir, &mark);
    if (error == 0 && mark.sequence == 0) {
        if (run->batches > 0) /* records are written only after the first watermark */
            buf_put_text(next_warning(run),
                         WATERMARK_NAME ": missing; the newest writes may be incomplete");
        return true;
    }
    run->out->unread = error != 0 && error != -EBADMSG;
    if (error == -EBADMSG)
        buf_put_text(run->why, WATERMARK_NAME ": damaged" WAY_OUT);
    else if (error != 0)
        buf_printf(run->why, WATERMARK_NAME ": %s", io_reason(-error));
    else if (position->data_id != 0 && position->data_id != mark.data_id)
        buf_put_text(run->why, WATERMARK_NAME ": of other data" WAY_OUT);
    else if (mark.sequence > position->sequence)
        return fail_short(run, &mark);
    else {
        if (mark.half)
            buf_printf(next_warning(run),
                       WATERMARK_NAME ": one of its two places cannot be read, as after a power "
                                      "failure; changes after revision %" PRIu64
                                      " may be incomplete",
                       mark.revision);
        return true;
    }
    return false;
}

/* ---- all segments ---- */

/* Finds where the records of this segment end: the head of the next one tells, if it has begun. */
static bool find_end(struct run *run, uint64_t number, uint64_t last, uint64_t *end)
{
    struct mapping next;
    struct segment_head head = {0};
    bool begun = false;
    *end = UINT64_MAX;
    if (number >= last)
        return true;
    if (!map_segment(run, number + 1, &next))
        return false;
    bool ok = peek_head(run, &next, &head, &begun);
    if (begun)
        *end = head.before_end;
    mapping_close(&next);
    return ok;
}

static bool read_segment(struct run *run, uint64_t number, uint64_t last, bool *more)
{
    struct position *position = &run->out->position;
    struct mapping segment;
    struct segment_head head = {0};
    struct record record;
    uint64_t end;
    *more = false;
    if (!find_end(run, number, last, &end) || !map_segment(run, number, &segment))
        return false;
    bool ok = true;
    position->segment = number;
    position->segment_bytes = segment.bytes.len;
    position->offset = 0;
    if (misplaced(run, &segment, 0)) {
        ok = false;
    } else if (next_record(run, &segment, 0, &record)) {
        ok = check_head(run, &segment, &record, &head) && take(run, &segment, 0, &record);
        position->data_id = head.data_id;
        ok = ok && read_records(run, &segment, end);
        if (ok && end != UINT64_MAX)
            position->before_end = end;
        position->log_bytes += position->offset;
        run->out->segments++;
        *more = ok && end != UINT64_MAX;
    } else if (record_read(segment.bytes, &record)) {
        ok = check_head(run, &segment, &record, &head) &&
             fail(run, &segment, 0, "a head that does not continue the segment before");
    } else if (end != UINT64_MAX) {
        ok = fail(run, &segment, 0, "damage");
    } else if (segment.bytes.len == 0 && number < last) {
        ok = (run->before != UINT64_MAX || check_reach(run)) &&
             fail(run, &segment, 0, "empty, though there is a later one,");
    } else {
        ok = never_begun(run, &segment);
    }
    mapping_close(&segment);
    return ok;
}

/* Checks the segments after the end of the log, which wait to be written; other content than
 * zeros is useless. There may be two: a crash can come when the first was already taken and the
 * second one in preparation, but the head of the first not yet written. */
static bool check_spares(struct run *run, uint64_t last)
{
    uint64_t end = run->out->position.segment;
    struct mapping spare;
    bool ok = true;
    for (uint64_t at = end + 1; ok && at <= last; at++) {
        if (!map_segment(run, at, &spare))
            return false;
        ok = never_begun(run, &spare);
        mapping_close(&spare);
    }
    if (ok && last > end + SPARES_MAX) {
        buf_printf(run->why, "%s%012" PRIu64 ": behind the end of the journal" WAY_OUT,
                   SEGMENT_NAME, last);
        return false;
    }
    return ok;
}

static bool read_segments(struct run *run, const struct directory *directory)
{
    uint64_t before = run->before;
    bool more = before == UINT64_MAX || before <= directory->last;
    if (before < directory->snapshot) {
        buf_printf(run->why, "%s%012" PRIu64 ": in a snapshot already", SEGMENT_NAME, before);
        return false;
    }
    for (uint64_t at = directory->first; more && at != 0 && at < before; at++)
        if (!read_segment(run, at, directory->last, &more))
            return false;
    if (before == UINT64_MAX)
        return check_spares(run, directory->last) && check_reach(run);
    if (more)
        return true;
    buf_printf(run->why, "%s%012" PRIu64 ": the journal ends before it", SEGMENT_NAME, before);
    return false;
}

static bool load_snapshot(struct run *run, const struct directory *directory)
{
    struct position *position = &run->out->position;
    struct snapshot snapshot;
    struct stat stat;
    char name[40];
    file_name(SNAPSHOT_NAME, directory->snapshot, name);
    if (!snapshot_load(run->dir, name, &snapshot, run->engine, run->why)) {
        if (snapshot.format == 0 || snapshot.format == JOURNAL_FORMAT)
            buf_put_text(run->why, WAY_OUT);
        return false;
    }
    if (snapshot.segment != directory->snapshot) {
        buf_printf(run->why,
                   "%s: it contains " SNAPSHOT_NAME "%012" PRIu64
                   ": the file has a wrong name" WAY_OUT,
                   name, snapshot.segment);
        return false;
    }
    *position = (struct position){.data_id = snapshot.data_id,
                                  .segment = snapshot.segment,
                                  .sequence = snapshot.sequence,
                                  .checksum = snapshot.checksum,
                                  .before_end = snapshot.before_end,
                                  .snapshot = snapshot.segment};
    if (fstatat(run->dir, name, &stat, 0) == 0)
        position->snapshot_bytes = (uint64_t)stat.st_size;
    run->out->revision = snapshot.revision;
    return true;
}

static bool check_list(struct run *run, const struct directory *directory)
{
    uint64_t wanted = directory->snapshot != 0 ? directory->snapshot : 1, missing = 0;
    if (directory->missing != 0)
        missing = directory->missing;
    else if (directory->first != 0 && directory->first != wanted)
        missing = wanted;
    if (missing == 0)
        return true;
    buf_printf(run->why, "%s%012" PRIu64 " is missing" WAY_OUT, SEGMENT_NAME, missing);
    return false;
}

bool recovery_run(int dir, uint64_t before, struct engine *engine, struct recovery *recovery,
                  struct buf *why)
{
    struct run run = {.dir = dir, .before = before, .engine = engine, .out = recovery, .why = why};
    struct directory directory;
    *recovery = (struct recovery){.position = {.segment = 1}};
    buf_init(&recovery->warning);
    int error = directory_list(dir, &directory);
    if (error != 0) {
        buf_printf(why, "journal: %s", strerror(-error));
        recovery->unread = true;
        return false;
    }
    bool ok = (directory.snapshot == 0 || load_snapshot(&run, &directory)) &&
              check_list(&run, &directory) && read_segments(&run, &directory);
    recovery->position.revision = recovery->revision;
    command_read_free(&run.command);
    return ok;
}

void recovery_free(struct recovery *recovery)
{
    buf_free(&recovery->warning);
}
