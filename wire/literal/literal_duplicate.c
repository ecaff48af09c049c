/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the duplicate key, for the error message: val_check only tells that there is one. */
#include <stdlib.h>

#include "wire/literal/literal_flow.h"

struct key {
    struct bytes encoding;
    size_t serial;
    uint64_t hash;
};

struct search {
    size_t serial; /* number of values seen so far */
    bool found;
    struct key first; /* the duplicate that comes first in the text */
};

static bool has_keys(enum val_kind kind)
{
    return kind == VAL_DICT || kind == VAL_SET || kind == VAL_FROZENSET;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static void note(struct search *search, const struct key *key)
{
    if (!search->found || key->serial < search->first.serial)
        search->first = *key;
    search->found = true;
}

static void compare_run(struct search *search, const struct key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (val_equal(keys[i].encoding, keys[j].encoding) == 1) {
                note(search, &keys[i]);
                return;
            }
}

static void search_keys(struct search *search, struct key *keys, size_t count)
{
    size_t from = 0;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t at = 1; at <= count; at++) {
        if (at < count && keys[at].hash == keys[from].hash)
            continue;
        compare_run(search, keys + from, at - from);
        from = at;
    }
}

/* False for NaN, which equals nothing and whose hash means nothing. */
static bool make_key(struct key *key, struct bytes encoding, size_t serial)
{
    static const uint8_t hash_key[16]; /* no defence against chosen keys is needed */
    struct val_check check;
    if (val_check(encoding, VAL_DEPTH_STORED, &check) != VAL_OK || check.has_nan)
        return false;
    *key = (struct key){encoding, serial, val_hash(encoding, hash_key)};
    return true;
}

/* Recursive: the depth of a value that was read is bounded. */
static void search_value(struct search *search, struct bytes encoding)
{
    struct val value = val_read(encoding);
    struct bytes item, member;
    struct key *keys = NULL;
    struct val_iter it;
    size_t count = 0;
    search->serial++;
    if (value.kind < VAL_LIST || value.kind > VAL_FROZENSET)
        return;
    it = val_iter(&value);
    if (has_keys(value.kind))
        keys = calloc(val_count(&value) + 1, sizeof *keys);
    while (value.kind == VAL_DICT ? val_next_pair(&it, &item, &member) : val_next(&it, &item)) {
        if (keys != NULL)
            count += make_key(&keys[count], item, search->serial);
        search_value(search, item);
        if (value.kind == VAL_DICT)
            search_value(search, member);
    }
    if (keys != NULL && count > 0)
        search_keys(search, keys, count);
    free(keys);
}

bool flow_find_duplicate(struct bytes encoding, size_t *serial, struct bytes *key)
{
    struct search search = {0};
    search_value(&search, encoding);
    *serial = search.first.serial;
    *key = search.first.encoding;
    return search.found;
}
