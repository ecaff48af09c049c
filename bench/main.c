/* SPDX-License-Identifier: BSD-2-Clause */
/* mgr-bench: the same load on mgrd and on servers that speak RESP. Read on in plan_table.c (the
 * options), workload.c (what is measured), generator.c (a run), loop.c (the hot path). */
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "bench/descriptors.h"
#include "bench/generator.h"
#include "bench/process.h"
#include "bench/report.h"
#include "bench/usage.h"
#include "wire/base/inherited.h"

static int complain(enum ending ending, const struct buf *why)
{
    fprintf(stderr, "mgr-bench: %.*s\n", (int)why->len,
            why->len > 0 ? (const char *)why->data : "");
    if (ending == ENDING_USAGE)
        fputs("mgr-bench: hint: mgr-bench --help\n", stderr);
    return (int)ending;
}

/* Signals become readable, so that everything that waits can wait for them too. */
static int open_signals(void)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    return signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int conclude(const struct plan *plan, const struct tally *tally, enum ending ending)
{
    uint64_t wrong = tally->misses + tally->errors;
    if (tally->replies > 0)
        report_print(&(struct report){plan, tally}, stdout);
    if (fflush(stdout) != 0) {
        fputs("mgr-bench: standard output failed\n", stderr);
        ending = ENDING_MUTE;
    }
    if (wrong == 0)
        return (int)ending;
    fprintf(stderr, "mgr-bench: %llu of %llu replies were wrong; the first: %s\n",
            (unsigned long long)wrong, (unsigned long long)tally->replies, tally->wrong);
    return ending == ENDING_DONE ? (int)ENDING_WRONG : (int)ending;
}

static int run(const struct plan *plan, struct buf *why)
{
    struct dial dial = {.stop_fd = open_signals()};
    struct tally *tally = calloc(1, sizeof *tally);
    enum ending ending = ENDING_NO_ROOM;
    if (tally == NULL || dial.stop_fd < 0) {
        buf_put_text(why, "no memory");
    } else if (plan->pid > 0 && process_cpu_s((int)plan->pid) < 0) {
        buf_put_text(why, "--pid: there is no such process");
        ending = ENDING_USAGE;
    } else {
        ending = descriptors_raise(plan->connections + plan->idle, why);
    }
    if (ending == ENDING_DONE)
        ending = dial_find(&dial, plan->server, why);
    if (ending == ENDING_DONE)
        ending = generator_run(plan, &dial, tally, why);
    int code = ending == ENDING_DONE || ending == ENDING_STOPPED ? conclude(plan, tally, ending)
                                                                 : complain(ending, why);
    free(tally);
    return code;
}

static int run_wish(const struct plan *plan, enum plan_wish wish, struct buf *why)
{
    switch (wish) {
    case PLAN_RUN:
        return run(plan, why);
    case PLAN_HELP:
        usage_print(stdout);
        return EXIT_SUCCESS;
    case PLAN_VERSION:
        puts("mgr-bench " MGRD_VERSION);
        return EXIT_SUCCESS;
    case PLAN_TABLES:
        usage_print_tables(stdout);
        return EXIT_SUCCESS;
    default:
        return complain(ENDING_USAGE, why);
    }
}

int main(int argc, char **argv)
{
    struct plan plan;
    struct buf why;
    inherited_prepare();
    buf_init(&why);
    int code = run_wish(&plan, plan_read(&plan, argc, argv, &why), &why);
    buf_free(&why);
    return code;
}
