/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to a few objects of all synchronisation types, by choice. */
#include "tests/support/sync_request.h"

#include <string.h>

#include "daemon/engine/registry.h"
#include "ops_numbers.h"

static const struct {
    const char *name;
    unsigned type;
    int lock;
} rows[SYNC_OBJECTS] = {
    {"event/s", TYPE_EVENT, SYNC_NOBODY},         {"lock/s", TYPE_LOCK, SYNC_NOBODY},
    {"rlock/s", TYPE_RLOCK, SYNC_NOBODY},         {"semaphore/s", TYPE_SEMAPHORE, SYNC_NOBODY},
    {"semaphore/t", TYPE_SEMAPHORE, SYNC_NOBODY}, {"condition/s", TYPE_CONDITION, SYNC_NOBODY},
    {"condition/t", TYPE_CONDITION, 1},           {"condition/u", TYPE_CONDITION, 2},
    {"barrier/s", TYPE_BARRIER, SYNC_NOBODY},     {"queue/s", TYPE_QUEUE, SYNC_NOBODY},
    {"queue/t", TYPE_QUEUE, SYNC_NOBODY},         {"queue/u", TYPE_QUEUE, SYNC_NOBODY},
    {"pipe/s", TYPE_PIPE, SYNC_NOBODY},
};

enum { QUEUES = 9, QUEUE_COUNT = 3, LENGTH_MAX = 12 };

const char *sync_object_name(unsigned object)
{
    return rows[object].name;
}

unsigned sync_object_type(unsigned object)
{
    return rows[object].type;
}

int sync_object_lock(unsigned object)
{
    return rows[object].lock;
}

void sync_params_make(struct sync_params *params, unsigned object, struct choice *c)
{
    unsigned type = rows[object].type;
    *params = (struct sync_params){
        .type = type,
        .number = choose(c, 4),
        .bounded = type == TYPE_SEMAPHORE && choose(c, 2) == 1,
        .one_way = type == TYPE_PIPE && choose(c, 3) == 0,
        .set = type == TYPE_EVENT && choose(c, 2) == 1,
        .lock = rows[object].lock,
    };
    if (type == TYPE_QUEUE)
        params->kind = object - QUEUES;
    if (type == TYPE_BARRIER) {
        params->number = 1 + choose(c, 4);
        params->patience_ms = choose(c, 3) * 300;
    }
}

/* ---- which operation ---- */

static const struct {
    unsigned op;
    unsigned weight;
} weights[] = {
    {OP_event_set, 2},          {OP_event_clear, 2},
    {OP_event_is_set, 1},       {OP_event_wait, 6},
    {OP_lock_acquire, 8},       {OP_lock_release, 5},
    {OP_lock_locked, 1},        {OP_lock_held, 1},
    {OP_lock_renew, 5},         {OP_rlock_acquire, 8},
    {OP_rlock_release, 6},      {OP_rlock_locked, 1},
    {OP_rlock_held, 1},         {OP_rlock_renew, 5},
    {OP_semaphore_acquire, 9},  {OP_semaphore_release, 6},
    {OP_semaphore_value, 1},    {OP_semaphore_held, 1},
    {OP_semaphore_renew, 5},    {OP_semaphore_resize, 1},
    {OP_condition_acquire, 8},  {OP_condition_release, 3},
    {OP_condition_locked, 1},   {OP_condition_held, 1},
    {OP_condition_renew, 5},    {OP_condition_wait, 8},
    {OP_condition_notify, 4},   {OP_condition_notify_all, 1},
    {OP_barrier_wait, 12},      {OP_barrier_reset, 2},
    {OP_barrier_abort, 1},      {OP_barrier_parties, 1},
    {OP_barrier_waiting, 1},    {OP_barrier_broken, 1},
    {OP_barrier_generation, 1}, {OP_queue_put, 10},
    {OP_queue_put_many, 4},     {OP_queue_get, 14},
    {OP_queue_len, 1},          {OP_queue_empty, 1},
    {OP_queue_full, 1},         {OP_queue_task_done, 3},
    {OP_queue_join, 2},         {OP_queue_ack, 3},
    {OP_queue_nack, 5},         {OP_queue_renew, 5},
    {OP_queue_move, 2},         {OP_queue_clear, 1},
    {OP_queue_shutdown, 1},     {OP_pipe_attach, 2},
    {OP_pipe_send, 12},         {OP_pipe_recv, 12},
    {OP_pipe_poll, 4},          {OP_pipe_close, 1},
    {OP_pipe_len, 1},
};

enum { WEIGHTS = sizeof weights / sizeof weights[0] };

static unsigned op_choose(unsigned type, struct choice *c)
{
    unsigned total = 0, i = 0;
    for (unsigned k = 0; k < WEIGHTS; k++)
        total += weights[k].op / 64 == type ? weights[k].weight : 0;
    for (uint64_t at = choose(c, total); i < WEIGHTS; i++) {
        uint64_t weight = weights[i].op / 64 == type ? weights[i].weight : 0;
        if (at < weight)
            break;
        at -= weight;
    }
    return weights[i].op;
}

/* ---- by whom, and about which grant ---- */

static const struct object *object_get(const struct world *w, unsigned object)
{
    const char *name = rows[object].name;
    return registry_find(w->engine, bytes_text(name));
}

