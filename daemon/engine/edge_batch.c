/* SPDX-License-Identifier: BSD-2-Clause */
/* Two steps ahead of the work: the places in the tables, then what stands there. */
#include "daemon/engine/edge_batch.h"

enum {
    BATCH = 16,
    FEW = 3, /* not worth it */
};

struct batch {
    const struct engine *engine;
    const struct edges *edges;
    edge_ref_fn *fn;
    void *arg;
    size_t count;
    uint64_t refs[BATCH];
};

/* These are inlined by force: gcc takes a call that only prefetches for one without effect. */
__attribute__((always_inline)) static inline void fetch_places(const struct engine *engine,
                                                               const struct edges *edges,
                                                               uint64_t ref)
{
    const struct idmap *objects = &engine->objects_by_id;
    size_t hash = (size_t)idhash_of(&engine->idhash, ref);
    if (objects->now.count > 0)
        __builtin_prefetch(&objects->now.places[hash & (objects->now.count - 1)]);
    if (edges != NULL && edges->now.count > 0)
        __builtin_prefetch(&edges->now.places[hash & (edges->now.count - 1)]);
}

__attribute__((always_inline)) static inline void fetch_targets(const struct engine *engine,
                                                                const struct edges *edges,
                                                                uint64_t ref)
{
    const struct object *object = idmap_get(&engine->objects_by_id, ref);
    if (object != NULL) {
        __builtin_prefetch(&object->name);
        __builtin_prefetch(&object->hold_count);
        __builtin_prefetch(&object->loose_ms);
    }
    if (edges != NULL && edges->now.count > 0) {
        size_t hash = (size_t)idhash_of(&engine->idhash, ref);
        uint32_t place = edges->now.places[hash & (edges->now.count - 1)];
        if (place > 0)
            __builtin_prefetch(&edges->list[place - 1]);
    }
}

static void flush(struct batch *batch)
{
    for (size_t i = 0; batch->count > FEW && i < batch->count; i++)
        fetch_places(batch->engine, batch->edges, batch->refs[i]);
    for (size_t i = 0; batch->count > FEW && i < batch->count; i++)
        fetch_targets(batch->engine, batch->edges, batch->refs[i]);
    for (size_t i = 0; i < batch->count; i++)
        batch->fn(batch->arg, batch->refs[i]);
    batch->count = 0;
}

static void collect(void *arg, uint64_t ref)
{
    struct batch *batch = arg;
    batch->refs[batch->count++] = ref;
    if (batch->count == BATCH)
        flush(batch);
}

void edge_batch_each(const struct engine *engine, const struct edges *edges, struct bytes value,
                     edge_ref_fn *fn, void *arg)
{
    struct val val = val_read(value);
    if (val.kind == VAL_REF) {
        fn(arg, val.ref);
        return;
    }
    struct batch batch;
    batch.engine = engine;
    batch.edges = edges;
    batch.fn = fn;
    batch.arg = arg;
    batch.count = 0;
    val_each_ref(value, collect, &batch);
    flush(&batch);
}

void edge_batch_ahead(const struct engine *engine, const struct edges *edges)
{
    if (edges->count >= 2 * BATCH) {
        fetch_places(engine, NULL, edges->list[edges->count - 2 * BATCH].target);
        fetch_targets(engine, NULL, edges->list[edges->count - BATCH].target);
    }
}
