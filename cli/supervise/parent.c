/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop: the clock, then signals, then the guardian. */
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
#include "cli/ops/grants.h"
#include "cli/ops/wait_notice.h"
#include "cli/supervise/supervisor.h"
#include "cli/supervise/terminal.h"
#include "client/options.h"

enum { GROUPS_MAX = 1024, LAST_WAIT_MS = 250 };

#define NS_PER_S INT64_C(1000000000)

struct front {
    struct cli *cli;
    const struct front_plan *plan;
    struct fence fence;
    int guardian, signals, timer;
    struct terminal terminal;
    struct remind remind;
    pid_t groups[GROUPS_MAX];
    size_t count;
    bool running;      /* the program has begun */
    int64_t since_ns;  /* of the guardian's last answered heartbeat; 0: none */
    int64_t beat_ns;   /* when it hears of us next */
    int64_t looked_ns; /* at the clock */
    bool over;
    struct outcome outcome;
};

/* ---- the programs ---- */

static void kill_groups(const struct front *front)
{
    for (size_t i = 0; i < front->count; i++)
        kill(-front->groups[i], SIGKILL);
}

static void add_group(struct front *front, pid_t group)
{
    if (front->count < GROUPS_MAX)
        front->groups[front->count++] = group;
}

static void drop_group(struct front *front, pid_t group)
{
    for (size_t i = 0; i < front->count; i++)
        if (front->groups[i] == group)
            front->groups[i] = front->groups[--front->count];
}

static void give_up(struct front *front, const char *why)
{
    kill_groups(front);
    report_note(front->cli, "%s", why);
    front->outcome = (struct outcome){.kind = OUTCOME_LOST};
    front->over = true;
}

/* ---- suspending ---- */

/* The guardian was not heard of meanwhile: it has two beats' time to say that all is well. */
static void trust_again(struct front *front)
{
    int64_t since_ns = keeper_now() - 2 * fence_beat_ns(&front->fence);
    if (front->since_ns != 0 && front->since_ns < since_ns)
        front->since_ns = since_ns;
}

/* Stops this process and its job, as the terminal would; comes back when it goes on. */
static void suspend(struct front *front)
{
    sigset_t stop, before;
    if (front->plan->terminal && front->count > 0)
        terminal_take(&front->terminal, front->groups[0]);
    note_send(front->guardian, NOTE_SUSPENDED, 0, 0);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    (void)signal(SIGTSTP, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &stop, &before);
    kill(0, SIGTSTP);
    sigprocmask(SIG_SETMASK, &before, NULL);
    front->beat_ns = 0;
    trust_again(front);
}

