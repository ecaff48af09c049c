/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking into results. */
#include <stdlib.h>

#include "client/internal.h"
#include "wire/literal.h"
#include "wire/value.h"

struct mgr_value {
    size_t len;
    uint8_t data[];
};

struct mgr_value *client_value(struct bytes encoding)
{
    struct mgr_value *value = malloc(sizeof *value + encoding.len);
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
        return (struct mgr_iter){NULL, NULL};
    struct val_iter it = val_iter(&val);
    return (struct mgr_iter){it.at, it.end};
}

bool mgr_next(struct mgr_iter *iter, struct mgr_view *item)
{
    struct val_iter it = {iter->at, iter->end};
    struct bytes bytes;
    if (!val_next(&it, &bytes))
        return false;
    *item = (struct mgr_view){bytes.data, bytes.len};
    iter->at = it.at;
    return true;
}

bool mgr_next_pair(struct mgr_iter *iter, struct mgr_view *key, struct mgr_view *value)
{
    struct val_iter it = {iter->at, iter->end};
    struct bytes k, v;
    if (!val_next_pair(&it, &k, &v))
        return false;
    *key = (struct mgr_view){k.data, k.len};
    *value = (struct mgr_view){v.data, v.len};
    iter->at = it.at;
    return true;
}

bool mgr_field(struct mgr_view dict, const char *key, struct mgr_view *out)
{
    struct mgr_iter it = mgr_iter(dict);
    struct mgr_view name, value;
    const char *text;
    size_t len, want = strlen(key);
    if (mgr_kind(dict) != MGR_KIND_DICT)
        return false;
    while (mgr_next_pair(&it, &name, &value)) {
        if (!mgr_as_str(name, &text, &len) || len != want || memcmp(text, key, want) != 0)
            continue;
        *out = value;
        return true;
    }
    return false;
}

char *mgr_print(struct mgr_view view, enum mgr_format format)
{
    struct buf out;
    struct literal_error error;
    struct bytes value = bytes_of(view.data, view.len);
    bool ok = view.len > 0;
    buf_init(&out);
    if (!ok)
        buf_put_text(&out, "");
    else if (format == MGR_JSON)
        ok = literal_print_json(value, NULL, &out, &error);
    else if (format == MGR_PYTHON)
        literal_print_python(value, NULL, &out);
    else if (format == MGR_YAML)
        literal_print_yaml(value, NULL, &out);
    else
        literal_print(value, NULL, &out);
    buf_put_u8(&out, '\0');
    if (out.failed || (!ok && view.len > 0)) {
        buf_free(&out);
        return NULL;
    }
    return (char *)out.data;
}
