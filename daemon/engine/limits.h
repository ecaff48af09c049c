/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of everything the daemon allows: set by the configuration, looked at by engine and gate.
 */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include <stdint.h>

struct limits {
    uint64_t memory_bytes;     /* of all objects and sessions together */
    uint64_t buffers_bytes;    /* of all connections: unsent output, partial input; 0: no limit */
    uint64_t objects;          /* named and anonymous */
    uint64_t sessions;         /* that hold state */
    uint64_t window_bytes;     /* of the replies that one session's window keeps */
    uint64_t bulk_items;       /* that one operation may touch */
    uint64_t work;             /* steps that one request may take; 0: no bound */
    uint32_t window;           /* slots of a session that asks for none: a power of two */
    uint32_t frame_bytes;      /* of one request or reply */
    uint64_t output_bytes;     /* of one connection, unsent: above it, its requests wait */
    uint64_t connections;      /* at the same time */
    uint64_t login_timeout_ms; /* until the first frame must have come */
    uint64_t frame_timeout_ms; /* for the whole of any other frame */
    uint64_t linger_max_ms;    /* how long a session may ask to outlive its connection */
    uint64_t lease_max_ms;     /* the longest lease that a session may ask for */
};

#endif
