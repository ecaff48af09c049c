/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loop is told: which batch a revision is in, when to ask again, what is durable. */
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/alloc.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum {
    SEGMENT = 1 << 20,
    UNWRITTEN = 1 << 16,
    SLOW_US = 3000,
    PATIENCE_S = 20,
    MOST_US = 2000,
    QUIET_US = 20
};

/* A journal without an engine: commands are made up. */
struct loop {
    struct io io;
    struct journal *journal;
    const struct journal_marks *marks;
    uint64_t revision;
    char path[KIT_PATH];
    int dir;
    bool written;       /* the log has begun */
    bool gated;         /* a sync of the log waits for the gate */
    sem_t gate, synced; /* synced: the log was */
};

static void told(void *arg, const struct io_event *event)
{
    struct loop *loop = arg;
    struct timespec slow = {.tv_nsec = SLOW_US * 1000};
    /* not those of files that are made, or of the head, which is there before any command */
    if (strcmp(event->name, "log-000000000001") != 0)
        return;
    if (event->op == IO_WRITE && event->offset > 0 && *(const uint8_t *)event->data != 0)
        loop->written = true;
    if (event->op != IO_SYNC || !loop->written)
        return;
    if (loop->gated)
        must(sem_wait(&loop->gate) == 0);
    else
        nanosleep(&slow, NULL); /* so slow is this disk */
    sem_post(&loop->synced);
}

static void begin(struct loop *loop, uint64_t interval_ms)
{
    *loop = (struct loop){.revision = 100};
    sem_init(&loop->gate, 0, 0);
    sem_init(&loop->synced, 0, 0);
    loop->io = (struct io){.told = told, .arg = loop};
    loop->dir = kit_dir_make(loop->path);
    loop->journal = journal_new(&(struct journal_options){.io = &loop->io,
                                                          .dir = loop->dir,
                                                          .position = {.segment = 1, .data_id = 1},
                                                          .revision = 100,
                                                          .segment_bytes = SEGMENT,
                                                          .unwritten_bytes = UNWRITTEN,
                                                          .interval_ms = interval_ms});
    must(loop->journal != NULL);
    loop->marks = journal_marks(loop->journal);
}

static void end(struct loop *loop)
{
    journal_free(loop->journal);
    kit_dir_remove(loop->path, loop->dir);
    sem_destroy(&loop->gate);
    sem_destroy(&loop->synced);
}

/* One command with one revision, and so many bytes of request. */
static uint64_t put(struct loop *loop, size_t bytes)
{
    struct command command = {.kind = bytes == 0 ? COMMAND_TICK : COMMAND_REQUEST};
    uint8_t *request = calloc(1, bytes + 1);
    must(request != NULL && journal_reserve(loop->journal, bytes));
    loop->revision++;
    journal_put(loop->journal, &command, bytes_of(request, bytes),
                &(struct applied){.first = loop->revision, .last = loop->revision});
    free(request);
    return loop->revision;
}

/* Waits for the commit that is in flight. */
static void collect(struct loop *loop)
{
    struct pollfd news = {.fd = journal_fd(loop->journal), .events = POLLIN};
    do {
        must(poll(&news, 1, PATIENCE_S * 1000) == 1);
    } while (!journal_collect(loop->journal));
}

static uint64_t turn(struct loop *loop, uint64_t now_us)
{
    return journal_turn(loop->journal, now_us);
}

/* ---- marks ---- */

START_TEST(a_revision_is_in_a_batch)
{
    struct journal_marks marks = {.durable = 10, .flight_last = 20, .batch = 7, .committed = 5};
    ck_assert_uint_eq(journal_batch_of(&marks, 0), 0);
    ck_assert_uint_eq(journal_batch_of(&marks, 10), 0);
    ck_assert_uint_eq(journal_batch_of(&marks, 11), 6);
    ck_assert_uint_eq(journal_batch_of(&marks, 20), 6);
    ck_assert_uint_eq(journal_batch_of(&marks, 21), 7);
}
END_TEST

