/* SPDX-License-Identifier: BSD-2-Clause */
/* Random valid values, with a weight on ref cases. */
#include "tests/support/randval.h"

#include "wire/value/value.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t randval_below(uint64_t *seed, uint64_t bound)
{
    return next(seed) % bound;
}

static void put_int(struct buf *out, uint64_t *seed)
{
    static const int64_t refs[] = {
        0,
        1,
        -1,
        2,
        127,
        -128,
        (1LL << 53) - 1,
        1LL << 53,
        (1LL << 53) + 1,
        -(1LL << 53),
        -(1LL << 53) - 1,
        INT64_MAX,
        INT64_MAX - 1,
        INT64_MIN,
        INT64_MIN + 1,
    };
    switch (randval_below(seed, 3)) {
    case 0:
        val_put_int(out, refs[randval_below(seed, LENGTH(refs))]);
        break;
    case 1:
        val_put_int(out, (int64_t)randval_below(seed, 20) - 10);
        break;
    default:
        val_put_int(out, (int64_t)(next(seed) >> randval_below(seed, 64)));
    }
}

/* Around powers of two, so that some equal a double and most do not. */
static void put_bigint(struct buf *out, uint64_t *seed)
{
    uint8_t n[40] = {0};
    bool negative = randval_below(seed, 2) == 1;
    memset(n, negative ? 0xff : 0, sizeof n);
    size_t top = randval_below(seed, sizeof n - 9);
    n[top] = (uint8_t)(negative ? 0x80 : 0x7f);
    for (size_t i = top + 1; i < sizeof n; i++)
        n[i] = randval_below(seed, 4) == 0 ? (uint8_t)next(seed) : n[i - 1] == 0x7f ? 0xff : 0;
    val_put_bigint(out, bytes_of(n, sizeof n));
}

static void put_float(struct buf *out, uint64_t *seed)
{
    static const double refs[] = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  0.5,
                                  0.1,
                                  9007199254740992.0,
                                  -9007199254740992.0,
                                  9223372036854775808.0,
                                  -9223372036854775808.0,
                                  18446744073709551616.0,
                                  1e300,
                                  -1e300,
                                  5e-324,
                                  1.7976931348623157e308,
                                  __builtin_inf(),
                                  -__builtin_inf()};
    if (randval_below(seed, 12) == 0)
        val_put_float(out, __builtin_nan(""));
    else if (randval_below(seed, 2) == 0)
        val_put_float(out, refs[randval_below(seed, LENGTH(refs))]);
    else
        val_put_float(out, (double)(int64_t)next(seed) / (double)(1ULL << randval_below(seed, 64)));
}

static void put_str(struct buf *out, uint64_t *seed)
{
    static const char *const parts[] = {"a",
                                        "b",
                                        "key",
                                        " ",
                                        "'",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\t",
                                        "\x01",
                                        "\x7f",
                                        "{",
                                        "]",
                                        ":",
                                        ", ",
                                        "\xc3\xa4",
                                        "\xf0\x9f\x98\x80",
                                        "\xe2\x80\xae",
                                        "#",
                                        "@",
                                        "7",
                                        "1e3",
                                        "null",
                                        "\xef\xbf\xbd",
                                        "%",
                                        "-",
                                        ""};
    struct buf text;
    buf_init(&text);
    for (uint64_t n = randval_below(seed, 6); n > 0; n--) {
        if (randval_below(seed, 16) == 0)
            buf_put_u8(&text, 0);
        buf_put_text(&text, parts[randval_below(seed, LENGTH(parts))]);
    }
    if (randval_below(seed, 20) == 0)
        for (int i = 0; i < 200; i++)
            buf_put_u8(&text, (uint8_t)('a' + i % 26));
    val_put_str(out, buf_bytes(&text));
    buf_free(&text);
}

