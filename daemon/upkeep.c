/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal from the command line. */
#include "daemon/upkeep.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/journal/home.h"
#include "daemon/objects/handlers.h"
#include "daemon/state_dir.h"

static int finish(bool ok, struct buf *why, int dir)
{
    if (!ok)
        fprintf(stderr, "mgrd: %.*s\n", (int)why->len, (const char *)why->data);
    buf_free(why);
    if (dir >= 0)
        close(dir);
    return ok ? EXIT_SUCCESS : dir < 0 ? EX_CONFIG : EX_DATAERR;
}

int upkeep_verify(const char *path)
{
    struct buf why, out;
    buf_init(&why);
    buf_init(&out);
    int dir = home_open(path, HOME_READ, &why);
    bool ok = dir >= 0 && home_verify(dir, objects_handlers(), &out, &why);
    if (ok)
        fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    int code = finish(ok, &why, dir);
    return code == EXIT_SUCCESS && fflush(stdout) != 0 ? EX_IOERR : code;
}

/* Of each 2 ms it rests 1, as long as it has to give way: a scheduler that looks for work for a
 * CPU only when that falls idle leaves the daemon waiting on the other one. Only calls that are
 * safe in a signal handler. */
static void rest_cb(int signo)
{
    static const struct timespec rest = {.tv_nsec = 1000000};
    int error = errno;
    (void)signo;
    if (sched_getscheduler(0) == SCHED_IDLE)
        nanosleep(&rest, NULL);
    errno = error;
}

/* The time that nobody else wants, and not all of that; until the daemon says otherwise. */
static void give_way(void)
{
    static const struct sched_param none = {0};
    static const struct itimerval each = {.it_interval.tv_usec = 2000, .it_value.tv_usec = 2000};
    (void)!nice(19);
    (void)sched_setscheduler(0, SCHED_IDLE, &none);
    if (sigaction(SIGALRM, &(struct sigaction){.sa_handler = rest_cb, .sa_flags = SA_RESTART},
                  NULL) == 0)
        (void)setitimer(ITIMER_REAL, &each, NULL);
}

/* It does not outlive the daemon: the next one would not find what it has just seen in the
 * directory. False: the daemon is gone already. */
static bool die_with(const char *parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return parent != NULL && getppid() == (pid_t)atol(parent);
}

int upkeep_compact(const char *path, const char *before, const char *parent)
{
    struct io io = {0};
    struct buf why;
    char *end = NULL;
    uint64_t number = before == NULL ? 0 : strtoull(before, &end, 10);
    buf_init(&why);
    io_plant(&io);
    if (number == 0 || *end != '\0')
        buf_put_text(&why, "--compact is for a running mgrd: see mgrctl server save");
    else if (!die_with(parent))
        buf_put_text(&why, "the mgrd that asked for the snapshot is gone");
    give_way();
    int dir = why.len > 0 ? -1 : home_open(path, HOME_BESIDE, &why);
    bool ok = dir >= 0 && home_compact(&io, dir, number, objects_handlers(), &why);
    return finish(ok, &why, dir);
}

int upkeep_restore(const char *path, const char *backup)
{
    struct io io = {0};
    struct buf why;
    buf_init(&why);
    int error = state_dir_make(path);
    if (error != 0)
        buf_printf(&why, "journal %s: %s", path, strerror(-error));
    int dir = error != 0 ? -1 : home_open(path, HOME_OWN, &why);
    bool ok = dir >= 0 && home_restore(&io, dir, backup, objects_handlers(), &why);
    if (ok)
        printf("%s: restored from %s; clients of the old data find their sessions unknown\n", path,
               backup);
    return finish(ok, &why, dir);
}
