/* SPDX-License-Identifier: BSD-2-Clause */
/* The tags of values' fields: shared by the files of wire/value/value.h only. */
#ifndef WIRE_VALUE_INNER_H
#define WIRE_VALUE_INNER_H

#include <endian.h>

#include "wire/value/value.h"

enum {
    TAG_ITEM = 0x0a,   /* Items.items, Pairs.pairs, Pair.key, Opaque.codec: field 1, length */
    TAG_MEMBER = 0x12, /* Pair.value, Opaque.data: field 2, length */
    TAG_PARTS = 0x1a,  /* Opaque.parts: field 3, length */
};

enum { FORM_VARINT = 0, FORM_FIXED64 = 1, FORM_LENGTH = 2 };

/* The wire type of a member of Value. */
static inline unsigned val_form(enum val_kind kind)
{
    switch (kind) {
    case VAL_BOOL:
    case VAL_INT:
    case VAL_REF:
        return FORM_VARINT;
    case VAL_FLOAT:
        return FORM_FIXED64;
    default:
        return FORM_LENGTH;
    }
}

static inline uint8_t val_tag(enum val_kind kind)
{
    return (uint8_t)((unsigned)kind << 3 | val_form(kind));
}

static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

/* Little endian, as on the wire. */
static inline double load_double(const uint8_t *at)
{
    uint64_t bits;
    double real;
    memcpy(&bits, at, sizeof bits);
    bits = le64toh(bits);
    memcpy(&real, &bits, sizeof real);
    return real;
}

static inline void store_double(uint8_t *at, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    bits = htole64(bits);
    memcpy(at, &bits, sizeof bits);
}

#endif
