/* SPDX-License-Identifier: BSD-2-Clause */
/* Features of the protocol: the words both ways, and that docs/protocol.md lists the very same. */
#include "wire/proto/features.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *suite_features(void);

static const char page[] = "docs/protocol.md";

/* What a daemon says is understood whole by a client of the same version. */
START_TEST(test_all_words_are_read)
{
    ck_assert_uint_eq(features_read(features_text()), ((feature_set)1 << FEATURE_COUNT) - 1);
    ck_assert_uint_eq(features_text().len, strlen((const char *)features_text().data) - 1);
}
END_TEST

/* A word of a newer daemon, or what only looks like one of ours, must not switch a field on. */
START_TEST(test_other_words_are_skipped)
{
    static const feature_set since = (feature_set)1 << FEATURE_UNCHANGED_SINCE;
    static const struct {
        const char *text;
        feature_set set;
    } rows[] = {
        {"", 0},
        {" ", 0},
        {"unchanged_since", since},
        {"unchanged_since2", 0},
        {"unchanged", 0},
        {"2unchanged_since", 0},
        {"UNCHANGED_SINCE", 0},
        {"  later unchanged_since  than_this ", since},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(features_read(bytes_text(rows[i].text)) == rows[i].set, "'%s'", rows[i].text);
}
END_TEST

START_TEST(test_page)
{
    static char text[1 << 18];
    const struct feature_row *rows = feature_rows();
    FILE *file = fopen(page, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        char line[256];
        snprintf(line, sizeof line, "| `%s` | %s |\n", rows[i].word, rows[i].meaning);
        ck_assert_msg(strstr(text, line) != NULL, "%s lacks:\n%s", page, line);
        ck_assert_ptr_null(strchr(rows[i].word, ' '));
    }
}
END_TEST

Suite *suite_features(void)
{
    Suite *suite = suite_create("features");
    TCase *tests = tcase_create("features");
    tcase_add_test(tests, test_all_words_are_read);
    tcase_add_test(tests, test_other_words_are_skipped);
    if (access("wire/proto/features.def", R_OK) == 0)
        tcase_add_test(tests, test_page);
    else
        printf("features: the page is not checked: not run from the root of the project\n");
    suite_add_tcase(suite, tests);
    return suite;
}
