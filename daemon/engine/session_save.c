/* SPDX-License-Identifier: BSD-2-Clause */
/* A session with its slots, waiters and grants, and what is on its way, written out and read back.
 */
#include <stdlib.h>

#include "daemon/engine/state.h"

/* What a slot has beside the reply it keeps. */
enum { SLOT_PARKED = 1, SLOT_FORGOTTEN = 2, SLOT_UNACKED = 4 };

/* ---- saving ---- */

static void slots_save(const struct session *session, struct writer *out)
{
    for (uint32_t i = 0; i < session->slot_count; i++) {
        const struct slot *slot = session->slots[i];
        if (slot != NULL && slot->id != 0) {
            writer_u64(out, slot->id);
            writer_u64(out, slot->revision);
            writer_u64(out, slot->fingerprint);
            writer_u64(out, (slot->waiter != NULL ? SLOT_PARKED : 0) |
                                (slot->forgotten ? SLOT_FORGOTTEN : 0) |
                                (slot->unacked != NULL ? SLOT_UNACKED : 0));
            writer_bytes(out, saved_bytes(&slot->reply));
        }
    }
    writer_u64(out, 0);
}

static void waiter_save(const struct waiter *waiter, struct writer *out)
{
    writer_u64(out, waiter->id);
    writer_u64(out, waiter->object->id);
    writer_u64(out, waiter->holder);
    writer_u64(out, waiter->require);
    writer_u64(out, waiter->since_ms);
    timer_save(&waiter->deadline, out);
    writer_u64(out, waiter->promised);
    writer_u64(out, waiter->want);
    writer_u64(out, waiter->extra);
    writer_u64(out, waiter->then_ms);
    writer_u64(out, waiter->op);
    writer_u64(out, waiter->place == WAITER_AWAY);
    writer_u64(out, waiter->grant != NULL);
}

static void grant_save(const struct grant *grant, struct writer *out)
{
    writer_u64(out, grant->token);
    writer_u64(out, grant->object->id);
    writer_u64(out, grant->holder);
    writer_u64(out, grant->count);
    writer_u64(out, grant->since_ms);
    timer_save(&grant->lease, out);
}

void session_save(const struct session *session, struct writer *out)
{
    writer_u64(out, session->id);
    writer_raw(out, session->token_hash, sizeof session->token_hash);
    writer_bytes(out, session->client);
    writer_bytes(out, session->principal);
    writer_bytes(out, session->address);
    writer_u64(out, session->opened_ms);
    writer_u64(out, session->lease_ms);
    writer_u64(out, session->linger_ms);
    writer_u64(out, session->window);
    writer_u64(out, session->acked);
    writer_u64(out, session->away);
    slots_save(session, out);
    for (const struct waiter *at = session->waiters; at != NULL; at = at->session_next)
        waiter_save(at, out);
    writer_u64(out, 0);
    writer_u64(out, session->unmoved == NULL ? 0 : session->unmoved->id);
    for (const struct grant *at = session->grants; at != NULL; at = at->session_next)
        grant_save(at, out);
    writer_u64(out, 0);
}

void unacked_save(const struct engine *engine, struct writer *out)
{
    for (const struct session *session = engine->sessions; session != NULL;
         session = session->next) {
        for (const struct unacked *at = session->unacked; at != NULL; at = at->session_next) {
            writer_u64(out, session->id);
            writer_u64(out, at->slot->id);
            writer_u64(out, at->ops->type);
            writer_u64(out, at->object == NULL ? 0 : at->object->id);
            at->ops->unacked_save(at, out);
        }
    }
    writer_u64(out, 0);
}

/* ---- loading ---- */

static bool reply_load(struct engine *engine, struct session *session, struct slot *slot,
                       struct reader *in)
{
    struct bytes reply = reader_bytes(in);
    if (reply.len > UINT32_MAX)
        return reader_fail(in);
    slot->reply.len = (uint32_t)reply.len;
    if (reply.len <= SLOT_INLINE) {
        if (reply.len > 0)
            memcpy(slot->reply.near, reply.data, reply.len);
        return reader_ok(in);
    }
    slot->reply.data = mem_alloc(&engine->mem, reply.len);
    if (slot->reply.data == NULL) {
        slot->reply.len = 0;
        return reader_nomem(in);
    }
    memcpy(slot->reply.data, reply.data, reply.len);
    slot->reply.cap = (uint32_t)reply.len;
    session->retained_bytes += slot->reply.cap;
    return true;
}
static bool slot_load(struct engine *engine, struct session *session, uint64_t id,
                      struct reader *in)
{
    struct slot *slot = session_slot(engine, session, id);
    if (slot == NULL)
        return reader_nomem(in);
    if (slot->id != 0)
        return reader_fail(in);
    slot->id = id;
    slot->revision = reader_u64(in);
    slot->fingerprint = (uint32_t)reader_u64_max(in, UINT32_MAX);
    slot->forgotten = (reader_u64_max(in, 7) & SLOT_FORGOTTEN) != 0;
    return reply_load(engine, session, slot, in);
}

