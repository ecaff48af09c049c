/* SPDX-License-Identifier: BSD-2-Clause */
/* Help that is not about one command: literals, exit codes, the manual page. */
#include <stdio.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/guess.h"
#include "cli/syntax/help.h"
#include "cli/syntax/help_text.h"
#include "cli/syntax/meaning.h"
#include "cli/syntax/run.h"
#include "wire/proto/errors.h"

static const char *const topics[] = {"exit-codes", "literals", "run", "each", NULL};

static const char literals[] =
    "A VALUE or KEY is one word of the shell: a literal.\n"
    "\n"
    "  hello            the string hello. So is every plain word that is nothing below:\n"
    "                   a b, 50%, http://x/, 2026-11-21, yes, 3.10, 007, 1e3, 0x1F\n"
    "  7 -5 0.25        numbers: whatever is written as it would be printed\n"
    "  true false null  as they say (also True, TRUE, ~ ...)\n"
    "  '[1, a, null]'   a list. In a structure every form of number is a number: 3.10 is 3.1\n"
    "  '{a: 1, b: [2]}' a dict: a space after the colon. JSON is read as it is\n"
    "  \"'42'\"           quotes inside the shell's quotes: the string 42\n"
    "  '!tuple [1, 2]'  a tuple; '!!set {a, b}' a set, '!frozenset [a]' a frozenset\n"
    "  '!!binary aGk='  bytes\n"
    "  '!ref NAME'      a reference to another object\n"
    "  '!opaque {codec: C, data: !!binary aGk=, parts: VALUE}'\n"
    "                   data of a program's own, which codec C can read; parts: values inside it\n"
    "\n"
    "In the last VALUE only (write '@x' for a string that starts with @):\n"
    "  @FILE            the literal in FILE; '!!str @FILE' and '!!binary @FILE': its content\n"
    "  -                the literal on standard input\n"
    "\n"
    "  -S  every VALUE is the string of its bytes and nothing is special: use it, or -x, for text\n"
    "      that somebody else wrote, else \"$text\" = @/etc/passwd would send that file\n"
    "  -K  keys are strings, values stay literals\n"
    "  -x  the last VALUE is the content of standard input\n"
    "\n"
    "A word that starts with - and a digit or a point is an argument (mgrctl list get l -1);\n"
    "-- ends the options. Use single quotes: in double quotes shells expand ! and $.\n"
    "\n"
    "What is printed (-o text) reads back as the same value. -o json prints strict JSON (a tuple "
    "or a\n"
    "set as an array, an opaque value as {\"$opaque\": ...}), -o yaml is lossless, -o python is "
    "Python's repr, -r prints content only.\n";

static const char run_topic[] =
    "mgrctl lock run NAME [--timeout D | --try] -- CMD...   (also rlock run, semaphore run)\n"
    "\n"
    "Acquires, runs CMD, releases, and ends with CMD's exit code. CMD has the terminal, standard\n"
    "input and these variables:\n"
    "\n"
    "  MGR_OBJECT          the name\n"
    "  MGR_TOKEN           the token: pass it on to whatever can refuse a smaller one\n"
    "  MGRCTL_REQUIRE      the same: mgrctl and libmgr inside are refused (76) when it is lost\n"
    "  MGR_LEASE_DEADLINE  CLOCK_BOOTTIME in ns until which it was ours for sure when CMD began\n"
    "  MGR_PREVIOUS_TOKEN  the last owner died while it owned it, with this token\n"
    "\n"
    "  --lease D    how long the daemon waits for a sign of life before the next one gets it "
    "(10s)\n"
    "  --grace D    between SIGTERM and SIGKILL when it is lost (2s, a quarter of the lease at "
    "most)\n"
    "  -E N         end with N for every reason of mgrctl's own\n"
    "  --status-fd N  write one line there: child 3, signal 9, lost, busy, timeout, failed 69,\n"
    "               not-run 127, interrupted 2\n"
    "\n"
    "Two processes look after CMD. When the daemon cannot be reached, CMD and all of its process\n"
    "group are stopped before the lease ends, and mgrctl ends with 76; short interruptions do not\n"
    "matter. When one of the two is killed or stands still, the other one kills the group. What "
    "CMD\n"
    "leaves in its group when it ends has the grace to end too, then it is killed.\n"
    "\n"
    "Only the token helps when both stand still or are killed, when the whole machine did, when a\n"
    "process left the group (setsid) or cannot be killed (a hanging disk), and when somebody "
    "takes\n"
    "it away (release --any, rm --force, session kill): CMD is told within a quarter of the "
    "lease.\n"
    "\n"
    "rlock run inside rlock run of the same lock enters it again: the run around it holds on.\n"
    "\n"
    "A CMD that mgrctl had to stop counts as an owner that died: the next one is told, as above.\n"
    "What was waited for and is deleted meanwhile is not made again: mgrctl ends with 66.\n";

