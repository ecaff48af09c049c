/* SPDX-License-Identifier: BSD-2-Clause */
/* What was written and is not there any more is missed: the last segment gone, empty, zeroed, under
 * another name, or shorter than it was. Names are checked against what is in the files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/journal/directory.h"
#include "daemon/journal/watermark.h"
#include "daemon/objects/handlers.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum { SEGMENT = 16 << 10 };

static struct io io;
static struct host host;
static struct points points;
static char path[KIT_PATH], other_path[KIT_PATH];
static int dir, other;

static void set_up(void)
{
    dir = kit_dir_make(path);
    other = kit_dir_make(other_path);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
    kit_dir_remove(other_path, other);
    points_free(&points);
}

static void start(void)
{
    host_start(&host,
               &(struct host_options){
                   .io = &io, .dir = dir, .segment_bytes = SEGMENT, .seed = 7, .points = &points});
}

static struct directory listed(int where)
{
    struct directory files;
    must(directory_list(where, &files) == 0);
    return files;
}

/* A snapshot, at least three segments behind it, of which the last one has commands; a spare. */
static uint64_t make(bool in_order)
{
    start();
    for (unsigned i = 0; i < 20; i++) {
        host_live(&host, 8);
        host_flush(&host);
    }
    host_compact(&host);
    for (unsigned i = 0; i < 3; i++) {
        host_live(&host, 20);
        host_flush(&host);
        (void)host_seal(&host);
    }
    host_live(&host, 20);
    host_flush(&host);
    if (in_order)
        host_stop(&host);
    else
        host_drop(&host);
    struct revived back;
    revive(dir, &back);
    must(back.ok);
    uint64_t last = back.recovery.position.segment;
    revived_free(&back);
    kit_dir_copy(dir, other);
    return last;
}

static void must_say(const char *text)
{
    struct revived back;
    struct buf out, why;
    revive(other, &back);
    ck_assert_msg(!back.ok, "not refused: %s", text);
    ck_assert_msg(strstr(revived_why(&back), text) != NULL, "%s", revived_why(&back));
    ck_assert_msg(strstr(revived_why(&back), "nothing was changed") != NULL, "%s",
                  revived_why(&back));
    buf_init(&out);
    buf_init(&why); /* mgrd --verify */
    ck_assert(!maintenance_verify(other, objects_handlers(), &out, &why));
    ck_assert_str_eq(kit_text(&why), revived_why(&back));
    buf_free(&out);
    buf_free(&why);
    revived_free(&back);
}

static void name_of(const char *prefix, uint64_t number, char name[40])
{
    file_name(prefix, number, name);
    must(faccessat(other, name, R_OK, 0) == 0);
}

static void swap(const char *a, const char *b)
{
    must(renameat(other, a, other, "swap") == 0);
    must(renameat(other, b, other, a) == 0);
    must(renameat(other, "swap", other, b) == 0);
}

/* ---- the end of the log ---- */

enum { REMOVED, EMPTY, ZEROED, WAYS };

static void lose(const char *name, int how)
{
    struct buf file;
    kit_read(other, name, &file);
    memset(file.data, 0, file.len);
    if (how == REMOVED)
        must(unlinkat(other, name, 0) == 0);
    else
        kit_write(other, name, how == EMPTY ? bytes_of(NULL, 0) : buf_bytes(&file));
    buf_free(&file);
}

/* With all that is behind it, too, or the one after it would be behind a gap. */
static void lose_from(uint64_t first, int how)
{
    char name[40];
    for (uint64_t at = first; at <= listed(dir).last; at++) {
        name_of(SEGMENT_NAME, at, name);
        lose(name, how);
    }
}

