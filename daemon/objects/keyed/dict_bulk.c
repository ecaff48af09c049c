/* SPDX-License-Identifier: BSD-2-Clause */
/* dict: operations on many entries at once. */
#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/keyed/keyed_reply.h"
#include "daemon/objects/keyed/table_args.h"
#include "daemon/objects/keyed/table_match.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/iterable.h"

int dict_copy(struct ctx *ctx, const Wire__DictCopy *in)
{
    (void)in;
    return table_reply(ctx, keyed_table(ctx), PART_PAIRS, VAL_DICT);
}

int dict_keys(struct ctx *ctx, const Wire__DictKeys *in)
{
    (void)in;
    return table_reply(ctx, keyed_table(ctx), PART_KEYS, VAL_LIST);
}

int dict_values(struct ctx *ctx, const Wire__DictValues *in)
{
    (void)in;
    return table_reply(ctx, keyed_table(ctx), PART_VALUES, VAL_LIST);
}

int dict_items(struct ctx *ctx, const Wire__DictItems *in)
{
    (void)in;
    return table_reply(ctx, keyed_table(ctx), PART_ITEMS, VAL_LIST);
}

int dict_reversed(struct ctx *ctx, const Wire__DictReversed *in)
{
    (void)in;
    if (work_take_each(ctx, table_places(keyed_table(ctx)), STEPS_VISIT) != 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    struct table_row row;
    size_t mark = val_open(out, VAL_LIST);
    for (struct table_walk walk = table_walk_back(keyed_table(ctx));
         table_prev(&walk, &row) && !out->failed;)
        val_put_item(out, row.key);
    val_close(out, mark);
    return reply_scratch(ctx);
}

int dict_update(struct ctx *ctx, const Wire__DictUpdate *in)
{
    return collect_update(ctx, arg(in->items), bulk_pairs);
}

/* ---- merge: left's entries with right's values, then the entries that only right has ---- */

/* Gives the rows of the merge in order, each with the winning value. Both walks start at 0. */
static bool merged_next(const struct twins *twins, struct table_walk walks[2],
                        struct table_row *row)
{
    if (table_next(&walks[0], row)) {
        uint32_t twin = twins->left.twin[row->place];
        if (twin != 0)
            row->value = table_row(twins->right.table, twin - 1).value;
        return true;
    }
    return twins_next(&walks[1], &twins->right, PICK_SINGLES, row);
}

static int reply_merged(struct ctx *ctx, const struct twins *twins)
{
    if (work_take_each(ctx, (uint64_t)twins->left.places + twins->right.places, STEPS_FIND) != 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    struct table_row row;
    struct table_walk walks[2] = {table_walk(twins->left.table), table_walk(twins->right.table)};
    size_t mark = val_open(out, VAL_DICT);
    while (merged_next(twins, walks, &row) && !out->failed)
        val_put_pair(out, row.key, row.value);
    val_close(out, mark);
    return reply_scratch(ctx);
}

int dict_merge(struct ctx *ctx, const Wire__DictMerge *in)
{
    struct table other;
    struct twins twins;
    if (collect_pairs(ctx, arg(in->items), &other) != 0)
        return -1;
    int status = twins_find(ctx, keyed_table(ctx), &other, &twins);
    if (status == 0) {
        if (in->under)
            twins_swap(&twins);
        status = reply_merged(ctx, &twins);
        twins_free(&twins);
    }
    table_free(&other);
    return status;
}

/* ---- dicts made from keys ---- */

int dict_fromkeys(struct ctx *ctx, const Wire__DictFromkeys *in)
{
    struct bytes value = in->value.len > 0 ? arg(in->value) : VAL_NONE_BYTES;
    struct table keys;
    struct table_row row;
    if (collect_items(ctx, arg(in->keys), &keys) != 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_DICT);
    for (struct table_walk walk = table_walk(&keys); table_next(&walk, &row) && !out->failed;)
        val_put_pair(out, row.key, value);
    val_close(out, mark);
    table_free(&keys);
    return reply_scratch(ctx);
}

static int reply_present(struct ctx *ctx, const struct table *keys)
{
    const struct table *table = keyed_table(ctx);
    if (work_take_each(ctx, table_count(keys), STEPS_FIND) != 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_DICT);
    struct table_row row;
    struct table_spot spot;
    for (struct table_walk walk = table_walk(keys); table_next(&walk, &row) && !out->failed;) {
        if (!table_find(table, row.key, &spot))
            return fail_nomem(ctx);
        if (spot.found)
            val_put_pair(out, row.key, table_row(table, spot.place).value);
    }
    val_close(out, mark);
    return reply_scratch(ctx);
}

int dict_get_many(struct ctx *ctx, const Wire__DictGetMany *in)
{
    struct table keys;
    if (collect_items(ctx, arg(in->keys), &keys) != 0)
        return -1;
    int status = reply_present(ctx, &keys);
    table_free(&keys);
    return status;
}

/* ---- pop_many: finds all keys and makes the reply before it removes the first entry ---- */

struct search {
    struct table keys; /* the requested keys, each once */
    uint32_t *at;      /* for each place in keys: 1 + the place in the dict; 0: missing; owned */
    size_t found;
};

/* One more than needed, so that no keys take memory too. */
static size_t search_size(const struct search *search)
{
    return ((size_t)table_places(&search->keys) + 1) * sizeof *search->at;
}

static void search_close(struct ctx *ctx, struct search *search)
{
    mem_free(ctx_mem(ctx), search->at, search_size(search));
    table_free(&search->keys);
}

/* Whether the entry's refs may be dropped. -1: fail() was called. */
static int afford_drop(struct ctx *ctx, const struct table_row *entry)
{
    if (!entry->has_refs)
        return 0;
    return refs_afford(ctx, entry->key, 1) != 0 ? -1 : refs_afford(ctx, entry->value, 1);
}

static int search_all(struct ctx *ctx, struct search *search)
{
    const struct table *table = keyed_table(ctx);
    struct table_row key;
    struct table_spot spot;
    for (struct table_walk walk = table_walk(&search->keys); table_next(&walk, &key);) {
        if (!table_find(table, key.key, &spot))
            return fail_nomem(ctx);
        if (!spot.found)
            continue;
        struct table_row entry = table_row(table, spot.place);
        if (afford_drop(ctx, &entry) != 0)
            return -1;
        search->at[key.place] = spot.place + 1;
        search->found++;
    }
    return 0;
}

static int search_open(struct ctx *ctx, struct bytes keys, struct search *search)
{
    if (collect_items(ctx, keys, &search->keys) != 0)
        return -1;
    search->found = 0;
    search->at = mem_zalloc(ctx_mem(ctx), search_size(search));
    if (search->at != NULL &&
        work_take_each(ctx, table_count(&search->keys), STEPS_FIND + STEPS_STORE) == 0 &&
        search_all(ctx, search) == 0)
        return 0;
    int status = search->at == NULL ? fail_nomem(ctx) : -1;
    search_close(ctx, search);
    return status;
}

/* Puts one row of the reply: its name, and a container with the entries found or the keys
 * missing. */
static void put_searched(struct ctx *ctx, const struct search *search, bool found, struct buf *out)
{
    struct table_row key;
    size_t pair = val_open_pair(out), name = val_open_key(out);
    val_put_text(out, found ? "found" : "missing");
    val_close(out, name);
    size_t member = val_open_member(out), mark = val_open(out, found ? VAL_DICT : VAL_LIST);
    for (struct table_walk walk = table_walk(&search->keys);
         table_next(&walk, &key) && !out->failed;) {
        uint32_t at = search->at[key.place];
        if (found && at != 0)
            val_put_pair(out, key.key, table_value(keyed_table(ctx), at - 1));
        else if (!found && at == 0)
            val_put_item(out, key.key);
    }
    val_close(out, mark);
    val_close(out, member);
    val_close(out, pair);
}

static int reply_searched(struct ctx *ctx, const struct search *search)
{
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_DICT);
    put_searched(ctx, search, true, out);
    put_searched(ctx, search, false, out);
    val_close(out, mark);
    if (out->full)
        return fail(ctx, ERR_TOO_LARGE, "the reply does not fit in a frame: ask for fewer keys");
    return reply_scratch(ctx);
}

/* Removes the entries found. Cannot fail. */
static void drop_found(struct ctx *ctx, const struct search *search)
{
    struct table_row key;
    for (struct table_walk walk = table_walk(&search->keys); table_next(&walk, &key);)
        if (search->at[key.place] != 0)
            keyed_drop(ctx, search->at[key.place] - 1);
    keyed_dropped(ctx, search->found);
}

int dict_pop_many(struct ctx *ctx, const Wire__DictPopMany *in)
{
    struct search search;
    if (search_open(ctx, arg(in->keys), &search) != 0)
        return -1;
    int status = reply_searched(ctx, &search);
    if (status == 0)
        drop_found(ctx, &search);
    search_close(ctx, &search);
    return status;
}
