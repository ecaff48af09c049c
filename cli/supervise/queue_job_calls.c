/* SPDX-License-Identifier: BSD-2-Clause */
/* get, ack, nack. */
#include "cli/supervise/queue_job_calls.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/supervise/lease_session.h"
#include "wire/proto/ops.h"

/* Something else of that name could take no item, long after the start. */
static enum mgr_status check_dead(struct mgr *m, const struct queue_job_plan *plan)
{
    char room[OP_WORDS];
    const struct mgr_named args[] = {{"name", mgr_str(plan->dead)}};
    if (plan->dead == NULL)
        return MGR_OK;
    enum mgr_status status = mgr_call(m, op_words(plan->type, "len", room), args, 1, 0, NULL);
    return status == MGR_WRONG_TYPE ? status : MGR_OK;
}

enum mgr_status queue_job_open(struct session_thread *thread, struct order *order)
{
    const struct queue_job_open *open = (const struct queue_job_open *)(const void *)order;
    enum mgr_status status = session_open(open->cli, open->plan->lease_ms, &thread->m);
    return status == MGR_OK ? check_dead(thread->m, open->plan) : status;
}

static enum mgr_status create(struct mgr *m, const char *type, const char *name)
{
    const struct mgr_named args[] = {
        {"name", mgr_str(name)}, {"type", mgr_str(type)}, {"if_absent", mgr_bool(true)}};
    enum mgr_status status = mgr_call(m, "object create", args, 3, 0, NULL);
    return status == MGR_EXISTS ? MGR_OK : status;
}

/* ---- get ---- */

static uint64_t count_of(const struct mgr_value *info, const char *field)
{
    struct mgr_view view;
    int64_t count = 0;
    if (mgr_field(mgr_view(info), field, &view))
        (void)mgr_as_int(view, &count);
    return (uint64_t)count;
}

enum { COMING_TEXT = 64 }; /* how many items may come, in words */

/* There is no item now, as get has said; is one not there that may be later, because somebody has
 * it who may fail? Who cannot be told must not take the queue for empty. */
static enum mgr_status look_for_coming(struct mgr *m, struct queue_job_get *get)
{
    const struct mgr_named args[] = {{"name", mgr_str(get->plan->name)}};
    struct mgr_value *info = NULL;
    char said[KEEPER_ERROR];
    snprintf(said, sizeof said, "%s", mgr_error(m));
    enum mgr_status status = mgr_call(m, "object info", args, 1, 0, &info);
    if (status != MGR_OK)
        return status;
    get->coming = count_of(info, "delayed") + count_of(info, "reserved");
    mgr_value_free(info);
    if (get->coming == 0)
        snprintf(get->order.error, sizeof get->order.error, "%s", said);
    else
        snprintf(get->order.error, sizeof get->order.error,
                 "%.*s: %" PRIu64 " item%s reserved or delayed", KEEPER_ERROR - COMING_TEXT, said,
                 get->coming, get->coming == 1 ? " is" : "s are");
    return MGR_EMPTY;
}

/* The clock of what was reserved after a wait starts with what is sent after the wait. */
static enum mgr_status start_clock(struct session_thread *thread, struct queue_job_get *get)
{
    int64_t since_ns = session_thread_now();
    enum mgr_status status = session_beat(thread, &get->order);
    if (status == MGR_OK) {
        get->order.since_ns = since_ns;
        get->life_ms = session_life_ms(thread->m, since_ns);
    }
    return status;
}

enum mgr_status queue_job_get(struct session_thread *thread, struct order *order)
{
    struct queue_job_get *get = (struct queue_job_get *)(void *)order;
    const struct queue_job_plan *plan = get->plan;
    struct mgr *m = thread->m;
    char room[OP_WORDS];
    const char *operation = op_words(plan->type, "get", room);
    const struct mgr_named args[] = {{"name", mgr_str(plan->name)}, {"reserve", mgr_bool(true)}};
    get->item = NULL;
    get->coming = 0;
    enum mgr_status status = mgr_call(m, operation, args, 2, get->wait_ms, &get->item);
    if (status == MGR_NO_SUCH_OBJECT && plan->create &&
        (status = create(m, plan->type, plan->name)) == MGR_OK)
        status = mgr_call(m, operation, args, 2, get->wait_ms, &get->item);
    get->grant = *mgr_last_grant(m); /* session_thread_waited may make a call */
    session_thread_waited(thread, status);
    if (status == MGR_EMPTY && plan->until_empty)
        return look_for_coming(m, get);
    if (status != MGR_OK)
        return status;
    if (get->alone)
        thread->epoch = get->grant.epoch;
    status = start_clock(thread, get);
    if (status == MGR_OK)
        return status;
    mgr_value_free(get->item);
    get->item = NULL;
    return status;
}

/* ---- ack and nack ---- */

static enum mgr_status nack(struct mgr *m, const struct queue_job_settle *settle)
{
    char room[OP_WORDS];
    const struct mgr_named args[] = {
        {"name", mgr_str(settle->plan->name)},
        {"token", mgr_int((int64_t)settle->token)},
        {settle->to != NULL ? "to" : "delay_ms",
         settle->to != NULL ? mgr_str(settle->to) : mgr_int(settle->delay_ms)}};
    return mgr_call(m, op_words(settle->plan->type, "nack", room), args, 3, 0, NULL);
}

enum mgr_status queue_job_settle(struct session_thread *thread, struct order *order)
{
    struct queue_job_settle *settle = (struct queue_job_settle *)(void *)order;
    struct mgr *m = thread->m;
    const struct mgr_named args[] = {{"name", mgr_str(settle->plan->name)},
                                     {"token", mgr_int((int64_t)settle->token)}};
    char room[OP_WORDS];
    const char *ack = op_words(settle->plan->type, "ack", room);
    enum mgr_status status = settle->ack ? mgr_call(m, ack, args, 2, 0, NULL) : nack(m, settle);
    if (status == MGR_NO_SUCH_OBJECT && settle->to != NULL &&
        create(m, settle->plan->type, settle->to) == MGR_OK)
        status = nack(m, settle);
    settle->lost = status == MGR_OK && mgr_lost(m);
    return status;
}
