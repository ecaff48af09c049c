/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/value/bigint.c. */
#include <check.h>
#include <float.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "tests/support/randval.h"
#include "wire/value/bigint.h"
#include "wire/value/value.h"

Suite *suite_bigint(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The text of an int or bigint value. */
static void put_decimal(struct buf *out, struct bytes encoding)
{
    struct val v = val_read(encoding);
    struct val_check check;
    ck_assert_int_eq(val_check(encoding, 0, &check), VAL_OK);
    if (v.kind == VAL_INT) {
        buf_printf(out, "%lld", (long long)v.integer);
    } else {
        ck_assert_int_eq(v.kind, VAL_BIGINT);
        ck_assert(bigint_to_decimal(v.body, out));
    }
}

static const struct {
    const char *text;
    enum val_kind kind;
} decimals[] = {
    {"0", VAL_INT},
    {"-1", VAL_INT},
    {"999999999999999999", VAL_INT},
    {"-999999999999999999", VAL_INT},
    {"1000000000000000000", VAL_INT},
    {"9223372036854775807", VAL_INT},
    {"9223372036854775808", VAL_BIGINT},
    {"-9223372036854775808", VAL_INT},
    {"-9223372036854775809", VAL_BIGINT},
    {"18446744073709551615", VAL_BIGINT},
    {"18446744073709551616", VAL_BIGINT},
    {"-18446744073709551616", VAL_BIGINT},
    {"-170141183460469231731687303715884105728", VAL_BIGINT},
    {"170141183460469231731687303715884105728", VAL_BIGINT},
    {"123456789012345678901234567890123456789012345678901234567890", VAL_BIGINT},
};

START_TEST(test_decimal_round_trip)
{
    struct buf value, text;
    buf_init(&value);
    buf_init(&text);
    ck_assert(bigint_from_decimal(bytes_text(decimals[_i].text), &value));
    ck_assert_int_eq(val_read(buf_bytes(&value)).kind, decimals[_i].kind);
    put_decimal(&text, buf_bytes(&value));
    ck_assert(bytes_equal(buf_bytes(&text), bytes_text(decimals[_i].text)));
    buf_free(&value);
    buf_free(&text);
}
END_TEST

START_TEST(test_signs_and_leading_zeros)
{
    static const char *const same[] = {"5", "+5", "0005", "0000000000000000000000000000005"};
    for (size_t i = 0; i < LENGTH(same); i++) {
        struct buf value;
        buf_init(&value);
        ck_assert(bigint_from_decimal(bytes_text(same[i]), &value));
        ck_assert_int_eq(val_read(buf_bytes(&value)).integer, 5);
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_refuses_what_is_no_decimal)
{
    static const char *const wrong[] = {"",   "-",  "+",   "--1",
                                        "1 ", " 1", "1_0", "0x1",
                                        "1.", "1a", "+-1", "999999999999999999999999x"};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct buf out;
        buf_init(&out);
        ck_assert_msg(!bigint_from_decimal(bytes_text(wrong[i]), &out), "%s", wrong[i]);
        ck_assert_uint_eq(out.len, 0);
        ck_assert(!out.failed);
        buf_free(&out);
    }
    struct buf out;
    buf_init(&out);
    ck_assert(!bigint_from_radix(bytes_text(""), 16, false, &out));
    ck_assert(!bigint_from_radix(bytes_text("12"), 2, false, &out));
    ck_assert(!bigint_from_radix(bytes_text("18"), 8, false, &out));
    ck_assert(!bigint_from_radix(bytes_text("fg"), 16, false, &out));
    ck_assert(!bigint_from_radix(bytes_text("12"), 10, false, &out));
    ck_assert_uint_eq(out.len, 0);
    buf_free(&out);
}
END_TEST

START_TEST(test_digit_limit)
{
    char digits[BIGINT_DIGITS_MAX + 2];
    struct buf value, text;
    buf_init(&value);
    buf_init(&text);
    memset(digits, '9', sizeof digits);
    ck_assert(!bigint_from_decimal(bytes_of(digits, BIGINT_DIGITS_MAX + 1), &value));
    digits[0] = '-';
    ck_assert(bigint_from_decimal(bytes_of(digits, BIGINT_DIGITS_MAX + 1), &value));
    put_decimal(&text, buf_bytes(&value));
    ck_assert(bytes_equal(buf_bytes(&text), bytes_of(digits, BIGINT_DIGITS_MAX + 1)));
    /* 10^4300: one digit too many */
    uint8_t n[1787] = {0x7f};
    buf_reset(&text, 0);
    ck_assert(!bigint_to_decimal(bytes_of(n, sizeof n), &text));
    ck_assert(!bigint_to_decimal(bytes_of(n, 1), &text) || text.len == 3);
    uint8_t huge[5000] = {1};
    ck_assert(!bigint_to_decimal(bytes_of(huge, sizeof huge), &text));
    buf_free(&value);
    buf_free(&text);
}
END_TEST

static const struct {
    const char *digits;
    unsigned radix;
    bool negative;
    const char *decimal;
} radixes[] = {
    {"0", 16, true, "0"},
    {"ff", 16, false, "255"},
    {"fF", 16, true, "-255"},
    {"777", 8, false, "511"},
    {"1000000000000000000000", 8, false, "9223372036854775808"},
    {"1000000000000000000000", 8, true, "-9223372036854775808"},
    {"1000000000000000000001", 8, true, "-9223372036854775809"},
    {"7FFFFFFFFFFFFFFF", 16, false, "9223372036854775807"},
    {"00000000000000000000000000ff", 16, false, "255"},
    {"123456789abcdef0123456789abcdef", 16, false, "1512366075204170929049582354406559215"},
    {"1011", 2, false, "11"},
    {"100000000", 2, true, "-256"},
};

START_TEST(test_radix)
{
    struct buf value, text;
    buf_init(&value);
    buf_init(&text);
    ck_assert(bigint_from_radix(bytes_text(radixes[_i].digits), radixes[_i].radix,
                                radixes[_i].negative, &value));
    put_decimal(&text, buf_bytes(&value));
    ck_assert(bytes_equal(buf_bytes(&text), bytes_text(radixes[_i].decimal)));
    buf_free(&value);
    buf_free(&text);
}
END_TEST

/* What CPython's float(int) gives. */
static const struct {
    const char *hex;
    double real;
    bool exact;
} doubles[] = {
    {"8000000000000000", 0x1p63, true},
    {"8000000000000400", 0x1p63, false}, /* a tie goes to even */
    {"8000000000000401", 0x1.0000000000001p63, false},
    {"8000000000000c00", 0x1.0000000000002p63, false},
    {"ffffffffffffffff", 0x1p64, false},
    {"10000000000000000", 0x1p64, true},
    {"fffffffffffff800", 0x1.fffffffffffffp63, true},
    {"1000000000000080000000000000", 0x1p108, false}, /* a tie, far from the end */
    {"1000000000000080000000000001", 0x1.0000000000001p108, false},
    {"1000000000000100000000000000", 0x1.0000000000001p108, true},
    {"8000000000000400000000000000000000000001", 0x1.0000000000001p159, false},
    {"8000000000000400000000000000000000000000", 0x1p159, false},
};

START_TEST(test_to_double)
{
    for (int negative = 0; negative < 2; negative++) {
        struct buf value;
        bool exact;
        buf_init(&value);
        ck_assert(bigint_from_radix(bytes_text(doubles[_i].hex), 16, negative, &value));
        struct val v = val_read(buf_bytes(&value));
        if (v.kind == VAL_BIGINT) { /* -2^63 is an int */
            double real = bigint_round(v.body, &exact);
            ck_assert_double_eq(real, negative ? -doubles[_i].real : doubles[_i].real);
            ck_assert_int_eq(exact, doubles[_i].exact);
        }
        buf_free(&value);
    }
}
END_TEST

/* 2^1024 - 2^970 is the first that rounds to infinity. */
START_TEST(test_to_double_overflow)
{
    uint8_t n[129] = {0};
    bool exact;
    memset(n + 1, 0xff, 6);
    n[7] = 0xfb;
    memset(n + 8, 0xff, sizeof n - 8);
    ck_assert_double_eq(bigint_round(bytes_of(n, sizeof n), &exact), DBL_MAX);
    ck_assert(!exact);
    n[7] = 0xfc;
    memset(n + 8, 0, sizeof n - 8);
    ck_assert_double_infinite(bigint_round(bytes_of(n, sizeof n), &exact));
    ck_assert(!exact);
    n[7] = 0xf8;
    ck_assert_double_eq(bigint_round(bytes_of(n, sizeof n), &exact), DBL_MAX);
    ck_assert(exact);
    uint8_t huge[1000] = {0xc0};
    ck_assert(bigint_to_double(bytes_of(huge, sizeof huge)) == -__builtin_inf());
}
END_TEST

START_TEST(test_doubles_round_trip)
{
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (1023 + 63 + randval_below(&seed, 961)) << 52 |
                        randval_below(&seed, 1ULL << 52) | randval_below(&seed, 2) << 63;
        double real;
        bool exact;
        uint8_t room[BIGINT_DOUBLE_BYTES];
        memcpy(&real, &bits, sizeof real);
        struct bytes n = bigint_from_double(real, room);
        ck_assert_uint_eq(bigint_shortest(n).len, n.len);
        ck_assert_double_eq(bigint_round(n, &exact), real);
        ck_assert(exact);
    }
    uint8_t room[BIGINT_DOUBLE_BYTES];
    ck_assert(bytes_equal(bigint_from_double(-1.0, room), bytes_of("\xff", 1)));
    ck_assert(bytes_equal(bigint_from_double(0.0, room), bytes_of("\x00", 1)));
    ck_assert(bytes_equal(bigint_from_double(300.0, room), bytes_of("\x01\x2c", 2)));
}
END_TEST

