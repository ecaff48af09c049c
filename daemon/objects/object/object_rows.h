/* SPDX-License-Identifier: BSD-2-Clause */
/* What objects, their owners and those who wait for them are described with. */
#ifndef OBJECTS_OBJECT_ROWS_H
#define OBJECTS_OBJECT_ROWS_H

#include "daemon/engine/core.h"

/* Rows of one kind that one row of an object, or of a waiter, lists at most. */
enum { ROWS_INSIDE = 100 };

/* Puts the fields that `ls --long` and `info` share into an open dict. */
void object_row_put(const struct ctx *ctx, const struct object *object, struct buf *out);

/* "key": "123": ids and revisions are strings, since other languages keep 53 bits of a number. */
void field_put_id(struct buf *out, const char *key, uint64_t id);
void field_put_name(struct buf *out, const char *key, const struct object *object);
/* "operation": "lock acquire", what it was asked for. */
void field_put_operation(struct buf *out, const struct waiter *waiter);
/* "waited_ms" and "left_ms"; None: it waits as long as its session lives. */
void fields_put_times(const struct ctx *ctx, struct buf *out, const struct waiter *waiter);
/* "key_ms": how long ago. */
void field_put_age(const struct ctx *ctx, struct buf *out, const char *key, uint64_t since_ms);

/* "key": [{...}, ...]: open, then each row between row_open and row_close, close. */
struct rows {
    struct buf *out;
    size_t pair, member, list, item, dict;
};

void rows_open(struct rows *rows, struct buf *out, const char *key);
void rows_close(struct rows *rows);
void row_open(struct rows *rows);
void row_close(struct rows *rows);

#endif
