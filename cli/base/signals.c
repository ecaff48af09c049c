/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal handlers get no argument: the only state of mgrctl that is not in struct cli. */
#include "cli/base/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "wire/base/inherited.h"

enum { INTERRUPTED_EXIT = 130 };

static _Atomic(struct mgr *const *) watched;
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

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: reads of stdin end too */
    sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

/* Not where it is ignored: what nohup began is to outlive its terminal. */
static void handle_hangup(void (*handler)(int))
{
    struct sigaction now;
    if (sigaction(SIGHUP, NULL, &now) != 0 || now.sa_handler != SIG_IGN)
        handle(SIGHUP, handler);
}

void signals_init(void)
{
    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_interrupt);
    handle_hangup(on_interrupt);
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

void signals_restore(void)
{
    handle(SIGINT, SIG_DFL);
    handle(SIGTERM, SIG_DFL);
    handle_hangup(SIG_DFL);
    inherited_restore();
}
