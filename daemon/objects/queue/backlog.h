/* SPDX-License-Identifier: BSD-2-Clause */
/* The items that are ready, in order of delivery.
 *
 * New items form a line, so that a put or a get changes a few pointers. A tree holds the items
 * that came back, placed by age; in a priority queue it holds all items. Only the marks in the
 * line, for reading in pages, allocate memory, and they may be missing. */
#ifndef OBJECTS_BACKLOG_H
#define OBJECTS_BACKLOG_H

#include "daemon/objects/queue/item_tree.h"
#include "daemon/objects/queue/items.h"

enum backlog_order { ORDER_FIFO, ORDER_LIFO, ORDER_PRIORITY };

/* Every BACKLOG_MARK-th item of the line gets a mark, by age. */
enum { BACKLOG_MARK = 1024 };
struct backlog_marks {
    struct item **places;
    size_t cap, first, count;
};

struct backlog {
    enum backlog_order order;
    uint64_t count;
    uint64_t seq;              /* number of the newest item ever put */
    struct item *first, *last; /* the line, in order of delivery */
    struct item_tree tree;
    struct backlog_marks marks;
};

/* -1: the value cannot be ordered among the present ones: fail() was called. */
int backlog_check(struct ctx *ctx, const struct backlog *backlog, struct bytes value)
    __attribute__((warn_unused_result));
/* Adds a new item after all others of its rank. Cannot fail. */
void backlog_put(struct mem *mem, struct backlog *backlog, struct item *item);
/* Puts an item back to where it was. Cannot fail. */
void backlog_put_back(struct backlog *backlog, struct item *item);
/* The next item; NULL: none. */
struct item *backlog_first(const struct backlog *backlog);
/* Removes and returns the next item; there must be one. */
struct item *backlog_take(struct mem *mem, struct backlog *backlog);
/* Removes all items; their memory is freed in slices. */
void backlog_clear(struct engine *engine, struct backlog *backlog);

/* A walk in order of delivery. */
struct backlog_walk {
    enum backlog_order order;
    struct item *line, *tree;
};
struct backlog_walk backlog_walk(const struct backlog *backlog);
/* Starts at the first item delivered after the probe, which need not be present. */
struct backlog_walk backlog_walk_after(const struct backlog *backlog, const struct item *probe);
struct item *backlog_next(struct backlog_walk *walk); /* NULL at the end */

void backlog_save(const struct backlog *backlog, struct writer *out);
/* Fills an empty backlog, whose order is set, with what backlog_save wrote: items of that way.
 * False: reader_fail or reader_nomem was called; the content can then be cleared. */
bool backlog_load(struct mem *mem, struct backlog *backlog, unsigned way, struct reader *in);
/* Replies with a page of the items' values, as object_ops.scan. */
int backlog_scan(struct ctx *ctx, const struct backlog *backlog, struct bytes cursor,
                 uint64_t limit);

#endif
