/* SPDX-License-Identifier: BSD-2-Clause */
/* What two processes tell each other arrives, also when one of them was away for long. */
#include <check.h>
#include <unistd.h>

#include "cli/supervise/message.h"
#include "tests/support/must.h"

enum { BEATS = 100000, OTHERS = 100 };

static int ends[2];

static void set_up(void)
{
    ck_assert(note_ends(ends));
}

static void tear_down(void)
{
    close(ends[0]);
    close(ends[1]);
}

START_TEST(a_note_arrives_as_it_was)
{
    struct note note;
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_NONE);
    note_send(ends[1], NOTE_READY, -5, INT64_MAX);
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_TAKEN);
    ck_assert_int_eq(note.kind, NOTE_READY);
    ck_assert_int_eq(note.number, -5);
    ck_assert_int_eq(note.since_ns, INT64_MAX);
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_NONE);
    close(ends[1]);
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_GONE);
    note_send(ends[0], NOTE_END, 0, 0); /* no signal, no wait */
    ck_assert(note_ends(ends));
}
END_TEST

/* Beats are dropped first, and no other is. */
START_TEST(beats_leave_room_for_the_others)
{
    struct note note;
    int beats = 0;
    for (int i = 0; i < BEATS; i++)
        note_send(ends[1], NOTE_BEAT, i, 0);
    for (int i = 0; i < OTHERS; i++)
        note_send(ends[1], NOTE_GROUP, i, 0);
    note_send(ends[1], NOTE_BEAT, 0, 0);
    note_send(ends[1], NOTE_LOST, 1, 0);
    note_send(ends[1], NOTE_END, 2, 0);
    while (note_take(ends[0], &note) == NOTE_TAKEN && note.kind == NOTE_BEAT)
        must(note.number == beats++);
    ck_assert_int_gt(beats, 10);
    for (int i = 0; i < OTHERS; i++) {
        must(note.kind == NOTE_GROUP && note.number == i);
        must(note_take(ends[0], &note) == NOTE_TAKEN);
    }
    ck_assert_int_eq(note.kind, NOTE_LOST);
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_TAKEN);
    ck_assert_int_eq(note.kind, NOTE_END);
    ck_assert_int_eq(note.number, 2);
    /* and then they go through again */
    note_send(ends[1], NOTE_BEAT, 7, 0);
    ck_assert_int_eq(note_take(ends[0], &note), NOTE_TAKEN);
    ck_assert_int_eq(note.number, 7);
}
END_TEST

Suite *suite_note(void);
Suite *suite_note(void)
{
    Suite *suite = suite_create("note");
    TCase *tests = tcase_create("note");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_note_arrives_as_it_was);
    tcase_add_test(tests, beats_leave_room_for_the_others);
    suite_add_tcase(suite, tests);
    return suite;
}
