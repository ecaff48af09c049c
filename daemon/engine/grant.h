/* SPDX-License-Identifier: BSD-2-Clause */
/* Live ownership: token -> lock, permits, reservation, task. */
#ifndef ENGINE_GRANT_H
#define ENGINE_GRANT_H

#include <stdint.h>

#include "daemon/engine/timer.h"

struct object;
struct session;

struct grant {
    uint64_t token; /* revision of the step that granted: never the same twice */
    struct object *object;
    struct session *session; /* owner, together with holder */
    uint64_t holder;
    uint64_t count; /* depth of a reentrant lock, permits */
    uint64_t since_ms;
    struct grant *session_prev, *session_next; /* all of its session */
    struct grant *object_prev, *object_next;   /* all of its object, oldest first */
    struct timer lease;                        /* the type's */
    void *item;                                /* the type's: what is reserved under it */
};

#endif
