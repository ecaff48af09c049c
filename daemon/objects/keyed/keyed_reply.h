/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole tables as replies. */
#ifndef OBJECTS_KEYED_REPLY_H
#define OBJECTS_KEYED_REPLY_H

#include "daemon/engine/core.h"
#include "daemon/objects/table/table.h"

enum part { PART_KEYS, PART_VALUES, PART_ITEMS /* (key, value) */, PART_PAIRS /* of a dict */ };

/* Replies with all entries as a container of that kind (VAL_DICT for PART_PAIRS). -1: fail() was
 * called. */
int table_reply(struct ctx *ctx, const struct table *table, enum part part, enum val_kind kind);

#endif
