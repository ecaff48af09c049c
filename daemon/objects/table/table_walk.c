/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks a table in its order. */
#include "daemon/objects/table/table_body.h"

enum { AHEAD = 12 }; /* prefetch distance in places */

struct table_row table_row(const struct table *table, uint32_t place)
{
    const struct entry *entry = order_entry(&table->body->order, place);
    return (struct table_row){
        .key = entry_key(entry),
        .value = entry_value(entry, table->has_values),
        .place = place,
        .seq = entry_seq(entry),
        .has_refs = entry_has_refs(entry),
    };
}

struct bytes table_value(const struct table *table, uint32_t place)
{
    return entry_value(order_entry(&table->body->order, place), table->has_values);
}

bool table_has_refs(const struct table *table, uint32_t place)
{
    return entry_has_refs(order_entry(&table->body->order, place));
}

struct table_walk table_walk(const struct table *table)
{
    return (struct table_walk){table, 0};
}

struct table_walk table_walk_after(const struct table *table, uint32_t seq)
{
    uint32_t place = table->body == NULL ? 0 : order_after(&table->body->order, seq);
    return (struct table_walk){table, place};
}

struct table_walk table_walk_back(const struct table *table)
{
    return (struct table_walk){table, table_places(table)};
}

bool table_next(struct table_walk *walk, struct table_row *row)
{
    if (walk->table->body == NULL)
        return false;
    const struct order *order = &walk->table->body->order;
    uint32_t place = order_from(order, walk->place);
    if (place == ORDER_NOWHERE)
        return false;
    order_prefetch(order, place + AHEAD);
    *row = table_row(walk->table, place);
    walk->place = place + 1;
    return true;
}

bool table_prev(struct table_walk *walk, struct table_row *row)
{
    if (walk->table->body == NULL)
        return false;
    const struct order *order = &walk->table->body->order;
    uint32_t place = order_before(order, walk->place);
    if (place == ORDER_NOWHERE)
        return false;
    if (place >= AHEAD)
        order_prefetch(order, place - AHEAD);
    *row = table_row(walk->table, place);
    walk->place = place;
    return true;
}

bool table_oldest(const struct table *table, struct table_row *row)
{
    struct table_walk walk = table_walk(table);
    return table_next(&walk, row);
}

bool table_newest(const struct table *table, struct table_row *row)
{
    struct table_walk walk = table_walk_back(table);
    return table_prev(&walk, row);
}
