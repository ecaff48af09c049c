/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens a session, acquires, lets the program begin, waits for its end, releases. The program's
 * process is there from the start, so that it is in the parent's session and can have its terminal.
 */
#include "cli/supervise/lock_job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/base/report.h"
#include "cli/supervise/child.h"
#include "cli/supervise/held.h"
#include "cli/supervise/lease_session.h"
#include "cli/supervise/nanoseconds.h"
#include "cli/supervise/supervisor.h"

enum stage {
    STAGE_OPENING,
    STAGE_ACQUIRING,
    STAGE_READY, /* it is ours; the parent is asked */
    STAGE_RUNNING,
    STAGE_LEFT, /* the program ended; others of its group may live */
    STAGE_RELEASING,
    STAGE_CLOSING
};

enum { RELEASE_MS = 5000, CLOSE_MS = 1500, OPERATION = 40 };

struct lock_job {
    struct supervisor supervisor; /* the first: job functions get it */
    const struct lock_job_plan *plan;
    struct child program; /* pid 0: it and its group are no more */
    enum stage stage;
    struct order open, acquire, release, close;
    uint64_t token, previous;
    uint64_t around; /* the grant of a run around this one, of the same rlock; 0: there is none */
    int64_t life_ms; /* of the session without a heartbeat */
    bool cut;        /* the program was stopped half-way */
    bool waited;     /* for what it wants */
    bool lost;       /* release says that it was not ours any more */
    bool told;
    struct outcome outcome;
};

static struct lock_job *lock_job_of(struct supervisor *supervisor)
{
    return (struct lock_job *)(void *)supervisor;
}

/* ---- orders: these run in the session thread ---- */

static struct lock_job *lock_job_of_thread(struct session_thread *thread)
{
    return (struct lock_job *)(void *)((char *)thread - offsetof(struct supervisor, thread));
}

static enum mgr_status call(struct lock_job *holder, const char *method,
                            const struct mgr_named *args, size_t count, struct mgr_value **result)
{
    char operation[OPERATION];
    snprintf(operation, sizeof operation, "%s %s", holder->plan->type, method);
    return mgr_call(holder->supervisor.thread.m, operation, args, count, 0, result);
}

static enum mgr_status open_session(struct session_thread *thread, struct order *order)
{
    struct lock_job *holder = lock_job_of_thread(thread);
    (void)order;
    return session_open(holder->supervisor.cli, holder->plan->lease_ms, &thread->m);
}

static enum mgr_status create(struct lock_job *holder)
{
    const struct lock_job_plan *plan = holder->plan;
    const struct mgr_named args[] = {
        {"name", mgr_str(plan->name)},
        {"type", mgr_str(plan->type)},
        {"if_absent", mgr_bool(true)},
        {"init", plan->permits > 0 ? mgr_int(plan->permits) : MGR_ABSENT}};
    enum mgr_status status =
        mgr_call(holder->supervisor.thread.m, "object create", args, 4, 0, NULL);
    return status == MGR_EXISTS ? MGR_OK : status; /* as somebody else wants it */
}

/* Asks whether it is still ours, which is a heartbeat too. */
static enum mgr_status beat(struct session_thread *thread, struct order *order)
{
    struct lock_job *holder = lock_job_of_thread(thread);
    const struct mgr_named args[] = {{"name", mgr_str(holder->plan->name)},
                                     {"token", mgr_int((int64_t)holder->around)}};
    struct mgr_value *held = NULL;
    bool truth = false;
    (void)order;
    enum mgr_status status = call(holder, "held", args, holder->around != 0 ? 2 : 1, &held);
    if (status == MGR_OK && !mgr_as_bool(mgr_view(held), &truth))
        status = MGR_PROTOCOL;
    mgr_value_free(held);
    if (status != MGR_OK)
        return status;
    return truth && mgr_epoch(thread->m) == thread->epoch ? MGR_OK : MGR_LOCK_LOST;
}

static enum mgr_status get(struct lock_job *holder, int64_t wait_ms)
{
    const struct lock_job_plan *plan = holder->plan;
    const struct mgr_named args[] = {{"name", mgr_str(plan->name)},
                                     {"permits", mgr_int(plan->permits)}};
    char operation[OPERATION];
    snprintf(operation, sizeof operation, "%s acquire", plan->type);
    return mgr_call(holder->supervisor.thread.m, operation, args, plan->permits > 0 ? 2 : 1,
                    wait_ms, NULL);
}

