/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints values as Python's repr does. */
#include "wire/base/utf8.h"
#include "wire/literal/literal_print.h"
#include "wire/literal/literal_quote.h"

static const struct scalar_names names_python = {"None", "True", "False", "inf", "-inf", "nan"};

/* Python uses double quotes only when that saves an escape. */
static uint8_t choose_quote(struct bytes text)
{
    bool single = text.len > 0 && memchr(text.data, '\'', text.len) != NULL;
    bool twice = text.len > 0 && memchr(text.data, '"', text.len) != NULL;
    return single && !twice ? '"' : '\'';
}

/* Appends an ASCII character that str and bytes print alike. False: not such a character. */
static bool put_common(uint8_t c, uint8_t quote, struct buf *out)
{
    const char *letters = "\nn\tt\rr";
    const char *found = c != '\0' && c < 0x20 ? strchr(letters, c) : NULL;
    if (found == NULL && (c < 0x20 || c >= 0x7F))
        return false;
    if (found != NULL || c == quote || c == '\\')
        buf_put_u8(out, '\\');
    buf_put_u8(out, found != NULL ? (uint8_t)found[1] : c);
    return true;
}

static void put_str(struct bytes text, struct buf *out)
{
    uint8_t quote = choose_quote(text);
    size_t at = 0;
    buf_put_u8(out, quote);
    while (at < text.len && !out->failed) {
        struct bytes rest = bytes_of(text.data + at, text.len - at);
        uint32_t point = 0;
        size_t len = utf8_decode(rest, &point);
        if (len <= 1 && put_common(rest.data[0], quote, out)) {
            at++;
            continue;
        }
        if (len > 0 && utf8_is_printable(point))
            buf_put(out, rest.data, len);
        else
            quote_put_escape(len > 0 ? point : rest.data[0], out);
        at += len > 0 ? len : 1;
    }
    buf_put_u8(out, quote);
}

static void put_bytes(struct bytes data, struct buf *out)
{
    uint8_t quote = choose_quote(data);
    buf_put_u8(out, 'b');
    buf_put_u8(out, quote);
    for (size_t i = 0; i < data.len && !out->failed; i++)
        if (!put_common(data.data[i], quote, out))
            quote_put_escape(data.data[i], out);
    buf_put_u8(out, quote);
}

/* A name or codec may hold any bytes: escapes what could leave the < > or harm a terminal. */
static void put_escaped(struct bytes text, struct buf *out)
{
    literal_escape(text, out);
}

static void put_ref(uint64_t id, const struct literal_names *names, struct buf *out)
{
    struct buf name;
    buf_init(&name);
    literal_put_name(names, id, &name);
    buf_put_u8(out, '<');
    put_escaped(buf_bytes(&name), out);
    buf_put_u8(out, '>');
    out->failed = out->failed || name.failed;
    buf_free(&name);
}

static void put_opaque(const struct val *value, struct buf *out)
{
    struct bytes codec, data, parts;
    val_opaque(value, &codec, &data, &parts);
    buf_put_text(out, "<opaque ");
    put_escaped(codec, out);
    buf_printf(out, ", %zu bytes>", data.len);
}

struct brackets {
    const char *open, *close, *empty;
};

static struct brackets brackets_of(enum val_kind kind)
{
    switch (kind) {
    case VAL_TUPLE:
        return (struct brackets){"(", ")", "()"};
    case VAL_DICT:
        return (struct brackets){"{", "}", "{}"};
    case VAL_SET:
        return (struct brackets){"{", "}", "set()"};
    case VAL_FROZENSET:
        return (struct brackets){"frozenset({", "})", "frozenset()"};
    default:
        return (struct brackets){"[", "]", "[]"};
    }
}

static void put_container(const struct val *value, const struct literal_names *names,
                          struct buf *out)
{
    struct brackets brackets = brackets_of(value->kind);
    struct val_iter it = val_iter(value);
    struct bytes item, member;
    size_t count = 0;
    while (!out->failed &&
           (value->kind == VAL_DICT ? val_next_pair(&it, &item, &member) : val_next(&it, &item))) {
        buf_put_text(out, count++ == 0 ? brackets.open : ", ");
        literal_print_python(item, names, out);
        if (value->kind == VAL_DICT) {
            buf_put_text(out, ": ");
            literal_print_python(member, names, out);
        }
    }
    if (count == 1 && value->kind == VAL_TUPLE)
        buf_put_u8(out, ',');
    buf_put_text(out, count == 0 ? brackets.empty : brackets.close);
}

void literal_print_python(struct bytes encoding, const struct literal_names *names, struct buf *out)
{
    struct val value = val_read(encoding);
    switch (value.kind) {
    case VAL_NOT_GIVEN:
        break;
    case VAL_STR:
        put_str(value.body, out);
        break;
    case VAL_BYTES:
        put_bytes(value.body, out);
        break;
    case VAL_REF:
        put_ref(value.ref, names, out);
        break;
    case VAL_OPAQUE:
        put_opaque(&value, out);
        break;
    default:
        if (literal_is_container(value.kind))
            put_container(&value, names, out);
        else
            scalar_print(&value, &names_python, "", out);
    }
}
