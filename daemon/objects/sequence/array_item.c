/* SPDX-License-Identifier: BSD-2-Clause */
/* One machine number of an array. */
#include "daemon/objects/sequence/array_item.h"

#include "wire/value/bigint.h"

/* Holds the sum of any two 64-bit numbers, signed or not. */
__extension__ typedef __int128 wide;

enum { WIDE_BIGINT_BYTES = 9 }; /* longer bigints are outside every type's range */

struct array_range {
    wide min, max;
    const char *low, *high; /* texts of the OverflowError; high NULL: end of the list */
};

#define TOO_LONG "Python int too large to convert to C long"
#define TOO_BIG  "int too big to convert"
#define ROW_LONG                                 \
    {                                            \
        INT64_MIN, INT64_MAX, TOO_LONG, TOO_LONG \
    }
#define ROW_SHORT                                                          \
    {                                                                      \
        INT16_MIN, INT16_MAX, "signed short integer is less than minimum", \
            "signed short integer is greater than maximum"                 \
    }
#define ROW_INT                                                      \
    {                                                                \
        INT32_MIN, INT32_MAX, "signed integer is less than minimum", \
            "signed integer is greater than maximum"                 \
    }
#define ROW_ULONG                                                      \
    {                                                                  \
        0, UINT64_MAX, "can't convert negative value to unsigned int", \
            "Python int too large to convert to C unsigned long"       \
    }

/* CPython converts through wider types, each with its own messages. */
static const struct array_range range_b[] = {
    ROW_LONG,
    ROW_SHORT,
    {INT8_MIN, INT8_MAX, "signed char is less than minimum", "signed char is greater than maximum"},
    {0, 0, NULL, NULL}};
static const struct array_range range_B[] = {ROW_LONG,
                                             {0, UINT8_MAX,
                                              "unsigned byte integer is less than minimum",
                                              "unsigned byte integer is greater than maximum"},
                                             {0, 0, NULL, NULL}};
static const struct array_range range_h[] = {ROW_LONG, ROW_SHORT, {0, 0, NULL, NULL}};
static const struct array_range range_H[] = {ROW_LONG,
                                             ROW_INT,
                                             {0, UINT16_MAX, "unsigned short is less than minimum",
                                              "unsigned short is greater than maximum"},
                                             {0, 0, NULL, NULL}};
static const struct array_range range_i[] = {ROW_LONG, ROW_INT, {0, 0, NULL, NULL}};
static const struct array_range range_I[] = {
    ROW_ULONG, {0, UINT32_MAX, "", "unsigned int is greater than maximum"}, {0, 0, NULL, NULL}};
static const struct array_range range_l[] = {ROW_LONG, {0, 0, NULL, NULL}};
static const struct array_range range_L[] = {ROW_ULONG, {0, 0, NULL, NULL}};
static const struct array_range range_q[] = {{INT64_MIN, INT64_MAX, TOO_BIG, TOO_BIG},
                                             {0, 0, NULL, NULL}};
static const struct array_range range_Q[] = {
    {0, UINT64_MAX, "can't convert negative int to unsigned", TOO_BIG}, {0, 0, NULL, NULL}};

static const struct array_type types[] = {
    {'b', 1, false, true, range_b}, {'B', 1, false, false, range_B},
    {'h', 2, false, true, range_h}, {'H', 2, false, false, range_H},
    {'i', 4, false, true, range_i}, {'I', 4, false, false, range_I},
    {'l', 8, false, true, range_l}, {'L', 8, false, false, range_L},
    {'q', 8, false, true, range_q}, {'Q', 8, false, false, range_Q},
    {'f', 4, true, true, NULL},     {'d', 8, true, true, NULL},
};

const struct array_type *array_type_find(struct bytes typecode)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (typecode.len == 1 && typecode.data[0] == (uint8_t)types[i].typecode)
            return &types[i];
    return NULL;
}

/* ---- integers ---- */

/* Integers outside the range of all types give a value outside that range. */
static wide bigint_to_wide(struct bytes big)
{
    bool negative = (big.data[0] & 0x80) != 0;
    if (big.len > WIDE_BIGINT_BYTES)
        return negative ? -((wide)1 << 100) : (wide)1 << 100;
    wide number = negative ? -1 : 0;
    for (size_t i = 0; i < big.len; i++)
        number = number * 256 + big.data[i];
    return number;
}