START_TEST(a_lost_last_segment_is_missed)
{
    bool in_order = _i / WAYS;
    uint64_t last = make(in_order);
    char text[160], name[40];
    /* the last commit before it: the stop is a commit, too, and one in the segment */
    uint64_t first = points.list[points.count - (in_order ? 3 : 2)].revision + 1;
    lose_from(last, _i % WAYS);
    file_name(SEGMENT_NAME, last, name);
    if (in_order)
        snprintf(text, sizeof text, "revisions %llu to %llu were written and are gone",
                 (unsigned long long)first,
                 (unsigned long long)points.list[points.count - 1].revision);
    else
        snprintf(text, sizeof text, "revision %llu is the last one left, later ones may be",
                 (unsigned long long)first - 1);
    must_say(text);
    must_say(name);
}
END_TEST

/* All behind the snapshot. */
START_TEST(a_log_that_is_gone_is_missed)
{
    make(_i / WAYS);
    lose_from(listed(other).first, _i % WAYS);
    must_say(SEGMENT_NAME);
    char name[40];
    name_of(SNAPSHOT_NAME, listed(other).snapshot, name);
    must(unlinkat(other, name, 0) == 0);
    if (_i % WAYS == REMOVED)
        must_say(SEGMENT_NAME);
    else
        must_say("is missing");
}
END_TEST

/* After an end in order the last write was there, however much it looks like one that was cut off.
 */
START_TEST(a_lost_last_write_is_missed_after_an_end_in_order)
{
    uint64_t last = make(true);
    struct buf file;
    char name[40];
    struct revived back;
    name_of(SEGMENT_NAME, last, name);
    revive(other, &back);
    kit_read(other, name, &file);
    memset(file.data + back.recovery.position.offset - 32, _i, 32);
    kit_write(other, name, buf_bytes(&file));
    must_say("it ends earlier than it did; ");
    buf_free(&file);
    revived_free(&back);
}
END_TEST

/* What a start has read back and shown is missed from then on. */
START_TEST(what_a_start_has_found_is_missed)
{
    uint64_t last = make(false);
    start();
    host_drop(&host); /* it wrote nothing */
    kit_dir_copy(dir, other);
    lose_from(last, REMOVED);
    must_say("were written and are gone");
}
END_TEST

/* ---- the watermark itself ---- */

