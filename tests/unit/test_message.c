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
    ck_assert(message_ends(ends));
}

static void tear_down(void)
{
    close(ends[0]);
    close(ends[1]);
}

START_TEST(a_note_arrives_as_it_was)
{
    struct message note;
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_NONE);
    message_send(ends[1], MESSAGE_READY, -5, INT64_MAX);
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_TAKEN);
    ck_assert_int_eq(note.kind, MESSAGE_READY);
    ck_assert_int_eq(note.number, -5);
    ck_assert_int_eq(note.since_ns, INT64_MAX);
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_NONE);
    close(ends[1]);
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_GONE);
    message_send(ends[0], MESSAGE_END, 0, 0); /* no signal, no wait */
    ck_assert(message_ends(ends));
}
END_TEST

/* Beats are dropped first, and no other is. */
START_TEST(beats_leave_room_for_the_others)
{
    struct message note;
    int beats = 0;
    for (int i = 0; i < BEATS; i++)
        message_send(ends[1], MESSAGE_BEAT, i, 0);
    for (int i = 0; i < OTHERS; i++)
        message_send(ends[1], MESSAGE_GROUP, i, 0);
    message_send(ends[1], MESSAGE_BEAT, 0, 0);
    message_send(ends[1], MESSAGE_LOST, 1, 0);
    message_send(ends[1], MESSAGE_END, 2, 0);
    while (message_take(ends[0], &note) == MESSAGE_TAKEN && note.kind == MESSAGE_BEAT)
        must(note.number == beats++);
    ck_assert_int_gt(beats, 10);
    for (int i = 0; i < OTHERS; i++) {
        must(note.kind == MESSAGE_GROUP && note.number == i);
        must(message_take(ends[0], &note) == MESSAGE_TAKEN);
    }
    ck_assert_int_eq(note.kind, MESSAGE_LOST);
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_TAKEN);
    ck_assert_int_eq(note.kind, MESSAGE_END);
    ck_assert_int_eq(note.number, 2);
    /* and then they go through again */
    message_send(ends[1], MESSAGE_BEAT, 7, 0);
    ck_assert_int_eq(message_take(ends[0], &note), MESSAGE_TAKEN);
    ck_assert_int_eq(note.number, 7);
}
END_TEST

Suite *suite_message(void);
Suite *suite_message(void)
{
    Suite *suite = suite_create("message");
    TCase *tests = tcase_create("note");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_note_arrives_as_it_was);
    tcase_add_test(tests, beats_leave_room_for_the_others);
    suite_add_tcase(suite, tests);
    return suite;
}
