/* SPDX-License-Identifier: BSD-2-Clause */
/* mgrctl shell: the same commands line by line, in one session. A file, and input that is no
 * terminal, end at the first error with its exit code; an answer that is false is none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/base/input.h"
#include "cli/base/report.h"
#include "cli/base/signals.h"
#include "cli/shell/line_editor.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"
#include "cli/syntax/words.h"

enum { EXIT_FALSE = 1 };

static bool is_end(const struct words *words)
{
    return words->count == 1 &&
           (strcmp(words->list[0], "exit") == 0 || strcmp(words->list[0], "quit") == 0);
}

/* Lines up to the end of what they begin: of a bracket, a quote, or a \ at the end. */
struct statement {
    struct buf text;
    size_t lines;
};

enum { STATEMENT_LINES = 1000 }; /* a quote that is open for longer was forgotten */

static void statement_reset(struct statement *statement)
{
    buf_reset(&statement->text, SIZE_MAX);
    statement->lines = 0;
}

static int run_statement(struct cli *cli, struct words *words, bool *end)
{
    bool named = words->count > 0 && strcmp(words->list[0], "mgrctl") == 0; /* as in a script */
    if (is_end(words))
        *end = true;
    else if (words->count > named)
        return cli->run_words(cli, words->list + named, words->count - named);
    return 0;
}

/* Runs the statement that a line ends; last: there is no further line. */
static int run_line(struct cli *cli, struct statement *statement, bool last, bool *end)
{
    struct words words;
    int code = 0;
    if (statement->text.failed) {
        statement_reset(statement);
        return report(cli, MGR_NOMEM, "out of memory");
    }
    const char *why = words_split(buf_bytes(&statement->text), &words);
    bool more = why != NULL && words.open && !last && statement->lines < STATEMENT_LINES;
    cli->options = cli->defaults;
    if (why == NULL)
        code = run_statement(cli, &words, end);
    else if (!more)
        code = report(cli, MGR_USAGE, "%s", why);
    words_free(&words);
    if (!more)
        statement_reset(statement);
    return code;
}

static int take_line(struct cli *cli, struct statement *statement, struct bytes line, bool *end)
{
    if (statement->lines++ > 0)
        buf_put_u8(&statement->text, '\n');
    buf_put(&statement->text, line.data, line.len);
    return run_line(cli, statement, false, end);
}

/* What this session held is gone with it: nothing else would say so. */
static int check_session(struct cli *cli, uint64_t *epoch)
{
    uint64_t now = mgr_epoch(cli->m);
    bool lost = *epoch != 0 && now > *epoch;
    *epoch = now == 0 ? *epoch : now;
    return lost ? report(cli, MGR_SESSION_LOST,
                         "the session of this shell was lost, and with it all that it held")
                : 0;
}

/* One line of a script; its errors name the line where its statement begins. */
static int script_line(struct cli *cli, struct statement *statement, size_t number,
                       struct bytes line, bool *end)
{
    if (statement->lines == 0)
        cli->line = number;
    if (number == 1 && input_is_marked(line))
        return report(cli, MGR_USAGE, "it " INPUT_MARKED);
    return take_line(cli, statement, line, end);
}

static int script_error(struct cli *cli, int error)
{
    if (error == EINTR)
        return report(cli, MGR_INTERRUPTED, "interrupted");
    return report(cli, MGR_LOCAL_IO, "%s: %s", cli->script, input_error(error));
}

static int run_script(struct cli *cli, int fd)
{
    struct line_reader reader;
    struct statement statement = {.lines = 0};
    struct bytes line;
    bool end = false;
    uint64_t epoch = mgr_epoch(cli->m);
    int code = 0;
    line_reader_init(&reader, fd);
    buf_init(&statement.text);
    for (size_t number = 1; !end && (code == 0 || code == EXIT_FALSE); number++) {
        if (!line_reader_next(&reader, &line))
            break;
        code = script_line(cli, &statement, number, line, &end);
        int lost = check_session(cli, &epoch);
        code = code == 0 || code == EXIT_FALSE ? (lost == 0 ? code : lost) : code;
    }
    if (reader.error != 0)
        code = script_error(cli, reader.error);
    else if ((code == 0 || code == EXIT_FALSE) && statement.lines > 0)
        code = run_line(cli, &statement, true, &end);
    buf_free(&statement.text);
    line_reader_free(&reader);
    return code == EXIT_FALSE ? 0 : code;
}

static int run_terminal(struct cli *cli, struct line_editor *edit)
{
    struct statement statement = {.lines = 0};
    struct bytes line;
    bool end = false;
    uint64_t epoch = mgr_epoch(cli->m);
    buf_init(&statement.text);
    while (!end && line_editor_line(edit, statement.lines > 0, &line)) {
        if (line.data == NULL)
            statement_reset(&statement);
        else
            (void)take_line(cli, &statement, line, &end);
        (void)check_session(cli, &epoch);
        end = end || signals_ended();
        if (!end)
            signals_clear();
        if (cli->out.error == EINTR)
            cli->out.error = 0;
        output_flush(&cli->out);
        if (cli->out.error != 0)
            break;
    }
    buf_free(&statement.text);
    if (cli->out.error != 0)
        return mgr_status_exit_code(MGR_LOCAL_IO);
    return signals_ended() ? mgr_status_exit_code(MGR_INTERRUPTED) : 0;
}

static int run_file(struct cli *cli, const char *path)
{
    int fd = STDIN_FILENO;
    if (path != NULL && strcmp(path, "-") != 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return report(cli, MGR_LOCAL_IO, "%s: %s", path, strerror(errno));
    cli->script = fd == STDIN_FILENO ? "standard input" : path;
    cli->stdin_taken = fd == STDIN_FILENO;
    int code = run_script(cli, fd);
    cli->script = NULL;
    if (fd != STDIN_FILENO)
        close(fd);
    return code;
}

int run_shell(struct cli *cli, const struct binding *binding)
{
    const char *path = binding->words[0];
    if (cli->shell)
        return report(cli, MGR_USAGE, "this is a shell already");
    cli->keep = cli->options.lease_ms > 0;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    cli->shell = true;
    cli->defaults =
        cli->options; /* what the line of `mgrctl shell` said holds for all of its lines */
    struct line_editor *edit = NULL;
    if (path == NULL && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1)
        edit = line_editor_new(cli);
    if (edit == NULL)
        return run_file(cli, path);
    code = run_terminal(cli, edit);
    line_editor_free(edit);
    return code;
}
