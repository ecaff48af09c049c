/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion from the same tables as help. */
#include "cli/help/complete.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/syntax/grammar.h"
#include "cli/syntax/help.h"
#include "cli/syntax/meaning.h"

enum { COMPLETE_CONNECT_MS = 500, COMPLETE_NAMES = 500 };

struct completion {
    struct cli *cli;
    const char *current; /* the word that is being written */
    const char *words[2];
    size_t count;  /* words before it, without options, before -- */
    size_t behind; /* words from -- on, it included; 0: there is none */
    complete_fn *fn;
    void *arg;
};

static void offer(const struct completion *c, const char *candidate, const char *about)
{
    if (strncmp(candidate, c->current, strlen(c->current)) == 0)
        c->fn(c->arg, candidate, about);
}

/* ---- candidates ---- */

/* A VALUE may be @FILE. */
static void offer_files(const struct completion *c)
{
    if (c->current[0] == '@')
        c->fn(c->arg, "", COMPLETE_FILES);
}

static const char *type_about(const char *type)
{
    const struct type_row *row = type_find(bytes_text(type));
    return row == NULL ? "" : row->help;
}

static void offer_commands(const struct completion *c)
{
    struct command command;
    const char *last = "";
    for (size_t at = 0; command_next(&at, &command);) {
        if (*command.type == '\0')
            offer(c, command.method, command.row.help);
        else if (strcmp(command.type, last) != 0)
            offer(c, command.type, type_about(command.type));
        last = command.type;
    }
}

static void offer_methods(const struct completion *c, const char *type)
{
    struct command command;
    for (size_t at = 0; command_next(&at, &command);) {
        char method[64];
        if (strcmp(command.type, type) != 0)
            continue;
        snprintf(method, sizeof method, "%s", command.method);
        for (char *dash = method; (dash = strchr(dash, '_')) != NULL;)
            *dash = '-';
        offer(c, method, command.row.help);
    }
}

static void offer_types(const struct completion *c)
{
    for (unsigned type = 0; type < TYPE_COUNT; type++)
        if (type_row(type) != NULL)
            offer(c, type_row(type)->name, type_row(type)->help);
}

