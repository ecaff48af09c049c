/* SPDX-License-Identifier: BSD-2-Clause */
/* One decoded request on its way through the gate: what a door hands over. */
#ifndef GATE_CALL_H
#define GATE_CALL_H

#include "daemon/gate/gate.h"
#include "wire/proto/ops.h"

struct call {
    struct gate *gate;
    struct peer *peer;
    const Wire__Request *request;
    size_t bytes;             /* of its frame, or what else it came in */
    struct bytes body;        /* the request, encoded: what goes into the journal */
    struct command command;   /* the door sets operation and hint (by gate_prefetch), zeros the rest
                               * once; what belongs to the request is then set by the gate */
    const struct op_row *row; /* set by the gate */
};

/* Executes the request; its reply comes by peer->ops->reply, at once or when its wait ends. */
void gate_dispatch(struct call *call);
/* An error as the reply to the request's id. */
void gate_refuse(const struct call *call, enum mgr_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The peer sent what is not its protocol: the peer is told so once, and closed. */
void gate_break_off(struct gate *gate, struct peer *peer, const char *why);
/* True: the journal is behind, so this command and all that follow it of this peer wait; the gate
 * executes nothing of them. That is the daemon's doing: the peer is neither slow nor silent
 * meanwhile. */
bool gate_defers(struct gate *gate, struct peer *peer, const Wire__Request *request);
/* Fills in the request's hint and has the memory fetched that it will look at, as engine_prefetch.
 */
void gate_prefetch(const struct gate *gate, const Wire__Request *request, struct hint *hint);

#endif
