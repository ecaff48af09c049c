/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads values that val_check has accepted: nothing is checked again, so that reading is fast. */
#include "wire/value/value_inner.h"

/* Requires a complete varint. */
static inline const uint8_t *get_varint(const uint8_t *at, uint64_t *value)
{
    uint64_t sum = *at & 0x7f;
    for (unsigned shift = 7; *at++ >= 0x80; shift += 7)
        sum |= (uint64_t)(*at & 0x7f) << shift;
    *value = sum;
    return at;
}

/* Requires a one-byte tag, a length and the content. */
static inline const uint8_t *get_field(const uint8_t *at, struct bytes *content)
{
    uint64_t len;
    at = get_varint(at + 1, &len);
    *content = bytes_of(at, (size_t)len);
    return at + len;
}

struct val val_read(struct bytes encoding)
{
    struct val v = {.kind = VAL_NOT_GIVEN, .encoding = encoding};
    if (encoding.len == 0)
        return v;
    const uint8_t *at = encoding.data;
    uint64_t word;
    v.kind = (enum val_kind)(*at >> 3);
    switch (v.kind) {
    case VAL_BOOL:
        v.boolean = at[1] != 0;
        break;
    case VAL_INT:
        get_varint(at + 1, &word);
        v.integer = unzigzag(word);
        break;
    case VAL_FLOAT:
        v.real = load_double(at + 1);
        break;
    case VAL_REF:
        get_varint(at + 1, &v.ref);
        break;
    default:
        get_field(at, &v.body);
    }
    return v;
}

struct val_iter val_iter(const struct val *container)
{
    if (container->body.len == 0)
        return (struct val_iter){NULL, NULL};
    return (struct val_iter){container->body.data, container->body.data + container->body.len};
}

bool val_next(struct val_iter *it, struct bytes *item)
{
    if (it->at == it->end)
        return false;
    it->at = get_field(it->at, item);
    return true;
}

bool val_next_pair(struct val_iter *it, struct bytes *key, struct bytes *value)
{
    struct bytes pair;
    if (!val_next(it, &pair))
        return false;
    get_field(get_field(pair.data, key), value);
    return true;
}

static bool is_container(enum val_kind kind)
{
    return kind >= VAL_LIST && kind <= VAL_FROZENSET;
}

size_t val_count(const struct val *container)
{
    if (!is_container(container->kind))
        return 0;
    size_t count = 0;
    struct bytes item;
    for (struct val_iter it = val_iter(container); val_next(&it, &item);)
        count++;
    return count;
}

size_t val_size_of_any(const uint8_t *data)
{
    uint64_t word;
    struct bytes content;
    switch (val_form((enum val_kind)(*data >> 3))) {
    case FORM_VARINT:
        return (size_t)(get_varint(data + 1, &word) - data);
    case FORM_FIXED64:
        return 1 + sizeof(double);
    default:
        return (size_t)(get_field(data, &content) - data);
    }
}

void val_opaque(const struct val *opaque, struct bytes *codec, struct bytes *data,
                struct bytes *parts)
{
    const uint8_t *end = opaque->body.data + opaque->body.len;
    const uint8_t *at = get_field(opaque->body.data, codec);
    *data = (struct bytes){NULL, 0};
    *parts = (struct bytes){NULL, 0};
    if (at < end && *at == TAG_MEMBER)
        at = get_field(at, data);
    if (at < end)
        get_field(at, parts);
}

const char *val_type_name(enum val_kind kind)
{
    static const char *const names[] = {
        [VAL_NOT_GIVEN] = "nothing",
        [VAL_NONE] = "NoneType",
        [VAL_BOOL] = "bool",
        [VAL_INT] = "int",
        [VAL_BIGINT] = "int",
        [VAL_FLOAT] = "float",
        [VAL_STR] = "str",
        [VAL_BYTES] = "bytes",
        [VAL_LIST] = "list",
        [VAL_TUPLE] = "tuple",
        [VAL_DICT] = "dict",
        [VAL_SET] = "set",
        [VAL_FROZENSET] = "frozenset",
        [VAL_REF] = "ref",
        [VAL_OPAQUE] = "opaque",
    };
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

/* Recursion below is bounded: a checked value nests at most VAL_DEPTH_REPLY deep. */

bool val_hashable(struct bytes encoding, enum val_kind *offender)
{
    struct val v = val_read(encoding);
    struct bytes codec, data, item;
    switch (v.kind) {
    case VAL_LIST:
    case VAL_DICT:
    case VAL_SET:
        *offender = v.kind;
        return false;
    case VAL_TUPLE:
        for (struct val_iter it = val_iter(&v); val_next(&it, &item);)
            if (!val_hashable(item, offender))
                return false;
        return true;
    case VAL_OPAQUE:
        val_opaque(&v, &codec, &data, &item);
        return val_hashable(item, offender);
    default:
        return true; /* a frozenset's members were checked to be hashable */
    }
}

void val_each_ref(struct bytes encoding, void (*fn)(void *arg, uint64_t ref), void *arg)
{
    struct val v = val_read(encoding);
    struct val_iter it = val_iter(&v);
    struct bytes codec, item, value;
    switch (v.kind) {
    case VAL_REF:
        fn(arg, v.ref);
        break;
    case VAL_LIST:
    case VAL_TUPLE:
    case VAL_SET:
    case VAL_FROZENSET:
        while (val_next(&it, &item))
            val_each_ref(item, fn, arg);
        break;
    case VAL_DICT:
        while (val_next_pair(&it, &item, &value)) {
            val_each_ref(item, fn, arg);
            val_each_ref(value, fn, arg);
        }
        break;
    case VAL_OPAQUE:
        val_opaque(&v, &codec, &item, &value);
        val_each_ref(value, fn, arg);
        break;
    default:
        break;
    }
}
