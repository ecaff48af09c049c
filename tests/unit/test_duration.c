/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations on the command line. */
#include <check.h>

#include "wire/base/duration.h"

static const struct {
    const char *text;
    int64_t ms;
} good[] = {
    {"0", 0},
    {"10s", 10000},
    {"10", 10000},
    {"500ms", 500},
    {"2m", 120000},
    {"1h", 3600000},
    {"1d", 86400000},
    {"1.5", 1500},
    {".5s", 500},
    {"0.25m", 15000},
    {"0.0001s", 1},
    {"1.ms", 1},
    {"0.0000000001s", 1},
    {"0.5000000001s", 501},
    {"0.5ms", 1},
    {"007s", 7000},
    {"0.1", 100},
    {"9223372036854775807ms", INT64_MAX},
};

START_TEST(durations_are_read)
{
    int64_t ms = -1;
    ck_assert_msg(duration_read(good[_i].text, &ms), "%s", good[_i].text);
    ck_assert_int_eq(ms, good[_i].ms);
}
END_TEST

static const char *const bad[] = {
    "",
    "s",
    "-1",
    "+1",
    "1x",
    "1 s",
    " 1",
    "1s ",
    ".",
    ".s",
    "1e3",
    "0x10",
    "1ss",
    "inf",
    "1.2.3",
    "9223372036854775808ms",
    "9223372036854776s",
    "99999999999999999999",
};

START_TEST(other_words_are_none)
{
    int64_t ms;
    ck_assert_msg(!duration_read(bad[_i], &ms), "%s", bad[_i]);
}
END_TEST

START_TEST(durations_are_written_in_their_largest_unit)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {{0, "0ms"},       {1, "1ms"},        {1000, "1s"},
                {1500, "1500ms"}, {90000, "90s"},    {120000, "2m"},
                {86400000, "1d"}, {90000000, "25h"}, {172800000, "2d"}};
    char text[DURATION_TEXT];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        duration_write(rows[i].ms, text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

Suite *suite_duration(void);
Suite *suite_duration(void)
{
    Suite *suite = suite_create("duration");
    TCase *tests = tcase_create("duration");
    tcase_add_loop_test(tests, durations_are_read, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, other_words_are_none, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, durations_are_written_in_their_largest_unit);
    suite_add_tcase(suite, tests);
    return suite;
}
