/* SPDX-License-Identifier: BSD-2-Clause */
/* Quoting text: which text needs quotes, and how it is escaped. */
#include "wire/literal/literal_quote.h"

#include <stdio.h>

#include "wire/base/utf8.h"
#include "wire/literal/literal.h"
#include "wire/literal/literal_scalar.h"

static struct bytes rest_of(struct bytes text, size_t at)
{
    return bytes_of(text.data + at, text.len - at);
}

bool quote_is_safe(struct bytes utf8)
{
    uint32_t point;
    size_t at = 0, len;
    while (at < utf8.len) {
        if (utf8.data[at] >= 0x20 && utf8.data[at] < 0x7F) {
            at++;
            continue;
        }
        len = utf8_decode(rest_of(utf8, at), &point);
        if (len == 0 || utf8_is_unsafe(point))
            return false;
        at += len;
    }
    return true;
}

/* Words that YAML 1.1 or Python would read as something other than a string. */
static bool is_special(struct bytes word)
{
    static const char *const words[] = {"y",  "Y",  "yes", "Yes", "YES", "n",   "N",   "no",  "No",
                                        "NO", "on", "On",  "ON",  "off", "Off", "OFF", "None"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bytes_equal(word, bytes_text(words[i])))
            return true;
    return scalar_classify(word) != SCALAR_TEXT;
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || c == '_';
}

static bool is_word_byte(uint8_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || (c != 0 && strchr("./@+-", c) != NULL);
}

bool quote_is_bare(struct bytes utf8, bool spaces)
{
    uint32_t point;
    size_t at = 0, len;
    while (at < utf8.len) {
        uint8_t c = utf8.data[at];
        if (c < 0x80) {
            bool space = c == ' ' && spaces && at > 0 && at + 1 < utf8.len;
            if (at == 0 ? !is_letter(c) : !is_word_byte(c) && !space)
                return false;
            at++;
            continue;
        }
        len = utf8_decode(rest_of(utf8, at), &point);
        if (len == 0 || !utf8_is_printable(point))
            return false;
        at += len;
    }
    return utf8.len > 0 && !is_special(utf8);
}

void quote_put_escape(uint32_t point, struct buf *out)
{
    if (point < 0x100)
        buf_printf(out, "\\x%02x", (unsigned)point);
    else if (point < 0x10000)
        buf_printf(out, "\\u%04x", (unsigned)point);
    else
        buf_printf(out, "\\U%08x", (unsigned)point);
}

/* The letter after the backslash for the few controls that have one; else 0. */
static char letter_of(uint8_t c)
{
    switch (c) {
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    default:
        return 0;
    }
}

static void put_short_escape(char letter, struct buf *out)
{
    buf_put_u8(out, '\\');
    buf_put_u8(out, (uint8_t)letter);
}

static void put_single(struct bytes utf8, struct buf *out)
{
    size_t from = 0;
    buf_put_u8(out, '\'');
    for (size_t at = 0; at < utf8.len; at++) {
        if (utf8.data[at] == '\'') {
            buf_put(out, utf8.data + from, at + 1 - from);
            from = at;
        }
    }
    if (utf8.len > 0)
        buf_put(out, utf8.data + from, utf8.len - from);
    buf_put_u8(out, '\'');
}

/* Appends one character of text, escaped if it is unsafe; invalid UTF-8 byte by byte. */
static size_t put_point(struct bytes text, struct buf *out)
{
    uint32_t point;
    size_t len = utf8_decode(text, &point);
    if (len == 0) {
        quote_put_escape(text.data[0], out);
        return 1;
    }
    if (letter_of(text.data[0]) != 0)
        put_short_escape(letter_of(text.data[0]), out);
    else if (utf8_is_unsafe(point))
        quote_put_escape(point, out);
    else
        buf_put(out, text.data, len);
    return len;
}

static void put_double(struct bytes utf8, struct buf *out)
{
    size_t at = 0;
    buf_put_u8(out, '"');
    while (at < utf8.len && !out->failed) {
        if (utf8.data[at] == '"' || utf8.data[at] == '\\')
            buf_put_u8(out, '\\');
        at += put_point(rest_of(utf8, at), out);
    }
    buf_put_u8(out, '"');
}

void quote_put(struct bytes utf8, struct buf *out)
{
    if (quote_is_safe(utf8))
        put_single(utf8, out);
    else
        put_double(utf8, out);
}

static void put_json_unsafe(uint32_t point, struct buf *out)
{
    if (point < 0x10000) {
        buf_printf(out, "\\u%04x", (unsigned)point);
        return;
    }
    point -= 0x10000;
    buf_printf(out, "\\u%04x\\u%04x", 0xD800 + (unsigned)(point >> 10),
               0xDC00 + (unsigned)(point & 0x3FF));
}

static size_t put_json_point(struct bytes utf8, struct buf *out)
{
    uint32_t point = 0;
    size_t len = utf8_decode(utf8, &point);
    if (point == '\b' || point == '\f')
        put_short_escape(point == '\b' ? 'b' : 'f', out);
    else if (point == '"' || point == '\\')
        put_short_escape((char)point, out);
    else if (letter_of(utf8.data[0]) != 0)
        put_short_escape(letter_of(utf8.data[0]), out);
    else if (utf8_is_unsafe(point))
        put_json_unsafe(point, out);
    else
        buf_put(out, utf8.data, len);
    return len > 0 ? len : 1;
}

void quote_put_json(struct bytes utf8, struct buf *out)
{
    size_t at = 0;
    buf_put_u8(out, '"');
    while (at < utf8.len && !out->failed)
        at += put_json_point(rest_of(utf8, at), out);
    buf_put_u8(out, '"');
}

void quote_put_name(struct bytes name, struct buf *out)
{
    bool bare = name.len > 0;
    for (size_t i = 0; i < name.len && bare; i++) {
        uint8_t c = name.data[i];
        /* A colon ends a word only before a space or a bracket. */
        bool colon = c == ':' && i > 0 && i + 1 < name.len;
        bare = is_letter(c) || (c >= '0' && c <= '9') || (c == '~' && i == 0) || colon ||
               (i > 0 && (c == '.' || c == '/' || c == '-'));
    }
    if (bare)
        buf_put_bytes(out, name);
    else
        quote_put(name, out);
}

void literal_escape(struct bytes text, struct buf *out)
{
    size_t at = 0;
    while (at < text.len && !out->failed)
        at += put_point(rest_of(text, at), out);
}

const char *quote_excerpt(struct bytes text, char room[QUOTE_EXCERPT])
{
    struct buf one;
    size_t at = 0, len = 0;
    buf_init(&one);
    while (at < text.len) {
        one.len = 0;
        at += put_point(rest_of(text, at), &one);
        if (one.failed || one.len > QUOTE_EXCERPT - 12 - len) {
            memcpy(room + len, "...", 3);
            len += 3;
            break;
        }
        memcpy(room + len, one.data, one.len);
        len += one.len;
    }
    room[len] = '\0';
    buf_free(&one);
    return room;
}
