/* SPDX-License-Identifier: BSD-2-Clause */
/* dict and namespace as vectors of pairs. */
#include "daemon/objects/python/arg.h"
#include "ops_numbers.h"
#include "tests/support/model.h"
#include "wire.pb-c.h"

/* ---- pairs ---- */

static void put(struct model *m, struct bytes key, struct bytes value)
{
    long at = model_find(m, key);
    if (at == MODEL_NOWHERE)
        model_append(m, key, value);
    else
        model_replace(m, (size_t)at, value); /* the first key stays */
}

static void get(const struct model *m, struct bytes key, struct bytes fallback,
                struct model_says *says, enum mgr_code missing)
{
    long at = model_find(m, key);
    if (at != MODEL_NOWHERE)
        model_say_value(says, m->items[at].value);
    else if (fallback.len > 0)
        model_say_value(says, fallback);
    else
        model_say_error(says, missing);
}

/* part 0: keys, 1: values, 2: both as tuples. */
static void say_parts(struct model_says *says, const struct model *m, int part, bool back)
{
    size_t mark = val_open(&says->value, VAL_LIST);
    for (size_t i = 0; i < m->count; i++) {
        const struct model_item *item = &m->items[back ? m->count - 1 - i : i];
        if (part < 2) {
            val_put_item(&says->value, part == 0 ? item->key : item->value);
            continue;
        }
        size_t row = val_open_item(&says->value);
        size_t pair = val_open(&says->value, VAL_TUPLE);
        val_put_item(&says->value, item->key);
        val_put_item(&says->value, item->value);
        val_close(&says->value, pair);
        val_close(&says->value, row);
    }
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
}

static void say_dict(struct model_says *says, const struct model *m)
{
    size_t mark = val_open(&says->value, VAL_DICT);
    for (size_t i = 0; i < m->count; i++)
        val_put_pair(&says->value, m->items[i].key, m->items[i].value);
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
}

/* ---- dict ---- */

static void take_if(struct model *m, const Wire__DictDel *in, struct model_says *says)
{
    long at = model_find(m, arg(in->key));
    if (at == MODEL_NOWHERE) {
        model_say_error(says, ERR_KEY);
    } else if (in->expect.len > 0 && val_equal(m->items[at].value, arg(in->expect)) != 1) {
        model_say_error(says, ERR_RUNTIME);
    } else {
        model_remove(m, (size_t)at);
        model_say_done(says);
    }
}

static void take_newest(struct model *m, struct model_says *says)
{
    if (m->count == 0) {
        model_say_error(says, ERR_KEY);
        return;
    }
    size_t mark = val_open(&says->value, VAL_TUPLE);
    val_put_item(&says->value, m->items[m->count - 1].key);
    val_put_item(&says->value, m->items[m->count - 1].value);
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
    model_remove(m, m->count - 1);
}

static void take(struct model *m, const Wire__DictPop *in, struct model_says *says)
{
    long at = model_find(m, arg(in->key));
    get(m, arg(in->key), arg(in->fallback), says, ERR_KEY);
    if (at != MODEL_NOWHERE)
        model_remove(m, (size_t)at);
}

/* The keys of a list, each once. False: no opinion. */
static bool asked_keys(struct bytes keys, struct model *asked)
{
    struct val v = val_read(keys);
    struct bytes key;
    enum val_kind offender;
    if (v.kind != VAL_LIST)
        return false;
    for (struct val_iter it = val_iter(&v); val_next(&it, &key);) {
        if (!val_hashable(key, &offender))
            return false;
        if (model_find(asked, key) == MODEL_NOWHERE)
            model_append(asked, key, VAL_NONE_BYTES);
    }
    return true;
}

static void take_asked(struct model *m, const struct model *asked, struct model_says *says)
{
    struct buf found, missing;
    buf_init(&found);
    buf_init(&missing);
    size_t dict = val_open(&found, VAL_DICT), list = val_open(&missing, VAL_LIST);
    for (size_t i = 0; i < asked->count; i++) {
        long at = model_find(m, asked->items[i].key);
        if (at == MODEL_NOWHERE) {
            val_put_item(&missing, asked->items[i].key);
            continue;
        }
        val_put_pair(&found, asked->items[i].key, m->items[at].value);
        model_remove(m, (size_t)at);
    }
    val_close(&found, dict);
    val_close(&missing, list);
    size_t mark = val_open(&says->value, VAL_DICT);
    val_put_field(&says->value, "found", buf_bytes(&found));
    val_put_field(&says->value, "missing", buf_bytes(&missing));
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
    buf_free(&found);
    buf_free(&missing);
}

static void take_many(struct model *m, const Wire__DictPopMany *in, struct model_says *says)
{
    struct model asked;
    model_init(&asked, 0, TYPE_DICT);
    if (asked_keys(arg(in->keys), &asked))
        take_asked(m, &asked, says);
    model_free(&asked);
}

static void set_default(struct model *m, const Wire__DictSetdefault *in, struct model_says *says)
{
    struct bytes value = in->value.len > 0 ? arg(in->value) : VAL_NONE_BYTES;
    get(m, arg(in->key), value, says, ERR_KEY);
    if (model_find(m, arg(in->key)) == MODEL_NOWHERE)
        model_append(m, arg(in->key), value);
}

