/* SPDX-License-Identifier: BSD-2-Clause */
/* The door for the protobuf protocol of docs/protocol.md: frames in, requests to the gate, replies
 * out. */
#ifndef DOORS_PROTO_PROTO_H
#define DOORS_PROTO_PROTO_H

#include "daemon/doors/proto/batch.h"
#include "daemon/gate/gate.h"

/* Executes the whole frames of several connections, one input of each. Stops early with an input
 * whose peer must not go on: one that closes (then all of it is used), one with too much unsent
 * output, or one that waits for the journal. */
void proto_run(struct gate *gate, struct input *inputs, size_t count);
/* As proto_run, for one connection; gives the bytes used. */
size_t proto_run_one(struct gate *gate, struct peer *peer, struct bytes input);

/* peer_ops.reply of peers that came through this door. */
void proto_reply(struct peer *peer, const struct completion *completion, uint64_t revision);

#endif
