/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of printing in every form. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "tests/support/literal_kit.h"
#include "tests/support/literal_table.h"
#include "tests/support/randval.h"
#include "wire/literal/literal_quote.h"
#include "wire/value/value.h"

Suite *suite_literal_print(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum {
    RANDOM_VALUES = 20000,
    DEPTHS = 6,
};

static void read_value(const char *text, struct buf *out)
{
    struct literal_error error = {0};
    buf_init(out);
    ck_assert_msg(literal_read(bytes_text(text), LITERAL_EXACT, &literal_kit_names, out, &error),
                  "<%s>: %s", text, error.text);
}

static void check_printed(const char *text, struct buf *printed, const char *expected)
{
    ck_assert_msg(bytes_equal(buf_bytes(printed), bytes_text(expected)), "<%s>: <%.*s>, not <%s>",
                  text, (int)printed->len, (const char *)printed->data, expected);
    buf_free(printed);
}

START_TEST(test_reads_back)
{
    uint64_t seed = 20261121;
    size_t containers = 0;
    for (int i = 0; i < RANDOM_VALUES; i++) {
        uint64_t before = seed;
        const char *broken;
        struct buf value;
        buf_init(&value);
        randval(&value, &seed, i % DEPTHS);
        broken = literal_kit_broken(buf_bytes(&value));
        if (broken != NULL)
            ck_abort_msg("seed %llu, depth %d: %s", (unsigned long long)before, i % DEPTHS, broken);
        containers += val_read(buf_bytes(&value)).kind >= VAL_LIST;
        buf_free(&value);
    }
    ck_assert_uint_gt(containers, RANDOM_VALUES / 4);
}
END_TEST

static const struct {
    const char *text, *printed;
} texts[] = {
    {"''", ""},
    {"'a b: c'", "a b: c"},
    {"'null'", "'null'"},
    {"'7'", "'7'"},
    {"'3.10'", "3.10"},
    {"'-x'", "'-x'"},
    {"'@x'", "'@x'"},
    {"'[x'", "'[x'"},
    {"\"'\"", "''''"},
    {"\"a\\nb\\u202e\\U000e0001\\x9b\"", "\"a\\nb\\u202e\\U000e0001\\x9b\""},
    {"[yes, Off, n, None, 'null', 'a b', a.b/c@d+e-f, 'f:', '', '7', '-', \xc3\xa9t\xc3\xa9]",
     "['yes', 'Off', 'n', 'None', 'null', 'a b', a.b/c@d+e-f, 'f:', '', '7', '-', "
     "\xc3\xa9t\xc3\xa9]"},
    {"[y, Y, yes, Yes, YES, N, no, No, NO, on, On, ON, off, Off, OFF, oN]",
     "['y', 'Y', 'yes', 'Yes', 'YES', 'N', 'no', 'No', 'NO', 'on', 'On', 'ON', 'off', 'Off', "
     "'OFF', "
     "oN]"},
    {"[0x10, 1e2, .INF, null, TRUE]", "[16, 100.0, .inf, null, true]"},
    {"{a: {}, !tuple [1]: [], !!binary '': !!set [x]}",
     "{a: {}, !tuple [1]: [], !!binary '': !!set {x}}"},
    {"!frozenset [!frozenset []]", "!frozenset {!frozenset {}}"},
    {"{!ref jobs/eu:a: !ref '~12'}", "{!ref ~7: !ref ~12}"},
    {"!opaque {codec: 'a b', data: !!binary aGk=, parts: [~]}",
     "!opaque {codec: 'a b', data: !!binary aGk=, parts: [null]}"},
};

START_TEST(test_text)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct buf value, printed;
        read_value(texts[i].text, &value);
        buf_init(&printed);
        literal_print(buf_bytes(&value), &literal_kit_names, &printed);
        check_printed(texts[i].text, &printed, texts[i].printed);
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_python)
{
    for (size_t i = 0; i < LENGTH(literal_reprs); i++) {
        struct buf value, printed;
        read_value(literal_reprs[i].text, &value);
        buf_init(&printed);
        literal_print_python(buf_bytes(&value), NULL, &printed);
        check_printed(literal_reprs[i].text, &printed, literal_reprs[i].repr);
        buf_free(&value);
    }
}
END_TEST

