/* SPDX-License-Identifier: BSD-2-Clause */
/* Journals that an mgrd wrote once are read, and lead to the state that they led to then: one that
 * ended in order and one that was killed, each with a snapshot, of each format and behaviour. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/fixture.h"
#include "tests/support/must.h"

enum { SEGMENT = 32 << 10 };

#define HOW "before the first release a change of the saved form needs: make journal-fixtures"

static const char *const paths[] = {
    "tests/fixtures/journal-2-stopped.txt",
    "tests/fixtures/journal-2-killed.txt",
};
enum { PATHS = sizeof paths / sizeof paths[0] };

static struct io io;
static struct host host;
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
}

/* ---- making them ---- */

static void start(uint64_t seed)
{
    host_start(&host, &(struct host_options){
                          .io = &io, .dir = dir, .segment_bytes = SEGMENT, .seed = seed});
}

/* Something of every kind that is saved: objects of all types, sessions and their replies, grants,
 * waiters, items on their way. */
static void live(void)
{
    static const char *const types[] = {"dict", "list", "set",   "namespace", "value",     "queue",
                                        "pipe", "lock", "rlock", "condition", "semaphore", "event"};
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        (void)callf(&host.w, 0, "object.create", "name=%s|type=%s", types[i], types[i]);
    (void)call(&host.w, 0, "object.create", "name=array|type=array|typecode=d|init=[1.5, 2]");
    (void)call(&host.w, 0, "object.create", "name=barrier|type=barrier|init=2");
    (void)call(&host.w, 0, "list.append", "name=list|value=[1, !ref dict, {a: .inf}]");
    (void)call(&host.w, 1, "lock.acquire", "name=lock");
    (void)call(&host.w, 2, "lock.acquire", "name=lock|wait_ms=600000");
    (void)call(&host.w, 2, "barrier.wait", "name=barrier|wait_ms=600000");
    for (unsigned i = 0; i < 4; i++)
        (void)callf(&host.w, 0, "queue.put", "name=queue|value=item %u", i);
    (void)call(&host.w, 3, "queue.get", "name=queue");
    (void)call(&host.w, 3, "queue.get", "name=queue|reserve=1");
    (void)call(&host.w, 3, "semaphore.acquire", "name=semaphore");
    host_live(&host, 20);
}

static void make(const char *to, uint64_t seed, bool in_order)
{
    struct revived back;
    start(seed);
    live();
    host_compact(&host);
    for (unsigned i = 0; i < 3; i++) {
        host_live(&host, 10);
        host_flush(&host);
    }
    struct usage usage = world_usage(&host.w);
    must(usage.waiters >= 2 && usage.grants >= 3 && usage.sessions >= 4 && usage.objects >= 14);
    if (in_order)
        host_stop(&host);
    else
        host_drop(&host);
    revive(dir, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    struct fixture fixture = {.revision = back.recovery.revision, .clean = in_order};
    memcpy(fixture.digest, back.digest, sizeof fixture.digest);
    fixture_write(to, dir, &fixture);
    revived_free(&back);
    kit_dir_clear(dir);
}

/* Those of the format of today, when `make journal-fixtures` asks for them. */
START_TEST(they_are_made_when_they_are_asked_for)
{
    char to[80];
    if (getenv("MGRD_MAKE_FIXTURES") == NULL)
        return;
    for (int in_order = 0; in_order < 2; in_order++) {
        snprintf(to, sizeof to, "tests/fixtures/journal-%d-%s.txt", JOURNAL_FORMAT,
                 in_order ? "stopped" : "killed");
        make(to, 21, in_order);
    }
}
END_TEST

/* ---- reading them ---- */

/* What the mgrd of now makes of it; puts nothing into the directory. */
static void must_be(int where, const struct fixture *fixture)
{
    struct revived back;
    revive(where, &back);
    ck_assert_msg(back.ok, "%s (%s)", revived_why(&back), HOW);
    ck_assert_str_eq(revived_warning(&back), "");
    ck_assert_msg(back.recovery.revision == fixture->revision &&
                      memcmp(back.digest, fixture->digest, sizeof back.digest) == 0,
                  "another state (" HOW ")");
    ck_assert(back.recovery.clean == fixture->clean);
    revived_free(&back);
}

START_TEST(they_lead_to_the_state_that_they_led_to)
{
    struct fixture fixture = {0};
    fixture_read(paths[_i], dir, &fixture);
    must_be(dir, &fixture);
    kit_dir_copy(dir, other);
    start(5); /* it goes on with them, too */
    host_live(&host, 20);
    host_compact(&host);
    host_stop(&host);
    must_be(other, &fixture);
}
END_TEST

/* A backup is a snapshot. */
START_TEST(their_snapshots_can_be_restored)
{
    struct fixture fixture = {0};
    struct snapshot snapshot;
    struct buf why;
    struct revived back;
    char names[16][40], backup[2 * KIT_PATH] = "";
    fixture_read(paths[_i], dir, &fixture);
    unsigned count = kit_names(dir, names, 16);
    buf_init(&why);
    for (unsigned i = 0; i < count; i++)
        if (strncmp(names[i], SNAPSHOT_NAME, strlen(SNAPSHOT_NAME)) == 0) {
            snprintf(backup, sizeof backup, "%s/%s", path, names[i]);
            ck_assert(snapshot_load(dir, names[i], &snapshot, NULL, &why));
        }
    ck_assert_msg(maintenance_restore(&io, other, backup, objects_handlers(), &why), "%s",
                  kit_text(&why));
    revive(other, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    ck_assert_mem_eq(back.digest, snapshot.digest, sizeof back.digest);
    ck_assert_uint_lt(back.recovery.revision, fixture.revision);
    revived_free(&back);
    buf_free(&why);
}
END_TEST

Suite *suite_journal_fixtures(void);
Suite *suite_journal_fixtures(void)
{
    Suite *suite = suite_create("journal_fixtures");
    TCase *tc = tcase_create("journal_fixtures");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, they_are_made_when_they_are_asked_for);
    tcase_add_loop_test(tc, they_lead_to_the_state_that_they_led_to, 0, PATHS);
    tcase_add_loop_test(tc, their_snapshots_can_be_restored, 0, PATHS);
    suite_add_tcase(suite, tc);
    return suite;
}
