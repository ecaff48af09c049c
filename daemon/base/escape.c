/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies foreign text into a fixed buffer, one character at a time, escaping what is unsafe. */
#include "daemon/base/escape.h"

#include <stdio.h>

#include "wire/base/utf8.h"

void escape_init(struct escape *e, char *data, size_t cap)
{
    *e = (struct escape){.data = data, .cap = cap};
    data[0] = '\0';
}

static void put_unit(struct escape *e, const char *unit, size_t len)
{
    if (e->cut || len > e->cap - 1 - e->len) {
        e->cut = true;
        return;
    }
    memcpy(e->data + e->len, unit, len);
    e->len += len;
    e->data[e->len] = '\0';
}

static void put_escaped(struct escape *e, uint32_t point, enum escape_style style)
{
    char unit[16];
    if (point > 0xffff && style == ESCAPE_JSON)
        snprintf(unit, sizeof unit, "\\u%04x\\u%04x", 0xd7c0 + (point >> 10),
                 0xdc00 | (point & 0x3ff));
    else if (point > 0xffff)
        snprintf(unit, sizeof unit, "\\U%08x", point);
    else if (point > 0xff || style == ESCAPE_JSON)
        snprintf(unit, sizeof unit, "\\u%04x", point);
    else
        snprintf(unit, sizeof unit, "\\x%02x", point);
    put_unit(e, unit, strlen(unit));
}

void escape_put(struct escape *e, struct bytes text, enum escape_style style)
{
    for (size_t at = 0; at < text.len && !e->cut;) {
        uint32_t point = 0;
        struct bytes rest = bytes_of(text.data + at, text.len - at);
        size_t len = utf8_decode(rest, &point);
        if (len == 0)
            put_escaped(e, style == ESCAPE_JSON ? 0xfffd : rest.data[0], style);
        else if (utf8_is_unsafe(point))
            put_escaped(e, point, style);
        else if (style != ESCAPE_TEXT && (point == '"' || point == '\\'))
            put_unit(e, point == '"' ? "\\\"" : "\\\\", 2);
        else
            put_unit(e, (const char *)rest.data, len);
        at += len == 0 ? 1 : len;
    }
}

void escape_raw(struct escape *e, const char *text)
{
    put_unit(e, text, strlen(text));
}
