/* SPDX-License-Identifier: BSD-2-Clause */
/* What every object has, written out and read back; the content is its type's. */
#include <inttypes.h>

#include "daemon/engine/hold.h"
#include "daemon/engine/registry.h"
#include "wire/base/name.h"

void object_head_save(const struct object *object, struct writer *out)
{
    writer_u64(out, object->id);
    writer_u64(out, object->ops->type);
    writer_bytes(out, bytes_of(object->name, object->name_len));
    writer_bytes(out, object->principal);
    writer_u64(out, object->changed_at);
    writer_u64(out, object->changed_ms);
    writer_u64(out, object->ttl_ms);
    timer_save(&object->ttl, out);
    writer_u64(out, object->ephemeral);
    writer_u64(out, object->referrers);
}

/* A copy that the object owns. */
static bool copy_load(struct engine *engine, struct bytes *own, struct reader *in)
{
    struct bytes run = reader_bytes(in);
    if (!reader_ok(in))
        return false;
    return session_copy(engine, own, run) || reader_nomem(in);
}

/* Its name must be one, and free. */
static bool name_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct bytes name = {0};
    if (!copy_load(engine, &name, in))
        return false;
    object->name = (uint8_t *)(uintptr_t)name.data;
    object->name_len = (uint32_t)name.len;
    return name.len == 0 || (name_valid(name) && registry_by_name(engine, name) == NULL) ||
           reader_fail(in);
}

static bool head_fill(struct engine *engine, struct object *object, struct reader *in)
{
    if (!name_load(engine, object, in) || !copy_load(engine, &object->principal, in))
        return false;
    object->changed_at = reader_u64(in);
    object->changed_ms = reader_u64(in);
    object->ttl_ms = reader_u64(in);
    if (!timer_load(engine, &object->ttl, TIMER_TTL, in))
        return false;
    object->ephemeral = reader_bool(in);
    object->referrers = reader_u64(in);
    return reader_ok(in);
}

/* NULL: it fails, and says which object it was. */
static const struct object_ops *type_load(const struct engine *engine, uint64_t id,
                                          struct reader *in)
{
    uint64_t type = reader_u64(in);
    const struct object_ops *ops = type < TYPE_COUNT ? engine->handlers->types[type] : NULL;
    if (ops == NULL) {
        struct reader ahead = *in;
        struct bytes name = reader_bytes(&ahead);
        if (reader_ok(&ahead) && in->why != NULL) {
            buf_printf(in->why, "object %" PRIu64 ", named '%.*s', is of the unknown type %" PRIu64,
                       id, (int)(name.len <= NAME_MAX_BYTES ? name.len : 0),
                       (const char *)name.data, type);
        }
        (void)reader_fail(in);
    }
    return ops;
}

bool object_head_load(struct engine *engine, struct reader *in)
{
    uint64_t id = reader_id(in);
    const struct object_ops *ops = type_load(engine, id, in);
    if (!reader_ok(in) || (engine->objects_last != NULL && id <= engine->objects_last->id))
        return reader_fail(in);
    struct object *object = mem_zalloc(&engine->mem, ops->size);
    if (object == NULL)
        return reader_nomem(in);
    object->id = id;
    object->ops = ops;
    if (!head_fill(engine, object, in) || !registry_reserve(engine)) {
        timers_clear(&engine->timers, &object->ttl);
        object_free(engine, object);
        return reader_ok(in) ? reader_nomem(in) : false;
    }
    registry_link(engine, object);
    return true;
}

/* ---- what stands in it ---- */

void object_state_save(const struct object *object, struct writer *out)
{
    refs_save(object, out);
    for (const struct waiter *at = object->waiters; at != NULL; at = at->object_next) {
        writer_u64(out, at->session->id);
        writer_u64(out, at->id);
    }
    writer_u64(out, 0);
    if (object->waiters != NULL) {
        writer_u64(out, object->unseen == NULL ? 0 : object->unseen->session->id);
        writer_u64(out, object->unseen == NULL ? 0 : object->unseen->id);
    }
    waitq_save(&object->watchers, out);
    for (const struct grant *at = object->grants; at != NULL; at = at->object_next)
        writer_u64(out, at->token);
    writer_u64(out, 0);
}

/* The waiter of that request, if it waits for the object; NULL: there is none. */
static struct waiter *waiter_of(const struct engine *engine, const struct object *object,
                                uint64_t session_id, uint64_t request)
{
    const struct session *session = session_find(engine, session_id);
    const struct slot *slot = session == NULL ? NULL : session_slot_peek(session, request);
    struct waiter *waiter = slot == NULL || slot->id != request ? NULL : slot->waiter;
    return waiter == NULL || waiter->object != object ? NULL : waiter;
}

static bool unseen_load(struct engine *engine, struct object *object, struct reader *in)
{
    uint64_t session = reader_u64(in), request = reader_u64(in);
    if (session != 0)
        object->unseen = waiter_of(engine, object, session, request);
    return (session == 0) == (object->unseen == NULL) || reader_fail(in);
}

static bool waiters_load(struct engine *engine, struct object *object, struct reader *in)
{
    uint64_t id;
    while ((id = reader_u64(in)) != 0) {
        struct waiter *waiter = waiter_of(engine, object, id, reader_u64(in));
        if (waiter == NULL || waiter->object_prev != NULL || object->waiters == waiter)
            return reader_fail(in);
        waiter_enter_object(object, waiter);
    }
    if (object->waiters != NULL && !unseen_load(engine, object, in))
        return false;
    return waitq_load(engine, object, &object->watchers, in);
}

bool object_state_load(struct engine *engine, struct object *object, struct reader *in)
{
    uint64_t token;
    if (!refs_load(engine, object, in) || !waiters_load(engine, object, in))
        return false;
    while ((token = reader_u64(in)) != 0) {
        struct grant *grant = grant_by_token(engine, token);
        if (grant == NULL || grant->object != object || grant->object_prev != NULL ||
            object->grants == grant)
            return reader_fail(in);
        grant_enter_object(object, grant);
    }
    return reader_ok(in);
}
