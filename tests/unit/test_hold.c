/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions keep objects alive, counted per session and object. */
#include "tests/support/fakes.h"

#include "tests/support/alloc.h"
#include "wire.pb-c.h"

static struct fakes f;

static void setup(void)
{
    fakes_init(&f);
}

static void teardown(void)
{
    fakes_free(&f);
}

START_TEST(counts)
{
    struct session *s = fakes_session(&f);
    struct session *t = fakes_session(&f);
    struct object *a = fake_create(&f, "list", "a");
    ck_assert(!fakes_unhold(&f, s, a));
    ck_assert(!f.ctx.effect);
    ck_assert_int_eq(fakes_hold(&f, s, a), 0);
    ck_assert(f.ctx.effect);
    ck_assert_int_eq(fakes_hold(&f, s, a), 0);
    ck_assert_int_eq(fakes_hold(&f, t, a), 0);
    ck_assert_uint_eq(a->hold_count, 2);
    ck_assert_uint_eq(s->hold_count, 1);
    ck_assert(fakes_unhold(&f, s, a));
    ck_assert_uint_eq(a->hold_count, 2);
    ck_assert(fakes_unhold(&f, s, a));
    ck_assert_uint_eq(a->hold_count, 1);
    ck_assert(!fakes_unhold(&f, s, a));
    ck_assert(fakes_unhold(&f, t, a));
    ck_assert_uint_eq(a->hold_count, 0);
    ck_assert_ptr_null(a->holds);
    ck_assert_ptr_null(a->holds_last);
    ck_assert_ptr_null(s->holds);
}
END_TEST

/* Many holds, given back in an order of their own. */
START_TEST(lists_stay_whole)
{
    enum { SESSIONS = 7, OBJECTS = 11 };
    struct session *sessions[SESSIONS];
    struct object *objects[OBJECTS];
    for (size_t i = 0; i < SESSIONS; i++)
        sessions[i] = fakes_session(&f);
    for (size_t i = 0; i < OBJECTS; i++) {
        objects[i] = fake_create(&f, "list", NULL);
        for (size_t j = 0; j < SESSIONS; j++)
            ck_assert_int_eq(fakes_hold(&f, sessions[j], objects[i]), 0);
    }
    for (size_t i = 0; i < SESSIONS * OBJECTS; i++) {
        size_t pick = i * 31 % (SESSIONS * OBJECTS);
        ck_assert(fakes_unhold(&f, sessions[pick % SESSIONS], objects[pick / SESSIONS]));
        ck_assert(!fakes_unhold(&f, sessions[pick % SESSIONS], objects[pick / SESSIONS]));
    }
    for (size_t i = 0; i < OBJECTS; i++)
        ck_assert_uint_eq(objects[i]->hold_count, 0);
}
END_TEST

START_TEST(ephemeral_goes_with_its_last_holder)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    in.type = fake_text("list");
    in.has_name = true;
    in.name = fake_text("e");
    in.ephemeral = true;
    f.session = fakes_session(&f);
    struct object *e = fake_create_from(&f, &in);
    uint64_t id = e->id;
    e->grant_count++; /* owned: stays, and is looked at with the next hold that is given back */
    ck_assert(fakes_unhold(&f, f.session, e));
    ck_assert(fakes_alive(&f, id));
    e->grant_count--;
    ck_assert_int_eq(fakes_hold(&f, f.session, e), 0);
    ck_assert(fakes_unhold(&f, f.session, e));
    ck_assert(!fakes_alive(&f, id));
}
END_TEST

START_TEST(sessions_end_in_portions)
{
    f.session = fakes_session(&f);
    for (int i = 0; i < 25; i++)
        ck_assert_ptr_nonnull(fake_create(&f, "list", NULL));
    ck_assert_uint_eq(holds_end_some(fakes_ctx(&f), f.session, 10), 10);
    ck_assert_uint_eq(f.session->hold_count, 15);
    ck_assert_uint_eq(f.engine->objects->hold_count, 0); /* the oldest first */
    ck_assert_uint_eq(holds_end_some(fakes_ctx(&f), f.session, 100), 15);
    ck_assert_uint_eq(f.session->hold_count, 0);
    ck_assert_uint_eq(holds_end_some(fakes_ctx(&f), f.session, 100), 0);
}
END_TEST

START_TEST(no_memory)
{
    struct session *s = fakes_session(&f);
    struct object *a = fake_create(&f, "list", "a");
    struct ctx *ctx = fakes_ctx(&f);
    alloc_fail_at(1);
    int held = object_hold_by(ctx, s, a);
    alloc_fail_never();
    ck_assert_int_eq(held, -1);
    ck_assert(!ctx->effect);
    ck_assert_uint_eq(a->hold_count, 0);
    ck_assert_int_eq(fakes_hold(&f, s, a), 0);
    ctx = fakes_ctx(&f);
    alloc_fail_at(0);
    held = object_hold_by(ctx, s, a);
    holds_end(ctx, s);
    size_t count = alloc_count();
    ck_assert_int_eq(held, 0);
    ck_assert_uint_eq(count, 0); /* neither a second hold nor an end takes memory */
    ck_assert_uint_eq(a->hold_count, 0);
}
END_TEST

Suite *suite_hold(void);

Suite *suite_hold(void)
{
    Suite *suite = suite_create("hold");
    TCase *tests = tcase_create("hold");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, counts);
    tcase_add_test(tests, lists_stay_whole);
    tcase_add_test(tests, ephemeral_goes_with_its_last_holder);
    tcase_add_test(tests, sessions_end_in_portions);
    tcase_add_test(tests, no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
