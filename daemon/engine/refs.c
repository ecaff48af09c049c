/* SPDX-License-Identifier: BSD-2-Clause */
/* Which objects an object refers to, and how often. */
#include "daemon/engine/refs.h"

#include <inttypes.h>

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/refs_batch.h"
#include "daemon/engine/refs_index.h"
#include "daemon/engine/state.h"
#include "daemon/engine/writer.h"

enum {
    EDGES_LEAST = 4,
    STEPS_REF = 60, /* to find the object of one, and its ref, each somewhere in memory */
};

static size_t ref_find(const struct refs *refs, uint64_t target)
{
    return refs == NULL ? EDGE_NOWHERE : refs_index_find(refs, target);
}

static void ref_append(struct refs *refs, uint64_t target)
{
    refs->list[refs->count] = (struct ref){target, 0};
    refs_index_add(refs, refs->count++);
}

/* Takes one out; the last one fills its place. */
static void ref_remove(struct refs *refs, size_t at)
{
    size_t last = refs->count - 1;
    refs_index_del(refs, at);
    if (at != last) {
        refs_index_move(refs, last, at);
        refs->list[at] = refs->list[last];
    }
    refs->count--;
}

/* ---- memory ---- */

/* Room for `need` refs in all, refs of which are new. */
static bool refs_grow(struct refs *refs, struct mem *mem, size_t need, size_t added)
{
    size_t cap = refs->cap == 0 ? EDGES_LEAST : refs->cap;
    if (need > UINT32_MAX / 4)
        return false;
    while (cap < need)
        cap *= 2;
    if (cap > refs->cap) {
        struct ref *list =
            mem_resize(mem, refs->list, refs->cap * sizeof(struct ref), cap * sizeof(struct ref));
        if (list == NULL)
            return false;
        refs->list = list;
        refs->cap = cap;
    }
    return refs_index_reserve(refs, mem, added);
}

/* As refs_grow, for an object that may have none yet. Leaves nothing new behind when it fails. */
static bool object_refs_grow(struct engine *engine, struct object *object, size_t need,
                             size_t added)
{
    struct refs *refs = object->refs;
    if (refs == NULL) {
        refs = mem_zalloc(&engine->mem, sizeof *refs);
        if (refs == NULL)
            return false;
        refs->owner = object->id;
        refs->hash = &engine->idhash;
    }
    if (!refs_grow(refs, &engine->mem, need, added)) {
        if (object->refs == NULL)
            refs_release(engine, refs);
        return false;
    }
    object->refs = refs;
    return true;
}

void refs_release(struct engine *engine, struct refs *refs)
{
    mem_free(&engine->mem, refs->list, refs->cap * sizeof(struct ref));
    refs_index_free(refs, &engine->mem);
    mem_free(&engine->mem, refs, sizeof *refs);
}

void refs_free(struct engine *engine, struct object *object)
{
    if (object->refs != NULL) {
        refs_release(engine, object->refs);
        object->refs = NULL;
    }
}

/* ---- the targets' side ---- */

/* NULL when it is gone. Condemned ones count too: they are there until they are swept. */
static struct object *target_of(const struct engine *engine, uint64_t id)
{
    return idmap_get(&engine->objects_by_id, id);
}

static void target_lost(struct ctx *ctx, uint64_t owner, uint64_t id, uint64_t added)
{
    struct object *target = id == owner ? NULL : target_of(ctx->engine, id);
    if (target != NULL) {
        target->referrers -= added;
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
    size_t added;
    bool is_missing;  /* a target does not exist: */
    uint64_t missing; /* ... the first such one; any number, it comes from outside */
};

static void look_at_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    each->added++;
    if (val_spend(&each->ctx->work, STEPS_REF) && !each->is_missing &&
        object_by_id(each->ctx->engine, ref) == NULL) {
        each->is_missing = true;
        each->missing = ref;
    }
}

static int promise(struct ctx *ctx, struct object *object, size_t added)
{
    /* Promises of one command add up, whichever objects they are for. */
    size_t promised = ctx->refs_promised + added;
    if (!object_refs_grow(ctx->engine, object, refs_count(object->refs) + promised, added))
        return fail_nomem(ctx);
    ctx->refs_promised = promised;
    return 0;
}

static void count_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    (void)ref;
    each->added++;
}

int refs_afford(struct ctx *ctx, struct bytes value, uint64_t times)
{
    struct each each = {0};
    val_each_ref(value, count_ref, &each);
    return each.added == 0 ? 0 : work_take_each(ctx, times, each.added * STEPS_REF);
}

int refs_reserve(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    refs_batch_each(ctx->engine, NULL, value, look_at_ref, &each);
    if (ctx->work.over)
        return fail_work(ctx);
    if (each.is_missing) {
        return fail(ctx, ERR_NO_SUCH_OBJECT,
                    "the value refers to object %" PRIu64 ", which does not exist", each.missing);
    }
    return promise(ctx, object, each.added);
}

int refs_reserve_moved(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    val_each_ref(value, count_ref, &each);
    return promise(ctx, object, each.added);
}

static void add_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    struct refs *refs = each->object->refs;
    size_t at = ref_find(refs, ref);
    if (at == EDGE_NOWHERE) {
        at = refs->count;
        ref_append(refs, ref);
    }
    refs->list[at].count++;
    target_gained(each->ctx->engine, refs->owner, ref);
}

