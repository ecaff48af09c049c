/* SPDX-License-Identifier: BSD-2-Clause */
/* A child that sleeps, asks and writes one line. */
#include "cli/base/wait_notice.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/base/elapsed.h"
#include "cli/base/report.h"
#include "cli/base/signals.h"

enum { REMIND_SECONDS = 2, REMIND_ASK_MS = 1000, REMIND_HOLDERS = 3 };

/* A field of any scalar kind, as it is read by people. */
static void put_field(struct mgr_view row, const char *field, const char *before, struct buf *out)
{
    struct mgr_view view;
    const char *text;
    size_t len;
    char *other = NULL;
    if (!mgr_field(row, field, &view) || mgr_kind(view) == MGR_KIND_NONE)
        return;
    buf_put_text(out, before);
    if (mgr_as_str(view, &text, &len))
        buf_put(out, text, len);
    else if ((other = mgr_print(view, MGR_TEXT)) != NULL)
        buf_put_text(out, other);
    free(other);
}

/* ", held by me@host:4711 for 2.5s" */
static void put_holders(struct mgr_view info, struct buf *out)
{
    struct mgr_view owners, row, age;
    int64_t age_ms;
    int count = 0;
    if (!mgr_field(info, "owners", &owners) || mgr_kind(owners) != MGR_KIND_LIST)
        return;
    struct mgr_iter it = mgr_iter(owners);
    for (; count < REMIND_HOLDERS && mgr_next(&it, &row); count++) {
        put_field(row, "client", count == 0 ? ", held by " : ", ", out);
        if (mgr_field(row, "age_ms", &age) && mgr_as_int(age, &age_ms)) {
            buf_put_text(out, " for ");
            elapsed_put(age_ms, out);
        }
    }
    if (mgr_len(owners) > REMIND_HOLDERS)
        buf_printf(out, " and %zu more", mgr_len(owners) - REMIND_HOLDERS);
}

static void ask(const struct cli *cli, struct mgr_arg name, struct buf *out)
{
    struct mgr *m = NULL;
    struct mgr_value *info = NULL;
    const struct mgr_options options = {.server = cli->options.server,
                                        .client = cli->options.client,
                                        .connect_timeout_ms = REMIND_ASK_MS,
                                        .timeout_ms = REMIND_ASK_MS};
    const struct mgr_named args[] = {{"name", name}};
    enum mgr_status status = mgr_open(&m, &options);
    mgr_require(m, 0); /* it only asks */
    if (status == MGR_OK && mgr_call(m, "object info", args, 1, 0, &info) == MGR_OK)
        put_holders(mgr_view(info), out);
    mgr_value_free(info);
    mgr_close(m);
}

static _Noreturn void child(struct cli *cli, const char *operation, struct mgr_arg name,
                            pid_t parent)
{
    struct timespec pause = {.tv_sec = REMIND_SECONDS};
    struct buf holders;
    signals_restore();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(0);
    nanosleep(&pause, NULL);
    buf_init(&holders);
    ask(cli, name, &holders);
    buf_put_u8(&holders, '\0');
    output_forget(&cli->out); /* what is buffered is the parent's to print */
    report_note(cli, "waiting: %s %.*s%s (Ctrl-C ends it)", operation, (int)name.len,
                (const char *)name.data, holders.failed ? "" : (const char *)holders.data);
    _exit(0);
}

void wait_notice_put_holders(const struct cli *cli, const char *name, struct buf *out)
{
    struct buf holders;
    buf_init(&holders);
    ask(cli, mgr_str(name), &holders);
    if (!holders.failed)
        buf_put_bytes(out, buf_bytes(&holders));
    buf_free(&holders);
}

void wait_notice_begin(struct wait_notice *notice, struct cli *cli, const char *operation,
                       const struct mgr_arg *name)
{
    *notice = (struct wait_notice){0};
    if (name == NULL || cli->options.quiet || isatty(STDERR_FILENO) != 1)
        return;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child(cli, operation, *name, parent);
    if (pid > 0)
        notice->child = pid;
}

void wait_notice_end(struct wait_notice *notice)
{
    if (notice->child == 0)
        return;
    (void)kill(notice->child, SIGKILL);
    while (waitpid(notice->child, NULL, 0) < 0 && errno == EINTR)
        ;
    notice->child = 0;
}
