/* SPDX-License-Identifier: BSD-2-Clause */
/* lock and rlock as objects: they differ only in whether the owner may acquire again. */
#ifndef OBJECTS_LOCK_H
#define OBJECTS_LOCK_H

#include <sys/queue.h>

#include "daemon/objects/sync/mutex.h"

struct condition;
TAILQ_HEAD(condition_list, condition);

struct lock {
    struct object object;
    struct mutex mutex;
    struct condition_list conditions; /* conditions that use it */
};

static inline struct lock *lock_of(struct object *object)
{
    return (struct lock *)object;
}

#endif