static void put_bytes(struct buf *out, uint64_t *seed)
{
    uint8_t data[8];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)next(seed);
    val_put_bytes(out, bytes_of(data, randval_below(seed, sizeof data + 1)));
}

static void put_scalar(struct buf *out, uint64_t *seed)
{
    switch (randval_below(seed, 12)) {
    case 0:
        val_put_none(out);
        break;
    case 1:
        val_put_bool(out, randval_below(seed, 2) == 1);
        break;
    case 2:
        put_bigint(out, seed);
        break;
    case 3:
        put_bytes(out, seed);
        break;
    case 4:
        val_put_ref(out, randval_below(seed, 8) == 0 ? UINT64_MAX : 1 + randval_below(seed, 300));
        break;
    case 5:
    case 6:
        put_float(out, seed);
        break;
    case 7:
    case 8:
    case 9:
        put_str(out, seed);
        break;
    default:
        put_int(out, seed);
    }
}

static void put_any(struct buf *out, uint64_t *seed, int depth, bool key);

static bool holds(const struct buf *container, size_t mark, enum val_kind kind, struct bytes key)
{
    struct val v = {.kind = kind,
                    .body = bytes_of(container->data + mark + 1, container->len - mark - 1)};
    struct val_iter it = val_iter(&v);
    struct bytes item, value;
    while (kind == VAL_DICT ? val_next_pair(&it, &item, &value) : val_next(&it, &item))
        if (val_equal(item, key) != 0)
            return true;
    return false;
}

static void put_members(struct buf *out, uint64_t *seed, int depth, enum val_kind kind, bool key)
{
    struct buf member, value;
    bool distinct = kind != VAL_LIST && kind != VAL_TUPLE;
    size_t mark = val_open(out, kind);
    buf_init(&member);
    buf_init(&value);
    for (uint64_t n = randval_below(seed, 5); n > 0; n--) {
        buf_reset(&member, SIZE_MAX);
        buf_reset(&value, SIZE_MAX);
        put_any(&member, seed, depth, key || distinct);
        if (distinct && holds(out, mark, kind, buf_bytes(&member)))
            continue;
        if (kind == VAL_DICT) {
            put_any(&value, seed, depth, false);
            val_put_pair(out, buf_bytes(&member), buf_bytes(&value));
        } else {
            val_put_item(out, buf_bytes(&member));
        }
    }
    buf_free(&member);
    buf_free(&value);
    val_close(out, mark);
}

static void put_opaque(struct buf *out, uint64_t *seed, int depth, bool key)
{
    struct buf parts;
    buf_init(&parts);
    if (randval_below(seed, 2) == 0)
        put_any(&parts, seed, depth, key);
    val_put_opaque(out, bytes_text("pickle5"), bytes_of("\x80\x05\x00", randval_below(seed, 4)),
                   buf_bytes(&parts));
    buf_free(&parts);
}

static void put_any(struct buf *out, uint64_t *seed, int depth, bool key)
{
    static const enum val_kind all[] = {VAL_LIST, VAL_LIST,  VAL_DICT,      VAL_DICT,
                                        VAL_SET,  VAL_TUPLE, VAL_FROZENSET, VAL_OPAQUE};
    static const enum val_kind keys[] = {VAL_TUPLE, VAL_TUPLE, VAL_FROZENSET, VAL_OPAQUE};
    if (depth <= 0 || randval_below(seed, 3) == 0) {
        put_scalar(out, seed);
        return;
    }
    enum val_kind kind =
        key ? keys[randval_below(seed, LENGTH(keys))] : all[randval_below(seed, LENGTH(all))];
    if (kind == VAL_OPAQUE)
        put_opaque(out, seed, depth - 1, key);
    else
        put_members(out, seed, depth - 1, kind, key);
}

void randval(struct buf *out, uint64_t *seed, int depth)
{
    put_any(out, seed, depth, false);
}

void randval_key(struct buf *out, uint64_t *seed, int depth)
{
    put_any(out, seed, depth, true);
}
