/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads result values. */
#include <stdlib.h>

#include "client/internal.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

struct mgr_value {
    size_t len;
    uint8_t data[];
};

struct mgr_value *client_value(struct bytes encoding)
{
    struct mgr_value *value = malloc(sizeof *value + encoding.len); /* encoding.len is never 0 */
    if (value == NULL)
        return NULL;
    value->len = encoding.len;
    memcpy(value->data, encoding.data, encoding.len);
    return value;
}

void mgr_value_free(struct mgr_value *value)
{
    free(value);
}

struct mgr_view mgr_view(const struct mgr_value *value)
{
    return value == NULL ? (struct mgr_view){NULL, 0} : (struct mgr_view){value->data, value->len};
}

static struct val look(struct mgr_view view)
{
    return val_read(bytes_of(view.data, view.len));
}

enum mgr_kind mgr_kind(struct mgr_view view)
{
    return (enum mgr_kind)look(view).kind;
}

bool mgr_as_bool(struct mgr_view view, bool *out)
{
    struct val val = look(view);
    if (val.kind == VAL_BOOL)
        *out = val.boolean;
    return val.kind == VAL_BOOL;
}

bool mgr_as_int(struct mgr_view view, int64_t *out)
{
    struct val val = look(view);
    if (val.kind == VAL_INT)
        *out = val.integer;
    return val.kind == VAL_INT;
}

bool mgr_as_float(struct mgr_view view, double *out)
{
    struct val val = look(view);
    if (val.kind == VAL_FLOAT)
        *out = val.real;
    else if (val.kind == VAL_INT)
        *out = (double)val.integer;
    return val.kind == VAL_FLOAT || val.kind == VAL_INT;
}

bool mgr_as_str(struct mgr_view view, const char **out, size_t *len)
{
    struct val val = look(view);
    if (val.kind != VAL_STR)
        return false;
    *out = (const char *)val.body.data;
    *len = val.body.len;
    return true;
}

bool mgr_as_bytes(struct mgr_view view, const void **out, size_t *len)
{
    struct val val = look(view);
    if (val.kind != VAL_BYTES)
        return false;
    *out = val.body.data;
    *len = val.body.len;
    return true;
}

bool mgr_as_ref(struct mgr_view view, uint64_t *out)
{
    struct val val = look(view);
    if (val.kind == VAL_REF)
        *out = val.ref;
    return val.kind == VAL_REF;
}

size_t mgr_len(struct mgr_view view)
{
    struct val val = look(view);
    return val_count(&val);
}

struct mgr_iter mgr_iter(struct mgr_view container)
{
    struct val val = look(container);
    if (val.kind < VAL_LIST || val.kind > VAL_FROZENSET)
        return (struct mgr_iter){NULL, NULL, MGR_KIND_NOT_GIVEN};
    struct val_iter it = val_iter(&val);
    return (struct mgr_iter){it.at, it.end, (enum mgr_kind)val.kind};
}

static struct mgr_view view_of(struct bytes bytes)
{
    return (struct mgr_view){bytes.data, bytes.len};
}

bool mgr_next(struct mgr_iter *iter, struct mgr_view *item)
{
    struct val_iter it = {iter->at, iter->end};
    struct bytes bytes;
    struct mgr_view value;
    if (iter->kind == MGR_KIND_DICT)
        return mgr_next_pair(iter, item, &value);
    if (!val_next(&it, &bytes))
        return false;
    *item = view_of(bytes);
    iter->at = it.at;
    return true;
}

bool mgr_next_pair(struct mgr_iter *iter, struct mgr_view *key, struct mgr_view *value)
{
    struct val_iter it = {iter->at, iter->end};
    struct bytes k, v;
    if (iter->kind != MGR_KIND_DICT || !val_next_pair(&it, &k, &v))
        return false;
    *key = view_of(k);
    *value = view_of(v);
    iter->at = it.at;
    return true;
}

bool mgr_field(struct mgr_view dict, const char *key, struct mgr_view *out)
{
    struct mgr_iter it = mgr_iter(dict);
    struct mgr_view name, value;
    const char *text;
    size_t len, want = strlen(key);
    while (mgr_next_pair(&it, &name, &value)) {
        if (!mgr_as_str(name, &text, &len) || len != want || memcmp(text, key, want) != 0)
            continue;
        *out = value;
        return true;
    }
    return false;
}

static bool print(struct bytes value, enum mgr_format format, struct buf *out)
{
    struct literal_error error;
    switch (format) {
    case MGR_TEXT:
        literal_print(value, NULL, out);
        return true;
    case MGR_JSON:
        return literal_print_json(value, NULL, out, &error);
    case MGR_PYTHON:
        literal_print_python(value, NULL, out);
        return true;
    case MGR_YAML:
        literal_print_yaml(value, NULL, out);
        return true;
    }
    return false;
}

char *mgr_print(struct mgr_view view, enum mgr_format format)
{
    struct buf out;
    buf_init(&out);
    bool ok = view.len == 0 || print(bytes_of(view.data, view.len), format, &out);
    buf_put_u8(&out, '\0');
    if (ok && !out.failed)
        return (char *)out.data;
    buf_free(&out);
    return NULL;
}
