/* SPDX-License-Identifier: BSD-2-Clause */
/* get, ack, nack. */
#include "cli/workers_calls.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/session.h"

/* Something else of that name could take no item, long after the start. */
static enum mgr_status check_dead(struct mgr *m, const char *dead)
{
    const struct mgr_named args[] = {{"name", mgr_str(dead)}};
    if (dead == NULL)
        return MGR_OK;
    return mgr_call(m, "queue len", args, 1, 0, NULL) == MGR_WRONG_TYPE ? MGR_WRONG_TYPE : MGR_OK;
}

enum mgr_status workers_open(struct keeper *keeper, struct order *order)
{
    const struct workers_open *open = (const struct workers_open *)(const void *)order;
    enum mgr_status status = session_open(open->cli, open->plan->lease_ms, &keeper->m);
    return status == MGR_OK ? check_dead(keeper->m, open->plan->dead) : status;
}

static enum mgr_status create(struct mgr *m, const char *name)
{
    const struct mgr_named args[] = {
        {"name", mgr_str(name)}, {"type", mgr_str("queue")}, {"if_absent", mgr_bool(true)}};
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

/* Items that are not there now, and may be later: somebody who has one may fail. */
static uint64_t coming(struct mgr *m, const char *name)
{
    const struct mgr_named args[] = {{"name", mgr_str(name)}};
    struct mgr_value *info = NULL;
    uint64_t count = 0;
    if (mgr_call(m, "object info", args, 1, 0, &info) == MGR_OK)
        count = count_of(info, "delayed") + count_of(info, "reserved");
    mgr_value_free(info);
    return count;
}

enum { COMING_TEXT = 64 }; /* how many items may come, in words */

/* There is no item now. The look at what may come must not take the place of what get has said. */
static void look_for_coming(struct mgr *m, struct workers_get *get)
{
    char said[KEEPER_ERROR];
    snprintf(said, sizeof said, "%s", mgr_error(m));
    get->coming = coming(m, get->plan->name);
    if (get->coming == 0)
        snprintf(get->order.error, sizeof get->order.error, "%s", said);
    else
        snprintf(get->order.error, sizeof get->order.error,
                 "%.*s: %" PRIu64 " item%s reserved or delayed", KEEPER_ERROR - COMING_TEXT, said,
                 get->coming, get->coming == 1 ? " is" : "s are");
}

/* The clock of what was reserved after a wait starts with what is sent after the wait. */
static enum mgr_status start_clock(struct keeper *keeper, struct workers_get *get)
{
    int64_t since_ns = keeper_now();
    enum mgr_status status = session_beat(keeper, &get->order);
    if (status == MGR_OK) {
        get->order.since_ns = since_ns;
        get->life_ms = session_life_ms(keeper->m, since_ns);
    }
    return status;
}

enum mgr_status workers_get(struct keeper *keeper, struct order *order)
{
    struct workers_get *get = (struct workers_get *)(void *)order;
    const struct workers_plan *plan = get->plan;
    struct mgr *m = keeper->m;
    const struct mgr_named args[] = {{"name", mgr_str(plan->name)}, {"reserve", mgr_bool(true)}};
    get->item = NULL;
    get->coming = 0;
    enum mgr_status status = mgr_call(m, "queue get", args, 2, get->wait_ms, &get->item);
    if (status == MGR_NO_SUCH_OBJECT && plan->create && create(m, plan->name) == MGR_OK)
        status = mgr_call(m, "queue get", args, 2, get->wait_ms, &get->item);
    get->grant = *mgr_last_grant(m); /* keeper_waited may make a call */
    keeper_waited(keeper, status);
    if (status == MGR_EMPTY && plan->until_empty) {
        look_for_coming(m, get);
        return status;
    }
    if (status != MGR_OK)
        return status;
    if (get->alone)
        keeper->epoch = get->grant.epoch;
    status = start_clock(keeper, get);
    if (status == MGR_OK)
        return status;
    mgr_value_free(get->item);
    get->item = NULL;
    return status;
}

/* ---- ack and nack ---- */

static enum mgr_status nack(struct mgr *m, const struct workers_settle *settle)
{
    const struct mgr_named args[] = {
        {"name", mgr_str(settle->plan->name)},
        {"token", mgr_int((int64_t)settle->token)},
        {settle->to != NULL ? "to" : "delay_ms",
         settle->to != NULL ? mgr_str(settle->to) : mgr_int(settle->delay_ms)}};
    return mgr_call(m, "queue nack", args, 3, 0, NULL);
}

enum mgr_status workers_settle(struct keeper *keeper, struct order *order)
{
    struct workers_settle *settle = (struct workers_settle *)(void *)order;
    struct mgr *m = keeper->m;
    const struct mgr_named args[] = {{"name", mgr_str(settle->plan->name)},
                                     {"token", mgr_int((int64_t)settle->token)}};
    enum mgr_status status =
        settle->ack ? mgr_call(m, "queue ack", args, 2, 0, NULL) : nack(m, settle);
    if (status == MGR_NO_SUCH_OBJECT && settle->to != NULL && create(m, settle->to) == MGR_OK)
        status = nack(m, settle);
    settle->lost = status == MGR_OK && mgr_lost(m);
    return status;
}
