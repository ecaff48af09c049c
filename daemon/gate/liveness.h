/* SPDX-License-Identifier: BSD-2-Clause */
/* Tracks which sessions are alive: their connections, linger and leases. Volatile, not part of the
 * state.
 *
 * Pure code; the caller passes the time, in engine milliseconds. A session is due when its
 * connection has been away for linger_ms, or when its lease (if it has one) was not renewed for
 * lease_ms, attached or not, whichever comes first. A due session is ended by the command
 * SESSION_END and in no other way. */
#ifndef GATE_LIVENESS_H
#define GATE_LIVENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/base/siphash.h"

struct liveness;

struct liveness *liveness_new(const uint8_t hash_key[SIPHASH_KEY_LEN]);
void liveness_free(struct liveness *live);

/* Attaches the session, opened or resumed, to a connection. False: no memory. */
bool liveness_attach(struct liveness *live, uint64_t session, uint64_t now_ms, uint64_t lease_ms,
                     uint64_t linger_ms) __attribute__((warn_unused_result));
/* Renews a lease: a heartbeat, or any request of a session with a lease. */
void liveness_touch(struct liveness *live, uint64_t session, uint64_t now_ms);
/* Restarts the lease, and the linger of a session without a connection. lease_ms: the new lease,
 * which linger_ms is raised to; 0: no lease. */
void liveness_renew(struct liveness *live, uint64_t session, uint64_t now_ms, uint64_t lease_ms);
/* The session's connection has gone. */
void liveness_detach(struct liveness *live, uint64_t session, uint64_t now_ms);
/* The next session whose connection came or went since it was last reported, and whether it has
 * a connection now. False: none. */
bool liveness_moved(struct liveness *live, uint64_t *session, bool *attached);
bool liveness_any_moved(const struct liveness *live);
/* Removes a session that has ended. */
void liveness_forget(struct liveness *live, uint64_t session);
/* When the next session is due; UINT64_MAX: never. */
uint64_t liveness_due(const struct liveness *live);
/* Up to n sessions due at now_ms, earliest first; they stay until liveness_forget. */
size_t liveness_expired(struct liveness *live, uint64_t now_ms, uint64_t *sessions, size_t n);
size_t liveness_count(const struct liveness *live);

#endif
