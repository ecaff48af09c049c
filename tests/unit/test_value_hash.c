/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/value/value_hash.c. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/compare_table.h"
#include "tests/support/hex.h"
#include "tests/support/randval.h"
#include "tests/support/rebuild.h"
#include "wire/value/value.h"

Suite *suite_value_hash(void);

enum { ROWS = sizeof compare_table / sizeof *compare_table };

static const uint8_t key_a[16] = "0123456789abcdef";
static const uint8_t key_b[16] = "0123456789abcdeg";

/* Equal exactly where CPython's values are equal: 64 bits do not meet by chance here. */
START_TEST(test_agrees_with_equality)
{
    size_t len, other_len;
    enum val_kind offender;
    uint8_t *data = hex_read(compare_table[_i].hex, &len);
    struct bytes a = bytes_of(data, len);
    if (val_hashable(a, &offender) && val_equal(a, a) == 1) {
        for (int i = 0; i < ROWS; i++) {
            uint8_t *other = hex_read(compare_table[i].hex, &other_len);
            struct bytes b = bytes_of(other, other_len);
            if (val_hashable(b, &offender) && val_equal(b, b) == 1) {
                ck_assert_msg((val_hash(a, key_a) == val_hash(b, key_a)) ==
                                  (compare_table[_i].equal[i] == '1'),
                              "%s, %s", compare_table[_i].text, compare_table[i].text);
            }
            free(other);
        }
    }
    free(data);
}
END_TEST

START_TEST(test_depends_on_the_key)
{
    uint64_t seed = 5;
    for (int i = 0; i < 1000; i++) {
        struct buf value;
        buf_init(&value);
        randval_key(&value, &seed, 3);
        ck_assert(val_hash(buf_bytes(&value), key_a) == val_hash(buf_bytes(&value), key_a));
        ck_assert(val_hash(buf_bytes(&value), key_a) != val_hash(buf_bytes(&value), key_b));
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_order_of_members_does_not_count)
{
    uint64_t seed = 13;
    int sets = 0;
    for (int i = 0; i < 3000; i++) {
        struct buf value, reversed;
        struct val_check check;
        buf_init(&value);
        buf_init(&reversed);
        randval_key(&value, &seed, 4);
        rebuild_reversed(&reversed, buf_bytes(&value));
        ck_assert_int_eq(val_check(buf_bytes(&value), 4, &check), VAL_OK);
        if (!check.has_nan)
            ck_assert(val_hash(buf_bytes(&value), key_a) == val_hash(buf_bytes(&reversed), key_a));
        sets += !bytes_equal(buf_bytes(&value), buf_bytes(&reversed));
        buf_free(&value);
        buf_free(&reversed);
    }
    ck_assert_int_gt(sets, 200);
}
END_TEST

/* Python looks up an unhashable set as the frozenset that it equals. */
START_TEST(test_a_set_hashes_as_its_frozenset)
{
    static const uint8_t set[] = {0x5a, 4, 0x0a, 2, 0x18, 2},
                         frozen[] = {0x62, 4, 0x0a, 2, 0x18, 2};
    ck_assert(val_hash(bytes_of(set, sizeof set), key_a) ==
              val_hash(bytes_of(frozen, sizeof frozen), key_a));
}
END_TEST

START_TEST(test_random_keys)
{
    enum { KEYS = 300 };
    struct buf keys[KEYS];
    uint64_t seed = 11, hashes[KEYS];
    int equal_pairs = 0;
    for (int i = 0; i < KEYS; i++) {
        buf_init(&keys[i]);
        randval_key(&keys[i], &seed, 3);
        hashes[i] = val_hash(buf_bytes(&keys[i]), key_a);
        for (int j = 0; j < i; j++) {
            int equal = val_equal(buf_bytes(&keys[i]), buf_bytes(&keys[j]));
            ck_assert(equal == 0 || hashes[i] == hashes[j]);
            equal_pairs += equal;
        }
    }
    ck_assert_int_gt(equal_pairs, 20);
    for (int i = 0; i < KEYS; i++)
        buf_free(&keys[i]);
}
END_TEST

Suite *suite_value_hash(void)
{
    Suite *suite = suite_create("value_hash");
    TCase *tests = tcase_create("value_hash");
    tcase_add_loop_test(tests, test_agrees_with_equality, 0, ROWS);
    tcase_add_test(tests, test_depends_on_the_key);
    tcase_add_test(tests, test_order_of_members_does_not_count);
    tcase_add_test(tests, test_a_set_hashes_as_its_frozenset);
    tcase_add_test(tests, test_random_keys);
    suite_add_tcase(suite, tests);
    return suite;
}
