/* SPDX-License-Identifier: BSD-2-Clause */
/* condition: what its lock must report to it. */
#ifndef OBJECTS_CONDITION_H
#define OBJECTS_CONDITION_H

#include "daemon/engine/core.h"

struct condition;

/* The lock is being freed. */
void condition_detach(struct condition *condition);
/* The lock is deleted: sleepers leave with LOCK_LOST in the next wake pass. */
void condition_lock_lost(struct ctx *ctx, struct condition *condition);
/* A waiter leaves the lock's queue: if it was notified, notifies the next sleeper instead. */
void condition_pass_on(struct ctx *ctx, const struct waiter *waiter);

#endif
