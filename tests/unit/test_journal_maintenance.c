/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of a journal that are missing or do not belong to it; compacting, verifying, restoring. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/journal/directory.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum { SEGMENT = 8 << 10, NAMES = 16 };

static struct io io;
static struct host host;
static struct points points;
static char path[KIT_PATH], other_path[KIT_PATH];
static int dir, other;

static void commits(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        host_live(&host, 10);
        host_flush(&host);
    }
}

static void make(int where, uint64_t seed, bool snapshot)
{
    host_start(
        &host,
        &(struct host_options){
            .io = &io, .dir = where, .segment_bytes = SEGMENT, .seed = seed, .points = &points});
    commits(30);
    if (snapshot) {
        host_compact(&host);
        commits(90);
    }
    host_drop(&host);
}

static void set_up(void)
{
    dir = kit_dir_make(path);
    other = kit_dir_make(other_path);
    make(dir, 3, true);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
    kit_dir_remove(other_path, other);
    points_free(&points);
}

static const struct point *last_point(void)
{
    return &points.list[points.count - 1];
}

static void must_say(int where, const char *text)
{
    struct revived back;
    revive(where, &back);
    ck_assert_msg(!back.ok, "not refused: %s", text);
    ck_assert_msg(strstr(revived_why(&back), text) != NULL, "%s", revived_why(&back));
    revived_free(&back);
}

static struct directory listed(int where)
{
    struct directory directory;
    must(directory_list(where, &directory) == 0);
    return directory;
}

static void name_of(const char *prefix, uint64_t number, char name[40])
{
    file_name(prefix, number, name);
}

/* ---- missing, and strange ---- */

START_TEST(a_missing_segment_is_named)
{
    struct directory files = listed(dir);
    char name[40], text[80];
    ck_assert_uint_ge(files.last, files.first + 3);
    for (uint64_t at = files.first; at < files.last; at++) {
        kit_dir_copy(dir, other);
        name_of(SEGMENT_NAME, at, name);
        must(unlinkat(other, name, 0) == 0);
        snprintf(text, sizeof text, "%s is missing; nothing was changed", name);
        must_say(other, text);
    }
}
END_TEST

START_TEST(a_missing_snapshot_is_noticed)
{
    struct directory files = listed(dir);
    char name[40];
    name_of(SNAPSHOT_NAME, files.snapshot, name);
    must(unlinkat(dir, name, 0) == 0);
    must_say(dir, "log-000000000001 is missing");
}
END_TEST

/* The segments of another journal with the same numbers, in place of each of ours. */
START_TEST(a_segment_of_other_data_is_refused)
{
    struct directory files = listed(dir);
    char third_path[KIT_PATH], name[40];
    int third = kit_dir_make(third_path);
    for (int longer = 0; longer < 2; longer++) {
        make(third, 1000, true);
        for (uint64_t at = files.first; at <= files.last; at++) {
            struct buf content;
            struct record record;
            name_of(SEGMENT_NAME, at, name);
            if (faccessat(third, name, R_OK, 0) != 0)
                continue;
            kit_read(third, name, &content);
            kit_dir_copy(dir, other);
            kit_write(other, name, buf_bytes(&content));
            if (record_read(buf_bytes(&content), &record))
                must_say(other, at == files.first ? "does not continue" : "at byte ");
            buf_free(&content);
        }
    }
    kit_dir_remove(third_path, third);
}
END_TEST

/* A segment with one record. */
static void put_record(int where, struct record *record, struct bytes payload)
{
    char name[40];
    uint8_t *file = calloc(1, SEGMENT);
    must(file != NULL);
    memcpy(file + RECORD_HEADER, payload.data, payload.len);
    record->payload = payload;
    record_seal(record, file);
    name_of(SEGMENT_NAME, record->segment, name);
    kit_write(where, name, bytes_of(file, SEGMENT));
    free(file);
}

START_TEST(an_older_format_is_refused_in_clear_words)
{
    struct segment_head head = {.format = JOURNAL_FORMAT - 1, .data_id = 4711};
    struct record record = {.kind = RECORD_HEAD, .segment = 1, .sequence = 1};
    uint8_t payload[SEGMENT_HEAD];
    segment_head_put(&head, payload);
    put_record(other, &record, bytes_of(payload, sizeof payload));
    must_say(other, "log-000000000001: format 1, this mgrd reads 2; nothing was changed. To move");
}
END_TEST

