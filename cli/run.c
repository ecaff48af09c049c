/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of words: from the table to the function that runs it. */
#include "cli/run.h"

#include <stdio.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/help.h"
#include "cli/syntax/run.h"

static int report_grammar(struct cli *cli, const struct grammar_error *error)
{
    int code = report(cli, error->status, "%s", error->text);
    if (error->hint[0] != '\0')
        report_hint(cli, "%s", error->hint);
    return code;
}

static int print_help(struct cli *cli, const struct command *command)
{
    help_command(command, &cli->out.buf);
    return 0;
}

/* --help and --version need no command, --help explains a type too. */
static int run_without_command(struct cli *cli, char **words, size_t count,
                               const struct grammar_error *unknown)
{
    struct binding binding;
    struct grammar_error error;
    bool ok = grammar_bind(NULL, words, count, &cli->options, &binding, &error);
    grammar_free(&binding);
    if (ok && cli->options.version) {
        buf_put_text(&cli->out.buf, "mgrctl " MGRD_VERSION "\n");
        return 0;
    }
    if (ok && cli->options.help) {
        const char *type = NULL;
        for (size_t i = 0; i < count && type == NULL; i++)
            type = command_is_type(words[i]) ? words[i] : NULL;
        if (type != NULL)
            help_type(type, &cli->out.buf);
        else
            help_overview(&cli->out.buf);
        return 0;
    }
    return report_grammar(cli, ok || count == 0 ? unknown : &error);
}

/* A command that would pass the option over is refused: nobody has made the check, and nobody has
 * read at one revision. */
static const char *passed_over(const struct cli *cli, const struct command *command)
{
    bool operation = command->run == run_operation;
    if (cli->options.unchanged_since != 0 && !operation && command->run != run_rm)
        return "--unchanged-since is for a single operation on an object, and for rm";
    if (cli->options.revision && !operation && command->run != run_show)
        return "--revision is for a single operation, and for show";
    return NULL;
}

static int run_command(struct cli *cli, const struct command *command, char **words, size_t count)
{
    struct binding binding;
    struct grammar_error error;
    int code;
    if (!grammar_bind(command, words, count, &cli->options, &binding, &error)) {
        code = report_grammar(cli, &error);
    } else if (cli->options.help && (command->row.flags & COMMAND_LOCAL) == 0) {
        code = print_help(cli, command);
    } else if (cli->options.format == FORMAT_DOT && command->run != run_waits) {
        code = report(cli, MGR_USAGE, "only waits can be printed with -o dot");
    } else if (passed_over(cli, command) != NULL) {
        code = report(cli, MGR_USAGE, "%s", passed_over(cli, command));
    } else {
        if (cli->m != NULL)
            cli_require(cli, cli->m);
        code = command->run(cli, &binding);
    }
    grammar_free(&binding);
    return code;
}

int run_words(struct cli *cli, char **words, size_t count)
{
    struct command command;
    struct grammar_error unknown;
    cli->options = cli->defaults;
    names_forget(&cli->names);
    if (grammar_find(words, count, &command, &unknown) == 0)
        return run_without_command(cli, words, count, &unknown);
    return run_command(cli, &command, words, count);
}
