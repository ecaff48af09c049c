/* SPDX-License-Identifier: BSD-2-Clause */
/* What is read back from a journal whose files are whole, torn at their end, or damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/alloc.h"
#include "tests/support/journal_kit.h"
#include "tests/support/model_choice.h"
#include "tests/support/must.h"

enum {
    SEGMENT = 16 << 10,
    PLACES = 64,
    NAMES = 16,
    TEAR = 64,
    HEAD = RECORD_HEADER + SEGMENT_HEAD
};

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

static void start(int where, uint64_t seed)
{
    host_start(
        &host,
        &(struct host_options){
            .io = &io, .dir = where, .segment_bytes = SEGMENT, .seed = seed, .points = &points});
}

static void commits(unsigned count)
{
    struct choice c = {.seed = &host.seed};
    for (unsigned i = 0; i < count; i++) {
        host_live(&host, 1 + (unsigned)choose(&c, 16));
        host_flush(&host);
    }
}

static const struct point *last_point(unsigned back)
{
    return &points.list[points.count - 1 - back];
}

/* A snapshot, some whole segments, one that is written, a spare. */
static void make(uint64_t seed)
{
    start(dir, seed);
    commits(40);
    host_compact(&host);
    commits(110);
    host_drop(&host);
}

/* The segment that is written, and where it goes on. */
static struct position end_of(int where)
{
    struct revived back;
    revive(where, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    struct position position = back.recovery.position;
    revived_free(&back);
    return position;
}

/* ---- whole ---- */

START_TEST(it_comes_back_and_goes_on)
{
    for (uint64_t life = 1; life <= 6; life++) {
        start(dir, life);
        commits(30);
        if (life % 2 == 0)
            host_compact(&host);
        commits(10);
        if (life % 3 == 0)
            host_stop(&host);
        else
            host_drop(&host);
        struct revived back;
        kit_must_be(dir, last_point(0));
        revive(dir, &back);
        ck_assert(back.recovery.clean == (life % 3 == 0));
        ck_assert_uint_eq(back.recovery.position.data_id, 4711);
        revived_free(&back);
    }
}
END_TEST

START_TEST(an_empty_directory_is_a_new_journal)
{
    struct revived back;
    revive(dir, &back);
    ck_assert(back.ok);
    ck_assert_uint_eq(back.recovery.revision, 0);
    ck_assert_uint_eq(back.recovery.position.segment, 1);
    ck_assert_uint_eq(back.recovery.position.data_id, 0);
    revived_free(&back);
}
END_TEST

/* With room for less than a record, each has a segment of its own, which grows. */
START_TEST(records_larger_than_a_segment_are_kept)
{
    host_start(&host, &(struct host_options){
                          .io = &io, .dir = dir, .segment_bytes = 4096, .points = &points});
    for (unsigned i = 0; i < 4; i++) {
        host_live(&host, 150);
        host_flush(&host);
        host_live(&host, 2);
        host_flush(&host);
    }
    host_drop(&host);
    ck_assert_uint_ge(end_of(dir).segment, 4);
    kit_must_be(dir, last_point(0));
}
END_TEST

/* ---- a last write that was cut off ---- */

/* Goes on after what was cut off, and reads all of that back. */
static void must_go_on(uint64_t seed)
{
    start(other, seed);
    commits(3);
    host_drop(&host);
    kit_must_be(other, last_point(0));
}

static void must_be_cut(const char *name, uint64_t offset, const struct point *before)
{
    struct revived back;
    char text[240];
    revive(other, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    ck_assert_uint_eq(back.recovery.revision, before->revision);
    ck_assert_mem_eq(back.digest, before->digest, sizeof back.digest);
    unsigned long long last = before->revision;
    if (offset == 0)
        snprintf(text, sizeof text,
                 "%s: prepared in advance, and its content is not the beginning of a segment; it "
                 "was never "
                 "acknowledged, and is set aside; revision %llu is the last one left",
                 name, last);
    else
        snprintf(text, sizeof text,
                 "%s: the last write, at byte %llu, was cut off and is dropped; first lost "
                 "revision %llu",
                 name, (unsigned long long)offset, last + 1);
    ck_assert_str_eq(revived_warning(&back), text);
    revived_free(&back);
}

/* The last write of a journal: in a segment, from here to there. */
struct last_write {
    char name[40];
    struct buf content; /* of the file */
    uint64_t from, to;
    struct point before; /* the state without it */
};

static void make_last_write(struct last_write *last)
{
    make(7);
    struct position before = end_of(dir);
    start(dir, 8);
    host_live(&host, 14);
    host_flush(&host);
    host_drop(&host);
    struct position after = end_of(dir);
    must(before.segment == after.segment && before.offset < after.offset);
    file_name(SEGMENT_NAME, after.segment, last->name);
    kit_read(dir, last->name, &last->content);
    last->from = before.offset;
    last->to = after.offset;
    last->before = *last_point(1);
    must(last->before.revision != last_point(0)->revision);
    kit_dir_copy(dir, other);
}

static void tear(const struct last_write *last, uint64_t at, int how)
{
    uint8_t *copy = malloc(last->content.len);
    size_t len = last->content.len;
    must(copy != NULL);
    memcpy(copy, last->content.data, len);
    if (how == 0)
        len = at;
    else
        for (uint64_t i = at; i < last->to; i++)
            copy[i] = how == 1 ? 0 : (uint8_t)(copy[i] ^ (i * 31 + 1));
    kit_write(other, last->name, bytes_of(copy, len));
    free(copy);
}

/* It was made with all its room: no crash makes it shorter. */
START_TEST(a_segment_that_ends_early_is_refused)
{
    struct last_write last;
    make_last_write(&last);
    for (uint64_t at = RECORD_HEADER + SEGMENT_HEAD; at < last.to; at += 5 * TEAR) {
        struct revived back;
        tear(&last, at, 0);
        revive(other, &back);
        ck_assert(!back.ok);
        ck_assert_msg(strstr(revived_why(&back), "truncated") != NULL, "%s", revived_why(&back));
        revived_free(&back);
    }
    buf_free(&last.content);
}
END_TEST

/* Zeros from there on; garbage from there on. */
START_TEST(a_torn_write_is_dropped)
{
    struct last_write last;
    make_last_write(&last);
    /* zeros in place of the zeros that it may end with tear nothing */
    while (last.content.data[last.to - 1] == 0)
        last.to--;
    for (uint64_t at = last.from + 8; at < last.to - 8; at += TEAR) {
        tear(&last, at, _i);
        must_be_cut(last.name, last.from, &last.before);
    }
    for (uint64_t at = last.from + 8; at < last.to - 8; at += 5 * TEAR) {
        kit_dir_copy(dir, other);
        tear(&last, at, _i);
        must_go_on(at);
    }
    buf_free(&last.content);
}
END_TEST

/* The write that is lost begins a new segment: its head, or what is behind it, did not arrive.
 * Without the head nothing is behind it, and the watermark is the one from before. */
START_TEST(a_torn_begin_of_a_segment_is_dropped)
{
    static const struct {
        uint64_t from, to, says;
    } parts[] = {{0, 512, 0}, {0, 96, 0}, {72, 80, 0}, {96, 512, 96}, {200, 264, 96}};
    struct position before;
    struct point was;
    struct buf older;
    char name[40];
    make(9);
    start(dir, 10);
    buf_init(&older);
    do {
        before = end_of(dir);
        buf_free(&older);
        kit_read(dir, WATERMARK_NAME, &older);
        host_live(&host, 40);
        host_flush(&host);
    } while (end_of(dir).segment == before.segment);
    host_drop(&host);
    was = *last_point(1);
    file_name(SEGMENT_NAME, before.segment + 1, name);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (int how = 0; how < 2; how++) {
            struct buf content;
            if (how == 0 && parts[i].from == 0)
                continue; /* all zeros: it never began */
            kit_dir_copy(dir, other);
            kit_read(other, name, &content);
            if (parts[i].says == 0) {
                kit_write(other, WATERMARK_NAME, buf_bytes(&older));
                memset(content.data + HEAD, 0, content.len - HEAD);
            }
            for (uint64_t at = parts[i].from; at < parts[i].to; at++)
                content.data[at] = how == 0 ? 0 : (uint8_t)(content.data[at] ^ 0x5a);
            kit_write(other, name, buf_bytes(&content));
            must_be_cut(name, parts[i].says, &was);
            must_go_on(i);
            buf_free(&content);
        }
    buf_free(&older);
}
END_TEST

/* ---- damage ---- */

/* Refused with a file and a byte; or all is there; or the last write is dropped with a warning. */
static void must_be_noticed(const char *name, uint64_t at)
{
    struct revived back;
    revive(other, &back);
    if (!back.ok) {
        const char *why = revived_why(&back);
        ck_assert_msg(strstr(why, "at byte ") != NULL || strstr(why, "not a snapshot") != NULL,
                      "%s at %llu: %s", name, (unsigned long long)at, why);
        ck_assert_msg(strncmp(why, "log-", 4) == 0 || strncmp(why, "snapshot-", 9) == 0, "%s", why);
        ck_assert_msg(strstr(why, "nothing was changed") != NULL, "%s", why);
    } else if (memcmp(back.digest, last_point(0)->digest, 32) != 0) {
        ck_assert_msg(memcmp(back.digest, last_point(1)->digest, 32) == 0,
                      "%s at %llu: another state, revision %llu", name, (unsigned long long)at,
                      (unsigned long long)back.recovery.revision);
        ck_assert_msg(strstr(revived_warning(&back), "is dropped") != NULL, "no warning");
    }
    revived_free(&back);
}

START_TEST(a_flipped_bit_is_noticed_everywhere)
{
    char names[NAMES][40];
    unsigned count;
    make(11);
    kit_dir_copy(dir, other);
    count = kit_names(dir, names, NAMES);
    ck_assert_uint_ge(count, 5);
    for (unsigned i = 0; i < count; i++) {
        struct buf file;
        kit_read(dir, names[i], &file);
        for (unsigned k = 0; k < PLACES; k++) {
            uint64_t at = (k * file.len + file.len / 3) / PLACES;
            file.data[at] ^= (uint8_t)(1 << k % 8);
            kit_write(other, names[i], buf_bytes(&file));
            must_be_noticed(names[i], at);
            file.data[at] ^= (uint8_t)(1 << k % 8);
        }
        kit_write(other, names[i], buf_bytes(&file));
        buf_free(&file);
    }
    kit_must_be(other, last_point(0));
}
END_TEST

/* As above, but in the heads of segments and of the last records, bit by bit. */
START_TEST(a_flipped_bit_in_a_head_is_noticed)
{
    char names[NAMES][40];
    unsigned count;
    make(11);
    kit_dir_copy(dir, other);
    count = kit_names(dir, names, NAMES);
    for (unsigned i = 0; i < count; i++) {
        struct buf file;
        kit_read(dir, names[i], &file);
        for (unsigned at = 0; at < 192; at += 2) {
            file.data[at] ^= (uint8_t)(1 << at / 2 % 8);
            kit_write(other, names[i], buf_bytes(&file));
            must_be_noticed(names[i], at);
            file.data[at] ^= (uint8_t)(1 << at / 2 % 8);
        }
        kit_write(other, names[i], buf_bytes(&file));
        buf_free(&file);
    }
}
END_TEST

START_TEST(a_garbled_spare_is_not_used)
{
    struct position end;
    struct buf spare;
    char name[40];
    make(12);
    end = end_of(dir);
    file_name(SEGMENT_NAME, end.segment + 1, name);
    kit_read(dir, name, &spare);
    for (unsigned k = 0; k < PLACES; k++) {
        struct revived back;
        kit_dir_copy(dir, other);
        spare.data[k * spare.len / PLACES] = 0x4a;
        kit_write(other, name, buf_bytes(&spare));
        revive(other, &back);
        ck_assert_msg(back.ok, "%s", revived_why(&back));
        ck_assert_mem_eq(back.digest, last_point(0)->digest, 32);
        revived_free(&back);
        if (k % 16 == 0) { /* it is made anew, and written */
            const struct point was = *last_point(0);
            start(other, k);
            commits(60);
            host_drop(&host);
            kit_must_be(other, last_point(0));
            must(points_find(&points, was.revision) != NULL);
            points.count -= 61;
        }
        spare.data[k * spare.len / PLACES] = 0;
    }
    buf_free(&spare);
}
END_TEST

Suite *suite_journal_recovery(void);
Suite *suite_journal_recovery(void)
{
    Suite *suite = suite_create("journal_recovery");
    TCase *tc = tcase_create("journal_recovery");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, it_comes_back_and_goes_on);
    tcase_add_test(tc, an_empty_directory_is_a_new_journal);
    tcase_add_test(tc, records_larger_than_a_segment_are_kept);
    tcase_add_test(tc, a_segment_that_ends_early_is_refused);
    tcase_add_loop_test(tc, a_torn_write_is_dropped, 1, 3);
    tcase_add_test(tc, a_torn_begin_of_a_segment_is_dropped);
    tcase_add_test(tc, a_flipped_bit_is_noticed_everywhere);
    tcase_add_test(tc, a_flipped_bit_in_a_head_is_noticed);
    tcase_add_test(tc, a_garbled_spare_is_not_used);
    suite_add_tcase(suite, tc);
    return suite;
}
