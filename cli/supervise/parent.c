/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop: the clock, then signals, then the supervisor. */
#include "cli/supervise/parent.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/base/report.h"
#include "cli/base/wait_notice.h"
#include "cli/ops/grants.h"
#include "cli/supervise/nanoseconds.h"
#include "cli/supervise/supervisor.h"
#include "cli/supervise/terminal.h"
#include "client/options.h"

enum { GROUPS_MAX = 1024, LAST_WAIT_MS = 250 };

struct parent {
    struct cli *cli;
    const struct parent_plan *plan;
    struct lease_deadline deadline;
    int supervisor, signals, timer;
    struct terminal terminal;
    struct wait_notice notice;
    pid_t groups[GROUPS_MAX];
    size_t count;
    bool running;      /* the program has begun */
    int64_t since_ns;  /* of the supervisor's last answered heartbeat; 0: none */
    int64_t beat_ns;   /* when it hears of us next */
    int64_t looked_ns; /* at the clock */
    bool over;
    struct outcome outcome;
};

/* ---- the programs ---- */

static void kill_groups(const struct parent *parent)
{
    for (size_t i = 0; i < parent->count; i++)
        kill(-parent->groups[i], SIGKILL);
}

static void add_group(struct parent *parent, pid_t group)
{
    if (parent->count < GROUPS_MAX)
        parent->groups[parent->count++] = group;
}

static void drop_group(struct parent *parent, pid_t group)
{
    for (size_t i = 0; i < parent->count; i++)
        if (parent->groups[i] == group)
            parent->groups[i] = parent->groups[--parent->count];
}

static void give_up(struct parent *parent, const char *why)
{
    kill_groups(parent);
    report_note(parent->cli, "%s", why);
    parent->outcome = (struct outcome){.kind = OUTCOME_LOST};
    parent->over = true;
}

/* ---- suspending ---- */

/* The supervisor was not heard of meanwhile: it has two beats' time to say that all is well. */
static void trust_again(struct parent *parent)
{
    int64_t since_ns = session_thread_now() - 2 * lease_deadline_beat_ns(&parent->deadline);
    if (parent->since_ns != 0 && parent->since_ns < since_ns)
        parent->since_ns = since_ns;
}

/* Stops this process and its job, as the terminal would; comes back when it goes on. */
static void suspend(struct parent *parent)
{
    sigset_t stop, before;
    if (parent->plan->terminal && parent->count > 0)
        terminal_take(&parent->terminal, parent->groups[0]);
    message_send(parent->supervisor, MESSAGE_SUSPENDED, 0, 0);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    (void)signal(SIGTSTP, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &stop, &before);
    kill(0, SIGTSTP);
    sigprocmask(SIG_SETMASK, &before, NULL);
    parent->beat_ns = 0;
    trust_again(parent);
}

static void go_on(struct parent *parent)
{
    if (parent->running && parent->count > 0)
        terminal_give(&parent->terminal, parent->groups[0]);
    message_send(parent->supervisor, MESSAGE_SIGNAL, SIGCONT, 0);
}

/* ---- what comes ---- */

static const char *loss_text(int32_t loss)
{
    switch (loss) {
    case LOSS_SILENCE:
        return "the daemon did not answer in time: what was held may be lost, stopping the program";
    case LOSS_SESSION:
        return "what was held is lost: stopping the program";
    default:
        return "mgrctl itself stood still for too long: stopping the program";
    }
}

static void take(struct parent *parent, const struct message *note)
{
    switch (note->kind) {
    case MESSAGE_BEAT:
        if (note->since_ns > parent->since_ns)
            parent->since_ns = note->since_ns;
        if (note->number > 0)
            lease_deadline_shorten(&parent->deadline, note->number);
        break;
    case MESSAGE_GROUP:
        add_group(parent, note->number);
        break;
    case MESSAGE_GROUP_END:
        drop_group(parent, note->number);
        break;
    case MESSAGE_READY:
        wait_notice_end(&parent->notice);
        parent->running = true;
        if (note->since_ns != 0)
            grants_note_death(parent->cli, note->since_ns);
        terminal_give(&parent->terminal, parent->groups[0]);
        message_send(parent->supervisor, MESSAGE_GO, 0, 0);
        break;
    case MESSAGE_STOPPED:
        if (parent->terminal.anchor > 0) {
            suspend(parent);
            go_on(parent);
        }
        break;
    case MESSAGE_LOST:
        report_note(parent->cli, "%s", loss_text(note->number));
        break;
    case MESSAGE_END:
        parent->outcome = outcome_unpack(note->number);
        parent->over = true;
        break;
    default:
        break;
    }
}

static void hear_supervisor(struct parent *parent)
{
    struct message note;
    enum message_taken taken = MESSAGE_NONE;
    while (!parent->over && (taken = message_take(parent->supervisor, &note)) == MESSAGE_TAKEN)
        take(parent, &note);
    if (!parent->over && taken == MESSAGE_GONE)
        give_up(parent, "the supervisor process was killed: what was held is lost");
}

