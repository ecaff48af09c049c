/* SPDX-License-Identifier: BSD-2-Clause */
/* What was acknowledged survives a power failure at any moment: a run is recorded, and what the
 * disk may hold after each of its events is read back. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/model_choice.h"
#include "tests/support/must.h"
#include "tests/support/power.h"

enum { SEGMENT = 8 << 10, RANDOM = 1000, KILLS = 24, FAILURES = 12, PARTS = 3 };

struct run {
    struct power power;
    struct host host;
    char path[KIT_PATH];
    int dir;
};

static struct run *run_begin(void)
{
    struct run *run = calloc(1, sizeof *run);
    must(run != NULL);
    power_init(&run->power);
    run->dir = kit_dir_make(run->path);
    return run;
}

static void run_end(struct run *run)
{
    kit_dir_remove(run->path, run->dir);
    power_free(&run->power);
    free(run);
}

static void start(struct run *run, uint64_t seed)
{
    host_start(&run->host, &(struct host_options){.io = &run->power.io,
                                                  .dir = run->dir,
                                                  .segment_bytes = SEGMENT,
                                                  .seed = seed,
                                                  .points = &run->power.points});
    /* what was read back is shown to whoever asks */
    power_ack(&run->power, journal_marks(run->host.journal)->durable);
}

static void live(struct run *run, unsigned commits)
{
    struct choice c = {.seed = &run->host.seed};
    for (unsigned i = 0; i < commits; i++) {
        host_live(&run->host, 1 + (unsigned)choose(&c, 12));
        power_ack(&run->power, host_flush(&run->host));
    }
}

/* Segments, a snapshot, an end in order, another beginning, and another snapshot. */
static void record(struct run *run, unsigned commits)
{
    start(run, 5);
    live(run, commits);
    host_compact(&run->host);
    live(run, commits / 2);
    host_stop(&run->host);
    start(run, 6);
    live(run, commits / 2);
    host_compact(&run->host);
    live(run, commits / 4);
    host_drop(&run->host);
}

static void must_be_good(const struct power *power)
{
    ck_assert_msg(power_bad(power) == 0, "of %u: %u refused, %u lost, %u strange; %s",
                  power->images, power->refused, power->lost, power->strange, power->first);
}

START_TEST(nothing_acknowledged_is_lost)
{
    struct run *run = run_begin();
    record(run, 32);
    power_try_all(&run->power, 0);
    must_be_good(&run->power);
    run_end(run);
}
END_TEST

START_TEST(nor_in_any_combination)
{
    struct run *run = run_begin();
    record(run, 32);
    power_try_random(&run->power, RANDOM, 99);
    must_be_good(&run->power);
    run_end(run);
}
END_TEST

/* When syncs come now and then only, many writes are on their way: what is lost of them may be
 * anything, and what comes back is still a state that was. */
static struct run *record_seldom_synced(void)
{
    struct run *run = run_begin();
    host_start(&run->host, &(struct host_options){.io = &run->power.io,
                                                  .dir = run->dir,
                                                  .segment_bytes = SEGMENT,
                                                  .interval_ms = 3600000,
                                                  .seed = 8,
                                                  .points = &run->power.points});
    for (unsigned i = 0; i < 3; i++) {
        struct choice c = {.seed = &run->host.seed};
        for (unsigned k = 0; k < 14; k++) {
            host_live(&run->host, 1 + (unsigned)choose(&c, 6));
            host_flush(&run->host);
        }
        (void)host_seal(&run->host);
        power_ack(&run->power, journal_marks(run->host.journal)->durable);
    }
    host_stop(&run->host);
    power_ack(&run->power, run->power.points.list[run->power.points.count - 1].revision);
    return run;
}

START_TEST(seldom_synced_is_still_in_order)
{
    struct run *run = record_seldom_synced();
    power_try_all(&run->power, 0);
    power_try_random(&run->power, RANDOM, 7);
    must_be_good(&run->power);
    run_end(run);
}
END_TEST

/* Killed somewhere, started again, and only then the power fails: what the second process found in
 * files may not have been on the disk. */
static void kill_and_fail(struct run *run, size_t killed, uint64_t seed)
{
    power_kill(&run->power, killed, run->dir);
    start(run, seed);
    live(run, 6);
    host_compact(&run->host);
    live(run, 3);
    host_drop(&run->host);
    power_try_all(&run->power, killed);
    must_be_good(&run->power);
}

