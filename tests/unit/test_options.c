/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: the table, their values, their variables. */
#include <check.h>
#include <stdlib.h>

#include "cli/base/options.h"

static struct options options;
static struct buf why;

/* What the tests set. */
static const char *const variables[] = {
    "MGRCTL_OUTPUT",   "MGRCTL_QUIET",   "MGRCTL_STRINGS", "MGRCTL_SERVER",         "MGRCTL_HELP",
    "MGRCTL_REVISION", "MGRCTL_REQUIRE", "MGRCTL_TIMEOUT", "MGRCTL_UNCHANGED_SINCE"};

static void set_up(void)
{
    options_init(&options);
    buf_init(&why);
}

static void tear_down(void)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    buf_free(&why);
}

static enum mgr_status set(const char *name, const char *value)
{
    const struct option_row *row = options_by_name(name, strlen(name));
    ck_assert_ptr_nonnull(row);
    return options_set(&options, row, value, &why);
}

START_TEST(rows_are_complete_and_distinct)
{
    const struct option_row *row = &options_rows()[_i];
    ck_assert_int_eq(row->id, _i);
    ck_assert_ptr_nonnull(row->name);
    ck_assert_uint_gt(strlen(row->help), 0);
    ck_assert_ptr_eq(options_by_name(row->name, strlen(row->name)), row);
    if (row->letter != 0)
        ck_assert_ptr_eq(options_by_letter(row->letter), row);
}
END_TEST

START_TEST(unknown_options_are_none)
{
    ck_assert_ptr_null(options_by_name("serve", 5));
    ck_assert_ptr_null(options_by_name("", 0));
    ck_assert_ptr_null(options_by_letter('Z'));
    ck_assert_ptr_null(options_by_letter(0));
}
END_TEST

START_TEST(values_are_taken)
{
    ck_assert_int_eq(options.timeout_ms, MGR_FOREVER);
    ck_assert_int_eq(set("timeout", "1.5"), MGR_OK);
    ck_assert_int_eq(options.timeout_ms, 1500);
    ck_assert_int_eq(set("output", "python"), MGR_OK);
    ck_assert_int_eq(options.format, FORMAT_PYTHON);
    ck_assert_int_eq(set("json", NULL), MGR_OK);
    ck_assert_int_eq(options.format, FORMAT_JSON);
    ck_assert_int_eq(set("require", "18446744073709551615"), MGR_OK);
    ck_assert_uint_eq(options.require, UINT64_MAX);
    ck_assert_int_eq(set("no-require", NULL), MGR_OK);
    ck_assert_uint_eq(options.require, 0);
    ck_assert_int_eq(set("lines", NULL), MGR_OK);
    ck_assert_int_eq(options.load, LOAD_LINES);
}
END_TEST

static const struct {
    const char *name, *value;
    enum mgr_status status;
} bad[] = {
    {"timeout", "-1", MGR_VALUE},
    {"timeout", "soon", MGR_VALUE},
    {"lease", "", MGR_VALUE},
    {"connect-timeout", "1y", MGR_VALUE},
    {"output", "xml", MGR_USAGE},
    {"output", "", MGR_USAGE},
    {"require", "12a", MGR_VALUE},
    /* what a failed acquire leaves in a variable must not switch the check off */
    {"require", "", MGR_USAGE},
    {"require", "0", MGR_USAGE},
    {"server", "", MGR_USAGE},
    {"client", "", MGR_USAGE},
    {"pick", "", MGR_USAGE},
    {"timeout", "", MGR_VALUE},
    {"require", "-1", MGR_VALUE},
    {"require", "18446744073709551616", MGR_VALUE},
    /* what a variable holds when the read before it failed */
    {"unchanged-since", "", MGR_USAGE},
    {"unchanged-since", "0", MGR_USAGE},
    {"unchanged-since", "-1", MGR_USAGE},
    {"unchanged-since", "18446744073709551616", MGR_USAGE},
};

