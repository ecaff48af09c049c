/* SPDX-License-Identifier: BSD-2-Clause */
/* Words to commands and arguments. */
#include <check.h>
#include <stdio.h>

#include "cli/syntax/grammar.h"
#include "cli/syntax/words.h"

static struct words words;
static struct command command;
static struct options options;
static struct binding binding;
static struct grammar_error error;
static struct buf shown;

static void set_up(void)
{
    options_init(&options);
    buf_init(&shown);
    words = (struct words){.list = NULL};
    binding = (struct binding){.rest = NULL};
}

static void tear_down(void)
{
    grammar_free(&binding);
    words_free(&words);
    buf_free(&shown);
}

static bool bind(const char *line)
{
    ck_assert_ptr_null(words_split(bytes_text(line), &words));
    return grammar_find(words.list, words.count, &command, &error) > 0 &&
           grammar_bind(&command, words.list, words.count, &options, &binding, &error);
}

/* TYPE METHOD name=word ...: what a line was bound to. */
static const char *show(void)
{
    const struct op_row *row = &command.row;
    buf_printf(&shown, "%s%s%s", command.type, *command.type == '\0' ? "" : " ", command.method);
    for (unsigned i = 0; i < row->arg_count; i++) {
        if (binding.words[i] != NULL)
            buf_printf(&shown, " %s=%s", row->args[i].name, binding.words[i]);
        if ((int)i == binding.special)
            buf_put_text(&shown, " *");
        if ((int)i == binding.from_stdin)
            buf_printf(&shown, " %s<", row->args[i].name);
    }
    for (size_t i = 0; i < binding.rest_count; i++)
        buf_printf(&shown, " +%s", binding.rest[i]);
    for (size_t i = 0; i < binding.program_count; i++)
        buf_printf(&shown, " !%s", binding.program[i]);
    buf_put_u8(&shown, '\0');
    return (const char *)shown.data;
}

/* A star stands behind the argument where files may be named. */
static const struct {
    const char *line, *bound;
} good[] = {
    {"dict get d k", "dict get name=d key=k"},
    {"dict get d k f", "dict get name=d key=k fallback=f *"},
    {"dict get --fallback 0 d k", "dict get name=d key=k fallback=0"},
    {"dict -q get -o json d k", "dict get name=d key=k"},
    {"-o json dict get d k", "dict get name=d key=k"},
    {"dict set d k v", "dict set name=d key=k value=v *"},
    {"dict set d k -5", "dict set name=d key=k value=-5 *"},
    {"dict set d k -.5", "dict set name=d key=k value=-.5 *"},
    {"dict set d k -", "dict set name=d key=k value=- *"},
    {"dict set d k -x", "dict set name=d key=k value<"},
    {"dict set -- d -k -v", "dict set name=d key=-k value=-v *"},
    {"dict cas d k new --expect old", "dict cas name=d key=k new=new * expect=old"},
    {"lock renew l --token 7 --lease 5s", "lock renew name=l token=7 lease_ms=5s"},
    {"lock acquire l --try --lease 5s", "lock acquire name=l"},
    {"condition notify-all c", "condition notify_all name=c"},
    {"dict cas d k new --absent", "dict cas name=d key=k new=new * absent=true"},
    {"dict get-many d a b", "dict get_many name=d +a +b"},
    {"dict pop-many d a b", "dict pop_many name=d +a +b"},
    {"dict get_many d a -r b", "dict get_many name=d +a +b"},
    {"list extend l -", "list extend name=l * +-"},
    {"list extend l 1 -2 -- -n", "list extend name=l +1 +-2 +-n"},
    {"list slice l 0 10 --step 2", "list slice name=l start=0 stop=10 * step=2"},
    {"list sort l --reverse", "list sort name=l reverse=true"},
    {"list sort l --reverse=false", "list sort name=l"},
    {"create dict d", "create type=dict name=d"},
    {"create --if-absent dict d {a: 1}", "create type=dict name=d init={a: 1} * if_absent=true"},
    {"create array a --typecode i --ttl 10s", "create type=array name=a ttl_ms=10s typecode=i"},
    {"rm a b --force", "rm force=true +a +b"},
    {"ls -l x*", "ls glob=x* long=true"},
    {"ls -lr", "ls long=true"},
    {"watch d --since 5 -- sh -c true", "watch name=d since=5 !sh !-c !true"},
    {"info d", "info name=d"},
    {"server ping", "server ping"},
    {"help dict set", "help +dict +set"},
};

START_TEST(lines_are_bound)
{
    ck_assert_msg(bind(good[_i].line), "%s: %s", good[_i].line, error.text);
    ck_assert_str_eq(show(), good[_i].bound);
}
END_TEST

