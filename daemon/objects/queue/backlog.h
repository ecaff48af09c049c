/* SPDX-License-Identifier: BSD-2-Clause */
/* Items that are ready, in the order in which they will be delivered.
 *
 * New ones stand in a line: a put and a get are a few pointers. A tree holds those that came back,
 * at the place of their age; by priority, it holds all. Nothing is allocated but marks in the line
 * for those who read it in parts, and those may be missing. */
#ifndef OBJECTS_BACKLOG_H
#define OBJECTS_BACKLOG_H

#include "daemon/objects/queue/item_tree.h"
#include "daemon/objects/queue/items.h"

enum backlog_order { ORDER_FIFO, ORDER_LIFO, ORDER_PRIORITY };

/* Every BACKLOG_MARK-th item of the line, by age. */
enum { BACKLOG_MARK = 1024 };
struct backlog_marks {
    struct item **places;
    size_t cap, first, count;
};

struct backlog {
    enum backlog_order order;
    uint64_t count;
    uint64_t seq;              /* of the newest item ever */
    struct item *first, *last; /* the line, in order of delivery */
    struct item_tree tree;
    struct backlog_marks marks;
};

/* -1: the value cannot be ordered among those that are in: fail() was called. */
int backlog_check(struct ctx *ctx, const struct backlog *backlog, struct bytes value)
    __attribute__((warn_unused_result));
/* A new item, behind all others of its rank. Cannot fail. */
void backlog_put(struct mem *mem, struct backlog *backlog, struct item *item);
/* An item that was in goes to where it was. Cannot fail. */
void backlog_put_back(struct backlog *backlog, struct item *item);
/* The next item; NULL: there is none. */
struct item *backlog_first(const struct backlog *backlog);
/* The same, taken out. There is one. */
struct item *backlog_take(struct mem *mem, struct backlog *backlog);
/* Takes all out; their memory is given back in slices. */
void backlog_clear(struct engine *engine, struct backlog *backlog);

/* Walks in order of delivery. */
struct backlog_walk {
    enum backlog_order order;
    struct item *line, *tree;
};
struct backlog_walk backlog_walk(const struct backlog *backlog);
/* From the first item that is delivered later than the probe, which need not be in. */
struct backlog_walk backlog_walk_after(const struct backlog *backlog, const struct item *probe);
struct item *backlog_next(struct backlog_walk *walk); /* NULL at the end */

void backlog_save(const struct backlog *backlog, struct writer *out);
/* Fills an empty one, whose order is set, with what backlog_save wrote: items of that way. False:
 * reader_fail or reader_nomem was called; what is in it then can be cleared. */
bool backlog_load(struct mem *mem, struct backlog *backlog, unsigned way, struct reader *in);
/* A page of the items' values, as object_ops.scan. */
int backlog_scan(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                 uint64_t limit);

#endif
