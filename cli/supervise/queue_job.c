/* SPDX-License-Identifier: BSD-2-Clause */
/* One get is under way while a place is free; what a program leaves is acknowledged when it ended
 * well, and given back when not. */
#include "cli/supervise/queue_job.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/base/report.h"
#include "cli/supervise/backoff.h"
#include "cli/supervise/item_input.h"
#include "cli/supervise/lease_session.h"
#include "cli/supervise/nanoseconds.h"
#include "cli/supervise/supervisor.h"
#include "cli/supervise/worker_slot.h"

enum { CLOSE_MS = 1500, LOOK_MS = 1000 };

struct queue_job {
    struct supervisor supervisor; /* the first: job functions get it */
    const struct queue_job_plan *plan;
    struct worker_slot *places;
    size_t busy;
    struct queue_job_open open;
    struct queue_job_get get;
    struct order close;
    bool getting;
    bool stopping; /* takes no more items */
    bool decided;  /* outcome says how it ends, whatever comes */
    bool closing;
    bool held_off; /* nothing new is taken while the parent is suspended */
    bool ready;    /* the parent knows that programs run */
    bool once_done;
    uint64_t coming;     /* items that may come later, when there was none */
    int64_t patience_ns; /* when the wait for an item is over; 0: it has not begun */
    struct outcome outcome;
};

static struct queue_job *queue_job_of(struct supervisor *supervisor)
{
    return (struct queue_job *)(void *)supervisor;
}

static void proceed(struct queue_job *workers);

/* ---- the end ---- */

/* No more items; the first reason counts. */
static void stop(struct queue_job *workers, enum outcome_kind kind, int number)
{
    if (!workers->decided)
        workers->outcome = (struct outcome){.kind = kind, .number = (uint8_t)number};
    workers->decided = true;
    workers->stopping = true;
    if (workers->getting)
        session_thread_interrupt(&workers->supervisor.thread, &workers->get.order);
}

static enum mgr_status say_bye(struct session_thread *thread, struct order *order)
{
    (void)order;
    mgr_close(thread->m);
    thread->m = NULL;
    return MGR_OK;
}

static void finish(struct queue_job *workers)
{
    struct supervisor *supervisor = &workers->supervisor;
    supervisor_rest(supervisor);
    workers->closing = true;
    if (workers->outcome.kind == OUTCOME_LOST)
        supervisor_tell(supervisor,
                        &workers->outcome); /* who knows whether the daemon still answers */
    workers->close.run = say_bye;
    session_thread_post(&supervisor->thread, &workers->close);
    supervisor->wake_ns = session_thread_now() + CLOSE_MS * NS_PER_MS;
}

static void over(struct queue_job *workers)
{
    if (workers->outcome.kind != OUTCOME_LOST)
        supervisor_tell(&workers->supervisor, &workers->outcome);
    workers->supervisor.over = true;
}

/* ---- settling ---- */

static void tell_failure(const struct queue_job *workers, const struct worker_slot *place)
{
    struct buf text;
    buf_init(&text);
    worker_slot_put_failure(place, workers->plan, &text);
    buf_put_u8(&text, '\0');
    if (!text.failed && !workers->supervisor.cli->options.quiet)
        report_note(workers->supervisor.cli, "%s", (const char *)text.data);
    buf_free(&text);
}

static void give_back(struct queue_job *workers, struct worker_slot *place)
{
    const struct queue_job_plan *plan = workers->plan;
    struct queue_job_settle *settle = &place->settle;
    if (workers->stopping && !workers->once_done) {
        /* at once: somebody else may want it */
    } else if (place->attempt < plan->attempts) {
        settle->delay_ms = backoff_delay_ms(plan->backoff_ms, place->attempt);
    } else {
        settle->to = plan->dead;
        settle->delay_ms = backoff_longest_ms(plan->backoff_ms);
    }
    if (!worker_slot_cannot_run(place))
        tell_failure(workers, place);
}

