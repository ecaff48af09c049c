/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that describe objects, their owners and their waiters. */
#ifndef OBJECTS_OBJECT_ROWS_H
#define OBJECTS_OBJECT_ROWS_H

#include "daemon/engine/core.h"

/* Maximum number of inner rows of one kind in the row of an object or a waiter. */
enum { ROWS_INSIDE = 100 };

/* Puts the fields common to `ls --long` and `info` into an open dict. */
void object_row_put(const struct ctx *ctx, const struct object *object, struct buf *out);

/* Puts "key": "123". Ids and revisions are strings, because other languages keep only 53 bits of
 * a number. */
void field_put_id(struct buf *out, const char *key, uint64_t id);
void field_put_name(struct buf *out, const char *key, const struct object *object);
/* Puts "operation": "lock acquire", for what was requested. */
void field_put_operation(struct buf *out, const struct waiter *waiter);
/* Puts "waited_ms" and "left_ms" (None: no time limit). */
void fields_put_times(const struct ctx *ctx, struct buf *out, const struct waiter *waiter);
/* Puts "key_ms": how long ago that was. */
void field_put_age(const struct ctx *ctx, struct buf *out, const char *key, uint64_t since_ms);

/* Puts "key": [{...}, ...]: open, then each row between row_open and row_close, then close. */
struct rows {
    struct buf *out;
    size_t pair, member, list, item, dict;
};

void rows_open(struct rows *rows, struct buf *out, const char *key);
void rows_close(struct rows *rows);
void row_open(struct rows *rows);
void row_close(struct rows *rows);

#endif
