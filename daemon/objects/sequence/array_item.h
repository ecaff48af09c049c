/* SPDX-License-Identifier: BSD-2-Clause */
/* One machine number of an array: its type, and how values become numbers and back. */
#ifndef OBJECTS_ARRAY_ITEM_H
#define OBJECTS_ARRAY_ITEM_H

#include "daemon/engine/core.h"

struct array_type {
    char typecode;
    uint8_t size;                    /* bytes of one number */
    bool is_real;                    /* float or double */
    bool is_signed;                  /* of an integer */
    const struct array_range *range; /* of an integer: what is checked in turn, and the words */
};

/* NULL: no such typecode. */
const struct array_type *array_type_find(struct bytes typecode);

/* Room for any number, in the machine's own form. */
struct array_item {
    uint8_t bytes[8];
};

/* The value as a number of that type, with Python's errors. -1: fail() was called. */
int array_item_read(struct ctx *ctx, const struct array_type *type, struct bytes value,
                    struct array_item *item) __attribute__((warn_unused_result));

/* *item += by, in the type: errors as if the sum was stored. -1: fail() was called. */
int array_item_add(struct ctx *ctx, const struct array_type *type, struct bytes by,
                   struct array_item *item) __attribute__((warn_unused_result));

/* Appends the number at `at` as a Value: an int or a float. */
void array_item_put(const struct array_type *type, const uint8_t *at, struct buf *out);

#endif