START_TEST(a_newer_format_is_refused_in_clear_words)
{
    struct segment_head head = {.format = JOURNAL_FORMAT + 1, .data_id = 4711};
    struct record record = {.kind = RECORD_HEAD, .segment = 1, .sequence = 1};
    struct position end;
    uint8_t payload[SEGMENT_HEAD];
    struct revived back;
    segment_head_put(&head, payload);
    put_record(other, &record, bytes_of(payload, sizeof payload));
    must_say(other, "log-000000000001: written by a newer mgrd (format 3; this one knows 2)");
    revive(dir, &back); /* the same as a segment that goes on */
    end = back.recovery.position;
    revived_free(&back);
    head.before_end = end.offset;
    record = (struct record){.kind = RECORD_HEAD,
                             .segment = end.segment + 1,
                             .sequence = end.sequence + 1,
                             .synced = end.sequence,
                             .previous = end.checksum};
    segment_head_put(&head, payload);
    put_record(dir, &record, bytes_of(payload, sizeof payload));
    must_say(dir, "written by a newer mgrd (format 3; this one knows 2)");
    head = (struct segment_head){JOURNAL_FORMAT, 4712, end.offset, 0};
    segment_head_put(&head, payload);
    put_record(dir, &record, bytes_of(payload, sizeof payload));
    must_say(dir, ": the journal of other data at byte 0");
    record.kind = (enum record_kind)9;
    put_record(dir, &record, bytes_of(payload, sizeof payload));
    must_say(dir, ": no head of a segment at byte 0");
}
END_TEST

START_TEST(what_is_not_finished_is_not_taken)
{
    struct directory files = listed(dir);
    char name[48], names[NAMES][40];
    struct buf garbage;
    buf_init(&garbage);
    buf_put_text(&garbage, "half of a snapshot");
    snprintf(name, sizeof name, "snapshot-%012llu.new", (unsigned long long)files.last);
    kit_write(dir, name, buf_bytes(&garbage));
    kit_write(dir, "restored.new", buf_bytes(&garbage));
    kit_write(dir, "log-1", buf_bytes(&garbage)); /* such names nobody gives */
    kit_write(dir, "snapshot-99999999999999999999999", buf_bytes(&garbage));
    kit_must_be(dir, last_point());
    make(dir, 4, true); /* a compactor that was killed left it: the next one does not mind */
    kit_must_be(dir, last_point());
    unsigned count = kit_names(dir, names, NAMES);
    for (unsigned i = 0; i < count; i++)
        ck_assert_msg(strstr(names[i], ".new") == NULL, "%s", names[i]);
    buf_free(&garbage);
}
END_TEST

/* ---- compacting ---- */

static void must_not_compact(uint64_t before, const char *text)
{
    struct buf why;
    char names[NAMES][40], again[NAMES][40];
    unsigned count = kit_names(dir, names, NAMES);
    buf_init(&why);
    ck_assert_msg(maintenance_compact(&io, dir, before, objects_handlers(), &why) != 0, "%llu",
                  (unsigned long long)before);
    ck_assert_msg(strstr(kit_text(&why), text) != NULL, "%s", kit_text(&why));
    ck_assert_uint_eq(kit_names(dir, again, NAMES), count);
    ck_assert_mem_eq(names, again, 40 * (size_t)count);
    kit_must_be(dir, last_point());
    buf_free(&why);
}

START_TEST(only_whole_segments_are_compacted)
{
    struct directory files = listed(dir);
    struct buf why;
    must_not_compact(files.last, "the journal ends before it"); /* it is a spare */
    must_not_compact(files.last + 1, "the journal ends before it");
    must_not_compact(files.last + 7, "the journal ends before it");
    must_not_compact(files.snapshot - 1, "in a snapshot already");
    buf_init(&why);
    for (uint64_t at = files.snapshot; at < files.last; at++) {
        ck_assert_int_eq(maintenance_compact(&io, dir, at, objects_handlers(), &why), 0);
        kit_must_be(dir, last_point());
        ck_assert_uint_eq(listed(dir).snapshot, at);
        ck_assert_uint_eq(listed(dir).first, at);
    }
    buf_free(&why);
}
END_TEST

