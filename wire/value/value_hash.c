/* SPDX-License-Identifier: BSD-2-Clause */
/* A keyed hash that agrees with val_equal: of the canonical form, which is never written out. */
#include "wire/base/siphash.h"
#include "wire/value/number.h"
#include "wire/value/value_canon.h"

/* Recursive: checked values nest at most VAL_DEPTH_REPLY deep. */
static void put_value(struct siphash *s, struct bytes encoding, const uint8_t *key);

static void put_word(struct siphash *s, uint64_t word)
{
    uint8_t bytes[sizeof word];
    for (size_t i = 0; i < sizeof word; i++, word >>= 8)
        bytes[i] = (uint8_t)word;
    siphash_put(s, bytes_of(bytes, sizeof bytes));
}

/* A sum does not depend on the order; the key keeps attackers from choosing members by their
 * sums. */
static void put_set(struct siphash *s, const struct val *set, const uint8_t *key)
{
    uint64_t sum = 0, count = 0;
    struct bytes item;
    for (struct val_iter it = val_iter(set); val_next(&it, &item); count++)
        sum += val_hash(item, key);
    put_word(s, count);
    put_word(s, sum);
}

static void put_scalar(struct siphash *s, const struct val *v)
{
    uint8_t head[CANON_HEAD_MAX];
    struct bytes content;
    size_t len = canon_scalar(v, head, &content);
    siphash_put(s, bytes_of(head, len));
    if (content.len > 0)
        siphash_put(s, content);
}

static void put_value(struct siphash *s, struct bytes encoding, const uint8_t *key)
{
    struct val v = val_read(encoding);
    struct bytes item;
    uint8_t kind = (uint8_t)v.kind, end = 0;
    switch (v.kind) {
    case VAL_TUPLE:
        siphash_put(s, bytes_of(&kind, 1));
        for (struct val_iter it = val_iter(&v); val_next(&it, &item);)
            put_value(s, item, key);
        siphash_put(s, bytes_of(&end, 1));
        break;
    case VAL_SET: /* hashable only where it equals a frozenset */
    case VAL_FROZENSET:
        kind = VAL_FROZENSET;
        siphash_put(s, bytes_of(&kind, 1));
        put_set(s, &v, key);
        break;
    default:
        put_scalar(s, &v);
    }
}

uint64_t val_hash(struct bytes encoding, const uint8_t key[16])
{
    struct siphash s;
    if (val_is_plain(encoding))
        return siphash_of(encoding, key);
    siphash_init(&s, key);
    put_value(&s, encoding, key);
    return siphash_end(&s);
}
