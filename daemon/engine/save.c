/* SPDX-License-Identifier: BSD-2-Clause */
/* The state as a whole, written out and read back: what has addresses in memory is told by ids, so
 * everything is there, without content, before anything that refers to it. */
#include "daemon/engine/absence.h"
#include "daemon/engine/gc.h"
#include "daemon/engine/registry.h"

static void objects_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->object_count + engine->ending_count);
    for (const struct object *at = engine->objects; at != NULL; at = at->next)
        object_head_save(at, out);
}

static void sessions_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->session_count);
    for (const struct session *at = engine->sessions; at != NULL; at = at->next)
        session_save(at, out);
}

static void content_save(const struct object *object, struct writer *out)
{
    object_state_save(object, out);
    object->ops->save(object, out);
}

static void count_cb(void *arg, const void *data, size_t len)
{
    uint64_t *total = arg;
    (void)data;
    *total += len;
}

/* Each behind its length, so that whoever reads it back stays within it. */
static void contents_save(const struct engine *engine, struct writer *out)
{
    for (const struct object *at = engine->objects; at != NULL; at = at->next) {
        uint64_t len = 0;
        content_save(at, &(struct writer){count_cb, &len});
        writer_u64(out, len);
        content_save(at, out);
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
    resume_tokens_save(engine, out);
    sessions_save(engine, out);
    absence_save(engine, out);
    holds_save(engine, out);
    contents_save(engine, out);
    unacked_save(engine, out);
    gc_save(engine, out);
    rest_save(engine, out);
}

static bool objects_load(struct engine *engine, struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--)
        if (!object_head_load(engine, in))
            return false;
    return reader_ok(in);
}

static bool sessions_load(struct engine *engine, struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--)
        if (!session_load(engine, in))
            return false;
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
    for (const struct waiter *at = object->waiters; at != NULL; at = at->object_next)
        if (at->queue == NULL)
            return false;
    return true;
}

/* Its type has read all that was written of it, and nothing else. */
static bool is_whole(const struct object *object, struct reader *in)
{
    if (in->at != in->end) {
        if (in->why != NULL)
            buf_printf(in->why, "%zu bytes are left over", (size_t)(in->end - in->at));
        return reader_fail(in);
    }
    return all_queued(object) || reader_fail(in);
}

/* in: what was written of it. *taken: its type has to free it. */
static bool content_load(struct engine *engine, struct object *object, struct reader *in,
                         bool *taken)
{
    *taken = object_state_load(engine, object, in);
    return *taken && object->ops->load(engine, object, in) && is_whole(object, in);
}

/* Says in whose content it is that it cannot be read. */
static void blame(const struct object *object, struct reader *in)
{
    if (in->why != NULL && in->failed) {
        buf_put_text(in->why, in->why->len > 0 ? ", in " : "in ");
        object_put_name(object, in->why);
        buf_printf(in->why, " (%s)", object_type_name(object));
    }
}

static bool contents_load(struct engine *engine, struct reader *in)
{
    for (struct object *at = engine->objects; at != NULL; at = at->next) {
        struct bytes content = reader_bytes(in);
        struct reader part = *in;
        bool taken = false;
        part.at = content.data;
        part.end = content.data + content.len;
        if (!reader_ok(in) || !content_load(engine, at, &part, &taken)) {
            if (reader_ok(in))
                *in = part;
            blame(at, in);
            return abandon(engine, taken ? at->next : at);
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

/* Part by part; says in which one it fails, where nothing better was said. */
struct part {
    const char *name;
    bool (*load)(struct engine *engine, struct reader *in);
};

static bool parts_load(struct engine *engine, const struct part *parts, size_t count,
                       struct reader *in)
{
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].load(engine, in)) {
            if (in->why != NULL && in->failed && in->why->len == 0)
                buf_printf(in->why, "in the %s", parts[i].name);
            return false;
        }
    }
    return true;
}

bool engine_load(struct engine *engine, struct reader *in)
{
    static const struct part before[] = {
        {"numbers", numbers_load},      {"list of objects", objects_load},
        {"tokens", resume_tokens_load}, {"sessions", sessions_load},
        {"waiters", absence_load},      {"holds", holds_load},
    };
    static const struct part behind[] = {
        {"contents", contents_load},
        {"items on their way", unacked_load},
        {"state of the collection", gc_load},
        {"rest of a wake-up", rest_load},
    };
    if (!parts_load(engine, before, sizeof before / sizeof before[0], in))
        return abandon(engine, engine->objects);
    return parts_load(engine, behind, sizeof behind / sizeof behind[0], in) &&
           (in->at == in->end || reader_fail(in));
}
