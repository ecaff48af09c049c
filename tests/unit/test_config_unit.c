/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes, durations and counts: reading, refusing, printing. */
#include <check.h>

#include "daemon/config/config_unit.h"

typedef enum unit_status read_fn(struct bytes text, uint64_t *value);

static const struct {
    read_fn *read;
    const char *text;
    enum unit_status status;
    uint64_t value;
} cases[] = {
    {unit_size, "0", UNIT_OK, 0},
    {unit_size, "512", UNIT_OK, 512},
    {unit_size, "512B", UNIT_OK, 512},
    {unit_size, "2kB", UNIT_OK, 2000},
    {unit_size, "2KiB", UNIT_OK, 2048},
    {unit_size, "16MiB", UNIT_OK, 16777216},
    {unit_size, "3MB", UNIT_OK, 3000000},
    {unit_size, "2GiB", UNIT_OK, 2147483648},
    {unit_size, "1GB", UNIT_OK, 1000000000},
    {unit_size, "1TiB", UNIT_OK, 1099511627776},
    {unit_size, "1TB", UNIT_OK, 1000000000000},
    {unit_size, "18446744073709551615", UNIT_OK, UINT64_MAX},
    {unit_size, "18446744073709551616", UNIT_RANGE, 0},
    {unit_size, "16777216TiB", UNIT_RANGE, 0},
    {unit_size, "99999999999999999999999999GiB", UNIT_RANGE, 0},
    {unit_size, "99999999999999999999999999furlong", UNIT_BAD, 0},
    {unit_size, "", UNIT_BAD, 0},
    {unit_size, "MiB", UNIT_BAD, 0},
    {unit_size, "-1", UNIT_BAD, 0},
    {unit_size, "+1", UNIT_BAD, 0},
    {unit_size, " 1", UNIT_BAD, 0},
    {unit_size, "1 MiB", UNIT_BAD, 0},
    {unit_size, "1M", UNIT_BAD, 0},
    {unit_size, "1mib", UNIT_BAD, 0},
    {unit_size, "1.5GiB", UNIT_BAD, 0},
    {unit_size, "010", UNIT_BAD, 0},
    {unit_size, "0x10", UNIT_BAD, 0},
    {unit_size, "1_000", UNIT_BAD, 0},
    {unit_duration, "0", UNIT_OK, 0},
    {unit_duration, "0s", UNIT_OK, 0},
    {unit_duration, "500ms", UNIT_OK, 500},
    {unit_duration, "10s", UNIT_OK, 10000},
    {unit_duration, "5m", UNIT_OK, 300000},
    {unit_duration, "2h", UNIT_OK, 7200000},
    {unit_duration, "7d", UNIT_OK, 604800000},
    {unit_duration, "18446744073709551615ms", UNIT_OK, UINT64_MAX},
    {unit_duration, "18446744073709552s", UNIT_RANGE, 0},
    {unit_duration, "5", UNIT_BAD, 0},
    {unit_duration, "-5s", UNIT_BAD, 0},
    {unit_duration, "1h30m", UNIT_BAD, 0},
    {unit_duration, "5 s", UNIT_BAD, 0},
    {unit_duration, "5S", UNIT_BAD, 0},
    {unit_count, "10000", UNIT_OK, 10000},
    {unit_count, "10k", UNIT_BAD, 0},
    {unit_count, "1e3", UNIT_BAD, 0},
    {unit_count, "18446744073709551616", UNIT_RANGE, 0},
};

START_TEST(texts_are_read_or_refused)
{
    uint64_t value = 0;
    ck_assert_int_eq(cases[_i].read(bytes_text(cases[_i].text), &value), cases[_i].status);
    if (cases[_i].status == UNIT_OK)
        ck_assert_uint_eq(value, cases[_i].value);
}
END_TEST

static const struct {
    void (*print)(uint64_t value, char text[UNIT_TEXT_MAX]);
    uint64_t value;
    const char *text;
} prints[] = {
    {unit_print_size, 0, "0"},
    {unit_print_size, 1000, "1000"},
    {unit_print_size, 1024, "1KiB"},
    {unit_print_size, 1536, "1536"},
    {unit_print_size, UINT64_C(3) << 30, "3GiB"},
    {unit_print_size, UINT64_MAX, "18446744073709551615"},
    {unit_print_duration, 0, "0ms"},
    {unit_print_duration, 1500, "1500ms"},
    {unit_print_duration, 90000, "90s"},
    {unit_print_duration, 3600000, "1h"},
    {unit_print_duration, 172800000, "2d"},
};

START_TEST(numbers_print_in_their_largest_unit)
{
    char text[UNIT_TEXT_MAX];
    prints[_i].print(prints[_i].value, text);
    ck_assert_str_eq(text, prints[_i].text);
}
END_TEST

START_TEST(what_is_printed_reads_back)
{
    for (unsigned shift = 0; shift < 64; shift++) {
        for (unsigned add = 0; add < 3; add++) {
            uint64_t value = (UINT64_C(1) << shift) * (add + 1) + add, back = 0;
            char text[UNIT_TEXT_MAX];
            unit_print_size(value, text);
            ck_assert_int_eq(unit_size(bytes_text(text), &back), UNIT_OK);
            ck_assert_uint_eq(back, value);
            unit_print_duration(value, text);
            ck_assert_int_eq(unit_duration(bytes_text(text), &back), UNIT_OK);
            ck_assert_uint_eq(back, value);
        }
    }
}
END_TEST

Suite *suite_config_unit(void);
Suite *suite_config_unit(void)
{
    Suite *suite = suite_create("config_unit");
    TCase *tests = tcase_create("config_unit");
    tcase_add_loop_test(tests, texts_are_read_or_refused, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tests, numbers_print_in_their_largest_unit, 0,
                        sizeof prints / sizeof prints[0]);
    tcase_add_test(tests, what_is_printed_reads_back);
    suite_add_tcase(suite, tests);
    return suite;
}
