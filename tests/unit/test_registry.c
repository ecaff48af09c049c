/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding objects: by name, by id, in order. */
#include "tests/support/fakes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/registry.h"

static struct fakes f;

static void setup(void)
{
    fakes_init(&f);
}

static void teardown(void)
{
    fakes_free(&f);
}

static struct object *find(const char *name)
{
    return object_find(fakes_ctx(&f), bytes_text(name));
}

START_TEST(by_name)
{
    struct object *a = fake_create(&f, "list", "a");
    struct object *ab = fake_create(&f, "list", "a/b");
    ck_assert_ptr_eq(find("a"), a);
    ck_assert_ptr_eq(find("a/b"), ab);
    ck_assert_ptr_null(find("a/"));
    ck_assert_int_eq(f.ctx.result.code, ERR_NO_SUCH_OBJECT);
    ck_assert_uint_eq(f.ctx.result.object.len, 0); /* no name, so it is not repeated */
    ck_assert_ptr_null(find("nobody"));
    ck_assert(bytes_equal(f.ctx.result.object, bytes_text("nobody")));
    ck_assert_ptr_null(find(""));
    ck_assert_ptr_null(find("b"));
    ck_assert_uint_eq(engine_object_id(f.engine, bytes_text("a/b")), ab->id);
    ck_assert_uint_eq(engine_object_id(f.engine, bytes_text("x")), 0);
    fakes_destroy(&f, a);
    ck_assert_ptr_null(find("a"));
    ck_assert_ptr_eq(find("a/b"), ab);
}
END_TEST

/* More than are remembered, of names that end alike, some of them shorter than a word. */
START_TEST(by_name_again)
{
    static const struct {
        const char *before;
        int digits;
        const char *after;
    } forms[] = {{"", 1, ""}, {"x", 1, ""}, {"a/long/name/", 12, ""}, {"", 12, "/a/long/name"}};
    enum { FORMS = 4, EACH = 300 };
    static struct object *made[FORMS][EACH];
    char name[64];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < FORMS * EACH; i++) {
            struct object **at = &made[i % FORMS][i / FORMS];
            snprintf(name, sizeof name, "%s%0*d%s", forms[i % FORMS].before,
                     forms[i % FORMS].digits, i / FORMS, forms[i % FORMS].after);
            if (round == 0)
                *at = fake_create(&f, "list", name);
            ck_assert_ptr_eq(find(name), *at);
            ck_assert_ptr_eq(find(name), *at);
            if (round == 1 && i % 2 == 0) {
                fakes_destroy(&f, *at);
                *at = NULL;
                ck_assert_ptr_null(find(name));
                *at = i % 3 == 0 ? NULL : fake_create(&f, "list", name);
            }
        }
    }
}
END_TEST

START_TEST(by_tilde)
{
    struct object *named = fake_create(&f, "list", "a");
    struct object *nameless = fake_create(&f, "dict", NULL);
    char name[64];
    snprintf(name, sizeof name, "~dict-%" PRIu64, nameless->id);
    ck_assert_ptr_eq(find(name), nameless);
    snprintf(name, sizeof name, "~list-%" PRIu64, named->id);
    ck_assert_ptr_eq(find(name), named);
    snprintf(name, sizeof name, "~dict-%" PRIu64, named->id);
    ck_assert_ptr_null(find(name)); /* the type does not match */
    ck_assert_int_eq(f.ctx.result.code, ERR_NO_SUCH_OBJECT);
    snprintf(name, sizeof name, "~list-0%" PRIu64, named->id);
    ck_assert_ptr_null(find(name));
    snprintf(name, sizeof name, "~list-%" PRIu64 "x", named->id);
    ck_assert_ptr_null(find(name));
}
END_TEST

static const char *const no_tildes[] = {
    "~", "~-", "~list", "~list-", "~-1", "~list--1", "~list-18446744073709551617", "~list-1 ", "~1",
};

START_TEST(not_a_tilde_name)
{
    struct object *first = fake_create(&f, "list", "a");
    ck_assert_uint_eq(first->id, 1);
    ck_assert_ptr_null(find(no_tildes[_i]));
    ck_assert_ptr_eq(find("~list-1"), first);
}
END_TEST

START_TEST(puts_names)
{
    struct object *named = fake_create(&f, "list", "n/1");
    struct object *nameless = fake_create(&f, "dict", NULL);
    struct buf out;
    buf_init(&out);
    object_put_name(named, &out);
    ck_assert(bytes_equal(buf_bytes(&out), bytes_text("n/1")));
    buf_reset(&out, 100);
    ck_assert(engine_object_name(f.engine, nameless->id, &out));
    ck_assert(bytes_equal(buf_bytes(&out), bytes_text("~dict-2")));
    ck_assert(!engine_object_name(f.engine, 99, &out));
    buf_free(&out);
}
END_TEST

static int text_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

START_TEST(in_order_of_names)
{
    enum { COUNT = 500 };
    static char names[COUNT][16];
    unsigned short seed[3] = {1, 1, 1};
    for (size_t i = 0; i < COUNT; i++) {
        static const char letters[] = "aB_9.-/";
        snprintf(names[i], sizeof names[i], "x%c%ca%zu", letters[nrand48(seed) % 6],
                 letters[nrand48(seed) % 4], i);
        ck_assert_ptr_nonnull(fake_create(&f, "list", names[i]));
    }
    ck_assert_ptr_nonnull(fake_create(&f, "list", NULL)); /* not among the named ones */
    qsort(names, COUNT, sizeof names[0], text_order);
    struct ctx *ctx = fakes_ctx(&f);
    struct object *at = object_first_named(ctx, bytes_of(NULL, 0));
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert(bytes_equal(bytes_of(at->name, at->name_len), bytes_text(names[i])));
        ck_assert_ptr_eq(object_first_named(ctx, bytes_text(names[i])), at);
        at = object_next_named(ctx, at);
    }
    ck_assert_ptr_null(at);
    ck_assert_ptr_null(object_first_named(ctx, bytes_text("y")));
}
END_TEST

START_TEST(in_order_of_ids)
{
    for (int i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(fake_create(&f, "list", NULL));
    for (uint64_t id = 2; id <= 100; id += 3)
        fakes_destroy(&f, object_by_id(f.engine, id));
    uint64_t last = 0, count = 0;
    for (struct object *at = f.engine->objects; at != NULL; at = at->next) {
        ck_assert_uint_gt(at->id, last);
        ck_assert_ptr_eq(at->next != NULL ? at->next->prev : f.engine->objects_last, at);
        last = at->id;
        count++;
    }
    ck_assert_uint_eq(count, 67);
    ck_assert_uint_eq(f.engine->object_count, 67);
    ck_assert_uint_eq(f.engine->anonymous_count, 67);
}
END_TEST

Suite *suite_registry(void);

Suite *suite_registry(void)
{
    Suite *suite = suite_create("registry");
    TCase *tests = tcase_create("registry");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, by_name);
    tcase_add_test(tests, by_name_again);
    tcase_add_test(tests, by_tilde);
    tcase_add_loop_test(tests, not_a_tilde_name, 0, sizeof no_tildes / sizeof no_tildes[0]);
    tcase_add_test(tests, puts_names);
    tcase_add_test(tests, in_order_of_names);
    tcase_add_test(tests, in_order_of_ids);
    suite_add_tcase(suite, tests);
    return suite;
}
