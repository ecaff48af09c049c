/* SPDX-License-Identifier: BSD-2-Clause */
/* list as a vector of items; an array is read like one. */
#include "daemon/objects/python/arg.h"
#include "ops_numbers.h"
#include "tests/support/model.h"
#include "wire.pb-c.h"

static const struct bytes NO_KEY = {NULL, 0};

/* A plain int or bool; else no opinion. */
static bool plain_index(struct bytes value, int64_t *number)
{
    struct val v = val_read(value);
    *number = v.kind == VAL_BOOL ? v.boolean : v.integer;
    return v.kind == VAL_INT || v.kind == VAL_BOOL;
}

static bool position(const struct model *m, int64_t number, size_t *at)
{
    int64_t count = (int64_t)m->count;
    if (number < -count || number >= count)
        return false;
    *at = (size_t)(number < 0 ? number + count : number);
    return true;
}

/* ---- one item ---- */

static void at_index(struct model *m, const struct op_row *op, const void *in,
                     struct model_says *says)
{
    int64_t number;
    size_t at;
    /* all have it at the same place */
    if (!plain_index(arg(((const Wire__ListGet *)in)->index), &number))
        return;
    if (!position(m, number, &at)) {
        model_say_error(says, ERR_INDEX);
        return;
    }
    switch (op->number) {
    case OP_list_get:
    case OP_array_get:
        model_say_value(says, m->items[at].value);
        break;
    case OP_list_set:
        model_replace(m, at, arg(((const Wire__ListSet *)in)->value));
        model_say_done(says);
        break;
    case OP_list_del:
        model_remove(m, at);
        model_say_done(says);
        break;
    default:
        break;
    }
}

static void insert(struct model *m, const Wire__ListInsert *in, struct model_says *says)
{
    int64_t count = (int64_t)m->count;
    int64_t number;
    if (!plain_index(arg(in->index), &number))
        return;
    number = number < -count ? 0 : number < 0 ? number + count : number > count ? count : number;
    model_insert(m, (size_t)number, NO_KEY, arg(in->value));
    model_say_done(says);
}

static void pop(struct model *m, const Wire__ListPop *in, struct model_says *says)
{
    int64_t number = -1;
    size_t at;
    if (in->index.len > 0 && !plain_index(arg(in->index), &number))
        return;
    if (!position(m, number, &at)) {
        model_say_error(says, ERR_INDEX);
        return;
    }
    model_say_value(says, m->items[at].value);
    model_remove(m, at);
}

/* ---- many ---- */

static void extend(struct model *m, const Wire__ListExtend *in, struct model_says *says)
{
    struct val v = val_read(arg(in->items));
    struct bytes item;
    if (v.kind == VAL_LIST || v.kind == VAL_TUPLE || v.kind == VAL_SET || v.kind == VAL_FROZENSET) {
        for (struct val_iter it = val_iter(&v); val_next(&it, &item);)
            model_append(m, NO_KEY, item);
        model_say_done(says);
    } else if (v.kind < VAL_STR || v.kind > VAL_FROZENSET) {
        model_say_error(says, ERR_TYPE);
    }
}

static void reverse(struct model *m)
{
    for (size_t i = 0; i < m->count / 2; i++) {
        struct model_item item = m->items[i];
        m->items[i] = m->items[m->count - 1 - i];
        m->items[m->count - 1 - i] = item;
    }
}

static void count(const struct model *m, struct bytes value, struct model_says *says)
{
    int64_t equal = 0;
    for (size_t i = 0; i < m->count; i++)
        equal += val_equal(m->items[i].value, value) == 1;
    model_say_int(says, equal);
}

/* Positions from..to by step, walked as Python's range does. */
struct walk {
    int64_t from, to, step;
};

static bool walk_next(struct walk *walk, size_t *at)
{
    if (walk->step > 0 ? walk->from >= walk->to : walk->from <= walk->to)
        return false;
    *at = (size_t)walk->from;
    walk->from += walk->step;
    return true;
}

static bool border(struct bytes value, int64_t absent, int64_t count, int64_t lowest, int64_t *out)
{
    *out = absent;
    if (value.len == 0 || val_read(value).kind == VAL_NONE)
        return true;
    if (!plain_index(value, out) || *out < -1000 || *out > 1000)
        return false;
    *out += *out < 0 ? count : 0;
    *out = *out < lowest ? lowest : *out > count + lowest ? count + lowest : *out;
    return true;
}

