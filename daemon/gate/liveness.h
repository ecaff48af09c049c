/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is still there: connections, linger and leases of sessions. Volatile, and not part of the
 * state.
 *
 * Pure code, fed with the time. A session that is due ends by the command SESSION_END, nothing
 * else. Times are engine milliseconds. A session is due when its connection has been away for
 * linger_ms, or when its lease (if it has one) was not renewed for lease_ms, attached or not:
 * whichever is first. */
#ifndef GATE_LIVENESS_H
#define GATE_LIVENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/base/siphash.h"

struct liveness;

struct liveness *liveness_new(const uint8_t hash_key[SIPHASH_KEY_LEN]);
void liveness_free(struct liveness *live);

/* The session is attached to a connection from now on (opened, or resumed). False: no memory. */
bool liveness_attach(struct liveness *live, uint64_t session, uint64_t now_ms, uint64_t lease_ms,
                     uint64_t linger_ms) __attribute__((warn_unused_result));
/* A heartbeat, or any request of a session with a lease. */
void liveness_touch(struct liveness *live, uint64_t session, uint64_t now_ms);
/* The lease, and the linger of a session without a connection, start again from now. lease_ms: of
 * the lease from now on, which its linger is not shorter than; 0: no lease. */
void liveness_renew(struct liveness *live, uint64_t session, uint64_t now_ms, uint64_t lease_ms);
/* The connection is gone. */
void liveness_detach(struct liveness *live, uint64_t session, uint64_t now_ms);
/* The next session whose connection came back or went since this was last asked for it, and whether
 * it has one now. False: there is none. */
bool liveness_moved(struct liveness *live, uint64_t *session, bool *attached);
bool liveness_any_moved(const struct liveness *live);
/* The session has ended. */
void liveness_forget(struct liveness *live, uint64_t session);
/* When the next one is due; UINT64_MAX: never. */
uint64_t liveness_due(const struct liveness *live);
/* Up to n sessions due at now_ms, soonest first; they stay until forgotten. */
size_t liveness_expired(struct liveness *live, uint64_t now_ms, uint64_t *sessions, size_t n);
size_t liveness_count(const struct liveness *live);

#endif
