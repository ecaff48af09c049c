/* SPDX-License-Identifier: BSD-2-Clause */
/* What earlier commands have left to be done, in slices: REST commands. */
#include "daemon/engine/registry.h"

bool engine_wants_rest(const struct engine *engine)
{
    return engine->left.first != NULL || sessions_ending(engine);
}

/* Each of them in turn, so that one with many who wait holds no other one up. */
bool rest_run(struct ctx *ctx)
{
    struct engine *engine = ctx->engine;
    if (!engine_wants_rest(engine))
        return false;
    ctx_step(ctx);
    (void)sessions_end_some(ctx);
    while (engine->left.first != NULL && ctx->spent < engine->slice) {
        object_mark(ctx, engine->left.first);
        wake_marked(ctx);
    }
    return engine_wants_rest(engine);
}

void rest_save(const struct engine *engine, struct writer *out)
{
    for (const struct object *at = engine->left.first; at != NULL; at = at->marked_next) {
        writer_u64(out, at->id);
        writer_u64(out, at->ending);
    }
    writer_u64(out, 0);
    sessions_ending_save(engine, out);
}

bool rest_load(struct engine *engine, struct reader *in)
{
    uint64_t id;
    while ((id = reader_u64(in)) != 0) {
        struct object *object = idmap_get(&engine->objects_by_id, id);
        bool ending = reader_bool(in);
        if (object == NULL || object->mark != MARK_NONE || (ending && object->name != NULL))
            return reader_fail(in);
        if (ending)
            registry_forget(engine, object);
        object_row_add(&engine->left, object, MARK_LEFT);
    }
    return sessions_ending_load(engine, in);
}
