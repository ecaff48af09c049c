/* SPDX-License-Identifier: BSD-2-Clause */
/* The canonical form of values: two values are equal, as in Python, if and only if their forms
 * are equal. */
#ifndef WIRE_VALUE_CANON_H
#define WIRE_VALUE_CANON_H

#include "wire/value/value.h"

enum { CANON_HEAD_MAX = 16 };

/* A set's member or a dict's key in canon.out. */
struct canon_entry {
    uint64_t hash; /* of the key; compared first, only to make sorting fast */
    uint32_t at;   /* offset of the key; a pair's value follows it */
    uint32_t key_len;
    uint32_t len; /* length of key and value */
};

/* Bottom up: equal numbers get one form, a set gets the form of a frozenset, members and pairs
 * are sorted. O(n log n) for any input: the order is total and exact, so no choice of keys makes
 * it slow. */
struct canon {
    struct buf out;
    struct canon_entry *entries; /* entries of the open sets and dicts, innermost last */
    size_t count;
    size_t cap;
    bool stop_at_nan;          /* the caller only asks for equality, which one NaN decides */
    bool nan;                  /* a NaN outside opaque values: the value equals nothing */
    bool duplicate;            /* a dict or set has the same key twice */
    bool failed;               /* out of memory */
    struct val_budget *budget; /* NULL: no limit */
};

/* Starts a form, within a budget: NULL: no limit. canon_failed tells whether it could be
 * completed. */
void canon_init(struct canon *c, struct val_budget *budget);
/* True: out of memory, or the budget is over. */
bool canon_failed(const struct canon *c);
void canon_free(struct canon *c);

/* Appends the form of a value. */
void canon_put(struct canon *c, struct bytes encoding);

/* Searches the whole value for duplicate keys; writes no form. */
void canon_scan(struct canon *c, struct bytes encoding);

/* Leaves the set's members in entries, sorted, without those that contain a NaN. */
void canon_members(struct canon *c, const struct val *set);

/* The order of entries, the same in every canon. 0: equal keys. */
int canon_compare(struct bytes a, uint64_t hash_a, struct bytes b, uint64_t hash_b);

static inline struct bytes canon_key(const struct canon *c, const struct canon_entry *entry)
{
    return bytes_of(c->out.data + entry->at, entry->key_len);
}

/* The form of a value that is not a container: a head and, for some kinds, the content. Returns
 * the head's length. */
size_t canon_scalar(const struct val *v, uint8_t head[CANON_HEAD_MAX], struct bytes *content);

#endif
