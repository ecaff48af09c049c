/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/value/value_compare.c: against CPython's answers, and the laws of == and <. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "tests/support/compare_table.h"
#include "tests/support/hex.h"
#include "tests/support/randval.h"
#include "tests/support/rebuild.h"
#include "wire/value/value.h"

Suite *suite_value_compare(void);

enum { ROWS = sizeof compare_table / sizeof *compare_table };

static char order_letter(enum val_order order)
{
    switch (order) {
    case VAL_LESS:
        return '<';
    case VAL_EQUAL:
        return '=';
    case VAL_GREATER:
        return '>';
    case VAL_UNORDERED:
        return 'u';
    default:
        return 'x';
    }
}

START_TEST(test_as_cpython)
{
    const struct compare_row *row = &compare_table[_i];
    size_t len;
    uint8_t *data = hex_read(row->hex, &len);
    struct bytes a = bytes_of(data, len);
    struct val_check check;
    ck_assert_msg(val_check(a, VAL_DEPTH_STORED, &check) == VAL_OK, "%s: %s", row->text,
                  check.reason);
    for (int i = 0; i < ROWS; i++) {
        enum val_kind x, y;
        size_t other_len;
        uint8_t *other = hex_read(compare_table[i].hex, &other_len);
        struct bytes b = bytes_of(other, other_len);
        char order = order_letter(val_compare(a, b, &x, &y));
        int equal = val_equal(a, b);
        ck_assert_msg(order == row->order[i], "%s %c %s, not %c", row->text, row->order[i],
                      compare_table[i].text, order);
        ck_assert_msg(equal == row->equal[i] - '0', "%s == %s is not %d", row->text,
                      compare_table[i].text, equal);
        ck_assert((order == 'x') == (x != VAL_NOT_GIVEN && y != VAL_NOT_GIVEN));
        free(other);
    }
    free(data);
}
END_TEST

/* Encodings: (1, [None]) and so on, to see which kinds are named. */
static const struct {
    const char *a, *b;
    enum val_kind x, y;
} offenders[] = {
    {"1802", "320161", VAL_INT, VAL_STR},
    {"0a00", "0a00", VAL_NONE, VAL_NONE},
    {"5200", "5200", VAL_DICT, VAL_DICT},
    {"4200", "4a00", VAL_LIST, VAL_TUPLE},
    {"420a0a0218020a0418808001", "", VAL_LIST, VAL_NOT_GIVEN},
    {"42080a0218020a020a00", "42080a0218020a021804", VAL_NONE, VAL_INT},
    {"42060a0442020a00", "42060a044a020a00", VAL_LIST, VAL_TUPLE},
    {"6801", "6802", VAL_REF, VAL_REF},
    {"72030a0161", "72030a0161", VAL_OPAQUE, VAL_OPAQUE},
    {"5a00", "4200", VAL_SET, VAL_LIST},
};

START_TEST(test_names_the_offenders)
{
    size_t a_len, b_len;
    uint8_t *a = hex_read(offenders[_i].a, &a_len);
    uint8_t *b = hex_read(offenders[_i].b, &b_len);
    enum val_kind x, y;
    ck_assert_int_eq(val_compare(bytes_of(a, a_len), bytes_of(b, b_len), &x, &y), VAL_INCOMPARABLE);
    ck_assert_int_eq(x, offenders[_i].x);
    ck_assert_int_eq(y, offenders[_i].y);
    free(a);
    free(b);
}
END_TEST

static int equal_hex(const char *a_hex, const char *b_hex)
{
    size_t a_len, b_len;
    uint8_t *a = hex_read(a_hex, &a_len);
    uint8_t *b = hex_read(b_hex, &b_len);
    int equal = val_equal(bytes_of(a, a_len), bytes_of(b, b_len));
    free(a);
    free(b);
    return equal;
}

