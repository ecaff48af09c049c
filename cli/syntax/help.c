/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures and descriptions, from the rows. */
#include "cli/syntax/help.h"

#include "cli/syntax/grammar.h"
#include "cli/syntax/help_text.h"
#include "cli/syntax/meaning.h"
#include "ops_numbers.h"

/* The name of an argument's word: "TTL". */
static void put_upper(const struct arg_row *arg, struct buf *out)
{
    char word[OP_WORDS];
    grammar_typed(arg->name, word);
    for (const char *c = word; *c != '\0'; c++)
        buf_put_u8(out, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
}

void help_label(const struct arg_row *arg, char *out, size_t size)
{
    struct buf text;
    buf_init(&text);
    put_upper(arg, &text);
    help_copy(&text, out, size);
}

/* --dashed-name */
static void put_option(const struct arg_row *arg, struct buf *out)
{
    char word[OP_WORDS];
    grammar_typed(arg->name, word);
    buf_printf(out, "--%s", word);
}

static void put_argument(const struct command *command, unsigned i, struct buf *out)
{
    const struct arg_row *arg = &command->row.args[i];
    bool positional = grammar_is_positional(arg);
    bool optional = !arg->required;
    buf_put_text(out, optional ? " [" : " ");
    if (!positional)
        put_option(arg, out);
    if (!positional && arg->kind != ARG_BOOL)
        buf_put_u8(out, ' ');
    if (arg->kind != ARG_BOOL)
        put_upper(arg, out);
    if (grammar_rest(&command->row) == (int)i)
        buf_put_text(out, "...");
    buf_put_text(out, optional ? "]" : "");
}

/* The members of a oneof are a choice: {--expect EXPECT | --absent}. */
static void put_choice(const struct op_row *row, struct buf *out)
{
    const char *before = " {";
    for (unsigned i = 0; i < row->arg_count; i++) {
        const struct arg_row *arg = &row->args[i];
        if (!arg->in_oneof)
            continue;
        buf_put_text(out, before);
        put_option(arg, out);
        if (arg->kind != ARG_BOOL) {
            buf_put_u8(out, ' ');
            put_upper(arg, out);
        }
        before = " | ";
    }
    if (*before == ' ' && before[1] == '|')
        buf_put_text(out, "}");
}

/* Only operations have choices: what other commands have by name may be left out. */
static bool has_choice(const struct command *command)
{
    return op_find(command->type, command->method) != NULL;
}

void help_signature(const struct command *command, struct buf *out)
{
    const struct op_row *row = &command->row;
    buf_put_text(out, command->type);
    buf_put_text(out, *command->type == '\0' ? "" : " ");
    for (const char *c = command->method; *c != '\0'; c++)
        buf_put_u8(out, (uint8_t)(*c == '_' ? '-' : *c));
    for (unsigned i = 0; i < row->arg_count; i++)
        if (!has_choice(command) || !row->args[i].in_oneof)
            put_argument(command, i, out);
    if (has_choice(command))
        put_choice(row, out);
    if ((row->flags & COMMAND_RUNS) != 0)
        buf_put_text(out, (row->flags & COMMAND_NEEDS) != 0 ? " -- CMD..." : " [-- CMD...]");
}

void help_usage(const struct command *command, char *out, size_t size)
{
    struct buf text;
    buf_init(&text);
    buf_put_text(&text, "usage: mgrctl ");
    help_signature(command, &text);
    help_copy(&text, out, size);
}

/* ---- options ---- */

static void put_options(struct buf *out)
{
    struct buf left;
    buf_init(&left);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &options_rows()[i];
        if (row->letter != 0)
            buf_printf(&left, "-%c, ", row->letter);
        buf_printf(&left, "--%s%s%s", row->name, row->value == NULL ? "" : " ",
                   row->value == NULL ? "" : row->value);
        help_entry(out, &left, row->help);
    }
    buf_free(&left);
}

/* ---- arguments ---- */

void help_argument_label(const struct arg_row *arg, struct buf *out)
{
    bool positional = grammar_is_positional(arg);
    if (positional)
        put_upper(arg, out);
    if (positional && arg->required)
        return;
    buf_put_text(out, positional ? ", " : "");
    put_option(arg, out);
    if (!positional && arg->kind != ARG_BOOL) {
        buf_put_u8(out, ' ');
        put_upper(arg, out);
    }
}

void help_argument(const struct command *command, const struct arg_row *arg, struct buf *out)
{
    char text[HELP_ENTRY];
    struct buf left, right;
    buf_init(&left);
    buf_init(&right);
    help_argument_label(arg, &left);
    meaning_put(command, arg, &right);
    help_copy(&right, text, sizeof text);
    help_entry(out, &left, text);
    buf_free(&left);
}

/* ---- pages ---- */

void help_command(const struct command *command, struct buf *out)
{
    static const char start[] = "usage: mgrctl [OPTIONS] ";
    struct buf signature;
    char text[HELP_ENTRY];
    buf_init(&signature);
    help_signature(command, &signature);
    help_copy(&signature, text, sizeof text);
    buf_put_text(out, start);
    (void)help_words(out, text, sizeof start - 1, sizeof start - 1);
    buf_put_text(out, "\n\n");
    help_paragraph(out, command->row.help, 0);
    if (command->row.arg_count > 0)
        buf_put_u8(out, '\n');
    for (unsigned i = 0; i < command->row.arg_count; i++)
        help_argument(command, &command->row.args[i], out);
    if (command->row.number == OP_object_create)
        help_inits(out);
    if ((command->row.flags & (OP_WAITS | OP_ANSWER)) != 0)
        buf_put_u8(out, '\n');
    if (grammar_polls(&command->row))
        buf_put_text(out, "It waits only if --timeout says how long.\n");
    else if ((command->row.flags & OP_WAITS) != 0)
        buf_put_text(out, "It waits for ever, or as long as --timeout says.\n");
    if ((command->row.flags & OP_ANSWER) != 0)
        buf_put_text(out, "The answer is true or false; false is exit code 1.\n");
    buf_put_text(out, "\nOptions that every command takes: mgrctl help\n");
}

static void put_types(struct buf *out)
{
    struct command command;
    const char *last = "";
    struct buf types;
    char text[HELP_ENTRY];
    buf_init(&types);
    for (size_t at = 0; command_next(&at, &command);) {
        if (*command.type == '\0' || strcmp(command.type, last) == 0)
            continue;
        buf_printf(&types, " %s", command.type);
        last = command.type;
    }
    help_copy(&types, text, sizeof text);
    help_spaces(out, 2);
    help_paragraph(out, text, 2);
}

void help_overview(struct buf *out)
{
    buf_put_text(out, "usage: mgrctl [OPTIONS] COMMAND ...\n"
                      "       mgrctl [OPTIONS] TYPE METHOD NAME [ARGUMENTS]\n\n"
                      "Commands:\n");
    help_methods("", out);
    buf_put_text(out, "\nTypes (mgrctl help TYPE explains one, with examples):\n");
    put_types(out);
    buf_put_text(out, "\nOptions, anywhere before --; most have a variable, --server is "
                      "MGRCTL_SERVER:\n");
    put_options(out);
    buf_put_text(out, "\nMore: mgrctl help literals, exit-codes, run, each\n");
}
