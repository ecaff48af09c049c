/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: values are built, read and printed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client/mgr.h"
#include "tests/support/alloc.h"

static struct mgr_value *of(struct mgr_arg arg)
{
    struct mgr_builder *b = mgr_build();
    mgr_build_put(b, arg);
    return mgr_build_value(b);
}

static void check_text(struct mgr_view view, enum mgr_format format, const char *wanted)
{
    char *text = mgr_print(view, format);
    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(test_scalars)
{
    bool truth = false;
    int64_t n = 7;
    double real = 0;
    const char *text;
    const void *data;
    size_t len;
    uint64_t ref = 0;
    struct mgr_value *v = of(mgr_bool(true));
    ck_assert(mgr_as_bool(mgr_view(v), &truth) && truth);
    ck_assert(!mgr_as_int(mgr_view(v), &n));
    ck_assert_int_eq(n, 7);
    mgr_value_free(v);
    v = of(mgr_int(INT64_MIN));
    ck_assert(mgr_as_int(mgr_view(v), &n) && n == INT64_MIN);
    ck_assert(mgr_as_float(mgr_view(v), &real) && real < -9e18);
    mgr_value_free(v);
    v = of(mgr_float(0.25));
    ck_assert(mgr_as_float(mgr_view(v), &real) && real > 0.2 && real < 0.3);
    ck_assert(!mgr_as_int(mgr_view(v), &n));
    mgr_value_free(v);
    v = of(mgr_strn("a\0b", 3));
    ck_assert(mgr_as_str(mgr_view(v), &text, &len) && len == 3 && memcmp(text, "a\0b", 3) == 0);
    ck_assert(!mgr_as_bytes(mgr_view(v), &data, &len));
    mgr_value_free(v);
    v = of(mgr_bytes("\xff", 1));
    ck_assert(mgr_as_bytes(mgr_view(v), &data, &len) && len == 1);
    mgr_value_free(v);
    v = of(mgr_ref(42));
    ck_assert(mgr_as_ref(mgr_view(v), &ref) && ref == 42);
    mgr_value_free(v);
    v = of(MGR_NONE);
    ck_assert_int_eq(mgr_kind(mgr_view(v)), MGR_KIND_NONE);
    mgr_value_free(v);
    ck_assert_int_eq(mgr_kind(mgr_view(NULL)), MGR_KIND_NOT_GIVEN);
    ck_assert_int_eq(mgr_of(NULL).kind, MGR_ARG_ABSENT);
    ck_assert_int_eq(mgr_str(NULL).kind, MGR_ARG_ABSENT);
    ck_assert_int_eq(mgr_json(NULL).kind, MGR_ARG_ABSENT);
    ck_assert_int_eq(mgr_literal(NULL).kind, MGR_ARG_ABSENT);
    ck_assert_int_eq(mgr_bytes(NULL, 3).kind, MGR_ARG_ABSENT);
}
END_TEST

static struct mgr_value *sample(void)
{
    struct mgr_builder *b = mgr_build();
    mgr_build_open(b, MGR_KIND_DICT);
    mgr_build_put(b, mgr_str("numbers"));
    mgr_build_open(b, MGR_KIND_LIST);
    for (int i = 0; i < 100; i++) /* longer than a length of one byte */
        mgr_build_put(b, mgr_int(i));
    mgr_build_close(b);
    mgr_build_put(b, mgr_int(1));
    mgr_build_put(b, mgr_json("{\"a\": [null, true]}"));
    mgr_build_open(b, MGR_KIND_TUPLE); /* a key */
    mgr_build_put(b, mgr_literal("!tuple [x]"));
    mgr_build_close(b);
    mgr_build_put(b, MGR_NONE);
    mgr_build_close(b);
    return mgr_build_value(b);
}

START_TEST(test_containers)
{
    struct mgr_view field, key, value;
    int64_t n = 0, sum = 0;
    size_t pairs = 0;
    struct mgr_value *v = sample();
    ck_assert_ptr_nonnull(v);
    ck_assert_uint_eq(mgr_len(mgr_view(v)), 3);
    ck_assert(mgr_field(mgr_view(v), "numbers", &field));
    ck_assert(!mgr_field(mgr_view(v), "number", &key));
    ck_assert(!mgr_field(field, "x", &key));
    struct mgr_iter it = mgr_iter(field);
    ck_assert(!mgr_next_pair(&it, &key, &value)); /* a list has none, and stays where it is */
    while (mgr_next(&it, &value) && mgr_as_int(value, &n))
        sum += n;
    ck_assert_int_eq(sum, 99 * 100 / 2);
    for (it = mgr_iter(mgr_view(v)); mgr_next_pair(&it, &key, &value);)
        pairs++;
    ck_assert_uint_eq(pairs, 3);
    it = mgr_iter(mgr_view(v));
    ck_assert(mgr_next(&it, &key)); /* of a dict the keys */
    check_text(key, MGR_TEXT, "numbers");
    it = mgr_iter(value);
    ck_assert(!mgr_next(&it, &key));
    ck_assert_uint_eq(mgr_len(value), 0);
    struct mgr_value *copy = of(mgr_of(v));
    ck_assert_uint_eq(mgr_view(copy).len, mgr_view(v).len);
    ck_assert_mem_eq(mgr_view(copy).data, mgr_view(v).data, mgr_view(v).len);
    mgr_value_free(copy);
    mgr_value_free(v);
}
END_TEST

START_TEST(test_print)
{
    struct mgr_value *v = of(mgr_json("{\"a\": [1, null, \"x y\"]}"));
    check_text(mgr_view(v), MGR_JSON, "{\"a\": [1, null, \"x y\"]}");
    check_text(mgr_view(v), MGR_PYTHON, "{'a': [1, None, 'x y']}");
    mgr_value_free(v);
    check_text(mgr_view(NULL), MGR_TEXT, "");
    v = of(mgr_bytes("\xff", 1));
    ck_assert_ptr_null(mgr_print(mgr_view(v), MGR_JSON));
    ck_assert_ptr_null(mgr_print(mgr_view(v), (enum mgr_format)99));
    mgr_value_free(v);
}
END_TEST

static void put_nothing(struct mgr_builder *b)
{
    (void)b;
}

static void put_two(struct mgr_builder *b)
{
    mgr_build_put(b, mgr_int(1));
    mgr_build_put(b, mgr_int(2));
}

static void put_open(struct mgr_builder *b)
{
    mgr_build_open(b, MGR_KIND_LIST);
}

static void put_close(struct mgr_builder *b)
{
    mgr_build_close(b);
}

static void put_key_alone(struct mgr_builder *b)
{
    mgr_build_open(b, MGR_KIND_DICT);
    mgr_build_put(b, mgr_int(1));
    mgr_build_close(b);
}

static void put_twice(struct mgr_builder *b)
{
    mgr_build_open(b, MGR_KIND_DICT);
    mgr_build_put(b, mgr_int(1));
    mgr_build_put(b, MGR_NONE);
    mgr_build_put(b, mgr_float(1));
    mgr_build_put(b, MGR_NONE);
    mgr_build_close(b);
}

static void put_unhashable(struct mgr_builder *b)
{
    mgr_build_open(b, MGR_KIND_SET);
    mgr_build_put(b, mgr_json("[]"));
    mgr_build_close(b);
}

static void put_bad_text(struct mgr_builder *b)
{
    mgr_build_put(b, mgr_str("\xff"));
}

static void put_absent(struct mgr_builder *b)
{
    mgr_build_put(b, MGR_ABSENT);
}

static void put_no_container(struct mgr_builder *b)
{
    mgr_build_open(b, MGR_KIND_INT);
}

static void put_too_deep(struct mgr_builder *b)
{
    for (int i = 0; i < 40; i++)
        mgr_build_open(b, MGR_KIND_LIST);
    for (int i = 0; i < 40; i++)
        mgr_build_close(b);
}

START_TEST(test_what_is_no_value)
{
    void (*const puts[])(struct mgr_builder *) = {
        put_nothing,    put_two,      put_open,   put_close,        put_key_alone, put_twice,
        put_unhashable, put_bad_text, put_absent, put_no_container, put_too_deep,
    };
    for (size_t i = 0; i < sizeof puts / sizeof *puts; i++) {
        struct mgr_builder *b = mgr_build();
        puts[i](b);
        ck_assert_msg(mgr_build_value(b) == NULL, "case %zu", i);
    }
    mgr_build_open(NULL, MGR_KIND_LIST);
    mgr_build_put(NULL, MGR_NONE);
    mgr_build_close(NULL);
    ck_assert_ptr_null(mgr_build_value(NULL));
}
END_TEST

START_TEST(test_no_memory)
{
    bool reached = true;
    for (size_t n = 1; reached; n++) {
        alloc_fail_at(n);
        struct mgr_value *v = sample();
        char *text = v == NULL ? NULL : mgr_print(mgr_view(v), MGR_TEXT);
        alloc_fail_never();
        reached = alloc_count() >= n;
        ck_assert(reached == (v == NULL || text == NULL));
        free(text);
        mgr_value_free(v);
        ck_assert_uint_lt(n, 200);
    }
}
END_TEST

START_TEST(test_statuses)
{
    ck_assert_str_eq(mgr_status_name(MGR_OK), "OK");
    ck_assert_str_eq(mgr_status_name(MGR_UNKNOWN), "INDETERMINATE");
    ck_assert_str_eq(mgr_status_exception(MGR_KEY), "KeyError");
    ck_assert_int_eq(mgr_status_exit_code(MGR_OK), 0);
    ck_assert_int_eq(mgr_status_exit_code(MGR_UNKNOWN), 81);
    ck_assert_int_eq(mgr_status_exit_code((enum mgr_status)77777), 70);
    ck_assert(mgr_status_retry(MGR_BUSY) && mgr_status_retry(MGR_UNREACHABLE));
    ck_assert(!mgr_status_retry(MGR_OK) && !mgr_status_retry(MGR_UNKNOWN));
}
END_TEST

Suite *suite_mgr_value(void);
Suite *suite_mgr_value(void)
{
    Suite *suite = suite_create("mgr_value");
    TCase *tests = tcase_create("mgr_value");
    tcase_add_test(tests, test_scalars);
    tcase_add_test(tests, test_containers);
    tcase_add_test(tests, test_print);
    tcase_add_test(tests, test_what_is_no_value);
    tcase_add_test(tests, test_no_memory);
    tcase_add_test(tests, test_statuses);
    suite_add_tcase(suite, tests);
    return suite;
}