static void settle(struct queue_job *workers, struct worker_slot *place)
{
    struct supervisor *supervisor = &workers->supervisor;
    message_send(supervisor->parent, MESSAGE_GROUP_END, place->program.pid, 0);
    place->program.pid = 0;
    place->stage = PLACE_SETTLING;
    place->settle = (struct queue_job_settle){
        .order = {.run = queue_job_settle}, .plan = workers->plan, .token = place->settle.token};
    place->settle.ack = worker_slot_ended_well(place);
    if (worker_slot_cannot_run(place))
        stop(workers, OUTCOME_NOT_RUN, WEXITSTATUS(place->status));
    if (workers->plan->once && !place->spoiled && !workers->decided) {
        workers->once_done = true;
        stop(workers, OUTCOME_CHILD, 0);
        outcome_of_wait(&workers->outcome, place->status);
    }
    if (!place->settle.ack)
        give_back(workers, place);
    session_thread_post(&supervisor->thread, &place->settle.order);
}

static void settled(struct queue_job *workers, struct worker_slot *place)
{
    struct queue_job_settle *done = &place->settle;
    struct supervisor *supervisor = &workers->supervisor;
    if (done->order.status != MGR_OK && done->to != NULL) {
        report_note(supervisor->cli, "%s: the item stays in %s", done->order.error,
                    workers->plan->name);
        done->to = NULL; /* for later */
        session_thread_post(&supervisor->thread, &done->order);
        return;
    }
    place->stage = PLACE_FREE;
    workers->busy--;
    workers->patience_ns = 0;
    if (done->lost && supervisor->loss == LOSS_NONE)
        report_note(supervisor->cli, "an item was lost while its program ran: it is done again");
    if (done->order.status != MGR_OK && supervisor->loss == LOSS_NONE) {
        report_note(supervisor->cli, "%s", done->order.error);
        supervisor_lose(supervisor, LOSS_SESSION);
    }
}

/* ---- beginning ---- */

static void put_variables(const struct queue_job *workers, const struct worker_slot *place,
                          struct buf *out)
{
    const struct supervisor *supervisor = &workers->supervisor;
    session_number(out, "MGR_TOKEN", (int64_t)place->settle.token);
    session_number(out, "MGRCTL_REQUIRE", (int64_t)place->settle.token);
    session_number(out, "MGR_ATTEMPT", (int64_t)place->attempt);
    session_number(out, "MGR_REDELIVERED", workers->get.grant.redelivered ? 1 : 0);
    session_number(out, "MGR_LEASE_DEADLINE",
                   lease_deadline_end_at(&supervisor->deadline, supervisor->since_ns));
    child_variable(out, "MGR_OBJECT", workers->plan->name);
    session_variables(supervisor->cli, out);
}

/* The item counts as failed: what is wrong with it, or here, may pass. */
static void spoil(struct queue_job *workers, struct worker_slot *place, const char *why)
{
    report_note(workers->supervisor.cli, "an item could not be given to the program: %s", why);
    place->spoiled = true;
    settle(workers, place);
}

static void begin(struct queue_job *workers, struct worker_slot *place, struct bytes text)
{
    struct supervisor *supervisor = &workers->supervisor;
    struct buf variables;
    if (!worker_slot_prepare(place, workers->plan, text)) {
        spoil(workers, place,
              errno == EINVAL ? "no argument can have its NUL byte" : strerror(errno));
        return;
    }
    message_send(supervisor->parent, MESSAGE_GROUP, place->program.pid, 0);
    if (!workers->ready)
        message_send(supervisor->parent, MESSAGE_READY, 0, 0);
    if (!workers->ready)
        supervisor_watch(supervisor);
    workers->ready = true;
    place->stage = PLACE_RUNNING;
    buf_init(&variables);
    put_variables(workers, place, &variables);
    /* its end tells; it is not to be taken for an end of the program */
    place->spoiled = !supervisor_go(supervisor, &place->program, &variables);
    buf_free(&variables);
}

