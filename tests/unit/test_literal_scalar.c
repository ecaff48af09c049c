/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of floats and integers as text, against CPython. Words: test_literal_words.c. */
#include "wire/literal/literal_scalar.h"

#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/literal_table.h"
#include "tests/support/randval.h"

Suite *suite_literal_scalar(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { RANDOM_FLOATS = 20000 };

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

START_TEST(test_floats_as_python)
{
    for (size_t i = 0; i < LENGTH(literal_floats); i++) {
        char text[SCALAR_FLOAT_MAX];
        double again = 1;
        size_t len = scalar_format_float(literal_floats[i].value, text);
        ck_assert_str_eq(text, literal_floats[i].repr);
        ck_assert_uint_eq(len, strlen(text));
        ck_assert(scalar_read_float(bytes_of(text, len), &again));
        ck_assert_msg(same_bits(again, literal_floats[i].value), "%s", text);
    }
}
END_TEST

START_TEST(test_random_floats)
{
    uint64_t seed = 1;
    for (int i = 0; i < RANDOM_FLOATS; i++) {
        char text[SCALAR_FLOAT_MAX];
        double value, again = 1;
        uint64_t bits = randval_below(&seed, UINT64_MAX);
        size_t len;
        memcpy(&value, &bits, sizeof value);
        if (!__builtin_isfinite(value))
            continue;
        len = scalar_format_float(value, text);
        if (!scalar_read_float(bytes_of(text, len), &again) || !same_bits(value, again))
            ck_abort_msg("%a: %s", value, text);
    }
}
END_TEST

START_TEST(test_reads_floats)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0.000e5", 0.0},
        {"-0e999999999999999999999", -0.0},
        {"1e-999999999999999999999", 0.0},
        {"+00012.5", 12.5},
        {"1E+2", 100.0},
        {".5e1", 5.0},
        {"5.e-1", 0.5},
        {"0.00000000000000000000000000000000000000001e41", 1.0},
        {"100000000000000000000000000000000000000000e-41", 1.0},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000000000000000000001", 9007199254740994.0},
        {"1.7976931348623158e308", 0x1.fffffffffffffp+1023},
    };
    double value;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        value = 7;
        ck_assert_msg(scalar_read_float(bytes_text(rows[i].text), &value), "%s", rows[i].text);
        ck_assert_msg(same_bits(value, rows[i].value), "%s: %a", rows[i].text, value);
    }
    ck_assert(!scalar_read_float(bytes_text("1.7976931348623159e308"), &value));
    ck_assert(!scalar_read_float(bytes_text("-1e999999999999999999999"), &value));
}
END_TEST

/* Halfway between two doubles, and one digit far behind decides. */
START_TEST(test_far_digit)
{
    enum { ZEROS = 5000 };
    struct buf text;
    double value;
    buf_init(&text);
    buf_put_text(&text, "9007199254740993.");
    for (int i = 0; i < ZEROS; i++)
        buf_put_u8(&text, '0');
    ck_assert(scalar_read_float(buf_bytes(&text), &value));
    ck_assert(same_bits(value, 9007199254740992.0));
    buf_put_u8(&text, '1');
    ck_assert(scalar_read_float(buf_bytes(&text), &value));
    ck_assert(same_bits(value, 9007199254740994.0));
    buf_free(&text);
}
END_TEST

/* In a program whose locale has a comma. */
START_TEST(test_locale)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    char text[SCALAR_FLOAT_MAX];
    const char *set = NULL;
    double value = 0;
    for (size_t i = 0; i < LENGTH(locales) && set == NULL; i++)
        set = setlocale(LC_NUMERIC, locales[i]);
    if (set == NULL)
        printf("literal_scalar: no locale with a decimal comma here, tried in \"C\"\n");
    scalar_format_float(1234.5, text);
    ck_assert_str_eq(text, "1234.5");
    ck_assert(scalar_read_float(bytes_text("0.125"), &value));
    ck_assert(same_bits(value, 0.125));
    setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(test_prints_back)
{
    static const char *const yes[] = {"0",     "-1",      "12",   "1.0",   "-0.0",
                                      "1e+16", "2.5e-07", ".inf", "-.inf", ".nan"};
    static const char *const no[] = {
        "-0",   "+1",  "1.00",  "1.",   ".5",   "1e16", "1E+16",
        "0x10", "0o7", "+.inf", ".Inf", ".NAN", "1e-5", "0.1000000000000000055511151231257827"};
    for (size_t i = 0; i < LENGTH(yes); i++) {
        struct bytes word = bytes_text(yes[i]);
        ck_assert_msg(scalar_prints_back(scalar_classify(word), word), "%s", yes[i]);
    }
    for (size_t i = 0; i < LENGTH(no); i++) {
        struct bytes word = bytes_text(no[i]);
        ck_assert_msg(scalar_is_number(scalar_classify(word)), "%s", no[i]);
        ck_assert_msg(!scalar_prints_back(scalar_classify(word), word), "%s", no[i]);
    }
}
END_TEST

Suite *suite_literal_scalar(void)
{
    Suite *suite = suite_create("literal_scalar");
    TCase *floats = tcase_create("floats");
    tcase_add_test(floats, test_floats_as_python);
    tcase_add_test(floats, test_random_floats);
    tcase_add_test(floats, test_reads_floats);
    tcase_add_test(floats, test_far_digit);
    tcase_add_test(floats, test_locale);
    tcase_add_test(floats, test_prints_back);
    suite_add_tcase(suite, floats);
    return suite;
}
