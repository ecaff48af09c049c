/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers beyond 64 bits and their text. OpenSSL converts them to and from decimal. */
#include "wire/value/bigint.h"

#include <openssl/bn.h>

#include "wire/value/value.h"

enum {
    BIGINT_BYTES_MAX = 1790, /* 10^4300 has 1,786 bytes */
    INT_DIGITS_MAX = 18,     /* every decimal with this many digits is an int64 */
    DOUBLE_SHIFT_MAX = 960,  /* 2^56 * 2^968 is larger than any double */
    DOUBLE_FRACTION_BITS = 52,
    DOUBLE_BIAS = 1023,
};

struct bytes bigint_shortest(struct bytes n)
{
    while (n.len > 1 && n.data[0] == ((n.data[1] & 0x80) != 0 ? 0xff : 0x00)) {
        n.data++;
        n.len--;
    }
    return n;
}

int bigint_compare(struct bytes a, struct bytes b)
{
    bool negative = (a.data[0] & 0x80) != 0;
    if (negative != ((b.data[0] & 0x80) != 0))
        return negative ? -1 : 1;
    if (a.len != b.len)
        return (a.len < b.len) == negative ? 1 : -1;
    return memcmp(a.data, b.data, a.len);
}

/* The absolute value, read byte by byte without a copy: in a negation the carry ends at the last
 * byte that is not zero. */
struct magnitude {
    struct bytes n;
    size_t last; /* index of the last byte that is not zero */
    bool negative;
};

static struct magnitude magnitude_of(struct bytes n)
{
    struct magnitude m = {.n = n, .negative = n.len > 0 && (n.data[0] & 0x80) != 0};
    for (size_t i = n.len; i > 0; i--) {
        if (n.data[i - 1] != 0) {
            m.last = i - 1;
            break;
        }
    }
    return m;
}

static uint8_t magnitude_at(const struct magnitude *m, size_t i)
{
    uint8_t byte = m->n.data[i];
    if (!m->negative || i > m->last)
        return byte;
    return (uint8_t)(i == m->last ? -byte : ~byte);
}

/* 2^exponent, for exponents of normal doubles. */
static double power_of_two(unsigned exponent)
{
    uint64_t bits = (uint64_t)(exponent + DOUBLE_BIAS) << DOUBLE_FRACTION_BITS;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

double bigint_round(struct bytes n, bool *exact)
{
    struct magnitude m = magnitude_of(n);
    size_t first = 0;
    while (first < n.len && magnitude_at(&m, first) == 0)
        first++;
    /* The top 8 bytes hold at least 57 significant bits, so one sticky bit for all lower bytes
     * makes the conversion from 64 bits round the whole number correctly. */
    uint64_t top = 0;
    size_t at = first;
    for (; at < n.len && at - first < sizeof top; at++)
        top = top << 8 | magnitude_at(&m, at);
    bool sticky = at < n.len && m.last >= at;
    size_t shift = 8 * (n.len - at);
    double real = (double)(top | sticky);
    *exact = !sticky && real < 18446744073709551616.0 && (uint64_t)real == top;
    if (shift > DOUBLE_SHIFT_MAX) {
        real = __builtin_inf();
        *exact = false;
    } else {
        real *= power_of_two((unsigned)shift); /* infinite only if the top was rounded up to 2^64 */
    }
    return m.negative ? -real : real;
}

double bigint_to_double(struct bytes n)
{
    bool exact;
    return bigint_round(n, &exact);
}

static void negate(uint8_t *n, size_t len)
{
    unsigned carry = 1;
    for (size_t i = len; i > 0; i--) {
        carry += (uint8_t)~n[i - 1];
        n[i - 1] = (uint8_t)carry;
        carry >>= 8;
    }
}

struct bytes bigint_from_double(double value, uint8_t room[BIGINT_DOUBLE_BYTES])
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> DOUBLE_FRACTION_BITS & 0x7ff) - DOUBLE_BIAS - DOUBLE_FRACTION_BITS;
    uint64_t fraction = (bits & ((1ULL << DOUBLE_FRACTION_BITS) - 1)) | 1ULL
                                                                            << DOUBLE_FRACTION_BITS;
    memset(room, 0, BIGINT_DOUBLE_BYTES);
    if (exponent < 0) {
        fraction = -exponent < 64 ? fraction >> -exponent : 0; /* drops only zeros */
        exponent = 0;
    }
    size_t at = BIGINT_DOUBLE_BYTES - (size_t)exponent / 8;
    unsigned shift = (unsigned)exponent % 8;
    for (uint64_t rest = fraction << shift; rest > 0; rest >>= 8) /* 53 + 7 bits fit in 64 */
        room[--at] = (uint8_t)rest;
    if (value < 0)
        negate(room, BIGINT_DOUBLE_BYTES);
    return bigint_shortest(bytes_of(room, BIGINT_DOUBLE_BYTES));
}