START_TEST(bad_values_are_refused_with_a_reason)
{
    ck_assert_int_eq(set(bad[_i].name, bad[_i].value), bad[_i].status);
    ck_assert_uint_gt(why.len, 0);
}
END_TEST

START_TEST(variables_are_named_after_options)
{
    struct buf name;
    buf_init(&name);
    options_variable(options_by_name("connect-timeout", 15), &name);
    ck_assert_uint_eq(name.len, strlen("MGRCTL_CONNECT_TIMEOUT"));
    ck_assert_mem_eq(name.data, "MGRCTL_CONNECT_TIMEOUT", name.len);
    buf_free(&name);
}
END_TEST

START_TEST(the_environment_gives_defaults)
{
    setenv("MGRCTL_OUTPUT", "yaml", 1);
    setenv("MGRCTL_QUIET", "1", 1);
    setenv("MGRCTL_STRINGS", "0", 1);
    setenv("MGRCTL_SERVER", "", 1);
    setenv("MGRCTL_HELP", "1", 1);
    ck_assert_int_eq(options_from_environment(&options, &why), MGR_OK);
    ck_assert_int_eq(options.format, FORMAT_YAML);
    ck_assert(options.quiet);
    ck_assert(!options.strings);
    ck_assert(!options.help);
    ck_assert_ptr_null(options.server);
}
END_TEST

/* Nearly every command would be refused, and what is written would be checked by a stale number. */
START_TEST(a_revision_in_the_environment_is_no_option)
{
    setenv("MGRCTL_REVISION", "1", 1);
    setenv("MGRCTL_UNCHANGED_SINCE", "7", 1);
    ck_assert_int_eq(options_from_environment(&options, &why), MGR_OK);
    ck_assert(!options.revision && options.unchanged_since == 0);
    unsetenv("MGRCTL_REVISION");
    unsetenv("MGRCTL_UNCHANGED_SINCE");
}
END_TEST

START_TEST(an_empty_token_in_the_environment_is_refused)
{
    setenv("MGRCTL_REQUIRE", "", 1);
    ck_assert_int_eq(options_from_environment(&options, &why), MGR_USAGE);
    unsetenv("MGRCTL_REQUIRE");
    ck_assert_int_eq(options_from_environment(&options, &why), MGR_OK);
    ck_assert(!options.require_inherited);
    setenv("MGRCTL_REQUIRE", "7", 1);
    ck_assert_int_eq(options_from_environment(&options, &why), MGR_OK);
    ck_assert(options.require_inherited && options.require == 7);
    ck_assert_int_eq(set("require", "8"), MGR_OK);
    ck_assert(!options.require_inherited && options.require == 8);
    unsetenv("MGRCTL_REQUIRE");
}
END_TEST

START_TEST(a_bad_variable_is_named)
{
    setenv("MGRCTL_TIMEOUT", "never", 1);
    ck_assert_int_eq(options_from_environment(&options, &why), MGR_VALUE);
    buf_put_u8(&why, '\0');
    ck_assert_ptr_nonnull(strstr((const char *)why.data, "MGRCTL_TIMEOUT"));
}
END_TEST

Suite *suite_options(void);
Suite *suite_options(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, rows_are_complete_and_distinct, 0, OPTION_COUNT);
    tcase_add_test(tests, unknown_options_are_none);
    tcase_add_test(tests, values_are_taken);
    tcase_add_loop_test(tests, bad_values_are_refused_with_a_reason, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, variables_are_named_after_options);
    tcase_add_test(tests, the_environment_gives_defaults);
    tcase_add_test(tests, a_bad_variable_is_named);
    tcase_add_test(tests, an_empty_token_in_the_environment_is_refused);
    tcase_add_test(tests, a_revision_in_the_environment_is_no_option);
    suite_add_tcase(suite, tests);
    return suite;
}
