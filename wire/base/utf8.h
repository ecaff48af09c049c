/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8: check, decode, encode, and which characters may be printed raw. */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

enum {
    UTF8_POINT_MAX = 0x10FFFF,
};

/* The offset of the first byte that is not UTF-8 (nor are surrogates and overlong forms), or
 * text.len. */
size_t utf8_check(struct bytes text);

/* The length and the code point of the first character of text; 0: text is empty or not UTF-8. */
size_t utf8_decode(struct bytes text, uint32_t *point);

/* Appends a code point, which must not be a surrogate or above UTF8_POINT_MAX. */
void utf8_put(struct buf *out, uint32_t point);

static inline bool utf8_is_surrogate(uint32_t point)
{
    return point >= 0xD800 && point <= 0xDFFF;
}

/* Characters never printed raw: controls, line and paragraph separators, characters that reorder
 * or hide the text around them (bidi controls, byte order mark, tags), noncharacters. */
bool utf8_is_unsafe(uint32_t point);

/* As Python's str.isprintable, except for single unassigned code points. */
bool utf8_is_printable(uint32_t point);

#endif