/* A segment is ended when hardly anything was written, then right behind a snapshot. */
START_TEST(nothing_new_is_compacted_too)
{
    host_start(&host, &(struct host_options){
                          .io = &io, .dir = other, .segment_bytes = SEGMENT, .points = &points});
    ck_assert_uint_eq(host_seal(&host), 2);
    host_flush(&host);
    host_compact(&host);
    host_compact(&host);
    host_drop(&host);
    kit_must_be(other, last_point());
    make(other, 2, false);
    kit_must_be(other, last_point());
}
END_TEST

/* Who asks for a snapshot wants all that was done before, also what waits for the disk. */
START_TEST(what_gathers_is_in_the_snapshot)
{
    struct snapshot snapshot;
    struct buf why;
    char name[40];
    host_start(&host, &(struct host_options){.io = &io, .dir = other, .segment_bytes = SEGMENT});
    host_live(&host, 20);
    uint64_t revision = engine_revision(host.w.engine), before = host_seal(&host);
    buf_init(&why);
    ck_assert_int_eq(maintenance_compact(&io, other, before, objects_handlers(), &why), 0);
    file_name(SNAPSHOT_NAME, before, name);
    ck_assert(snapshot_load(other, name, &snapshot, NULL, &why));
    ck_assert_uint_eq(snapshot.revision, revision);
    buf_free(&why);
    host_drop(&host);
}
END_TEST

/* Each call to the disk fails once: the journal is as before, or compacted. */
START_TEST(a_disk_that_fails_does_no_harm_to_it)
{
    static const int errors[] = {EIO, ENOSPC};
    uint64_t before = listed(dir).last - 1;
    bool ok = false;
    for (unsigned n = 1; !ok; n++)
        for (unsigned e = 0; e < 2; e++) {
            struct io faulty = {.fail_at = n, .fail_error = errors[e]};
            struct buf why;
            buf_init(&why);
            kit_dir_copy(dir, other);
            ok = maintenance_compact(&faulty, other, before, objects_handlers(), &why) == 0;
            if (!ok)
                ck_assert_msg(strstr(kit_text(&why), strerror(errors[e])) != NULL, "%s",
                              kit_text(&why));
            kit_must_be(other, last_point());
            buf_reset(&why, 0);
            ck_assert_int_eq(maintenance_compact(&io, other, before, objects_handlers(), &why), 0);
            kit_must_be(other, last_point());
            buf_free(&why);
        }
}
END_TEST

/* ---- verifying ---- */

START_TEST(verify_tells_what_is_there)
{
    struct buf out, why;
    char digest[80] = "digest: ", revision[60], name[40];
    buf_init(&out);
    buf_init(&why);
    ck_assert(maintenance_verify(dir, objects_handlers(), &out, &why));
    for (unsigned i = 0; i < 32; i++)
        snprintf(digest + 8 + 2 * i, 3, "%02x", last_point()->digest[i]);
    snprintf(revision, sizeof revision, "\nrevision: %llu\n",
             (unsigned long long)last_point()->revision);
    ck_assert_msg(strstr(kit_text(&out), digest) != NULL, "%s", kit_text(&out));
    ck_assert_msg(strstr(kit_text(&out), revision) != NULL, "%s", kit_text(&out));
    ck_assert(strstr(kit_text(&out), "ended in order: no\n") != NULL);
    name_of(SEGMENT_NAME, listed(dir).first, name);
    kit_write(dir, name, bytes_text("garbage"));
    ck_assert(!maintenance_verify(dir, objects_handlers(), &out, &why));
    ck_assert(strstr(kit_text(&why), name) != NULL);
    buf_free(&out);
    buf_free(&why);
}
END_TEST

/* ---- restoring ---- */

static bool load(struct io *with, int where, struct buf *why)
{
    char backup[128], name[40];
    name_of(SNAPSHOT_NAME, listed(dir).snapshot, name);
    snprintf(backup, sizeof backup, "%s/%s", path, name);
    buf_init(why);
    return maintenance_restore(with, where, backup, objects_handlers(), why);
}

/* Leaves a journal that is nothing but a snapshot, as one that was restored. */
static void keep_snapshot_only(void)
{
    struct directory files = listed(dir);
    char name[40];
    must(unlinkat(dir, WATERMARK_NAME, 0) == 0);
    for (uint64_t at = files.first; at <= files.last; at++) {
        name_of(SEGMENT_NAME, at, name);
        must(unlinkat(dir, name, 0) == 0);
    }
}

