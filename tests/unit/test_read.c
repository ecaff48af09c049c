/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads: they answer, say how new the object is, and change nothing. */
#include <stdio.h>

#include "tests/support/fakelock.h"
#include "wire.pb-c.h"

static struct world w;

static void setup(void)
{
    world_init(&w, &fakelock_handlers);
    fakelock_create(&w, "a", "3");
}

static void teardown(void)
{
    world_free(&w);
}

static const struct seen *get(unsigned who, uint64_t require, const char *name)
{
    Wire__ValueGet in = WIRE__VALUE_GET__INIT;
    in.has_name = true, in.name = world_text(name);
    return world_ask(&w, who, &(struct ask){.require = require}, &in.base);
}

START_TEST(a_read_shows_the_objects_last_change)
{
    uint64_t changed_at = fakelock_add(&w, 0, "a", "1")->revision;
    uint64_t revision = fakelock_create(&w, "b", "1")->revision;
    const struct seen *seen = get(0, 0, "a");
    ck_assert_uint_eq(seen->revision, revision);
    ck_assert_uint_eq(seen->changed_at, changed_at);
    ck_assert_str_eq(world_show(&w, seen), "[3, 0, 0, 0]");
    /* an object that is not there could have been there until now */
    ck_assert_uint_eq(get(0, 0, "c")->changed_at, revision);
}
END_TEST

START_TEST(a_read_that_requires_a_token_shows_the_newest_revision)
{
    uint64_t token = fakelock_acquire(&w, 0, "a", 1, 0)->result.token;
    uint64_t revision = fakelock_create(&w, "b", "1")->revision;
    ck_assert_uint_eq(get(0, token, "a")->changed_at, revision);
    ck_assert_int_eq(get(0, token - 1, "a")->result.code, ERR_STALE_TOKEN);
}
END_TEST

START_TEST(nothing_changes)
{
    const char *digest = world_digest(&w);
    struct usage before = world_usage(&w);
    w.now_ms += 1000;
    for (unsigned who = 0; who < 3; who++) {
        ck_assert_int_eq(get(who, 0, "a")->result.kind, RESULT_VALUE);
        ck_assert_int_eq(get(who, 0, "none")->result.code, ERR_NO_SUCH_OBJECT);
        ck_assert_int_eq(fakelock_watch(&w, who, "a", engine_revision(w.engine), 0)->result.code,
                         ERR_BUSY);
    }
    ck_assert_str_eq(world_digest(&w), digest);
    ck_assert_uint_eq(world_usage(&w).bytes, before.bytes);
    ck_assert_uint_eq(world_usage(&w).blocks, before.blocks);
    ck_assert_uint_eq(engine_now(w.engine), 1000);
}
END_TEST

START_TEST(a_session_that_is_gone_reads_nothing)
{
    fakelock_add(&w, 1, "a", "1");
    uint64_t session = w.clients[1].session;
    world_end(&w, 1);
    w.clients[1].session = session;
    ck_assert_ptr_null(get(1, 0, "a"));
    ck_assert_uint_eq(w.seen[0].session, 0);
    ck_assert_int_eq(w.seen[0].result.code, ERR_SESSION_LOST);
}
END_TEST

START_TEST(by_the_name_of_anonymous_ones)
{
    char name[64];
    uint64_t id = fakelock_create(&w, NULL, "2")->revision;
    snprintf(name, sizeof name, "~value-%llu", (unsigned long long)id);
    ck_assert_str_eq(world_show(&w, get(0, 0, name)), "[2, 0, 0, 0]");
    ck_assert_uint_eq(engine_object_id(w.engine, bytes_text(name)), id);
}
END_TEST

START_TEST(a_reply_too_large_for_a_frame)
{
    struct handlers handlers = fakelock_handlers;
    struct engine_options options = {.limits = {.frame_bytes = 200}};
    char big[201];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    engine_free(w.engine);
    w.engine = engine_new(&handlers, &options);
    ck_assert_ptr_nonnull(w.engine);
    w.clients[0] = (struct client){.id = 0};
    fakelock_create(&w, "a", "1");
    ck_assert_int_eq(fakelock_swap(&w, 0, "a", big)->result.kind, RESULT_VALUE);
    const char *digest = world_digest(&w);
    ck_assert_int_eq(fakelock_swap(&w, 0, "a", "1")->result.code, ERR_TOO_LARGE);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(world_digest(&w), digest);
}
END_TEST

Suite *suite_read(void);
Suite *suite_read(void)
{
    Suite *suite = suite_create("read");
    TCase *tc = tcase_create("read");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_read_shows_the_objects_last_change);
    tcase_add_test(tc, a_read_that_requires_a_token_shows_the_newest_revision);
    tcase_add_test(tc, nothing_changes);
    tcase_add_test(tc, a_session_that_is_gone_reads_nothing);
    tcase_add_test(tc, by_the_name_of_anonymous_ones);
    tcase_add_test(tc, a_reply_too_large_for_a_frame);
    suite_add_tcase(suite, tc);
    return suite;
}
