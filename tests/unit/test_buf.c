/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/base/buf.c. */
#include <check.h>

#include "tests/support/alloc.h"
#include "wire/base/buf.h"

Suite *suite_buf(void);

START_TEST(test_grows_and_keeps_content)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < 10000; i++)
        buf_put_u8(&b, (uint8_t)i);
    ck_assert_uint_eq(b.len, 10000);
    for (int i = 0; i < 10000; i++)
        ck_assert_uint_eq(b.data[i], (uint8_t)i);
    ck_assert(!b.failed);
    buf_free(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(test_limit_is_exact_and_sticky)
{
    struct buf b;
    buf_init(&b);
    b.limit = 100;
    for (int i = 0; i < 100; i++)
        buf_put_u8(&b, 'x');
    ck_assert(!b.failed);
    ck_assert_uint_le(b.cap, 100);
    buf_put_u8(&b, 'y');
    ck_assert(b.failed);
    ck_assert_uint_eq(b.len, 100);
    buf_put(&b, "z", 1);
    ck_assert_ptr_null(buf_reserve(&b, 0));
    ck_assert_uint_eq(b.len, 100);
    buf_reset(&b, SIZE_MAX);
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.len, 0);
    buf_put(&b, "z", 1);
    ck_assert_uint_eq(b.data[0], 'z');
    buf_free(&b);
    ck_assert_uint_eq(b.limit, 100);
}
END_TEST

START_TEST(test_a_size_that_overflows_fails)
{
    struct buf b;
    buf_init(&b);
    buf_put_u8(&b, 1);
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
    ck_assert(b.failed);
    buf_free(&b);
}
END_TEST

START_TEST(test_reset_keeps_small_memory_only)
{
    struct buf b;
    buf_init(&b);
    buf_put(&b, (uint8_t[1000]){0}, 1000);
    uint8_t *data = b.data;
    buf_reset(&b, 4096);
    ck_assert_ptr_eq(b.data, data);
    buf_reset(&b, 10);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(b.cap, 0);
    buf_free(&b);
}
END_TEST

START_TEST(test_reserve_does_not_move)
{
    struct buf b;
    buf_init(&b);
    uint8_t *at = buf_reserve(&b, 500);
    ck_assert_ptr_nonnull(at);
    for (int i = 0; i < 500; i++)
        buf_put_u8(&b, 1);
    ck_assert_ptr_eq(b.data, at);
    buf_free(&b);
}
END_TEST

START_TEST(test_text)
{
    struct buf b;
    buf_init(&b);
    b.limit = 610;
    buf_put_text(&b, "a=");
    buf_printf(&b, "%d,%s;", 42, "b");
    buf_put(&b, NULL, 0);
    buf_put_bytes(&b, (struct bytes){NULL, 0});
    ck_assert(bytes_equal(buf_bytes(&b), bytes_text("a=42,b;")));
    buf_printf(&b, "%600d", 7);
    ck_assert_uint_eq(b.len, 607);
    ck_assert_uint_eq(b.data[606], '7');
    buf_printf(&b, "%s", "abc");
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.len, 610);
    buf_printf(&b, "%s", "");
    ck_assert(!b.failed);
    buf_printf(&b, "%s", "d");
    ck_assert(b.failed);
    buf_free(&b);
}
END_TEST

START_TEST(test_varint)
{
    struct buf b;
    buf_init(&b);
    buf_put_varint(&b, 0);
    buf_put_varint(&b, 300);
    buf_put_varint(&b, UINT64_MAX);
    ck_assert(bytes_equal(buf_bytes(&b),
                          bytes_of("\x00\xac\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13)));
    buf_free(&b);
}
END_TEST

START_TEST(test_every_allocation_may_fail)
{
    for (size_t n = 1;; n++) {
        struct buf b;
        buf_init(&b);
        alloc_fail_at(n);
        for (int i = 0; i < 300; i++)
            buf_put_u8(&b, 1);
        buf_printf(&b, "%1000d", 1);
        alloc_fail_never();
        bool reached = alloc_count() >= n;
        ck_assert_int_eq(b.failed, reached);
        buf_free(&b);
        if (!reached) {
            ck_assert_uint_gt(n, 3);
            return;
        }
    }
}
END_TEST

Suite *suite_buf(void)
{
    Suite *suite = suite_create("buf");
    TCase *tests = tcase_create("buf");
    tcase_add_test(tests, test_grows_and_keeps_content);
    tcase_add_test(tests, test_limit_is_exact_and_sticky);
    tcase_add_test(tests, test_a_size_that_overflows_fails);
    tcase_add_test(tests, test_reset_keeps_small_memory_only);
    tcase_add_test(tests, test_reserve_does_not_move);
    tcase_add_test(tests, test_text);
    tcase_add_test(tests, test_varint);
    tcase_add_test(tests, test_every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return suite;
}
