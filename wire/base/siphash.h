/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-1-3: a keyed 64-bit hash of byte streams. */
#ifndef WIRE_SIPHASH_H
#define WIRE_SIPHASH_H

#include "wire/base/bytes.h"

enum { SIPHASH_KEY_LEN = 16 };

struct siphash {
    uint64_t v[4];
    uint64_t tail; /* left-over bytes that do not fill a word yet, little endian */
    size_t len;    /* total bytes added */
};

void siphash_init(struct siphash *s, const uint8_t key[SIPHASH_KEY_LEN]);
/* Adds data. How the stream is cut into calls does not change the hash. */
void siphash_put(struct siphash *s, struct bytes data);
uint64_t siphash_end(struct siphash *s);
/* The hash of one run of bytes; faster than the stream. */
uint64_t siphash_of(struct bytes data, const uint8_t key[SIPHASH_KEY_LEN]);

#endif
