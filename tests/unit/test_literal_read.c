/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of reading: JSON against CPython, limits, memory. Single words: test_literal_words.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/alloc.h"
#include "tests/support/literal_kit.h"
#include "tests/support/literal_table.h"
#include "wire/value/value.h"

Suite *suite_literal_read(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum {
    DIGITS_MAX = 4300,
    MANY_ITEMS = 1000000,
    MANY_BRACKETS = 64000,
    BOUND_MS = 5000, /* quadratic would be minutes; sanitizers and a busy machine are allowed for */
};

static bool read_exact(struct bytes text, struct buf *out, struct literal_error *error)
{
    return literal_read(text, LITERAL_EXACT, &literal_kit_names, out, error);
}

static void check_repr(const char *text, struct buf *value, const char *repr)
{
    const char *broken = literal_kit_broken(buf_bytes(value));
    struct buf printed;
    buf_init(&printed);
    literal_print_python(buf_bytes(value), &literal_kit_names, &printed);
    ck_assert_msg(bytes_equal(buf_bytes(&printed), bytes_text(repr)), "<%s>: %.*s, not %s", text,
                  (int)printed.len, (const char *)printed.data, repr);
    ck_assert_msg(broken == NULL, "<%s>: %s", text, broken);
    buf_free(&printed);
}

/* Infinity is JSON only for Python: elsewhere it is a word. */
static bool is_flow(const char *text)
{
    return strchr("[{\"", *text) != NULL && strstr(text, "Infinity") == NULL;
}

START_TEST(test_json_as_python)
{
    for (size_t i = 0; i < LENGTH(literal_jsons); i++) {
        const char *text = literal_jsons[i].text;
        struct literal_error error = {0};
        struct buf value;
        buf_init(&value);
        ck_assert_msg(literal_read_json(bytes_text(text), &value, &error), "<%s>: %s", text,
                      error.text);
        check_repr(text, &value, literal_jsons[i].repr);
        if (is_flow(text)) {
            value.len = 0;
            ck_assert_msg(read_exact(bytes_text(text), &value, &error), "<%s>: %s", text,
                          error.text);
            check_repr(text, &value, literal_jsons[i].repr);
        }
        buf_free(&value);
    }
}
END_TEST

static const char *const no_json[] = {
    "",
    " ",
    "[1,]",
    "[,1]",
    "{\"a\":1,}",
    "{a:1}",
    "'a'",
    "[1 2]",
    "01",
    "-01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x1",
    "nul",
    "nan",
    "True",
    "\"a",
    "\"\\x41\"",
    "\"\\'\"",
    "\"\n\"",
    "\"\x01\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\u12\"",
    "[1] 2",
    "{\"a\" 1}",
    "{\"a\":}",
    "{1:2}",
    "{\"a\"}",
    "[1",
    "{\"a\":1",
    "[#\n1]",
    "[1, # c\n]",
    "!tuple []",
    "{\"a\":1,\"a\":2}",
    "\357\273\2771",
    "1e999",
    "-1e999",
    "\v1",
    "[1]\f",
    "\"\xff\"",
};

START_TEST(test_json_is_strict)
{
    for (size_t i = 0; i < LENGTH(no_json); i++) {
        struct literal_error error = {0};
        struct buf value;
        buf_init(&value);
        ck_assert_msg(!literal_read_json(bytes_text(no_json[i]), &value, &error), "<%s>",
                      no_json[i]);
        ck_assert_uint_eq(value.len, 0);
        ck_assert_msg(error.column >= 1 && error.text[0] != '\0', "<%s>", no_json[i]);
        ck_assert_msg(strstr(error.text, "-S") == NULL, "<%s>: %s", no_json[i], error.text);
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_json_numbers)
{
    static const struct {
        const char *text, *repr;
    } rows[] = {
        {"-0", "0"},
        {"-0.0", "-0.0"},
        {" [ 1 , 2 ]\r\n", "[1, 2]"},
        {"1E5", "100000.0"},
        {"NaN", "nan"},
        {"-Infinity", "-inf"},
        {"1e-999", "0.0"},
        {"100000000000000000000", "100000000000000000000"},
        {"\"\x7f\"", "'\\x7f'"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct literal_error error = {0};
        struct buf value;
        buf_init(&value);
        ck_assert_msg(literal_read_json(bytes_text(rows[i].text), &value, &error), "<%s>: %s",
                      rows[i].text, error.text);
        check_repr(rows[i].text, &value, rows[i].repr);
        buf_free(&value);
    }
}
END_TEST

/* count times open, then middle, then count times close */
static void put_nested(struct buf *text, size_t count, const char *open, const char *middle,
                       const char *close)
{
    text->len = 0;
    for (size_t i = 0; i < count; i++)
        buf_put_text(text, open);
    buf_put_text(text, middle);
    for (size_t i = 0; i < count; i++)
        buf_put_text(text, close);
}

START_TEST(test_depth)
{
    static const struct {
        const char *open, *close;
    } rows[] = {{"[", "]"},
                {"{\"a\": ", "}"},
                {"!tuple [1, ", "]"},
                {"!frozenset {1, ", "}"},
                {"!opaque {codec: c, parts: ", "}"}};
    struct literal_error error;
    struct buf text, value;
    buf_init(&text);
    buf_init(&value);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        value.len = 0;
        put_nested(&text, VAL_DEPTH_STORED, rows[i].open, "x", rows[i].close);
        ck_assert_msg(read_exact(buf_bytes(&text), &value, &error), "%s: %s", rows[i].open,
                      error.text);
        ck_assert_ptr_null(literal_kit_broken(buf_bytes(&value)));
        put_nested(&text, VAL_DEPTH_STORED + 1, rows[i].open, "x", rows[i].close);
        ck_assert_msg(!read_exact(buf_bytes(&text), &value, &error), "%s", rows[i].open);
    }
    put_nested(&text, VAL_DEPTH_STORED, "[", "!opaque {codec: c}", "]");
    ck_assert(read_exact(buf_bytes(&text), &value, &error));
    put_nested(&text, VAL_DEPTH_STORED + 1, "[", "", "]");
    ck_assert(!literal_read_json(buf_bytes(&text), &value, &error));
    ck_assert_uint_eq(error.column, VAL_DEPTH_STORED + 1);
    ck_assert_ptr_nonnull(strstr(error.text, "more than 30"));
    buf_free(&text);
    buf_free(&value);
}
END_TEST

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Each of these took a YAML library seconds to minutes. */
START_TEST(test_linear)
{
    static const char *const nested[] = {"[", "{a: ", "{\"a\": ", "!tuple [", "[!!set {"};
    int64_t start = now_ms();
    struct literal_error error;
    struct buf text, value;
    struct val list;
    buf_init(&text);
    buf_init(&value);
    for (size_t i = 0; i < LENGTH(nested); i++) {
        put_nested(&text, MANY_BRACKETS, nested[i], "", "");
        ck_assert(!read_exact(buf_bytes(&text), &value, &error));
        ck_assert_uint_le(error.column, 8 * (VAL_DEPTH_STORED + 1));
    }
    text.len = 0;
    buf_put_u8(&text, '[');
    for (size_t i = 0; i < MANY_ITEMS; i++)
        buf_put_text(&text, "1, ");
    buf_put_u8(&text, ']');
    ck_assert(read_exact(buf_bytes(&text), &value, &error));
    list = val_read(buf_bytes(&value));
    ck_assert_uint_eq(val_count(&list), MANY_ITEMS);
    text.len = value.len = 0;
    put_nested(&text, MANY_ITEMS, "'' ", "", ""); /* two quotes: one string, then extra text */
    ck_assert(!read_exact(buf_bytes(&text), &value, &error));
    put_nested(&text, 4 * MANY_ITEMS, "x ", "", "");
    ck_assert(read_exact(buf_bytes(&text), &value, &error));
    ck_assert_int_lt(now_ms() - start, BOUND_MS);
    buf_free(&text);
    buf_free(&value);
}
END_TEST

/* A duplicate at the end of many keys is found, and named, without comparing all with all. */
START_TEST(test_duplicate_among_many)
{
    enum { KEYS = 50000 };
    int64_t start = now_ms();
    struct literal_error error;
    struct buf text, value;
    size_t column;
    buf_init(&text);
    buf_init(&value);
    buf_put_text(&text, "[{");
    for (int i = 0; i < KEYS; i++)
        buf_printf(&text, "%d: x, ", i);
    column = text.len + 1;
    buf_put_text(&text, "777.0: y}]");
    ck_assert(!read_exact(buf_bytes(&text), &value, &error));
    ck_assert_str_eq(error.text, "the same key twice: 777.0");
    ck_assert_uint_eq(error.column, column);
    ck_assert_int_lt(now_ms() - start, BOUND_MS);
    buf_free(&text);
    buf_free(&value);
}
END_TEST

START_TEST(test_long_numbers)
{
    struct literal_error error;
    struct buf text, value, printed;
    struct val read;
    buf_init(&text);
    buf_init(&value);
    buf_init(&printed);
    put_nested(&text, DIGITS_MAX, "9", "", "");
    ck_assert(read_exact(buf_bytes(&text), &value, &error));
    ck_assert_ptr_null(literal_kit_broken(buf_bytes(&value)));
    buf_put_u8(&text, '9'); /* one too many: a word at the top, else an error */
    value.len = 0;
    ck_assert(read_exact(buf_bytes(&text), &value, &error));
    read = val_read(buf_bytes(&value));
    ck_assert_int_eq(read.kind, VAL_STR);
    ck_assert(!literal_read(buf_bytes(&text), LITERAL_ANY, NULL, &value, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "4300 digits"));
    ck_assert(!literal_read_json(buf_bytes(&text), &value, &error));
    /* Hexadecimal has no such limit, so that whatever is stored can be printed. */
    for (int sign = 0; sign < 2; sign++) {
        text.len = value.len = printed.len = 0;
        buf_put_text(&text, sign == 0 ? "!!int 0x8" : "!!int -0x8");
        for (int i = 0; i < DIGITS_MAX; i++)
            buf_put_u8(&text, (uint8_t)(i < DIGITS_MAX / 2 ? '1' + i % 7 : '0'));
        ck_assert(read_exact(buf_bytes(&text), &value, &error));
        ck_assert_ptr_null(literal_kit_broken(buf_bytes(&value)));
        literal_print(buf_bytes(&value), NULL, &printed);
        ck_assert(bytes_equal(buf_bytes(&printed), buf_bytes(&text)));
        ck_assert(!literal_print_json(buf_bytes(&value), NULL, &printed, &error));
        ck_assert_str_eq(error.text, "$: an integer of more than 4300 digits has no JSON form");
    }
    buf_free(&text);
    buf_free(&value);
    buf_free(&printed);
}
END_TEST

/* Every allocation in turn fails: an error, or the very same value; nothing leaks. */
static void check_memory(const char *text, bool expect, const char *message)
{
    struct literal_error error;
    size_t n = 0;
    bool ok;
    do {
        struct buf value;
        buf_init(&value);
        alloc_fail_at(++n);
        ok = read_exact(bytes_text(text), &value, &error);
        alloc_fail_never();
        if (ok)
            ck_assert_ptr_null(literal_kit_broken(buf_bytes(&value)));
        else
            ck_assert_msg(value.len == 0 && (strstr(error.text, "out of memory") != NULL ||
                                             strstr(error.text, message) != NULL),
                          "%zu: %s", n, error.text);
        buf_free(&value);
    } while (alloc_count() >= n);
    ck_assert_msg(ok == expect, "%s: %s", text, error.text);
    ck_assert_uint_gt(n, 3);
}

START_TEST(test_memory)
{
    check_memory("[\"a\\nb\", {k: 1, !tuple [1, 'it''s']: 2}, !!set {1, 2, 3}, !!binary aGVsbG8=, "
                 "!opaque {codec: c, data: !!binary aGk=, parts: [1]}, 123456789012345678901234]",
                 true, "");
    check_memory("[{k: 1, l: 2, \"k\": 3}]", false, "the same key twice");
}
END_TEST

Suite *suite_literal_read(void)
{
    Suite *suite = suite_create("literal_read");
    TCase *json = tcase_create("json");
    TCase *limits = tcase_create("limits");
    tcase_add_test(json, test_json_as_python);
    tcase_add_test(json, test_json_is_strict);
    tcase_add_test(json, test_json_numbers);
    suite_add_tcase(suite, json);
    tcase_set_timeout(limits, 60);
    tcase_add_test(limits, test_depth);
    tcase_add_test(limits, test_linear);
    tcase_add_test(limits, test_duplicate_among_many);
    tcase_add_test(limits, test_long_numbers);
    tcase_add_test(limits, test_memory);
    suite_add_tcase(suite, limits);
    return suite;
}
