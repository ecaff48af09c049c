/* SPDX-License-Identifier: BSD-2-Clause */
/* watch: waits for the next change, again and again. The last state is always seen; states in
 * between may be merged into one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/base/report.h"
#include "cli/base/signals.h"
#include "cli/ops/show.h"
#include "cli/print/answer.h"
#include "cli/syntax/arguments.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"
#include "wire/value/value.h"

enum { WATCH_NAME, WATCH_SINCE };
enum { RETRY_MS = 500, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

struct watch {
    struct cli *cli;
    const struct binding *binding;
    const char *name;
    uint64_t since;
    bool lost;     /* the daemon is away, and that was said */
    time_t lost_s; /* since when */
};

/* ---- running a program ---- */

static void become(const struct watch *watch, char *revision)
{
    char **argv = calloc(watch->binding->program_count + 1, sizeof *argv);
    if (argv == NULL)
        _exit(EXIT_NOT_RUN);
    memcpy(argv, watch->binding->program, watch->binding->program_count * sizeof *argv);
    signals_restore();
    setenv("MGR_OBJECT", watch->name, 1);
    setenv("MGR_REVISION", revision, 1);
    execvp(argv[0], argv);
    int error = errno;
    fprintf(stderr, "mgrctl: %s: %s\n", argv[0], strerror(error));
    _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

/* A program that fails does not end the watch; one that cannot run does. */
static int run_program(const struct watch *watch)
{
    char revision[32];
    int state = 0;
    snprintf(revision, sizeof revision, "%" PRIu64, watch->since);
    output_flush(&watch->cli->out);
    pid_t child = fork();
    if (child < 0)
        return report(watch->cli, MGR_LOCAL_IO, "fork: %s", strerror(errno));
    if (child == 0)
        become(watch, revision);
    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        ;
    int code = WIFEXITED(state) ? WEXITSTATUS(state) : 0;
    return code == EXIT_NOT_RUN || code == EXIT_NOT_FOUND ? code : 0;
}

/* ---- printing ---- */

/* {"revision": "123", "value": ...}: one line for one change. */
static int print_dict(const struct watch *watch, const struct content *content)
{
    struct cli *cli = watch->cli;
    char revision[32];
    struct buf whole, dict;
    int code;
    buf_init(&whole);
    buf_init(&dict);
    snprintf(revision, sizeof revision, "%" PRIu64, watch->since);
    enum mgr_status status = content_collect(cli, watch->name, content, &whole);
    if (status == MGR_OK) {
        size_t mark = val_open(&dict, VAL_DICT);
        val_put_field_text(&dict, "revision", revision);
        val_put_field(&dict, "value", buf_bytes(&whole));
        val_close(&dict, mark);
        if (whole.failed || dict.failed)
            code = report(cli, MGR_NOMEM, "out of memory");
        else
            code = answer_print(cli, buf_bytes(&dict));
    } else {
        code = report_call(cli, status);
    }
    buf_free(&dict);
    buf_free(&whole);
    return code;
}

static int print_state(struct watch *watch)
{
    struct cli *cli = watch->cli;
    struct content content;
    int code = 0;
    enum mgr_status status = content_describe(cli, watch->name, &content);
    if (status != MGR_OK)
        return report_call(cli, status);
    if (content.revision > watch->since)
        watch->since = content.revision; /* what is printed now is at least this new */
    if (cli->options.format == FORMAT_TEXT || cli->options.format == FORMAT_RAW ||
        cli->options.format == FORMAT_PYTHON) {
        buf_printf(&cli->out.buf, "%" PRIu64 "\t", watch->since);
        code = show_object(cli, watch->name, &content, false);
    } else {
        code = print_dict(watch, &content);
    }
    output_flush(&cli->out);
    return cli->out.error != 0 ? mgr_status_exit_code(MGR_LOCAL_IO) : code;
}

/* ---- waiting ---- */

static enum mgr_status wait_for_change(struct watch *watch)
{
    struct mgr_value *revision = NULL;
    int64_t changed = 0;
    const struct mgr_named args[] = {{"name", mgr_str(watch->name)},
                                     {"since", mgr_int((int64_t)watch->since)}};
    enum mgr_status status = mgr_call(watch->cli->m, "object changed", args, 2,
                                      watch->cli->options.timeout_ms, &revision);
    if (status == MGR_OK && mgr_as_int(mgr_view(revision), &changed))
        watch->since = (uint64_t)changed;
    mgr_value_free(revision);
    return status;
}

static bool is_away(enum mgr_status status)
{
    return status == MGR_UNREACHABLE || status == MGR_INDETERMINATE || status == MGR_SESSION_LOST ||
           status == MGR_SHUTTING_DOWN;
}

/* Nothing is lost while the daemon is away: revisions never go back. */
static bool goes_on(struct watch *watch, enum mgr_status status)
{
    if (!is_away(status))
        return false;
    struct timespec now;
    int64_t patience_ms = watch->cli->options.timeout_ms;
    clock_gettime(CLOCK_BOOTTIME, &now);
    if (!watch->lost)
        watch->lost_s = now.tv_sec;
    if (patience_ms != MGR_FOREVER && (int64_t)(now.tv_sec - watch->lost_s) >= patience_ms / 1000)
        return false;
    if (!watch->lost && !watch->cli->options.quiet)
        report_note(watch->cli, "the daemon is away; trying again");
    watch->lost = true;
    struct timespec pause = {RETRY_MS / 1000, RETRY_MS % 1000 * 1000000L};
    nanosleep(&pause, NULL);
    return !cli_interrupted();
}

static int watch_loop(struct watch *watch)
{
    for (;;) {
        if (cli_interrupted())
            return report(watch->cli, MGR_INTERRUPTED, "interrupted");
        enum mgr_status status = wait_for_change(watch);
        if (status != MGR_OK) {
            if (goes_on(watch, status))
                continue;
            if (cli_interrupted())
                return mgr_status_exit_code(MGR_INTERRUPTED);
            return is_away(status) ? report(watch->cli, MGR_UNREACHABLE, "the daemon is away")
                                   : report_call(watch->cli, status);
        }
        watch->lost = false;
        int code = watch->binding->program_count > 0 ? run_program(watch) : print_state(watch);
        if (code != 0)
            return code;
    }
}

int run_watch(struct cli *cli, const struct binding *binding)
{
    struct watch watch = {.cli = cli, .binding = binding, .name = binding->words[WATCH_NAME]};
    struct arguments arguments;
    struct content content;
    int code = arguments_read(cli, binding, &arguments);
    if (code != 0)
        return code;
    const struct mgr_named *since = arguments_find(&arguments, "since");
    bool given = since != NULL;
    watch.since = given ? (uint64_t)since->value.integer : 0;
    arguments_free(&arguments);
    if ((code = cli_connect(cli)) != 0)
        return code;
    enum mgr_status status = content_describe(cli, watch.name, &content);
    if (status != MGR_OK)
        return report_call(cli, status);
    if (!given)
        watch.since = content.revision;
    return watch_loop(&watch);
}
