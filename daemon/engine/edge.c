/* SPDX-License-Identifier: BSD-2-Clause */
/* Which objects an object refers to, and how often. */
#include "daemon/engine/edge_batch.h"

#include <inttypes.h>

#include "daemon/engine/writer.h"

enum {
    EDGES_LEAST = 4,
    STEPS_REF = 60, /* to find the object of one, and its edge, each somewhere in memory */
};

static size_t edge_find(const struct edges *edges, uint64_t target)
{
    return edges == NULL ? EDGE_NOWHERE : edge_index_find(edges, target);
}

static void edge_append(struct edges *edges, uint64_t target)
{
    edges->list[edges->count] = (struct edge){target, 0};
    edge_index_add(edges, edges->count++);
}

/* Takes one out; the last one fills its place. */
static void edge_remove(struct edges *edges, size_t at)
{
    size_t last = edges->count - 1;
    edge_index_del(edges, at);
    if (at != last) {
        edge_index_move(edges, last, at);
        edges->list[at] = edges->list[last];
    }
    edges->count--;
}

/* ---- memory ---- */

/* Room for `need` edges in all, refs of which are new. */
static bool edges_grow(struct edges *edges, struct mem *mem, size_t need, size_t refs)
{
    size_t cap = edges->cap == 0 ? EDGES_LEAST : edges->cap;
    if (need > UINT32_MAX / 4)
        return false;
    while (cap < need)
        cap *= 2;
    if (cap > edges->cap) {
        struct edge *list = mem_resize(mem, edges->list, edges->cap * sizeof(struct edge),
                                       cap * sizeof(struct edge));
        if (list == NULL)
            return false;
        edges->list = list;
        edges->cap = cap;
    }
    return edge_index_reserve(edges, mem, refs);
}

/* As edges_grow, for an object that may have none yet. Leaves nothing new behind when it fails. */
static bool object_edges_grow(struct engine *engine, struct object *object, size_t need,
                              size_t refs)
{
    struct edges *edges = object->edges;
    if (edges == NULL) {
        edges = mem_zalloc(&engine->mem, sizeof *edges);
        if (edges == NULL)
            return false;
        edges->owner = object->id;
        edges->hash = &engine->idhash;
    }
    if (!edges_grow(edges, &engine->mem, need, refs)) {
        if (object->edges == NULL)
            edges_release(engine, edges);
        return false;
    }
    object->edges = edges;
    return true;
}

void edges_release(struct engine *engine, struct edges *edges)
{
    mem_free(&engine->mem, edges->list, edges->cap * sizeof(struct edge));
    edge_index_free(edges, &engine->mem);
    mem_free(&engine->mem, edges, sizeof *edges);
}

void edges_free(struct engine *engine, struct object *object)
{
    if (object->edges != NULL) {
        edges_release(engine, object->edges);
        object->edges = NULL;
    }
}

/* ---- the targets' side ---- */

/* NULL when it is gone. Condemned ones count too: they are there until they are swept. */
static struct object *target_of(const struct engine *engine, uint64_t id)
{
    return idmap_get(&engine->objects_by_id, id);
}

static void target_lost(struct ctx *ctx, uint64_t owner, uint64_t id, uint64_t refs)
{
    struct object *target = id == owner ? NULL : target_of(ctx->engine, id);
    if (target != NULL) {
        target->referrers -= refs;
        gc_loosened(ctx, target);
    }
}

static void target_gained(struct engine *engine, uint64_t owner, uint64_t id)
{
    struct object *target = id == owner ? NULL : target_of(engine, id);
    if (target != NULL) {
        target->referrers++;
        gc_shade(engine, target);
    }
}

/* ---- reserve, add, drop ---- */

struct each {
    struct ctx *ctx;
    struct object *object;
    size_t refs;
    bool is_missing;  /* a target does not exist: */
    uint64_t missing; /* ... the first such one; any number, it comes from outside */
};

static void look_at_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    each->refs++;
    if (val_spend(&each->ctx->work, STEPS_REF) && !each->is_missing &&
        object_by_id(each->ctx->engine, ref) == NULL) {
        each->is_missing = true;
        each->missing = ref;
    }
}

static int promise(struct ctx *ctx, struct object *object, size_t refs)
{
    /* Promises of one command add up, whichever objects they are for. */
    size_t promised = ctx->edges_promised + refs;
    if (!object_edges_grow(ctx->engine, object, edges_count(object) + promised, refs))
        return fail_nomem(ctx);
    ctx->edges_promised = promised;
    return 0;
}

static void count_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    (void)ref;
    each->refs++;
}

int edges_afford(struct ctx *ctx, struct bytes value, uint64_t times)
{
    struct each each = {0};
    val_each_ref(value, count_ref, &each);
    return each.refs == 0 ? 0 : work_take_each(ctx, times, each.refs * STEPS_REF);
}

int edges_reserve(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    edge_batch_each(ctx->engine, NULL, value, look_at_ref, &each);
    if (ctx->work.over)
        return fail_work(ctx);
    if (each.is_missing) {
        return fail(ctx, ERR_NO_SUCH_OBJECT,
                    "the value refers to object %" PRIu64 ", which does not exist", each.missing);
    }
    return promise(ctx, object, each.refs);
}

int edges_reserve_moved(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    val_each_ref(value, count_ref, &each);
    return promise(ctx, object, each.refs);
}

