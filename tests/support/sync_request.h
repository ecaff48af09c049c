/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to a few objects of all synchronisation types, by choice, made so that they meet: tokens
 * that are alive, owners who release, clients who wait for each other. */
#ifndef TESTS_SUPPORT_SYNC_REQUEST_H
#define TESTS_SUPPORT_SYNC_REQUEST_H

#include "tests/support/model_choice.h"
#include "tests/support/sync_tables.h"
#include "tests/support/world.h"

/* As a message of the protocol; valid until the next one. */
struct sync_message {
    uint64_t room[40];
    struct buf value;
};

void sync_message_init(struct sync_message *message);
void sync_message_free(struct sync_message *message);

const char *sync_object_name(unsigned object);
unsigned sync_object_type(unsigned object);
/* The lock that it is created with; SYNC_NOBODY: none. */
int sync_object_lock(unsigned object);

/* By choice: parameters to create the object with; any request for it by one of the first clients.
 * The id is the caller's to set. */
void sync_params_make(struct sync_params *params, unsigned object, struct choice *c);
void sync_request_make(struct sync_request *r, unsigned object, unsigned clients,
                       const struct world *w, struct choice *c);

const ProtobufCMessage *sync_message_create(struct sync_message *message, unsigned object,
                                            const struct sync_params *params);
const ProtobufCMessage *sync_message_delete(struct sync_message *message, unsigned object);
const ProtobufCMessage *sync_message_request(struct sync_message *message,
                                             const struct sync_request *r);

/* An item of a queue or pipe as a Value. */
void sync_value_put(struct buf *out, int64_t value);

#endif
