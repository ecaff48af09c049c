/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a table, shared by its own files. */
#ifndef OBJECTS_TABLE_BODY_H
#define OBJECTS_TABLE_BODY_H

#include "daemon/engine/core.h"
#include "daemon/objects/table/table.h"
#include "daemon/objects/table/table_lookup.h"
#include "daemon/objects/table/table_order.h"

/* All large memory of a table, so that it can be handed over as a whole. */
struct table_body {
    struct trash trash;
    struct order order;
    struct lookup lookup;
    bool has_values;
};

/* Undoes a commit, if nothing was tidied since: puts back the old block, or removes the newest
 * entry. */
void table_restore(struct table *table, uint32_t place, struct entry *old);
void table_unappend(struct table *table);

#endif
