/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths into values. */
#include <check.h>

#include "cli/print/pick.h"
#include "wire/literal/literal.h"

static const char whole[] = "{db: {port: 5432, 'odd.key': 1, 7: seven}, hosts: [a, b, !tuple [c]], "
                            "s: !!set {x}, n: null}";

static struct buf value;

static void set_up(void)
{
    struct literal_error error;
    buf_init(&value);
    ck_assert(literal_read(bytes_text(whole), LITERAL_ANY, NULL, &value, &error));
}

static void tear_down(void)
{
    buf_free(&value);
}

static const struct {
    const char *path, *text;
} good[] = {
    {"db.port", "5432"},     {"hosts[0]", "a"},
    {"hosts[-1][0]", "c"},   {"hosts", "[a, b, !tuple [c]]"},
    {"db['odd.key']", "1"},  {"db[7]", "seven"},
    {"[db][port]", "5432"},  {"n", "null"},
    {"['db'].port", "5432"}, {"[\"hosts\"][1]", "b"},
};

START_TEST(paths_lead_to_parts)
{
    struct bytes part;
    struct buf text;
    size_t at;
    buf_init(&text);
    ck_assert_int_eq(pick(buf_bytes(&value), good[_i].path, &part, &at), PICK_OK);
    literal_print(part, NULL, &text);
    buf_put_u8(&text, '\0');
    ck_assert_str_eq((const char *)text.data, good[_i].text);
    buf_free(&text);
}
END_TEST

static const struct {
    const char *path;
    enum pick_status status;
    size_t at;
} bad[] = {
    {"x", PICK_MISSING, 0},         {"db.nope", PICK_MISSING, 2},   {"hosts[3]", PICK_MISSING, 5},
    {"hosts[-4]", PICK_MISSING, 5}, {"db.port.x", PICK_MISSING, 7}, {"s[0]", PICK_MISSING, 1},
    {"hosts.0", PICK_MISSING, 5},   {"n.x", PICK_MISSING, 1},       {"hosts[", PICK_BAD, 5},
    {"hosts[]", PICK_BAD, 5},       {"db..port", PICK_BAD, 2},      {"db.", PICK_BAD, 2},
    {".db", PICK_BAD, 0},           {"hosts[{a]", PICK_BAD, 5},
};

START_TEST(other_paths_say_where_they_end)
{
    struct bytes part;
    size_t at = 99;
    ck_assert_int_eq(pick(buf_bytes(&value), bad[_i].path, &part, &at), bad[_i].status);
    ck_assert_uint_eq(at, bad[_i].at);
}
END_TEST

Suite *suite_pick(void);
Suite *suite_pick(void)
{
    Suite *suite = suite_create("pick");
    TCase *tests = tcase_create("pick");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, paths_lead_to_parts, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, other_paths_say_where_they_end, 0, sizeof bad / sizeof bad[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
