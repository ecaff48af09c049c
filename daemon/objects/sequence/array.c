/* SPDX-License-Identifier: BSD-2-Clause */
/* array: its creation, hooks, and operations on one number. */
#include "daemon/objects/sequence/array.h"

#include "daemon/engine/writer.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "daemon/objects/sequence/array_store.h"

#define TYPECODES "b, B, h, H, i, I, l, L, q, Q, f or d"

/* ---- the type ---- */

static const struct array_type *type_asked(struct ctx *ctx, const Wire__ObjectCreate *in)
{
    if (!in->has_typecode || in->typecode.len == 0) {
        (void)fail(ctx, ERR_VALUE,
                   "an array needs a type for its numbers: give --typecode " TYPECODES);
        return NULL;
    }
    const struct array_type *type = array_type_find(arg(in->typecode));
    if (type == NULL)
        (void)fail(ctx, ERR_VALUE, "bad typecode (must be " TYPECODES ")");
    return type;
}

static int array_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct array *array = array_of(object);
    struct array_batch batch;
    array->type = type_asked(ctx, in);
    if (array->type == NULL)
        return -1;
    if (in->init.len == 0)
        return 0;
    if (val_read(arg(in->init)).kind == VAL_STR) {
        return fail(ctx, ERR_TYPE, "cannot use a str to initialize an array with typecode '%c'",
                    array->type->typecode);
    }
    if (array_batch_read(ctx, array->type, arg(in->init), &batch) < 0)
        return -1;
    array->data = batch.data;
    array->count = batch.count;
    array->cap = batch.count;
    return 0;
}

static void array_destroy(struct engine *engine, struct object *object)
{
    array_free(engine_mem(engine), array_of(object));
}

static uint64_t array_length(const struct object *object)
{
    return ((const struct array *)object)->count;
}

static void array_info(const struct object *object, struct buf *out)
{
    const struct array_type *type = ((const struct array *)object)->type;
    char typecode[] = {type->typecode, '\0'};
    val_put_field_text(out, "typecode", typecode);
    val_put_field_int(out, "itemsize", type->size);
}

static bool array_differs(const struct object *object, const Wire__ObjectCreate *in,
                          struct buf *why)
{
    const struct array_type *type = ((const struct array *)object)->type;
    if (!in->has_typecode ||
        bytes_equal(arg(in->typecode), bytes_of(&type->typecode, sizeof type->typecode)))
        return false;
    buf_printf(why, "typecode '%c', not '%.*s'", type->typecode, (int)in->typecode.len,
               (const char *)in->typecode.data);
    return true;
}

static void array_save(const struct object *object, struct writer *out)
{
    const struct array *array = (const struct array *)object;
    writer_raw(out, &array->type->typecode, sizeof array->type->typecode);
    writer_bytes(out, bytes_of(array->data, array->count * array->type->size));
}

static bool array_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct array *array = array_of(object);
    array->type = array_type_find(reader_raw(in, sizeof array->type->typecode));
    struct bytes data = reader_bytes(in);
    if (!reader_ok(in) || array->type == NULL || data.len % array->type->size != 0)
        return reader_fail(in);
    uint64_t count = data.len / array->type->size;
    if (!array_reserve(engine_mem(engine), array, count))
        return reader_nomem(in);
    if (count > 0)
        memcpy(array->data, data.data, data.len);
    array->count = count;
    return true;
}

/* An upper bound: the numbers as received, the array of them, and room to grow. */
static size_t array_growth(const struct object *object, const Wire__Request *request)
{
    const struct array *array = (const struct array *)object;
    if (request->op_case != WIRE__REQUEST__OP_ARRAY_SET_SLICE)
        return 0;
    struct val items = val_read(arg(request->array_set_slice->items));
    size_t count = items.kind == VAL_BYTES ? items.body.len : val_count(&items);
    return count == 0 ? 0 : (count * 3 + array->count / 2) * array->type->size;
}

const struct object_ops array_ops = {
    .type = TYPE_ARRAY,
    .size = sizeof(struct array),
    .params = PARAM_TYPECODE,
    .create = array_create,
    .destroy = array_destroy,
    .length = array_length,
    .scan = array_scan,
    .info = array_info,
    .differs = array_differs,
    .save = array_save,
    .load = array_load,
    .growth = array_growth,
};

/* ---- one number ---- */

#define WORDS_NOT_INT "array indices must be integers"

static const struct index_words words_get = {.not_int = WORDS_NOT_INT,
                                             .not_found = "array index out of range"};
static const struct index_words words_set = {.not_int = WORDS_NOT_INT,
                                             .not_found = "array assignment index out of range"};

int array_len(struct ctx *ctx, const Wire__ArrayLen *in)
{
    (void)in;
    return reply_uint(ctx, array_of(ctx->object)->count);
}

static int reply_number(struct ctx *ctx, const struct array_type *type, const uint8_t *at)
{
    struct buf *out = ctx_scratch(ctx);
    array_item_put(type, at, out);
    return reply_scratch(ctx);
}

int array_get(struct ctx *ctx, const Wire__ArrayGet *in)
{
    const struct array *array = array_of(ctx->object);
    uint64_t at;
    if (index_at(ctx, arg(in->index), array->count, &words_get, &at) < 0)
        return -1;
    return reply_number(ctx, array->type, array_at(array, at));
}

static void number_put(struct ctx *ctx, uint64_t at, const struct array_item *item)
{
    const struct array *array = array_of(ctx->object);
    memcpy(array_at(array, at), item->bytes, array->type->size);
    changed(ctx, ctx->object);
}

int array_set(struct ctx *ctx, const Wire__ArraySet *in)
{
    const struct array *array = array_of(ctx->object);
    struct array_item item;
    uint64_t at;
    if (index_at(ctx, arg(in->index), array->count, &words_set, &at) < 0 ||
        array_item_read(ctx, array->type, arg(in->value), &item) < 0)
        return -1;
    number_put(ctx, at, &item);
    return 0;
}

int array_add(struct ctx *ctx, const Wire__ArrayAdd *in)
{
    static const uint8_t one[] = {VAL_INT << 3, 2}; /* the encoding of the integer 1 (sint64) */
    const struct array *array = array_of(ctx->object);
    struct bytes by = in->by.len > 0 ? arg(in->by) : bytes_of(one, sizeof one);
    struct array_item item;
    uint64_t at;
    if (index_at(ctx, arg(in->index), array->count, &words_set, &at) < 0)
        return -1;
    memcpy(item.bytes, array_at(array, at), array->type->size);
    if (array_item_add(ctx, array->type, by, &item) < 0 ||
        reply_number(ctx, array->type, item.bytes) < 0)
        return -1;
    number_put(ctx, at, &item);
    return 0;
}
