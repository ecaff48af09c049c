/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments: made by value, encoded when the call is made. */
#include <stdio.h>

#include "client/internal.h"
#include "wire/base/utf8.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

/* A NULL pointer with a length gives no argument: the call then reports a missing argument. */
static struct mgr_arg of_data(enum mgr_arg_kind kind, const void *data, size_t len)
{
    if (data == NULL && len > 0)
        return MGR_ABSENT;
    return (struct mgr_arg){.kind = kind, .data = data, .len = len};
}

static struct mgr_arg of_text(enum mgr_arg_kind kind, const char *text)
{
    return text == NULL ? MGR_ABSENT : of_data(kind, text, strlen(text));
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
    return of_text(MGR_ARG_STR, utf8);
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
    return of_text(MGR_ARG_JSON, text);
}

struct mgr_arg mgr_literal(const char *text)
{
    return of_text(MGR_ARG_LITERAL, text);
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

static enum mgr_status encode_text(struct bytes text, struct buf *out, char *why, size_t size)
{
    if (utf8_check(text) != text.len) {
        snprintf(why, size, "a str must be UTF-8; use mgr_bytes for other data");
        return MGR_VALUE;
    }
    val_put_str(out, text);
    return MGR_OK;
}

static enum mgr_status encode_literal(const struct mgr_arg *arg, struct buf *out, char *why,
                                      size_t size)
{
    struct literal_error error;
    struct bytes text = bytes_of(arg->data, arg->len);
    bool ok = arg->kind == MGR_ARG_JSON ? literal_read_json(text, out, &error)
                                        : literal_read(text, LITERAL_EXACT, NULL, out, &error);
    if (ok)
        return MGR_OK;
    snprintf(why, size, "column %zu: %s", error.column, error.text);
    return strcmp(error.text, "out of memory") == 0 ? MGR_NOMEM : MGR_VALUE;
}

static enum mgr_status encode(const struct mgr_arg *arg, struct buf *out, char *why, size_t size)
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
        return encode_text(data, out, why, size);
    case MGR_ARG_BYTES:
        val_put_bytes(out, data);
        break;
    case MGR_ARG_JSON:
    case MGR_ARG_LITERAL:
        return encode_literal(arg, out, why, size);
    case MGR_ARG_REF:
        val_put_ref(out, (uint64_t)arg->integer);
        break;
    case MGR_ARG_ENCODED:
        buf_put_bytes(out, data);
        break;
    default:
        snprintf(why, size, "not an argument that libmgr has made");
        return MGR_USAGE;
    }
    return MGR_OK;
}

enum mgr_status client_encode(const struct mgr_arg *arg, struct buf *out, char *why, size_t size)
{
    enum mgr_status status = encode(arg, out, why, size);
    if (status != MGR_OK || !out->failed)
        return status;
    snprintf(why, size, "out of memory, and nothing was sent");
    return MGR_NOMEM;
}
