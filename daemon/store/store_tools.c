/* SPDX-License-Identifier: BSD-2-Clause */
/* Command line tools for the journal: verify, compact, restore. */
#include "daemon/store/store_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/journal/maintenance.h"
#include "daemon/objects/handlers.h"
#include "daemon/store/state_dir.h"

/* The exit code of a compaction, for the daemon that waits for it. */
static int compact_code(int error)
{
    switch (-error) {
    case 0:
        return EXIT_SUCCESS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return UPKEEP_NO_ROOM;
    case EBADMSG:
        return UPKEEP_NOT_PROVEN;
    default:
        return EX_IOERR;
    }
}

static int finish(bool ok, struct buf *why, int dir)
{
    if (!ok)
        fprintf(stderr, "mgrd: %.*s\n", (int)why->len, (const char *)why->data);
    buf_free(why);
    if (dir >= 0)
        close(dir);
    return ok ? EXIT_SUCCESS : dir < 0 ? EX_CONFIG : EX_DATAERR;
}

int store_tools_verify(const char *path)
{
    struct buf why, out;
    buf_init(&why);
    buf_init(&out);
    struct stat stat_of;
    int lock = -1, dir = -1;
    bool backup = stat(path, &stat_of) == 0 && S_ISREG(stat_of.st_mode), ok;
    if (backup) {
        ok = maintenance_verify_backup(path, objects_handlers(), &out, &why);
    } else {
        dir = maintenance_open(path, MAINTENANCE_READ, &lock, &why);
        ok = dir >= 0 && maintenance_verify(dir, objects_handlers(), &out, &why);
    }
    if (ok)
        fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    if (lock >= 0)
        close(lock);
    int code = finish(ok, &why, dir);
    if (backup && code == EX_CONFIG)
        code = EX_DATAERR;
    return code == EXIT_SUCCESS && fflush(stdout) != 0 ? EX_IOERR : code;
}

/* ---- giving way to the daemon ---- */

enum { PIECE_US = 1000, PATIENCE_US = 30000000 };

/* The daemon's clients come first: after each millisecond of work the process rests for one. A
 * scheduler that moves work to a CPU only when that becomes idle would otherwise leave the
 * daemon waiting on the other CPU. Not forever: where the log grows faster than that, the
 * snapshot must get done. */
struct throttle {
    timer_t timer;
    bool running;
    uint64_t until_us;  /* no more rests after this time (monotonic) */
    uint64_t worked_us; /* CPU time at the last rest */
};

static uint64_t worked_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void set_timer(const struct throttle *throttle)
{
    (void)timer_settime(throttle->timer, 0,
                        &(struct itimerspec){.it_value.tv_nsec = PIECE_US * 1000L}, NULL);
}

/* A signal handler: uses only calls of signal-safety(7). Does not rest if the process got no CPU
 * since the last rest, or it would never make progress. */
static void rest_cb(int signo, siginfo_t *info, void *context)
{
    static const struct timespec rest = {.tv_nsec = PIECE_US * 1000L};
    struct throttle *throttle = info->si_value.sival_ptr;
    int error = errno;
    (void)signo, (void)context;
    uint64_t now_us = worked_us();
    if (now_us - throttle->worked_us >= PIECE_US / 2) {
        pselect(0, NULL, NULL, NULL, &rest, NULL);
        throttle->worked_us = now_us;
    }
    if (io_clock_us() < throttle->until_us)
        set_timer(throttle);
    errno = error;
}

static void work_gently(struct throttle *throttle)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM, .sigev_value.sival_ptr = throttle};
    struct sigaction action = {.sa_sigaction = rest_cb, .sa_flags = SA_RESTART | SA_SIGINFO};
    (void)!nice(10);
    *throttle =
        (struct throttle){.until_us = io_clock_us() + PATIENCE_US, .worked_us = worked_us()};
    throttle->running = sigaction(SIGALRM, &action, NULL) == 0 &&
                        timer_create(CLOCK_MONOTONIC, &event, &throttle->timer) == 0;
    if (throttle->running)
        set_timer(throttle);
}

static void stop_resting(struct throttle *throttle)
{
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, NULL); /* also blocks a signal that is pending */
    if (throttle->running)
        timer_delete(throttle->timer);
}

/* Makes this process the first to be killed when memory runs out. */
static void be_first_to_go(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, "1000", 4);
    close(fd);
}

/* Ends this process with the daemon: otherwise the next daemon could find files change that it
 * has just listed. False: the daemon is gone already. */
static bool die_with(const char *parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return parent != NULL && getppid() == (pid_t)atol(parent);
}

int store_tools_compact(const char *path, const char *before, const char *parent)
{
    struct io io = {0};
    struct throttle throttle;
    struct buf why;
    char *end = NULL;
    int lock = -1;
    uint64_t number = before == NULL ? 0 : strtoull(before, &end, 10);
    buf_init(&why);
    io_faults(&io);
    if (number == 0 || *end != '\0')
        buf_put_text(&why, "--compact is for a running mgrd: see mgrctl server save");
    else if (!die_with(parent))
        buf_put_text(&why, "the mgrd that asked for the snapshot has ended");
    be_first_to_go();
    work_gently(&throttle);
    int dir = why.len > 0 ? -1 : maintenance_open(path, MAINTENANCE_BESIDE, &lock, &why);
    int error = dir < 0 ? 0 : maintenance_compact(&io, dir, number, objects_handlers(), &why);
    stop_resting(&throttle);
    int code = finish(dir >= 0 && error == 0, &why, dir);
    return error != 0 ? compact_code(error) : code;
}

int store_tools_restore(const char *path, const char *backup)
{
    struct io io = {0};
    struct buf why;
    buf_init(&why);
    int lock = -1, error = state_dir_make(path);
    if (error != 0)
        buf_printf(&why, "journal %s: %s", path, strerror(-error));
    int dir = error != 0 ? -1 : maintenance_open(path, MAINTENANCE_OWN, &lock, &why);
    bool ok = dir >= 0 && maintenance_restore(&io, dir, backup, objects_handlers(), &why);
    if (ok)
        printf("%s: restored from %s; clients of the old data will find their sessions unknown\n",
               path, backup);
    if (lock >= 0)
        close(lock);
    return finish(ok, &why, dir);
}
