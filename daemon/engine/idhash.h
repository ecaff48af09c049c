/* SPDX-License-Identifier: BSD-2-Clause */
/* A keyed hash of 64-bit ids: one multiplication, so that it may stand on the way of every request.
 *
 * Clients see ids and have a say in which ones there are. Without the key nobody can tell which of
 * them meet in a table, so nobody can make a search long. */
#ifndef ENGINE_IDHASH_H
#define ENGINE_IDHASH_H

#include "wire/base/siphash.h"

__extension__ typedef unsigned __int128 idhash_wide;

struct idhash {
    uint64_t mask;
    uint64_t factor; /* odd; 0: it was not made yet */
};

/* Both numbers from the hash key of the process, which other hashes use as well. */
static inline struct idhash idhash_make(const uint8_t hash_key[SIPHASH_KEY_LEN])
{
    return (struct idhash){
        .mask = siphash_of(bytes_of((const uint8_t *)"mask", 4), hash_key),
        .factor = siphash_of(bytes_of((const uint8_t *)"factor", 6), hash_key) | 1,
    };
}

static inline uint64_t idhash_of(const struct idhash *hash, uint64_t id)
{
    idhash_wide product = (idhash_wide)(id ^ hash->mask) * hash->factor;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