static const char each_topic[] =
    "mgrctl queue each NAME [-j N] -- CMD...\n"
    "\n"
    "Reserves one item after the other and runs CMD for each: the item is on its standard input\n"
    "(text and bytes as they are, others as JSON), and its text replaces {} in CMD's words. Exit\n"
    "code 0: the item is dealt with and goes. Anything else: it is tried again later, and a line\n"
    "says which item failed, why, and what becomes of it (not with -q).\n"
    "\n"
    "  -j N           so many at the same time (1)\n"
    "  --attempts N   attempts per item, by any worker (5)\n"
    "  --backoff D    before the second try, twice as long before each next one, up to 5 m (1s)\n"
    "  --dead QUEUE   where an item goes after the last attempt; it is created. Without it such "
    "an\n"
    "                 item stays and is tried every 5 m: none is ever lost\n"
    "  --until-empty  end with 0 when no item is left and none can come back: no item is\n"
    "                 delayed, and no client has one reserved. An item whose CMD always fails\n"
    "                 comes back each time: without --dead there is no end while there is one\n"
    "  --once         one item, and CMD's exit code\n"
    "  --timeout D    end with 75 when no item came for so long\n"
    "  --lease, --grace, -E, --status-fd: as in mgrctl help run\n"
    "\n"
    "CMD has MGR_OBJECT, MGR_TOKEN, MGRCTL_REQUIRE, MGR_LEASE_DEADLINE as in mgrctl help run, and\n"
    "MGR_ATTEMPT (from 1) and MGR_REDELIVERED (1: it may have been dealt with before). 126 and "
    "127,\n"
    "CMD cannot be run, end all. SIGINT and SIGTERM are passed on; what then does not end with 0\n"
    "goes back at once. When the session is lost the programs are stopped, and the exit code is "
    "76.\n"
    "An item whose CMD was killed with its mgrctl goes to another one, marked as redelivered.\n";

const char *help_topics(size_t at)
{
    return topics[at];
}

/* Codes that are not in the table of errors. */
static const struct {
    int code;
    const char *meaning;
} own_codes[] = {
    {0, "done"},
    {1, "asked without waiting, and the answer is no"},
    {126, "the program that was to be run cannot be run"},
    {127, "the program that was to be run was not found"},
};

static void put_code(struct buf *out, int code)
{
    unsigned count;
    const struct error_row *rows = error_rows(&count);
    bool some = false;
    for (size_t i = 0; i < sizeof own_codes / sizeof own_codes[0]; i++) {
        if (own_codes[i].code == code) {
            buf_printf(out, "  %3d  %s", code, own_codes[i].meaning);
            some = true;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].exit_code != code)
            continue;
        if (some)
            buf_printf(out, "\n       %s (%s)", rows[i].meaning, rows[i].exception);
        else
            buf_printf(out, "  %3d  %s (%s)", code, rows[i].meaning, rows[i].exception);
        some = true;
    }
    if (some)
        buf_put_u8(out, '\n');
}

static void put_exit_codes(struct buf *out)
{
    enum { CODES = 256 };
    buf_put_text(out, "The exit code tells the cause; the name in parentheses is what Python "
                      "raises.\n\n");
    for (int code = 0; code < CODES; code++)
        put_code(out, code);
}

bool help_topic(const char *topic, struct buf *out)
{
    if (strcmp(topic, "exit-codes") == 0)
        put_exit_codes(out);
    else if (strcmp(topic, "literals") == 0)
        buf_put_text(out, literals);
    else if (strcmp(topic, "run") == 0)
        buf_put_text(out, run_topic);
    else if (strcmp(topic, "each") == 0)
        buf_put_text(out, each_topic);
    else
        return false;
    return true;
}

/* ---- the manual page ---- */

/* Text that troff does not obey. */
static void put_roff(const char *text, struct buf *out)
{
    bool start = true;
    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\''))
            buf_put_text(out, "\\&");
        start = *text == '\n';
        if (*text == '\\')
            buf_put_text(out, "\\e");
        else if (*text == '-')
            buf_put_text(out, "\\-");
        else
            buf_put_u8(out, (uint8_t)*text);
    }
}

static void put_man_entry(const char *left, const char *right, struct buf *out)
{
    buf_put_text(out, ".TP\n.B ");
    put_roff(left, out);
    buf_put_u8(out, '\n');
    put_roff(right, out);
    buf_put_u8(out, '\n');
}

