/* SPDX-License-Identifier: BSD-2-Clause */
/* Help and completion come from the same tables. */
#include <check.h>

#include "cli/help/complete.h"
#include "cli/syntax/help.h"

static struct buf out;

static void set_up(void)
{
    buf_init(&out);
}

static void tear_down(void)
{
    buf_free(&out);
}

static const char *text(void)
{
    buf_put_u8(&out, '\0');
    ck_assert(!out.failed);
    return (const char *)out.data;
}

static const struct {
    const char *first, *second, *signature;
} signatures[] = {
    {"dict", "set", "dict set NAME KEY VALUE"},
    {"dict", "get", "dict get NAME KEY [FALLBACK]"},
    {"dict", "cas", "dict cas NAME KEY NEW {--expect EXPECT | --absent}"},
    {"dict", "get_many", "dict get-many NAME KEYS..."},
    {"list", "sort", "list sort NAME [--reverse]"},
    {"rm", NULL, "rm NAME... [--force] [--glob] [--dry-run] [--yes]"},
    {"session", "kill", "session kill [SESSION...] {--away | --named NAMED | --uid UID}"},
    {"watch", NULL, "watch NAME [--since SINCE] [-- CMD...]"},
};

START_TEST(signatures_come_from_rows)
{
    struct command command;
    ck_assert_uint_gt(command_find(signatures[_i].first, signatures[_i].second, &command), 0);
    help_signature(&command, &out);
    ck_assert_str_eq(text(), signatures[_i].signature);
}
END_TEST

START_TEST(no_line_is_too_long_or_ends_blank)
{
    struct command command;
    help_overview(&out);
    for (size_t at = 0; command_next(&at, &command);)
        help_command(&command, &out);
    ck_assert(help_topic("literals", &out));
    ck_assert(help_topic("exit-codes", &out));
    ck_assert(!help_topic("nonsense", &out));
    for (const char *line = text(); *line != '\0';) {
        size_t len = strcspn(line, "\n");
        ck_assert_msg(len <= 110, "%.*s", (int)len, line);
        ck_assert_msg(len == 0 || line[len - 1] != ' ', "%.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}
END_TEST

START_TEST(the_manual_has_every_exit_code)
{
    help_man(&out);
    const char *page = text();
    ck_assert_ptr_nonnull(strstr(page, "dict set NAME KEY VALUE"));
    ck_assert_ptr_nonnull(strstr(page, "\n   81  "));
    ck_assert_ptr_nonnull(strstr(page, "\n  127  "));
}
END_TEST

/* ---- completion without a daemon ---- */

static void collect(void *arg, const char *candidate, const char *about)
{
    (void)about;
    buf_printf(arg, "%s ", candidate);
}

static const struct {
    const char *words[4];
    const char *candidates;
} completions[] = {
    {{"sho"}, "show "},
    {{"di"}, "dict "},
    {{"dict", "set"}, "set setdefault "},
    {{"dict", "get-"}, "get-many "},
    {{"-o", "js"}, "json jsonl "},
    {{"-q", "names"}, "namespace "},
    {{"create", "ar"}, "array "},
    {{"ls", "--type", "na"}, "namespace "},
    {{"dict", "cas", "--ex"}, "--expect "},
    {{"dict", "cas", "--pi"}, "--pick "},
    {{"help", "exit"}, "exit-codes "},
    {{"no", "such"}, ""},
};

START_TEST(words_are_completed)
{
    struct cli cli;
    char words[4][16];
    char *list[4];
    size_t count = 0;
    for (; count < 4 && completions[_i].words[count] != NULL; count++) {
        strcpy(words[count], completions[_i].words[count]);
        list[count] = words[count];
    }
    cli_init(&cli);
    complete_words(&cli, list, count, collect, &out);
    ck_assert_str_eq(text(), completions[_i].candidates);
    ck_assert_int_eq(cli_end(&cli, 0), 0);
}
END_TEST

Suite *suite_help(void);
Suite *suite_help(void)
{
    Suite *suite = suite_create("help");
    TCase *tests = tcase_create("help");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, signatures_come_from_rows, 0,
                        sizeof signatures / sizeof signatures[0]);
    tcase_add_test(tests, no_line_is_too_long_or_ends_blank);
    tcase_add_test(tests, the_manual_has_every_exit_code);
    tcase_add_loop_test(tests, words_are_completed, 0, sizeof completions / sizeof completions[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
