/* SPDX-License-Identifier: BSD-2-Clause */
/* One item of a queue or message of a pipe, from put until it is dealt with: one block of memory.
 */
#ifndef OBJECTS_ITEM_H
#define OBJECTS_ITEM_H

#include <bsd/sys/tree.h>

#include "daemon/engine/core.h"

enum item_state {
    ITEM_PUT,      /* new, or brought by somebody who waits for room */
    ITEM_READY,    /* in a backlog */
    ITEM_HELD,     /* handed over, not acknowledged yet */
    ITEM_RESERVED, /* lent under a grant */
    ITEM_DELAYED,  /* not ready before its time */
    ITEM_DONE,     /* dealt with; still the reply of a slot */
};

struct item {
    union {
        struct unacked unacked; /* first, so that one is the other */
        struct {
            struct trash trash; /* of items that were let go of together: this is the last to go */
            struct item *list;  /* linked by next */
            struct item *tree;  /* linked by by_order, not balanced any more */
        } gone;
    };
    union {
        RB_ENTRY(item) by_order; /* in a tree of its backlog, or of what is delayed */
        struct {
            struct item *next; /* of those put together, or in the backlog's line */
            struct item *kept_prev, *kept_next; /* in a list of items */
        };
    };
    uint64_t seq; /* its age among all of its object */
    union {
        uint64_t token;  /* RESERVED and DONE: of the grant; 0 when HELD */
        uint64_t due_ms; /* DELAYED */
    };
    uint32_t attempts; /* how often it was handed over and came back */
    uint32_t len;      /* of the value */
    uint8_t state;     /* enum item_state */
    uint8_t way;       /* the object's: which of its backlogs */
    bool refs;         /* the value holds refs */
    bool redelivered;
    uint8_t value[];
};

/* Memory of one beside its value, with the block around it. */
enum { ITEM_COST = sizeof(struct item) + 32 };

static inline struct bytes item_value(const struct item *item)
{
    return bytes_of(item->value, item->len);
}

/* A copy of the value without a look at its refs; the same with refs reserved for those it has.
 * NULL: fail() was called. */
struct item *item_copy(struct ctx *ctx, struct bytes value, bool refs)
    __attribute__((warn_unused_result));
struct item *item_new(struct ctx *ctx, struct object *object, struct bytes value)
    __attribute__((warn_unused_result));
void item_delete(struct mem *mem, struct item *item);
/* The object contains it now, or no longer does: counts its refs. */
void item_enter(struct ctx *ctx, struct object *object, const struct item *item);
void item_leave(struct ctx *ctx, struct object *object, const struct item *item);

/* It is dealt with: freed, unless it is still somebody's reply. Its refs are the caller's. */
void item_done(struct mem *mem, struct item *item);
/* It comes back to where it was. */
void item_comes_back(struct item *item);
/* The Grant that gives it; unacked_result of its types. */
void item_result(const struct unacked *unacked, struct result *result);
/* Writes one; unacked_save of its types. A lent one is written with those that are lent: as a reply
 * it is its state and its token. */
void item_save(const struct item *item, struct writer *out);
void item_unacked_save(const struct unacked *unacked, struct writer *out);
/* One that item_save wrote. states, ways: those that it may have there, 1 << each, joined by |.
 * NULL: reader_fail or reader_nomem was called. */
struct item *item_load(struct mem *mem, struct reader *in, unsigned states, unsigned ways)
    __attribute__((warn_unused_result));
/* One of which only the value was written (writer_bytes). */
struct item *item_load_value(struct mem *mem, struct reader *in)
    __attribute__((warn_unused_result));

#endif
