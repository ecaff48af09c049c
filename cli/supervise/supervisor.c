/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop: the clock, then the front, the daemon, the programs. */
#include "cli/supervise/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* ---- becoming one ---- */

static bool watch_children(struct guardian *guardian)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    guardian->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return guardian->signals >= 0;
}

void guardian_let_go(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    (void)dup2(null, fd);
    close(null);
}

bool guardian_init(struct guardian *guardian, int front)
{
    sigset_t all;
    guardian->front = front;
    /* a signal is for the front: whoever sends one to both means it once */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    (void)setsid();
    guardian_let_go(STDIN_FILENO);
    guardian->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && guardian->timer >= 0 &&
           watch_children(guardian);
}

/* ---- the clock ---- */

void guardian_watch(struct guardian *guardian)
{
    guardian->watching = true;
    guardian->front_ns = keeper_now();
}

bool guardian_is_loss(enum mgr_status status)
{
    switch (status) {
    case MGR_OK:
    case MGR_SHUTTING_DOWN: /* it comes back, or the fence tells */
    case MGR_NOMEM:
    case MGR_LIMIT:
    case MGR_NOSPACE:
    case MGR_INTERRUPTED:
        return false;
    default:
        return true;
    }
}

void guardian_lose(struct guardian *guardian, enum loss loss)
{
    int64_t now_ns = keeper_now();
    if (guardian->loss != LOSS_NONE)
        return;
    guardian->loss = loss;
    guardian->kill_ns = now_ns + guardian->fence.grace_ns;
    if (guardian->since_ns != 0 &&
        fence_kill_at(&guardian->fence, guardian->since_ns) < guardian->kill_ns)
        guardian->kill_ns = fence_kill_at(&guardian->fence, guardian->since_ns);
    if (loss == LOSS_FRONT)
        guardian->kill_ns = now_ns;
    if (guardian->kill_ns <= now_ns) {
        guardian->job->kill(guardian, SIGKILL);
    } else {
        guardian->job->kill(guardian, SIGTERM);
        guardian->job->kill(guardian, SIGCONT); /* what is stopped could not end */
    }
    note_send(guardian->front, NOTE_LOST, (int32_t)loss, 0);
    guardian->job->lost(guardian);
}

bool guardian_go(struct guardian *guardian, struct program *program, const struct buf *variables)
{
    bool open = !variables->failed && guardian->loss == LOSS_NONE && guardian->since_ns != 0;
    bool sure =
        open && fence_look(&guardian->fence, guardian->since_ns, keeper_now()) == FENCE_OPEN;
    if (sure && program_go(program, buf_bytes(variables)))
        return true;
    program_cancel(program);
    if (open && !sure)
        guardian_lose(guardian, LOSS_SILENCE);
    return false;
}

/* 0: longer than anybody waits. */
static int32_t lease_ms(const struct fence *fence)
{
    int64_t ms = fence->lease_ns / NS_PER_MS;
    return ms < INT32_MAX ? (int32_t)ms : 0;
}

/* The fence: done first after every wake, however late that came. */
static void look_at_clock(struct guardian *guardian)
{
    const struct fence *fence = &guardian->fence;
    int64_t now_ns = keeper_now();
    if (guardian->since_ns != 0 && fence_look(fence, guardian->since_ns, now_ns) != FENCE_OPEN)
        guardian_lose(guardian, LOSS_SILENCE);
    if (guardian->front_ns != 0 && fence_look(fence, guardian->front_ns, now_ns) == FENCE_KILL)
        guardian_lose(guardian, LOSS_FRONT);
    if (guardian->kill_ns != 0 && now_ns >= guardian->kill_ns)
        guardian->job->kill(guardian, SIGKILL);
    if (guardian->wake_ns != 0 && now_ns >= guardian->wake_ns) {
        guardian->wake_ns = 0;
        guardian->job->tick(guardian, now_ns);
    }
    if (now_ns >= guardian->beat_ns) {
        guardian->beat_ns = now_ns + fence_beat_ns(fence);
        if (!guardian->suspended)
            note_send(guardian->front, NOTE_BEAT, lease_ms(fence), guardian->since_ns);
    }
}