static void go_on(struct front *front)
{
    if (front->running && front->count > 0)
        terminal_give(&front->terminal, front->groups[0]);
    note_send(front->guardian, NOTE_SIGNAL, SIGCONT, 0);
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

static void take(struct front *front, const struct note *note)
{
    switch (note->kind) {
    case NOTE_BEAT:
        if (note->since_ns > front->since_ns)
            front->since_ns = note->since_ns;
        if (note->number > 0)
            fence_shorten(&front->fence, note->number);
        break;
    case NOTE_GROUP:
        add_group(front, note->number);
        break;
    case NOTE_GROUP_END:
        drop_group(front, note->number);
        break;
    case NOTE_READY:
        remind_end(&front->remind);
        front->running = true;
        if (note->since_ns != 0)
            grants_note_death(front->cli, note->since_ns);
        terminal_give(&front->terminal, front->groups[0]);
        note_send(front->guardian, NOTE_GO, 0, 0);
        break;
    case NOTE_STOPPED:
        if (front->terminal.anchor > 0) {
            suspend(front);
            go_on(front);
        }
        break;
    case NOTE_LOST:
        report_note(front->cli, "%s", loss_text(note->number));
        break;
    case NOTE_END:
        front->outcome = outcome_unpack(note->number);
        front->over = true;
        break;
    default:
        break;
    }
}

static void hear_guardian(struct front *front)
{
    struct note note;
    enum note_taken taken = NOTE_NONE;
    while (!front->over && (taken = note_take(front->guardian, &note)) == NOTE_TAKEN)
        take(front, &note);
    if (!front->over && taken == NOTE_GONE)
        give_up(front, "the guardian process was killed: what was held is lost");
}

static void hear_signals(struct front *front)
{
    struct signalfd_siginfo info;
    while (read(front->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;
        if (number == SIGCONT) {
            go_on(front);
        } else if (number == SIGTSTP && front->terminal.anchor == 0) {
            /* the program is no job of the terminal: it has to be told, and by force */
            note_send(front->guardian, NOTE_SIGNAL, SIGSTOP, 0);
            suspend(front);
            go_on(front);
        } else {
            note_send(front->guardian, NOTE_SIGNAL, number, 0);
        }
    }
}

/* Whether there is a program that the guardian has to stop in time. */
static bool is_guarded(const struct front *front)
{
    return front->running && front->count > 0 && front->since_ns != 0;
}

/* When the guardian should have stopped the programs long ago, but before the lease ends. */
static int64_t last_resort(const struct front *front)
{
    return fence_kill_at(&front->fence, front->since_ns) + front->fence.margin_ns / 2;
}

/* Which of the two processes stood still? */
static void judge(struct front *front, int64_t now_ns)
{
    bool own = now_ns - front->looked_ns > 2 * fence_beat_ns(&front->fence);
    if (own)
        hear_guardian(front); /* what it did meanwhile */
    if (front->over || !is_guarded(front) || now_ns < last_resort(front))
        return;
    give_up(front, own ? "mgrctl itself stood still for too long: the program was killed"
                       : "the guardian process stood still for too long: the program was killed");
}

static void look_at_clock(struct front *front)
{
    int64_t now_ns = keeper_now();
    if (is_guarded(front) && now_ns >= last_resort(front))
        judge(front, now_ns);
    front->looked_ns = now_ns;
    if (now_ns < front->beat_ns)
        return;
    front->beat_ns = now_ns + fence_beat_ns(&front->fence);
    note_send(front->guardian, NOTE_BEAT, 0, 0);
}

static void set_timer(const struct front *front)
{
    int64_t due_ns = front->beat_ns;
    if (is_guarded(front) && last_resort(front) < due_ns)
        due_ns = last_resort(front);
    if (due_ns <= 0)
        due_ns = 1; /* at once: 0 would be never */
    struct itimerspec when = {.it_value = {due_ns / NS_PER_S, due_ns % NS_PER_S}};
    timerfd_settime(front->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void loop(struct front *front)
{
    while (!front->over) {
        struct pollfd fds[] = {
            {front->timer, POLLIN, 0}, {front->guardian, POLLIN, 0}, {front->signals, POLLIN, 0}};
        uint64_t expired;
        set_timer(front);
        (void)poll(fds, sizeof fds / sizeof fds[0], -1);
        (void)!read(front->timer, &expired, sizeof expired);
        look_at_clock(front);
        hear_guardian(front);
        hear_signals(front);
    }
}

/* ---- beginning and end ---- */

/* Signals that are ignored, as by nohup, are none of ours. */
static bool take_signals(struct front *front, sigset_t *before)
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
    front->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return front->signals >= 0;
}

static pid_t fork_guardian(struct front *front, const int ends[2], const sigset_t *mask)
{
    char *client = options_client(front->cli->options.client); /* the process the user knows */
    output_flush(&front->cli->out);
    pid_t pid = fork();
    if (pid != 0) {
        free(client);
        return pid;
    }
    front->cli->options.client = client;
    close(ends[0]);
    close(front->signals);
    close(front->timer);
    front->plan->guard(front->cli, ends[1], mask, front->plan->arg);
    _exit(0);
}

/* It ends at once, unless there is a daemon to be told that does not answer. */
static void await_guardian(const struct front *front, pid_t guardian)
{
    struct pollfd fd = {front->guardian, 0, 0}; /* it hangs up */
    while (poll(&fd, 1, LAST_WAIT_MS) < 0 && errno == EINTR)
        ;
    while (waitpid(guardian, NULL, fd.revents == 0 ? WNOHANG : 0) < 0 && errno == EINTR)
        ;
}

static struct outcome cannot(struct cli *cli, const char *what)
{
    int code = report(cli, MGR_LOCAL_IO, "%s: %s", what, strerror(errno));
    return (struct outcome){.kind = OUTCOME_FAILED, .number = (uint8_t)code};
}

struct outcome front_run(struct cli *cli, const struct front_plan *plan)
{
    struct front front = {.cli = cli, .plan = plan, .fence = plan->fence};
    sigset_t mask;
    int ends[2];
    const struct mgr_arg name = mgr_str(plan->name);
    remind_begin(&front.remind, cli, plan->operation, plan->name == NULL ? NULL : &name);
    terminal_init(&front.terminal);
    front.terminal.used = front.terminal.used && plan->terminal;
    front.timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (front.timer < 0 || !take_signals(&front, &mask) || !note_ends(ends))
        return cannot(cli, "preparing the run");
    front.guardian = ends[0];
    pid_t guardian = fork_guardian(&front, ends, &mask);
    close(ends[1]);
    if (guardian < 0)
        return cannot(cli, "fork");
    loop(&front);
    remind_end(&front.remind);
    if (front.count > 0)
        terminal_take(&front.terminal, front.groups[0]);
    await_guardian(&front, guardian);
    terminal_free(&front.terminal);
    close(front.guardian);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return front.outcome;
}

int front_finish(struct cli *cli, const struct outcome *outcome, int status_fd, int own)
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
