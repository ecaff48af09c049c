/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints tagged JSON: every value has exactly one form. */
#include <inttypes.h>

#include "wire/literal/literal_print.h"
#include "wire/literal/literal_quote.h"

static const struct scalar_names names_json = {"null", "true", "false", "inf", "-inf", "nan"};

static void put_value(const struct literal_names *names, struct bytes encoding, struct buf *out);

static void put_base64(struct bytes data, struct buf *out)
{
    buf_put_u8(out, '"');
    quote_put_base64(data, out);
    buf_put_u8(out, '"');
}

/* Keeps the sign and payload of an unusual NaN, because they may carry data. */
static void put_special_float(const struct val *value, struct buf *out)
{
    static const uint64_t usual = UINT64_C(0x7ff8000000000000); /* __builtin_nan("") */
    uint64_t bits;
    memcpy(&bits, &value->real, sizeof bits);
    buf_put_text(out, "{\"$float\": \"");
    scalar_print(value, &names_json, NULL, out);
    if (value->real != value->real && bits != usual)
        buf_printf(out, ":%016" PRIx64, bits);
    buf_put_text(out, "\"}");
}

static void put_scalar(const struct val *value, struct buf *out)
{
    if (value->kind == VAL_FLOAT && !__builtin_isfinite(value->real)) {
        put_special_float(value, out);
    } else if (!scalar_print(value, &names_json, NULL, out)) {
        buf_put_text(out, "{\"$int\": \"");
        scalar_print(value, &names_json, "", out);
        buf_put_text(out, "\"}");
    }
}

static void put_ref(const struct literal_names *names, uint64_t id, struct buf *out)
{
    struct buf name;
    buf_init(&name);
    literal_put_name(names, id, &name);
    buf_put_text(out, "{\"$ref\": ");
    if (name.len == 0)
        buf_put_text(out, "null");
    else
        quote_put_json(buf_bytes(&name), out);
    buf_put_u8(out, '}');
    out->failed = out->failed || name.failed;
    buf_free(&name);
}

static void put_array(const struct literal_names *names, const struct val *list, struct buf *out)
{
    struct val_iter it = val_iter(list);
    struct bytes item;
    bool first = true;
    buf_put_u8(out, '[');
    for (; val_next(&it, &item); first = false) {
        buf_put_text(out, first ? "" : ", ");
        put_value(names, item, out);
    }
    buf_put_u8(out, ']');
}

/* Whether a plain JSON object can represent the dict. */
static bool is_object(const struct val *dict)
{
    struct val_iter it = val_iter(dict);
    struct bytes key, value;
    while (val_next_pair(&it, &key, &value)) {
        struct val read = val_read(key);
        if (read.kind != VAL_STR || (read.body.len > 0 && read.body.data[0] == '$'))
            return false;
    }
    return true;
}

static void put_dict(const struct literal_names *names, const struct val *dict, struct buf *out)
{
    bool object = is_object(dict), first = true;
    struct val_iter it = val_iter(dict);
    struct bytes key, value;
    buf_put_text(out, object ? "{" : "{\"$dict\": [");
    for (; val_next_pair(&it, &key, &value); first = false) {
        buf_put_text(out, first ? "" : ", ");
        buf_put_text(out, object ? "" : "[");
        put_value(names, key, out);
        buf_put_text(out, object ? ": " : ", ");
        put_value(names, value, out);
        buf_put_text(out, object ? "" : "]");
    }
    buf_put_text(out, object ? "}" : "]}");
}

static void put_opaque(const struct literal_names *names, const struct val *opaque, struct buf *out)
{
    struct bytes codec, data, parts;
    val_opaque(opaque, &codec, &data, &parts);
    buf_put_text(out, "{\"$opaque\": {\"codec\": ");
    quote_put_json(codec, out);
    buf_put_text(out, ", \"data\": ");
    put_base64(data, out);
    if (parts.len > 0) {
        buf_put_text(out, ", \"parts\": ");
        put_value(names, parts, out);
    }
    buf_put_text(out, "}}");
}

/* Recursive: the depth of a valid value is bounded. */
static void put_value(const struct literal_names *names, struct bytes encoding, struct buf *out)
{
    static const char *const tags[] = {
        [VAL_TUPLE] = "{\"$tuple\": ",
        [VAL_SET] = "{\"$set\": ",
        [VAL_FROZENSET] = "{\"$frozenset\": ",
    };
    struct val value = val_read(encoding);
    switch (value.kind) {
    case VAL_STR:
        quote_put_json(value.body, out);
        break;
    case VAL_BYTES:
        buf_put_text(out, "{\"$bytes\": ");
        put_base64(value.body, out);
        buf_put_u8(out, '}');
        break;
    case VAL_LIST:
        put_array(names, &value, out);
        break;
    case VAL_TUPLE:
    case VAL_SET:
    case VAL_FROZENSET:
        buf_put_text(out, tags[value.kind]);
        put_array(names, &value, out);
        buf_put_u8(out, '}');
        break;
    case VAL_DICT:
        put_dict(names, &value, out);
        break;
    case VAL_REF:
        put_ref(names, value.ref, out);
        break;
    case VAL_OPAQUE:
        put_opaque(names, &value, out);
        break;
    default:
        put_scalar(&value, out);
    }
}

void literal_print_tagged(struct bytes value, const struct literal_names *names, struct buf *out)
{
    put_value(names, value, out);
}