static void take_item(struct queue_job *workers)
{
    struct worker_slot *place = workers->places;
    struct mgr_view value;
    struct buf text;
    while (place->stage != PLACE_FREE)
        place++;
    *place = (struct worker_slot){.attempt = workers->get.grant.attempts + 1};
    place->settle.token = workers->get.grant.token;
    workers->busy++;
    buf_init(&text);
    if (mgr_field(mgr_view(workers->get.item), "value", &value))
        item_input_text(value, &text);
    worker_slot_name(place, buf_bytes(&text));
    if (workers->stopping || text.failed ||
        (place->attempt > workers->plan->attempts && workers->plan->dead != NULL)) {
        place->spoiled = true; /* it ended those who tried it: once more would be no better */
        settle(workers, place);
    } else {
        begin(workers, place, buf_bytes(&text));
    }
    buf_free(&text);
    mgr_value_free(workers->get.item);
    workers->get.item = NULL;
}

/* ---- getting ---- */

/* How long the next get waits: in slices, so that heartbeats come between. */
static int64_t next_wait_ms(struct queue_job *workers)
{
    const struct queue_job_plan *plan = workers->plan;
    int64_t slice_ms = lease_deadline_beat_ns(&workers->supervisor.deadline) / NS_PER_MS;
    int64_t now_ns = session_thread_now();
    if (plan->until_empty && slice_ms > LOOK_MS)
        slice_ms = LOOK_MS; /* what others have may be dealt with, and then nobody says so */
    if (plan->wait_ms == 0 || (plan->until_empty && workers->busy == 0 && workers->coming == 0))
        return 0;
    if (plan->wait_ms == MGR_FOREVER || plan->wait_ms > INT64_MAX / NS_PER_MS / 4)
        return slice_ms;
    if (workers->patience_ns == 0)
        workers->patience_ns = now_ns + plan->wait_ms * NS_PER_MS;
    int64_t left_ms = (workers->patience_ns - now_ns) / NS_PER_MS;
    return left_ms < slice_ms ? left_ms > 0 ? left_ms : 0 : slice_ms;
}

static void get_next(struct queue_job *workers)
{
    workers->get = (struct queue_job_get){.order = {.run = queue_job_get, .waits = true},
                                          .plan = workers->plan,
                                          .wait_ms = next_wait_ms(workers),
                                          .alone = workers->busy == 0};
    workers->getting = true;
    session_thread_post(&workers->supervisor.thread, &workers->get.order);
}

static bool is_broken(enum mgr_status status)
{
    return status == MGR_UNREACHABLE || status == MGR_INDETERMINATE || status == MGR_SESSION_LOST ||
           status == MGR_SUPERSEDED || status == MGR_STALE_TOKEN || status == MGR_PROTOCOL;
}

static void got_error(struct queue_job *workers)
{
    struct supervisor *supervisor = &workers->supervisor;
    enum mgr_status status = workers->get.order.status;
    if (!workers->stopping)
        report_note(supervisor->cli, "%s", workers->get.order.error);
    if (is_broken(status) && workers->busy > 0)
        supervisor_lose(supervisor, LOSS_SESSION);
    stop(workers, OUTCOME_FAILED, mgr_status_exit_code(status));
}

/* Nothing was there; the wait was over, or none was wanted. */
static void got_nothing(struct queue_job *workers)
{
    const struct queue_job_plan *plan = workers->plan;
    bool over_ = plan->wait_ms == 0 ||
                 (workers->patience_ns != 0 && session_thread_now() >= workers->patience_ns);
    workers->coming = workers->get.coming;
    if (workers->busy > 0)
        return;
    if (plan->until_empty && workers->get.order.status == MGR_EMPTY && workers->coming == 0)
        stop(workers, OUTCOME_CHILD, 0);
    else if (over_ && (!plan->until_empty || workers->get.order.status == MGR_EMPTY))
        stop(workers, plan->wait_ms == 0 ? OUTCOME_BUSY : OUTCOME_TIMEOUT, 0);
    if (workers->stopping && workers->outcome.kind != OUTCOME_CHILD &&
        !workers->supervisor.cli->options.quiet)
        report_about(workers->supervisor.cli, workers->get.order.status, workers->get.order.error,
                     plan->type, plan->name);
}

