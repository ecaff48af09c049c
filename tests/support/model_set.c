/* SPDX-License-Identifier: BSD-2-Clause */
/* set as a vector of members, and value as one item. */
#include "daemon/objects/python/arg.h"
#include "ops_numbers.h"
#include "tests/support/model.h"
#include "wire.pb-c.h"

static const struct bytes NO_KEY = {NULL, 0};

static void add(struct model *m, struct bytes value)
{
    if (model_find(m, value) == MODEL_NOWHERE)
        model_append(m, NO_KEY, value);
}

/* ---- one member ---- */

static void member(struct model *m, const struct op_row *op, struct bytes value,
                   struct model_says *says)
{
    long at = model_find(m, value);
    switch (op->number) {
    case OP_set_has:
        model_say_bool(says, at != MODEL_NOWHERE);
        return;
    case OP_set_add:
        add(m, value);
        break;
    default:
        if (at == MODEL_NOWHERE && op->number == OP_set_remove) {
            model_say_error(says, ERR_KEY);
            return;
        }
        if (at != MODEL_NOWHERE)
            model_remove(m, (size_t)at);
    }
    model_say_done(says);
}

/* Sets are looked for as if they were frozensets, but not added. */
static bool refused(const struct op_row *op, struct bytes value)
{
    enum val_kind offender;
    return !val_hashable(value, &offender) &&
           (op->number == OP_set_add || val_read(value).kind != VAL_SET);
}

/* ---- two sets ---- */

/* What members of both, of the left and of the right one become. */
enum { LEFT = 1, BOTH = 2, RIGHT = 4 };

static int picked_by(unsigned number)
{
    switch (number) {
    case OP_set_union:
    case OP_set_update:
        return LEFT | BOTH | RIGHT;
    case OP_set_difference:
    case OP_set_difference_update:
        return LEFT;
    case OP_set_intersection:
    case OP_set_intersection_update:
        return BOTH;
    case OP_set_symmetric_difference:
    case OP_set_symmetric_difference_update:
        return LEFT | RIGHT;
    case OP_set_rdifference:
        return RIGHT;
    default:
        return 0;
    }
}

static void pick(struct model *out, const struct model *left, const struct model *right, int picks)
{
    for (size_t i = 0; i < left->count; i++) {
        struct bytes value = left->items[i].value;
        if ((picks & (model_find(right, value) == MODEL_NOWHERE ? LEFT : BOTH)) != 0)
            model_append(out, NO_KEY, value);
    }
    for (size_t i = 0; i < right->count; i++) {
        struct bytes value = right->items[i].value;
        if (model_find(left, value) == MODEL_NOWHERE && (picks & RIGHT) != 0)
            model_append(out, NO_KEY, value);
    }
}

static void compared(const struct op_row *op, const Wire__SetIssubset *in, const struct model *left,
                     const struct model *right, struct model_says *says)
{
    size_t common = 0;
    for (size_t i = 0; i < left->count; i++)
        common += model_find(right, left->items[i].value) != MODEL_NOWHERE;
    bool subset = common == left->count, superset = common == right->count;
    switch (op->number) {
    case OP_set_isdisjoint:
        model_say_bool(says, common == 0);
        break;
    case OP_set_issubset:
        model_say_bool(says, subset && !(in->proper && superset));
        break;
    case OP_set_issuperset:
        model_say_bool(says, superset && !(in->proper && subset));
        break;
    case OP_set_equals:
        model_say_bool(says, subset && superset);
        break;
    default:
        break;
    }
}

/* False: no opinion. */
static bool operand(struct bytes items, struct model *out)
{
    struct val v = val_read(items);
    struct bytes item;
    enum val_kind offender;
    if (v.kind != VAL_LIST && v.kind != VAL_TUPLE && v.kind != VAL_SET && v.kind != VAL_FROZENSET)
        return false;
    for (struct val_iter it = val_iter(&v); val_next(&it, &item);) {
        if (!val_hashable(item, &offender))
            return false;
        add(out, item);
    }
    return true;
}

static void two_sets(struct model *m, const struct op_row *op, const void *in,
                     struct model_says *says)
{
    struct model right, out;
    int picks = picked_by(op->number);
    model_init(&right, 0, TYPE_SET);
    model_init(&out, 0, TYPE_SET);
    /* all have it at the same place */
    if (operand(arg(((const Wire__SetUnion *)in)->items), &right)) {
        if (picks == 0) {
            compared(op, in, m, &right, says);
        } else {
            pick(&out, m, &right, picks);
            model_say_all(says, &out, VAL_SET, false);
        }
    }
    if (says->kind != RESULT_NONE && op->class == CLASS_write) {
        model_set(m, buf_bytes(&says->value));
        model_say_done(says);
    }
    model_free(&right);
    model_free(&out);
}

void model_set_type(struct model *m, const struct op_row *op, const void *in,
                    struct model_says *says)
{
    struct bytes value = bytes_of(NULL, 0);
    if (op->arg_count > 1 && strcmp(op->args[1].name, "value") == 0) {
        value = arg(((const Wire__SetAdd *)in)->value);
        if (refused(op, value))
            model_say_error(says, ERR_TYPE);
        else
            member(m, op, value, says);
        return;
    }
    if (op->arg_count > 1 && strcmp(op->args[1].name, "items") == 0) {
        two_sets(m, op, in, says);
        return;
    }
    switch (op->number) {
    case OP_set_pop:
        if (m->count == 0) {
            model_say_error(says, ERR_KEY);
            break;
        }
        model_say_value(says, m->items[0].value); /* the oldest, as documented */
        model_remove(m, 0);
        break;
    case OP_set_len:
        model_say_int(says, (int64_t)m->count);
        break;
    case OP_set_copy:
        model_say_all(says, m, VAL_SET, false);
        break;
    case OP_set_clear:
        model_clear(m);
        model_say_done(says);
        break;
    default:
        break;
    }
}

/* ---- value ---- */

void model_value(struct model *m, const struct op_row *op, const void *in, struct model_says *says)
{
    const Wire__ValueCas *cas = in;
    bool equal;
    switch (op->number) {
    case OP_value_get:
        model_say_value(says, m->items[0].value);
        break;
    case OP_value_set:
        model_replace(m, 0, arg(((const Wire__ValueSet *)in)->value));
        model_say_done(says);
        break;
    case OP_value_swap:
        model_say_value(says, m->items[0].value);
        model_replace(m, 0, arg(((const Wire__ValueSwap *)in)->value));
        break;
    case OP_value_cas:
        equal = val_equal(m->items[0].value, arg(cas->expect)) == 1;
        model_say_bool(says, equal);
        if (equal)
            model_replace(m, 0, arg(cas->new_));
        break;
    default:
        break;
    }
}