static void offer_formats(const struct completion *c)
{
    static const char *const formats[] = {"text", "json", "yaml", "python", "raw", "jsonl", "dot"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        offer(c, formats[i], "");
}

static void offer_names(const struct completion *c, const char *type)
{
    struct mgr_value *page = NULL;
    struct mgr_view item;
    char *glob = NULL;
    if (strpbrk(c->current, "*?[\\") != NULL || asprintf(&glob, "%s*", c->current) < 0)
        return;
    const struct mgr_named args[] = {
        {"glob", mgr_str(glob)},
        {"type", type_number(bytes_text(type)) != 0 ? mgr_str(type) : MGR_ABSENT},
        {"limit", mgr_int(COMPLETE_NAMES)},
    };
    if (cli_open(c->cli) == MGR_OK && cli_call(c->cli, "object ls", args, 3, &page) == MGR_OK) {
        struct mgr_iter it = mgr_iter(mgr_view(page));
        while (mgr_next(&it, &item)) {
            const char *text;
            size_t len;
            char name[256];
            if (!mgr_as_str(item, &text, &len))
                continue;
            snprintf(name, sizeof name, "%.*s", (int)len, text);
            offer(c, name, "");
        }
    }
    mgr_value_free(page);
    free(glob);
}

static void offer_options(const struct completion *c, const struct command *command)
{
    char text[80];
    for (unsigned i = 0; command != NULL && i < command->row.arg_count; i++) {
        const struct arg_row *arg = &command->row.args[i];
        char word[OP_WORDS];
        if (arg->required && !arg->in_oneof)
            continue;
        grammar_typed(arg->name, word);
        snprintf(text, sizeof text, "--%s", word);
        offer(c, text, meaning_of(arg));
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        snprintf(text, sizeof text, "--%s", options_rows()[i].name);
        offer(c, text, options_rows()[i].help);
    }
}

static void offer_topics(const struct completion *c)
{
    offer_commands(c);
    for (size_t i = 0; help_topics(i) != NULL; i++)
        offer(c, help_topics(i), "");
}

static void offer_choices(const struct completion *c, const char *argument)
{
    static const struct {
        const char *argument, *word;
    } choices[] = {
#define CHOICE(argument, word) {#argument, word},
#include "wire/proto/types.def"
    };
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (strcmp(choices[i].argument, argument) == 0)
            offer(c, choices[i].word, "");
}

static bool field_text(struct mgr_view row, const char *name, char *out, size_t size)
{
    struct mgr_view field;
    const char *text;
    size_t len;
    if (!mgr_field(row, name, &field) || !mgr_as_str(field, &text, &len))
        return false;
    snprintf(out, size, "%.*s", (int)len, text);
    return true;
}

/* The numbers of sessions, which are texts in their rows, each with the name of its client. */
static void offer_sessions(const struct completion *c)
{
    struct mgr_value *sessions = NULL;
    struct mgr_view item;
    if (cli_open(c->cli) == MGR_OK &&
        cli_call(c->cli, "session ls", NULL, 0, &sessions) == MGR_OK) {
        struct mgr_iter it = mgr_iter(mgr_view(sessions));
        while (mgr_next(&it, &item)) {
            char number[32], client[128];
            if (field_text(item, "session", number, sizeof number))
                offer(c, number, field_text(item, "client", client, sizeof client) ? client : "");
        }
    }
    mgr_value_free(sessions);
}

static void offer_locks(const struct completion *c)
{
    for (unsigned number = 0; number < TYPE_COUNT; number++)
        if (type_row(number) != NULL && (type_row(number)->flags & TYPE_FLAG_OWNED) != 0)
            offer_names(c, type_name(number));
}

/* What the words of an argument may be. */
static void offer_words_of(const struct completion *c, const struct command *command,
                           const struct arg_row *arg)
{
    const char *name = arg->name;
    bool creates = strcmp(command->method, "create") == 0;
    if (arg->kind == ARG_VALUE)
        offer_files(c);
    else if (strcmp(name, "file") == 0)
        c->fn(c->arg, "", COMPLETE_FILES);
    else if (strcmp(name, "type") == 0)
        offer_types(c);
    else if (strcmp(name, "topic") == 0)
        offer_topics(c);
    else if (strcmp(name, "session") == 0)
        offer_sessions(c);
    else if (strcmp(name, "lock") == 0)
        offer_locks(c);
    else if ((strcmp(name, "name") == 0 && !creates) || strcmp(name, "to") == 0 ||
             strcmp(name, "dead") == 0)
        offer_names(c, command->type);
    else
        offer_choices(c, name);
}

static void offer_argument(const struct completion *c, const struct command *command, size_t index)
{
    const struct op_row *row = &command->row;
    for (unsigned i = 0; i < row->arg_count; i++) {
        const struct arg_row *arg = &row->args[i];
        if (!grammar_is_positional(arg) || (index > 0 && (int)i != grammar_rest(row))) {
            index -= grammar_is_positional(arg);
            continue;
        }
        offer_words_of(c, command, arg);
        return;
    }
}

/* ---- where the cursor is ---- */

/* The option of which the word before the cursor is the name, and the cursor the value. */
static const struct option_row *option_before(const char *word)
{
    const struct option_row *row = NULL;
    if (word[0] != '-' || word[1] == '\0')
        return NULL;
    if (word[1] == '-')
        row = options_by_name(word + 2, strlen(word + 2));
    else if (word[2] == '\0')
        row = options_by_letter(word[1]);
    return row != NULL && row->value != NULL ? row : NULL;
}

/* The command of the words before the cursor; how many words it has, 0: there is none yet. */
static unsigned find_command(const struct completion *c, struct command *command)
{
    return c->count == 0 ? 0
                         : command_find(c->words[0], c->count > 1 ? c->words[1] : NULL, command);
}

/* The argument of which a word is the name, and the next one the value; NULL: there is none. */
static const struct arg_row *argument_before(const struct command *command, const char *word)
{
    int field = -1;
    if (strncmp(word, "--", 2) == 0)
        field = grammar_field(&command->row, word + 2, strlen(word + 2));
    return field >= 0 && command->row.args[field].kind != ARG_BOOL ? &command->row.args[field]
                                                                   : NULL;
}

/* One word before the cursor, not the last one if it has a value: how many words it takes. */
static size_t read_word(struct completion *c, char **words, size_t left)
{
    struct command command;
    struct buf why;
    const struct option_row *row = option_before(words[0]);
    if (find_command(c, &command) > 0 && argument_before(&command, words[0]) != NULL)
        return 2;
    if (row == NULL && !grammar_is_option(words[0]) && c->count++ < 2)
        c->words[c->count - 1] = words[0];
    if (row == NULL || left < 2)
        return 1;
    buf_init(&why);
    (void)!options_set(&c->cli->options, row, words[1], &why);
    buf_free(&why);
    return 2;
}

static void read_words(struct completion *c, char **words, size_t count)
{
    for (size_t i = 0; i + 1 < count;) {
        if (c->behind > 0 || strcmp(words[i], "--") == 0) {
            c->behind++;
            i++;
            continue;
        }
        i += read_word(c, words + i, count - 1 - i);
    }
}

static bool offer_value(const struct completion *c, const struct command *command,
                        const char *before)
{
    const struct option_row *row = option_before(before);
    const struct arg_row *arg = command == NULL ? NULL : argument_before(command, before);
    if (arg != NULL)
        offer_words_of(c, command, arg);
    else if (row != NULL && row->id == OPTION_OUTPUT)
        offer_formats(c);
    return row != NULL || arg != NULL;
}

/* Behind -- of a command that runs a program: its name, then words of its own. */
static bool offer_program(const struct completion *c, const struct command *command)
{
    if (c->behind == 0 || (command->row.flags & COMMAND_RUNS) == 0)
        return false;
    c->fn(c->arg, "", c->behind == 1 ? COMPLETE_PROGRAMS : COMPLETE_FILES);
    return true;
}

void complete_words(struct cli *cli, char **words, size_t count, complete_fn *fn, void *arg)
{
    struct completion c = {.cli = cli, .fn = fn, .arg = arg};
    struct command command;
    c.current = count == 0 ? "" : words[count - 1];
    cli->options = cli->defaults;
    read_words(&c, words, count);
    cli->options.connect_timeout_ms = COMPLETE_CONNECT_MS;
    unsigned used = find_command(&c, &command);
    if (used > 0 && offer_program(&c, &command))
        return;
    if (c.behind == 0 && count > 1 &&
        offer_value(&c, used == 0 ? NULL : &command, words[count - 2]))
        return;
    if (c.current[0] == '-' && c.behind == 0)
        offer_options(&c, used == 0 ? NULL : &command);
    else if (used > 0)
        offer_argument(&c, &command, c.count - used);
    else if (c.count == 0)
        offer_commands(&c);
    else if (c.count == 1)
        offer_methods(&c, c.words[0]);
}

/* ---- the hidden command ---- */

static void print_candidate(void *arg, const char *candidate, const char *about)
{
    struct cli *cli = arg;
    buf_printf(&cli->out.buf, "%s\t%s\n", candidate, about);
    output_check(&cli->out);
}

bool complete_asked(char **words, size_t count)
{
    return count > 0 && strcmp(words[0], "__complete") == 0;
}

int complete_run(struct cli *cli, char **words, size_t count)
{
    complete_words(cli, words + 1, count - 1, print_candidate, cli);
    return 0;
}