static bool slots_load(struct engine *engine, struct session *session, struct reader *in)
{
    uint64_t id;
    while ((id = reader_u64(in)) != 0)
        if (!slot_load(engine, session, id, in))
            return false;
    return reader_ok(in);
}

/* The slot of a request that is there and has nothing else; NULL: there is none. */
static struct slot *slot_free(const struct session *session, uint64_t id)
{
    struct slot *slot = session_slot_peek(session, id);
    return slot == NULL || slot->id != id || slot->waiter != NULL || slot->unacked != NULL ? NULL
                                                                                           : slot;
}

static bool deadline_load(struct engine *engine, struct waiter *waiter, struct reader *in)
{
    if (!timer_load(engine, &waiter->deadline, TIMER_WAIT, in))
        return false;
    if (!reader_bool(in))
        return reader_ok(in);
    waiter->promised = timers_reserve(&engine->timers, &engine->mem);
    return waiter->promised || reader_nomem(in);
}

/* The grant reserved for the waiter; its contents belong to the object type. */
static bool reserve_load(struct engine *engine, struct waiter *waiter, struct reader *in)
{
    if (!reader_bool(in))
        return reader_ok(in);
    waiter->grant = grant_make(engine);
    if (waiter->grant == NULL)
        return reader_nomem(in);
    waiter->grant->session = waiter->session;
    waiter->grant->holder = waiter->holder;
    return true;
}

/* Only who waits for what can be given to it is passed over. */
static bool away_load(struct waiter *waiter, struct reader *in)
{
    if (op_row(waiter->op) == NULL)
        return reader_fail(in);
    if (!reader_bool(in))
        return reader_ok(in);
    waiter->place = WAITER_AWAY; /* waitq_load puts it there */
    return waiter_passed_over(waiter) || reader_fail(in);
}

static bool waiter_load(struct engine *engine, struct session *session, uint64_t id,
                        struct reader *in)
{
    struct slot *slot = slot_free(session, id);
    struct object *object = idmap_get(&engine->objects_by_id, reader_id(in));
    if (slot == NULL || object == NULL)
        return reader_fail(in);
    struct waiter *waiter = waiter_make(engine, session);
    if (waiter == NULL)
        return reader_nomem(in);
    waiter->object = object;
    waiter->slot = slot;
    slot->waiter = waiter;
    waiter->id = id;
    waiter->holder = reader_u64(in);
    waiter->require = reader_u64(in);
    waiter->since_ms = reader_u64(in);
    if (!deadline_load(engine, waiter, in))
        return false;
    waiter->want = reader_u64(in);
    waiter->extra = reader_u64(in);
    waiter->then_ms = reader_u64(in);
    waiter->op = (unsigned)reader_u64_max(in, OP_NUMBER_MAX - 1);
    return away_load(waiter, in) && reserve_load(engine, waiter, in);
}

static bool unmoved_load(struct session *session, uint64_t id, struct reader *in)
{
    const struct slot *slot = id == 0 ? NULL : session_slot_peek(session, id);
    if (id == 0)
        return reader_ok(in);
    session->unmoved = slot == NULL || slot->id != id ? NULL : slot->waiter;
    return session->unmoved != NULL || reader_fail(in);
}

static bool grant_load(struct engine *engine, struct session *session, uint64_t token,
                       struct reader *in)
{
    struct object *object = idmap_get(&engine->objects_by_id, reader_id(in));
    if (object == NULL || token == UINT64_MAX || grant_by_token(engine, token) != NULL)
        return reader_fail(in);
    struct grant *grant = grant_make(engine);
    if (grant == NULL)
        return reader_nomem(in);
    grant->token = token;
    grant->object = object;
    grant_enter_session(engine, session, grant);
    grant->holder = reader_u64(in);
    grant->count = reader_u64(in);
    grant->since_ms = reader_u64(in);
    return timer_load(engine, &grant->lease, TIMER_GRANT, in);
}

