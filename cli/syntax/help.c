/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures and descriptions, from the rows. */
#include "cli/syntax/help.h"

#include <stdio.h>

#include "cli/syntax/grammar.h"

enum { HELP_WIDTH = 88, HELP_COLUMN = 24, HELP_INDENT = 6, HELP_ENTRY = 1024 };

static void put_upper(const char *name, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        buf_put_u8(out, (uint8_t)(c == '_' ? '-' : c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
    }
}

static size_t shown_len(const struct arg_row *arg)
{
    size_t len = strlen(arg->name);
    return len > 3 && strcmp(arg->name + len - 3, "_ms") == 0 ? len - 3 : len;
}

static void copy_text(struct buf *text, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)text->len, text->len == 0 ? "" : (const char *)text->data);
    buf_free(text);
}

void help_label(const struct arg_row *arg, char *out, size_t size)
{
    struct buf text;
    buf_init(&text);
    put_upper(arg->name, shown_len(arg), &text);
    copy_text(&text, out, size);
}

/* --dashed-name */
static void put_option(const struct arg_row *arg, struct buf *out)
{
    buf_put_text(out, "--");
    for (size_t i = 0; i < shown_len(arg); i++)
        buf_put_u8(out, (uint8_t)(arg->name[i] == '_' ? '-' : arg->name[i]));
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
        put_upper(arg->name, shown_len(arg), out);
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
            put_upper(arg->name, shown_len(arg), out);
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
    copy_text(&text, out, size);
}

/* ---- paragraphs ---- */

static void put_spaces(struct buf *out, size_t count)
{
    while (count-- > 0)
        buf_put_u8(out, ' ');
}

/* A word, up to a blank that is not inside brackets: "[--lock LOCK]" is one. */
static size_t word_len(const char *text)
{
    size_t len = 0;
    for (int depth = 0; text[len] != '\0' && (depth > 0 || text[len] != ' '); len++)
        depth += (text[len] == '[' || text[len] == '{') - (text[len] == ']' || text[len] == '}');
    return len;
}

/* Words of a text, broken at the width: the first line goes on at column at, the others are
 * indented. Gives the column of the end. */
static size_t put_words(struct buf *out, const char *text, size_t at, size_t indent)
{
    const char *between = "";
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t len = word_len(text);
        if (*between != '\0' && at + 1 + len > HELP_WIDTH) {
            buf_put_u8(out, '\n');
            put_spaces(out, indent);
            at = indent;
        } else {
            buf_put_text(out, between);
            at += strlen(between);
        }
        buf_put(out, text, len);
        between = " ";
        at += len;
        text += len;
    }
    return at;
}

static void put_paragraph(struct buf *out, const char *text, size_t indent)
{
    (void)put_words(out, text, indent, indent);
    buf_put_u8(out, '\n');
}

/* "  left        right right\n" */
static void put_entry(struct buf *out, struct buf *left, const char *right)
{
    char text[HELP_ENTRY];
    copy_text(left, text, sizeof text);
    buf_put_text(out, "  ");
    size_t column = put_words(out, text, 2, HELP_INDENT);
    if (column > HELP_COLUMN - 2 || strlen(text) > HELP_COLUMN) {
        buf_put_u8(out, '\n');
        put_spaces(out, HELP_COLUMN);
    } else {
        put_spaces(out, HELP_COLUMN - column);
    }
    put_paragraph(out, right, HELP_COLUMN);
}

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
        put_entry(out, &left, row->help);
    }
    buf_free(&left);
}

/* ---- pages ---- */

static const char *kind_text(const struct command *command, const struct arg_row *arg)
{
    size_t len = strlen(arg->name);
    switch (arg->kind) {
    case ARG_VALUE:
        return grammar_rest(&command->row) >= 0 &&
                       arg == &command->row.args[grammar_rest(&command->row)]
                   ? "values, or one literal that contains them"
                   : "a value (mgrctl help literals)";
    case ARG_STRING:
        return strcmp(arg->name, "name") == 0 ? "name of an object, or ~TYPE-ID" : "text";
    case ARG_BYTES:
        return "hexadecimal bytes, from the part before";
    case ARG_BOOL:
        return "a flag";
    default:
        return len > 3 && strcmp(arg->name + len - 3, "_ms") == 0 ? "a duration" : "a number";
    }
}

static void put_arguments(const struct command *command, struct buf *out)
{
    struct buf left;
    buf_init(&left);
    for (unsigned i = 0; i < command->row.arg_count; i++) {
        const struct arg_row *arg = &command->row.args[i];
        bool positional = grammar_is_positional(arg);
        if (positional)
            put_upper(arg->name, shown_len(arg), &left);
        if (!arg->required && positional)
            buf_put_text(&left, ", ");
        if (!positional || !arg->required)
            put_option(arg, &left);
        put_entry(out, &left, kind_text(command, arg));
    }
    buf_free(&left);
}

void help_command(const struct command *command, struct buf *out)
{
    static const char start[] = "usage: mgrctl [OPTIONS] ";
    struct buf signature;
    char text[HELP_ENTRY];
    buf_init(&signature);
    help_signature(command, &signature);
    copy_text(&signature, text, sizeof text);
    buf_put_text(out, start);
    (void)put_words(out, text, sizeof start - 1, sizeof start - 1);
    buf_put_text(out, "\n\n");
    put_paragraph(out, command->row.help, 0);
    if (command->row.arg_count > 0)
        buf_put_u8(out, '\n');
    put_arguments(command, out);
    if ((command->row.flags & (OP_WAITS | OP_ANSWER)) != 0)
        buf_put_u8(out, '\n');
    if (grammar_polls(&command->row))
        buf_put_text(out, "It does not wait, or as long as --timeout says.\n");
    else if ((command->row.flags & OP_WAITS) != 0)
        buf_put_text(out, "It waits for ever, or as long as --timeout says.\n");
    if ((command->row.flags & OP_ANSWER) != 0)
        buf_put_text(out, "The answer is true or false; false is exit code 1.\n");
    buf_put_text(out, "\nOptions that every command takes: mgrctl help\n");
}

static void put_commands(const char *type, struct buf *out)
{
    struct command command;
    struct buf left;
    buf_init(&left);
    for (size_t at = 0; command_next(&at, &command);) {
        if (strcmp(command.type, type) != 0)
            continue;
        help_signature(&command, &left);
        put_entry(out, &left, command.row.help);
    }
    buf_free(&left);
}

void help_type(const char *type, struct buf *out)
{
    buf_printf(out, "usage: mgrctl [OPTIONS] %s METHOD ...\n\n", type);
    put_commands(type, out);
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
    copy_text(&types, text, sizeof text);
    put_spaces(out, 2);
    put_paragraph(out, text, 2);
}

void help_overview(struct buf *out)
{
    buf_put_text(out, "usage: mgrctl [OPTIONS] COMMAND ...\n"
                      "       mgrctl [OPTIONS] TYPE METHOD NAME [ARGUMENTS]\n\n"
                      "Commands:\n");
    put_commands("", out);
    buf_put_text(out, "\nTypes (mgrctl help TYPE lists the methods):\n");
    put_types(out);
    buf_put_text(out, "\nOptions, anywhere before --; most have a variable, --server is "
                      "MGRCTL_SERVER:\n");
    put_options(out);
    buf_put_text(out, "\nMore: mgrctl help literals, mgrctl help exit-codes\n");
}
