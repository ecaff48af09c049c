/* SPDX-License-Identifier: BSD-2-Clause */
/* One machine number of an array: its type, and conversion from and to values. */
#ifndef OBJECTS_ARRAY_ITEM_H
#define OBJECTS_ARRAY_ITEM_H

#include "daemon/engine/core.h"

struct array_type {
    char typecode;
    uint8_t size;                    /* size of one number in bytes */
    bool is_real;                    /* float or double */
    bool is_signed;                  /* for an integer */
    const struct array_range *range; /* for an integer: ranges checked in turn */
};

/* NULL: unknown typecode. */
const struct array_type *array_type_find(struct bytes typecode);

/* Room for any number in machine form. */
struct array_item {
    uint8_t bytes[8];
};

/* Converts the value to a number of that type, with Python's errors. -1: fail() was called. */
int array_item_read(struct ctx *ctx, const struct array_type *type, struct bytes value,
                    struct array_item *item) __attribute__((warn_unused_result));

/* *item += by in that type, with the errors of storing the sum. -1: fail() was called. */
int array_item_add(struct ctx *ctx, const struct array_type *type, struct bytes by,
                   struct array_item *item) __attribute__((warn_unused_result));

/* Appends the number at `at` as an int or a float Value. */
void array_item_put(const struct array_type *type, const uint8_t *at, struct buf *out);

#endif
