/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens a session, acquires, lets the program begin, waits for its end, releases. The program's
 * process is there from the start, so that it is in the front's session and can have its terminal.
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
#include "cli/supervise/supervisor.h"

enum stage {
    STAGE_OPENING,
    STAGE_ACQUIRING,
    STAGE_READY, /* it is ours; the front is asked */
    STAGE_RUNNING,
    STAGE_LEFT, /* the program ended; others of its group may live */
    STAGE_RELEASING,
    STAGE_CLOSING
};

enum { RELEASE_MS = 5000, CLOSE_MS = 1500, OPERATION = 40 };

#define NS_PER_MS INT64_C(1000000)

struct holder {
    struct guardian guardian; /* the first: job functions get it */
    const struct holder_plan *plan;
    struct program program; /* pid 0: it and its group are no more */
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

static struct holder *holder_of(struct guardian *guardian)
{
    return (struct holder *)(void *)guardian;
}

/* ---- orders: these run in the keeper's thread ---- */

static struct holder *holder_of_keeper(struct keeper *keeper)
{
    return (struct holder *)(void *)((char *)keeper - offsetof(struct guardian, keeper));
}

static enum mgr_status call(struct holder *holder, const char *method, const struct mgr_named *args,
                            size_t count, struct mgr_value **result)
{
    char operation[OPERATION];
    snprintf(operation, sizeof operation, "%s %s", holder->plan->type, method);
    return mgr_call(holder->guardian.keeper.m, operation, args, count, 0, result);
}

static enum mgr_status open_session(struct keeper *keeper, struct order *order)
{
    struct holder *holder = holder_of_keeper(keeper);
    (void)order;
    return session_open(holder->guardian.cli, holder->plan->lease_ms, &keeper->m);
}

static enum mgr_status create(struct holder *holder)
{
    const struct holder_plan *plan = holder->plan;
    const struct mgr_named args[] = {
        {"name", mgr_str(plan->name)},
        {"type", mgr_str(plan->type)},
        {"if_absent", mgr_bool(true)},
        {"init", plan->permits > 0 ? mgr_int(plan->permits) : MGR_ABSENT}};
    enum mgr_status status = mgr_call(holder->guardian.keeper.m, "object create", args, 4, 0, NULL);
    return status == MGR_EXISTS ? MGR_OK : status; /* as somebody else wants it */
}

/* Asks whether it is still ours, which is a heartbeat too. */
static enum mgr_status beat(struct keeper *keeper, struct order *order)
{
    struct holder *holder = holder_of_keeper(keeper);
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
    return truth && mgr_epoch(keeper->m) == keeper->epoch ? MGR_OK : MGR_LOCK_LOST;
}

static enum mgr_status get(struct holder *holder, int64_t wait_ms)
{
    const struct holder_plan *plan = holder->plan;
    const struct mgr_named args[] = {{"name", mgr_str(plan->name)},
                                     {"permits", mgr_int(plan->permits)}};
    char operation[OPERATION];
    snprintf(operation, sizeof operation, "%s acquire", plan->type);
    return mgr_call(holder->guardian.keeper.m, operation, args, plan->permits > 0 ? 2 : 1, wait_ms,
                    NULL);
}

/* Only what is not there at first is created: what is deleted during the wait was to go. */
static enum mgr_status get_in_time(struct holder *holder)
{
    const struct holder_plan *plan = holder->plan;
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
static bool enter_again(struct holder *holder, struct order *order)
{
    struct keeper *keeper = &holder->guardian.keeper;
    int64_t since_ns = keeper_now();
    if (strcmp(holder->plan->type, "rlock") != 0)
        return false;
    holder->around = holder->token = held_token(holder->plan->name);
    keeper->epoch = mgr_epoch(keeper->m);
    if (holder->around != 0 && beat(keeper, order) == MGR_OK) {
        order->since_ns = since_ns;
        holder->life_ms = session_life_ms(keeper->m, since_ns);
        keeper_waited(keeper, MGR_OK);
        return true;
    }
    holder->around = 0;
    return false;
}

static enum mgr_status acquire(struct keeper *keeper, struct order *order)
{
    struct holder *holder = holder_of_keeper(keeper);
    struct mgr *m = keeper->m;
    if (enter_again(holder, order))
        return MGR_OK;
    enum mgr_status status = get_in_time(holder);
    const struct mgr_grant grant = *mgr_last_grant(m); /* keeper_waited may make a call */
    keeper_waited(keeper, status);
    if (status != MGR_OK)
        return status;
    keeper->epoch = grant.epoch;
    holder->token = grant.token;
    holder->previous = grant.previous_token;
    /* the lease counts from something that was sent after the wait */
    int64_t since_ns = keeper_now();
    status = beat(keeper, order);
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

static enum mgr_status release(struct keeper *keeper, struct order *order)
{
    struct holder *holder = holder_of_keeper(keeper);
    const struct mgr_named args[] = {{"name", mgr_str(holder->plan->name)},
                                     {"token", mgr_int((int64_t)holder->token)}};
    (void)order;
    if (holder->around != 0)
        return MGR_OK; /* it goes on being held */
    enum mgr_status status = call(holder, "release", args, 2, NULL);
    holder->lost = status == MGR_OK ? mgr_lost(keeper->m) : is_not_ours(status);
    return status;
}

static enum mgr_status say_bye(struct keeper *keeper, struct order *order)
{
    (void)order;
    mgr_close(keeper->m);
    keeper->m = NULL;
    return MGR_OK;
}

static void post(struct holder *holder, struct order *order, order_fn *run)
{
    order->run = run;
    keeper_post(&holder->guardian.keeper, order);
}

/* ---- the end ---- */

static void tick_in(struct holder *holder, int64_t ms)
{
    holder->guardian.wake_ns = keeper_now() + ms * NS_PER_MS;
}

static void tell_end(struct holder *holder)
{
    if (!holder->told)
        guardian_tell(&holder->guardian, &holder->outcome);
    holder->told = true;
}

static void close_session(struct holder *holder)
{
    guardian_rest(&holder->guardian);
    holder->stage = STAGE_CLOSING;
    post(holder, &holder->close, say_bye);
    tick_in(holder, CLOSE_MS);
}

/* Its group is no more, or never began. */
static void let_program_go(struct holder *holder)
{
    if (holder->program.pid > 0)
        note_send(holder->guardian.front, NOTE_GROUP_END, holder->program.pid, 0);
    program_cancel(&holder->program);
    holder->program.pid = 0;
}

static void finish(struct holder *holder)
{
    let_program_go(holder);
    guardian_rest(&holder->guardian);
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

static void say_kept(const struct holder *holder, const char *why)
{
    report_note(holder->guardian.cli, "%s; the daemon frees %s %s by itself", why,
                holder->plan->type, holder->plan->name);
}

static void released(struct holder *holder)
{
    if (holder->lost && holder->outcome.kind != OUTCOME_LOST) {
        report_note(holder->guardian.cli, "%s %s was lost before the program ended",
                    holder->plan->type, holder->plan->name);
        holder->outcome.kind = OUTCOME_LOST;
    } else if (!holder->lost && holder->release.status != MGR_OK) {
        say_kept(holder, holder->release.error);
    }
    close_session(holder);
}

/* It was not to be had. */
static void refused(struct holder *holder, const struct order *order)
{
    struct cli *cli = holder->guardian.cli;
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

static void begin(struct holder *holder)
{
    struct guardian *guardian = &holder->guardian;
    struct buf variables;
    buf_init(&variables);
    session_number(&variables, "MGR_TOKEN", (int64_t)holder->token);
    session_number(&variables, "MGRCTL_REQUIRE", (int64_t)holder->token);
    program_variable(&variables, "MGR_OBJECT", holder->plan->name);
    session_number(&variables, "MGR_LEASE_DEADLINE",
                   fence_end_at(&guardian->fence, guardian->since_ns));
    if (holder->previous != 0)
        session_number(&variables, "MGR_PREVIOUS_TOKEN", (int64_t)holder->previous);
    else
        program_variable(&variables, "MGR_PREVIOUS_TOKEN", NULL);
    session_variables(guardian->cli, &variables);
    if (strcmp(holder->plan->type, "rlock") == 0)
        held_variable(holder->plan->name, holder->token, &variables);
    if (guardian_go(guardian, &holder->program, &variables) || guardian->loss == LOSS_NONE)
        holder->stage = STAGE_RUNNING; /* a program that was taken back tells by its end */
    buf_free(&variables);
}

static void acquired(struct holder *holder)
{
    struct guardian *guardian = &holder->guardian;
    guardian->wake_ns = 0;
    if (holder->outcome.kind == OUTCOME_INTERRUPT || holder->outcome.kind == OUTCOME_LOST ||
        holder->program.pid == 0) {
        finish(holder);
        return;
    }
    holder->stage = STAGE_READY;
    fence_shorten(&guardian->fence, holder->life_ms);
    keeper_beats(&guardian->keeper, fence_beat_ns(&guardian->fence));
    guardian_watch(guardian);
    note_send(guardian->front, NOTE_READY, 0, (int64_t)holder->previous);
}

/* ---- the job ---- */

static void ordered(struct guardian *guardian, struct order *order)
{
    struct holder *holder = holder_of(guardian);
    if (order == &holder->close) {
        tell_end(holder);
        guardian->over = true;
    } else if (order == &holder->release) {
        released(holder);
    } else if (order->status != MGR_OK) {
        refused(holder, order);
    } else if (order == &holder->open) {
        holder->stage = STAGE_ACQUIRING;
        holder->acquire.waits = true;
        post(holder, &holder->acquire, acquire);
        if (holder->outcome.kind == OUTCOME_INTERRUPT || holder->outcome.kind == OUTCOME_LOST)
            keeper_interrupt(&guardian->keeper, &holder->acquire);
    } else {
        acquired(holder);
    }
}

/* Whatever is under way before the program has begun is taken back. */
static void take_back(struct holder *holder)
{
    if (holder->stage == STAGE_OPENING) {
        tell_end(holder);
        holder->guardian.over = true; /* nothing is held yet */
    } else if (holder->stage == STAGE_ACQUIRING) {
        keeper_interrupt(&holder->guardian.keeper, &holder->acquire);
    } else {
        finish(holder);
    }
}

static bool is_end(int number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

static void noted(struct guardian *guardian, const struct note *note)
{
    struct holder *holder = holder_of(guardian);
    if (note->kind == NOTE_GO && holder->stage == STAGE_READY) {
        begin(holder);
    } else if (note->kind == NOTE_SIGNAL && holder->stage <= STAGE_READY) {
        if (!is_end(note->number) || holder->outcome.kind == OUTCOME_LOST)
            return;
        holder->outcome =
            (struct outcome){.kind = OUTCOME_INTERRUPT, .number = (uint8_t)note->number};
        take_back(holder);
    } else if (note->kind == NOTE_SIGNAL && holder->program.pid > 0) {
        kill(-holder->program.pid, note->number);
    }
}

/* Those that the program left in its group have the grace to end by themselves. */
static void program_ended(struct holder *holder, int status)
{
    outcome_of_wait(&holder->outcome, status);
    holder->cut = holder->guardian.loss != LOSS_NONE && status != 0;
    holder->stage = STAGE_LEFT;
    holder->guardian.wake_ns = keeper_now() + holder->guardian.fence.grace_ns;
}

static void child(struct guardian *guardian, pid_t pid, int status)
{
    struct holder *holder = holder_of(guardian);
    if (holder->program.pid == 0)
        return;
    if (pid == holder->program.pid && WIFSTOPPED(status)) {
        note_send(guardian->front, NOTE_STOPPED, 0, 0);
        return;
    }
    if (pid == holder->program.pid && holder->stage < STAGE_RUNNING) {
        holder->program.pid = 0; /* somebody killed it before it was let go */
        outcome_of_wait(&holder->outcome, status);
        take_back(holder);
        return;
    }
    if (pid == holder->program.pid)
        program_ended(holder, status);
    if (holder->stage == STAGE_LEFT && !guardian_has(holder->program.pid))
        finish(holder);
}

static void kill_program(struct guardian *guardian, int number)
{
    struct holder *holder = holder_of(guardian);
    if (holder->program.pid > 0)
        kill(-holder->program.pid, number);
}

static void lost(struct guardian *guardian)
{
    struct holder *holder = holder_of(guardian);
    holder->outcome.kind = OUTCOME_LOST;
    if (holder->stage <= STAGE_READY)
        take_back(holder);
}

static void tick(struct guardian *guardian, int64_t now_ns)
{
    struct holder *holder = holder_of(guardian);
    (void)now_ns;
    if (holder->stage == STAGE_LEFT) {
        kill_program(guardian, SIGKILL);
    } else if (holder->stage >= STAGE_RELEASING) {
        if (holder->stage == STAGE_RELEASING && !holder->told)
            say_kept(holder, "no answer in time");
        tell_end(holder);
        guardian->over = true;
    }
}

static const struct guardian_job job = {ordered, noted, child, kill_program, lost, tick};

static void fail(struct holder *holder, int front, const char *what)
{
    holder->guardian.front = front;
    holder->outcome.kind = OUTCOME_FAILED;
    holder->outcome.number =
        (uint8_t)report(holder->guardian.cli, MGR_LOCAL_IO, "%s: %s", what, strerror(errno));
    tell_end(holder);
}

void holder_guard(struct cli *cli, int front, const sigset_t *mask, void *arg)
{
    const struct holder_plan *plan = arg;
    struct holder holder = {.guardian = {.cli = cli, .job = &job, .fence = plan->fence},
                            .plan = plan};
    const struct program_plan program = {plan->argv, -1, mask};
    if (!program_prepare(&holder.program, &program)) {
        fail(&holder, front, plan->argv[0]);
        return;
    }
    note_send(front, NOTE_GROUP, holder.program.pid, 0);
    if (!guardian_init(&holder.guardian, front) || !keeper_start(&holder.guardian.keeper, beat)) {
        fail(&holder, front, "guarding");
        program_cancel(&holder.program);
        return;
    }
    guardian_let_go(STDOUT_FILENO);
    post(&holder, &holder.open, open_session);
    guardian_loop(&holder.guardian);
}
