/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64, as !!binary writes bytes. */
#include "wire/literal/literal_quote.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void quote_put_base64(struct bytes data, struct buf *out)
{
    for (size_t at = 0; at < data.len; at += 3) {
        size_t left = data.len - at;
        uint32_t three = (uint32_t)data.data[at] << 16;
        uint8_t four[4];
        if (left > 1)
            three |= (uint32_t)data.data[at + 1] << 8;
        if (left > 2)
            three |= data.data[at + 2];
        four[0] = (uint8_t)alphabet[three >> 18];
        four[1] = (uint8_t)alphabet[three >> 12 & 0x3F];
        four[2] = left > 1 ? (uint8_t)alphabet[three >> 6 & 0x3F] : '=';
        four[3] = left > 2 ? (uint8_t)alphabet[three & 0x3F] : '=';
        buf_put(out, four, sizeof four);
    }
}

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Appends the bytes of a group of 2 to 4 characters; left-over bits must be 0. */
static bool put_group(uint32_t bits, unsigned count, struct buf *out)
{
    uint32_t three = bits << 6 * (4 - count);
    if (count < 2 || (three & (count == 2 ? 0xFFFF : count == 3 ? 0xFF : 0)) != 0)
        return false;
    buf_put_u8(out, (uint8_t)(three >> 16));
    if (count > 2)
        buf_put_u8(out, (uint8_t)(three >> 8));
    if (count > 3)
        buf_put_u8(out, (uint8_t)three);
    return true;
}

bool quote_read_base64(struct bytes text, struct buf *out)
{
    uint32_t bits = 0;
    unsigned count = 0, padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            padding++;
            continue;
        }
        if (value_of(c) < 0 || padding > 0)
            return false;
        bits = bits << 6 | (uint32_t)value_of(c);
        if (++count == 4) {
            if (!put_group(bits, 4, out))
                return false;
            bits = count = 0;
        }
    }
    if (count == 0)
        return padding == 0;
    return padding == 4 - count && put_group(bits, count, out);
}