START_TEST(test_every_allocation_may_fail)
{
    for (size_t n = 1;; n++) {
        struct buf value, text;
        buf_init(&value);
        buf_init(&text);
        alloc_fail_at(n);
        bool read = bigint_from_radix(bytes_text("123456789abcdef0123456789"), 16, true, &value);
        bool printed = read && bigint_to_decimal(val_read(buf_bytes(&value)).body, &text);
        alloc_fail_never();
        bool reached = alloc_count() >= n;
        buf_free(&value);
        buf_free(&text);
        ck_assert_int_eq(printed, !reached);
        if (!reached) {
            ck_assert_uint_eq(n, 4);
            return;
        }
    }
}
END_TEST

Suite *suite_bigint(void)
{
    Suite *suite = suite_create("bigint");
    TCase *tests = tcase_create("bigint");
    tcase_add_loop_test(tests, test_decimal_round_trip, 0, LENGTH(decimals));
    tcase_add_test(tests, test_signs_and_leading_zeros);
    tcase_add_test(tests, test_refuses_what_is_no_decimal);
    tcase_add_test(tests, test_digit_limit);
    tcase_add_loop_test(tests, test_radix, 0, LENGTH(radixes));
    tcase_add_loop_test(tests, test_to_double, 0, LENGTH(doubles));
    tcase_add_test(tests, test_to_double_overflow);
    tcase_add_test(tests, test_doubles_round_trip);
    tcase_add_test(tests, test_every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return suite;
}
