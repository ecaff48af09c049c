/* SPDX-License-Identifier: BSD-2-Clause */
/* namespace: values by attribute name. */
#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/keyed/namespace_key.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"

static int fail_attr(struct ctx *ctx, ProtobufCBinaryData attr)
{
    return fail(ctx, ERR_ATTRIBUTE, "'Namespace' object has no attribute '%.*s'", (int)attr.len,
                (const char *)attr.data);
}

/* Finds an attribute and gives its key, which the caller frees in any case. */
static int find(struct ctx *ctx, ProtobufCBinaryData attr, struct buf *key, struct table_spot *spot)
{
    if (namespace_key(ctx, arg(attr), key) != 0)
        return -1;
    return keyed_find(ctx, buf_bytes(key), spot);
}

static int reply_attr(struct ctx *ctx, const Wire__NamespaceGet *in, const struct table_spot *spot)
{
    if (spot->found)
        return reply_value(ctx, table_value(keyed_table(ctx), spot->place));
    return in->fallback.len > 0 ? reply_value(ctx, arg(in->fallback)) : fail_attr(ctx, in->attr);
}

int namespace_get(struct ctx *ctx, const Wire__NamespaceGet *in)
{
    struct table_spot spot;
    struct buf key;
    int status = find(ctx, in->attr, &key, &spot);
    if (status == 0)
        status = reply_attr(ctx, in, &spot);
    buf_free(&key);
    return status;
}

int namespace_set(struct ctx *ctx, const Wire__NamespaceSet *in)
{
    struct table_spot spot;
    struct buf key;
    int status = find(ctx, in->attr, &key, &spot);
    if (status == 0)
        status = namespace_public(ctx, arg(in->attr));
    if (status == 0)
        status = keyed_put(ctx, &spot, buf_bytes(&key), arg(in->value));
    buf_free(&key);
    return status;
}

int namespace_del(struct ctx *ctx, const Wire__NamespaceDel *in)
{
    struct table_spot spot;
    struct buf key;
    int status = find(ctx, in->attr, &key, &spot);
    if (status == 0 && !spot.found)
        status = fail_attr(ctx, in->attr);
    if (status == 0)
        keyed_remove(ctx, spot.place);
    buf_free(&key);
    return status;
}

int namespace_has(struct ctx *ctx, const Wire__NamespaceHas *in)
{
    struct table_spot spot;
    struct buf key;
    int status = find(ctx, in->attr, &key, &spot);
    buf_free(&key);
    return status == 0 ? reply_bool(ctx, spot.found) : -1;
}

int namespace_len(struct ctx *ctx, const Wire__NamespaceLen *in)
{
    (void)in;
    return reply_uint(ctx, table_count(keyed_table(ctx)));
}

int namespace_incr(struct ctx *ctx, const Wire__NamespaceIncr *in)
{
    struct table_spot spot;
    struct buf key;
    int status = find(ctx, in->attr, &key, &spot);
    if (status == 0)
        status = namespace_public(ctx, arg(in->attr));
    if (status == 0)
        status = keyed_incr(ctx, &spot, buf_bytes(&key), arg(in->by));
    buf_free(&key);
    return status;
}
