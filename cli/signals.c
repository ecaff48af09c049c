/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal handlers get no argument: the only state of mgrctl that is not in struct cli. */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { INTERRUPTED_EXIT = 130, REMIND_SECONDS = 2 };

static _Atomic(struct mgr *const *) watched;
static _Atomic(const char *) reminder;
static volatile sig_atomic_t interrupted; /* by this signal; 0: not */

static void on_interrupt(int number)
{
    struct mgr *const *m = watched;
    if (interrupted)
        _exit(INTERRUPTED_EXIT);
    interrupted = number;
    if (m != NULL && *m != NULL)
        mgr_interrupt(*m);
}

static void on_alarm(int number)
{
    const char *line = reminder;
    int before = errno;
    (void)number;
    if (line != NULL && write(STDERR_FILENO, line, strlen(line)) < 0)
        errno = before; /* nobody reads it */
    errno = before;
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: reads of stdin end too */
    sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

void signals_init(void)
{
    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_interrupt);
    handle(SIGHUP, on_interrupt);
    handle(SIGALRM, on_alarm);
    handle(SIGPIPE, SIG_IGN);
}

void signals_watch(struct mgr *const *m)
{
    watched = m;
}

bool signals_interrupted(void)
{
    return interrupted != 0;
}

bool signals_ended(void)
{
    return interrupted == SIGTERM || interrupted == SIGHUP;
}

void signals_clear(void)
{
    interrupted = 0;
}

void signals_remind(const char *line)
{
    reminder = line;
    alarm(line == NULL ? 0 : REMIND_SECONDS);
}

void signals_restore(void)
{
    handle(SIGINT, SIG_DFL);
    handle(SIGTERM, SIG_DFL);
    handle(SIGHUP, SIG_DFL);
    handle(SIGALRM, SIG_DFL);
    handle(SIGPIPE, SIG_DFL);
}