static void got(struct queue_job *workers)
{
    struct supervisor *supervisor = &workers->supervisor;
    workers->getting = false;
    if (workers->get.life_ms > 0)
        lease_deadline_shorten(&supervisor->deadline, workers->get.life_ms);
    switch (workers->get.order.status) {
    case MGR_OK:
        workers->patience_ns = 0;
        workers->coming = 0;
        session_thread_beats(&supervisor->thread, lease_deadline_beat_ns(&supervisor->deadline));
        take_item(workers);
        break;
    case MGR_EMPTY:
    case MGR_TIMEOUT:
        got_nothing(workers);
        break;
    case MGR_INTERRUPTED:
        break;
    case MGR_SHUT_DOWN: /* nothing will come any more */
        stop(workers, OUTCOME_CHILD, 0);
        break;
    default:
        got_error(workers);
        break;
    }
}

static bool any_program(const struct queue_job *workers)
{
    for (size_t i = 0; i < workers->plan->jobs; i++)
        if (workers->places[i].program.pid > 0)
            return true;
    return false;
}

/* Nothing new begins while the parent is suspended. Before the first item only the gets keep the
 * session alive. */
static bool is_suspended(const struct queue_job *workers)
{
    return workers->supervisor.suspended && workers->ready;
}

/* What can be done now. */
static void proceed(struct queue_job *workers)
{
    const struct queue_job_plan *plan = workers->plan;
    size_t jobs = plan->once ? 1 : plan->jobs;
    bool lost = workers->supervisor.loss != LOSS_NONE; /* then the daemon is not waited for */
    workers->held_off = is_suspended(workers);
    if (workers->closing)
        return;
    if (lost ? !any_program(workers) : workers->stopping && workers->busy == 0 && !workers->getting)
        finish(workers);
    else if (workers->getting && plan->until_empty && workers->busy == 0 && workers->coming == 0 &&
             workers->get.wait_ms > 0)
        session_thread_interrupt(&workers->supervisor.thread,
                                 &workers->get.order); /* is it empty? */
    else if (!workers->getting && !workers->stopping && workers->busy < jobs &&
             !(plan->wait_ms == 0 && workers->busy > 0) && !workers->held_off)
        get_next(workers);
}

/* ---- the job ---- */

static void ordered(struct supervisor *supervisor, struct order *order)
{
    struct queue_job *workers = queue_job_of(supervisor);
    if (order == &workers->close) {
        over(workers);
        return;
    }
    if (order == &workers->open.order) {
        if (order->status != MGR_OK && !workers->decided) {
            report_note(supervisor->cli, "%s", order->error);
            report_where(supervisor->cli, order->status);
        }
        if (order->status != MGR_OK)
            stop(workers, OUTCOME_FAILED, mgr_status_exit_code(order->status));
    } else if (order == &workers->get.order) {
        got(workers);
    } else {
        for (size_t i = 0; i < workers->plan->jobs; i++)
            if (order == &workers->places[i].settle.order)
                settled(workers, &workers->places[i]);
    }
    proceed(workers);
}

static void kill_all(struct supervisor *supervisor, int number)
{
    const struct queue_job *workers = queue_job_of(supervisor);
    for (size_t i = 0; i < workers->plan->jobs; i++)
        if (workers->places[i].program.pid > 0)
            kill(-workers->places[i].program.pid, number);
}

