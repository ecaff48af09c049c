/* SPDX-License-Identifier: BSD-2-Clause */
/* object ls: lists named objects by name, page by page. */
#include "daemon/objects/object/object_glob.h"
#include "daemon/objects/object/object_rows.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "wire/base/name.h"

enum {
    LS_DEFAULT = 1000, /* names per page */
    LS_LOOKED = 10000, /* names examined in one call */
    LS_WORK = 4000000, /* matching steps in one call */
};

struct ls {
    struct bytes glob;   /* empty: all names */
    struct bytes prefix; /* common to all names that can match */
    unsigned type;       /* 0: all types */
    uint64_t limit;
    bool rows; /* rows rather than names */
    size_t looked;
    size_t work;
    uint64_t found;
};

static struct bytes name_of(const struct object *object)
{
    return bytes_of(object->name, object->name_len);
}

static int ls_read(struct ctx *ctx, const Wire__ObjectLs *in, struct ls *ls)
{
    *ls = (struct ls){.glob = arg(in->glob), .limit = LS_DEFAULT, .rows = in->long_};
    if (ls->glob.len > NAME_MAX_BYTES) {
        return fail(ctx, ERR_VALUE, "the pattern is longer than any name (%d bytes)",
                    NAME_MAX_BYTES);
    }
    ls->prefix = bytes_of(ls->glob.data, glob_prefix(ls->glob));
    if (in->has_type && in->type.len > 0) {
        ls->type = type_number(arg(in->type));
        if (ls->type == 0) {
            return fail(ctx, ERR_VALUE, "there is no type \"%.*s\"",
                        (int)(in->type.len < 64 ? in->type.len : 64), (const char *)in->type.data);
        }
    }
    if (in->has_limit)
        ls->limit = in->limit;
    return ls->limit > 0 ? 0 : fail(ctx, ERR_VALUE, "limit must be at least 1");
}

static bool begins(struct bytes name, struct bytes prefix)
{
    return name.len >= prefix.len && bytes_equal(bytes_of(name.data, prefix.len), prefix);
}

/* Byte order, as in the registry of names. */
static bool comes_after(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order > 0 || (order == 0 && a.len > b.len);
}

/* The first object after the cursor that can match; NULL: none. */
static struct object *ls_first(const struct ctx *ctx, const struct ls *ls, struct bytes cursor)
{
    struct bytes from = comes_after(cursor, ls->prefix) ? cursor : ls->prefix;
    struct object *object = object_first_named(ctx, from);
    bool seen = cursor.len > 0 && object != NULL && bytes_equal(name_of(object), cursor);
    return seen ? object_next_named(ctx, object) : object;
}

static bool ls_fits(struct ls *ls, const struct object *object)
{
    ls->looked++;
    if (ls->type != 0 && object->ops->type != ls->type)
        return false;
    return ls->glob.len == 0 || glob_match(ls->glob, name_of(object), &ls->work);
}

static void ls_put(const struct ls *ls, const struct ctx *ctx, const struct object *object,
                   struct buf *out)
{
    size_t item = val_open_item(out);
    if (ls->rows) {
        size_t row = val_open(out, VAL_DICT);
        object_row_put(ctx, object, out);
        val_close(out, row);
    } else {
        val_put_str(out, name_of(object));
    }
    val_close(out, item);
}

static bool ls_full(const struct ls *ls, const struct buf *out)
{
    return ls->found >= ls->limit || ls->looked >= LS_LOOKED || ls->work >= LS_WORK ||
           out->len >= SCAN_BYTES || out->len >= out->limit / 2 || out->failed;
}

int object_ls(struct ctx *ctx, const Wire__ObjectLs *in)
{
    struct ls ls;
    if (ls_read(ctx, in, &ls) < 0)
        return -1;
    struct buf *out = ctx_scratch(ctx);
    size_t list = val_open(out, VAL_LIST);
    struct object *object = ls_first(ctx, &ls, arg(in->cursor));
    const struct object *last = NULL;
    while (object != NULL && begins(name_of(object), ls.prefix) && !ls_full(&ls, out)) {
        if (ls_fits(&ls, object)) {
            ls_put(&ls, ctx, object, out);
            ls.found++;
        }
        last = object;
        object = object_next_named(ctx, object);
    }
    val_close(out, list);
    bool more = last != NULL && object != NULL && begins(name_of(object), ls.prefix);
    return reply_page(ctx, more ? name_of(last) : bytes_of(NULL, 0));
}