/* False: no opinion. in: list_slice, list_del_slice, array_slice. */
static bool walk_read(const struct model *m, const Wire__ListSlice *in, struct walk *walk)
{
    int64_t n = (int64_t)m->count;
    walk->step = 1;
    if (in->step.len > 0 && (!plain_index(arg(in->step), &walk->step) || walk->step == 0 ||
                             walk->step < -1000 || walk->step > 1000))
        return false;
    bool back = walk->step < 0;
    return border(arg(in->start), back ? n - 1 : 0, n, back ? -1 : 0, &walk->from) &&
           border(arg(in->stop), back ? -1 : n, n, back ? -1 : 0, &walk->to);
}

static void slice(const struct model *m, const Wire__ListSlice *in, struct model_says *says)
{
    struct walk walk;
    size_t at;
    if (!walk_read(m, in, &walk))
        return;
    size_t mark = val_open(&says->value, VAL_LIST);
    while (walk_next(&walk, &at))
        val_put_item(&says->value, m->items[at].value);
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
}

static void del_slice(struct model *m, const Wire__ListSlice *in, struct model_says *says)
{
    struct walk walk;
    size_t at, gone = 0;
    if (!walk_read(m, in, &walk))
        return;
    bool back = walk.step < 0;
    while (walk_next(&walk, &at))
        model_remove(m, back ? at : at - gone++); /* what went was before it, or behind */
    model_say_done(says);
}

static void join(const struct model *m, const Wire__ListConcat *in, struct model_says *says)
{
    struct val v = val_read(arg(in->items));
    struct bytes item;
    if (v.kind != VAL_LIST) {
        model_say_error(says, ERR_TYPE);
        return;
    }
    size_t mark = val_open(&says->value, VAL_LIST);
    for (size_t i = 0; i < m->count; i++)
        val_put_item(&says->value, m->items[i].value);
    for (struct val_iter it = val_iter(&v); val_next(&it, &item);)
        val_put_item(&says->value, item);
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
}

static void multiply(struct model *m, const Wire__ListMultiply *in, struct model_says *says)
{
    size_t once = m->count;
    int64_t times;
    if (!plain_index(arg(in->times), &times) || times > 1000)
        return;
    if (times <= 0)
        model_clear(m);
    for (int64_t n = 1; n < times; n++)
        for (size_t i = 0; i < once; i++)
            model_append(m, NO_KEY, m->items[i].value);
    model_say_done(says);
}

/* ---- */

static void list_read(struct model *m, const struct op_row *op, const void *in,
                      struct model_says *says)
{
    switch (op->number) {
    case OP_list_get:
    case OP_array_get:
        at_index(m, op, in, says);
        break;
    case OP_list_has:
        model_say_bool(says, model_find(m, arg(((const Wire__ListHas *)in)->value)) >= 0);
        break;
    case OP_list_len:
    case OP_array_len:
        model_say_int(says, (int64_t)m->count);
        break;
    case OP_list_count:
        count(m, arg(((const Wire__ListCount *)in)->value), says);
        break;
    case OP_list_copy:
    case OP_array_copy:
    case OP_list_reversed:
        model_say_all(says, m, VAL_LIST, op->number == OP_list_reversed);
        break;
    case OP_list_slice:
    case OP_array_slice:
        slice(m, in, says);
        break;
    case OP_list_concat:
        join(m, in, says);
        break;
    default:
        break;
    }
}

static void list_write(struct model *m, const struct op_row *op, const void *in,
                       struct model_says *says)
{
    long at;
    switch (op->number) {
    case OP_list_set:
    case OP_list_del:
        at_index(m, op, in, says);
        break;
    case OP_list_append:
        model_append(m, NO_KEY, arg(((const Wire__ListAppend *)in)->value));
        model_say_done(says);
        break;
    case OP_list_extend:
        extend(m, in, says);
        break;
    case OP_list_insert:
        insert(m, in, says);
        break;
    case OP_list_pop:
        pop(m, in, says);
        break;
    case OP_list_remove:
        at = model_find(m, arg(((const Wire__ListRemove *)in)->value));
        if (at == MODEL_NOWHERE) {
            model_say_error(says, ERR_NOT_IN_LIST);
        } else {
            model_remove(m, (size_t)at);
            model_say_done(says);
        }
        break;
    case OP_list_reverse:
        reverse(m);
        model_say_done(says);
        break;
    case OP_list_clear:
        model_clear(m);
        model_say_done(says);
        break;
    case OP_list_del_slice:
        del_slice(m, in, says);
        break;
    case OP_list_multiply:
        multiply(m, in, says);
        break;
    default:
        break;
    }
}

void model_list(struct model *m, const struct op_row *op, const void *in, struct model_says *says)
{
    if (op->class == CLASS_read)
        list_read(m, op, in, says);
    else
        list_write(m, op, in, says);
}
