/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in each format, and rows for people. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/base/output.h"
#include "wire/value/value.h"

static struct buf value, out;

static void set_up(void)
{
    buf_init(&value);
    buf_init(&out);
}

static void tear_down(void)
{
    buf_free(&value);
    buf_free(&out);
}

static void read_value(const char *literal)
{
    struct literal_error error;
    ck_assert_msg(literal_read(bytes_text(literal), LITERAL_ANY, NULL, &value, &error), "%s: %s",
                  literal, error.text);
}

static void assert_out(const char *text)
{
    ck_assert_uint_eq(out.len, strlen(text));
    if (out.len > 0)
        ck_assert_mem_eq(out.data, text, out.len);
}

static const struct {
    enum output_format format;
    const char *literal, *text;
} table[] = {
    {FORMAT_TEXT, "a b", "a b\n"},
    {FORMAT_TEXT, "'42'", "'42'\n"},
    {FORMAT_TEXT, "{a: [1, null]}", "{a: [1, null]}\n"},
    {FORMAT_JSON, "{a: [1, null]}", "{\"a\": [1, null]}\n"},
    {FORMAT_PYTHON, "{a: !tuple [1]}", "{'a': (1,)}\n"},
    {FORMAT_YAML, "{a: 1}", "a: 1\n"},
    {FORMAT_RAW, "'x\ty'", "x\ty\n"},
    {FORMAT_RAW, "!!binary aGk=", "hi"},
    {FORMAT_RAW, "null", ""},
    {FORMAT_RAW, "true", "true\n"},
    {FORMAT_RAW, "[a, 1]", "a\n1\n"},
    {FORMAT_RAW, "{a: 1, b: c}", "a\t1\nb\tc\n"},
    {FORMAT_JSONL, "[a, [1]]", "\"a\"\n[1]\n"},
    {FORMAT_JSONL, "{a: 1, 2: b}", "[\"a\", 1]\n[2, \"b\"]\n"},
    {FORMAT_JSONL, "7", "7\n"},
};

START_TEST(values_have_a_form_in_each_format)
{
    struct style style = {table[_i].format, '\n', NULL};
    struct literal_error error;
    read_value(table[_i].literal);
    ck_assert(format_print(&style, buf_bytes(&value), &out, &error));
    assert_out(table[_i].text);
}
END_TEST

START_TEST(nul_ends_items)
{
    struct style style = {FORMAT_RAW, '\0', NULL};
    struct literal_error error;
    read_value("[a, b]");
    ck_assert(format_print(&style, buf_bytes(&value), &out, &error));
    ck_assert_uint_eq(out.len, 4);
    ck_assert_mem_eq(out.data, "a\0b", 4);
}
END_TEST

START_TEST(what_has_no_json_form_prints_nothing)
{
    struct style style = {_i == 0 ? FORMAT_JSON : FORMAT_JSONL, '\n', NULL};
    struct literal_error error = {0};
    read_value("[a, !!binary aGk=]");
    ck_assert(!format_print(&style, buf_bytes(&value), &out, &error));
    ck_assert_uint_eq(out.len, 0);
    ck_assert_uint_gt(strlen(error.text), 0);
}
END_TEST

START_TEST(a_dict_of_rows_is_lines)
{
    struct style style = {FORMAT_TEXT, '\n', NULL};
    read_value("{name: d, revision: '12', length: null, listen: [a]}");
    format_print_rows(&style, buf_bytes(&value), &out);
    assert_out("name: d\nrevision: 12\nlength: -\nlisten: [a]\n");
}
END_TEST

START_TEST(a_list_of_rows_is_a_table)
{
    struct style style = {FORMAT_TEXT, '\n', NULL};
    read_value("[{name: long-name, n: 1}, {name: b, n: 22}]");
    format_print_rows(&style, buf_bytes(&value), &out);
    assert_out("name       n\nlong-name  1\nb          22\n");
}
END_TEST

START_TEST(rows_inside_are_a_table_below_their_key)
{
    struct style style = {FORMAT_TEXT, '\n', NULL};
    read_value("{name: l, owners: [{client: me, token: '7'}, {client: other, token: '10'}], "
               "waiting: []}");
    format_print_rows(&style, buf_bytes(&value), &out);
    assert_out("name: l\nowners:\n  client  token\n  me      7\n  other   10\nwaiting: -\n");
}
END_TEST

START_TEST(a_cut_list_says_so)
{
    struct style style = {FORMAT_TEXT, '\n', NULL};
    read_value("[{session: '1', client: a}, {more: 12}]");
    format_print_rows(&style, buf_bytes(&value), &out);
    assert_out("session  client\n1        a\nand 12 more\n");
}
END_TEST

START_TEST(rows_obey_no_control)
{
    struct style style = {FORMAT_TEXT, '\n', NULL};
    read_value("{client: \"a\\e[2Jb\\n\"}");
    format_print_rows(&style, buf_bytes(&value), &out);
    ck_assert_ptr_null(memchr(out.data, 0x1b, out.len));
    ck_assert_ptr_eq(memchr(out.data, '\n', out.len), out.data + out.len - 1);
}
END_TEST

START_TEST(a_full_device_is_noticed)
{
    struct output output;
    int fd = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(fd, 0);
    output_init(&output, fd);
    buf_put_text(&output.buf, "x");
    ck_assert(!output_end(&output));
    ck_assert_int_eq(output.error, ENOSPC);
    close(fd);
}
END_TEST

START_TEST(much_is_sent_early)
{
    struct output output;
    int fd = open("/dev/null", O_WRONLY);
    output_init(&output, fd);
    for (int i = 0; i < 100000; i++)
        buf_put_text(&output.buf, "0123456789");
    output_check(&output);
    ck_assert_uint_eq(output.buf.len, 0);
    ck_assert(output_end(&output));
    close(fd);
}
END_TEST

Suite *suite_style(void);
Suite *suite_style(void)
{
    Suite *suite = suite_create("style");
    TCase *tests = tcase_create("style");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, values_have_a_form_in_each_format, 0,
                        sizeof table / sizeof table[0]);
    tcase_add_test(tests, nul_ends_items);
    tcase_add_loop_test(tests, what_has_no_json_form_prints_nothing, 0, 2);
    tcase_add_test(tests, a_dict_of_rows_is_lines);
    tcase_add_test(tests, a_list_of_rows_is_a_table);
    tcase_add_test(tests, rows_inside_are_a_table_below_their_key);
    tcase_add_test(tests, a_cut_list_says_so);
    tcase_add_test(tests, rows_obey_no_control);
    tcase_add_test(tests, a_full_device_is_noticed);
    tcase_add_test(tests, much_is_sent_early);
    suite_add_tcase(suite, tests);
    return suite;
}
