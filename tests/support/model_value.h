/* SPDX-License-Identifier: BSD-2-Clause */
/* Small values by choice, many of them equal to each other: for requests that meet. */
#ifndef TESTS_SUPPORT_MODEL_VALUE_H
#define TESTS_SUPPORT_MODEL_VALUE_H

#include "tests/support/model_choice.h"
#include "wire/base/buf.h"

struct model_values {
    struct choice *choice;
    uint64_t ref; /* an object that values may refer to */
};

/* Appends a Value: anything; what could be a position or a count; a number; a list of numbers;
 * something to iterate over, pairs for a dict included. Now and then something else. */
void model_put_value(struct buf *out, struct model_values *values);
void model_put_index(struct buf *out, struct model_values *values);
void model_put_number(struct buf *out, struct model_values *values);
void model_put_numbers(struct buf *out, struct model_values *values);
void model_put_collection(struct buf *out, struct model_values *values);

#endif
