/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop: the clock, then the parent, the daemon, the programs. */
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

#include "cli/supervise/nanoseconds.h"

/* ---- becoming one ---- */

static bool watch_children(struct supervisor *supervisor)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    supervisor->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return supervisor->signals >= 0;
}

void supervisor_let_go(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    (void)dup2(null, fd);
    close(null);
}

bool supervisor_init(struct supervisor *supervisor, int parent)
{
    sigset_t all;
    supervisor->parent = parent;
    /* a signal is for the parent: whoever sends one to both means it once */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    (void)setsid();
    supervisor_let_go(STDIN_FILENO);
    supervisor->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && supervisor->timer >= 0 &&
           watch_children(supervisor);
}

/* ---- the clock ---- */

void supervisor_watch(struct supervisor *supervisor)
{
    supervisor->watching = true;
    supervisor->parent_ns = session_thread_now();
}

bool supervisor_is_loss(enum mgr_status status)
{
    switch (status) {
    case MGR_OK:
    case MGR_SHUTTING_DOWN: /* it comes back, or the lease deadline tells */
    case MGR_NOMEM:
    case MGR_LIMIT:
    case MGR_NOSPACE:
    case MGR_INTERRUPTED:
        return false;
    default:
        return true;
    }
}

void supervisor_lose(struct supervisor *supervisor, enum loss loss)
{
    int64_t now_ns = session_thread_now();
    if (supervisor->loss != LOSS_NONE)
        return;
    supervisor->loss = loss;
    supervisor->kill_ns = now_ns + supervisor->deadline.grace_ns;
    if (supervisor->since_ns != 0 &&
        lease_deadline_kill_at(&supervisor->deadline, supervisor->since_ns) < supervisor->kill_ns)
        supervisor->kill_ns = lease_deadline_kill_at(&supervisor->deadline, supervisor->since_ns);
    if (loss == LOSS_FRONT)
        supervisor->kill_ns = now_ns;
    if (supervisor->kill_ns <= now_ns) {
        supervisor->job->kill(supervisor, SIGKILL);
    } else {
        supervisor->job->kill(supervisor, SIGTERM);
        supervisor->job->kill(supervisor, SIGCONT); /* what is stopped could not end */
    }
    message_send(supervisor->parent, MESSAGE_LOST, (int32_t)loss, 0);
    supervisor->job->lost(supervisor);
}

bool supervisor_go(struct supervisor *supervisor, struct child *program,
                   const struct buf *variables)
{
    bool open = !variables->failed && supervisor->loss == LOSS_NONE && supervisor->since_ns != 0;
    bool sure = open && lease_deadline_look(&supervisor->deadline, supervisor->since_ns,
                                            session_thread_now()) == LEASE_RUNS;
    if (sure && child_go(program, buf_bytes(variables)))
        return true;
    child_cancel(program);
    if (open && !sure)
        supervisor_lose(supervisor, LOSS_SILENCE);
    return false;
}

/* 0: longer than anybody waits. */
static int32_t lease_ms(const struct lease_deadline *deadline)
{
    int64_t ms = deadline->lease_ns / NS_PER_MS;
    return ms < INT32_MAX ? (int32_t)ms : 0;
}

/* The lease deadline: done first after every wake, however late that came. */
static void look_at_clock(struct supervisor *supervisor)
{
    const struct lease_deadline *deadline = &supervisor->deadline;
    int64_t now_ns = session_thread_now();
    if (supervisor->since_ns != 0 &&
        lease_deadline_look(deadline, supervisor->since_ns, now_ns) != LEASE_RUNS)
        supervisor_lose(supervisor, LOSS_SILENCE);
    if (supervisor->parent_ns != 0 &&
        lease_deadline_look(deadline, supervisor->parent_ns, now_ns) == LEASE_KILL)
        supervisor_lose(supervisor, LOSS_FRONT);
    if (supervisor->kill_ns != 0 && now_ns >= supervisor->kill_ns)
        supervisor->job->kill(supervisor, SIGKILL);
    if (supervisor->wake_ns != 0 && now_ns >= supervisor->wake_ns) {
        supervisor->wake_ns = 0;
        supervisor->job->tick(supervisor, now_ns);
    }
    if (now_ns >= supervisor->beat_ns) {
        supervisor->beat_ns = now_ns + lease_deadline_beat_ns(deadline);
        if (!supervisor->suspended)
            message_send(supervisor->parent, MESSAGE_BEAT, lease_ms(deadline),
                         supervisor->since_ns);
    }
}