/* One of its grants; NULL: it has none. */
static const struct grant *grant_choose(const struct object *object, struct choice *c)
{
    const struct grant *grant = object == NULL ? NULL : object->grants;
    for (uint64_t n = choose(c, 4); n > 0 && grant != NULL && grant->object_next != NULL; n--)
        grant = grant->object_next;
    return grant;
}

static void become_owner(struct sync_request *r, const struct grant *grant, unsigned clients,
                         const struct world *w)
{
    for (unsigned who = 0; who < clients; who++) {
        if (grant->session->id == w->clients[who].session) {
            r->who = who;
            r->holder = grant->holder;
        }
    }
}

/* The lock of a condition is where its grants are. */
static unsigned granting(unsigned object)
{
    return rows[object].lock == SYNC_NOBODY ? object : (unsigned)rows[object].lock;
}

/* Mostly alive and of this object. */
static uint64_t token_choose(unsigned of, const struct world *w, struct choice *c)
{
    uint64_t how = choose(c, 16);
    unsigned object = how == 0 ? (unsigned)choose(c, SYNC_OBJECTS) : granting(of);
    const struct grant *grant = grant_choose(object_get(w, object), c);
    if (how < 13 && grant != NULL)
        return grant->token;
    return how == 15 ? engine_revision(w->engine) + choose(c, 3)
                     : engine_revision(w->engine) - choose(c, 60);
}

static bool needs_token(unsigned op)
{
    return op == OP_queue_ack || op == OP_queue_nack || strcmp(op_row(op)->method, "renew") == 0;
}

/* Mostly the owner is the one who asks for what only the owner may. */
static void owner_choose(struct sync_request *r, unsigned clients, const struct world *w,
                         struct choice *c)
{
    const char *method = op_row(r->op)->method;
    const struct grant *grant = grant_choose(object_get(w, granting(r->object)), c);
    bool releases = strcmp(method, "release") == 0;
    if (needs_token(r->op) || ((releases || strcmp(method, "held") == 0) && choose(c, 3) == 0)) {
        r->has_token = true;
        r->token = token_choose(r->object, w, c);
    }
    r->any = releases && choose_rarely(c, 6);
    if (grant != NULL && !r->any && choose(c, 8) != 0 &&
        (releases || r->op == OP_condition_wait || r->op == OP_condition_notify ||
         r->op == OP_condition_notify_all))
        become_owner(r, grant, clients, w);
}

/* ---- the rest ---- */

static void values_choose(struct sync_request *r, const struct world *w, struct choice *c)
{
    r->count = r->op == OP_queue_put_many ? 1 + (unsigned)choose(c, 2) : 1;
    for (unsigned i = 0; i < r->count; i++) {
        bool ranked = r->object == QUEUES + SYNC_PRIORITY;
        r->values[i] = ranked ? (int64_t)choose(c, 8)
                              : (int64_t)(engine_revision(w->engine) % 1000000 * 4 + i * 2);
    }
}

static void queue_choose(struct sync_request *r, const struct world *w, struct choice *c)
{
    const struct object *object = object_get(w, r->object);
    if (object != NULL && object->ops->length(object) > LENGTH_MAX)
        r->op = choose(c, 4) == 0 ? OP_queue_clear : OP_queue_get;
    values_choose(r, w, c);
    r->reserve = choose(c, 2) == 0;
    r->immediate = choose(c, 2) == 0;
    r->to = QUEUES + (unsigned)choose(c, QUEUE_COUNT);
    r->has_to = r->op == OP_queue_move || choose_rarely(c, 4);
    if (r->to == r->object || object_get(w, r->to) == NULL) {
        r->has_to = false;
        r->op = r->op == OP_queue_move ? OP_queue_get : r->op;
    }
    r->delay_ms = r->has_to ? 0 : choose(c, 3) * 200;
}

static void pipe_choose(struct sync_request *r, const struct world *w, struct choice *c)
{
    const struct object *object = object_get(w, r->object);
    r->end = 1 + (unsigned)choose(c, 2);
    values_choose(r, w, c);
    if (object == NULL)
        return;
    if (object->ops->length != NULL && object->ops->length(object) > LENGTH_MAX)
        r->op = OP_pipe_recv;
}

void sync_request_make(struct sync_request *r, unsigned object, unsigned clients,
                       const struct world *w, struct choice *c)
{
    static const uint64_t waits[] = {0, 0, 100, 300, 900, UINT64_MAX, UINT64_MAX};
    unsigned type = rows[object].type;
    *r = (struct sync_request){.who = (unsigned)choose(c, clients),
                               .object = object,
                               .op = op_choose(type, c),
                               .holder = choose(c, 2)};
    if ((op_row(r->op)->flags & OP_WAITS) != 0)
        r->wait_ms = waits[choose(c, 7)];
    if (type == TYPE_QUEUE)
        queue_choose(r, w, c);
    else if (type == TYPE_PIPE)
        pipe_choose(r, w, c);
    owner_choose(r, clients, w, c);
    r->has_permits = choose(c, 2) == 0 || r->op == OP_semaphore_resize;
    r->permits = choose(c, 4);
    r->permits += r->op == OP_semaphore_release && r->permits == 0;
    r->require = choose_rarely(c, 24) ? token_choose((unsigned)choose(c, SYNC_OBJECTS), w, c) : 0;
    r->then_ms = choose(c, 3) == 0 ? choose(c, 3) * 200 : UINT64_MAX;
}
