/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of tagged JSON: all kinds of values there and back, and text that is none. */
#include <check.h>

#include "tests/support/alloc.h"
#include "tests/support/literal_kit.h"
#include "tests/support/randval.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

Suite *suite_literal_tagged(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { RANDOM_VALUES = 20000, DEPTHS = 6, NO_NAME = 99 };

/* "x" is 7, the empty name 99. */
static bool resolve(void *arg, struct bytes name, uint64_t *id)
{
    (void)arg;
    *id = name.len == 0 ? NO_NAME : 7;
    return name.len == 0 || bytes_equal(name, bytes_text("x"));
}

static void put_name(void *arg, uint64_t id, struct buf *out)
{
    (void)arg;
    buf_put_text(out, id == 7 ? "x" : "");
}

static const struct literal_names names = {resolve, put_name, NULL};

static void read_literal(const char *text, struct buf *out)
{
    struct literal_error error = {0};
    buf_init(out);
    ck_assert_msg(literal_read(bytes_text(text), LITERAL_ANY, &names, out, &error), "<%s>: %s",
                  text, error.text);
}

/* Prints it, compares, and reads it back to the same bytes. */
static void check_value(struct bytes value, const char *expected)
{
    struct literal_error error = {0};
    struct buf printed, back;
    buf_init(&printed);
    buf_init(&back);
    literal_print_tagged(value, &names, &printed);
    if (expected != NULL)
        ck_assert_msg(bytes_equal(buf_bytes(&printed), bytes_text(expected)), "<%.*s>, not <%s>",
                      (int)printed.len, (const char *)printed.data, expected);
    ck_assert_msg(literal_read_tagged(buf_bytes(&printed), &names, &back, &error), "<%.*s>: %s",
                  (int)printed.len, (const char *)printed.data, error.text);
    ck_assert_msg(bytes_equal(buf_bytes(&back), value), "<%.*s> reads back as something else",
                  (int)printed.len, (const char *)printed.data);
    buf_free(&printed);
    buf_free(&back);
}

/* ---- all kinds ---- */

static const struct {
    const char *literal, *tagged;
} forms[] = {
    {"null", "null"},
    {"true", "true"},
    {"1", "1"},
    {"1.0", "1.0"},
    {"-0.0", "-0.0"},
    {"0", "0"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", "9223372036854775808"},
    {"-100000000000000000000000000000000000000001", "-100000000000000000000000000000000000000001"},
    {"1e300", "1e+300"},
    {"5e-324", "5e-324"},
    {"0.1", "0.1"},
    {".inf", "{\"$float\": \"inf\"}"},
    {"-.inf", "{\"$float\": \"-inf\"}"},
    {".nan", "{\"$float\": \"nan\"}"},
    {"''", "\"\""},
    {"\"a\\0\\e\\n\\\"\\\\\\u202e\\u20ac\"", "\"a\\u0000\\u001b\\n\\\"\\\\\\u202e€\""},
    {"'$bytes'", "\"$bytes\""},
    {"!!binary ''", "{\"$bytes\": \"\"}"},
    {"!!binary AP8=", "{\"$bytes\": \"AP8=\"}"},
    {"[]", "[]"},
    {"[1, [1.0, []]]", "[1, [1.0, []]]"},
    {"!tuple []", "{\"$tuple\": []}"},
    {"!tuple [1, !tuple [x]]", "{\"$tuple\": [1, {\"$tuple\": [\"x\"]}]}"},
    {"!!set {}", "{\"$set\": []}"},
    {"!!set {1, a, !tuple [2]}", "{\"$set\": [1, \"a\", {\"$tuple\": [2]}]}"},
    {"!frozenset [1]", "{\"$frozenset\": [1]}"},
    {"{}", "{}"},
    {"{b: 1, a: {c: null}}", "{\"b\": 1, \"a\": {\"c\": null}}"},
    {"{'': 1, a$: 2}", "{\"\": 1, \"a$\": 2}"},
    {"{1: a}", "{\"$dict\": [[1, \"a\"]]}"},
    {"{a: 1, !tuple [1]: 2}", "{\"$dict\": [[\"a\", 1], [{\"$tuple\": [1]}, 2]]}"},
    {"{$ref: 1}", "{\"$dict\": [[\"$ref\", 1]]}"},
    {"{a: 1, $x: 2}", "{\"$dict\": [[\"a\", 1], [\"$x\", 2]]}"},
    {"{$dict: [[1, 2]]}", "{\"$dict\": [[\"$dict\", [[1, 2]]]]}"},
    {"[!ref x]", "[{\"$ref\": \"x\"}]"},
    {"!opaque {codec: c, data: !!binary AQ==}",
     "{\"$opaque\": {\"codec\": \"c\", \"data\": \"AQ==\"}}"},
    {"!opaque {codec: c, data: !!binary '', parts: [1, {2: !ref x}]}",
     "{\"$opaque\": {\"codec\": \"c\", \"data\": \"\", \"parts\": [1, {\"$dict\": [[2, {\"$ref\": "
     "\"x\"}]]}]}}"},
};

START_TEST(test_forms)
{
    struct buf value;
    read_literal(forms[_i].literal, &value);
    check_value(buf_bytes(&value), forms[_i].tagged);
    buf_free(&value);
}
END_TEST

START_TEST(test_random_values)
{
    uint64_t seed = 20261126;
    for (int i = 0; i < RANDOM_VALUES; i++) {
        struct literal_error error;
        struct buf value, printed, again;
        buf_init(&value);
        buf_init(&printed);
        buf_init(&again);
        randval(&value, &seed, i % DEPTHS);
        literal_print_tagged(buf_bytes(&value), &literal_kit_names, &printed);
        ck_assert_msg(literal_read_tagged(buf_bytes(&printed), &literal_kit_names, &again, &error),
                      "<%.*s>: %s", (int)printed.len, (const char *)printed.data, error.text);
        ck_assert(bytes_equal(buf_bytes(&value), buf_bytes(&again)));
        buf_free(&value);
        buf_free(&printed);
        buf_free(&again);
    }
}
END_TEST

START_TEST(test_what_is_gone)
{
    struct buf value;
    buf_init(&value);
    val_put_ref(&value, NO_NAME);
    check_value(buf_bytes(&value), "{\"$ref\": null}");
    buf_free(&value);
}
END_TEST

START_TEST(test_unusual_nan)
{
    static const uint64_t bits[] = {0xfff8000000000000, 0x7ff8000000000001, 0x7ff0000000000001};
    static const char *const texts[] = {"{\"$float\": \"nan:fff8000000000000\"}",
                                        "{\"$float\": \"nan:7ff8000000000001\"}",
                                        "{\"$float\": \"nan:7ff0000000000001\"}"};
    for (size_t i = 0; i < LENGTH(bits); i++) {
        struct buf value;
        double nan;
        memcpy(&nan, &bits[i], sizeof nan);
        buf_init(&value);
        val_put_float(&value, nan);
        check_value(buf_bytes(&value), texts[i]);
        buf_free(&value);
    }
}
END_TEST

/* More digits than JSON's readers take. */
START_TEST(test_huge_integers)
{
    for (int negative = 0; negative <= 1; negative++) {
        uint8_t number[3000];
        struct buf value;
        memset(number, 0x5A, sizeof number);
        number[0] = negative ? 0x80 : 0x12;
        buf_init(&value);
        val_put_bigint(&value, bytes_of(number, sizeof number));
        check_value(buf_bytes(&value), NULL);
        buf_free(&value);
    }
}
END_TEST

/* Dicts of dicts with keys that are no strings: three containers of JSON for one. */
START_TEST(test_deepest)
{
    struct buf value, outer;
    buf_init(&value);
    val_put_int(&value, 1);
    for (int depth = 0; depth < VAL_DEPTH_REPLY; depth++) {
        buf_init(&outer);
        size_t mark = val_open(&outer, VAL_DICT);
        val_put_pair(&outer, VAL_NONE_BYTES, buf_bytes(&value));
        val_close(&outer, mark);
        buf_free(&value);
        value = outer;
    }
    check_value(buf_bytes(&value), NULL);
    buf_free(&value);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
    const char *text, *says;
} refused[] = {
    {"", "a value is missing"},
    {"{\"$foo\": 1}", "no tag \"$foo\""},
    {"{\"$\": 1}", "no tag \"$\""},
    {"{\"$bytes\": \"aGk=\", \"a\": 1}", "beside others"},
    {"{\"a\": 1, \"$x\": 2}", "beside others"},
    {"{\"$set\": [1], \"$set\": [2]}", "beside others"},
    {"{\"$bytes\": \"a\"}", "base64"},
    {"{\"$bytes\": \"a~==\"}", "base64"},
    {"{\"$bytes\": 1}", "base64"},
    {"{\"$bytes\": {\"$bytes\": \"aGk=\"}}", "base64"},
    {"{\"$tuple\": {\"a\": 1}}", "$tuple takes a list"},
    {"{\"$tuple\": \"ab\"}", "$tuple takes a list"},
    {"{\"$set\": [[1]]}", "unhashable"},
    {"{\"$set\": [1, 1.0]}", "the same key twice: 1.0"},
    {"{\"$frozenset\": null}", "$frozenset takes a list"},
    {"{\"a\": 1, \"a\": 2}", "the same key twice: a"},
    {"{\"$dict\": [[1, 2], [true, 3]]}", "the same key twice: true"},
    {"{\"$dict\": [[{\"$set\": []}, 2]]}", "unhashable"},
    {"{\"$dict\": [[1, 2, 3]]}", "pairs"},
    {"{\"$dict\": [[1]]}", "pairs"},
    {"{\"$dict\": [{\"$tuple\": [1, 2]}]}", "pairs"},
    {"{\"$dict\": {\"a\": 1}}", "pairs"},
    {"{\"$float\": \"infinity\"}", "$float takes"},
    {"{\"$float\": 1.5}", "$float takes"},
    {"{\"$float\": \"nan:7ff8\"}", "$float takes"},
    {"{\"$float\": \"nan:3ff0000000000000\"}", "$float takes"},
    {"{\"$float\": \"nan:7FF8000000000001\"}", "$float takes"},
    {"{\"$int\": \"x\"}", "no integer"},
    {"{\"$int\": 5}", "no integer"},
    {"{\"$ref\": \"y\"}", "no object \"y\""},
    {"{\"$ref\": \"\"}", "$ref takes"},
    {"{\"$ref\": 5}", "$ref takes"},
    {"{\"$opaque\": {\"codec\": \"c\"}}", "$opaque takes"},
    {"{\"$opaque\": {\"codec\": \"\", \"data\": \"\"}}", "$opaque takes"},
    {"{\"$opaque\": {\"codec\": \"c\", \"data\": \"!\"}}", "$opaque takes"},
    {"{\"$opaque\": {\"codec\": \"c\", \"data\": \"\", \"more\": 1}}", "$opaque takes"},
    {"{\"$opaque\": []}", "$opaque takes"},
    {"[1,]", "missing"},
    {"{\"$tuple\": [1}", "',' or ']' expected"},
    {"{1: 2}", "key in quotes"},
    {"'a'", "JSON value expected"},
    {"!tuple [1]", "JSON value expected"},
    {"\"\\ud800\"", "surrogate"},
    {"\"\x01\"", "control character"},
    {"1e999", "too large"},
    {"[1] 2", "extra text"},
};

START_TEST(test_refused)
{
    struct literal_error error = {0};
    struct buf out;
    buf_init(&out);
    buf_put_text(&out, "before");
    ck_assert_msg(!literal_read_tagged(bytes_text(refused[_i].text), &names, &out, &error), "<%s>",
                  refused[_i].text);
    ck_assert_msg(strstr(error.text, refused[_i].says) != NULL, "<%s>: <%s>, not <%s>",
                  refused[_i].text, error.text, refused[_i].says);
    ck_assert(bytes_equal(buf_bytes(&out), bytes_text("before")));
    buf_free(&out);
}
END_TEST

static void check_too_deep(size_t levels, const char *open, const char *close)
{
    struct literal_error error = {0};
    struct buf text, out;
    buf_init(&text);
    buf_init(&out);
    for (size_t i = 0; i < levels; i++)
        buf_put_text(&text, open);
    buf_put_u8(&text, '1');
    for (size_t i = 0; i < levels; i++)
        buf_put_text(&text, close);
    ck_assert(!literal_read_tagged(buf_bytes(&text), &names, &out, &error));
    ck_assert_msg(strstr(error.text, "nested") != NULL, "%s", error.text);
    buf_free(&text);
    buf_free(&out);
}

START_TEST(test_too_deep)
{
    check_too_deep(VAL_DEPTH_REPLY + 1, "[", "]");
    check_too_deep(VAL_DEPTH_REPLY + 1, "{\"$tuple\": [", "]}");
    check_too_deep(VAL_DEPTH_REPLY + 1, "{\"$dict\": [[0, ", "]]}");
    check_too_deep(100000, "[", "]");
    check_too_deep(100000, "{\"$dict\": [[0, ", "]]}");
}
END_TEST

/* Whatever allocation fails: an error or the value, and nothing else. */
START_TEST(test_no_memory)
{
    static const char text[] =
        "{\"$dict\": [[{\"$tuple\": [1, \"a\"]}, {\"$bytes\": \"aGVsbG8=\"}], "
        "[2, {\"$opaque\": {\"codec\": \"c\", \"data\": \"aGVsbG8=\"}}]]}";
    size_t nth = 0;
    do {
        struct literal_error error = {0};
        struct buf out;
        bool ok;
        buf_init(&out);
        alloc_fail_at(++nth);
        ok = literal_read_tagged(bytes_text(text), &names, &out, &error);
        alloc_fail_never();
        ck_assert(ok == (alloc_count() < nth));
        ck_assert(ok ? out.len > 0 : out.len == 0 && error.text[0] != '\0');
        buf_free(&out);
    } while (alloc_count() >= nth);
    ck_assert_uint_gt(nth, 5);
}
END_TEST

Suite *suite_literal_tagged(void)
{
    Suite *suite = suite_create("literal_tagged");
    TCase *values = tcase_create("values");
    TCase *faults = tcase_create("faults");
    tcase_add_loop_test(values, test_forms, 0, LENGTH(forms));
    tcase_add_test(values, test_random_values);
    tcase_add_test(values, test_what_is_gone);
    tcase_add_test(values, test_unusual_nan);
    tcase_add_test(values, test_huge_integers);
    tcase_add_test(values, test_deepest);
    tcase_set_timeout(values, 120);
    suite_add_tcase(suite, values);
    tcase_add_loop_test(faults, test_refused, 0, LENGTH(refused));
    tcase_add_test(faults, test_too_deep);
    tcase_add_test(faults, test_no_memory);
    suite_add_tcase(suite, faults);
    return suite;
}