void refs_add(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    refs_batch_each(ctx->engine, object->refs, value, add_ref, &each);
}

/* The last ref is about to fill the place `at`. When the collection has been there already, it
 * would never see it. */
static void keep_seen(struct engine *engine, const struct object *object, size_t at)
{
    const struct refs *refs = object->refs;
    if (engine->gc.grey == object && at < engine->gc.ref_at) {
        struct object *moved = target_of(engine, refs->list[refs->count - 1].target);
        if (moved != NULL)
            gc_shade(engine, moved);
    }
}

static void drop_ref(void *arg, uint64_t ref)
{
    struct each *each = arg;
    struct refs *refs = each->object->refs;
    size_t at = ref_find(refs, ref);
    if (at == EDGE_NOWHERE)
        return;
    if (--refs->list[at].count == 0) {
        keep_seen(each->ctx->engine, each->object, at);
        ref_remove(refs, at);
    }
    target_lost(each->ctx, refs->owner, ref, 1);
}

/* Empty ones go, unless somebody was promised their room. */
static void free_empty(struct ctx *ctx, struct object *object)
{
    if (object->refs != NULL && object->refs->count == 0 && ctx->refs_promised == 0)
        refs_free(ctx->engine, object);
}

void refs_drop(struct ctx *ctx, struct object *object, struct bytes value)
{
    struct each each = {.ctx = ctx, .object = object};
    refs_batch_each(ctx->engine, object->refs, value, drop_ref, &each);
    free_empty(ctx, object);
}

/* The last one. */
static void ref_pop(struct ctx *ctx, struct refs *refs)
{
    struct ref ref = refs->list[--refs->count];
    target_lost(ctx, refs->owner, ref.target, ref.count);
}

/* From the end, so that nothing moves. */
size_t refs_shed(struct ctx *ctx, struct refs *refs, size_t max)
{
    size_t shed = 0;
    refs_index_free(refs, &ctx->engine->mem);
    for (; shed < max && refs->count > 0; shed++) {
        refs_batch_ahead(ctx->engine, refs);
        ref_pop(ctx, refs);
    }
    return shed;
}

void refs_clear(struct ctx *ctx, struct object *object)
{
    struct refs *refs = object->refs;
    if (refs == NULL)
        return;
    if (refs->count > REFS_AT_ONCE && ctx->refs_promised == 0) {
        gc_discard(ctx->engine, refs);
        object->refs = NULL;
        return;
    }
    while (refs->count > 0) {
        refs_index_del(refs, refs->count - 1);
        ref_pop(ctx, refs);
    }
    free_empty(ctx, object);
}

void refs_end(struct ctx *ctx, struct object *object)
{
    struct refs *refs = object->refs;
    object->refs = NULL;
    if (refs == NULL)
        return;
    if (refs->count > REFS_AT_ONCE) {
        gc_discard(ctx->engine, refs);
        return;
    }
    (void)refs_shed(ctx, refs, SIZE_MAX);
    refs_release(ctx->engine, refs);
}

static void list_save(const struct refs *refs, struct writer *out)
{
    writer_u64(out, refs->count);
    for (size_t i = 0; i < refs->count; i++) {
        writer_u64(out, refs->list[i].target);
        writer_u64(out, refs->list[i].count);
    }
}

void refs_save(const struct object *object, struct writer *out)
{
    if (refs_count(object->refs) == 0)
        writer_u64(out, 0);
    else
        list_save(object->refs, out);
}

void refs_save_dying(const struct refs *first, struct writer *out)
{
    for (; first != NULL; first = first->next) {
        writer_u64(out, first->owner);
        list_save(first, out);
    }
    writer_u64(out, 0);
}

/* Into refs of that object, which are grown first. */
static bool list_load(struct refs *refs, struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--) {
        uint64_t target = reader_id(in);
        uint64_t count = reader_u64(in);
        if (!reader_ok(in) || count == 0 || ref_find(refs, target) != EDGE_NOWHERE)
            return reader_fail(in);
        ref_append(refs, target);
        refs->list[refs->count - 1].count = count;
    }
    return true;
}

/* How many refs follow; 0 as well when that is nonsense. */
static size_t list_peek(struct reader *in)
{
    struct reader ahead = *in;
    return reader_u64_max(&ahead, (uint64_t)(in->end - in->at) / sizeof(struct ref));
}

bool refs_load(struct engine *engine, struct object *object, struct reader *in)
{
    size_t count = list_peek(in);
    if (count == 0)
        return reader_u64_max(in, 0) == 0 && reader_ok(in);
    if (!object_refs_grow(engine, object, count, 0))
        return reader_nomem(in);
    return list_load(object->refs, in);
}

bool refs_load_dying(struct engine *engine, struct reader *in)
{
    uint64_t owner;
    while ((owner = reader_u64(in)) != 0) {
        struct refs *refs = mem_zalloc(&engine->mem, sizeof *refs);
        if (refs == NULL)
            return reader_nomem(in);
        refs->owner = owner;
        refs->hash = &engine->idhash;
        gc_discard(engine, refs);
        if (!refs_grow(refs, &engine->mem, list_peek(in), 0))
            return reader_nomem(in);
        if (!list_load(refs, in))
            return false;
    }
    return reader_ok(in);
}

size_t refs_targets(const struct object *object)
{
    return refs_count(object->refs);
}