START_TEST(test_refs_and_opaques_are_equal_by_content)
{
    ck_assert_int_eq(equal_hex("6805", "6805"), 1);
    ck_assert_int_eq(equal_hex("6805", "6806"), 0);
    ck_assert_int_eq(equal_hex("6805", "180a"), 0);
    ck_assert_int_eq(equal_hex("72030a0161", "72030a0161"), 1);
    ck_assert_int_eq(equal_hex("72070a01611a021802", "72070a01611a021001"), 0);
    /* an opaque is not looked into, not even for a NaN */
    const char *nan = "720e0a01611a0929000000000000f87f";
    ck_assert_int_eq(equal_hex(nan, nan), 1);
    ck_assert_int_eq(equal_hex("29000000000000f87f", "29000000000000f87f"), 0);
}
END_TEST

START_TEST(test_order_of_members_does_not_count)
{
    uint64_t seed = 7;
    int sets = 0;
    for (int i = 0; i < 3000; i++) {
        struct buf value, reversed;
        struct val_check check;
        buf_init(&value);
        buf_init(&reversed);
        randval(&value, &seed, 5);
        rebuild_reversed(&reversed, buf_bytes(&value));
        ck_assert_int_eq(val_check(buf_bytes(&value), VAL_DEPTH_STORED, &check), VAL_OK);
        ck_assert_int_eq(val_equal(buf_bytes(&value), buf_bytes(&reversed)), !check.has_nan);
        ck_assert_int_eq(val_equal(buf_bytes(&value), buf_bytes(&value)), !check.has_nan);
        sets += !bytes_equal(buf_bytes(&value), buf_bytes(&reversed));
        buf_free(&value);
        buf_free(&reversed);
    }
    ck_assert_int_gt(sets, 300);
}
END_TEST

START_TEST(test_laws)
{
    uint64_t seed = 3;
    int equal_pairs = 0;
    for (int i = 0; i < 20000; i++) {
        struct buf a, b;
        enum val_kind x, y;
        buf_init(&a);
        buf_init(&b);
        randval(&a, &seed, 2);
        randval(&b, &seed, 2);
        int equal = val_equal(buf_bytes(&a), buf_bytes(&b));
        ck_assert_int_eq(equal, val_equal(buf_bytes(&b), buf_bytes(&a)));
        enum val_order forth = val_compare(buf_bytes(&a), buf_bytes(&b), &x, &y);
        enum val_order back = val_compare(buf_bytes(&b), buf_bytes(&a), &x, &y);
        if (forth == VAL_EQUAL || forth == VAL_LESS || forth == VAL_GREATER) {
            ck_assert_int_eq(forth, -(int)back);
            ck_assert_int_eq(forth == VAL_EQUAL, equal);
        } else {
            ck_assert_int_eq(forth, back);
        }
        equal_pairs += equal;
        buf_free(&a);
        buf_free(&b);
    }
    ck_assert_int_gt(equal_pairs, 20);
}
END_TEST

/* {1: {2, 3}, 'k': 4} and the same in another order */
static const char dict_hex[] = "521f0a100a02180212"
                               "0a5a080a0218040a021806"
                               "0a0b0a0332016b1204188080"
                               "01";

START_TEST(test_every_allocation_may_fail)
{
    struct buf a, b;
    buf_init(&a);
    buf_init(&b);
    size_t len;
    uint8_t *data = hex_read(dict_hex, &len);
    struct val_check check;
    ck_assert_msg(val_check(bytes_of(data, len), 30, &check) == VAL_OK, "%s", check.reason);
    rebuild_reversed(&b, bytes_of(data, len));
    for (size_t n = 1;; n++) {
        alloc_fail_at(n);
        int equal = val_equal(bytes_of(data, len), buf_bytes(&b));
        alloc_fail_never();
        if (alloc_count() < n) {
            ck_assert_int_eq(equal, 1);
            ck_assert_uint_ge(n, 5);
            break;
        }
        ck_assert_int_eq(equal, -1);
    }
    /* {2, 3} < {3, 2, 4} */
    static const uint8_t two[] = {0x5a, 8, 0x0a, 2, 0x18, 4, 0x0a, 2, 0x18, 6};
    static const uint8_t three[] = {0x5a, 12, 0x0a, 2, 0x18, 6, 0x0a, 2, 0x18, 4, 0x0a, 2, 0x18, 8};
    for (size_t n = 1;; n++) {
        enum val_kind x, y;
        alloc_fail_at(n);
        enum val_order order =
            val_compare(bytes_of(two, sizeof two), bytes_of(three, sizeof three), &x, &y);
        alloc_fail_never();
        if (alloc_count() < n) {
            ck_assert_int_eq(order, VAL_LESS);
            break;
        }
        ck_assert_int_eq(order, VAL_ORDER_NOMEM);
    }
    free(data);
    buf_free(&a);
    buf_free(&b);
}
END_TEST