static const struct {
    const char *text, *json;
    bool fails;
} jsons[] = {
    {"{true: 1, null: 2, 3: 3, 0.5: 4, a: 5}",
     "{\"true\": 1, \"null\": 2, \"3\": 3, \"0.5\": 4, \"a\": 5}", false},
    {"[!tuple [1], !!set {2}, !frozenset {3}, {}]", "[[1], [2], [3], {}]", false},
    {"[1e+16, -0.0, 123456789012345678901234567890]",
     "[1e+16, -0.0, 123456789012345678901234567890]", false},
    {"\"\\\"\\\\/\\b\\f\\n\\r\\t\\x00\\x1f\\x7f\\x9b\\u202e\\U000e0001\xc3\xa9\"",
     "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\\u009b\\u202e\\udb40\\udc01\xc3\xa9\"",
     false},
    {"[!ref ~12]", "[{\"$ref\": \"~12\"}]", false},
    {"{a: [0, 1, !!binary aGk=]}", "$.a[2]: bytes have no JSON form", true},
    {"{a b: {'c\"\xc3\xa9': .nan}}",
     "$[\"a b\"][\"c\"\xc3\xa9\"]: NaN and infinity have no JSON form", true},
    {"[-.inf]", "$[0]: NaN and infinity have no JSON form", true},
    {"{a: !opaque {codec: c, parts: [!!binary aGk=]}}", "$.a.parts[0]: bytes have no JSON form",
     true},
    {"[{!tuple [1]: 2}]", "$[0]: a key of type tuple has no JSON form", true},
    {"{a: {!ref ~1: 2}}", "$.a: a key of type ref has no JSON form", true},
    {"{.nan: 2}", "$: NaN and infinity have no JSON form", true},
    {"{x: {1: a, b: 2, '1': c}}", "$.x: two keys become \"1\" in JSON", true},
    {"{true: a, 'true': b}", "$: two keys become \"true\" in JSON", true},
    {"{'': 0, null: 1, 'null': 2}", "$: two keys become \"null\" in JSON", true},
    {"{1: a, 10: b, '0': c}", "{\"1\": \"a\", \"10\": \"b\", \"0\": \"c\"}", false},
};

START_TEST(test_json)
{
    for (size_t i = 0; i < LENGTH(jsons); i++) {
        struct literal_error error = {0};
        struct buf value, printed;
        bool ok;
        read_value(jsons[i].text, &value);
        buf_init(&printed);
        buf_put_text(&printed, "<");
        ok = literal_print_json(buf_bytes(&value), NULL, &printed, &error);
        ck_assert_msg(ok != jsons[i].fails, "<%s>: %s", jsons[i].text, error.text);
        if (ok) {
            memmove(printed.data, printed.data + 1, --printed.len);
            check_printed(jsons[i].text, &printed, jsons[i].json);
        } else {
            ck_assert_str_eq(error.text, jsons[i].json);
            check_printed(jsons[i].text, &printed, "<");
        }
        buf_free(&value);
    }
}
END_TEST

/* A path longer than the message keeps its end. */
START_TEST(test_json_long_path)
{
    struct literal_error error;
    struct buf text, value, printed;
    buf_init(&text);
    for (int i = 0; i < 20; i++)
        buf_printf(&text, "{a_rather_long_key_%d: ", i);
    buf_put_text(&text, "!!binary aGk=}}}}}}}}}}}}}}}}}}}}");
    buf_put_u8(&text, 0);
    read_value((const char *)text.data, &value);
    buf_init(&printed);
    ck_assert(!literal_print_json(buf_bytes(&value), NULL, &printed, &error));
    ck_assert_msg(strncmp(error.text, "...", 3) == 0, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, ".a_rather_long_key_19: bytes have no JSON form"));
    buf_free(&text);
    buf_free(&value);
    buf_free(&printed);
}
END_TEST

