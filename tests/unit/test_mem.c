/* SPDX-License-Identifier: BSD-2-Clause */
/* Counted memory: what was taken and given back is what the counters say. */
#include <check.h>
#include <string.h>

#include "daemon/engine/mem.h"
#include "tests/support/alloc.h"

START_TEST(counts_and_forgets)
{
    struct mem mem = {0};
    void *a = mem_alloc(&mem, 1);
    uint8_t *b = mem_zalloc(&mem, 100);
    ck_assert_uint_eq(mem.blocks, 2);
    ck_assert_uint_eq(mem.used, 32 + 112);
    ck_assert_uint_eq(b[0] + b[99], 0);
    mem_free(&mem, a, 1);
    mem_free(&mem, b, 100);
    mem_free(&mem, NULL, 0);
    ck_assert_uint_eq(mem.blocks, 0);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(resizes)
{
    struct mem mem = {0};
    char *a = mem_resize(&mem, NULL, 0, 24);
    strcpy(a, "stays");
    ck_assert_uint_eq(mem.used, 32);
    a = mem_resize(&mem, a, 24, 5000);
    ck_assert_str_eq(a, "stays");
    ck_assert_uint_eq(mem.used, 5008);
    ck_assert_uint_eq(mem.blocks, 1);
    a = mem_resize(&mem, a, 5000, 10);
    ck_assert_str_eq(a, "stays");
    ck_assert_uint_eq(mem.used, 32);
    mem_free(&mem, a, 10);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(failures_count_nothing)
{
    struct mem mem = {0};
    void *a = mem_alloc(&mem, 10);
    alloc_fail_at(1);
    ck_assert_ptr_null(mem_alloc(&mem, 10));
    alloc_fail_at(1);
    ck_assert_ptr_null(mem_zalloc(&mem, 10));
    alloc_fail_at(1);
    ck_assert_ptr_null(mem_resize(&mem, a, 10, 1000));
    alloc_fail_at(1);
    ck_assert_ptr_null(mem_resize(&mem, NULL, 0, 1000));
    alloc_fail_never();
    ck_assert_uint_eq(mem.used, 32);
    ck_assert_uint_eq(mem.blocks, 1);
    mem_free(&mem, a, 10);
}
END_TEST

START_TEST(counter_is_optional)
{
    char *a = mem_zalloc(NULL, 10);
    a = mem_resize(NULL, a, 10, 20);
    ck_assert_ptr_nonnull(a);
    ck_assert_int_eq(a[9], 0);
    mem_free(NULL, a, 20);
}
END_TEST

Suite *suite_mem(void);

Suite *suite_mem(void)
{
    Suite *suite = suite_create("mem");
    TCase *tests = tcase_create("mem");
    tcase_add_test(tests, counts_and_forgets);
    tcase_add_test(tests, resizes);
    tcase_add_test(tests, failures_count_nothing);
    tcase_add_test(tests, counter_is_optional);
    suite_add_tcase(suite, tests);
    return suite;
}
