/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes to an object's table, with its refs. */
#include "daemon/objects/keyed/keyed.h"

#include "daemon/objects/python/arith.h"
#include "daemon/objects/python/storable.h"
#include "daemon/objects/table/key.h"

/* Uses the hint: it has the hash of this key, and a place that was right before other requests
 * of the batch ran. The key is text or bytes, and the gate has checked it, so key_check is not
 * needed. */
static int find_hinted(struct ctx *ctx, const struct hint *hint, struct table_spot *spot)
{
    const struct table *table = keyed_table(ctx);
    if (hint->guessed && table_holds(table, hint->place, hint->key)) {
        *spot = (struct table_spot){
            .hash = hint->hash, .place = hint->place, .found = true, .indexed = true};
        return 0;
    }
    return table_find_hashed(table, hint->key, hint->hash, spot) ? 0 : fail_nomem(ctx);
}

int keyed_find(struct ctx *ctx, struct bytes key, struct table_spot *spot)
{
    const struct hint *hint = ctx->command->hint;
    if (key.len > 0 && hint != NULL && hint->key.data == key.data)
        return find_hinted(ctx, hint, spot);
    if (key_check(ctx, key) != 0)
        return -1;
    return table_find(keyed_table(ctx), key, spot) ? 0 : fail_nomem(ctx);
}

int keyed_reserve_refs(struct ctx *ctx, struct object *object, struct bytes value)
{
    return value.len > 0 && value_has_refs(ctx, value) ? refs_reserve(ctx, object, value) : 0;
}

/* Equal keys differ in length by a factor of less than 16: if the new entry is short, an equal
 * key that stays is too short to fill a frame, and is not measured. */
enum { SHORT_ENTRY = STORABLE_ALWAYS / 16 };

/* Checks the size with the key that stays: an equal key in the table may be longer than the
 * given one. */
static int long_entry_check(struct ctx *ctx, const struct table *table,
                            const struct table_spot *spot, size_t key_len, size_t value_len)
{
    size_t kept = spot->found ? table_row(table, spot->place).key.len : key_len;
    return storable_check(ctx, kept + value_len);
}

static inline int entry_check(struct ctx *ctx, const struct table *table,
                              const struct table_spot *spot, size_t key_len, size_t value_len)
{
    return key_len + value_len <= SHORT_ENTRY
               ? 0
               : long_entry_check(ctx, table, spot, key_len, value_len);
}

/* The part of keyed_put that can fail. */
static int put_reserve(struct ctx *ctx, struct table_spot *spot, struct bytes key,
                       struct bytes value)
{
    struct table *table = keyed_table(ctx);
    if (table->has_values && value.len == 0)
        return fail(ctx, ERR_TYPE, "missing argument 'value'");
    if (entry_check(ctx, table, spot, key.len, value.len) != 0)
        return -1;
    if (!spot->found && keyed_reserve_refs(ctx, ctx->object, key) != 0)
        return -1;
    if (keyed_reserve_refs(ctx, ctx->object, value) != 0)
        return -1;
    return table_reserve(table, spot, key, value) ? 0 : fail_nomem(ctx);
}

int keyed_put(struct ctx *ctx, struct table_spot *spot, struct bytes key, struct bytes value)
{
    struct table *table = keyed_table(ctx);
    if (put_reserve(ctx, spot, key, value) != 0)
        return -1;
    bool key_refs = value_has_refs(ctx, key); /* an equal key has refs exactly if this has */
    bool value_refs = value.len > 0 && value_has_refs(ctx, value);
    if (key_refs && !spot->found)
        refs_add(ctx, ctx->object, key);
    if (value_refs)
        refs_add(ctx, ctx->object, value);
    if (spot->found && table_has_refs(table, spot->place))
        refs_drop(ctx, ctx->object, table_value(table, spot->place));
    table_commit(table, spot, key_refs || value_refs);
    changed(ctx, ctx->object);
    table_tidy(table, 1);
    return 0;
}

int keyed_incr(struct ctx *ctx, struct table_spot *spot, struct bytes key, struct bytes by)
{
    static const uint8_t zero[] = {VAL_INT << 3, 0}, one[] = {VAL_INT << 3, 2};
    struct bytes old =
        spot->found ? table_value(keyed_table(ctx), spot->place) : bytes_of(zero, sizeof zero);
    struct buf *sum = ctx_scratch(ctx);
    if (arith_add(ctx, old, by.len > 0 ? by : bytes_of(one, sizeof one), sum) != 0 ||
        reply_scratch(ctx) != 0)
        return -1;
    return keyed_put(ctx, spot, key, buf_bytes(sum));
}

/* ---- removing ---- */

void keyed_drop(struct ctx *ctx, uint32_t place)
{
    struct table *table = keyed_table(ctx);
    struct table_row row = table_row(table, place);
    if (row.has_refs) {
        refs_drop(ctx, ctx->object, row.key);
        if (row.value.len > 0)
            refs_drop(ctx, ctx->object, row.value);
    }
    table_erase(table, place);
}