START_TEST(marks_follow_the_commits)
{
    struct loop loop;
    begin(&loop, 0);
    loop.gated = true;
    ck_assert_uint_eq(loop.marks->durable, 100);
    ck_assert_uint_eq(loop.marks->committed, 0);
    ck_assert_uint_eq(turn(&loop, 0), UINT64_MAX);
    ck_assert_uint_eq(loop.marks->batch, 1); /* nothing to do */
    uint64_t first = put(&loop, 0);
    ck_assert_uint_eq(journal_batch_of(loop.marks, first), 1);
    ck_assert_uint_eq(turn(&loop, 0), UINT64_MAX);
    ck_assert_uint_eq(loop.marks->batch, 2); /* it is in flight */
    ck_assert_uint_eq(loop.marks->committed, 0);
    ck_assert_uint_eq(loop.marks->durable, 100);
    ck_assert_uint_eq(journal_batch_of(loop.marks, first), 1);
    uint64_t second = put(&loop, 0);
    ck_assert_uint_eq(journal_batch_of(loop.marks, second), 2);
    ck_assert_uint_eq(turn(&loop, 1000000), UINT64_MAX);
    ck_assert_uint_eq(loop.marks->batch, 2); /* one at a time */
    ck_assert(!journal_collect(loop.journal));
    sem_post(&loop.gate);
    collect(&loop);
    ck_assert_uint_eq(loop.marks->committed, 1);
    ck_assert_uint_eq(loop.marks->durable, first);
    ck_assert_uint_eq(journal_batch_of(loop.marks, first), 0);
    ck_assert_uint_eq(journal_batch_of(loop.marks, second), 2);
    ck_assert(!journal_collect(loop.journal));
    sem_post(&loop.gate);
    journal_flush(loop.journal);
    ck_assert_uint_eq(loop.marks->committed, 2);
    ck_assert_uint_eq(loop.marks->durable, second);
    loop.gated = false;
    end(&loop);
}
END_TEST

/* More gathers than may wait: commands have to, the loop does not. It did, for two syncs. */
START_TEST(the_loop_does_not_wait_for_the_disk)
{
    struct loop loop;
    begin(&loop, 0);
    loop.gated = true;
    put(&loop, 0);
    turn(&loop, 0);
    put(&loop, UNWRITTEN / 2);
    turn(&loop, 1);
    ck_assert(!loop.marks->behind);
    put(&loop, UNWRITTEN);
    ck_assert_uint_eq(turn(&loop, 2), UINT64_MAX); /* the gate is closed */
    ck_assert(loop.marks->behind);
    ck_assert_uint_eq(loop.marks->committed, 0);
    sem_post(&loop.gate);
    collect(&loop);
    ck_assert(!loop.marks->behind);
    ck_assert_uint_eq(turn(&loop, 3), UINT64_MAX); /* it is in flight at once */
    ck_assert_uint_eq(loop.marks->batch, 3);
    ck_assert(!loop.marks->behind);
    sem_post(&loop.gate);
    collect(&loop);
    loop.gated = false;
    end(&loop);
}
END_TEST

START_TEST(a_flush_is_told_of)
{
    struct loop loop;
    begin(&loop, 0);
    journal_flush(loop.journal);
    ck_assert(!journal_collect(loop.journal)); /* there was nothing */
    put(&loop, 0);
    journal_flush(loop.journal);
    ck_assert(journal_collect(loop.journal));
    ck_assert(!journal_collect(loop.journal));
    put(&loop, 0);
    turn(&loop, 0);
    put(&loop, 0);
    journal_flush(loop.journal);
    ck_assert(journal_collect(loop.journal));
    ck_assert(!journal_collect(loop.journal));
    ck_assert_uint_eq(loop.marks->durable, loop.revision);
    end(&loop);
}
END_TEST

START_TEST(a_command_without_room_harms_no_other)
{
    struct loop loop;
    begin(&loop, 0);
    put(&loop, 10);
    alloc_fail_at(1);
    bool room = journal_reserve(loop.journal, 1 << 20);
    alloc_fail_never();
    ck_assert(!room);
    put(&loop, 20);
    ck_assert(journal_reserve(loop.journal, 1 << 20));
    put(&loop, 1 << 20);
    journal_flush(loop.journal);
    ck_assert_uint_eq(loop.marks->durable, loop.revision);
    end(&loop);
}
END_TEST