static const struct {
    const char *text, *yaml;
} yamls[] = {
    {"7", "7"},
    {"'a b'", "a b"},
    {"'yes'", "'yes'"},
    {"[]", "[]"},
    {"!tuple []", "!tuple []"},
    {"{a: 1, 'b c': [1, [2, 3], {x: 1e+16, z: null}], d: {}, e: {f: '7'}}",
     "a: 1\n'b c':\n  - 1\n  - - 2\n    - 3\n  - x: 1.0e+16\n    z: null\nd: {}\ne:\n  f: '7'"},
    {"[!tuple [1, !!set {a, !tuple [2]}], !!binary aGk=]",
     "- !tuple\n  - 1\n  - !!set\n    ? a\n    ? !tuple [2]\n- !!binary aGk="},
    {"{!tuple [1, 2]: x, 1e+16: z}", "!tuple [1, 2]: x\n1.0e+16: z"},
    {"\"a\\n b\\n\"", "|\n  a\n   b"},
    {"{k: \"a\\n\\nb\", l: \"a\\n\\n\", m: \"\\n\", n: \" a\\nb\"}",
     "k: |-\n  a\n\n  b\nl: |+\n  a\n\nm: \"\\n\"\n'n': \" a\\nb\""},
    {"[!ref ~1, !opaque {codec: c}]", "- !ref ~1\n- !opaque {codec: c, data: !!binary ''}"},
};

START_TEST(test_yaml)
{
    for (size_t i = 0; i < LENGTH(yamls); i++) {
        struct buf value, printed;
        read_value(yamls[i].text, &value);
        buf_init(&printed);
        literal_print_yaml(buf_bytes(&value), NULL, &printed);
        check_printed(yamls[i].text, &printed, yamls[i].yaml);
        buf_free(&value);
    }
}
END_TEST

/* Readers of YAML look for the colon within 1,024 bytes. */
START_TEST(test_yaml_long_key)
{
    struct buf value, printed;
    size_t mark;
    char key[1500];
    memset(key, 'k', sizeof key);
    buf_init(&value);
    buf_init(&printed);
    mark = val_open(&value, VAL_DICT);
    key[sizeof key - 1] = '\0';
    val_put_field_int(&value, key, 1);
    val_close(&value, mark);
    literal_print_yaml(buf_bytes(&value), NULL, &printed);
    ck_assert_uint_eq(printed.len, 2 + sizeof key - 1 + 4);
    ck_assert(memcmp(printed.data, "? kk", 4) == 0);
    ck_assert(memcmp(printed.data + printed.len - 5, "k\n: 1", 5) == 0);
    ck_assert_ptr_null(literal_kit_broken(buf_bytes(&value)));
    buf_free(&value);
    buf_free(&printed);
}
END_TEST

