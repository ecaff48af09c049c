/* SPDX-License-Identifier: BSD-2-Clause */
/* object waits: lists which request waits for what, and who holds it. */
#include "daemon/engine/session.h"
#include "daemon/objects/object/object_rows.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"

enum { WAITS_ROWS = 10000, WAITS_BYTES = 8 << 20 };

/* A reply that grows row by row. */
struct waits {
    const struct ctx *ctx;
    struct buf *out;
    size_t bytes; /* limit: the reply ends above it */
    uint64_t rows;
};

static bool waits_full(const struct waits *waits)
{
    return waits->rows >= WAITS_ROWS || waits->out->len > waits->bytes;
}

/* Puts the grants that the waiter waits for, oldest first. */
static void held_by_put(const struct waiter *waiter, struct buf *out)
{
    const struct object_ops *ops = waiter->object->ops;
    bool owned = ops->owned_queue != NULL && ops->owned_queue(waiter->object) == waiter->queue;
    const struct grant *grant = owned ? waiter->object->grants : NULL;
    struct rows rows;
    rows_open(&rows, out, "held_by");
    for (size_t i = 0; i < ROWS_INSIDE && grant != NULL; i++, grant = grant->object_next) {
        row_open(&rows);
        field_put_id(out, "session", grant->session->id);
        val_put_field_str(out, "client", grant->session->client);
        field_put_id(out, "holder", grant->holder);
        field_put_id(out, "token", grant->token);
        row_close(&rows);
    }
    rows_close(&rows);
    if (owned && waiter->object->grant_count > ROWS_INSIDE)
        val_put_field_uint(out, "held_by_more", waiter->object->grant_count - ROWS_INSIDE);
}

/* Puts the number of permits it waits for; None: not waiting for permits. */
static void want_put(const struct waiter *waiter, struct buf *out)
{
    if (waiter->object->ops->type == TYPE_SEMAPHORE && waiter->queue != &waiter->object->watchers)
        val_put_field_uint(out, "want", waiter->want);
    else
        val_put_field(out, "want", VAL_NONE_BYTES);
}

/* Puts the grant under which the request acts: most likely its owner is the one that waits. */
static void under_put(const struct waiter *waiter, struct buf *out)
{
    if (waiter->require != 0)
        field_put_id(out, "under", waiter->require);
}

static void waits_put(struct waits *waits, const struct waiter *waiter)
{
    struct buf *out = waits->out;
    size_t item = val_open_item(out);
    size_t row = val_open(out, VAL_DICT);
    field_put_name(out, "object", waiter->object);
    val_put_field_text(out, "type", type_name(waiter->object->ops->type));
    field_put_id(out, "id", waiter->id);
    field_put_operation(out, waiter);
    field_put_id(out, "session", waiter->session->id);
    val_put_field_str(out, "client", waiter->session->client);
    val_put_field_str(out, "address", waiter->session->address);
    field_put_id(out, "holder", waiter->holder);
    under_put(waiter, out);
    fields_put_times(waits->ctx, out, waiter);
    want_put(waiter, out);
    held_by_put(waiter, out);
    val_close(out, row);
    val_close(out, item);
    waits->rows++;
}

/* Puts the waiters of one object, oldest first. Returns how many there are. */
static uint64_t waits_of_object(struct waits *waits, const struct object *object)
{
    const struct waiter *waiter = object->waiters;
    for (; waiter != NULL && !waits_full(waits); waiter = waiter->object_next)
        waits_put(waits, waiter);
    return object->waiter_count + object->watchers.count;
}

/* Puts the waiters of all objects, session by session. Returns how many there are. */
static uint64_t waits_of_all(struct waits *waits)
{
    struct usage usage;
    uint64_t id = 0;
    while (!waits_full(waits) && engine_session_next(waits->ctx->engine, &id)) {
        const struct waiter *waiter = session_find(waits->ctx->engine, id)->waiters;
        for (; waiter != NULL && !waits_full(waits); waiter = waiter->session_next)
            waits_put(waits, waiter);
    }
    engine_usage(waits->ctx->engine, &usage);
    return usage.waiters;
}

int object_waits(struct ctx *ctx, const Wire__ObjectWaits *in)
{
    const struct object *object = NULL;
    if (in->name.len > 0) {
        object = object_find(ctx, arg(in->name));
        if (object == NULL)
            return -1;
    }
    size_t half = ctx_limits(ctx)->frame_bytes / 2;
    struct waits waits = {
        .ctx = ctx, .out = ctx_scratch(ctx), .bytes = half < WAITS_BYTES ? half : WAITS_BYTES};
    size_t list = val_open(waits.out, VAL_LIST);
    uint64_t all = object != NULL ? waits_of_object(&waits, object) : waits_of_all(&waits);
    if (all > waits.rows) { /* the last row tells how many are left out */
        size_t item = val_open_item(waits.out);
        size_t row = val_open(waits.out, VAL_DICT);
        val_put_field_uint(waits.out, "more", all - waits.rows);
        val_close(waits.out, row);
        val_close(waits.out, item);
    }
    val_close(waits.out, list);
    return reply_scratch(ctx);
}
