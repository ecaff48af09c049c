/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of an array, and batches of numbers for it. */
#include "daemon/objects/sequence/array_store.h"

#include "daemon/objects/python/iterable.h"

enum {
    ARRAY_SPARE = 16,      /* growth adds at least this many numbers */
    ARRAY_SHRINK_MIN = 256 /* arrays of at most this capacity are not shrunk */
};

bool array_reserve(struct mem *mem, struct array *array, uint64_t count)
{
    if (count <= array->cap)
        return true;
    if (count > SIZE_MAX / 4 / array->type->size)
        return false;
    /* exact the first time: most arrays never change their length */
    uint64_t cap = array->cap == 0 ? count : count + count / 2 + ARRAY_SPARE;
    uint8_t *data =
        mem_resize(mem, array->data, array->cap * array->type->size, cap * array->type->size);
    if (data == NULL)
        return false;
    array->data = data;
    array->cap = cap;
    return true;
}

void array_shrink(struct mem *mem, struct array *array)
{
    if (array->cap <= ARRAY_SHRINK_MIN || array->count >= array->cap / 4)
        return;
    uint64_t cap = array->count * 2 + ARRAY_SPARE;
    uint8_t *data =
        mem_resize(mem, array->data, array->cap * array->type->size, cap * array->type->size);
    if (data != NULL) {
        array->data = data;
        array->cap = cap;
    }
}

void array_free(struct mem *mem, struct array *array)
{
    if (array->data != NULL) /* a loaded array that failed may have no type */
        mem_free(mem, array->data, array->cap * array->type->size);
}

static int batch_fill(struct ctx *ctx, const struct array_type *type, struct iterable *it,
                      struct array_batch *batch)
{
    struct bytes value;
    struct array_item item;
    if (it->count == 0)
        return 0;
    batch->data = mem_alloc(ctx_mem(ctx), it->count * type->size);
    if (batch->data == NULL)
        return fail_nomem(ctx);
    batch->count = it->count;
    for (uint8_t *at = batch->data; iterable_next(it, &value); at += type->size) {
        if (array_item_read(ctx, type, value, &item) < 0)
            return -1;
        memcpy(at, item.bytes, type->size);
    }
    return 0;
}

int array_batch_read(struct ctx *ctx, const struct array_type *type, struct bytes iterable,
                     struct array_batch *batch)
{
    struct iterable it;
    *batch = (struct array_batch){0};
    if (iterable_open(ctx, iterable, &it) < 0)
        return -1;
    int status = bulk_check(ctx, it.count, STEPS_VISIT);
    if (status == 0)
        status = batch_fill(ctx, type, &it, batch);
    iterable_close(&it);
    if (status < 0)
        array_batch_free(ctx_mem(ctx), type, batch);
    return status;
}

void array_batch_free(struct mem *mem, const struct array_type *type, struct array_batch *batch)
{
    mem_free(mem, batch->data, batch->count * type->size);
    *batch = (struct array_batch){0};
}
