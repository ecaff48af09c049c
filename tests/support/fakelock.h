/* SPDX-License-Identifier: BSD-2-Clause */
/* A type for tests of the engine alone: permits with a FIFO queue, a payload and a number.
 *
 * It stands in for "value" and borrows these operations:
 *   object_create {type: "value", init: PERMITS}    object_delete, object_hold, object_drop
 *   object_changed {since < FAKE_ACQUIRE}           watches
 *   object_changed {since: FAKE_ACQUIRE + N}        acquires N permits: Grant
 *   value_set {value: TOKEN}                        releases: Done{lost}
 *   value_get                                       [free, waiting, waiters that left, last
 * abandoned token] value_add {by: N}                               adds to the number and gives it
 *   value_swap {value: V}                           replaces the payload and gives the old one
 * Acquiring FAKE_FALSE permits that time out gives False; FAKE_STAYS: it goes on waiting, for ever.
 * A holder of FAKE_LEASED gets a lease of FAKE_LEASE_MS. */
#ifndef TESTS_SUPPORT_FAKELOCK_H
#define TESTS_SUPPORT_FAKELOCK_H

#include "tests/support/world.h"

#define FAKE_ACQUIRE (UINT64_C(1) << 63)
enum { FAKE_FALSE = 7, FAKE_STAYS = 8, FAKE_LEASED = 99, FAKE_LEASE_MS = 1000 };

extern const struct handlers fakelock_handlers;
/* The same with a value_add that lets the hash key into the state. */
extern const struct handlers fakelock_planted;

/* One call each, by client `who`. */
const struct seen *fakelock_create(struct world *w, const char *name, const char *permits);
const struct seen *fakelock_acquire(struct world *w, unsigned who, const char *name,
                                    uint64_t permits, uint64_t wait_ms);
const struct seen *fakelock_release(struct world *w, unsigned who, const char *name,
                                    uint64_t token);
const struct seen *fakelock_watch(struct world *w, unsigned who, const char *name, uint64_t since,
                                  uint64_t wait_ms);
const struct seen *fakelock_add(struct world *w, unsigned who, const char *name, const char *by);
const struct seen *fakelock_swap(struct world *w, unsigned who, const char *name,
                                 const char *payload);
const struct seen *fakelock_delete(struct world *w, unsigned who, const char *name);
/* value_get as text: "[1, 0, 0, 0]". */
const char *fakelock_show(struct world *w, const char *name);

/* One random request or other command over a few objects and clients. */
void fakelock_step(struct world *w, uint64_t *seed);

#endif
