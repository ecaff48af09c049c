/* SPDX-License-Identifier: BSD-2-Clause */
/* The door for the protobuf protocol of docs/protocol.md: frames in, requests to the gate,
 * replies out. */
#ifndef DOORS_PROTO_PROTO_H
#define DOORS_PROTO_PROTO_H

#include "daemon/doors/proto/batch.h"
#include "daemon/gate/gate.h"

/* Executes the complete frames of several connections, one input each. Stops early at an input
 * whose peer must not go on: one that is closing (all of its input counts as used), has too much
 * unsent output, or waits for the journal. */
void proto_run(struct gate *gate, struct input *inputs, size_t count);
/* proto_run for one connection; returns the bytes used. */
size_t proto_run_one(struct gate *gate, struct peer *peer, struct bytes input);

/* peer_ops.reply for peers that use this door. */
void proto_reply(struct peer *peer, const struct completion *completion, uint64_t revision);

#endif