static bool owned_load(struct engine *engine, struct session *session, struct reader *in)
{
    uint64_t number;
    while ((number = reader_u64(in)) != 0)
        if (!waiter_load(engine, session, number, in))
            return false;
    if (!unmoved_load(session, reader_u64(in), in))
        return false;
    while ((number = reader_u64(in)) != 0)
        if (!grant_load(engine, session, number, in))
            return false;
    return reader_ok(in);
}

/* Its numbers and texts: it can be entered then. */
static bool session_fill(struct engine *engine, struct session *session, struct reader *in)
{
    struct bytes hash = reader_raw(in, sizeof session->token_hash);
    struct bytes client = reader_bytes(in), principal = reader_bytes(in), from = reader_bytes(in);
    uint64_t ended;
    session->opened_ms = reader_u64(in);
    session->lease_ms = reader_u64(in);
    session->linger_ms = reader_u64(in);
    session->window = (uint32_t)reader_u64_max(in, 1u << 31);
    session->acked = reader_u64(in);
    session->away = reader_bool(in);
    if (!reader_ok(in) || session->window == 0 || (session->window & (session->window - 1)) != 0 ||
        engine_session_find(engine, hash.data, &ended) != SESSION_UNKNOWN)
        return reader_fail(in);
    memcpy(session->token_hash, hash.data, sizeof session->token_hash);
    return (session_copy(engine, &session->client, client) &&
            session_copy(engine, &session->principal, principal) &&
            session_copy(engine, &session->address, from) && resume_tokens_reserve(engine) &&
            idmap_reserve(&engine->sessions_by_id, &engine->mem)) ||
           reader_nomem(in);
}

bool session_load(struct engine *engine, struct reader *in)
{
    uint64_t id = reader_id(in);
    struct session *session;
    if (!reader_ok(in) || (engine->sessions_last != NULL && id <= engine->sessions_last->id))
        return reader_fail(in);
    session = mem_zalloc(&engine->mem, sizeof *session);
    if (session == NULL)
        return reader_nomem(in);
    session->id = id;
    if (!session_fill(engine, session, in)) {
        session_free(engine, session);
        return false;
    }
    session_enter(engine, session);
    engine->absence.count += session->away;
    return slots_load(engine, session, in) && owned_load(engine, session, in);
}

/* ---- on its way ---- */

/* The lists of sessions and of objects are both in the order in which items were handed over. */
static int by_revision(const void *a, const void *b)
{
    uint64_t x = (*(struct unacked *const *)a)->slot->revision;
    uint64_t y = (*(struct unacked *const *)b)->slot->revision;
    return (x > y) - (x < y);
}

static void unacked_enter(struct buf *list)
{
    struct unacked **items = (void *)list->data;
    size_t count = list->len / sizeof(struct unacked *);
    if (count > 0)
        qsort(items, count, sizeof(struct unacked *), by_revision);
    for (size_t i = 0; i < count; i++) {
        struct unacked *item = items[i];
        struct slot *slot = item->slot;
        item->slot = NULL;
        slot->unacked = NULL;
        if (item->object != NULL)
            unacked_link(item->session, slot, item->object, item);
        else
            unacked_link_orphan(item->session, slot, item->ops, item);
    }
}

static bool item_load(struct engine *engine, uint64_t session_id, struct buf *list,
                      struct reader *in)
{
    struct session *session = session_find(engine, session_id);
    struct slot *slot = session == NULL ? NULL : slot_free(session, reader_u64(in));
    const struct object_ops *ops = engine->handlers->types[reader_u64_max(in, TYPE_COUNT - 1)];
    uint64_t id = reader_u64(in);
    struct object *object = id == 0 ? NULL : idmap_get(&engine->objects_by_id, id);
    if (slot == NULL || ops == NULL || ops->unacked_load == NULL || (object == NULL && id != 0) ||
        (object != NULL && object->ops != ops) ||
        buf_reserve(list, sizeof(struct unacked *)) == NULL)
        return reader_fail(in);
    struct unacked *item = ops->unacked_load(engine, object, in);
    if (item == NULL)
        return false;
    if (item->slot != NULL)
        return reader_fail(in); /* it is on its way twice */
    item->slot = slot;
    item->session = session;
    item->object = object;
    item->ops = ops;
    slot->unacked = item;
    buf_put(list, &item, sizeof(struct unacked *));
    return true;
}

bool unacked_load(struct engine *engine, struct reader *in)
{
    struct buf list;
    uint64_t id;
    buf_init(&list);
    while ((id = reader_u64(in)) != 0 && item_load(engine, id, &list, in)) {
    }
    unacked_enter(&list);
    buf_free(&list);
    return reader_ok(in);
}
