/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon/net/spares.c: memory is lent and comes back, and never too much of it is kept. */
#include "daemon/net/spares.h"

#include <check.h>

Suite *suite_spares(void);

static struct spares spares;

static void setup(void)
{
    spares = (struct spares){.count = 0};
}

static void teardown(void)
{
    spares_free(&spares);
    ck_assert_uint_eq(spares.count, 0);
    ck_assert_uint_eq(spares.bytes, 0);
}

static void give(size_t size)
{
    struct buf buf;
    buf_init(&buf);
    ck_assert_ptr_nonnull(buf_reserve(&buf, size));
    buf.len = 1;
    spares_take_back(&spares, &buf);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.len, 0);
}

START_TEST(test_the_last_one_is_lent_first)
{
    struct buf buf;
    buf_init(&buf);
    spares_lend(&spares, &buf); /* there is none */
    ck_assert_ptr_null(buf.data);
    give(1000);
    give(5000);
    spares_lend(&spares, &buf);
    ck_assert_uint_ge(buf.cap, 5000);
    ck_assert_uint_eq(buf.len, 0);
    uint8_t *data = buf.data;
    spares_lend(&spares, &buf); /* has memory already */
    ck_assert_ptr_eq(buf.data, data);
    ck_assert_uint_eq(spares.count, 1);
    spares_take_back(&spares, &buf);
    ck_assert_uint_eq(spares.count, 2);
}
END_TEST

START_TEST(test_not_more_than_so_many)
{
    for (int i = 0; i < SPARES_MAX + 5; i++)
        give(100);
    ck_assert_uint_eq(spares.count, SPARES_MAX);
}
END_TEST

START_TEST(test_not_more_than_so_many_bytes)
{
    give(SPARES_BYTES / 2);
    give(SPARES_BYTES / 2);
    size_t kept = spares.count;
    ck_assert_uint_le(spares.bytes, SPARES_BYTES);
    give(SPARES_BYTES + 1);
    ck_assert_uint_eq(spares.count, kept);
    ck_assert_uint_le(spares.bytes, SPARES_BYTES);
}
END_TEST

/* What failed, or was filled, comes back as good as new. */
START_TEST(test_comes_back_clean)
{
    struct buf buf;
    buf_init(&buf);
    buf_put_text(&buf, "something");
    buf.failed = buf.full = true;
    spares_take_back(&spares, &buf);
    spares_lend(&spares, &buf);
    ck_assert(!buf.failed && !buf.full);
    ck_assert_uint_eq(buf.len, 0);
    buf_free(&buf);
}
END_TEST

/* A few bytes that have to wait do not keep a large buffer from others. */
START_TEST(test_large_memory_is_exchanged)
{
    struct buf buf;
    give(SPARES_LARGE * 2);
    buf_init(&buf);
    spares_lend(&spares, &buf);
    buf_put_text(&buf, "a few bytes");
    spares_exchange(&spares, &buf);
    ck_assert_uint_lt(buf.cap, 100);
    ck_assert(bytes_equal(buf_bytes(&buf), bytes_text("a few bytes")));
    ck_assert_uint_eq(spares.count, 1);
    const uint8_t *data = buf.data;
    spares_exchange(&spares, &buf); /* fits */
    ck_assert_ptr_eq(buf.data, data);
    buf_free(&buf);
}
END_TEST

Suite *suite_spares(void)
{
    Suite *suite = suite_create("spares");
    TCase *tc = tcase_create("spares");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_the_last_one_is_lent_first);
    tcase_add_test(tc, test_not_more_than_so_many);
    tcase_add_test(tc, test_not_more_than_so_many_bytes);
    tcase_add_test(tc, test_comes_back_clean);
    tcase_add_test(tc, test_large_memory_is_exchanged);
    suite_add_tcase(suite, tc);
    return suite;
}
