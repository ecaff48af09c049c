/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalars as words without quotes: which kind a word is, and printing scalars. */
#include "wire/literal/literal_scalar.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/value/bigint.h"

enum {
    INT64_DIGITS_SAFE = 18, /* every decimal with this many digits fits an int64 */
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static size_t count_digits(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *first = at;
    while (at < end && is_digit(*at))
        at++;
    return (size_t)(at - first);
}

/* One of three spellings, for example null, Null, NULL. */
static bool is_spelling(struct bytes word, const char *lower, const char *title, const char *upper)
{
    return bytes_equal(word, bytes_text(lower)) || bytes_equal(word, bytes_text(title)) ||
           bytes_equal(word, bytes_text(upper));
}

static bool is_infinity(struct bytes unsigned_word)
{
    return is_spelling(unsigned_word, ".inf", ".Inf", ".INF");
}

/* 0x1F or 0o17: at is after the 0. */
static enum scalar classify_radix(const uint8_t *at, const uint8_t *end)
{
    bool hex = *at == 'x';
    if (*at != 'x' && *at != 'o')
        return SCALAR_TEXT;
    if (++at == end)
        return SCALAR_TEXT;
    for (; at < end; at++)
        if (hex ? !is_hex(*at) : *at < '0' || *at > '7')
            return SCALAR_TEXT;
    return hex ? SCALAR_HEX : SCALAR_OCTAL;
}

/* What may follow the digits of a float: at is after the fraction. */
static bool is_exponent(const uint8_t *at, const uint8_t *end)
{
    if (at == end)
        return true;
    if ((*at | 0x20) != 'e')
        return false;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    return at < end && count_digits(at, end) == (size_t)(end - at);
}

static enum scalar classify_number(struct bytes word)
{
    const uint8_t *at = word.data;
    const uint8_t *end = at + word.len;
    bool sign = *at == '+' || *at == '-';
    size_t whole, fraction = 0;
    at += sign;
    if (at < end && *at == '.' && is_infinity(bytes_of(at, (size_t)(end - at))))
        return SCALAR_INFINITY;
    whole = count_digits(at, end);
    if (whole > 1 && *at == '0')
        return SCALAR_TEXT;
    at += whole;
    if (at == end)
        return whole > 0 ? SCALAR_DECIMAL : SCALAR_TEXT;
    if (!sign && whole == 1 && at[-1] == '0' && *at != '.' && (*at | 0x20) != 'e')
        return classify_radix(at, end);
    if (*at == '.') {
        at++;
        fraction = count_digits(at, end);
        at += fraction;
    }
    return whole + fraction > 0 && is_exponent(at, end) ? SCALAR_FLOAT : SCALAR_TEXT;
}

enum scalar scalar_classify(struct bytes word)
{
    if (word.len == 0)
        return SCALAR_TEXT;
    switch (word.data[0]) {
    case 'n':
    case 'N':
        return is_spelling(word, "null", "Null", "NULL") ? SCALAR_NULL : SCALAR_TEXT;
    case 't':
    case 'T':
        return is_spelling(word, "true", "True", "TRUE") ? SCALAR_TRUE : SCALAR_TEXT;
    case 'f':
    case 'F':
        return is_spelling(word, "false", "False", "FALSE") ? SCALAR_FALSE : SCALAR_TEXT;
    case '~':
        return word.len == 1 ? SCALAR_NULL : SCALAR_TEXT;
    case '.':
        if (is_spelling(word, ".nan", ".NaN", ".NAN"))
            return SCALAR_NAN;
        return classify_number(word);
    default:
        if (is_digit(word.data[0]) || word.data[0] == '-' || word.data[0] == '+')
            return classify_number(word);
        return SCALAR_TEXT;
    }
}

static bool float_prints_back(struct bytes word)
{
    char text[SCALAR_FLOAT_MAX];
    double value;
    if (word.len >= SCALAR_FLOAT_MAX || !scalar_read_float(word, &value))
        return false;
    return bytes_equal(word, bytes_of(text, scalar_format_float(value, text)));
}

bool scalar_prints_back(enum scalar scalar, struct bytes word)
{
    switch (scalar) {
    case SCALAR_DECIMAL:
        return word.data[0] != '+' && !bytes_equal(word, bytes_text("-0")) &&
               word.len - (word.data[0] == '-') <= BIGINT_DIGITS_MAX;
    case SCALAR_FLOAT:
        return float_prints_back(word);
    case SCALAR_INFINITY:
        return bytes_equal(word, bytes_text(".inf")) || bytes_equal(word, bytes_text("-.inf"));
    case SCALAR_NAN:
        return bytes_equal(word, bytes_text(".nan"));
    default:
        return false;
    }
}

static const char *put_decimal(struct bytes word, struct buf *out)
{
    bool sign = word.data[0] == '-' || word.data[0] == '+';
    int64_t value = 0;
    if (word.len - sign > BIGINT_DIGITS_MAX)
        return "an integer of more than 4300 digits";
    if (word.len - sign > INT64_DIGITS_SAFE)
        return bigint_from_decimal(word, out) ? NULL : "out of memory";
    for (size_t i = sign; i < word.len; i++)
        value = value * 10 + (word.data[i] - '0');
    val_put_int(out, word.data[0] == '-' ? -value : value);
    return NULL;
}

static const char *put_float(struct bytes word, struct buf *out)
{
    double value;
    if (!scalar_read_float(word, &value))
        return "the number is too large for a float";
    val_put_float(out, value);
    return NULL;
}

static const char *put_radix(struct bytes digits, unsigned radix, bool negative, struct buf *out)
{
    return bigint_from_radix(digits, radix, negative, out) ? NULL : "out of memory";
}

const char *scalar_put(enum scalar scalar, struct bytes word, struct buf *out)
{
    switch (scalar) {
    case SCALAR_TEXT:
        val_put_str(out, word);
        return NULL;
    case SCALAR_NULL:
        val_put_none(out);
        return NULL;
    case SCALAR_TRUE:
    case SCALAR_FALSE:
        val_put_bool(out, scalar == SCALAR_TRUE);
        return NULL;
    case SCALAR_DECIMAL:
        return put_decimal(word, out);
    case SCALAR_HEX:
        return put_radix(bytes_of(word.data + 2, word.len - 2), 16, false, out);
    case SCALAR_OCTAL:
        return put_radix(bytes_of(word.data + 2, word.len - 2), 8, false, out);
    case SCALAR_FLOAT:
        return put_float(word, out);
    case SCALAR_INFINITY:
        val_put_float(out, word.data[0] == '-' ? -__builtin_inf() : __builtin_inf());
        return NULL;
    case SCALAR_NAN:
        val_put_float(out, __builtin_nan(""));
        return NULL;
    }
    return "no such scalar";
}

const char *scalar_put_integer(struct bytes word, struct buf *out)
{
    bool sign = word.len > 0 && (word.data[0] == '-' || word.data[0] == '+');
    struct bytes digits = bytes_of(word.data + sign, word.len - sign);
    enum scalar scalar = scalar_classify(digits);
    if (digits.len == 0 || (sign && !is_digit(digits.data[0])))
        return "no integer";
    if (scalar == SCALAR_DECIMAL)
        return put_decimal(word, out);
    if (scalar != SCALAR_HEX && scalar != SCALAR_OCTAL)
        return "no integer";
    return put_radix(bytes_of(digits.data + 2, digits.len - 2), scalar == SCALAR_HEX ? 16 : 8,
                     sign && word.data[0] == '-', out);
}

/* Prints the magnitude of a two's complement number as 0x.., of any size. */
static void print_hex(struct bytes number, struct buf *out)
{
    static const char hex[] = "0123456789abcdef";
    bool negative = number.len > 0 && (number.data[0] & 0x80);
    size_t last = number.len; /* lowest byte not 0: negation keeps those below */
    bool started = false;
    while (last > 0 && number.data[last - 1] == 0)
        last--;
    buf_put_text(out, negative ? "-0x" : "0x");
    for (size_t i = 0; i < number.len && !out->failed; i++) {
        uint8_t byte = number.data[i];
        if (negative && i < last)
            byte = (uint8_t)(i + 1 == last ? -byte : ~byte);
        for (int shift = 4; shift >= 0; shift -= 4) {
            started = started || byte >> shift != 0;
            if (started)
                buf_put_u8(out, (uint8_t)hex[byte >> shift & 0xF]);
        }
    }
}

static bool print_bigint(struct bytes number, const char *prefix, struct buf *out)
{
    if (bigint_to_decimal(number, out))
        return true;
    if (prefix == NULL)
        return false;
    buf_put_text(out, prefix);
    print_hex(number, out);
    return true;
}

static void print_float(double value, const struct scalar_names *names, struct buf *out)
{
    char text[SCALAR_FLOAT_MAX];
    if (value != value)
        buf_put_text(out, names->nan);
    else if (__builtin_isinf(value))
        buf_put_text(out, value < 0 ? names->minus_infinity : names->infinity);
    else
        buf_put(out, text, scalar_format_float(value, text));
}

static void print_int(int64_t value, struct buf *out)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRId64, value);
    buf_put(out, text, (size_t)len);
}

bool scalar_print(const struct val *value, const struct scalar_names *names, const char *big_prefix,
                  struct buf *out)
{
    switch (value->kind) {
    case VAL_NONE:
        buf_put_text(out, names->none);
        return true;
    case VAL_BOOL:
        buf_put_text(out, value->boolean ? names->true_ : names->false_);
        return true;
    case VAL_INT:
        print_int(value->integer, out);
        return true;
    case VAL_FLOAT:
        print_float(value->real, names, out);
        return true;
    case VAL_BIGINT:
        return print_bigint(value->body, big_prefix, out);
    default:
        return false;
    }
}
