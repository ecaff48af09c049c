/* SPDX-License-Identifier: BSD-2-Clause */
/* The table: finds, stores and removes entries. */
#include "daemon/objects/table/table.h"

#include "daemon/engine/writer.h"
#include "daemon/objects/python/value_load.h"
#include "daemon/objects/table/key.h"
#include "daemon/objects/table/table_body.h"

enum {
    TIDY_PLACES = 16,                 /* places that compaction looks at per change */
    SEQ_RENUMBER = ENTRY_SEQ_MAX >> 1 /* no command adds as many entries as remain above it */
};

void table_init(struct table *table, struct mem *mem, const uint8_t *hash_key, bool has_values)
{
    *table =
        (struct table){.mem = mem, .hash_key = hash_key, .next_seq = 1, .has_values = has_values};
}

uint64_t table_count(const struct table *table)
{
    return table->body == NULL ? 0 : table->body->order.count;
}

uint32_t table_places(const struct table *table)
{
    return table->body == NULL ? 0 : table->body->order.end;
}

uint64_t table_hash(const struct table *table, struct bytes key)
{
    return val_hash(key, table->hash_key);
}

static uint64_t hash_at(const void *arg, uint32_t place)
{
    const struct table *table = arg;
    return table_hash(table, entry_key(order_entry(&table->body->order, place)));
}

static void fetch_at(const void *arg, uint32_t place, unsigned step)
{
    const struct order *order = &((const struct table *)arg)->body->order;
    if (step == 1)
        __builtin_prefetch(order_at(order, place));
    else
        order_prefetch(order, place);
}

static struct lookup_keys keys_of(const struct table *table)
{
    return (struct lookup_keys){hash_at, fetch_at, table};
}

/* ---- finding ---- */

bool table_find(const struct table *table, struct bytes key, struct table_spot *spot)
{
    if (!key_has_nan(key))
        return table_find_hashed(table, key, table_hash(table, key), spot);
    *spot = (struct table_spot){.indexed = false};
    return true;
}

bool table_find_hashed(const struct table *table, struct bytes key, uint64_t hash,
                       struct table_spot *spot)
{
    *spot = (struct table_spot){.indexed = true, .hash = hash};
    if (table->body == NULL)
        return true;
    struct lookup_probe probe = lookup_probe(&table->body->lookup, spot->hash);
    while (lookup_probe_next(&probe, &spot->place)) {
        int equal = key_equal(entry_key(order_entry(&table->body->order, spot->place)), key);
        if (equal < 0)
            return false;
        if (equal > 0) {
            spot->found = true;
            return true;
        }
    }
    return true;
}

bool table_holds(const struct table *table, uint32_t place, struct bytes key)
{
    const struct order *order = table->body == NULL ? NULL : &table->body->order;
    if (order == NULL || !order_has(order, place))
        return false;
    return bytes_equal(entry_key(order_entry(order, place)), key);
}

void table_prefetch_directory(const struct table *table, uint64_t hash)
{
    if (table->body != NULL)
        lookup_prefetch_directory(&table->body->lookup, hash);
}

void table_prefetch_bucket(const struct table *table, uint64_t hash)
{
    if (table->body != NULL)
        lookup_prefetch(&table->body->lookup, hash);
}

bool table_prefetch_place(const struct table *table, uint64_t hash, uint32_t *place)
{
    if (table->body == NULL)
        return false;
    struct lookup_probe probe = lookup_probe(&table->body->lookup, hash);
    if (!lookup_probe_next(&probe, place))
        return false;
    __builtin_prefetch(order_at(&table->body->order, *place));
    return true;
}

void table_prefetch_entry(const struct table *table, uint32_t place)
{
    order_prefetch(&table->body->order, place);
}

/* ---- storing ---- */

static bool body_reserve(struct table *table)
{
    if (table->body == NULL) {
        table->body = mem_zalloc(table->mem, sizeof *table->body);
        if (table->body == NULL)
            return false;
        table->body->has_values = table->has_values;
    }
    return order_reserve(&table->body->order, table->mem);
}

static bool fits_in_place(const struct table *table, const struct entry *entry, struct bytes value)
{
    return entry_size(entry, table->has_values) == entry_room(entry_key(entry).len + value.len);
}

static bool reserve_new(struct table *table, const struct table_spot *spot)
{
    struct lookup_keys keys = keys_of(table);
    if (!body_reserve(table))
        return false;
    return !spot->indexed || lookup_reserve(&table->body->lookup, table->mem, spot->hash, &keys);
}