static void compare_and_set(struct model *m, const Wire__DictCas *in, struct model_says *says)
{
    long at = model_find(m, arg(in->key));
    bool holds = false;
    if (in->condition_case == WIRE__DICT_CAS__CONDITION_ABSENT && in->absent) {
        holds = at == MODEL_NOWHERE;
    } else if (in->condition_case == WIRE__DICT_CAS__CONDITION_EXPECT) {
        holds = at != MODEL_NOWHERE && val_equal(m->items[at].value, arg(in->expect)) == 1;
    } else {
        model_say_error(says, ERR_TYPE);
        return;
    }
    if (holds)
        put(m, arg(in->key), arg(in->new_));
    model_say_bool(says, holds);
}

/* The key of an operation that has one; else empty. All have it at the same place. */
static struct bytes key_of(const struct op_row *op, const void *in)
{
    return op->arg_count > 1 && strcmp(op->args[1].name, "key") == 0
               ? arg(((const Wire__DictGet *)in)->key)
               : bytes_of(NULL, 0);
}

static bool refused_key(const struct op_row *op, const void *in)
{
    struct bytes key = key_of(op, in);
    enum val_kind offender;
    return key.len > 0 && !val_hashable(key, &offender);
}

static void dict_read(struct model *m, const struct op_row *op, const void *in,
                      struct model_says *says)
{
    switch (op->number) {
    case OP_dict_get:
        get(m, key_of(op, in), arg(((const Wire__DictGet *)in)->fallback), says, ERR_KEY);
        break;
    case OP_dict_has:
        model_say_bool(says, model_find(m, key_of(op, in)) != MODEL_NOWHERE);
        break;
    case OP_dict_len:
        model_say_int(says, (int64_t)m->count);
        break;
    case OP_dict_copy:
        say_dict(says, m);
        break;
    case OP_dict_keys:
    case OP_dict_reversed:
        say_parts(says, m, 0, op->number == OP_dict_reversed);
        break;
    case OP_dict_values:
        say_parts(says, m, 1, false);
        break;
    case OP_dict_items:
        say_parts(says, m, 2, false);
        break;
    default:
        break;
    }
}

static void dict_write(struct model *m, const struct op_row *op, const void *in,
                       struct model_says *says)
{
    struct bytes key = key_of(op, in);
    switch (op->number) {
    case OP_dict_set:
        put(m, key, arg(((const Wire__DictSet *)in)->value));
        model_say_done(says);
        break;
    case OP_dict_add:
        model_say_bool(says, model_find(m, key) == MODEL_NOWHERE);
        if (model_find(m, key) == MODEL_NOWHERE)
            model_append(m, key, arg(((const Wire__DictAdd *)in)->value));
        break;
    case OP_dict_del:
        take_if(m, in, says);
        break;
    case OP_dict_pop:
        take(m, in, says);
        break;
    case OP_dict_popitem:
        take_newest(m, says);
        break;
    case OP_dict_pop_many:
        take_many(m, in, says);
        break;
    case OP_dict_setdefault:
        set_default(m, in, says);
        break;
    case OP_dict_cas:
        compare_and_set(m, in, says);
        break;
    case OP_dict_clear:
        model_clear(m);
        model_say_done(says);
        break;
    default:
        break;
    }
}

void model_dict(struct model *m, const struct op_row *op, const void *in, struct model_says *says)
{
    if (refused_key(op, in))
        model_say_error(says, ERR_TYPE);
    else if (op->class == CLASS_read)
        dict_read(m, op, in, says);
    else
        dict_write(m, op, in, says);
}

/* ---- namespace ---- */

static void attribute(struct model *m, const struct op_row *op, const void *in, struct bytes key,
                      struct model_says *says)
{
    long at = model_find(m, key);
    switch (op->number) {
    case OP_namespace_get:
        get(m, key, arg(((const Wire__NamespaceGet *)in)->fallback), says, ERR_ATTRIBUTE);
        break;
    case OP_namespace_has:
        model_say_bool(says, at != MODEL_NOWHERE);
        break;
    case OP_namespace_set:
        put(m, key, arg(((const Wire__NamespaceSet *)in)->value));
        model_say_done(says);
        break;
    case OP_namespace_del:
        if (at == MODEL_NOWHERE) {
            model_say_error(says, ERR_ATTRIBUTE);
        } else {
            model_remove(m, (size_t)at);
            model_say_done(says);
        }
        break;
    default:
        break;
    }
}

void model_namespace(struct model *m, const struct op_row *op, const void *in,
                     struct model_says *says)
{
    if (op->number == OP_namespace_len) {
        model_say_int(says, (int64_t)m->count);
        return;
    }
    if (op->arg_count < 2 || strcmp(op->args[1].name, "attr") != 0)
        return;
    /* all have it at the same place */
    struct bytes attr = arg(((const Wire__NamespaceGet *)in)->attr);
    struct buf key;
    if (attr.len == 0) {
        model_say_error(says, ERR_TYPE);
        return;
    }
    if (attr.data[0] == '_' && op->class == CLASS_write && op->number != OP_namespace_del) {
        model_say_error(says, ERR_VALUE);
        return;
    }
    buf_init(&key);
    val_put_str(&key, attr);
    attribute(m, op, in, buf_bytes(&key), says);
    buf_free(&key);
}