/* Only what is not there at first is created: what is deleted during the wait was to go. */
static enum mgr_status get_in_time(struct lock_job *holder)
{
    const struct lock_job_plan *plan = holder->plan;
    enum mgr_status status = get(holder, 0);
    if (status == MGR_NO_SUCH_OBJECT && plan->create && (status = create(holder)) == MGR_OK)
        status = get(holder, 0);
    if (status != MGR_BUSY || plan->wait_ms == 0)
        return status;
    holder->waited = true;
    return get(holder, plan->wait_ms);
}

/* The rlock is the owner's once more while the run around this one owns it: that one has acquired
 * it, stops this one with its own program before it loses it, and gives it back later. False: it
 * does not own it, or there is none. */
static bool enter_again(struct lock_job *holder, struct order *order)
{
    struct session_thread *thread = &holder->supervisor.thread;
    int64_t since_ns = session_thread_now();
    if (!holder->plan->reentrant)
        return false;
    holder->around = holder->token = held_token(holder->plan->name);
    thread->epoch = mgr_epoch(thread->m);
    if (holder->around != 0 && beat(thread, order) == MGR_OK) {
        order->since_ns = since_ns;
        holder->life_ms = session_life_ms(thread->m, since_ns);
        session_thread_waited(thread, MGR_OK);
        return true;
    }
    holder->around = 0;
    return false;
}

static enum mgr_status acquire(struct session_thread *thread, struct order *order)
{
    struct lock_job *holder = lock_job_of_thread(thread);
    struct mgr *m = thread->m;
    if (enter_again(holder, order))
        return MGR_OK;
    enum mgr_status status = get_in_time(holder);
    const struct mgr_grant grant = *mgr_last_grant(m); /* session_thread_waited may make a call */
    session_thread_waited(thread, status);
    if (status != MGR_OK)
        return status;
    thread->epoch = grant.epoch;
    holder->token = grant.token;
    holder->previous = grant.previous_token;
    /* the lease counts from something that was sent after the wait */
    int64_t since_ns = session_thread_now();
    status = beat(thread, order);
    if (status == MGR_OK) {
        order->since_ns = since_ns;
        holder->life_ms = session_life_ms(m, since_ns);
    }
    return status;
}

/* Whether a release was refused because it was not ours any more. */
static bool is_not_ours(enum mgr_status status)
{
    return status == MGR_NOT_OWNER || status == MGR_LOCK_LOST || status == MGR_STALE_TOKEN ||
           status == MGR_SESSION_LOST || status == MGR_NO_SUCH_OBJECT || status == MGR_RUNTIME ||
           status == MGR_WRONG_TYPE;
}

static enum mgr_status release(struct session_thread *thread, struct order *order)
{
    struct lock_job *holder = lock_job_of_thread(thread);
    const struct mgr_named args[] = {{"name", mgr_str(holder->plan->name)},
                                     {"token", mgr_int((int64_t)holder->token)}};
    (void)order;
    if (holder->around != 0)
        return MGR_OK; /* it goes on being held */
    enum mgr_status status = call(holder, "release", args, 2, NULL);
    holder->lost = status == MGR_OK ? mgr_lost(thread->m) : is_not_ours(status);
    return status;
}

static enum mgr_status say_bye(struct session_thread *thread, struct order *order)
{
    (void)order;
    mgr_close(thread->m);
    thread->m = NULL;
    return MGR_OK;
}

static void post(struct lock_job *holder, struct order *order, order_fn *run)
{
    order->run = run;
    session_thread_post(&holder->supervisor.thread, order);
}

/* ---- the end ---- */

static void tick_in(struct lock_job *holder, int64_t ms)
{
    holder->supervisor.wake_ns = session_thread_now() + ms * NS_PER_MS;
}

static void tell_end(struct lock_job *holder)
{
    if (!holder->told)
        supervisor_tell(&holder->supervisor, &holder->outcome);
    holder->told = true;
}

static void close_session(struct lock_job *holder)
{
    supervisor_rest(&holder->supervisor);
    holder->stage = STAGE_CLOSING;
    post(holder, &holder->close, say_bye);
    tick_in(holder, CLOSE_MS);
}

/* Its group is no more, or never began. */
static void let_program_go(struct lock_job *holder)
{
    if (holder->program.pid > 0)
        message_send(holder->supervisor.parent, MESSAGE_GROUP_END, holder->program.pid, 0);
    child_cancel(&holder->program);
    holder->program.pid = 0;
}

static void finish(struct lock_job *holder)
{
    let_program_go(holder);
    supervisor_rest(&holder->supervisor);
    if (holder->outcome.kind == OUTCOME_LOST)
        tell_end(holder); /* who knows whether the daemon still answers */
    if (holder->cut) {    /* the session ends as the owner: the next one is told */
        close_session(holder);
        return;
    }
    holder->stage = STAGE_RELEASING;
    post(holder, &holder->release, release);
    tick_in(holder, holder->told ? CLOSE_MS : RELEASE_MS);
}

