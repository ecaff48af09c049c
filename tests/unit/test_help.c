/* SPDX-License-Identifier: BSD-2-Clause */
/* Help and completion come from the same tables. */
#include <check.h>

#include "cli/help/complete.h"
#include "cli/syntax/help.h"
#include "cli/syntax/meaning.h"

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
    ck_assert_ptr_nonnull(strstr(page, ".br\n\\-\\-kind KIND: queue: which item is next"));
    ck_assert_ptr_nonnull(strstr(page, ".B queue\n"));
    ck_assert_ptr_nonnull(strstr(page, "\n   81  "));
    ck_assert_ptr_nonnull(strstr(page, "\n  127  "));
}
END_TEST

/* A new argument is explained: behind its field in proto/, in command_table.c, or by its name. */
START_TEST(every_argument_has_a_meaning)
{
    struct command command;
    for (size_t at = 0; command_next(&at, &command);)
        for (unsigned i = 0; i < command.row.arg_count; i++)
            ck_assert_msg(*meaning_of(&command.row.args[i]) != '\0', "%s %s %s", command.type,
                          command.method, command.row.args[i].name);
}
END_TEST

static const struct {
    const char *first, *second, *says;
} explained[] = {
    {"create", NULL, "then the oldest); default fifo\n"},
    {"create", NULL, "  TYPE                  the type of the object: dict, list, set"},
    {"create", NULL, "  --ttl TTL             delete the object this long after its last "},
    {"queue", "renew", "a bare number is seconds)\n"},
    {"create", NULL,
     "  semaphore             a whole number: how many permits there are; default 1\n"},
    {"create", NULL, "  lock                  there is none\n"},
    {"dict", "get", "  KEY                   the key (a value)\n"},
    {"dict", "cas", "  --absent              set it only if the key is not there\n"},
    {"rm", NULL, "  --dry-run             only list the objects that would be deleted\n"},
    {"queue", "each",
     "  --attempts ATTEMPTS   how often an item is tried, by any worker; default 5"},
};

START_TEST(arguments_are_explained)
{
    struct command command;
    ck_assert_uint_gt(command_find(explained[_i].first, explained[_i].second, &command), 0);
    help_command(&command, &out);
    ck_assert_msg(strstr(text(), explained[_i].says) != NULL, "%s", text());
}
END_TEST

START_TEST(types_are_explained)
{
    help_type("queue", &out);
    const char *page = text();
    ck_assert_ptr_nonnull(strstr(page, "\n\nQueue: "));
    ck_assert_ptr_nonnull(strstr(page, "mgrctl create queue NAME [INIT] [OPTIONS]\n"));
    ck_assert_ptr_nonnull(strstr(page, "  --maxsize MAXSIZE"));
    ck_assert_ptr_null(strstr(page, "--typecode"));
    ck_assert_ptr_nonnull(strstr(page, "\nExamples:\n  $ mgrctl create queue "));
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        if (type_row(number) == NULL)
            continue;
        buf_reset(&out, SIZE_MAX);
        help_type(type_name(number), &out);
        ck_assert_msg(strstr(text(), "\nExamples:\n") != NULL, "%s: no example", type_name(number));
    }
}
END_TEST

/* ---- completion without a daemon ---- */

static void collect(void *arg, const char *candidate, const char *about)
{
    buf_printf(arg, "%s ", *candidate == '\0' ? about : candidate);
}

static const struct {
    const char *words[6];
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
    {{"create", "queue", "q", "--kind", "l"}, "lifo "},
    {{"create", "array", "a", "--typecode", ""}, "b B h H i I l L q Q f d "},
    {{"create", "--kind", "fifo", "qu"}, "queue "},
    {{"load", "x"}, "files "},
    {{"server", "backup", ""}, "files "},
    {{"list", "append", "l", "@fi"}, "files "},
    {{"list", "append", "l", "fi"}, ""},
    {{"lock", "run", "l", "--", "ec"}, "programs "},
    {{"lock", "run", "l", "--", "echo", "x"}, "files "},
    {{"watch", "l", "--", "--fo"}, "programs "},
};

START_TEST(words_are_completed)
{
    struct cli cli;
    char words[6][16];
    char *list[6];
    size_t count = 0;
    for (; count < 6 && completions[_i].words[count] != NULL; count++) {
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
    tcase_add_test(tests, every_argument_has_a_meaning);
    tcase_add_loop_test(tests, arguments_are_explained, 0, sizeof explained / sizeof explained[0]);
    tcase_add_test(tests, types_are_explained);
    tcase_add_test(tests, the_manual_has_every_exit_code);
    tcase_add_loop_test(tests, words_are_completed, 0, sizeof completions / sizeof completions[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
