/* SPDX-License-Identifier: BSD-2-Clause */
/* An item of a queue or a message of a pipe, from its put until it is done: one block of memory. */
#ifndef OBJECTS_ITEM_H
#define OBJECTS_ITEM_H

#include <bsd/sys/tree.h>

#include "daemon/engine/core.h"

enum item_state {
    ITEM_PUT,      /* new, or kept by a putter that waits for room */
    ITEM_READY,    /* in a backlog */
    ITEM_HELD,     /* handed over, not acknowledged */
    ITEM_RESERVED, /* lent under a grant */
    ITEM_DELAYED,  /* not ready before its time */
    ITEM_DONE,     /* done; still the reply of a slot */
};

struct item {
    union {
        struct unacked unacked; /* first member, so that pointers convert */
        struct {
            struct trash trash; /* of a bundle of discarded items: freed with this one */
            struct item *list;  /* linked by `next` */
            struct item *tree;  /* linked by `by_order`, no longer balanced */
        } gone;
    };
    union {
        RB_ENTRY(item) by_order; /* in its backlog's tree, or among the delayed items */
        struct {
            struct item *next;                  /* next item of one put, or of the backlog's line */
            struct item *kept_prev, *kept_next; /* in an item_list */
        };
    };
    uint64_t seq; /* age among all items of the object */
    union {
        uint64_t token;  /* RESERVED and DONE: the grant's token; 0 if HELD */
        uint64_t due_ms; /* DELAYED: when it gets ready */
    };
    uint32_t attempts; /* how many times it was handed over and came back */
    uint32_t len;      /* length of the value */
    uint8_t state;     /* enum item_state */
    uint8_t way;       /* which of the object's backlogs */
    bool refs;         /* the value has refs */
    bool redelivered;
    uint8_t value[];
};

/* Memory of an item besides its value, allocator overhead included. */
enum { ITEM_COST = sizeof(struct item) + 32 };

static inline struct bytes item_value(const struct item *item)
{
    return bytes_of(item->value, item->len);
}

/* Copies a value into a new item without looking at refs; item_new also reserves the refs it
 * has. NULL: fail() was called. */
struct item *item_copy(struct ctx *ctx, struct bytes value, bool refs)
    __attribute__((warn_unused_result));
struct item *item_new(struct ctx *ctx, struct object *object, struct bytes value)
    __attribute__((warn_unused_result));
void item_delete(struct mem *mem, struct item *item);
/* item_enter counts the refs, now that the object contains the item; item_leave uncounts them. */
void item_enter(struct ctx *ctx, struct object *object, const struct item *item);
void item_leave(struct ctx *ctx, struct object *object, const struct item *item);

/* Finishes an item: frees it unless it is still a slot's reply. The caller uncounts its refs. */
void item_done(struct mem *mem, struct item *item);
/* Marks an item as handed over once more and returned. */
void item_comes_back(struct item *item);
/* Makes the Grant that delivers it; unacked_result of its types. */
void item_result(const struct unacked *unacked, struct result *result);
/* Saves an item; unacked_save of its types. A lent item is saved with the lent ones: here only
 * its state and token. */
void item_save(const struct item *item, struct writer *out);
void item_unacked_save(const struct unacked *unacked, struct writer *out);
/* Loads an item written by item_save. states, ways: bit masks (1 << each) of the values allowed
 * there. NULL: reader_fail or reader_nomem was called. */
struct item *item_load(struct mem *mem, struct reader *in, unsigned states, unsigned ways)
    __attribute__((warn_unused_result));
/* Loads an item of which only the value was saved (writer_bytes). */
struct item *item_load_value(struct mem *mem, struct reader *in)
    __attribute__((warn_unused_result));

#endif