START_TEST(test_raw)
{
    static const struct {
        const char *text, *raw;
    } rows[] = {
        {"null", ""},
        {"'a b'", "a b"},
        {"\"a\\n\\x1b\"", "a\n\x1b"},
        {"!!binary aGkK", "hi\n"},
        {"1e+16", "1e+16"},
        {"true", "true"},
        {"!ref ~12", "~12"},
        {"[]", ""},
        {"[a, null, 7, !!binary aGk=, [x, 1]]", "a;;7;hi;[x, 1];"},
        {"{a: 1, !tuple [b]: 'c d'}", "a\t1;!tuple [b]\tc d;"},
        {"!!set {a}", "a;"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buf value, printed;
        read_value(rows[i].text, &value);
        buf_init(&printed);
        literal_print_raw(buf_bytes(&value), NULL, ';', &printed);
        check_printed(rows[i].text, &printed, rows[i].raw);
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_escape)
{
    static const struct {
        const char *text, *escaped;
    } rows[] = {
        {"it's \\ \xc3\xa9", "it's \\ \xc3\xa9"},
        {"a\n\t\r\x1b[0m\x7f", "a\\n\\t\\r\\x1b[0m\\x7f"},
        {"\xc2\x9b\xe2\x80\xae\xef\xbb\xbf", "\\x9b\\u202e\\ufeff"},
        {"\xff\xc3(\xe4\xb8", "\\xff\\xc3(\\xe4\\xb8"},
        {"\xf3\xa0\x80\x81", "\\U000e0001"},
        {"", ""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buf printed;
        buf_init(&printed);
        literal_escape(bytes_text(rows[i].text), &printed);
        check_printed(rows[i].text, &printed, rows[i].escaped);
    }
}
END_TEST

static void put_bad_name(void *arg, uint64_t id, struct buf *out)
{
    (void)arg;
    (void)id;
    buf_put_text(out, "a b\x1b:");
}

/* Names come from the daemon: they are quoted and escaped like any text. */
START_TEST(test_names)
{
    static const struct literal_names names = {.name = put_bad_name};
    struct literal_error error;
    struct buf value, printed;
    read_value("!ref ~12", &value);
    buf_init(&printed);
    literal_print(buf_bytes(&value), &names, &printed);
    check_printed("text", &printed, "!ref \"a b\\x1b:\"");
    literal_print_python(buf_bytes(&value), &names, &printed);
    check_printed("python", &printed, "<a b\\x1b:>");
    ck_assert(literal_print_json(buf_bytes(&value), &names, &printed, &error));
    check_printed("json", &printed, "{\"$ref\": \"a b\\u001b:\"}");
    buf_free(&value);
}
END_TEST

static bool print_all(struct bytes value, struct buf *out)
{
    struct literal_error error;
    literal_print(value, NULL, out);
    literal_print_python(value, NULL, out);
    literal_print_yaml(value, NULL, out);
    literal_print_raw(value, NULL, '\n', out);
    return literal_print_json(value, NULL, out, &error) ||
           strstr(error.text, "out of memory") == NULL;
}

/* Every allocation in turn fails: the output says so, or is whole; nothing leaks. */
START_TEST(test_memory)
{
    struct buf value, whole, out;
    size_t n = 0;
    read_value("{1: [a, \"b\\n\", !ref ~1], x: {2: 3, '4': 123456789012345678901234567890}}",
               &value);
    buf_init(&whole);
    ck_assert(print_all(buf_bytes(&value), &whole));
    do {
        bool ok;
        buf_init(&out);
        alloc_fail_at(++n);
        ok = print_all(buf_bytes(&value), &out);
        alloc_fail_never();
        if (alloc_count() >= n)
            ck_assert_msg(!ok || out.failed || bytes_equal(buf_bytes(&out), buf_bytes(&whole)),
                          "%zu", n);
        else
            ck_assert(ok && bytes_equal(buf_bytes(&out), buf_bytes(&whole)));
        buf_free(&out);
    } while (alloc_count() >= n);
    ck_assert_uint_gt(n, 5);
    buf_free(&value);
    buf_free(&whole);
}
END_TEST

Suite *suite_literal_print(void)
{
    Suite *suite = suite_create("literal_print");
    TCase *forms = tcase_create("forms");
    tcase_set_timeout(forms, 60);
    tcase_add_test(forms, test_reads_back);
    tcase_add_test(forms, test_text);
    tcase_add_test(forms, test_python);
    tcase_add_test(forms, test_json);
    tcase_add_test(forms, test_json_long_path);
    tcase_add_test(forms, test_yaml);
    tcase_add_test(forms, test_yaml_long_key);
    tcase_add_test(forms, test_raw);
    tcase_add_test(forms, test_escape);
    tcase_add_test(forms, test_names);
    tcase_add_test(forms, test_memory);
    suite_add_tcase(suite, forms);
    return suite;
}
