/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints values as YAML in block style, for people and for other programs' YAML readers. */
#include "wire/literal/literal_print.h"
#include "wire/literal/literal_quote.h"

enum {
    INDENT = 2,
    KEY_MAX = 1000, /* YAML readers look ahead only 1,024 bytes for the colon after a key */
};

/* What precedes the value on its line. */
enum place {
    PLACE_TOP,  /* nothing */
    PLACE_KEY,  /* key: */
    PLACE_DASH, /* - */
};

struct yaml {
    const struct literal_names *names;
    struct buf *out;
};

static void put_node(struct yaml *yaml, struct bytes encoding, size_t indent, enum place place);

static void put_line(struct yaml *yaml, size_t indent)
{
    buf_put_u8(yaml->out, '\n');
    while (indent-- > 0)
        buf_put_u8(yaml->out, ' ');
}

/* ---- text ---- */

/* Whether a text of several lines can be a block scalar: nothing to escape, and no ambiguous
 * indent. */
static bool is_block_text(struct bytes text)
{
    if (text.len < 2 || text.data[0] == ' ' || text.data[0] == '\n')
        return false;
    if (memchr(text.data, '\n', text.len) == NULL)
        return false;
    for (size_t at = 0; at < text.len;) {
        const uint8_t *line = text.data + at;
        const uint8_t *feed = memchr(line, '\n', text.len - at);
        size_t len = feed != NULL ? (size_t)(feed - line) : text.len - at;
        if (!quote_is_safe(bytes_of(line, len)))
            return false;
        at += len + 1;
    }
    return true;
}

/* Writes "|" with the sign for trailing line breaks, then the lines. */
static void put_block_text(struct yaml *yaml, struct bytes text, size_t indent)
{
    bool feed = text.data[text.len - 1] == '\n';
    bool feeds = feed && text.data[text.len - 2] == '\n';
    size_t end = feed ? text.len - 1 : text.len; /* the caller writes the last line break */
    buf_put_text(yaml->out, feeds ? "|+" : feed ? "|" : "|-");
    for (size_t at = 0; at < end || (feeds && at == end);) {
        const uint8_t *line = text.data + at;
        const uint8_t *stop = at < end ? memchr(line, '\n', end - at) : NULL;
        size_t len = stop != NULL ? (size_t)(stop - line) : end - at;
        put_line(yaml, len > 0 ? indent : 0);
        buf_put(yaml->out, line, len);
        at += len + 1;
    }
}

/* YAML 1.1 readers need a point in a float: 1e+16 becomes 1.0e+16. */
static void put_float(struct yaml *yaml, const struct val *value)
{
    char text[SCALAR_FLOAT_MAX];
    const char *exponent;
    size_t len;
    if (!__builtin_isfinite(value->real)) {
        scalar_print(value, &literal_scalar_names, NULL, yaml->out);
        return;
    }
    len = scalar_format_float(value->real, text);
    exponent = memchr(text, 'e', len);
    if (exponent == NULL || memchr(text, '.', len) != NULL) {
        buf_put(yaml->out, text, len);
        return;
    }
    buf_put(yaml->out, text, (size_t)(exponent - text));
    buf_put_text(yaml->out, ".0");
    buf_put_text(yaml->out, exponent);
}

static void put_scalar(struct yaml *yaml, const struct val *value, size_t indent)
{
    if (value->kind == VAL_STR && is_block_text(value->body))
        put_block_text(yaml, value->body, indent > 0 ? indent : INDENT);
    else if (value->kind == VAL_STR && quote_is_bare(value->body, true))
        buf_put_bytes(yaml->out, value->body);
    else if (value->kind == VAL_FLOAT)
        put_float(yaml, value);
    else
        literal_print_flow(value->encoding, yaml->names, yaml->out);
}

/* ---- containers ---- */

static void put_key(struct yaml *yaml, struct bytes key, size_t indent)
{
    struct val read = val_read(key);
    struct buf text;
    buf_init(&text);
    if (read.kind == VAL_FLOAT)
        put_float(&(struct yaml){yaml->names, &text}, &read);
    else
        literal_print_flow(key, yaml->names, &text);
    if (text.len > KEY_MAX)
        buf_put_text(yaml->out, "? ");
    buf_put_bytes(yaml->out, buf_bytes(&text));
    if (text.len > KEY_MAX)
        put_line(yaml, indent);
    buf_put_u8(yaml->out, ':');
    yaml->out->failed = yaml->out->failed || text.failed;
    buf_free(&text);
}

static void put_entries(struct yaml *yaml, const struct val *value, size_t indent, bool first_here)
{
    struct val_iter it = val_iter(value);
    struct bytes item, member;
    while (value->kind == VAL_DICT ? val_next_pair(&it, &item, &member) : val_next(&it, &item)) {
        if (!first_here)
            put_line(yaml, indent);
        first_here = false;
        if (value->kind == VAL_DICT) {
            put_key(yaml, item, indent);
            put_node(yaml, member, indent + INDENT, PLACE_KEY);
        } else if (value->kind == VAL_LIST || value->kind == VAL_TUPLE) {
            buf_put_u8(yaml->out, '-');
            put_node(yaml, item, indent + INDENT, PLACE_DASH);
        } else {
            buf_put_text(yaml->out, "? ");
            literal_print_flow(item, yaml->names, yaml->out);
        }
    }
}

static void put_node(struct yaml *yaml, struct bytes encoding, size_t indent, enum place place)
{
    struct val value = val_read(encoding);
    const char *space = place == PLACE_TOP ? "" : " ";
    bool block = literal_is_container(value.kind) && value.body.len > 0;
    const char *tag = literal_tag(value.kind);
    if (!block) {
        buf_put_text(yaml->out, space);
        put_scalar(yaml, &value, indent);
    } else if (*tag != '\0') {
        buf_put_text(yaml->out, space);
        buf_put_text(yaml->out, tag);
        put_entries(yaml, &value, indent, false);
    } else {
        if (place == PLACE_DASH)
            buf_put_u8(yaml->out, ' ');
        put_entries(yaml, &value, indent, place != PLACE_KEY);
    }
}

void literal_print_yaml(struct bytes value, const struct literal_names *names, struct buf *out)
{
    struct yaml yaml = {names, out};
    put_node(&yaml, value, 0, PLACE_TOP);
}