static const struct {
    const char *line, *text, *hint; /* a part of each */
} bad[] = {
    {"", "there is no command", "mgrctl help"},
    {"frobnicate", "no command 'frobnicate'", "mgrctl help"},
    {"dict", "the method of dict is missing", "mgrctl help dict"},
    {"dit get d k", "no command 'dit' (did you mean 'dict'?)", "mgrctl help lists"},
    {"dict gte d k", "no command 'dict gte' (did you mean 'dict get'?)", "mgrctl help dict"},
    {"queue putmany q", "(did you mean 'queue put-many'?)", ""},
    {"dict get d k --timout 4", "no option --timout here (did you mean '--timeout'?)", ""},
    {"dict cas d k v --expct=4", "no option --expct here (did you mean '--expect'?)", ""},
    {"create queue q --max-size 4", "(did you mean '--maxsize'?)", ""},
    {"lock run l true", "too many words: 'true'", "put -- before the program: -- true"},
    {"dict frob d", "no command 'dict frob'", "mgrctl help dict"},
    {"object create d", "no command 'object create'", ""},
    {"session hello", "no command 'session hello'", ""},
    {"dict get", "NAME is missing", "mgrctl dict get NAME KEY [FALLBACK]"},
    {"dict get d", "KEY is missing", ""},
    {"dict get d k f x", "too many words: 'x'", "usage:"},
    {"dict set d k '[1,' 2]", "too many words: '2]'", "quote it"},
    {"dict get d k --frob", "no option --frob", ""},
    {"dict get d k -Z", "no option -Z", "put -- before it"},
    {"dict get d k --fallback", "--fallback needs a value", ""},
    {"dict get d k -t", "-t needs a value", ""},
    {"dict get d k --quiet=1", "--quiet takes no value", ""},
    {"dict get d k --timeout -1", "--timeout: '-1' is negative", ""},
    {"dict get d k f --fallback g", "fallback is given twice", ""},
    {"list sort l --reverse=maybe", "true or false", ""},
    {"dict len d -x", "-x", ""},
};

START_TEST(other_lines_say_why)
{
    ck_assert_msg(!bind(bad[_i].line), "%s", bad[_i].line);
    ck_assert_msg(strstr(error.text, bad[_i].text) != NULL, "%s: %s", bad[_i].line, error.text);
    ck_assert_msg(strstr(error.hint, bad[_i].hint) != NULL, "%s: %s", bad[_i].line, error.hint);
    int code = mgr_status_exit_code(error.status);
    ck_assert_int_eq(code, strstr(bad[_i].line, "-1") != NULL ? 65 : 64);
}
END_TEST

START_TEST(options_are_taken_out_anywhere)
{
    ck_assert(bind("-q dict --pick a.b get -rS d --timeout=2 k -0"));
    ck_assert(options.quiet && options.strings && options.nul);
    ck_assert_str_eq(options.pick, "a.b");
    ck_assert_int_eq(options.format, FORMAT_RAW);
    ck_assert_int_eq(options.timeout_ms, 2000);
    ck_assert_str_eq(show(), "dict get name=d key=k");
}
END_TEST

START_TEST(help_needs_no_arguments)
{
    ck_assert(bind("dict set --help"));
    ck_assert(options.help);
}
END_TEST

/* ---- the table ---- */

START_TEST(every_command_can_be_found_again)
{
    struct command each;
    size_t count = 0;
    for (size_t at = 0; command_next(&at, &each); count++) {
        bool single = *each.type == '\0';
        ck_assert_uint_eq(
            command_find(single ? each.method : each.type, single ? NULL : each.method, &command),
            single ? 1 : 2);
        ck_assert_str_eq(command.method, each.method);
        ck_assert_ptr_nonnull(each.run);
        ck_assert_uint_gt(strlen(each.row.help), 0);
        ck_assert_uint_le(each.row.arg_count, COMMAND_ARGS);
    }
    ck_assert_uint_gt(count, 100);
}
END_TEST

/* A required argument behind an optional one could never be given by position. */
START_TEST(positions_are_required_first)
{
    struct command each;
    for (size_t at = 0; command_next(&at, &each);) {
        bool optional = false;
        for (unsigned i = 0; i < each.row.arg_count; i++) {
            const struct arg_row *arg = &each.row.args[i];
            if (!grammar_is_positional(arg))
                continue;
            ck_assert_msg(!optional || !arg->required, "%s %s", each.type, each.method);
            optional = optional || !arg->required;
        }
    }
}
END_TEST

/* A field with the name of an option that every command takes could not be given. */
START_TEST(fields_are_no_options)
{
    struct command each;
    for (size_t at = 0; command_next(&at, &each);)
        for (unsigned i = 0; i < each.row.arg_count; i++) {
            const char *name = each.row.args[i].name;
            ck_assert_msg(options_by_name(name, strlen(name)) == NULL, "%s %s --%s", each.type,
                          each.method, name);
        }
}
END_TEST

Suite *suite_grammar(void);
Suite *suite_grammar(void)
{
    Suite *suite = suite_create("grammar");
    TCase *tests = tcase_create("grammar");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, lines_are_bound, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, other_lines_say_why, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, options_are_taken_out_anywhere);
    tcase_add_test(tests, help_needs_no_arguments);
    tcase_add_test(tests, every_command_can_be_found_again);
    tcase_add_test(tests, positions_are_required_first);
    tcase_add_test(tests, fields_are_no_options);
    suite_add_tcase(suite, tests);
    return suite;
}