/* room: a zero byte (for the sign), then the absolute value. */
static bool put_magnitude(uint8_t *room, size_t len, bool negative, struct buf *out)
{
    if (negative)
        negate(room, len);
    val_put_bigint(out, bytes_of(room, len));
    return !out->failed;
}

static bool put_long_decimal(struct bytes digits, bool negative, struct buf *out)
{
    char text[BIGINT_DIGITS_MAX + 1];
    memcpy(text, digits.data, digits.len);
    text[digits.len] = '\0';
    BIGNUM *number = NULL;
    if (BN_dec2bn(&number, text) == 0) {
        BN_free(number);
        return false;
    }
    uint8_t room[BIGINT_BYTES_MAX + 1] = {0};
    int len = BN_bn2bin(number, room + 1);
    BN_free(number);
    return put_magnitude(room, (size_t)len + 1, negative, out);
}

static bool all_digits(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > 0;
}

bool bigint_from_decimal(struct bytes text, struct buf *out)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    if (negative || (text.len > 0 && text.data[0] == '+')) {
        text.data++;
        text.len--;
    }
    if (text.len > BIGINT_DIGITS_MAX || !all_digits(text))
        return false;
    if (text.len > INT_DIGITS_MAX)
        return put_long_decimal(text, negative, out);
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++)
        value = value * 10 + (text.data[i] - '0');
    val_put_int(out, negative ? -value : value);
    return !out->failed;
}

static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Packs the digits into room from its end, `bits` each. False: not a digit of that radix. */
static bool pack_digits(struct bytes digits, unsigned bits, uint8_t *room, size_t len)
{
    unsigned held = 0, pending = 0;
    for (size_t i = digits.len; i > 0; i--) {
        int value = digit_value(digits.data[i - 1]);
        if (value < 0 || value >= 1 << bits)
            return false;
        pending |= (unsigned)value << held;
        held += bits;
        if (held >= 8) {
            room[--len] = (uint8_t)pending;
            pending >>= 8;
            held -= 8;
        }
    }
    if (held > 0)
        room[--len] = (uint8_t)pending;
    return true;
}

bool bigint_from_radix(struct bytes digits, unsigned radix, bool negative, struct buf *out)
{
    unsigned bits = radix == 16 ? 4 : radix == 8 ? 3 : radix == 2 ? 1 : 0;
    if (bits == 0 || digits.len == 0 || digits.len > SIZE_MAX / 8)
        return false;
    size_t len = (digits.len * bits + 7) / 8 + 1;
    struct buf room;
    buf_init(&room);
    uint8_t *bytes = buf_reserve(&room, len);
    bool done = false;
    if (bytes) {
        memset(bytes, 0, len);
        done = pack_digits(digits, bits, bytes, len) && put_magnitude(bytes, len, negative, out);
    }
    buf_free(&room);
    return done;
}

bool bigint_to_decimal(struct bytes n, struct buf *out)
{
    if (n.len > BIGINT_BYTES_MAX)
        return false;
    struct magnitude m = magnitude_of(n);
    uint8_t room[BIGINT_BYTES_MAX];
    for (size_t i = 0; i < n.len; i++)
        room[i] = magnitude_at(&m, i);
    BIGNUM *number = BN_bin2bn(room, (int)n.len, NULL);
    char *text = number ? BN_bn2dec(number) : NULL;
    BN_free(number);
    bool done = text && strlen(text) <= BIGINT_DIGITS_MAX;
    if (done) {
        if (m.negative)
            buf_put_u8(out, '-');
        buf_put_text(out, text);
        done = !out->failed;
    }
    OPENSSL_free(text);
    return done;
}
