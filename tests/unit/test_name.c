/* SPDX-License-Identifier: BSD-2-Clause */
/* Which names of objects are valid, and why others are not. */
#include <check.h>

#include "wire/base/name.h"

static struct bytes text_of(const char *text)
{
    return bytes_text(text);
}

static const char *const valid[] = {
    "a",    "_",  "0",     "Z9", "a.b", "a:b", "a-b", "a/b", "a/b/c", "jobs/done.2026-11-21",
    "a..b", "a.", "_/0:-",
};

START_TEST(names_of_the_alphabet_are_valid)
{
    ck_assert_ptr_null(name_fault(text_of(valid[_i])));
    ck_assert(name_valid(text_of(valid[_i])));
}
END_TEST

static const struct {
    const char *name, *fault;
} invalid[] = {
    {"", "is empty"},
    {"/", "starts with '/'"},
    {"/a", "starts with '/'"},
    {"a/", "ends with '/'"},
    {"a//b", "has an empty segment ('//')"},
    {".a", "has a segment that starts with '.', ':' or '-'"},
    {"a/-b", "has a segment that starts with '.', ':' or '-'"},
    {"a/:", "has a segment that starts with '.', ':' or '-'"},
    {"..", "has a segment that starts with '.', ':' or '-'"},
    {"a b", "has a character other than A-Z a-z 0-9 _ . : - /"},
    {"a\n", "has a character other than A-Z a-z 0-9 _ . : - /"},
    {"~dict-5", "has a character other than A-Z a-z 0-9 _ . : - /"},
    {"\xc3\xa4", "has a character other than A-Z a-z 0-9 _ . : - /"},
    {"a\x7f", "has a character other than A-Z a-z 0-9 _ . : - /"},
    {"a*", "has a character other than A-Z a-z 0-9 _ . : - /"},
};

START_TEST(other_names_have_a_fault)
{
    ck_assert_str_eq(name_fault(text_of(invalid[_i].name)), invalid[_i].fault);
    ck_assert(!name_valid(text_of(invalid[_i].name)));
}
END_TEST

START_TEST(a_nul_is_no_end)
{
    ck_assert(!name_valid(bytes_of("a\0b", 3)));
    ck_assert(!name_valid(bytes_of("a\0", 2)));
}
END_TEST

START_TEST(length_has_a_bound)
{
    char name[NAME_MAX_BYTES + 1];
    memset(name, 'a', sizeof name);
    ck_assert(name_valid(bytes_of(name, NAME_MAX_BYTES)));
    ck_assert_str_eq(name_fault(bytes_of(name, NAME_MAX_BYTES + 1)), "is longer than 255 bytes");
}
END_TEST

Suite *suite_name(void);
Suite *suite_name(void)
{
    Suite *suite = suite_create("name");
    TCase *tests = tcase_create("name");
    tcase_add_loop_test(tests, names_of_the_alphabet_are_valid, 0, sizeof valid / sizeof valid[0]);
    tcase_add_loop_test(tests, other_names_have_a_fault, 0, sizeof invalid / sizeof invalid[0]);
    tcase_add_test(tests, a_nul_is_no_end);
    tcase_add_test(tests, length_has_a_bound);
    suite_add_tcase(suite, tests);
    return suite;
}
