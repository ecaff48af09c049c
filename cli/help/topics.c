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
    "  hello            the string hello. So is every plain word that no line below\n"
    "                   describes: a b, 50%, http://x/, 2026-11-21, yes, 3.10, 007, 1e3, 0x1F\n"
    "  7 -5 0.25        numbers, if they are written as mgrctl prints them\n"
    "  true false null  true, false and nothing (also True, TRUE, ~ ...)\n"
    "  '[1, a, null]'   a list. Inside a list or a dict every form of a number is one: 3.10\n"
    "                   is 3.1\n"
    "  '{a: 1, b: [2]}' a dict, with a space after each colon. JSON is read as it is\n"
    "  \"'42'\"           quotes inside the shell's quotes: the string 42\n"
    "  '!tuple [1, 2]'  a tuple; '!!set {a, b}' a set, '!frozenset [a]' a frozenset\n"
    "  '!!binary aGk='  bytes\n"
    "  '!ref NAME'      a reference to another object\n"
    "  '!opaque {codec: C, data: !!binary aGk=, parts: VALUE}' data that only a program with\n"
    "                   the codec C can read; parts: values inside it\n"
    "\n"
    "In the last VALUE only (write '@x' for a string that starts with @):\n"
    "  @FILE            the literal in FILE; '!!str @FILE' and '!!binary @FILE': the content\n"
    "                   of FILE\n"
    "  -                the literal on standard input\n"
    "\n"
    "  -S  every VALUE is the string of its bytes, and no character is special. Use -S or -x\n"
    "      for text that somebody else wrote: without them \"$text\" = @/etc/passwd would send\n"
    "      that file\n"
    "  -K  keys are strings, values stay literals\n"
    "  -x  the last VALUE is the content of standard input\n"
    "\n"
    "A word that starts with - and a digit or a point is an argument (mgrctl list get l -1);\n"
    "-- ends the options. Use single quotes: in double quotes shells expand ! and $.\n"
    "\n"
    "mgrctl reads what it prints (-o text) as the same value again. -o json prints strict\n"
    "JSON (a tuple or a set as an array, an opaque value as {\"$opaque\": ...}), -o yaml loses\n"
    "nothing, -o python prints Python's repr, -r prints the content only.\n";

static const char run_topic[] =
    "mgrctl lock run NAME [--timeout D | --try] -- CMD...   (also rlock run, semaphore run)\n"
    "\n"
    "Acquires the lock, runs CMD, releases the lock, and ends with the exit code of CMD. CMD\n"
    "has the terminal, standard input and these variables:\n"
    "\n"
    "  MGR_OBJECT          the name of the lock\n"
    "  MGR_TOKEN           the token: pass it on to services that refuse a token below the\n"
    "                      last one\n"
    "  MGRCTL_REQUIRE      the token again: mgrctl and libmgr in CMD are refused (76) once\n"
    "                      the lock is lost\n"
    "  MGR_LEASE_DEADLINE  the time until which the lock is surely held, as known when CMD\n"
    "                      begins (CLOCK_BOOTTIME in ns)\n"
    "  MGR_PREVIOUS_TOKEN  the token of the last owner, if that owner died while it held the\n"
    "                      lock\n"
    "\n"
    "  --lease D    how long the daemon waits for a sign of life before it gives the lock to\n"
    "               the next one (10s)\n"
    "  --grace D    the time from SIGTERM to SIGKILL when the lock is lost (2s, at most a\n"
    "               quarter of the lease)\n"
    "  -E N         end with N instead of the exit codes of mgrctl's own errors\n"
    "  --status-fd N  write one line to file descriptor N: child 3, signal 9, lost, busy,\n"
    "               timeout, failed 69, not-run 127, interrupted 2\n"
    "\n"
    "Two processes look after CMD. When the daemon cannot be reached, they stop CMD and its\n"
    "whole process group before the lease ends, and mgrctl ends with 76; short interruptions\n"
    "do no harm. When one of the two processes is killed or stands still, the other one kills\n"
    "the group. When CMD ends, other processes of its group have the time of --grace to end;\n"
    "then they are killed.\n"
    "\n"
    "Only the token protects what CMD changes when both processes stand still or are killed,\n"
    "when the whole machine stood still, when a process left the group (setsid) or cannot be\n"
    "killed (a hanging disk). When somebody takes the lock away (release --any, rm --force,\n"
    "session kill), CMD is told (SIGTERM) within a quarter of the lease; until then, too,\n"
    "only the token protects.\n"
    "\n"
    "rlock run inside rlock run of the same rlock acquires it once more; the outer run keeps\n"
    "it.\n"
    "\n"
    "If mgrctl had to stop CMD, it counts as an owner that died: the next owner is told, as\n"
    "above. If the lock is deleted while mgrctl waits for it, mgrctl does not create it again\n"
    "and ends with 66.\n";

static const char each_topic[] =
    "mgrctl queue each NAME [-j N] -- CMD...\n"
    "\n"
    "Reserves one item after the other and runs CMD for each. CMD has the item on its\n"
    "standard input (text and bytes as they are, other values as JSON), and the item's text\n"
    "replaces {} in the words of CMD. If CMD ends with 0, the item is done and leaves the\n"
    "queue. Otherwise the item is tried again later, and a line says which item failed, why,\n"
    "and what happens to it (not with -q).\n"
    "\n"
    "  -j N           how many programs run at the same time (1)\n"
    "  --attempts N   how often an item is tried, by any worker (5)\n"
    "  --backoff D    the time before the second attempt, doubled before each further one, up\n"
    "                 to 5 m (1s)\n"
    "  --dead QUEUE   the queue for items whose last attempt failed; created if it is absent.\n"
    "                 Without --dead such an item stays and is tried every 5 m: no item is\n"
    "                 ever lost\n"
    "  --until-empty  end with 0 when no item is left and none can come back: no item is\n"
    "                 delayed, and no client has one reserved. An item whose CMD always fails\n"
    "                 comes back each time: without --dead, mgrctl does not end while there\n"
    "                 is one\n"
    "  --once         run CMD for one item, and end with the exit code of CMD\n"
    "  --timeout D    end with 75 when no item came for this long\n"
    "  --lease, --grace, -E, --status-fd: as in mgrctl help run\n"
    "\n"
    "CMD has MGR_OBJECT, MGR_TOKEN, MGRCTL_REQUIRE and MGR_LEASE_DEADLINE as in mgrctl help\n"
    "run, and MGR_ATTEMPT (from 1) and MGR_REDELIVERED (1: an earlier attempt may have done\n"
    "the work). If CMD ends with 126 or 127, it cannot be run, and mgrctl ends. SIGINT and\n"
    "SIGTERM are passed on to the programs; items whose program then does not end with 0\n"
    "return to the queue at once. When the session is lost, the programs are stopped, and the\n"
    "exit code is 76. If CMD is killed together with its mgrctl, another worker gets the\n"
    "item, marked as redelivered.\n";

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
                 ".SH OPTIONS\nRead anywhere before \\-\\-. Most have a variable: \\-\\-server is "
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
