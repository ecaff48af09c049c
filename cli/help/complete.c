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
    size_t count; /* words before it, without options */
    complete_fn *fn;
    void *arg;
};

static void offer(const struct completion *c, const char *candidate, const char *about)
{
    if (strncmp(candidate, c->current, strlen(c->current)) == 0)
        c->fn(c->arg, candidate, about);
}

/* ---- candidates ---- */

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
        size_t len = strlen(arg->name);
        if (arg->required && !arg->in_oneof)
            continue;
        if (len > 3 && strcmp(arg->name + len - 3, "_ms") == 0)
            len -= 3;
        snprintf(text, sizeof text, "--%.*s", (int)len, arg->name);
        for (char *dash = text; (dash = strchr(dash, '_')) != NULL;)
            *dash = '-';
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

static void offer_argument(const struct completion *c, const struct command *command, size_t index)
{
    const struct op_row *row = &command->row;
    for (unsigned i = 0; i < row->arg_count; i++) {
        const struct arg_row *arg = &row->args[i];
        if (!grammar_is_positional(arg) || (index > 0 && (int)i != grammar_rest(row))) {
            index -= grammar_is_positional(arg);
            continue;
        }
        if (strcmp(arg->name, "type") == 0)
            offer_types(c);
        else if (strcmp(arg->name, "topic") == 0)
            offer_topics(c);
        else if (strcmp(arg->name, "name") == 0 && strcmp(command->method, "create") != 0)
            offer_names(c, command->type);
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

static void read_words(struct completion *c, char **words, size_t count)
{
    struct buf why;
    buf_init(&why);
    for (size_t i = 0; i + 1 < count; i++) {
        const struct option_row *row = option_before(words[i]);
        if (row != NULL && i + 2 < count)
            (void)!options_set(&c->cli->options, row, words[++i], &why);
        else if (row == NULL && !grammar_is_option(words[i]) && c->count++ < 2)
            c->words[c->count - 1] = words[i];
    }
    buf_free(&why);
}

static bool offer_value(const struct completion *c, const char *before)
{
    const struct option_row *row = option_before(before);
    if (row != NULL && row->id == OPTION_OUTPUT)
        offer_formats(c);
    if (strcmp(before, "--type") == 0)
        offer_types(c);
    return row != NULL || strcmp(before, "--type") == 0;
}

void complete_words(struct cli *cli, char **words, size_t count, complete_fn *fn, void *arg)
{
    struct completion c = {.cli = cli, .fn = fn, .arg = arg};
    struct command command;
    c.current = count == 0 ? "" : words[count - 1];
    cli->options = cli->defaults;
    read_words(&c, words, count);
    cli->options.connect_timeout_ms = COMPLETE_CONNECT_MS;
    unsigned used =
        c.count == 0 ? 0 : command_find(c.words[0], c.count > 1 ? c.words[1] : NULL, &command);
    if (count > 1 && offer_value(&c, words[count - 2]))
        return;
    if (c.current[0] == '-')
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
