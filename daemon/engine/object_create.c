/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects are made whole or not at all. Their end is in object_end.c. */
#include <stdio.h>

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/hold.h"
#include "daemon/engine/registry.h"
#include "wire.pb-c.h"
#include "wire/base/name.h"

static struct bytes given(ProtobufCBinaryData field)
{
    return bytes_of(field.data, field.len);
}

static int fail_type(struct ctx *ctx)
{
    char list[256] = "";
    size_t len = 0;
    for (unsigned type = TYPE_DICT; type < TYPE_COUNT && len < sizeof list; type++) {
        if (ctx->engine->handlers->types[type] != NULL && type_name(type) != NULL) {
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len == 0 ? "" : ", ",
                                    type_name(type));
        }
    }
    return fail(ctx, ERR_VALUE, "there is no such type; the types are: %s", list);
}

/* The first parameter given that is not among those of the type; NULL: none. */
static const char *param_not_of(const Wire__ObjectCreate *in, unsigned params)
{
    const struct {
        bool given;
        unsigned param;
        const char *name;
    } rows[] = {
        {in->has_typecode, PARAM_TYPECODE, "typecode"},
        {in->has_maxsize, PARAM_MAXSIZE, "maxsize"},
        {in->has_kind, PARAM_KIND, "kind"},
        {in->bounded, PARAM_BOUNDED, "bounded"},
        {in->has_lock, PARAM_LOCK, "lock"},
        {in->has_patience_ms, PARAM_PATIENCE, "patience"},
        {in->one_way, PARAM_ONE_WAY, "one_way"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].given && (params & rows[i].param) == 0)
            return rows[i].name;
    return NULL;
}

/* Whether the request makes sense at all, whatever objects there are. NULL: fail() was called. */
static const struct object_ops *check_request(struct ctx *ctx, const Wire__ObjectCreate *in)
{
    unsigned type = type_number(given(in->type));
    const struct object_ops *ops = type == 0 ? NULL : ctx->engine->handlers->types[type];
    if (ops == NULL) {
        (void)fail_type(ctx);
        return NULL;
    }
    const char *param = param_not_of(in, ops->params);
    if (param != NULL) {
        (void)fail(ctx, ERR_VALUE, "an object of type %s has no %s", type_name(type), param);
        return NULL;
    }
    if (in->has_ttl_ms && in->ttl_ms == 0) {
        (void)fail(ctx, ERR_VALUE, "ttl_ms must be at least 1");
        return NULL;
    }
    const char *fault = in->has_name ? name_fault(given(in->name)) : NULL;
    if (fault != NULL) {
        (void)fail(ctx, ERR_VALUE, "the name %s", fault);
        return NULL;
    }
    return ops;
}

/* What the object has that was not asked for; what was not given does not count. True: why says it.
 */
static bool object_differs(const struct object *object, const struct object_ops *ops,
                           const Wire__ObjectCreate *in, struct buf *why)
{
    if (object->ops != ops) {
        buf_printf(why, "type %s, not %s", object_type_name(object), type_name(ops->type));
        return true;
    }
    if (in->ephemeral && !object->ephemeral) {
        buf_put_text(why, "not ephemeral");
        return true;
    }
    if (in->has_ttl_ms && in->ttl_ms != object->ttl_ms) {
        buf_printf(why, "ttl_ms %" PRIu64 ", not %" PRIu64, object->ttl_ms, in->ttl_ms);
        return true;
    }
    return ops->differs != NULL && ops->differs(object, in, why);
}

/* 0: it fits. */
static int fail_differing(struct ctx *ctx, const struct object *object,
                          const struct object_ops *ops, const Wire__ObjectCreate *in)
{
    char text[160];
    struct buf *why = ctx_scratch(ctx);
    if (!object_differs(object, ops, in, why))
        return 0;
    /* A copy: what reports the failure may need the scratch buffer itself. */
    snprintf(text, sizeof text, "%.*s", (int)why->len,
             why->data == NULL ? "" : (const char *)why->data);
    return fail(ctx, ERR_EXISTS, "it exists and differs: %s", text);
}

/* if_absent: takes the object that has the name. NULL: fail() was called. */
static struct object *take_existing(struct ctx *ctx, struct object *object,
                                    const struct object_ops *ops, const Wire__ObjectCreate *in)
{
    if (!in->if_absent) {
        (void)fail(ctx, ERR_EXISTS, "the name is taken");
        return NULL;
    }
    if (fail_differing(ctx, object, ops, in) != 0)
        return NULL;
    if (object->ephemeral && ctx->session != NULL &&
        object_hold_by(ctx, ctx->session, object) != 0) {
        (void)fail_nomem(ctx);
        return NULL;
    }
    return object;
}

