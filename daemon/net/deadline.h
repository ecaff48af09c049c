/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of deadlines of one kind, all with the same timeout: the first one set is the first
 * due. */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include <bsd/sys/queue.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
    uint64_t at_ms; /* engine time; 0: none */
    TAILQ_ENTRY(deadline) entry;
};

TAILQ_HEAD(deadline_list, deadline);

/* Sets the deadline, or moves it if it was set. */
static inline void deadline_set(struct deadline_list *list, struct deadline *deadline,
                                uint64_t at_ms)
{
    if (deadline->at_ms != 0)
        TAILQ_REMOVE(list, deadline, entry);
    deadline->at_ms = at_ms;
    TAILQ_INSERT_TAIL(list, deadline, entry);
}

static inline void deadline_clear(struct deadline_list *list, struct deadline *deadline)
{
    if (deadline->at_ms != 0)
        TAILQ_REMOVE(list, deadline, entry);
    deadline->at_ms = 0;
}

/* When the first one is due; UINT64_MAX: none. */
static inline uint64_t deadline_next(const struct deadline_list *list)
{
    const struct deadline *first = TAILQ_FIRST(list);
    return first == NULL ? UINT64_MAX : first->at_ms;
}

/* A deadline that is over; NULL: none. */
static inline struct deadline *deadline_over(const struct deadline_list *list, uint64_t now_ms)
{
    return deadline_next(list) <= now_ms ? TAILQ_FIRST(list) : NULL;
}

#endif
