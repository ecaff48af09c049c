/* SPDX-License-Identifier: BSD-2-Clause */
/* The state as a whole, written out and read back: what has addresses in memory is told by ids, so
 * everything is there, without content, before anything that refers to it. */
#include "daemon/engine/registry.h"

static void objects_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->object_count);
    for (const struct object *at = engine->objects; at != NULL; at = at->next) {
        object_head_save(at, out);
    }
}

static void sessions_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->session_count);
    for (const struct session *at = engine->sessions; at != NULL; at = at->next) {
        session_save(engine, at, out);
    }
}

static void contents_save(const struct engine *engine, struct writer *out)
{
    for (const struct object *at = engine->objects; at != NULL; at = at->next) {
        object_state_save(at, out);
        if (at->ops->save != NULL) {
            at->ops->save(at, out);
        }
    }
}

void engine_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->revision);
    writer_u64(out, engine->now_ms);
    writer_u64(out, engine->incarnation);
    writer_u64(out, engine->version);
    writer_u64(out, engine->timers.orders);
    objects_save(engine, out);
    tokens_save(engine, out);
    sessions_save(engine, out);
    holds_save(engine, out);
    contents_save(engine, out);
    handed_save(engine, out);
    gc_save(engine, out);
}

static bool objects_load(struct engine *engine, struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--) {
        if (!object_head_load(engine, in)) {
            return false;
        }
    }
    return reader_ok(in);
}

static bool sessions_load(struct engine *engine, struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--) {
        if (!session_load(engine, in)) {
            return false;
        }
    }
    return reader_ok(in);
}

/* Lets go of the objects from this one on, which have no content: their types must not see them. */
static bool abandon(struct engine *engine, struct object *object)
{
    for (struct session *at = engine->sessions; at != NULL; at = at->next) {
        waiters_free(engine, at);
        grants_free(engine, at);
    }
    while (object != NULL) {
        struct object *next = object->next;

        registry_drop(engine, object);
        object = next;
    }
    return false;
}

/* Each waiter stands in some queue of its object: its type has put it there. */
static bool all_queued(const struct object *object)
{
    for (const struct waiter *at = object->waiters; at != NULL; at = at->object_next) {
        if (at->queue == NULL) {
            return false;
        }
    }
    return true;
}

static bool contents_load(struct engine *engine, struct reader *in)
{
    for (struct object *at = engine->objects; at != NULL; at = at->next) {
        if (!object_state_load(engine, at, in)) {
            return abandon(engine, at);
        }
        if (at->ops->load != NULL && !at->ops->load(engine, at, in)) {
            return abandon(engine, at->next);
        }
        if (!all_queued(at)) {
            (void)reader_fail(in);
            return abandon(engine, at->next);
        }
    }
    return true;
}

static bool numbers_load(struct engine *engine, struct reader *in)
{
    engine->revision = reader_u64(in);
    engine->now_ms = reader_u64(in);
    engine->incarnation = reader_u64(in);
    engine->version = (uint32_t)reader_u64_max(in, engine_newest_version(engine));
    engine->timers.orders = reader_u64(in);
    return reader_ok(in);
}

bool engine_load(struct engine *engine, struct reader *in)
{
    if (!numbers_load(engine, in) || !objects_load(engine, in) || !tokens_load(engine, in) ||
        !sessions_load(engine, in) || !holds_load(engine, in)) {
        return abandon(engine, engine->objects);
    }
    return contents_load(engine, in) && handed_load(engine, in) && gc_load(engine, in) &&
           (in->at == in->end || reader_fail(in));
}