/* All that a new object needs before it can be entered. */
struct draft {
    struct object *object;
    struct hold *hold; /* NULL: nobody holds it from the start */
    bool entry;        /* registry_reserve is done */
    bool timer;        /* timers_reserve is done */
};

void object_free(struct engine *engine, struct object *object)
{
    mem_free(&engine->mem, object->name, object->name_len);
    mem_free(&engine->mem, (void *)(uintptr_t)object->principal.data, object->principal.len);
    mem_free(&engine->mem, object, object->ops->size);
}

static void draft_cancel(struct engine *engine, struct draft *draft)
{
    if (draft->timer)
        timers_unreserve(&engine->timers);
    if (draft->entry)
        registry_unreserve(engine);
    if (draft->hold != NULL)
        hold_cancel(engine, draft->hold);
    if (draft->object != NULL) {
        refs_free(engine, draft->object);
        object_free(engine, draft->object);
    }
}

/* A copy in counted memory; an empty run is no memory at all. False: there is none. */
static bool copy_run(struct mem *mem, struct bytes run, uint8_t **copy)
{
    *copy = NULL;
    if (run.len > 0) {
        *copy = mem_alloc(mem, run.len);
        if (*copy == NULL)
            return false;
        memcpy(*copy, run.data, run.len);
    }
    return true;
}

/* The bare struct with what it owns. False: no memory. */
static bool draft_object(struct ctx *ctx, struct draft *draft, const struct object_ops *ops,
                         const Wire__ObjectCreate *in)
{
    struct engine *engine = ctx->engine;
    struct bytes name = in->has_name ? given(in->name) : bytes_of(NULL, 0);
    struct bytes principal = ctx->session != NULL ? ctx->session->principal : bytes_of(NULL, 0);
    struct object *object = mem_zalloc(&engine->mem, ops->size);
    uint8_t *copy;
    draft->object = object;
    if (object == NULL)
        return false;
    object->id = ctx->revision;
    object->ops = ops;
    object->ephemeral = in->ephemeral;
    object->ttl_ms = in->has_ttl_ms ? in->ttl_ms : 0;
    object->ttl.kind = TIMER_TTL;
    if (!copy_run(&engine->mem, name, &object->name))
        return false;
    object->name_len = (uint32_t)name.len;
    if (!copy_run(&engine->mem, principal, &copy))
        return false;
    object->principal = bytes_of(copy, principal.len);
    return true;
}

static bool draft_reserve(struct ctx *ctx, struct draft *draft, const struct object_ops *ops,
                          const Wire__ObjectCreate *in)
{
    struct engine *engine = ctx->engine;
    if (!draft_object(ctx, draft, ops, in))
        return false;
    if (ctx->session != NULL && (in->ephemeral || !in->has_name)) {
        draft->hold = hold_reserve(engine);
        if (draft->hold == NULL)
            return false;
    }
    draft->entry = registry_reserve(engine);
    draft->timer = in->has_ttl_ms && timers_reserve(&engine->timers, &engine->mem);
    return draft->entry && draft->timer == (bool)in->has_ttl_ms;
}

static void draft_commit(struct ctx *ctx, const struct draft *draft)
{
    struct engine *engine = ctx->engine;
    struct object *object = draft->object;
    registry_link(engine, object);
    gc_born(ctx, object);
    if (draft->hold != NULL)
        hold_link(engine, draft->hold, ctx->session, object);
    else
        gc_loosened(ctx, object);
    if (draft->timer)
        object_start_ttl(ctx, object);
    changed(ctx, object);
}

struct object *object_create_new(struct ctx *ctx, const Wire__ObjectCreate *in)
{
    const struct object_ops *ops = check_request(ctx, in);
    if (ops == NULL)
        return NULL;
    struct object *existing = in->has_name ? registry_by_name(ctx->engine, given(in->name)) : NULL;
    if (existing != NULL)
        return take_existing(ctx, existing, ops, in);
    struct draft draft = {0};
    if (!draft_reserve(ctx, &draft, ops, in)) {
        draft_cancel(ctx->engine, &draft);
        (void)fail_nomem(ctx);
        return NULL;
    }
    if (ops->create(ctx, draft.object, in) != 0) {
        draft_cancel(ctx->engine, &draft);
        return NULL;
    }
    draft_commit(ctx, &draft);
    return draft.object;
}
