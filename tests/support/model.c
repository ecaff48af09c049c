/* SPDX-License-Identifier: BSD-2-Clause */
/* A vector of items, and what all types' models share. */
#include "tests/support/model.h"

#include <stdlib.h>

#include "tests/support/must.h"

static struct bytes copied(struct bytes run)
{
    uint8_t *copy = run.len == 0 ? NULL : malloc(run.len);
    must(run.len == 0 || copy != NULL);
    if (copy != NULL)
        memcpy(copy, run.data, run.len);
    return bytes_of(copy, run.len);
}

static void dropped(struct bytes run)
{
    free((void *)(uintptr_t)run.data);
}

void model_init(struct model *m, uint64_t id, unsigned type)
{
    *m = (struct model){.id = id, .type = type};
}

void model_clear(struct model *m)
{
    while (m->count > 0)
        model_remove(m, m->count - 1);
}

void model_free(struct model *m)
{
    model_clear(m);
    free(m->items);
    m->items = NULL;
    m->cap = 0;
}

void model_insert(struct model *m, size_t at, struct bytes key, struct bytes value)
{
    must(at <= m->count);
    if (m->count == m->cap) {
        m->cap = m->cap * 2 + 8;
        m->items = realloc(m->items, m->cap * sizeof *m->items);
        must(m->items != NULL);
    }
    struct model_item item = {copied(key), copied(value)};
    memmove(&m->items[at + 1], &m->items[at], (m->count - at) * sizeof *m->items);
    m->items[at] = item;
    m->count++;
}

void model_append(struct model *m, struct bytes key, struct bytes value)
{
    model_insert(m, m->count, key, value);
}

void model_remove(struct model *m, size_t at)
{
    must(at < m->count);
    dropped(m->items[at].key);
    dropped(m->items[at].value);
    m->count--;
    memmove(&m->items[at], &m->items[at + 1], (m->count - at) * sizeof *m->items);
}

void model_replace(struct model *m, size_t at, struct bytes value)
{
    struct bytes old = m->items[at].value;
    m->items[at].value = copied(value);
    dropped(old);
}

static bool keyed(const struct model *m)
{
    return m->type == TYPE_DICT || m->type == TYPE_NAMESPACE;
}

long model_find(const struct model *m, struct bytes key)
{
    for (size_t i = 0; i < m->count; i++)
        if (val_equal(keyed(m) ? m->items[i].key : m->items[i].value, key) == 1)
            return (long)i;
    return MODEL_NOWHERE;
}

/* ---- the whole ---- */

void model_set(struct model *m, struct bytes content)
{
    struct val v = val_read(content);
    struct bytes key, value;
    model_clear(m);
    if (m->type == TYPE_VALUE)
        model_append(m, bytes_of(NULL, 0), content);
    else if (keyed(m))
        for (struct val_iter it = val_iter(&v); val_next_pair(&it, &key, &value);)
            model_append(m, key, value);
    else
        for (struct val_iter it = val_iter(&v); val_next(&it, &value);)
            model_append(m, bytes_of(NULL, 0), value);
}

static bool has_pair(const struct model *m, struct bytes key, struct bytes value)
{
    for (size_t i = 0; i < m->count; i++)
        if (bytes_equal(m->items[i].key, key) && bytes_equal(m->items[i].value, value))
            return true;
    return false;
}

bool model_holds(const struct model *m, struct bytes content)
{
    struct model other;
    bool same;
    model_init(&other, m->id, m->type);
    model_set(&other, content);
    same = other.count == m->count;
    for (size_t i = 0; same && i < m->count; i++) {
        /* a namespace is shown sorted */
        size_t at = i;
        if (m->type == TYPE_NAMESPACE) {
            same = has_pair(m, other.items[at].key, other.items[at].value);
        } else {
            same = bytes_equal(other.items[at].key, m->items[at].key) &&
                   bytes_equal(other.items[at].value, m->items[at].value);
        }
    }
    model_free(&other);
    return same;
}

bool model_same(struct bytes a, struct bytes b)
{
    return bytes_equal(a, b) || val_equal(a, b) == 1;
}

/* ---- answers ---- */

void model_say_done(struct model_says *says)
{
    says->kind = RESULT_DONE;
}

void model_say_error(struct model_says *says, enum mgr_code code)
{
    says->kind = RESULT_ERROR;
    says->code = code;
}

void model_say_value(struct model_says *says, struct bytes value)
{
    says->kind = RESULT_VALUE;
    buf_put_bytes(&says->value, value);
}

void model_say_bool(struct model_says *says, bool value)
{
    model_say_value(says, val_bool(value));
}

void model_say_int(struct model_says *says, int64_t value)
{
    says->kind = RESULT_VALUE;
    val_put_int(&says->value, value);
}

void model_say_all(struct model_says *says, const struct model *m, enum val_kind kind, bool back)
{
    size_t mark = val_open(&says->value, kind);
    for (size_t i = 0; i < m->count; i++)
        val_put_item(&says->value, m->items[back ? m->count - 1 - i : i].value);
    val_close(&says->value, mark);
    says->kind = RESULT_VALUE;
}

void model_play(struct model *m, const struct op_row *op, const void *in, struct model_says *says)
{
    says->kind = RESULT_NONE;
    if (op->number / 64 != m->type)
        return;
    switch (m->type) {
    case TYPE_DICT:
        model_dict(m, op, in, says);
        break;
    case TYPE_NAMESPACE:
        model_namespace(m, op, in, says);
        break;
    case TYPE_SET:
        model_set_type(m, op, in, says);
        break;
    case TYPE_VALUE:
        model_value(m, op, in, says);
        break;
    default:
        model_list(m, op, in, says); /* an array is read like one */
    }
}
