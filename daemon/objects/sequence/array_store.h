/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an array keeps its numbers. Included only by array_*.c. */
#ifndef OBJECTS_ARRAY_STORE_H
#define OBJECTS_ARRAY_STORE_H

#include "daemon/objects/sequence/array_item.h"

struct array {
    struct object object;
    const struct array_type *type;
    uint8_t *data;       /* owned; packed, in machine form */
    uint64_t count, cap; /* in numbers */
};

static inline struct array *array_of(struct object *object)
{
    return (struct array *)object;
}

/* The number at position `at`. */
static inline uint8_t *array_at(const struct array *array, uint64_t at)
{
    return array->data + at * array->type->size;
}

/* Makes room for `count` numbers in all. */
bool array_reserve(struct mem *mem, struct array *array, uint64_t count)
    __attribute__((warn_unused_result));
/* Frees memory when most of it is unused. */
void array_shrink(struct mem *mem, struct array *array);
void array_free(struct mem *mem, struct array *array);

/* Numbers converted from an iterable, to be put into an array. */
struct array_batch {
    uint8_t *data;
    uint64_t count;
};
/* -1: fail() was called. */
int array_batch_read(struct ctx *ctx, const struct array_type *type, struct bytes iterable,
                     struct array_batch *batch) __attribute__((warn_unused_result));
void array_batch_free(struct mem *mem, const struct array_type *type, struct array_batch *batch);

/* Replies with a Page of the array ctx->object. */
int array_scan(struct ctx *ctx, struct bytes cursor, uint64_t limit);

#endif
