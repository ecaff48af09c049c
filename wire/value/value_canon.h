/* SPDX-License-Identifier: BSD-2-Clause */
/* A canonical form of values: two are equal, as Python says, when these bytes are. */
#ifndef WIRE_VALUE_CANON_H
#define WIRE_VALUE_CANON_H

#include "wire/value/value.h"

enum { CANON_HEAD_MAX = 16 };

/* A member of a set or the key of a dict's pair, in canon.out. */
struct canon_entry {
    uint64_t hash; /* of the key; decides the order first, only to make sorting fast */
    uint32_t at;   /* offset of the key; the value of a pair follows it */
    uint32_t key_len;
    uint32_t len; /* of key and value */
};

/* Equal numbers get one form, a set that of a frozenset, members and pairs are sorted, bottom up.
 * O(n log n) for any input: the order is total and exact, so no choice of keys makes it slow. */
struct canon {
    struct buf out;
    struct canon_entry *entries; /* those of the open sets and dicts, innermost last */
    size_t count;
    size_t cap;
    bool stop_at_nan;          /* the caller only asks for equality, which one NaN settles */
    bool nan;                  /* some NaN outside opaques: the value equals nothing */
    bool duplicate;            /* the same key twice in one dict or set */
    bool failed;               /* no memory */
    struct val_budget *budget; /* NULL: no bound */
};

/* What can stop the writing of a form, beside a lack of memory: canon_failed says whether it did.
 */
void canon_init(struct canon *c, struct val_budget *budget);
/* No memory, or the budget is over. */
bool canon_failed(const struct canon *c);
void canon_free(struct canon *c);

/* Appends the form of a value. */
void canon_put(struct canon *c, struct bytes encoding);

/* Looks for duplicates everywhere in a value; writes nothing. */
void canon_scan(struct canon *c, struct bytes encoding);

/* Leaves the members of a set in entries, sorted, those with a NaN left out. */
void canon_members(struct canon *c, const struct val *set);

/* The order of entries; of several canons alike. 0: the same key. */
int canon_compare(struct bytes a, uint64_t hash_a, struct bytes b, uint64_t hash_b);

static inline struct bytes canon_key(const struct canon *c, const struct canon_entry *entry)
{
    return bytes_of(c->out.data + entry->at, entry->key_len);
}

/* The form of anything but containers: a head and, for some, the content; gives the head's length.
 */
size_t canon_scalar(const struct val *v, uint8_t head[CANON_HEAD_MAX], struct bytes *content);

#endif
