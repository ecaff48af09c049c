/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8: check, decode, encode, and which characters may be shown as they are. */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

enum {
    UTF8_POINT_MAX = 0x10FFFF,
};

/* The offset of the first byte that is no UTF-8 (surrogates and long forms are none), or text.len.
 */
size_t utf8_check(struct bytes text);

/* The length of the character at the start of text and its code point; 0: none, or no UTF-8. */
size_t utf8_decode(struct bytes text, uint32_t *point);

/* Appends a code point, which is no surrogate and at most UTF8_POINT_MAX. */
void utf8_put(struct buf *out, uint32_t point);

static inline bool utf8_is_surrogate(uint32_t point)
{
    return point >= 0xD800 && point <= 0xDFFF;
}

/* Never shown raw: controls, line and paragraph separators, whatever turns or hides the text around
 * it (bidi controls, byte order mark, tags), noncharacters. */
bool utf8_is_unsafe(uint32_t point);

/* As Python's str.isprintable, but for single unassigned code points. */
bool utf8_is_printable(uint32_t point);

#endif