/* A comparison gives up when it has cost what its caller allows, and says so; with more it answers
 * as without a bound. */
START_TEST(test_a_budget_bounds_the_work)
{
    enum { MEMBERS = 1000 };
    struct buf a, b;
    struct val_kinds kinds;
    buf_init(&a);
    buf_init(&b);
    size_t mark_a = val_open(&a, VAL_FROZENSET), mark_b = val_open(&b, VAL_FROZENSET);
    for (unsigned i = 0; i < MEMBERS; i++) {
        const uint8_t rising[] = {VAL_INT << 3, (uint8_t)(0x80 | (i & 0x3f) << 1),
                                  (uint8_t)(1 + (i >> 6))};
        unsigned j = MEMBERS - 1 - i;
        const uint8_t falling[] = {VAL_INT << 3, (uint8_t)(0x80 | (j & 0x3f) << 1),
                                   (uint8_t)(1 + (j >> 6))};
        val_put_item(&a, bytes_of(rising, sizeof rising));
        val_put_item(&b, bytes_of(falling, sizeof falling));
    }
    val_close(&a, mark_a);
    val_close(&b, mark_b);
    struct val_budget few = {.left = MEMBERS}, more = {.left = MEMBERS},
                      all = {.left = 1000 * MEMBERS};
    ck_assert_int_eq(val_equal_within(buf_bytes(&a), buf_bytes(&b), &few), -1);
    ck_assert(few.over);
    ck_assert_int_eq(val_compare_within(buf_bytes(&a), buf_bytes(&b), &kinds, &more),
                     VAL_ORDER_NOMEM);
    ck_assert(more.over);
    ck_assert_int_eq(val_equal_within(buf_bytes(&a), buf_bytes(&b), &all), 1);
    ck_assert_int_eq(val_compare_within(buf_bytes(&a), buf_bytes(&b), &kinds, &all), VAL_EQUAL);
    ck_assert(!all.over);
    struct val_check check;
    struct val_budget check_few = {.left = 2 * MEMBERS}, check_all = {.left = 100 * MEMBERS};
    ck_assert_int_eq(val_check_within(buf_bytes(&a), VAL_DEPTH_STORED, &check, &check_few),
                     VAL_TOO_DEAR);
    ck_assert_int_eq(val_check_within(buf_bytes(&a), VAL_DEPTH_STORED, &check, &check_all), VAL_OK);
    buf_free(&a);
    buf_free(&b);
}
END_TEST

Suite *suite_value_compare(void)
{
    Suite *suite = suite_create("value_compare");
    TCase *tests = tcase_create("value_compare");
    tcase_add_loop_test(tests, test_as_cpython, 0, ROWS);
    tcase_add_loop_test(tests, test_names_the_offenders, 0, sizeof offenders / sizeof *offenders);
    tcase_add_test(tests, test_refs_and_opaques_are_equal_by_content);
    tcase_add_test(tests, test_order_of_members_does_not_count);
    tcase_add_test(tests, test_laws);
    tcase_add_test(tests, test_every_allocation_may_fail);
    tcase_add_test(tests, test_a_budget_bounds_the_work);
    suite_add_tcase(suite, tests);
    return suite;
}
