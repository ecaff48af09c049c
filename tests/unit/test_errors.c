/* SPDX-License-Identifier: BSD-2-Clause */
/* The error table, and that docs/protocol.md shows the very same. */
#include "wire/proto/errors.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *suite_errors(void);

static const char page[] = "docs/protocol.md";

START_TEST(test_codes_rise)
{
    unsigned count;
    const struct error_row *rows = error_rows(&count);
    ck_assert_uint_gt(count, 30);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_uint_gt(rows[i].code, i == 0 ? ERR_NONE : rows[i - 1].code);
        ck_assert_ptr_eq(error_row(rows[i].code), &rows[i]);
    }
}
END_TEST

START_TEST(test_rows_are_whole)
{
    static const int exits[] = {1, 64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 79, 80, 81, 82, 130};
    unsigned count;
    const struct error_row *rows = error_rows(&count);
    for (unsigned i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof exits / sizeof exits[0]; k++)
            known |= rows[i].exit_code == exits[k];
        ck_assert_msg(known, "%s: exit code %d", rows[i].name, rows[i].exit_code);
        ck_assert_uint_gt(strlen(rows[i].exception), 0);
        ck_assert_uint_gt(strlen(rows[i].meaning), 0);
    }
}
END_TEST

START_TEST(test_known_and_unknown)
{
    ck_assert_str_eq(error_row(ERR_KEY)->name, "KEY");
    ck_assert_str_eq(error_row(ERR_KEY)->exception, "KeyError");
    ck_assert_int_eq(error_row(ERR_KEY)->exit_code, 79);
    ck_assert(!error_row(ERR_KEY)->retry_safe);
    ck_assert(error_row(ERR_BUSY)->retry_safe);
    ck_assert_str_eq(error_row(ERR_NONE)->name, "INTERNAL");
    ck_assert_str_eq(error_row(10)->name, "INTERNAL");
    ck_assert_str_eq(error_row(100)->name, "INTERNAL");
    ck_assert_str_eq(error_row(~0U)->name, "INTERNAL");
}
END_TEST

/* A row of the table in the page. */
static void format_row(const struct error_row *row, char *line, size_t size)
{
    snprintf(line, size, "| %u | `%s` | `%s` | %d | %s | %s |\n", (unsigned)row->code, row->name,
             row->exception, row->exit_code, row->retry_safe ? "yes" : "no", row->meaning);
}

START_TEST(test_page)
{
    static char text[1 << 18];
    unsigned count;
    const struct error_row *rows = error_rows(&count);
    FILE *file = fopen(page, "r");
    const char *at = text;
    unsigned lines = 0;
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (unsigned i = 0; i < count; i++) {
        char line[256];
        format_row(&rows[i], line, sizeof line);
        ck_assert_msg(strstr(text, line) != NULL, "%s lacks:\n%s", page, line);
    }
    /* ... and no row more */
    while ((at = strstr(at, "\n| ")) != NULL) {
        unsigned code;
        char name[32];
        at += strlen("\n| ");
        lines += sscanf(at, "%u | `%31[A-Z_]` |", &code, name) == 2;
    }
    ck_assert_uint_eq(lines, count);
}
END_TEST

Suite *suite_errors(void)
{
    Suite *suite = suite_create("errors");
    TCase *table = tcase_create("table");
    tcase_add_test(table, test_codes_rise);
    tcase_add_test(table, test_rows_are_whole);
    tcase_add_test(table, test_known_and_unknown);
    if (access("wire/proto/errors.def", R_OK) == 0)
        tcase_add_test(table, test_page);
    else
        printf("errors: the page's table is not checked: not run from the root of the project\n");
    suite_add_tcase(suite, table);
    return suite;
}