static void sooner(int64_t *due_ns, int64_t at_ns)
{
    if (at_ns != 0 && at_ns < *due_ns)
        *due_ns = at_ns;
}

static void set_timer(const struct guardian *guardian)
{
    const struct fence *fence = &guardian->fence;
    int64_t due_ns = guardian->beat_ns;
    sooner(&due_ns, guardian->wake_ns);
    /* once it was killed there is nothing left to be late for */
    if (keeper_now() < guardian->kill_ns)
        sooner(&due_ns, guardian->kill_ns);
    if (guardian->since_ns != 0 && guardian->loss == LOSS_NONE)
        sooner(&due_ns, fence_term_at(fence, guardian->since_ns));
    if (guardian->front_ns != 0 && guardian->loss == LOSS_NONE)
        sooner(&due_ns, fence_kill_at(fence, guardian->front_ns));
    if (due_ns <= 0)
        due_ns = 1; /* at once: 0 would be never */
    struct itimerspec when = {.it_value = {due_ns / NS_PER_S, due_ns % NS_PER_S}};
    timerfd_settime(guardian->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* ---- what comes ---- */

static void hear_front(struct guardian *guardian)
{
    struct note note;
    enum note_taken taken;
    while ((taken = note_take(guardian->front, &note)) == NOTE_TAKEN) {
        if (guardian->watching)
            guardian->front_ns = note.kind == NOTE_SUSPENDED ? 0 : keeper_now();
        if (guardian->suspended && note.kind != NOTE_SUSPENDED)
            guardian->beat_ns = 0; /* it knows nothing of late: it hears of us at once */
        guardian->suspended = note.kind == NOTE_SUSPENDED;
        guardian->job->noted(guardian, &note);
    }
    if (taken != NOTE_GONE || guardian->front_gone)
        return;
    guardian->front_gone = true;
    guardian->job->kill(guardian, SIGKILL);
    guardian_lose(guardian, LOSS_FRONT);
}

static void hear_keeper(struct guardian *guardian)
{
    struct keeper_event event;
    while (!guardian->over && keeper_take(&guardian->keeper, &event)) {
        if (event.since_ns > guardian->since_ns && !guardian->resting) {
            guardian->since_ns = event.since_ns;
            guardian->beat_ns = 0; /* the front hears of it at once */
        }
        if (event.order != NULL)
            guardian->job->ordered(guardian, event.order);
        else if (guardian_is_loss(event.status) && !guardian->resting)
            guardian_lose(guardian, LOSS_SESSION);
    }
}

static void hear_children(struct guardian *guardian)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;
    while (read(guardian->signals, &info, sizeof info) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
        guardian->job->child(guardian, pid, status);
}

bool guardian_has(pid_t group)
{
    siginfo_t info;
    return waitid(P_PGID, (id_t)group, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void guardian_tell(struct guardian *guardian, const struct outcome *outcome)
{
    note_send(guardian->front, NOTE_END, outcome_pack(outcome), 0);
}

void guardian_rest(struct guardian *guardian)
{
    guardian->since_ns = guardian->front_ns = guardian->kill_ns = guardian->wake_ns = 0;
    guardian->watching = false;
    guardian->resting = true;
    keeper_beats(&guardian->keeper, 0);
}

void guardian_loop(struct guardian *guardian)
{
    while (!guardian->over) {
        struct pollfd fds[] = {{guardian->timer, POLLIN, 0},
                               {guardian->front_gone ? -1 : guardian->front, POLLIN, 0},
                               {keeper_fd(&guardian->keeper), POLLIN, 0},
                               {guardian->signals, POLLIN, 0}};
        uint64_t expired;
        set_timer(guardian);
        (void)poll(fds, sizeof fds / sizeof fds[0], -1);
        (void)!read(guardian->timer, &expired, sizeof expired);
        look_at_clock(guardian);
        hear_front(guardian);
        hear_keeper(guardian);
        hear_children(guardian);
    }
}