static void say_kept(const struct lock_job *holder, const char *why)
{
    report_note(holder->supervisor.cli, "%s; the daemon frees %s %s by itself", why,
                holder->plan->type, holder->plan->name);
}

static void released(struct lock_job *holder)
{
    if (holder->lost && holder->outcome.kind != OUTCOME_LOST) {
        report_note(holder->supervisor.cli, "%s %s was lost before the program ended",
                    holder->plan->type, holder->plan->name);
        holder->outcome.kind = OUTCOME_LOST;
    } else if (!holder->lost && holder->release.status != MGR_OK) {
        say_kept(holder, holder->release.error);
    }
    close_session(holder);
}

/* It was not to be had. */
static void refused(struct lock_job *holder, const struct order *order)
{
    struct cli *cli = holder->supervisor.cli;
    enum mgr_status status = order->status;
    int code = mgr_status_exit_code(status);
    if (holder->outcome.kind != OUTCOME_INTERRUPT && holder->outcome.kind != OUTCOME_LOST)
        holder->outcome = (struct outcome){.kind = status == MGR_BUSY      ? OUTCOME_BUSY
                                                   : status == MGR_TIMEOUT ? OUTCOME_TIMEOUT
                                                                           : OUTCOME_FAILED,
                                           .number = (uint8_t)code};
    if (status == MGR_NO_SUCH_OBJECT && holder->waited)
        report_note(cli, "%s %s was deleted while it was waited for", holder->plan->type,
                    holder->plan->name);
    else if (holder->outcome.kind == OUTCOME_FAILED ||
             (!cli->options.quiet && status != MGR_INTERRUPTED))
        report_about(cli, status, order->error, holder->plan->type, holder->plan->name);
    if (status == MGR_NO_SUCH_OBJECT && !holder->waited)
        report_hint(cli, "mgrctl create %s %s", holder->plan->type, holder->plan->name);
    let_program_go(holder);
    close_session(holder);
}

/* ---- the program ---- */

static void begin(struct lock_job *holder)
{
    struct supervisor *supervisor = &holder->supervisor;
    struct buf variables;
    buf_init(&variables);
    session_number(&variables, "MGR_TOKEN", (int64_t)holder->token);
    session_number(&variables, "MGRCTL_REQUIRE", (int64_t)holder->token);
    child_variable(&variables, "MGR_OBJECT", holder->plan->name);
    session_number(&variables, "MGR_LEASE_DEADLINE",
                   lease_deadline_end_at(&supervisor->deadline, supervisor->since_ns));
    if (holder->previous != 0)
        session_number(&variables, "MGR_PREVIOUS_TOKEN", (int64_t)holder->previous);
    else
        child_variable(&variables, "MGR_PREVIOUS_TOKEN", NULL);
    session_variables(supervisor->cli, &variables);
    if (holder->plan->reentrant)
        held_variable(holder->plan->name, holder->token, &variables);
    if (supervisor_go(supervisor, &holder->program, &variables) || supervisor->loss == LOSS_NONE)
        holder->stage = STAGE_RUNNING; /* a program that was taken back tells by its end */
    buf_free(&variables);
}

static void acquired(struct lock_job *holder)
{
    struct supervisor *supervisor = &holder->supervisor;
    supervisor->wake_ns = 0;
    if (holder->outcome.kind == OUTCOME_INTERRUPT || holder->outcome.kind == OUTCOME_LOST ||
        holder->program.pid == 0) {
        finish(holder);
        return;
    }
    holder->stage = STAGE_READY;
    lease_deadline_shorten(&supervisor->deadline, holder->life_ms);
    session_thread_beats(&supervisor->thread, lease_deadline_beat_ns(&supervisor->deadline));
    supervisor_watch(supervisor);
    message_send(supervisor->parent, MESSAGE_READY, 0, (int64_t)holder->previous);
}

/* ---- the job ---- */

static void ordered(struct supervisor *supervisor, struct order *order)
{
    struct lock_job *holder = lock_job_of(supervisor);
    if (order == &holder->close) {
        tell_end(holder);
        supervisor->over = true;
    } else if (order == &holder->release) {
        released(holder);
    } else if (order->status != MGR_OK) {
        refused(holder, order);
    } else if (order == &holder->open) {
        holder->stage = STAGE_ACQUIRING;
        holder->acquire.waits = true;
        post(holder, &holder->acquire, acquire);
        if (holder->outcome.kind == OUTCOME_INTERRUPT || holder->outcome.kind == OUTCOME_LOST)
            session_thread_interrupt(&supervisor->thread, &holder->acquire);
    } else {
        acquired(holder);
    }
}

