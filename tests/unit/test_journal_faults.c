/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks that fail: nothing that was acknowledged is lost, and a full one is not the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/objects/handlers.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum { SEGMENT = 4096, SPARE_SEGMENT = 64 << 10, PATIENCE_S = 20, NOT_OPENED = 3 };

static struct points points;
static char path[KIT_PATH];
static int dir;

static void set_up(void)
{
    dir = kit_dir_make(path);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
    points_free(&points);
}

/* ---- any call fails ---- */

/* Segments, a snapshot, an end in order; each commit is told, when it is one. */
static void run(struct io *io, int told, struct points *noted)
{
    struct host host;
    struct buf why;
    if (!host_try(&host,
                  &(struct host_options){
                      .io = io, .dir = dir, .segment_bytes = SEGMENT, .seed = 5, .points = noted}))
        _exit(NOT_OPENED);
    for (unsigned i = 0; i < 12; i++) {
        host_live(&host, 6);
        uint64_t durable = host_flush(&host);
        if (told >= 0 && write(told, &durable, sizeof durable) != sizeof durable)
            _exit(1);
        if (i == 6) {
            uint64_t before = host_seal(&host);
            buf_init(&why);
            (void)maintenance_compact(io, dir, before, objects_handlers(), &why);
            buf_free(&why);
        }
    }
    host_stop(&host);
}

/* The last revision that a process told of which this call fails; how it ended. */
static uint64_t run_and_die(unsigned fail_at, int error, int *code)
{
    int told[2], status;
    uint64_t durable, last = 0;
    must(pipe2(told, O_CLOEXEC) == 0);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        struct io io = {.fail_at = fail_at, .fail_error = error};
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDERR_FILENO); /* it says why it stops */
        run(&io, told[1], NULL);
        _exit(EXIT_SUCCESS);
    }
    close(told[1]);
    while (read(told[0], &durable, sizeof durable) == sizeof durable)
        last = durable;
    close(told[0]);
    must(waitpid(child, &status, 0) == child);
    ck_assert_msg(WIFEXITED(status), "call %u: status %d", fail_at, status);
    *code = WEXITSTATUS(status);
    return last;
}

static void must_be_kept(unsigned fail_at, uint64_t acked)
{
    struct revived back;
    const struct point *point;
    revive(dir, &back);
    ck_assert_msg(back.ok, "call %u: %s", fail_at, revived_why(&back));
    ck_assert_msg(back.recovery.revision >= acked, "call %u: %llu came back, %llu was acknowledged",
                  fail_at, (unsigned long long)back.recovery.revision, (unsigned long long)acked);
    point = points_find(&points, back.recovery.revision);
    ck_assert_msg(point != NULL, "call %u: a state that never was", fail_at);
    ck_assert_mem_eq(point->digest, back.digest, sizeof back.digest);
    revived_free(&back);
}

START_TEST(what_was_acknowledged_outlives_a_failed_call)
{
    int error = _i == 0 ? EIO : ENOSPC, code;
    unsigned ended = 0, went_on = 0;
    struct io io = {.calls = 0};
    run(&io, -1, &points);
    for (unsigned n = 1; n <= io.calls + 2; n++) {
        kit_dir_clear(dir);
        uint64_t acked = run_and_die(n, error, &code);
        ck_assert_msg(code == EXIT_SUCCESS || code == EX_IOERR || code == NOT_OPENED,
                      "call %u: exit code %d", n, code);
        ended += code == EX_IOERR;
        went_on += code == EXIT_SUCCESS;
        must_be_kept(n, acked);
        if (code == EXIT_SUCCESS)
            ck_assert_uint_eq(acked, points.list[points.count - 1].revision);
    }
    ck_assert_uint_ge(ended, 12); /* the write or the sync of each commit */
    ck_assert_uint_ge(went_on, 2);
}
END_TEST

/* ---- a full disk ---- */

/* What becomes of the creation of files. */
enum { GIVE_NOTHING, GIVE_BALLAST };

struct full {
    struct io io;
    struct host host;
    int what;
};

static const unsigned creations = 1 << IO_CREATE;

/* With GIVE_BALLAST the ballast has room for one file, as it would have. */
static void told(void *arg, const struct io_event *event)
{
    struct full *full = arg;
    if (full->what != GIVE_BALLAST)
        return;
    if (event->op == IO_UNLINK && strcmp(event->name, BALLAST_NAME) == 0)
        full->io.fail_ops = 0;
    else if (event->op == IO_CREATE)
        full->io.fail_ops = creations;
}

