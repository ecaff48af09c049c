/* SPDX-License-Identifier: BSD-2-Clause */
/* The nearest of several words. */
#include <check.h>

#include "wire/base/nearest.h"

Suite *suite_nearest(void);

static const struct {
    const char *word, *found; /* of the candidates; NULL: none is near */
} rows[] = {
    {"dict", "dict"},
    {"dit", "dict"},
    {"dcit", "dict"},
    {"dicts", "dict"},
    {"lst", "list"},
    {"lost", "list"},
    {"lock", "lock"},
    {"rlok", "rlock"},
    {"", NULL},
    {"xyz", NULL},
    {"x", NULL},
    {"queues", NULL},
    {"condtion", "condition"},
    {"cond", "condition"},
    {"dog", NULL},
    {"a-word-that-is-longer-than-any-that-is-compared", NULL},
};

START_TEST(finds_the_nearest)
{
    static const char *const candidates[] = {"dict", "list", "lock", "rlock", "condition"};
    struct nearest nearest;
    const char *found = NULL;
    nearest_begin(&nearest, bytes_text(rows[_i].word));
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++)
        if (nearest_offer(&nearest, bytes_text(candidates[i])))
            found = candidates[i];
    if (rows[_i].found == NULL)
        ck_assert_ptr_null(found);
    else
        ck_assert_pstr_eq(found, rows[_i].found);
}
END_TEST

Suite *suite_nearest(void)
{
    Suite *suite = suite_create("nearest");
    TCase *tests = tcase_create("nearest");
    tcase_add_loop_test(tests, finds_the_nearest, 0, sizeof rows / sizeof rows[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