void keyed_dropped(struct ctx *ctx, size_t count)
{
    if (count == 0)
        return;
    changed(ctx, ctx->object);
    table_tidy(keyed_table(ctx), count);
}

void keyed_remove(struct ctx *ctx, uint32_t place)
{
    struct table *table = keyed_table(ctx);
    changed(ctx, ctx->object);
    keyed_drop(ctx, place);
    table_tidy(table, 1);
}

void keyed_clear(struct ctx *ctx)
{
    struct trash *trash = table_clear(keyed_table(ctx));
    if (trash == NULL)
        return;
    refs_clear(ctx, ctx->object);
    engine_discard(ctx->engine, trash);
    changed(ctx, ctx->object);
}

/* ---- many at once ---- */

/* bulk_put finds the key itself, so this looks it up only for the size check. */
static int bulk_entry_check(struct ctx *ctx, const struct table *table, struct bytes key,
                            size_t value_len)
{
    struct table_spot spot;
    if (key.len + value_len <= SHORT_ENTRY)
        return 0;
    return table_find(table, key, &spot) ? long_entry_check(ctx, table, &spot, key.len, value_len)
                                         : fail_nomem(ctx);
}

int keyed_bulk_put(struct ctx *ctx, struct bulk *bulk, struct bytes key, struct bytes value)
{
    if (key_check(ctx, key) != 0)
        return -1;
    if (bulk_entry_check(ctx, bulk->table, key, value.len) != 0)
        return -1;
    bool has_refs = value_has_refs(ctx, key) || (value.len > 0 && value_has_refs(ctx, value));
    size_t replaced = bulk->count;
    if (!bulk_put(bulk, key, value, has_refs))
        return fail_nomem(ctx);
    const struct entry *before = bulk->count > replaced ? bulk->log[replaced].before : NULL;
    return before != NULL && entry_has_refs(before) ? refs_afford(ctx, entry_value(before, true), 1)
                                                    : 0;
}

static void add_new(struct ctx *ctx, struct object *object, const struct bulk *bulk)
{
    struct table_row row;
    struct table_walk walk = {bulk->table, bulk->places};
    while (table_next(&walk, &row)) {
        if (!row.has_refs)
            continue;
        refs_add(ctx, object, row.key);
        if (row.value.len > 0)
            refs_add(ctx, object, row.value);
    }
}

void keyed_bulk_finish(struct ctx *ctx, struct object *object, struct bulk *bulk)
{
    add_new(ctx, object, bulk);
    /* A value put and then replaced within the bulk counts as both, which cancels out. */
    for (size_t i = 0; i < bulk->count; i++)
        if (entry_has_refs(bulk->log[i].after))
            refs_add(ctx, object, entry_value(bulk->log[i].after, true));
    for (size_t i = 0; i < bulk->count; i++)
        if (entry_has_refs(bulk->log[i].before))
            refs_drop(ctx, object, entry_value(bulk->log[i].before, true));
    bulk_finish(bulk);
}

/* ---- for struct object_ops ---- */

static const struct table *table_of(const struct object *object)
{
    return &((const struct keyed *)object)->table;
}

/* The key is the first Value of an operation on one entry. Only text and bytes: hashing other
 * values requires checking them first. */
void keyed_prefetch(const struct object *object, const Wire__Request *request, struct hint *hint)
{
    enum { KEY_ARG = 1 }; /* after the name */
    const struct op_row *op = hint->op;
    if (op->arg_count <= KEY_ARG || op->args[KEY_ARG].kind != ARG_VALUE)
        return;
    struct bytes key = op_argument(&op->args[KEY_ARG], op_message(request));
    if (key.len == 0 || !val_is_plain(key))
        return;
    hint->key = key;
    hint->hash = table_hash(table_of(object), key);
    table_prefetch_directory(table_of(object), hint->hash);
}

void keyed_follow(const struct object *object, struct hint *hint, unsigned step)
{
    if (step == 1)
        table_prefetch_bucket(table_of(object), hint->hash);
    else if (step == 2)
        hint->guessed = table_prefetch_place(table_of(object), hint->hash, &hint->place);
    else if (hint->guessed)
        table_prefetch_entry(table_of(object), hint->place);
}

void keyed_destroy(struct engine *engine, struct object *object)
{
    struct trash *trash = table_clear(&((struct keyed *)object)->table);
    if (trash != NULL)
        engine_discard(engine, trash);
}

uint64_t keyed_length(const struct object *object)
{
    return table_count(&((const struct keyed *)object)->table);
}

void keyed_save(const struct object *object, struct writer *out)
{
    table_save(&((const struct keyed *)object)->table, out);
}

bool keyed_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct table *table = &((struct keyed *)object)->table;
    table_init(table, engine_mem(engine), engine_hash_key(engine), object->ops->type != TYPE_SET);
    return table_load(table, in);
}
