/* SPDX-License-Identifier: BSD-2-Clause */
/* namespace: all attributes at once, and the type's hooks. */
#include <stdlib.h>

#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/keyed/namespace_key.h"
#include "daemon/objects/keyed/table_args.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "wire/base/utf8.h"

/* ---- names ---- */

int namespace_key(struct ctx *ctx, struct bytes attr, struct buf *key)
{
    buf_init(key);
    if (attr.len == 0)
        return fail(ctx, ERR_TYPE, "missing argument 'attr'");
    if (utf8_check(attr) != attr.len)
        return fail(ctx, ERR_INVALID, "attr is not UTF-8");
    val_put_str(key, attr);
    return key->failed ? fail_nomem(ctx) : 0;
}

int namespace_public(struct ctx *ctx, struct bytes attr)
{
    if (attr.len > 0 && attr.data[0] == '_')
        return fail(ctx, ERR_VALUE, "names that start with '_' stay local to a client");
    return 0;
}

/* ---- all attributes ---- */

enum { STEPS_SORTED = 30 }; /* cost of an attribute that is sorted and written */

struct attribute {
    struct bytes name, key, value;
};

static int by_name(const void *a, const void *b)
{
    const struct attribute *x = a, *y = b;
    size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
    int order = memcmp(x->name.data, y->name.data, len);
    return order != 0 ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

/* The attributes sorted by name, in an array of count + 1. NULL: no memory. */
static struct attribute *sorted(struct ctx *ctx, size_t count)
{
    struct attribute *list = mem_alloc(ctx_mem(ctx), (count + 1) * sizeof *list);
    if (list == NULL)
        return NULL;
    struct table_row row;
    size_t at = 0;
    for (struct table_walk walk = table_walk(keyed_table(ctx)); table_next(&walk, &row);)
        list[at++] = (struct attribute){val_read(row.key).body, row.key, row.value};
    qsort(list, count, sizeof *list, by_name);
    return list;
}

int namespace_items(struct ctx *ctx, const Wire__NamespaceItems *in)
{
    (void)in;
    size_t count = table_count(keyed_table(ctx));
    if (work_take_each(ctx, count, STEPS_SORTED) != 0)
        return -1;
    struct attribute *list = sorted(ctx, count);
    if (list == NULL)
        return fail_nomem(ctx);
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_DICT);
    for (size_t i = 0; i < count && !out->failed; i++)
        val_put_pair(out, list[i].key, list[i].value);
    val_close(out, mark);
    mem_free(ctx_mem(ctx), list, (count + 1) * sizeof *list);
    return reply_scratch(ctx);
}

/* ---- the type ---- */

static int check_init(struct ctx *ctx, struct bytes init)
{
    struct val dict = val_read(init);
    struct bytes key, value;
    if (dict.kind != VAL_DICT)
        return fail(ctx, ERR_TYPE, "a namespace starts with a dict, not with '%s'",
                    val_type_name(dict.kind));
    for (struct val_iter it = val_iter(&dict); val_next_pair(&it, &key, &value);) {
        struct val name = val_read(key);
        if (name.kind != VAL_STR)
            return fail(ctx, ERR_TYPE, "attribute names are str, not '%s'",
                        val_type_name(name.kind));
        if (name.body.len == 0)
            return fail(ctx, ERR_VALUE, "an attribute name cannot be empty");
        if (namespace_public(ctx, name.body) != 0)
            return -1;
    }
    return 0;
}

static int create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct table *table = &((struct keyed *)object)->table;
    table_init(table, ctx_mem(ctx), ctx_hash_key(ctx), true);
    if (in->init.len == 0)
        return 0;
    if (check_init(ctx, arg(in->init)) != 0)
        return -1;
    return collect_init(ctx, object, arg(in->init), bulk_pairs);
}

/* Loads a table whose keys are all valid names. */
static bool load(struct engine *engine, struct object *object, struct reader *in)
{
    struct table_walk walk = table_walk(&((const struct keyed *)object)->table);
    struct table_row row;
    if (!keyed_load(engine, object, in))
        return false;
    while (table_next(&walk, &row))
        if (val_read(row.key).kind != VAL_STR)
            return reader_fail(in);
    return true;
}

const struct object_ops namespace_ops = {
    .type = TYPE_NAMESPACE,
    .size = sizeof(struct keyed),
    .create = create,
    .destroy = keyed_destroy,
    .length = keyed_length,
    .scan = keyed_scan,
    .save = keyed_save,
    .load = load,
};