START_TEST(without_memory_there_is_no_journal)
{
    struct io io = {.calls = 0};
    char path[KIT_PATH];
    int dir = kit_dir_make(path);
    struct journal *journal = NULL;
    for (size_t n = 1; journal == NULL; n++) {
        must(n < 100);
        alloc_fail_at(n);
        journal = journal_new(&(struct journal_options){
            .io = &io, .dir = dir, .position = {.segment = 1}, .segment_bytes = 4096});
        alloc_fail_never();
    }
    journal_free(journal);
    kit_dir_remove(path, dir);
}
END_TEST

/* ---- gathering ---- */

static void join(struct loop *loop, uint64_t *peer, size_t bytes)
{
    journal_enroll(loop->journal, peer);
    put(loop, bytes);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t commit_us(struct loop *loop)
{
    struct journal_stat stat;
    journal_stat(loop->journal, &stat);
    must(stat.commit_us >= SLOW_US / 2);
    return stat.commit_us;
}

/* Commits with a command of each of both. */
static void meet(struct loop *loop, uint64_t peers[2], unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        join(loop, &peers[0], 0);
        join(loop, &peers[1], 0);
        journal_flush(loop->journal);
        must(journal_collect(loop->journal)); /* or the next news would be this */
    }
}

START_TEST(a_lone_connection_never_waits)
{
    struct loop loop;
    uint64_t peer = 0;
    begin(&loop, 0);
    for (unsigned i = 1; i <= 8; i++) {
        join(&loop, &peer, 0);
        ck_assert_uint_eq(turn(&loop, i * 1000), UINT64_MAX);
        ck_assert_uint_eq(loop.marks->batch, i + 1);
        collect(&loop);
    }
    end(&loop);
}
END_TEST

START_TEST(who_came_before_is_waited_for)
{
    struct loop loop;
    uint64_t peers[2] = {0}, batch;
    begin(&loop, 0);
    meet(&loop, peers, 3);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t now_us = i * 100000, quiet_us = commit_us(&loop) / 2;
        batch = loop.marks->batch;
        join(&loop, &peers[i % 2], 0);
        uint64_t wait_us = turn(&loop, now_us);
        ck_assert_uint_eq(wait_us, least(quiet_us, least(4 * commit_us(&loop), MOST_US)));
        ck_assert_uint_eq(loop.marks->batch, batch);
        ck_assert_uint_eq(turn(&loop, now_us + wait_us - 1), 1); /* it does not begin again */
        join(&loop, &peers[(i + 1) % 2], 0);
        ck_assert_uint_eq(turn(&loop, now_us + wait_us - 1), UINT64_MAX);
        ck_assert_uint_eq(loop.marks->batch, batch + 1);
        collect(&loop);
    }
    end(&loop);
}
END_TEST

START_TEST(but_not_for_long)
{
    struct loop loop;
    uint64_t peers[2] = {0}, batch, wait_us, now_us = 5000000;
    begin(&loop, 0);
    meet(&loop, peers, 3);
    batch = loop.marks->batch;
    join(&loop, &peers[0], 0);
    wait_us = turn(&loop, now_us);
    ck_assert_uint_eq(turn(&loop, now_us + wait_us), UINT64_MAX); /* nobody came */
    ck_assert_uint_eq(loop.marks->batch, batch + 1);
    collect(&loop);
    meet(&loop, peers, 2);
    batch = loop.marks->batch;
    for (uint64_t passed = 0;;) { /* one comes again and again, the other does not */
        join(&loop, &peers[0], 0);
        wait_us = turn(&loop, now_us + passed);
        if (wait_us == UINT64_MAX) {
            ck_assert_uint_eq(passed, MOST_US);
            break;
        }
        ck_assert_uint_gt(wait_us, 0);
        ck_assert_uint_eq(loop.marks->batch, batch);
        passed += wait_us > 1 ? wait_us / 2 : 1;
        ck_assert_uint_le(passed, MOST_US);
    }
    ck_assert_uint_eq(loop.marks->batch, batch + 1);
    collect(&loop);
    end(&loop);
}
END_TEST

