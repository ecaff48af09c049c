/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8: checks, decodes, encodes, and tells which characters may be printed raw. */
#include "wire/base/utf8.h"

struct range {
    uint32_t first;
    uint32_t last;
};

/* Sorted, as both tables must be. Noncharacters at the end of each plane are recognised by their
 * bits. */
static const struct range unsafe_ranges[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x061C, 0x061C},   {0x200E, 0x200F},
    {0x2028, 0x202E}, {0x2066, 0x206F}, {0xD800, 0xDFFF},   {0xFDD0, 0xFDEF},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

/* Categories Cc, Cf, Cs, Co, Zs (except the space), Zl, Zp, and the large unassigned ranges. */
static const struct range unprintable_ranges[] = {
    {0x0000, 0x001F},    {0x007F, 0x00A0},   {0x00AD, 0x00AD},   {0x0600, 0x0605},
    {0x061C, 0x061C},    {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},
    {0x08E2, 0x08E2},    {0x1680, 0x1680},   {0x180E, 0x180E},   {0x2000, 0x200F},
    {0x2028, 0x202F},    {0x205F, 0x206F},   {0x3000, 0x3000},   {0xD800, 0xF8FF},
    {0xFDD0, 0xFDEF},    {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
    {0x110BD, 0x110BD},  {0x110CD, 0x110CD}, {0x13430, 0x13438}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A},  {0x1FFFE, 0x1FFFF}, {0x2FA1E, 0x2FFFF}, {0x3134B, 0xE00FF},
    {0xE01F0, 0x10FFFF},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool in_ranges(const struct range *ranges, size_t count, uint32_t point)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && point >= ranges[low].first;
}

bool utf8_is_unsafe(uint32_t point)
{
    if (point >= 0x20 && point < 0x7F)
        return false;
    if ((point & 0xFFFE) == 0xFFFE)
        return true;
    return in_ranges(unsafe_ranges, LENGTH(unsafe_ranges), point);
}

bool utf8_is_printable(uint32_t point)
{
    if (point >= 0x20 && point < 0x7F)
        return true;
    return !in_ranges(unprintable_ranges, LENGTH(unprintable_ranges), point);
}

/* The length that a first byte announces; 0: not a first byte. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2)
        return 0;
    if (first < 0xE0)
        return 2;
    if (first < 0xF0)
        return 3;
    return first < 0xF5 ? 4 : 0;
}

size_t utf8_decode(struct bytes text, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = text.len > 0 ? length_of(text.data[0]) : 0;
    uint32_t value;
    if (len == 0 || len > text.len)
        return 0;
    value = len == 1 ? text.data[0] : text.data[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((text.data[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text.data[i] & 0x3Fu);
    }
    if (value < smallest[len] || value > UTF8_POINT_MAX || utf8_is_surrogate(value))
        return 0;
    *point = value;
    return len;
}

/* Fewer than eight bytes, in no particular order, by two overlapping loads instead of a loop. */
static inline uint64_t gather(struct bytes text)
{
    uint32_t first, last;
    if (text.len >= sizeof first) {
        memcpy(&first, text.data, sizeof first);
        memcpy(&last, text.data + text.len - sizeof last, sizeof last);
        return (uint64_t)first << 32 | last;
    }
    return (uint64_t)text.data[0] << 16 | (uint64_t)text.data[text.len / 2] << 8 |
           text.data[text.len - 1];
}

/* The length of the ASCII prefix, in steps of eight bytes; the rest in one more step. */
static size_t ascii_run(struct bytes text)
{
    const uint64_t high = 0x8080808080808080u;
    size_t at = 0;
    uint64_t word = 0;
    for (; text.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text.data + at, sizeof word);
        if ((word & high) != 0)
            return at;
    }
    if (at == text.len)
        return at;
    if (text.len < sizeof word)
        word = gather(text);
    else /* the last eight bytes, some of them for the second time */
        memcpy(&word, text.data + text.len - sizeof word, sizeof word);
    return (word & high) == 0 ? text.len : at;
}

size_t utf8_check(struct bytes text)
{
    size_t at = ascii_run(text);
    while (at < text.len) {
        uint64_t eight;
        uint32_t point;
        size_t len;
        if (text.len - at >= sizeof eight) {
            memcpy(&eight, text.data + at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        len = utf8_decode((struct bytes){text.data + at, text.len - at}, &point);
        if (len == 0)
            return at;
        at += len;
    }
    return at;
}

void utf8_put(struct buf *out, uint32_t point)
{
    uint8_t bytes[4];
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (uint8_t)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (uint8_t)(lead[len] | point);
    buf_put(out, bytes, len);
}
