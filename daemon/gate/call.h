/* SPDX-License-Identifier: BSD-2-Clause */
/* A decoded request on its way through the gate: what a door hands over. */
#ifndef GATE_CALL_H
#define GATE_CALL_H

#include "daemon/gate/gate.h"
#include "wire/proto/ops.h"

struct call {
    struct gate *gate;
    struct peer *peer;
    const Wire__Request *request;
    size_t bytes;             /* size of its frame (or other carrier) */
    struct bytes body;        /* the encoded request: goes into the journal */
    struct command command;   /* the door sets operation and hint, the gate the rest */
    const struct op_row *row; /* set by the gate */
};

/* Executes the request; the reply comes by peer->ops->reply, now or when its wait ends. */
void gate_dispatch(struct call *call);
/* Replies to the request with an error. */
void gate_refuse(const struct call *call, enum mgr_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The peer violated its protocol: tells it once and closes the connection. */
void gate_break_off(struct gate *gate, struct peer *peer, const char *why);
/* True: the journal is behind, so this command of the peer and all later ones must wait; none is
 * executed. The delay is the daemon's, so the peer counts as neither slow nor silent meanwhile. */
bool gate_defers(struct gate *gate, struct peer *peer, const Wire__Request *request);
/* Fills in the request's hint and prefetches the memory that the request will use, as
 * engine_prefetch. */
void gate_prefetch(const struct gate *gate, const Wire__Request *request, struct hint *hint);

#endif