START_TEST(what_a_killed_process_left_is_kept)
{
    for (unsigned i = (unsigned)_i; i < KILLS; i += PARTS) {
        struct run *run = run_begin();
        record(run, 12);
        kill_and_fail(run, run->power.tape.count * (2 * i + 1) / (2 * KILLS), 1000 + i);
        run_end(run);
    }
}
END_TEST

/* Before the directory is synced for that time: how many events; 0: it never is. */
static size_t before_sync_dir(const struct tape *tape, unsigned which)
{
    for (size_t i = 0; i < tape->count; i++)
        if (tape->events[i].op == IO_SYNC_DIR && which-- == 0)
            return i;
    return 0;
}

START_TEST(names_that_a_killed_process_gave_are_kept)
{
    size_t killed = 1;
    for (unsigned i = 1; killed != 0; i++) {
        struct run *run = run_begin();
        record(run, 8);
        killed = before_sync_dir(&run->power.tape, i);
        if (killed != 0)
            kill_and_fail(run, killed, 3000 + i);
        run_end(run);
    }
}
END_TEST

/* After one power failure another one: what was dropped stays so, and what came later is kept. */
static void fail_twice(struct run *run, unsigned which)
{
    size_t events = run->power.tape.count * (size_t)(2 * which + 1) / (2 * FAILURES), begun;
    power_fail(&run->power, events, which * 31 + 3, run->dir);
    begun = run->power.tape.count;
    start(run, 2000 + which);
    live(run, 6);
    host_compact(&run->host);
    live(run, 3);
    host_drop(&run->host);
    power_try_all(&run->power, begun);
    must_be_good(&run->power);
    run_end(run);
}

START_TEST(power_fails_again)
{
    for (unsigned i = 0; i < FAILURES; i++) {
        struct run *run = run_begin();
        record(run, 12);
        fail_twice(run, i);
        fail_twice(record_seldom_synced(), i);
    }
}
END_TEST

/* A restore that is cut off leaves an empty directory, or all of the backup. */
START_TEST(a_restore_is_whole_or_not_there)
{
    struct run *run = run_begin();
    struct io io = {.calls = 0};
    struct host host;
    struct buf why;
    char from_path[KIT_PATH], names[8][40], backup[2 * KIT_PATH] = "";
    int from = kit_dir_make(from_path);
    host_start(&host, &(struct host_options){.io = &io,
                                             .dir = from,
                                             .segment_bytes = SEGMENT,
                                             .seed = 4,
                                             .points = &run->power.points});
    host_live(&host, 200);
    uint64_t revision = host_flush(&host);
    host_compact(&host);
    host_drop(&host);
    unsigned count = kit_names(from, names, 8);
    for (unsigned i = 0; i < count; i++)
        if (strncmp(names[i], SNAPSHOT_NAME, strlen(SNAPSHOT_NAME)) == 0)
            snprintf(backup, sizeof backup, "%s/%s", from_path, names[i]);
    buf_init(&why);
    ck_assert_msg(maintenance_restore(&run->power.io, run->dir, backup, host.w.handlers, &why),
                  "%s", kit_text(&why));
    power_ack(&run->power, revision);
    power_try_all(&run->power, 0);
    must_be_good(&run->power);
    ck_assert_uint_gt(run->power.different, 3);
    buf_free(&why);
    kit_dir_remove(from_path, from);
    run_end(run);
}
END_TEST

Suite *suite_journal_power(void);
Suite *suite_journal_power(void)
{
    Suite *suite = suite_create("journal_power");
    TCase *tc = tcase_create("journal_power");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, nor_in_any_combination);
    tcase_add_test(tc, seldom_synced_is_still_in_order);
    tcase_add_loop_test(tc, what_a_killed_process_left_is_kept, 0, PARTS);
    tcase_add_test(tc, names_that_a_killed_process_gave_are_kept);
    tcase_add_test(tc, power_fails_again);
    tcase_add_test(tc, a_restore_is_whole_or_not_there);
    suite_add_tcase(suite, tc);
    TCase *acknowledged = tcase_create("acknowledged"); /* alone, for test_planted_unit.py */
    tcase_set_timeout(acknowledged, 240);
    tcase_add_test(acknowledged, nothing_acknowledged_is_lost);
    suite_add_tcase(suite, acknowledged);
    return suite;
}
