/* SPDX-License-Identifier: BSD-2-Clause */
/* Many puts with a log of the values they replaced. */
#include "daemon/objects/table/table_bulk.h"

#include "daemon/objects/table/table_body.h"

enum { FIRST_CHANGES = 16 };

void bulk_init(struct bulk *bulk, struct table *table)
{
    *bulk = (struct bulk){.table = table, .places = table_places(table)};
}

static bool reserve_change(struct bulk *bulk)
{
    if (bulk->count < bulk->cap)
        return true;
    size_t cap = bulk->cap == 0 ? FIRST_CHANGES : bulk->cap * 2;
    struct bulk_change *log =
        mem_resize(bulk->table->mem, bulk->log, bulk->cap * sizeof *log, cap * sizeof *log);
    if (log == NULL)
        return false;
    bulk->log = log;
    bulk->cap = cap;
    return true;
}

bool bulk_put(struct bulk *bulk, struct bytes key, struct bytes value, bool has_refs)
{
    struct table *table = bulk->table;
    struct table_spot spot;
    if (!table_find(table, key, &spot))
        return false;
    if (spot.found && !table->has_values)
        return true;
    spot.keep_old = spot.found && spot.place < bulk->places;
    if (spot.keep_old && !reserve_change(bulk))
        return false;
    if (!table_reserve(table, &spot, key, value))
        return false;
    table_commit(table, &spot, has_refs);
    bulk->puts++;
    if (spot.keep_old)
        bulk->log[bulk->count++] = (struct bulk_change){
            spot.block, order_entry(&table->body->order, spot.place), spot.place};
    return true;
}

static void free_log(struct bulk *bulk)
{
    mem_free(bulk->table->mem, bulk->log, bulk->cap * sizeof *bulk->log);
    bulk->log = NULL;
}

void bulk_undo(struct bulk *bulk)
{
    while (bulk->count > 0) {
        const struct bulk_change *change = &bulk->log[--bulk->count];
        table_restore(bulk->table, change->place, change->before);
    }
    while (table_places(bulk->table) > bulk->places)
        table_unappend(bulk->table);
    free_log(bulk);
    table_tidy(bulk->table, 0);
}

void bulk_finish(struct bulk *bulk)
{
    for (size_t i = 0; i < bulk->count; i++)
        entry_free(bulk->table->mem, bulk->log[i].before, bulk->table->has_values);
    free_log(bulk);
    table_tidy(bulk->table, bulk->puts);
}
