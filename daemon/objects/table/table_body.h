/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a table, for its own files. */
#ifndef OBJECTS_TABLE_BODY_H
#define OBJECTS_TABLE_BODY_H

#include "daemon/engine/core.h"
#include "daemon/objects/table/table.h"
#include "daemon/objects/table/table_lookup.h"
#include "daemon/objects/table/table_order.h"

/* All large memory, so that it can be handed over as a whole. */
struct table_body {
    struct trash trash;
    struct order order;
    struct lookup lookup;
    bool has_values;
};

/* Puts a block back where commit took it from, or takes the newest entry away: undoes a commit when
 * nothing was tidied since. */
void table_restore(struct table *table, uint32_t place, struct entry *old);
void table_unappend(struct table *table);

#endif
