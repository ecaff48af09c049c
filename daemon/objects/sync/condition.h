/* SPDX-License-Identifier: BSD-2-Clause */
/* condition: what the lock that it uses must tell it. */
#ifndef OBJECTS_CONDITION_H
#define OBJECTS_CONDITION_H

#include "daemon/engine/core.h"

struct condition;

/* Its lock is being freed. */
void condition_detach(struct condition *condition);
/* Its lock is deleted: who waits for a notify leaves with LOCK_LOST, when it is looked at again. */
void condition_lock_lost(struct ctx *ctx, struct condition *condition);
/* A waiter leaves the lock's queue: when it was notified, the next one is notified instead. */
void condition_pass_on(struct ctx *ctx, const struct waiter *waiter);

#endif