static void noted(struct supervisor *supervisor, const struct message *note)
{
    struct queue_job *workers = queue_job_of(supervisor);
    if (is_suspended(workers) && workers->getting)
        session_thread_interrupt(&supervisor->thread, &workers->get.order);
    if (workers->held_off && !is_suspended(workers))
        proceed(workers);
    if (note->kind != MESSAGE_SIGNAL)
        return;
    kill_all(supervisor, note->number);
    if (note->number == SIGINT || note->number == SIGTERM || note->number == SIGHUP ||
        note->number == SIGQUIT) {
        stop(workers, OUTCOME_INTERRUPT, note->number);
        proceed(workers);
    }
}

/* The program and its group are no more. */
static void group_ended(struct queue_job *workers, struct worker_slot *place)
{
    if (workers->supervisor.loss == LOSS_NONE) {
        settle(workers, place);
        return;
    }
    place->program.pid = 0; /* it is the daemon's again, or will be */
    place->stage = PLACE_FREE;
    workers->busy--;
    proceed(workers);
}

static void child(struct supervisor *supervisor, pid_t pid, int status)
{
    struct queue_job *workers = queue_job_of(supervisor);
    int64_t now_ns = session_thread_now();
    if (WIFSTOPPED(status))
        return;
    for (size_t i = 0; i < workers->plan->jobs; i++) {
        struct worker_slot *place = &workers->places[i];
        if (place->program.pid == pid && place->stage == PLACE_RUNNING) {
            place->status = status;
            place->stage = PLACE_LEFT;
            place->kill_ns = now_ns + supervisor->deadline.grace_ns;
            if (supervisor->wake_ns == 0)
                supervisor->wake_ns = place->kill_ns;
        }
        if (place->stage == PLACE_LEFT && !supervisor_has(place->program.pid))
            group_ended(workers, place);
    }
}

static void lost(struct supervisor *supervisor)
{
    struct queue_job *workers = queue_job_of(supervisor);
    workers->decided = false;
    stop(workers, OUTCOME_LOST, 0);
    proceed(workers);
}

static void tick(struct supervisor *supervisor, int64_t now_ns)
{
    struct queue_job *workers = queue_job_of(supervisor);
    if (workers->closing) {
        over(workers);
        return;
    }
    for (size_t i = 0; i < workers->plan->jobs; i++) {
        struct worker_slot *place = &workers->places[i];
        if (place->stage != PLACE_LEFT)
            continue;
        if (now_ns >= place->kill_ns)
            kill(-place->program.pid, SIGKILL);
        else if (supervisor->wake_ns == 0 || place->kill_ns < supervisor->wake_ns)
            supervisor->wake_ns = place->kill_ns;
    }
}

static const struct supervisor_job job = {ordered, noted, child, kill_all, lost, tick};

void queue_job_guard(struct cli *cli, int parent, const sigset_t *mask, void *arg)
{
    struct queue_job_plan plan = *(struct queue_job_plan *)arg;
    struct queue_job workers = {.supervisor = {.cli = cli, .job = &job, .deadline = plan.deadline},
                                .plan = &plan};
    plan.mask = mask;
    workers.places = calloc(plan.jobs, sizeof *workers.places);
    if (workers.places == NULL || !supervisor_init(&workers.supervisor, parent) ||
        !session_thread_start(&workers.supervisor.thread, session_beat)) {
        int code = report(cli, MGR_LOCAL_IO, "guarding: %s", strerror(errno));
        workers.outcome = (struct outcome){.kind = OUTCOME_FAILED, .number = (uint8_t)code};
        workers.supervisor.parent = parent;
        supervisor_tell(&workers.supervisor, &workers.outcome);
    } else {
        workers.open = (struct queue_job_open){{.run = queue_job_open}, cli, &plan};
        session_thread_post(&workers.supervisor.thread, &workers.open.order);
        supervisor_loop(&workers.supervisor);
    }
    free(workers.places);
}