static void must_come_back(const char *warning)
{
    struct revived back;
    revive(other, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    ck_assert_mem_eq(back.digest, points.list[points.count - 1].digest, 32);
    ck_assert_str_eq(revived_warning(&back), warning);
    revived_free(&back);
}

START_TEST(without_a_watermark_it_starts_and_says_so)
{
    make(_i);
    must(unlinkat(other, WATERMARK_NAME, 0) == 0);
    must_come_back("watermark: missing; the newest writes may be incomplete");
    kit_write(other, WATERMARK_NAME, bytes_of(NULL, 0));
    must_come_back("watermark: missing; the newest writes may be incomplete");
}
END_TEST

/* One place may be torn by a crash; both cannot be. */
/* It comes back whole, and the warning says this among others. */
static void must_warn(const char *part)
{
    struct revived back;
    revive(other, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    ck_assert_mem_eq(back.digest, points.list[points.count - 1].digest, 32);
    ck_assert_msg(strstr(revived_warning(&back), part) != NULL, "%s", revived_warning(&back));
    revived_free(&back);
}

START_TEST(a_damaged_watermark_is_noticed)
{
    struct buf file;
    make(true);
    kit_read(other, WATERMARK_NAME, &file);
    for (unsigned place = 0; place < 2; place++) {
        file.data[place * file.len / 2 + 70] ^= 1;
        kit_write(other, WATERMARK_NAME, buf_bytes(&file));
        if (place == 0)
            must_warn("watermark: one of its two places cannot be read");
        else
            must_say("watermark: damaged");
    }
    buf_free(&file);
}
END_TEST

START_TEST(a_watermark_of_other_data_is_refused)
{
    struct watermark_file file;
    make(true);
    ck_assert_int_eq(watermark_open(&file, &io, other), 0);
    ck_assert_int_eq(watermark_put(&file, &(struct watermark){.data_id = 4712,
                                                              .segment = 9,
                                                              .sequence = UINT64_MAX,
                                                              .revision = 5}),
                     0);
    watermark_close(&file);
    must_say("watermark: of other data");
}
END_TEST

/* Each place in turn; a write that is torn leaves the one before it. */
START_TEST(the_latest_note_is_read)
{
    struct watermark_file file;
    struct watermark mark;
    ck_assert_int_eq(watermark_read(other, &mark), 0);
    ck_assert_uint_eq(mark.sequence, 0);
    for (uint64_t i = 1; i < 6; i++) {
        ck_assert_int_eq(watermark_open(&file, &io, other), 0);
        for (unsigned k = 0; k < 2; k++) {
            struct watermark now = {.data_id = 1,
                                    .segment = i,
                                    .sequence = 2 * i + k,
                                    .revision = 100 * i,
                                    .stopped = k == 1};
            ck_assert_int_eq(watermark_put(&file, &now), 0);
            ck_assert_int_eq(watermark_read(other, &mark), 0);
            ck_assert_uint_eq(mark.segment, now.segment);
            ck_assert_uint_eq(mark.sequence, now.sequence);
            ck_assert_uint_eq(mark.revision, now.revision);
            ck_assert(mark.stopped == now.stopped);
        }
        watermark_close(&file);
    }
}
END_TEST

/* ---- names ---- */

START_TEST(swapped_segments_are_refused)
{
    uint64_t last = make(true), first = listed(other).first;
    char a[40], b[40];
    for (uint64_t at = first; at < listed(dir).last; at++) {
        kit_dir_copy(dir, other);
        name_of(SEGMENT_NAME, at, a);
        name_of(SEGMENT_NAME, at + 1, b);
        swap(a, b);
        must_say(": the file has a wrong name");
        must_say(at == last ? a : b);
    }
}
END_TEST

/* The oldest of two, which had all its records copied, under the number of a newer one. */
START_TEST(a_snapshot_under_another_number_is_refused)
{
    struct revived back;
    struct buf old;
    char name[40];
    make(true);
    name_of(SNAPSHOT_NAME, listed(other).snapshot, name);
    kit_read(other, name, &old);
    for (uint64_t at = listed(dir).snapshot + 1; at <= listed(dir).last + 1; at++) {
        kit_dir_copy(dir, other);
        file_name(SNAPSHOT_NAME, at, name);
        kit_write(other, name, buf_bytes(&old));
        must_say(name);
        must_say(": the file has a wrong name");
        ck_assert_uint_eq(listed(other).first, at > listed(dir).last ? 0 : at);
    }
    buf_free(&old);
    kit_dir_copy(dir, other);
    revive(other, &back);
    ck_assert(back.ok);
    revived_free(&back);
}
END_TEST

/* ---- what cannot be read is kept ---- */

static bool is_kept(const char *name, const struct buf *content)
{
    struct buf now;
    kit_read(dir, name, &now);
    bool same = bytes_equal(buf_bytes(&now), buf_bytes(content));
    buf_free(&now);
    return same;
}

/* Behind the end of the log, where the next segments are made. */
/* It was called a write that was cut off, with a first lost revision, though nothing was lost. */
START_TEST(a_segment_made_ahead_loses_nothing)
{
    uint64_t last = make(true);
    char name[40];
    file_name(SEGMENT_NAME, last + 1, name);
    kit_write(other, name, bytes_text("half of a head"));
    must_warn("prepared in advance, and its content is not the beginning");
}
END_TEST

START_TEST(a_watermark_that_is_a_link_is_named_so)
{
    make(true);
    must(unlinkat(other, WATERMARK_NAME, 0) == 0);
    must(symlinkat("victim", other, WATERMARK_NAME) == 0);
    struct revived back;
    revive(other, &back);
    ck_assert(!back.ok);
    ck_assert_str_eq(revived_why(&back), "watermark: it is a symbolic link");
    revived_free(&back);
}
END_TEST

/* Drops the host when its next segment is there: without it the file after the next one would stand
 * behind a gap. */
static void drop_with_next(uint64_t next)
{
    char name[40];
    file_name(SEGMENT_NAME, next, name);
    do
        host_flush(&host);
    while (faccessat(dir, name, F_OK, 0) != 0);
    host_drop(&host);
}

START_TEST(what_stands_behind_the_log_is_set_aside)
{
    uint64_t last = make(false);
    char name[40], aside[64];
    struct buf garbage;
    for (unsigned i = 1; i <= 2; i++) {
        file_name(SEGMENT_NAME, last + i, name);
        buf_init(&garbage);
        buf_put_text(&garbage, "half of a head");
        kit_write(dir, name, buf_bytes(&garbage));
        start();
        drop_with_next(last + 1);
        snprintf(aside, sizeof aside, "%s" UNREAD_NAME "1", name);
        ck_assert_msg(is_kept(aside, &garbage), "%s", aside);
        garbage.data[0] = 'H'; /* another one, later */
        kit_write(dir, name, buf_bytes(&garbage));
        start();
        drop_with_next(last + 1);
        aside[strlen(aside) - 1] = '2';
        ck_assert_msg(is_kept(aside, &garbage), "%s", aside);
        buf_free(&garbage);
        kit_must_be(dir, &points.list[points.count - 1]);
    }
}
END_TEST

/* A newer snapshot makes older files useless, unless they are not what their names say. */
START_TEST(a_file_that_is_not_what_its_name_says_is_kept)
{
    uint64_t last = make(false);
    char snapshot[40], segment[40], old[40], older[40];
    struct buf state, log;
    name_of(SNAPSHOT_NAME, listed(dir).snapshot, snapshot);
    name_of(SEGMENT_NAME, last, segment);
    kit_read(dir, snapshot, &state);
    kit_read(dir, segment, &log);
    file_name(SNAPSHOT_NAME, 1, old);
    file_name(SEGMENT_NAME, 1, older);
    kit_write(dir, old, buf_bytes(&state));
    kit_write(dir, older, buf_bytes(&log));
    start();
    host_compact(&host);
    host_drop(&host);
    ck_assert(is_kept(old, &state) && is_kept(older, &log));
    ck_assert_int_ne(faccessat(dir, snapshot, F_OK, 0), 0); /* this one is useless */
    buf_free(&state);
    buf_free(&log);
}
END_TEST

Suite *suite_journal_watermark(void);
Suite *suite_journal_watermark(void)
{
    Suite *suite = suite_create("journal_watermark");
    TCase *tc = tcase_create("journal_watermark");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, a_lost_last_segment_is_missed, 0, 2 * WAYS);
    tcase_add_loop_test(tc, a_log_that_is_gone_is_missed, 0, 2 * WAYS);
    tcase_add_loop_test(tc, a_lost_last_write_is_missed_after_an_end_in_order, 0, 2);
    tcase_add_test(tc, what_a_start_has_found_is_missed);
    tcase_add_loop_test(tc, without_a_watermark_it_starts_and_says_so, 0, 2);
    tcase_add_test(tc, a_damaged_watermark_is_noticed);
    tcase_add_test(tc, a_watermark_of_other_data_is_refused);
    tcase_add_test(tc, the_latest_note_is_read);
    tcase_add_test(tc, swapped_segments_are_refused);
    tcase_add_test(tc, a_snapshot_under_another_number_is_refused);
    tcase_add_test(tc, a_segment_made_ahead_loses_nothing);
    tcase_add_test(tc, a_watermark_that_is_a_link_is_named_so);
    tcase_add_test(tc, what_stands_behind_the_log_is_set_aside);
    tcase_add_test(tc, a_file_that_is_not_what_its_name_says_is_kept);
    suite_add_tcase(suite, tc);
    return suite;
}
