/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012). */
#include "wire/base/siphash.h"

#include <endian.h>

static uint64_t load64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static uint64_t load32(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return le32toh(word);
}

/* Loads fewer than 8 bytes. The loads may overlap, which does not change an OR: no loop, few
 * branches. */
static inline uint64_t load_part(const uint8_t *at, size_t len)
{
    if (len >= 4)
        return load32(at) | load32(at + len - 4) << (8 * (len - 4));
    if (len == 0)
        return 0;
    return at[0] | (uint64_t)at[len / 2] << (8 * (len / 2)) |
           (uint64_t)at[len - 1] << (8 * (len - 1));
}

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

/* Always inlined, to keep v in registers. */
__attribute__((always_inline)) static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

__attribute__((always_inline)) static inline void compress(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

__attribute__((always_inline)) static inline void init(uint64_t v[4], const uint8_t *key)
{
    uint64_t k0 = load64(key);
    uint64_t k1 = load64(key + 8);
    v[0] = k0 ^ 0x736f6d6570736575;
    v[1] = k1 ^ 0x646f72616e646f6d;
    v[2] = k0 ^ 0x6c7967656e657261;
    v[3] = k1 ^ 0x7465646279746573;
}

/* Adds the last word, made of the length and the left-over bytes, and finishes the hash. */
__attribute__((always_inline)) static inline uint64_t finish(uint64_t v[4], size_t len,
                                                             uint64_t tail)
{
    compress(v, (uint64_t)len << 56 | tail);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t siphash_of(struct bytes data, const uint8_t key[SIPHASH_KEY_LEN])
{
    uint64_t v[4];
    size_t i = 0;
    init(v, key);
    for (; data.len - i >= 8; i += 8)
        compress(v, load64(data.data + i));
    return finish(v, data.len, data.len > i ? load_part(data.data + i, data.len - i) : 0);
}

void siphash_init(struct siphash *s, const uint8_t key[SIPHASH_KEY_LEN])
{
    *s = (struct siphash){.tail = 0};
    init(s->v, key);
}

void siphash_put(struct siphash *s, struct bytes data)
{
    size_t held = s->len % 8;
    s->len += data.len;
    if (held > 0) {
        size_t take = data.len < 8 - held ? data.len : 8 - held;
        s->tail |= load_part(data.data, take) << (8 * held);
        if (held + take < 8)
            return;
        compress(s->v, s->tail);
        data = bytes_of(data.data + take, data.len - take);
    }
    size_t i = 0;
    for (; data.len - i >= 8; i += 8)
        compress(s->v, load64(data.data + i));
    s->tail = data.len > i ? load_part(data.data + i, data.len - i) : 0;
}

uint64_t siphash_end(struct siphash *s)
{
    return finish(s->v, s->len, s->tail);
}