START_TEST(a_backup_is_restored_as_other_data)
{
    struct revived was, is;
    struct buf why;
    ck_assert_msg(load(&io, other, &why), "%s", kit_text(&why));
    keep_snapshot_only();
    revive(dir, &was);
    revive(other, &is);
    ck_assert(was.ok && is.ok);
    ck_assert_mem_eq(is.digest, was.digest, 32);
    ck_assert_uint_eq(is.recovery.revision, was.recovery.revision);
    ck_assert_uint_ne(is.recovery.position.data_id, was.recovery.position.data_id);
    ck_assert_uint_ne(is.recovery.position.data_id, 0);
    make(other, 5, true);
    kit_must_be(other, last_point());
    buf_free(&why);
    ck_assert(!load(&io, other, &why));
    ck_assert(strstr(kit_text(&why), "not empty") != NULL);
    kit_must_be(other, last_point());
    revived_free(&was);
    revived_free(&is);
    buf_free(&why);
}
END_TEST

START_TEST(a_damaged_backup_is_not_restored)
{
    char name[40], names[NAMES][40];
    struct buf file, why;
    name_of(SNAPSHOT_NAME, listed(dir).snapshot, name);
    kit_read(dir, name, &file);
    for (unsigned i = 0; i < 16; i++) {
        file.data[i * file.len / 16] ^= 4;
        kit_write(dir, name, buf_bytes(&file));
        ck_assert(!load(&io, other, &why));
        ck_assert(strstr(kit_text(&why), name) != NULL);
        ck_assert_uint_eq(kit_names(other, names, NAMES), 0);
        file.data[i * file.len / 16] ^= 4;
        buf_free(&why);
    }
    buf_free(&file);
}
END_TEST

START_TEST(a_restore_that_fails_can_be_done_again)
{
    bool ok = false;
    for (unsigned n = 1; !ok; n++) {
        struct io faulty = {.fail_at = n, .fail_error = ENOSPC};
        struct revived back;
        struct buf why;
        kit_dir_clear(other);
        ok = load(&faulty, other, &why);
        revive(other, &back);
        ck_assert_msg(back.ok, "%s", revived_why(&back));
        bool there = back.recovery.revision != 0;
        revived_free(&back);
        buf_free(&why);
        if (!there) /* unless it has its name already */
            ck_assert_msg(load(&io, other, &why), "%s", kit_text(&why));
        if (!there)
            buf_free(&why);
    }
}
END_TEST

/* ---- without memory ---- */

START_TEST(without_memory_nothing_is_read)
{
    bool ok = false;
    for (size_t n = 1; !ok; n += 1 + n / 10) {
        struct engine *engine = world_engine(objects_handlers(), 3);
        struct recovery recovery;
        struct buf why;
        buf_init(&why);
        alloc_fail_at(n);
        ok = recovery_run(dir, UINT64_MAX, engine, &recovery, &why);
        alloc_fail_never();
        if (!ok)
            ck_assert_msg(strstr(kit_text(&why), "out of memory") != NULL ||
                              strstr(kit_text(&why), strerror(ENOMEM)) != NULL,
                          "allocation %zu: %s", n, kit_text(&why));
        recovery_free(&recovery);
        engine_free(engine);
        buf_free(&why);
    }
}
END_TEST

Suite *suite_journal_maintenance(void);
Suite *suite_journal_maintenance(void)
{
    Suite *suite = suite_create("journal_maintenance");
    TCase *tc = tcase_create("journal_home");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_missing_segment_is_named);
    tcase_add_test(tc, a_missing_snapshot_is_noticed);
    tcase_add_test(tc, a_segment_of_other_data_is_refused);
    tcase_add_test(tc, an_older_format_is_refused_in_clear_words);
    tcase_add_test(tc, a_newer_format_is_refused_in_clear_words);
    tcase_add_test(tc, what_is_not_finished_is_not_taken);
    tcase_add_test(tc, only_whole_segments_are_compacted);
    tcase_add_test(tc, nothing_new_is_compacted_too);
    tcase_add_test(tc, what_gathers_is_in_the_snapshot);
    tcase_add_test(tc, a_disk_that_fails_does_no_harm_to_it);
    tcase_add_test(tc, verify_tells_what_is_there);
    tcase_add_test(tc, a_backup_is_restored_as_other_data);
    tcase_add_test(tc, a_damaged_backup_is_not_restored);
    tcase_add_test(tc, a_restore_that_fails_can_be_done_again);
    tcase_add_test(tc, without_memory_nothing_is_read);
    suite_add_tcase(suite, tc);
    return suite;
}