/* Whatever is under way before the program has begun is taken back. */
static void take_back(struct lock_job *holder)
{
    if (holder->stage == STAGE_OPENING) {
        tell_end(holder);
        holder->supervisor.over = true; /* nothing is held yet */
    } else if (holder->stage == STAGE_ACQUIRING) {
        session_thread_interrupt(&holder->supervisor.thread, &holder->acquire);
    } else {
        finish(holder);
    }
}

static bool is_end(int number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

static void noted(struct supervisor *supervisor, const struct message *note)
{
    struct lock_job *holder = lock_job_of(supervisor);
    if (note->kind == MESSAGE_GO && holder->stage == STAGE_READY) {
        begin(holder);
    } else if (note->kind == MESSAGE_SIGNAL && holder->stage <= STAGE_READY) {
        if (!is_end(note->number) || holder->outcome.kind == OUTCOME_LOST)
            return;
        holder->outcome =
            (struct outcome){.kind = OUTCOME_INTERRUPT, .number = (uint8_t)note->number};
        take_back(holder);
    } else if (note->kind == MESSAGE_SIGNAL && holder->program.pid > 0) {
        kill(-holder->program.pid, note->number);
    }
}

/* Those that the program left in its group have the grace to end by themselves. */
static void child_ended(struct lock_job *holder, int status)
{
    outcome_of_wait(&holder->outcome, status);
    holder->cut = holder->supervisor.loss != LOSS_NONE && status != 0;
    holder->stage = STAGE_LEFT;
    holder->supervisor.wake_ns = session_thread_now() + holder->supervisor.deadline.grace_ns;
}

static void child(struct supervisor *supervisor, pid_t pid, int status)
{
    struct lock_job *holder = lock_job_of(supervisor);
    if (holder->program.pid == 0)
        return;
    if (pid == holder->program.pid && WIFSTOPPED(status)) {
        message_send(supervisor->parent, MESSAGE_STOPPED, 0, 0);
        return;
    }
    if (pid == holder->program.pid && holder->stage < STAGE_RUNNING) {
        holder->program.pid = 0; /* somebody killed it before it was let go */
        outcome_of_wait(&holder->outcome, status);
        take_back(holder);
        return;
    }
    if (pid == holder->program.pid)
        child_ended(holder, status);
    if (holder->stage == STAGE_LEFT && !supervisor_has(holder->program.pid))
        finish(holder);
}

static void kill_program(struct supervisor *supervisor, int number)
{
    struct lock_job *holder = lock_job_of(supervisor);
    if (holder->program.pid > 0)
        kill(-holder->program.pid, number);
}

static void lost(struct supervisor *supervisor)
{
    struct lock_job *holder = lock_job_of(supervisor);
    holder->outcome.kind = OUTCOME_LOST;
    if (holder->stage <= STAGE_READY)
        take_back(holder);
}

static void tick(struct supervisor *supervisor, int64_t now_ns)
{
    struct lock_job *holder = lock_job_of(supervisor);
    (void)now_ns;
    if (holder->stage == STAGE_LEFT) {
        kill_program(supervisor, SIGKILL);
    } else if (holder->stage >= STAGE_RELEASING) {
        if (holder->stage == STAGE_RELEASING && !holder->told)
            say_kept(holder, "no answer in time");
        tell_end(holder);
        supervisor->over = true;
    }
}

static const struct supervisor_job job = {ordered, noted, child, kill_program, lost, tick};

static void fail(struct lock_job *holder, int parent, const char *what)
{
    holder->supervisor.parent = parent;
    holder->outcome.kind = OUTCOME_FAILED;
    holder->outcome.number =
        (uint8_t)report(holder->supervisor.cli, MGR_LOCAL_IO, "%s: %s", what, strerror(errno));
    tell_end(holder);
}

void lock_job_guard(struct cli *cli, int parent, const sigset_t *mask, void *arg)
{
    const struct lock_job_plan *plan = arg;
    struct lock_job holder = {.supervisor = {.cli = cli, .job = &job, .deadline = plan->deadline},
                              .plan = plan};
    const struct child_plan program = {plan->argv, -1, mask};
    if (!child_prepare(&holder.program, &program)) {
        fail(&holder, parent, plan->argv[0]);
        return;
    }
    message_send(parent, MESSAGE_GROUP, holder.program.pid, 0);
    if (!supervisor_init(&holder.supervisor, parent) ||
        !session_thread_start(&holder.supervisor.thread, beat)) {
        fail(&holder, parent, "guarding");
        child_cancel(&holder.program);
        return;
    }
    supervisor_let_go(STDOUT_FILENO);
    post(&holder, &holder.open, open_session);
    supervisor_loop(&holder.supervisor);
}
