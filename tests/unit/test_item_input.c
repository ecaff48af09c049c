/* SPDX-License-Identifier: BSD-2-Clause */
/* Items as programs get them. */
#include <check.h>
#include <errno.h>
#include <unistd.h>

#include "cli/supervise/item_input.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

static struct buf value, text;

static void set_up(void)
{
    buf_init(&value);
    buf_init(&text);
}

static void tear_down(void)
{
    buf_free(&value);
    buf_free(&text);
}

static const struct {
    const char *literal, *text;
    size_t len;
} table[] = {
    {"a b", "a b", 3},
    {"'42'", "42", 2},
    {"42", "42", 2},
    {"null", "null", 4},
    {"{a: [1, true]}", "{\"a\": [1, true]}", 16},
    {"!tuple [1]", "[1]", 3},
    {"!!binary AAEC", "\0\1\2", 3},
    {"[!!binary AAEC]", "[!!binary AAEC]", 15}, /* no JSON form */
};

START_TEST(text_is_content_or_json)
{
    struct literal_error error;
    ck_assert(literal_read(bytes_text(table[_i].literal), LITERAL_ANY, NULL, &value, &error));
    item_input_text((struct mgr_view){value.data, value.len}, &text);
    ck_assert_uint_eq(text.len, table[_i].len);
    ck_assert_mem_eq(text.data, table[_i].text, text.len);
}
END_TEST

START_TEST(words_take_it_everywhere)
{
    char *const words[] = {"cmd", "{}", "a{}b{}", "{", "}{", "", NULL};
    static const char *const wanted[] = {"cmd", "x {}", "ax {}bx {}", "{", "}{", ""};
    char **got =
        item_input_arguments(words, bytes_text("x {}")); /* what it brings is not replaced */
    ck_assert_ptr_nonnull(got);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ck_assert_str_eq(got[i], wanted[i]);
    ck_assert_ptr_null(got[sizeof wanted / sizeof wanted[0]]);
    item_input_free(got);
}
END_TEST

START_TEST(no_word_can_have_a_nul)
{
    char *const marked[] = {"cmd", "{}", NULL}, *const plain[] = {"cmd", NULL};
    ck_assert_ptr_null(item_input_arguments(marked, bytes_of("a\0b", 3)));
    ck_assert_int_eq(errno, EINVAL);
    char **got = item_input_arguments(plain, bytes_of("a\0b", 3));
    ck_assert_ptr_nonnull(got);
    item_input_free(got);
    got = item_input_arguments(marked, bytes_of(NULL, 0));
    ck_assert_ptr_nonnull(got);
    ck_assert_str_eq(got[1], "");
    item_input_free(got);
}
END_TEST

START_TEST(a_file_is_read_from_its_start)
{
    char read_back[16];
    int fd = item_input_file(bytes_of("a\0b\n", 4));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, read_back, sizeof read_back), 4);
    ck_assert_mem_eq(read_back, "a\0b\n", 4);
    close(fd);
}
END_TEST

Suite *suite_item_input(void);
Suite *suite_item_input(void)
{
    Suite *suite = suite_create("item_input");
    TCase *tests = tcase_create("feed");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, text_is_content_or_json, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tests, words_take_it_everywhere);
    tcase_add_test(tests, no_word_can_have_a_nul);
    tcase_add_test(tests, a_file_is_read_from_its_start);
    suite_add_tcase(suite, tests);
    return suite;
}
