/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines on standard error, with nothing in them that a terminal obeys. */
#include "cli/base/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/wait_notice.h"

enum { EXIT_NO = 1, EXIT_TIMEOUT = 75 };

/* One write for one line: lines of several processes do not mix. */
static void put_line(struct cli *cli, const char *label, const char *text)
{
    struct buf line;
    buf_init(&line);
    buf_put_text(&line, "mgrctl: ");
    if (cli->script != NULL)
        buf_printf(&line, "%s:%zu: ", cli->script, cli->line);
    buf_put_text(&line, label);
    literal_escape(bytes_text(text), &line);
    buf_put_u8(&line, '\n');
    output_flush(&cli->out); /* what was printed before comes before */
    if (line.failed || write(STDERR_FILENO, line.data, line.len) < 0)
        errno = 0; /* there is nobody left to tell */
    buf_free(&line);
}

__attribute__((format(printf, 3, 0))) static void put_format(struct cli *cli, const char *label,
                                                             const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    put_line(cli, label, text == NULL ? "out of memory" : text);
    free(text);
}

int report(struct cli *cli, enum mgr_status status, const char *format, ...)
{
    char label[64] = "";
    va_list args;
    if (status != MGR_USAGE)
        snprintf(label, sizeof label, "%s: ", mgr_status_exception(status));
    va_start(args, format);
    put_format(cli, label, format, args);
    va_end(args);
    return mgr_status_exit_code(status);
}

static bool is_silent(const struct cli *cli, int code)
{
    return cli->options.quiet && (code == EXIT_NO || code == EXIT_TIMEOUT);
}

/* Where the token comes from that is not alive, when nobody has typed it. */
static void hint_token(struct cli *cli, enum mgr_status status)
{
    if (status == MGR_STALE_TOKEN && cli->options.require_inherited)
        report_hint(cli,
                    "MGRCTL_REQUIRE says %llu: of the run around this, which lost it, or "
                    "ended (--no-require leaves it out)",
                    (unsigned long long)cli->options.require);
}

void report_where(struct cli *cli, enum mgr_status status)
{
    if (status == MGR_UNREACHABLE)
        report_hint(cli, "is mgrd running? -s ADDRESS, or MGRCTL_SERVER, says where: unix:PATH "
                         "or HOST:PORT");
}

int report_call(struct cli *cli, enum mgr_status status)
{
    int code = mgr_status_exit_code(status);
    if (!is_silent(cli, code))
        put_line(cli, "", mgr_error(cli->m));
    hint_token(cli, status);
    report_where(cli, status);
    return code;
}

void report_about(struct cli *cli, enum mgr_status status, const char *error, const char *type,
                  const char *name)
{
    struct buf text;
    buf_init(&text);
    buf_put_text(&text, error);
    if (strstr(error, " (") == NULL)
        buf_printf(&text, " (%s%s\"%s\")", type, *type == '\0' ? "" : " ", name);
    if (status == MGR_TIMEOUT || status == MGR_BUSY)
        wait_notice_put_holders(cli, name, &text);
    buf_put_u8(&text, '\0');
    report_note(cli, "%s", text.failed ? error : (const char *)text.data);
    buf_free(&text);
    report_where(cli, status);
}

int report_call_of(struct cli *cli, enum mgr_status status, const char *type, const char *name)
{
    int code = mgr_status_exit_code(status);
    bool of_object = strcmp(type, "server") != 0 && strcmp(type, "session") != 0;
    if (status >= MGR_UNREACHABLE || !of_object || name == NULL)
        return report_call(cli, status);
    if (!is_silent(cli, code))
        report_about(cli, status, mgr_error(cli->m), type, name);
    hint_token(cli, status);
    return code;
}

int report_output(struct cli *cli)
{
    if (cli->out.error == EINTR)
        return report(cli, MGR_INTERRUPTED, "interrupted");
    if (cli->out.error != EPIPE)
        return report(cli, MGR_LOCAL_IO, "standard output: %s", strerror(cli->out.error));
    return mgr_status_exit_code(MGR_LOCAL_IO);
}

void report_hint(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(cli, "hint: ", format, args);
    va_end(args);
}

void report_note(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(cli, "", format, args);
    va_end(args);
}
