/* SPDX-License-Identifier: BSD-2-Clause */
/* list: how much memory requests take, told beforehand. */
#ifndef OBJECTS_LIST_COST_H
#define OBJECTS_LIST_COST_H

#include "daemon/objects/sequence/list_store.h"

/* Bytes that the request may take beside its own size. */
size_t list_growth(const struct object *object, const Wire__Request *request);

/* Bytes that so many copies of all items take; SIZE_MAX / 2 at most. */
size_t list_copies_size(const struct list *list, uint64_t copies);

#endif