START_TEST(who_left_is_not_waited_for)
{
    struct loop loop;
    uint64_t peers[2] = {0}, batch;
    begin(&loop, 0);
    meet(&loop, peers, 3);
    journal_withdraw(loop.journal, peers[1]);
    batch = loop.marks->batch;
    join(&loop, &peers[0], 0);
    ck_assert_uint_eq(turn(&loop, 0), UINT64_MAX);
    ck_assert_uint_eq(loop.marks->batch, batch + 1);
    collect(&loop);
    peers[1] = 0;
    meet(&loop, peers, 1);
    for (unsigned i = 0; i < 2; i++) { /* twice without it: it is not expected any more */
        join(&loop, &peers[0], 0);
        ck_assert_uint_lt(turn(&loop, 0), UINT64_MAX);
        journal_flush(loop.journal);
    }
    join(&loop, &peers[0], 0);
    ck_assert_uint_eq(turn(&loop, 0), UINT64_MAX);
    journal_flush(loop.journal);
    journal_withdraw(loop.journal, peers[1]); /* long ago: it is counted nowhere */
    join(&loop, &peers[0], 0);
    ck_assert_uint_eq(turn(&loop, 0), UINT64_MAX);
    end(&loop);
}
END_TEST

START_TEST(what_is_large_goes_at_once)
{
    struct loop loop;
    uint64_t peers[2] = {0}, batch;
    begin(&loop, 0);
    meet(&loop, peers, 3);
    batch = loop.marks->batch;
    join(&loop, &peers[0], 150 * commit_us(&loop));
    ck_assert_uint_eq(turn(&loop, 0), UINT64_MAX);
    ck_assert_uint_eq(loop.marks->batch, batch + 1);
    end(&loop);
}
END_TEST

/* ---- syncs now and then ---- */

static bool wait_for_sync(struct loop *loop)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    return sem_timedwait(&loop->synced, &until) == 0;
}

static bool synced_already(struct loop *loop)
{
    return sem_trywait(&loop->synced) == 0;
}

START_TEST(with_an_interval_a_commit_is_no_sync)
{
    struct loop loop;
    struct journal_stat stat;
    begin(&loop, 3600000);
    for (unsigned i = 0; i < 50; i++) {
        put(&loop, 0);
        journal_flush(loop.journal);
        ck_assert_uint_eq(loop.marks->durable, loop.revision);
    }
    journal_stat(loop.journal, &stat);
    ck_assert_uint_eq(stat.commits, 50);
    ck_assert(!synced_already(&loop));
    end(&loop);
}
END_TEST

START_TEST(when_it_is_over_all_is_synced)
{
    struct loop loop;
    begin(&loop, 30);
    put(&loop, 0);
    journal_flush(loop.journal);
    ck_assert(wait_for_sync(&loop));
    end(&loop);
}
END_TEST

/* However often others come meanwhile. */
START_TEST(a_busy_log_is_synced_too)
{
    struct loop loop;
    struct timespec now;
    time_t until;
    begin(&loop, 30);
    clock_gettime(CLOCK_MONOTONIC, &now);
    until = now.tv_sec + PATIENCE_S;
    do {
        put(&loop, 0);
        journal_flush(loop.journal);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (!synced_already(&loop) && now.tv_sec < until);
    ck_assert(now.tv_sec < until);
    end(&loop);
}
END_TEST

Suite *suite_journal_marks(void);
Suite *suite_journal_marks(void)
{
    Suite *suite = suite_create("journal_marks");
    TCase *tc = tcase_create("journal_marks");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_revision_is_in_a_batch);
    tcase_add_test(tc, marks_follow_the_commits);
    tcase_add_test(tc, the_loop_does_not_wait_for_the_disk);
    tcase_add_test(tc, a_flush_is_told_of);
    tcase_add_test(tc, a_command_without_room_harms_no_other);
    tcase_add_test(tc, without_memory_there_is_no_journal);
    tcase_add_test(tc, a_lone_connection_never_waits);
    tcase_add_test(tc, who_came_before_is_waited_for);
    tcase_add_test(tc, but_not_for_long);
    tcase_add_test(tc, who_left_is_not_waited_for);
    tcase_add_test(tc, what_is_large_goes_at_once);
    tcase_add_test(tc, with_an_interval_a_commit_is_no_sync);
    tcase_add_test(tc, when_it_is_over_all_is_synced);
    tcase_add_test(tc, a_busy_log_is_synced_too);
    suite_add_tcase(suite, tc);
    return suite;
}
