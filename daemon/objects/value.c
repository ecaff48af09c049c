/* SPDX-License-Identifier: BSD-2-Clause */
/* value: an object with one value of any kind. */
#include "daemon/objects/value.h"

#include "daemon/engine/writer.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/arith.h"
#include "daemon/objects/python/sized_reply.h"
#include "daemon/objects/python/storable.h"
#include "daemon/objects/python/value_copy.h"
#include "daemon/objects/python/value_load.h"

struct value {
    struct object object;
    uint8_t *cell; /* owned; never NULL once it is created */
    bool refs;     /* the value has refs */
};

static struct value *value_of(struct object *object)
{
    return (struct value *)object;
}

/* A new value that is not stored yet. */
struct draft {
    uint8_t *cell;
    bool refs;
};

/* Does everything that can fail. -1: fail() was called. */
static int draft_make(struct ctx *ctx, struct object *object, struct bytes value,
                      struct draft *draft)
{
    if (storable_check(ctx, value.len) < 0)
        return -1;
    draft->refs = value_has_refs(ctx, value);
    if (draft->refs && refs_reserve(ctx, object, value) < 0)
        return -1;
    draft->cell = cell_new(ctx_mem(ctx), value);
    return draft->cell == NULL ? fail_nomem(ctx) : 0;
}

static void draft_cancel(struct ctx *ctx, struct draft *draft)
{
    cell_free(ctx_mem(ctx), draft->cell);
}

static void draft_enter(struct ctx *ctx, struct value *value, const struct draft *draft)
{
    struct draft old = {value->cell, value->refs};
    value->cell = draft->cell;
    value->refs = draft->refs;
    if (draft->refs)
        refs_add(ctx, &value->object, cell_bytes(draft->cell));
    if (old.refs)
        refs_drop(ctx, &value->object, cell_bytes(old.cell));
    cell_free(ctx_mem(ctx), old.cell);
}

static void draft_commit(struct ctx *ctx, const struct draft *draft)
{
    draft_enter(ctx, value_of(ctx->object), draft);
    changed(ctx, ctx->object);
}

/* ---- the type ---- */

static int value_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct bytes init = in->init.len > 0 ? arg(in->init) : VAL_NONE_BYTES;
    struct draft draft;
    if (draft_make(ctx, object, init, &draft) < 0)
        return -1;
    draft_enter(ctx, value_of(object), &draft);
    return 0;
}

static void value_destroy(struct engine *engine, struct object *object)
{
    cell_free(engine_mem(engine), value_of(object)->cell);
}

/* Replies with a page of one item. */
static int value_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit)
{
    struct bytes content = cell_bytes(value_of(ctx->object)->cell);
    struct whole whole;
    if (limit == 0)
        return fail(ctx, ERR_VALUE, "limit must be at least 1");
    if (cursor.len > 0)
        return fail(ctx, ERR_VALUE, "the cursor is not one of this object");
    whole_init(&whole, ctx);
    (void)whole_item(&whole, content.len);
    struct buf *out = whole_begin(&whole, VAL_LIST, "get");
    if (out == NULL)
        return -1;
    val_put_item(out, content);
    return reply_page(ctx, bytes_of(NULL, 0));
}

static void value_save(const struct object *object, struct writer *out)
{
    writer_bytes(out, cell_bytes(((const struct value *)object)->cell));
}

static bool value_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct value *value = value_of(object);
    struct stored stored;
    if (!stored_read(in, &stored))
        return false;
    value->cell = cell_new(engine_mem(engine), stored.value);
    value->refs = stored.refs;
    return value->cell != NULL || reader_nomem(in);
}

const struct object_ops value_ops = {
    .type = TYPE_VALUE,
    .size = sizeof(struct value),
    .create = value_create,
    .destroy = value_destroy,
    .scan = value_scan,
    .save = value_save,
    .load = value_load,
};

/* ---- operations ---- */

int value_get(struct ctx *ctx, const Wire__ValueGet *in)
{
    (void)in;
    return reply_value(ctx, cell_bytes(value_of(ctx->object)->cell));
}

int value_set(struct ctx *ctx, const Wire__ValueSet *in)
{
    struct draft draft;
    if (draft_make(ctx, ctx->object, arg(in->value), &draft) < 0)
        return -1;
    draft_commit(ctx, &draft);
    return 0;
}

/* After the reply was set: stores the draft as the value. */
static int draft_finish(struct ctx *ctx, struct draft *draft, int replied)
{
    if (replied < 0) {
        draft_cancel(ctx, draft);
        return -1;
    }
    draft_commit(ctx, draft);
    return 0;
}

int value_add(struct ctx *ctx, const Wire__ValueAdd *in)
{
    struct buf *sum = ctx_scratch(ctx);
    struct draft draft;
    if (arith_add(ctx, cell_bytes(value_of(ctx->object)->cell), arg(in->by), sum) < 0)
        return -1;
    if (sum->failed)
        return fail_nomem(ctx);
    if (draft_make(ctx, ctx->object, buf_bytes(sum), &draft) < 0)
        return -1;
    return draft_finish(ctx, &draft, reply_scratch(ctx));
}

int value_cas(struct ctx *ctx, const Wire__ValueCas *in)
{
    struct draft draft;
    int equal =
        val_equal_within(cell_bytes(value_of(ctx->object)->cell), arg(in->expect), &ctx->work);
    if (equal < 0)
        return fail_unfinished(ctx);
    if (equal == 0)
        return reply_bool(ctx, false);
    if (draft_make(ctx, ctx->object, arg(in->new_), &draft) < 0)
        return -1;
    return draft_finish(ctx, &draft, reply_bool(ctx, true));
}

int value_swap(struct ctx *ctx, const Wire__ValueSwap *in)
{
    struct draft draft;
    if (draft_make(ctx, ctx->object, arg(in->value), &draft) < 0)
        return -1;
    return draft_finish(ctx, &draft, reply_value(ctx, cell_bytes(value_of(ctx->object)->cell)));
}