static void add_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    struct edges *edges = each->object->edges;
    size_t at = edge_find(edges, ref);
    if (at == EDGE_NOWHERE) {
        at = edges->count;
        edge_append(edges, ref);
    }
    edges->list[at].count++;
    target_gained(each->ctx->engine, edges->owner, ref);
}

void edges_add(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    edge_batch_each(ctx->engine, object->edges, value, add_ref, &each);
}

/* The last edge is about to fill the place `at`. When the collection has been there already, it
 * would never see it. */
static void keep_seen(struct engine *engine, const struct object *object, size_t at)
{
    const struct edges *edges = object->edges;
    if (engine->gc.grey == object && at < engine->gc.edge_at) {
        struct object *moved = target_of(engine, edges->list[edges->count - 1].target);
        if (moved != NULL)
            gc_shade(engine, moved);
    }
}

static void drop_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    struct edges *edges = each->object->edges;
    size_t at = edge_find(edges, ref);
    if (at == EDGE_NOWHERE)
        return;
    if (--edges->list[at].count == 0) {
        keep_seen(each->ctx->engine, each->object, at);
        edge_remove(edges, at);
    }
    target_lost(each->ctx, edges->owner, ref, 1);
}

/* Empty ones go, unless somebody was promised their room. */
static void free_empty(struct ctx *ctx, struct object *object)
{
    if (object->edges != NULL && object->edges->count == 0 && ctx->edges_promised == 0)
        edges_free(ctx->engine, object);
}

void edges_drop(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    edge_batch_each(ctx->engine, object->edges, value, drop_ref, &each);
    free_empty(ctx, object);
}

/* The last one. */
static void edge_pop(struct ctx *ctx, struct edges *edges)
{
    struct edge edge = edges->list[--edges->count];
    target_lost(ctx, edges->owner, edge.target, edge.count);
}

/* From the end, so that nothing moves. */
size_t edges_shed(struct ctx *ctx, struct edges *edges, size_t max)
{
    size_t shed = 0;
    edge_index_free(edges, &ctx->engine->mem);
    for (; shed < max && edges->count > 0; shed++) {
        edge_batch_ahead(ctx->engine, edges);
        edge_pop(ctx, edges);
    }
    return shed;
}

void edges_clear(struct ctx *ctx, struct object *object)
{
    struct edges *edges = object->edges;
    if (edges == NULL)
        return;
    if (edges->count > EDGES_AT_ONCE && ctx->edges_promised == 0) {
        gc_discard(ctx->engine, edges);
        object->edges = NULL;
        return;
    }
    while (edges->count > 0) {
        edge_index_del(edges, edges->count - 1);
        edge_pop(ctx, edges);
    }
    free_empty(ctx, object);
}

void edges_end(struct ctx *ctx, struct object *object)
{
    struct edges *edges = object->edges;
    object->edges = NULL;
    if (edges == NULL)
        return;
    if (edges->count > EDGES_AT_ONCE) {
        gc_discard(ctx->engine, edges);
        return;
    }
    (void)edges_shed(ctx, edges, SIZE_MAX);
    edges_release(ctx->engine, edges);
}

static void list_save(const struct edges *edges, struct writer *out)
{
    writer_u64(out, edges->count);
    for (size_t i = 0; i < edges->count; i++) {
        writer_u64(out, edges->list[i].target);
        writer_u64(out, edges->list[i].count);
    }
}

void edges_save(const struct object *object, struct writer *out)
{
    if (edges_count(object) == 0)
        writer_u64(out, 0);
    else
        list_save(object->edges, out);
}

void edges_save_dying(const struct edges *first, struct writer *out)
{
    for (; first != NULL; first = first->next) {
        writer_u64(out, first->owner);
        list_save(first, out);
    }
    writer_u64(out, 0);
}

/* Into edges of that object, which are grown first. */
static bool list_load(struct edges *edges, struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--) {
        uint64_t target = reader_id(in);
        uint64_t count = reader_u64(in);
        if (!reader_ok(in) || count == 0 || edge_find(edges, target) != EDGE_NOWHERE)
            return reader_fail(in);
        edge_append(edges, target);
        edges->list[edges->count - 1].count = count;
    }
    return true;
}

/* How many edges follow; 0 as well when that is nonsense. */
static size_t list_peek(struct reader *in)
{
    struct reader ahead = *in;
    return reader_u64_max(&ahead, (uint64_t)(in->end - in->at) / sizeof(struct edge));
}

bool edges_load(struct engine *engine, struct object *object, struct reader *in)
{
    size_t count = list_peek(in);
    if (count == 0)
        return reader_u64_max(in, 0) == 0 && reader_ok(in);
    if (!object_edges_grow(engine, object, count, 0))
        return reader_nomem(in);
    return list_load(object->edges, in);
}

bool edges_load_dying(struct engine *engine, struct reader *in)
{
    uint64_t owner;
    while ((owner = reader_u64(in)) != 0) {
        struct edges *edges = mem_zalloc(&engine->mem, sizeof *edges);
        if (edges == NULL)
            return reader_nomem(in);
        edges->owner = owner;
        edges->hash = &engine->idhash;
        gc_discard(engine, edges);
        if (!edges_grow(edges, &engine->mem, list_peek(in), 0))
            return reader_nomem(in);
        if (!list_load(edges, in))
            return false;
    }
    return reader_ok(in);
}

size_t edges_targets(const struct object *object)
{
    return edges_count(object);
}
