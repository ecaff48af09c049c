/* SPDX-License-Identifier: BSD-2-Clause */
/* Many puts into a table as one change: all of them, or none. */
#ifndef OBJECTS_TABLE_BULK_H
#define OBJECTS_TABLE_BULK_H

#include "daemon/objects/table/table.h"

struct bulk_change {
    struct entry *before, *after; /* blocks of an entry that existed when the bulk began */
    uint32_t place;
};

struct bulk {
    struct table *table;
    struct bulk_change *log; /* replaced values; owned */
    size_t count, cap;
    uint32_t places; /* the table's places when the bulk began: entries from there on are new */
    size_t puts;     /* number of entries put, new or not */
};

void bulk_init(struct bulk *bulk, struct table *table);
/* Stores the pair; without values only keys that are not in the table. False: no memory: undo,
 * or go on. */
bool bulk_put(struct bulk *bulk, struct bytes key, struct bytes value, bool has_refs)
    __attribute__((warn_unused_result));
/* Restores the table. */
void bulk_undo(struct bulk *bulk);
/* Frees the log, and tidies. Not after bulk_undo. */
void bulk_finish(struct bulk *bulk);

#endif
