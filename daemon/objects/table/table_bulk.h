/* SPDX-License-Identifier: BSD-2-Clause */
/* Many entries put into a table as one change: all of them, or none. */
#ifndef OBJECTS_TABLE_BULK_H
#define OBJECTS_TABLE_BULK_H

#include "daemon/objects/table/table.h"

struct bulk_change {
    struct entry *before, *after; /* blocks of an entry that was there when the bulk began */
    uint32_t place;
};

struct bulk {
    struct table *table;
    struct bulk_change *log; /* values that were replaced; owned */
    size_t count, cap;
    uint32_t places; /* of the table when the bulk began: from there on entries are new */
    size_t puts;     /* entries put, whether new or not */
};

void bulk_init(struct bulk *bulk, struct table *table);
/* Stores the pair; a table without values only takes keys that are not there yet. False: no memory,
 * undo or go on. */
bool bulk_put(struct bulk *bulk, struct bytes key, struct bytes value, bool has_refs)
    __attribute__((warn_unused_result));
/* The table is as it was. */
void bulk_undo(struct bulk *bulk);
/* Frees what undoing would have needed, and tidies. Not after bulk_undo. */
void bulk_finish(struct bulk *bulk);

#endif