/* The arguments of a command but NAME, which is the same everywhere: a line for each. */
static void put_man_arguments(const struct command *command, struct buf *out)
{
    struct buf text;
    for (unsigned i = 0; i < command->row.arg_count; i++) {
        const struct arg_row *arg = &command->row.args[i];
        if (strcmp(arg->name, "name") == 0 && arg->help == NULL)
            continue;
        buf_init(&text);
        help_argument_label(arg, &text);
        buf_put_text(&text, ": ");
        meaning_put(command, arg, &text);
        buf_put_u8(&text, '\0');
        buf_put_text(out, ".br\n");
        if (!text.failed)
            put_roff((const char *)text.data, out);
        buf_put_u8(out, '\n');
        buf_free(&text);
    }
}

static void put_man_types(struct buf *out)
{
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        const struct type_row *type = type_row(number);
        char text[HELP_ENTRY];
        if (type == NULL)
            continue;
        snprintf(text, sizeof text, "%s. INIT: %s", type->help,
                 type->init != NULL ? type->init : "there is none");
        put_man_entry(type->name, text, out);
    }
}

static void put_man_commands(struct buf *out)
{
    struct command command;
    struct buf left;
    const char *type = "";
    buf_init(&left);
    for (size_t at = 0; command_next(&at, &command);) {
        if (strcmp(type, command.type) != 0)
            buf_printf(out, ".SS %s\n", command.type);
        type = command.type;
        buf_reset(&left, SIZE_MAX);
        help_signature(&command, &left);
        buf_put_u8(&left, '\0');
        if (!left.failed)
            put_man_entry((const char *)left.data, command.row.help, out);
        put_man_arguments(&command, out);
    }
    buf_free(&left);
}

static void put_man_options(struct buf *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char left[80];
        const struct option_row *row = &options_rows()[i];
        snprintf(left, sizeof left, "%s%c%s--%s%s%s", row->letter != 0 ? "-" : "",
                 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ", " : "", row->name,
                 row->value == NULL ? "" : " ", row->value == NULL ? "" : row->value);
        put_man_entry(row->letter != 0 ? left : left + 1, row->help, out);
    }
}

void help_man(struct buf *out)
{
    struct buf text;
    buf_init(&text);
    buf_put_text(out,
                 ".SH OPTIONS\nRead anywhere before \\-\\-. Each has a variable: \\-\\-server is "
                 "MGRCTL_SERVER, \\-\\-connect\\-timeout is MGRCTL_CONNECT_TIMEOUT.\n");
    put_man_options(out);
    buf_put_text(out, ".SH TYPES\n");
    put_man_types(out);
    buf_printf(out, ".SH COMMANDS\nNAME is %s.\n", meaning_of(&(struct arg_row){.name = "name"}));
    put_man_commands(out);
    buf_put_text(out, ".SH LITERALS\n.nf\n");
    put_roff(literals, out);
    buf_put_text(out, ".fi\n.SH RUNNING PROGRAMS\n.nf\n");
    put_roff(run_topic, out);
    buf_put_u8(out, '\n');
    put_roff(each_topic, out);
    buf_put_text(out, ".fi\n.SH EXIT STATUS\n.nf\n");
    put_exit_codes(&text);
    buf_put_u8(&text, '\0');
    if (!text.failed)
        put_roff((const char *)text.data, out);
    buf_put_text(out, ".fi\n");
    buf_free(&text);
}

/* ---- the command ---- */

static struct guess guess_topic(const char *first, const char *second)
{
    if (second != NULL && command_is_type(first))
        return guess_method(first, second);
    return guess_command(first);
}

int run_help(struct cli *cli, const struct binding *binding)
{
    struct buf *out = &cli->out.buf;
    struct command command;
    const char *first = binding->rest_count > 0 ? binding->rest[0] : NULL;
    const char *second = binding->rest_count > 1 ? binding->rest[1] : NULL;
    if (first == NULL) {
        help_overview(out);
    } else if (strcmp(first, "man") == 0) {
        help_man(out);
    } else if (help_topic(first, out)) {
        return 0;
    } else if (second == NULL && command_is_type(first)) {
        help_type(first, out);
    } else if (command_find(first, second, &command) != 0) {
        help_command(&command, out);
    } else {
        return report(cli, MGR_USAGE, "there is no help about '%s%s%s'%s", first,
                      second == NULL ? "" : " ", second == NULL ? "" : second,
                      guess_topic(first, second).text);
    }
    return 0;
}
