/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments: made by value, encoded when a call needs them. */
#include "client/internal.h"
#include "wire/literal.h"
#include "wire/utf8.h"
#include "wire/value.h"

static struct mgr_arg of_data(enum mgr_arg_kind kind, const void *data, size_t len)
{
    return (struct mgr_arg){.kind = kind, .data = data, .len = len};
}

struct mgr_arg mgr_bool(bool value)
{
    return (struct mgr_arg){.kind = MGR_ARG_BOOL, .integer = value};
}

struct mgr_arg mgr_int(int64_t value)
{
    return (struct mgr_arg){.kind = MGR_ARG_INT, .integer = value};
}

struct mgr_arg mgr_float(double value)
{
    return (struct mgr_arg){.kind = MGR_ARG_FLOAT, .real = value};
}

struct mgr_arg mgr_str(const char *utf8)
{
    return utf8 == NULL ? MGR_ABSENT : of_data(MGR_ARG_STR, utf8, strlen(utf8));
}

struct mgr_arg mgr_strn(const char *utf8, size_t len)
{
    return of_data(MGR_ARG_STR, utf8, len);
}

struct mgr_arg mgr_bytes(const void *data, size_t len)
{
    return of_data(MGR_ARG_BYTES, data, len);
}

struct mgr_arg mgr_json(const char *text)
{
    return of_data(MGR_ARG_JSON, text, strlen(text));
}

struct mgr_arg mgr_literal(const char *text)
{
    return of_data(MGR_ARG_LITERAL, text, strlen(text));
}

struct mgr_arg mgr_ref(uint64_t object_id)
{
    return (struct mgr_arg){.kind = MGR_ARG_REF, .integer = (int64_t)object_id};
}

struct mgr_arg mgr_of(const struct mgr_value *value)
{
    return mgr_of_view(mgr_view(value));
}

struct mgr_arg mgr_of_view(struct mgr_view view)
{
    return view.len == 0 ? MGR_ABSENT : of_data(MGR_ARG_ENCODED, view.data, view.len);
}

static bool encode_text(struct mgr *m, struct bytes text, struct buf *out)
{
    if (utf8_check(text) != text.len) {
        client_fail(m, MGR_VALUE, "a str must be UTF-8; use mgr_bytes for other data");
        return false;
    }
    val_put_str(out, text);
    return true;
}

static bool encode_literal(struct mgr *m, const struct mgr_arg *arg, struct buf *out)
{
    struct literal_error error;
    struct bytes text = bytes_of(arg->data, arg->len);
    bool ok = arg->kind == MGR_ARG_JSON ? literal_read_json(text, out, &error)
                                        : literal_read(text, LITERAL_EXACT, NULL, out, &error);
    if (!ok)
        client_fail(m, MGR_VALUE, "column %zu: %s", error.column, error.text);
    return ok;
}

static bool encode(struct mgr *m, const struct mgr_arg *arg, struct buf *out)
{
    struct bytes data = bytes_of(arg->data, arg->len);
    switch (arg->kind) {
    case MGR_ARG_ABSENT:
        break;
    case MGR_ARG_NONE:
        val_put_none(out);
        break;
    case MGR_ARG_BOOL:
        val_put_bool(out, arg->integer != 0);
        break;
    case MGR_ARG_INT:
        val_put_int(out, arg->integer);
        break;
    case MGR_ARG_FLOAT:
        val_put_float(out, arg->real);
        break;
    case MGR_ARG_STR:
        return encode_text(m, data, out);
    case MGR_ARG_BYTES:
        val_put_bytes(out, data);
        break;
    case MGR_ARG_JSON:
    case MGR_ARG_LITERAL:
        return encode_literal(m, arg, out);
    case MGR_ARG_REF:
        val_put_ref(out, (uint64_t)arg->integer);
        break;
    case MGR_ARG_ENCODED:
        buf_put_bytes(out, data);
        break;
    }
    return true;
}

bool client_encode(struct mgr *m, const struct mgr_arg *arg, struct buf *out)
{
    if (!encode(m, arg, out))
        return false;
    if (out->failed)
        client_fail(m, MGR_NOMEM, "out of memory");
    return !out->failed;
}