bool table_reserve(struct table *table, struct table_spot *spot, struct bytes key,
                   struct bytes value)
{
    spot->key = key;
    spot->value = value;
    if (spot->found) {
        const struct entry *entry = order_entry(&table->body->order, spot->place);
        spot->key = entry_key(entry);
        if (!spot->keep_old && fits_in_place(table, entry, value))
            return true;
    }
    if (spot->found || reserve_new(table, spot))
        spot->block = entry_new(table->mem, spot->key, value);
    if (spot->block == NULL)
        table_tidy(table, 0); /* if empty, this frees everything */
    return spot->block != NULL;
}

static uint32_t head(uint32_t seq, bool has_refs)
{
    return seq | (has_refs ? ENTRY_HAS_REFS : 0);
}

static void append(struct table *table, struct table_spot *spot)
{
    spot->place = order_append(&table->body->order, spot->block);
    if (spot->indexed)
        lookup_insert(&table->body->lookup, spot->hash, spot->place);
    spot->block = NULL;
}

void table_commit(struct table *table, struct table_spot *spot, bool has_refs)
{
    if (!spot->found) {
        spot->block->head = head(table->next_seq++, has_refs);
        append(table, spot);
        return;
    }
    struct entry *old = order_entry(&table->body->order, spot->place);
    uint32_t seq = entry_seq(old);
    if (spot->block == NULL) {
        memmove(old->data + spot->key.len, spot->value.data, spot->value.len);
        old->head = head(seq, has_refs);
        return;
    }
    spot->block->head = head(seq, has_refs);
    order_replace(&table->body->order, spot->place, spot->block);
    spot->block = NULL;
    if (spot->keep_old)
        spot->block = old;
    else
        entry_free(table->mem, old, table->has_values);
}

/* ---- removing ---- */

/* Removes the entry from index and order; the caller frees the block. */
static struct entry *take_out(struct table *table, uint32_t place)
{
    struct table_body *body = table->body;
    struct entry *entry = order_entry(&body->order, place);
    if (!key_has_nan(entry_key(entry))) {
        uint64_t hash = table_hash(table, entry_key(entry));
        struct lookup_keys keys = keys_of(table);
        lookup_erase(&body->lookup, hash, place);
        lookup_shrink(&body->lookup, table->mem, hash, &keys);
    }
    order_erase(&body->order, place);
    return entry;
}

void table_erase(struct table *table, uint32_t place)
{
    entry_free(table->mem, take_out(table, place), table->has_values);
}

void table_restore(struct table *table, uint32_t place, struct entry *old)
{
    entry_free(table->mem, order_entry(&table->body->order, place), table->has_values);
    order_replace(&table->body->order, place, old);
}

void table_unappend(struct table *table)
{
    table_erase(table, table->body->order.end - 1);
    table->next_seq--;
}

/* ---- maintenance ---- */

__attribute__((noinline)) static void compact(struct table *table, size_t places)
{
    struct table_body *body = table->body;
    uint32_t from, to;
    while (places-- > 0 && body->order.count > 0 && order_wants_compaction(&body->order)) {
        if (!order_compact(&body->order, &from, &to))
            continue;
        struct bytes key = entry_key(order_entry(&body->order, to));
        if (!key_has_nan(key))
            lookup_move(&body->lookup, table_hash(table, key), from, to);
    }
}

static void free_body(struct mem *mem, struct table_body *body)
{
    while (lookup_free_some(&body->lookup, mem) || order_free_some(&body->order, mem))
        ;
    mem_free(mem, body, sizeof *body);
}

void table_tidy(struct table *table, size_t changes)
{
    if (table->body == NULL)
        return;
    if (table->body->order.count == 0) {
        free_body(table->mem, table->body); /* the index has shrunk to a few blocks by now */
        table->body = NULL;
        return;
    }
    if (order_wants_compaction(&table->body->order))
        compact(table, TIDY_PLACES * changes);
    order_trim(&table->body->order, table->mem);
    if (table->next_seq > SEQ_RENUMBER) {
        table->next_seq = order_renumber(&table->body->order) + 1;
        table->epoch++;
    }
}

/* ---- as a whole ---- */