/* Asks again and again, until it is so. */
static void wait_for_room(struct full *full, bool room)
{
    struct timespec pause = {.tv_nsec = 1000000};
    for (unsigned i = 0; i < PATIENCE_S * 1000; i++) {
        must(journal_turn(full->host.journal, 0) == UINT64_MAX);
        if ((journal_marks(full->host.journal)->room == JOURNAL_ROOM) == room)
            return;
        nanosleep(&pause, NULL);
    }
    ck_abort_msg("the journal does not find out");
}

static bool is_there(const char *name)
{
    return faccessat(dir, name, F_OK, 0) == 0;
}

/* The first segment, the ballast and a spare are there: what makes files fails from then on. */
static void fill_begin(struct full *full)
{
    struct timespec pause = {.tv_nsec = 1000000};
    unsigned looks = 0;
    full->io = (struct io){.fail_error = ENOSPC, .told = told, .arg = full};
    host_start(&full->host, &(struct host_options){.io = &full->io,
                                                   .dir = dir,
                                                   .segment_bytes = SPARE_SEGMENT,
                                                   .seed = 6,
                                                   .points = &points});
    host_flush(&full->host);
    while (!is_there(BALLAST_NAME) || !is_there("log-000000000002")) {
        must(looks++ < PATIENCE_S * 1000);
        nanosleep(&pause, NULL);
    }
    wait_for_room(full, true);
}

/* Writes until a segment is full. */
static void fill_segment(struct full *full)
{
    struct journal_stat stat;
    uint64_t first;
    journal_stat(full->host.journal, &stat);
    first = stat.segment;
    while (stat.segment == first) {
        host_live(&full->host, 5);
        host_flush(&full->host);
        journal_stat(full->host.journal, &stat);
    }
}

static enum journal_room room_of(struct full *full)
{
    return journal_marks(full->host.journal)->room;
}

START_TEST(a_full_disk_is_told_and_passes)
{
    struct full full = {.what = GIVE_NOTHING};
    fill_begin(&full);
    full.io.fail_ops = creations;
    fill_segment(&full);
    wait_for_room(&full, false);
    ck_assert_int_eq(room_of(&full), JOURNAL_LOW);
    while (room_of(&full) == JOURNAL_LOW) { /* nothing may block or end the process until then */
        host_live(&full.host, 1);
        must(journal_turn(full.host.journal, 0) == UINT64_MAX); /* as the loop asks, before */
        if (room_of(&full) == JOURNAL_LOW)
            host_flush(&full.host);
    }
    ck_assert_int_eq(room_of(&full), JOURNAL_FULL);
    ck_assert(!is_there(BALLAST_NAME));
    full.io.fail_ops = 0;
    wait_for_room(&full, true);
    fill_segment(&full);
    host_stop(&full.host);
    kit_must_be(dir, &points.list[points.count - 1]);
}
END_TEST

START_TEST(the_ballast_is_given_up_for_a_segment)
{
    struct full full = {.what = GIVE_NOTHING};
    fill_begin(&full);
    full.what = GIVE_BALLAST;
    full.io.fail_ops = creations;
    fill_segment(&full);
    wait_for_room(&full, false);
    ck_assert_int_eq(room_of(&full), JOURNAL_LOW);
    fill_segment(&full); /* of the ballast's room */
    wait_for_room(&full, false);
    ck_assert_int_eq(room_of(&full), JOURNAL_LOW);
    full.what = GIVE_NOTHING;
    full.io.fail_ops = 0;
    wait_for_room(&full, true);
    struct stat stat;
    ck_assert_int_eq(fstatat(dir, BALLAST_NAME, &stat, 0), 0);
    ck_assert_int_eq(stat.st_size, SPARE_SEGMENT);
    host_stop(&full.host);
    kit_must_be(dir, &points.list[points.count - 1]);
}
END_TEST

Suite *suite_journal_faults(void);
Suite *suite_journal_faults(void)
{
    Suite *suite = suite_create("journal_faults");
    TCase *tc = tcase_create("journal_faults");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, what_was_acknowledged_outlives_a_failed_call, 0, 2);
    tcase_add_test(tc, a_full_disk_is_told_and_passes);
    tcase_add_test(tc, the_ballast_is_given_up_for_a_segment);
    suite_add_tcase(suite, tc);
    return suite;
}
