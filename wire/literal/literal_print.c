/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints values as flow literals, which read back as themselves, and as raw content. */
#include "wire/literal/literal_print.h"

#include <stdio.h>

#include "wire/literal/literal_quote.h"

const struct scalar_names literal_scalar_names = {"null", "true", "false", ".inf", "-.inf", ".nan"};

void literal_put_name(const struct literal_names *names, uint64_t id, struct buf *out)
{
    if (names != NULL && names->name != NULL)
        names->name(names->arg, id, out);
    else
        buf_printf(out, "~%llu", (unsigned long long)id);
}

const char *literal_tag(enum val_kind kind)
{
    switch (kind) {
    case VAL_TUPLE:
        return "!tuple";
    case VAL_SET:
        return "!!set";
    case VAL_FROZENSET:
        return "!frozenset";
    default:
        return "";
    }
}

static void put_ref(uint64_t id, const struct literal_names *names, struct buf *out)
{
    struct buf name;
    buf_init(&name);
    literal_put_name(names, id, &name);
    buf_put_text(out, "!ref ");
    quote_put_name(buf_bytes(&name), out);
    out->failed = out->failed || name.failed;
    buf_free(&name);
}

static void put_binary(struct bytes data, struct buf *out)
{
    buf_put_text(out, "!!binary ");
    if (data.len > 0)
        quote_put_base64(data, out);
    else
        buf_put_text(out, "''");
}

static void put_str(struct bytes text, struct buf *out)
{
    if (quote_is_bare(text, false))
        buf_put_bytes(out, text);
    else
        quote_put(text, out);
}

static void put_opaque(const struct val *value, const struct literal_names *names, struct buf *out)
{
    struct bytes codec, data, parts;
    val_opaque(value, &codec, &data, &parts);
    buf_put_text(out, "!opaque {codec: ");
    put_str(codec, out);
    buf_put_text(out, ", data: ");
    put_binary(data, out);
    if (parts.len > 0) {
        buf_put_text(out, ", parts: ");
        literal_print_flow(parts, names, out);
    }
    buf_put_u8(out, '}');
}

static void put_container(const struct val *value, const struct literal_names *names,
                          struct buf *out)
{
    bool square = value->kind == VAL_LIST || value->kind == VAL_TUPLE;
    const char *tag = literal_tag(value->kind);
    struct val_iter it = val_iter(value);
    struct bytes item, member;
    bool first = true;
    buf_put_text(out, tag);
    buf_put_text(out, *tag != '\0' ? " " : "");
    buf_put_u8(out, square ? '[' : '{');
    while (!out->failed &&
           (value->kind == VAL_DICT ? val_next_pair(&it, &item, &member) : val_next(&it, &item))) {
        buf_put_text(out, first ? "" : ", ");
        first = false;
        literal_print_flow(item, names, out);
        if (value->kind == VAL_DICT) {
            buf_put_text(out, ": ");
            literal_print_flow(member, names, out);
        }
    }
    buf_put_u8(out, square ? ']' : '}');
}

void literal_print_flow(struct bytes encoding, const struct literal_names *names, struct buf *out)
{
    struct val value = val_read(encoding);
    switch (value.kind) {
    case VAL_NOT_GIVEN:
        break;
    case VAL_STR:
        put_str(value.body, out);
        break;
    case VAL_BYTES:
        put_binary(value.body, out);
        break;
    case VAL_REF:
        put_ref(value.ref, names, out);
        break;
    case VAL_OPAQUE:
        put_opaque(&value, names, out);
        break;
    default:
        if (literal_is_container(value.kind))
            put_container(&value, names, out);
        else
            scalar_print(&value, &literal_scalar_names, "!!int ", out);
    }
}

/* Whether the text can stand unquoted as the whole word: it reads back as itself and is neither
 * an option nor a file name. */
static bool is_plain_word(struct bytes text)
{
    enum scalar scalar;
    if (text.len == 0)
        return true;
    if (text.data[0] != '\0' && strchr("{[\"'!@-", text.data[0]) != NULL)
        return false;
    scalar = scalar_classify(text);
    if (scalar != SCALAR_TEXT && !(scalar_is_number(scalar) && !scalar_prints_back(scalar, text)))
        return false;
    return quote_is_safe(text);
}

void literal_print(struct bytes encoding, const struct literal_names *names, struct buf *out)
{
    struct val value = val_read(encoding);
    if (value.kind != VAL_STR)
        literal_print_flow(encoding, names, out);
    else if (is_plain_word(value.body))
        buf_put_bytes(out, value.body);
    else
        quote_put(value.body, out);
}

/* ---- raw ---- */

static void print_raw_item(struct bytes encoding, const struct literal_names *names,
                           struct buf *out)
{
    struct val value = val_read(encoding);
    if (value.kind == VAL_STR || value.kind == VAL_BYTES)
        buf_put_bytes(out, value.body);
    else if (value.kind == VAL_REF)
        literal_put_name(names, value.ref, out);
    else if (value.kind != VAL_NONE)
        literal_print_flow(encoding, names, out);
}

void literal_print_raw(struct bytes encoding, const struct literal_names *names, char end,
                       struct buf *out)
{
    struct val value = val_read(encoding);
    struct val_iter it;
    struct bytes item, member;
    if (!literal_is_container(value.kind)) {
        print_raw_item(encoding, names, out);
        return;
    }
    it = val_iter(&value);
    while (!out->failed &&
           (value.kind == VAL_DICT ? val_next_pair(&it, &item, &member) : val_next(&it, &item))) {
        print_raw_item(item, names, out);
        if (value.kind == VAL_DICT) {
            buf_put_u8(out, '\t');
            print_raw_item(member, names, out);
        }
        buf_put_u8(out, (uint8_t)end);
    }
}
