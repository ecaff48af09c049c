/* SPDX-License-Identifier: BSD-2-Clause */
/* What an object holds and answers, as simply as possible: a vector of items, looked through from
 * the front. The real types must say and hold the same.
 *
 * dict, namespace: keys and values in order; list, array, set: items; value: one item. */
#ifndef TESTS_SUPPORT_MODEL_H
#define TESTS_SUPPORT_MODEL_H

#include "wire/proto/ops.h"
#include "wire/proto/reply.h"
#include "wire/value/value.h"

struct model_item {
    struct bytes key;   /* owned; empty but for dicts and namespaces */
    struct bytes value; /* owned; of a dict, namespace, list, array, set or value */
};

struct model {
    uint64_t id; /* of the object */
    unsigned type;
    struct model_item *items; /* owned */
    size_t count, cap;
};

/* What the request must be answered. */
struct model_says {
    enum result_kind kind; /* RESULT_NONE: the model has no opinion */
    enum mgr_code code;    /* of an error */
    struct buf value;
};

void model_init(struct model *m, uint64_t id, unsigned type);
void model_free(struct model *m);

/* Does the operation (whose object it is) and says what it is answered. NONE, with nothing done: no
 * opinion; what the object holds is to be read again. says->value was initialised. */
void model_play(struct model *m, const struct op_row *op, const void *in, struct model_says *says);

/* Becomes what the object's copy, items or get gave. */
void model_set(struct model *m, struct bytes content);
/* Whether the object's copy, items or get is what it should be. */
bool model_holds(const struct model *m, struct bytes content);
/* Equal as answers: the same bytes, or equal in Python's eyes (order of sets). */
bool model_same(struct bytes a, struct bytes b);

/* ---- between model*.c ---- */

void model_append(struct model *m, struct bytes key, struct bytes value);
void model_insert(struct model *m, size_t at, struct bytes key, struct bytes value);
void model_remove(struct model *m, size_t at);
void model_replace(struct model *m, size_t at, struct bytes value);
void model_clear(struct model *m);
enum { MODEL_NOWHERE = -1 };
/* The first item whose key (dict, namespace) or value equals that; MODEL_NOWHERE. */
long model_find(const struct model *m, struct bytes key);

void model_say_done(struct model_says *says);
void model_say_error(struct model_says *says, enum mgr_code code);
void model_say_value(struct model_says *says, struct bytes value);
void model_say_bool(struct model_says *says, bool value);
void model_say_int(struct model_says *says, int64_t value);
/* All values as a container of that kind, first or last one first. */
void model_say_all(struct model_says *says, const struct model *m, enum val_kind kind, bool back);

void model_dict(struct model *m, const struct op_row *op, const void *in, struct model_says *says);
void model_namespace(struct model *m, const struct op_row *op, const void *in,
                     struct model_says *says);
void model_list(struct model *m, const struct op_row *op, const void *in, struct model_says *says);
void model_set_type(struct model *m, const struct op_row *op, const void *in,
                    struct model_says *says);
void model_value(struct model *m, const struct op_row *op, const void *in, struct model_says *says);

#endif