static bool sweep(struct mem *mem, struct trash *trash, size_t budget)
{
    struct table_body *body = (struct table_body *)trash; /* trash is its first member */
    struct order *order = &body->order;
    for (; budget > 0; budget--) {
        uint32_t place = order_from(order, order->first);
        if (place != ORDER_NOWHERE) {
            order->first = place + 1;
            order_prefetch(order, place + 8);
            entry_free(mem, order_entry(order, place), body->has_values);
        } else if (!lookup_free_some(&body->lookup, mem) && !order_free_some(order, mem)) {
            mem_free(mem, body, sizeof *body);
            return false;
        }
    }
    return true;
}

struct trash *table_clear(struct table *table)
{
    if (table->body == NULL)
        return NULL;
    struct trash *trash = &table->body->trash;
    trash->sweep = sweep;
    table->body = NULL;
    return trash;
}

void table_free(struct table *table)
{
    struct trash *trash = table_clear(table);
    while (trash != NULL && trash->sweep(table->mem, trash, SIZE_MAX))
        ;
}

void table_save(const struct table *table, struct writer *out)
{
    struct table_row row;
    writer_u64(out, table_count(table));
    writer_u64(out, table->next_seq);
    writer_u64(out, table->epoch);
    for (struct table_walk walk = table_walk(table); table_next(&walk, &row);) {
        writer_u64(out, row.seq);
        writer_bytes(out, row.key);
        if (table->has_values)
            writer_bytes(out, row.value);
    }
}

/* ---- loading: in order, so that there are no holes ---- */

static bool is_key(struct bytes value)
{
    enum val_kind offender;
    return val_is_plain(value) || val_hashable(value, &offender);
}

/* A row that was read and checked, and is not in the table yet. */
struct loaded {
    struct bytes key, value;
    uint64_t hash;
    uint32_t seq;
    bool refs, indexed;
};

/* seq: number of the row before it. */
static bool load_row(const struct table *table, uint32_t seq, struct loaded *row, struct reader *in)
{
    struct stored key, value = {{NULL, 0}, false};
    row->seq = (uint32_t)reader_u64_max(in, table->next_seq - 1);
    if (!stored_read(in, &key) || (table->has_values && !stored_read(in, &value)))
        return false;
    if (row->seq <= seq || !is_key(key.value))
        return reader_fail(in);
    row->key = key.value;
    row->value = value.value;
    row->refs = key.refs || value.refs;
    row->indexed = !key_has_nan(key.value);
    row->hash = row->indexed ? table_hash(table, key.value) : 0;
    lookup_prefetch(&table->body->lookup, row->hash);
    return true;
}

static bool enter_row(struct table *table, const struct loaded *row, struct reader *in)
{
    struct table_spot spot = {.indexed = false};
    if (row->indexed && !table_find_hashed(table, row->key, row->hash, &spot))
        return reader_nomem(in);
    if (spot.found)
        return reader_fail(in);
    if (!reserve_new(table, &spot))
        return reader_nomem(in);
    spot.block = entry_new(table->mem, row->key, row->value);
    if (spot.block == NULL)
        return reader_nomem(in);
    spot.block->head = head(row->seq, row->refs);
    append(table, &spot);
    return true;
}

/* Loads rows in groups, so that the index memory of one is prefetched while others are read. */
static bool load_rows(struct table *table, uint64_t count, struct reader *in)
{
    enum { GROUP = 16 };
    struct loaded rows[GROUP] = {{.seq = 0}};
    uint32_t seq = 0;
    while (count > 0) {
        size_t some = count < GROUP ? (size_t)count : GROUP;
        for (size_t i = 0; i < some; i++) {
            if (!load_row(table, seq, &rows[i], in))
                return false;
            seq = rows[i].seq;
        }
        for (size_t i = 0; i < some; i++)
            if (!enter_row(table, &rows[i], in))
                return false;
        count -= some;
    }
    return true;
}

bool table_load(struct table *table, struct reader *in)
{
    enum { LEAST = 2 * sizeof(uint64_t) + 1 }; /* minimum size of a row */
    uint64_t count = reader_u64(in);
    table->next_seq = (uint32_t)reader_u64_max(in, ENTRY_SEQ_MAX);
    table->epoch = (uint32_t)reader_u64_max(in, UINT32_MAX);
    if (!stored_count_fits(in, count, LEAST) || table->next_seq == 0)
        return reader_fail(in);
    if (count > 0 &&
        (!body_reserve(table) || !lookup_presize(&table->body->lookup, table->mem, count)))
        return reader_nomem(in);
    return load_rows(table, count, in);
}
