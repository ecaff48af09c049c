/* SPDX-License-Identifier: BSD-2-Clause */
/* list: estimates how much memory requests take, before they run. */
#ifndef OBJECTS_LIST_COST_H
#define OBJECTS_LIST_COST_H

#include "daemon/objects/sequence/list_store.h"

/* Bytes that the request may take besides its own size. */
size_t list_growth(const struct object *object, const Wire__Request *request);

/* Bytes for `copies` copies of all items; at most SIZE_MAX / 2. */
size_t list_copies_size(const struct list *list, uint64_t copies);

#endif