static void sooner(int64_t *due_ns, int64_t at_ns)
{
    if (at_ns != 0 && at_ns < *due_ns)
        *due_ns = at_ns;
}

static void set_timer(const struct supervisor *supervisor)
{
    const struct lease_deadline *deadline = &supervisor->deadline;
    int64_t due_ns = supervisor->beat_ns;
    sooner(&due_ns, supervisor->wake_ns);
    /* once it was killed there is nothing left to be late for */
    if (session_thread_now() < supervisor->kill_ns)
        sooner(&due_ns, supervisor->kill_ns);
    if (supervisor->since_ns != 0 && supervisor->loss == LOSS_NONE)
        sooner(&due_ns, lease_deadline_term_at(deadline, supervisor->since_ns));
    if (supervisor->parent_ns != 0 && supervisor->loss == LOSS_NONE)
        sooner(&due_ns, lease_deadline_kill_at(deadline, supervisor->parent_ns));
    if (due_ns <= 0)
        due_ns = 1; /* at once: 0 would be never */
    struct itimerspec when = {.it_value = {due_ns / NS_PER_S, due_ns % NS_PER_S}};
    timerfd_settime(supervisor->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* ---- what comes ---- */

static void hear_front(struct supervisor *supervisor)
{
    struct message note;
    enum message_taken taken;
    while ((taken = message_take(supervisor->parent, &note)) == MESSAGE_TAKEN) {
        if (supervisor->watching)
            supervisor->parent_ns = note.kind == MESSAGE_SUSPENDED ? 0 : session_thread_now();
        if (supervisor->suspended && note.kind != MESSAGE_SUSPENDED)
            supervisor->beat_ns = 0; /* it knows nothing of late: it hears of us at once */
        supervisor->suspended = note.kind == MESSAGE_SUSPENDED;
        supervisor->job->noted(supervisor, &note);
    }
    if (taken != MESSAGE_GONE || supervisor->parent_gone)
        return;
    supervisor->parent_gone = true;
    supervisor->job->kill(supervisor, SIGKILL);
    supervisor_lose(supervisor, LOSS_FRONT);
}

static void hear_keeper(struct supervisor *supervisor)
{
    struct session_thread_event event;
    while (!supervisor->over && session_thread_take(&supervisor->thread, &event)) {
        if (event.since_ns > supervisor->since_ns && !supervisor->resting) {
            supervisor->since_ns = event.since_ns;
            supervisor->beat_ns = 0; /* the parent hears of it at once */
        }
        if (event.order != NULL)
            supervisor->job->ordered(supervisor, event.order);
        else if (supervisor_is_loss(event.status) && !supervisor->resting)
            supervisor_lose(supervisor, LOSS_SESSION);
    }
}

static void hear_children(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;
    while (read(supervisor->signals, &info, sizeof info) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
        supervisor->job->child(supervisor, pid, status);
}

bool supervisor_has(pid_t group)
{
    siginfo_t info;
    return waitid(P_PGID, (id_t)group, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void supervisor_tell(struct supervisor *supervisor, const struct outcome *outcome)
{
    message_send(supervisor->parent, MESSAGE_END, outcome_pack(outcome), 0);
}

void supervisor_rest(struct supervisor *supervisor)
{
    supervisor->since_ns = supervisor->parent_ns = supervisor->kill_ns = supervisor->wake_ns = 0;
    supervisor->watching = false;
    supervisor->resting = true;
    session_thread_beats(&supervisor->thread, 0);
}

void supervisor_loop(struct supervisor *supervisor)
{
    while (!supervisor->over) {
        struct pollfd fds[] = {{supervisor->timer, POLLIN, 0},
                               {supervisor->parent_gone ? -1 : supervisor->parent, POLLIN, 0},
                               {session_thread_fd(&supervisor->thread), POLLIN, 0},
                               {supervisor->signals, POLLIN, 0}};
        uint64_t expired;
        set_timer(supervisor);
        (void)poll(fds, sizeof fds / sizeof fds[0], -1);
        (void)!read(supervisor->timer, &expired, sizeof expired);
        look_at_clock(supervisor);
        hear_front(supervisor);
        hear_keeper(supervisor);
        hear_children(supervisor);
    }
}
