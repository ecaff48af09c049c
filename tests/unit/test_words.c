/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of mgrctl shell to words. */
#include <check.h>

#include "cli/syntax/words.h"
#include "tests/support/alloc.h"

/* Words, each in < >. */
static const struct {
    const char *line, *words;
} good[] = {
    {"", ""},
    {" \t ", ""},
    {"# a comment", ""},
    {"a b", "<a><b>"},
    {"  a\tb  ", "<a><b>"},
    {"a#b #c", "<a#b>"},
    {"'a b' \"c d\"", "<a b><c d>"},
    {"'' \"\"", "<><>"},
    {"a'b'\"c\"d", "<abcd>"},
    {"'it\\'", "<it\\>"},
    {"\"a\\\"b\\\\c\\n\"", "<a\"b\\c\\n>"},
    {"a\\ b \\# \\'", "<a b><#><'>"},
    {"[1, 'x y', {a: 2}] z", "<[1, 'x y', {a: 2}]><z>"},
    {"{a: \"]}\\\"\"} b", "<{a: \"]}\\\"\"}><b>"},
    {"{a: 1}x", "<{a: 1}x>"},
    {"a{b c}", "<a{b><c}>"},
    {"'{\"a\": 1}'", "<{\"a\": 1}>"},
    {"\"'42'\"", "<'42'>"},
    {"a [1,\n2] b", "<a><[1,\n2]><b>"},
    {"'a\nb'", "<a\nb>"},
    {"a\\\nb \\\n c\\\n", "<ab><c>"},
    {"a # b\nc", "<a><c>"},
};

START_TEST(lines_are_split)
{
    struct words words;
    struct buf shown;
    buf_init(&shown);
    ck_assert_ptr_null(words_split(bytes_text(good[_i].line), &words));
    for (size_t i = 0; i < words.count; i++)
        buf_printf(&shown, "<%s>", words.list[i]);
    buf_put_u8(&shown, '\0');
    ck_assert_str_eq((const char *)shown.data, good[_i].words);
    ck_assert_ptr_null(words.list[words.count]);
    buf_free(&shown);
    words_free(&words);
}
END_TEST

static const struct {
    const char *line, *error;
} bad[] = {
    {"'a", "a quote is not closed"},        {"a \"b\\\"", "a quote is not closed"},
    {"[1, 2", "a bracket is not closed"},   {"{a: 'x}", "a quote is not closed"},
    {"a\\", "nothing follows the last \\"}, {"[{]", "a bracket is not closed"},
};

START_TEST(bad_lines_are_refused)
{
    struct words words;
    ck_assert_str_eq(words_split(bytes_text(bad[_i].line), &words), bad[_i].error);
    ck_assert(words.open); /* a further line may mend it */
    words_free(&words);
}
END_TEST

START_TEST(a_nul_is_refused)
{
    struct words words;
    ck_assert_ptr_nonnull(words_split(bytes_of("a\0b", 3), &words));
    ck_assert(!words.open);
    words_free(&words);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    size_t reached = 0;
    for (size_t n = 1; n < 20; n++) {
        struct words words;
        alloc_fail_at(n);
        const char *error = words_split(bytes_text("dict set d 'a b' [1, 2]"), &words);
        alloc_fail_never();
        reached += alloc_count() >= n;
        ck_assert_int_eq(error != NULL, alloc_count() >= n);
        words_free(&words);
    }
    ck_assert_uint_gt(reached, 1);
}
END_TEST

Suite *suite_words(void);
Suite *suite_words(void)
{
    Suite *suite = suite_create("words");
    TCase *tests = tcase_create("words");
    tcase_add_loop_test(tests, lines_are_split, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, bad_lines_are_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, a_nul_is_refused);
    tcase_add_test(tests, no_memory_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}