static void hear_signals(struct parent *parent)
{
    struct signalfd_siginfo info;
    while (read(parent->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;
        if (number == SIGCONT) {
            go_on(parent);
        } else if (number == SIGTSTP && parent->terminal.anchor == 0) {
            /* the program is no job of the terminal: it has to be told, and by force */
            message_send(parent->supervisor, MESSAGE_SIGNAL, SIGSTOP, 0);
            suspend(parent);
            go_on(parent);
        } else {
            message_send(parent->supervisor, MESSAGE_SIGNAL, number, 0);
        }
    }
}

/* Whether there is a program that the supervisor has to stop in time. */
static bool is_guarded(const struct parent *parent)
{
    return parent->running && parent->count > 0 && parent->since_ns != 0;
}

/* When the supervisor should have stopped the programs long ago, but before the lease ends. */
static int64_t last_resort(const struct parent *parent)
{
    return lease_deadline_kill_at(&parent->deadline, parent->since_ns) +
           parent->deadline.margin_ns / 2;
}

/* Which of the two processes stood still? */
static void judge(struct parent *parent, int64_t now_ns)
{
    bool own = now_ns - parent->looked_ns > 2 * lease_deadline_beat_ns(&parent->deadline);
    if (own)
        hear_supervisor(parent); /* what it did meanwhile */
    if (parent->over || !is_guarded(parent) || now_ns < last_resort(parent))
        return;
    give_up(parent,
            own ? "mgrctl itself stood still for too long: the program was killed"
                : "the supervisor process stood still for too long: the program was killed");
}

static void look_at_clock(struct parent *parent)
{
    int64_t now_ns = session_thread_now();
    if (is_guarded(parent) && now_ns >= last_resort(parent))
        judge(parent, now_ns);
    parent->looked_ns = now_ns;
    if (now_ns < parent->beat_ns)
        return;
    parent->beat_ns = now_ns + lease_deadline_beat_ns(&parent->deadline);
    message_send(parent->supervisor, MESSAGE_BEAT, 0, 0);
}

static void set_timer(const struct parent *parent)
{
    int64_t due_ns = parent->beat_ns;
    if (is_guarded(parent) && last_resort(parent) < due_ns)
        due_ns = last_resort(parent);
    if (due_ns <= 0)
        due_ns = 1; /* at once: 0 would be never */
    struct itimerspec when = {.it_value = {due_ns / NS_PER_S, due_ns % NS_PER_S}};
    timerfd_settime(parent->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void loop(struct parent *parent)
{
    while (!parent->over) {
        struct pollfd fds[] = {{parent->timer, POLLIN, 0},
                               {parent->supervisor, POLLIN, 0},
                               {parent->signals, POLLIN, 0}};
        uint64_t expired;
        set_timer(parent);
        (void)poll(fds, sizeof fds / sizeof fds[0], -1);
        (void)!read(parent->timer, &expired, sizeof expired);
        look_at_clock(parent);
        hear_supervisor(parent);
        hear_signals(parent);
    }
}

/* ---- beginning and end ---- */

/* Signals that are ignored, as by nohup, are none of ours. */
static bool take_signals(struct parent *parent, sigset_t *before)
{
    static const int numbers[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                  SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};
    sigset_t wanted, blocked;
    sigemptyset(&wanted);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&wanted, numbers[i]);
    }
    blocked = wanted;
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_BLOCK, &blocked, before);
    parent->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return parent->signals >= 0;
}

static pid_t fork_supervisor(struct parent *parent, const int ends[2], const sigset_t *mask)
{
    char *client = options_client(parent->cli->options.client); /* the process the user knows */
    output_flush(&parent->cli->out);
    pid_t pid = fork();
    if (pid != 0) {
        free(client);
        return pid;
    }
    parent->cli->options.client = client;
    close(ends[0]);
    close(parent->signals);
    close(parent->timer);
    parent->plan->guard(parent->cli, ends[1], mask, parent->plan->arg);
    _exit(0);
}

/* It ends at once, unless there is a daemon to be told that does not answer. */
static void await_supervisor(const struct parent *parent, pid_t supervisor)
{
    struct pollfd fd = {parent->supervisor, 0, 0}; /* it hangs up */
    while (poll(&fd, 1, LAST_WAIT_MS) < 0 && errno == EINTR)
        ;
    while (waitpid(supervisor, NULL, fd.revents == 0 ? WNOHANG : 0) < 0 && errno == EINTR)
        ;
}

static struct outcome cannot(struct cli *cli, const char *what)
{
    int code = report(cli, MGR_LOCAL_IO, "%s: %s", what, strerror(errno));
    return (struct outcome){.kind = OUTCOME_FAILED, .number = (uint8_t)code};
}

struct outcome parent_run(struct cli *cli, const struct parent_plan *plan)
{
    struct parent parent = {.cli = cli, .plan = plan, .deadline = plan->deadline};
    sigset_t mask;
    int ends[2];
    const struct mgr_arg name = mgr_str(plan->name);
    wait_notice_begin(&parent.notice, cli, plan->operation, plan->name == NULL ? NULL : &name);
    terminal_init(&parent.terminal);
    parent.terminal.used = parent.terminal.used && plan->terminal;
    parent.timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (parent.timer < 0 || !take_signals(&parent, &mask) || !message_ends(ends))
        return cannot(cli, "preparing the run");
    parent.supervisor = ends[0];
    pid_t supervisor = fork_supervisor(&parent, ends, &mask);
    close(ends[1]);
    if (supervisor < 0)
        return cannot(cli, "fork");
    loop(&parent);
    wait_notice_end(&parent.notice);
    if (parent.count > 0)
        terminal_take(&parent.terminal, parent.groups[0]);
    await_supervisor(&parent, supervisor);
    terminal_free(&parent.terminal);
    close(parent.supervisor);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return parent.outcome;
}

int parent_finish(struct cli *cli, const struct outcome *outcome, int status_fd, int own)
{
    struct buf line;
    buf_init(&line);
    outcome_line(outcome, &line);
    if (status_fd >= 0 && !line.failed &&
        write(status_fd, line.data, line.len) != (ssize_t)line.len)
        report_note(cli, "--status-fd %d: %s", status_fd, strerror(errno));
    buf_free(&line);
    if (outcome->kind == OUTCOME_SIGNAL)
        report_note(cli, "the program was ended by signal %d (%s)", outcome->number,
                    strsignal(outcome->number));
    return outcome_code(outcome, own);
}