static int integer_read(struct ctx *ctx, struct bytes value, wide *number)
{
    struct val val = val_read(value);
    switch (val.kind) {
    case VAL_BOOL:
        *number = val.boolean;
        return 0;
    case VAL_INT:
        *number = val.integer;
        return 0;
    case VAL_BIGINT:
        *number = bigint_to_wide(val.body);
        return 0;
    default:
        return fail(ctx, ERR_TYPE, "'%s' object cannot be interpreted as an integer",
                    val_type_name(val.kind));
    }
}

static int integer_store(struct ctx *ctx, const struct array_type *type, wide number,
                         struct array_item *item)
{
    for (const struct array_range *range = type->range; range->high != NULL; range++) {
        if (number < range->min)
            return fail(ctx, ERR_OVERFLOW, "%s", range->low);
        if (number > range->max)
            return fail(ctx, ERR_OVERFLOW, "%s", range->high);
    }
    uint64_t bits = (uint64_t)number;
    uint8_t u8 = (uint8_t)bits;
    uint16_t u16 = (uint16_t)bits;
    uint32_t u32 = (uint32_t)bits;
    const void *from[] = {[1] = &u8, [2] = &u16, [4] = &u32, [8] = &bits};
    memcpy(item->bytes, from[type->size], type->size);
    return 0;
}

static uint64_t unsigned_load(const struct array_type *type, const uint8_t *at)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (type->size) {
    case 1:
        return at[0];
    case 2:
        memcpy(&u16, at, sizeof u16);
        return u16;
    case 4:
        memcpy(&u32, at, sizeof u32);
        return u32;
    default:
        memcpy(&u64, at, sizeof u64);
        return u64;
    }
}

static int64_t signed_load(const struct array_type *type, const uint8_t *at)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (type->size) {
    case 1:
        memcpy(&i8, at, sizeof i8);
        return i8;
    case 2:
        memcpy(&i16, at, sizeof i16);
        return i16;
    case 4:
        memcpy(&i32, at, sizeof i32);
        return i32;
    default:
        memcpy(&i64, at, sizeof i64);
        return i64;
    }
}

static wide integer_load(const struct array_type *type, const uint8_t *at)
{
    return type->is_signed ? (wide)signed_load(type, at) : (wide)unsigned_load(type, at);
}

/* ---- floating point ---- */

static int real_read(struct ctx *ctx, struct bytes value, double *number)
{
    struct val val = val_read(value);
    switch (val.kind) {
    case VAL_BOOL:
        *number = val.boolean ? 1 : 0;
        return 0;
    case VAL_INT:
        *number = (double)val.integer;
        return 0;
    case VAL_FLOAT:
        *number = val.real;
        return 0;
    case VAL_BIGINT:
        *number = bigint_to_double(val.body);
        if (*number - *number != 0)
            return fail(ctx, ERR_OVERFLOW, "int too large to convert to float");
        return 0;
    default:
        return fail(ctx, ERR_TYPE, "must be real number, not %s", val_type_name(val.kind));
    }
}

static void real_store(const struct array_type *type, double number, struct array_item *item)
{
    float narrow = (float)number; /* as in Python's array: too large a number becomes infinity */
    if (type->size == sizeof(float))
        memcpy(item->bytes, &narrow, sizeof narrow);
    else
        memcpy(item->bytes, &number, sizeof number);
}

static double real_load(const struct array_type *type, const uint8_t *at)
{
    float narrow;
    double number;
    if (type->size == sizeof(float)) {
        memcpy(&narrow, at, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&number, at, sizeof number);
    return number;
}

/* ---- integers and floats ---- */

int array_item_read(struct ctx *ctx, const struct array_type *type, struct bytes value,
                    struct array_item *item)
{
    if (type->is_real) {
        double number = 0;
        if (real_read(ctx, value, &number) < 0)
            return -1;
        real_store(type, number, item);
        return 0;
    }
    wide number = 0;
    if (integer_read(ctx, value, &number) < 0)
        return -1;
    return integer_store(ctx, type, number, item);
}

int array_item_add(struct ctx *ctx, const struct array_type *type, struct bytes by,
                   struct array_item *item)
{
    if (type->is_real) {
        double number = 0;
        if (real_read(ctx, by, &number) < 0)
            return -1;
        real_store(type, real_load(type, item->bytes) + number, item);
        return 0;
    }
    wide number = 0;
    if (integer_read(ctx, by, &number) < 0)
        return -1;
    return integer_store(ctx, type, integer_load(type, item->bytes) + number, item);
}

void array_item_put(const struct array_type *type, const uint8_t *at, struct buf *out)
{
    if (type->is_real)
        val_put_float(out, real_load(type, at));
    else if (type->is_signed)
        val_put_int(out, signed_load(type, at));
    else
        val_put_uint(out, unsigned_load(type, at));
}
