/* SPDX-License-Identifier: BSD-2-Clause */
/* Two steps ahead of the work: the places in the tables, then what stands there. */
#include "daemon/engine/refs_batch.h"

#include "daemon/engine/refs_index.h"
#include "daemon/engine/state.h"

enum {
    BATCH = 16,
    FEW = 3, /* not worth it */
};

struct batch {
    const struct engine *engine;
    const struct refs *refs;
    ref_ref_fn *fn;
    void *arg;
    size_t count;
    uint64_t targets[BATCH];
};

/* These are inlined by force: gcc takes a call that only prefetches for one without effect. */
__attribute__((always_inline)) static inline void fetch_places(const struct engine *engine,
                                                               const struct refs *refs,
                                                               uint64_t ref)
{
    const struct idmap *objects = &engine->objects_by_id;
    size_t hash = (size_t)idhash_of(&engine->idhash, ref);
    if (objects->now.count > 0)
        __builtin_prefetch(&objects->now.places[hash & (objects->now.count - 1)]);
    if (refs != NULL && refs->now.count > 0)
        __builtin_prefetch(&refs->now.places[hash & (refs->now.count - 1)]);
}

__attribute__((always_inline)) static inline void fetch_targets(const struct engine *engine,
                                                                const struct refs *refs,
                                                                uint64_t ref)
{
    const struct object *object = idmap_get(&engine->objects_by_id, ref);
    if (object != NULL) {
        __builtin_prefetch(&object->name);
        __builtin_prefetch(&object->hold_count);
        __builtin_prefetch(&object->loose_ms);
    }
    if (refs != NULL && refs->now.count > 0) {
        size_t hash = (size_t)idhash_of(&engine->idhash, ref);
        uint32_t place = refs->now.places[hash & (refs->now.count - 1)];
        if (place > 0)
            __builtin_prefetch(&refs->list[place - 1]);
    }
}

static void flush(struct batch *batch)
{
    for (size_t i = 0; batch->count > FEW && i < batch->count; i++)
        fetch_places(batch->engine, batch->refs, batch->targets[i]);
    for (size_t i = 0; batch->count > FEW && i < batch->count; i++)
        fetch_targets(batch->engine, batch->refs, batch->targets[i]);
    for (size_t i = 0; i < batch->count; i++)
        batch->fn(batch->arg, batch->targets[i]);
    batch->count = 0;
}

static void collect(void *arg, uint64_t ref)
{
    struct batch *batch = arg;
    batch->targets[batch->count++] = ref;
    if (batch->count == BATCH)
        flush(batch);
}

void refs_batch_each(const struct engine *engine, const struct refs *refs, struct bytes value,
                     ref_ref_fn *fn, void *arg)
{
    struct val val = val_read(value);
    if (val.kind == VAL_REF) {
        fn(arg, val.ref);
        return;
    }
    struct batch batch;
    batch.engine = engine;
    batch.refs = refs;
    batch.fn = fn;
    batch.arg = arg;
    batch.count = 0;
    val_each_ref(value, collect, &batch);
    flush(&batch);
}

void refs_batch_ahead(const struct engine *engine, const struct refs *refs)
{
    if (refs->count >= 2 * BATCH) {
        fetch_places(engine, NULL, refs->list[refs->count - 2 * BATCH].target);
        fetch_targets(engine, NULL, refs->list[refs->count - BATCH].target);
    }
}
