/* SPDX-License-Identifier: BSD-2-Clause */
/* Any request of the op table, by choice: few names, few small values, now and then strange ones.
 */
#ifndef TESTS_SUPPORT_MODEL_REQUEST_H
#define TESTS_SUPPORT_MODEL_REQUEST_H

#include "tests/support/model_choice.h"
#include "tests/support/world.h"

enum {
    MODEL_NAMES = 2,       /* objects of each type: "dict/0", "dict/1" */
    MODEL_VALUES = 4,      /* Values of one request at most */
    MODEL_LENGTH_MAX = 64, /* longer objects are deleted instead */
};

struct model_request {
    const struct op_row *op;
    uint64_t message[40]; /* the operation's struct */
    struct buf texts[MODEL_VALUES];
    struct buf values[MODEL_VALUES];
    unsigned text_count, value_count;
    unsigned type; /* of the object that it is about, as far as it is known */
};

/* Init once, make as often as needed, free. What was made lives until the next one. */
void model_request_init(struct model_request *r);
void model_request_make(struct model_request *r, const struct world *w, struct choice *c);
void model_request_free(struct model_request *r);

static inline const ProtobufCMessage *model_request_in(const struct model_request *r)
{
    return (const ProtobufCMessage *)(const void *)r->message;
}

#endif
