/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/value/value_check.c: foreign bytes. */
#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/alloc.h"
#include "tests/support/hex.h"
#include "tests/support/randval.h"
#include "tests/support/rebuild.h"
#include "wire/value/value.h"

Suite *suite_value_check(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static enum val_fault check_hex(const char *hex, struct val_check *check)
{
    size_t len;
    uint8_t *data = hex_read(hex, &len);
    ck_assert_msg(data != NULL || len == 0, "%s", hex);
    enum val_fault fault = val_check(bytes_of(data, len), VAL_DEPTH_STORED, check);
    free(data);
    return fault;
}

static const struct {
    const char *hex;
    size_t items, depth;
} accepted[] = {
    {"0a00", 1, 0},
    {"1001", 1, 0},
    {"18ffffffffffffffffff01", 1, 0},
    {"2209008000000000000000", 1, 0},
    {"2209ff7fffffffffffffff", 1, 0},
    {"290000000000000080", 1, 0},
    {"3200", 1, 0},
    {"320100", 1, 0},       /* NUL */
    {"3204f48fbfbf", 1, 0}, /* U+10FFFF */
    {"3203ed9fbf", 1, 0},   /* U+D7FF */
    {"3203efbfbf", 1, 0},   /* U+FFFF */
    {"3a01ff", 1, 0},
    {"4200", 1, 1},
    {"42080a0210010a024a00", 3, 2},
    {"520a0a080a02180212021804", 3, 1},
    {"5a080a0218020a021804", 3, 1},
    {"62040a024a00", 2, 2},
    {"6800", 1, 0},
    {"68ffffffffffffffffff01", 1, 0},
    {"72030a0163", 1, 0},
    {"72060a0163120164", 1, 0},
    {"720a0a01631201641a024200", 2, 2},
    {"5a160a0929000000000000f87f0a0929000000000000f87f", 3, 1}, /* two NaN are two members */
    {"5a1e0a0d4a0b0a0929000000000000f87f0a0d4a0b0a0929000000000000f87f", 5, 2}, /* (nan,) too */
};

START_TEST(test_accepts)
{
    struct val_check check;
    ck_assert_msg(check_hex(accepted[_i].hex, &check) == VAL_OK, "%s: %s", accepted[_i].hex,
                  check.reason);
    ck_assert_uint_eq(check.items, accepted[_i].items);
    ck_assert_uint_eq(check.depth, accepted[_i].depth);
}
END_TEST

static const struct {
    const char *hex;
    enum val_fault fault;
} refused[] = {
    {"", VAL_MALFORMED},
    {"00", VAL_MALFORMED},
    {"0a", VAL_MALFORMED},
    {"0a0100", VAL_MALFORMED}, /* None with content */
    {"0a8000", VAL_MALFORMED}, /* a long form of 0 */
    {"10", VAL_MALFORMED},
    {"1002", VAL_MALFORMED},     /* bool 2 */
    {"108100", VAL_MALFORMED},   /* a long form of true */
    {"10011001", VAL_MALFORMED}, /* twice */
    {"10011802", VAL_MALFORMED}, /* two members */
    {"900001", VAL_MALFORMED},   /* a long form of a tag */
    {"18ffffffffffffffffff02", VAL_MALFORMED},
    {"18808080808080808080808001", VAL_MALFORMED},
    {"1880", VAL_MALFORMED},
    {"188000", VAL_MALFORMED},
    {"1a00", VAL_MALFORMED}, /* int with a length */
    {"2200", VAL_MALFORMED}, /* bigints that fit an int */
    {"220105", VAL_MALFORMED},
    {"2208ffffffffffffffff", VAL_MALFORMED},
    {"2209007fffffffffffffff", VAL_MALFORMED},
    {"2209ff8000000000000000", VAL_MALFORMED},
    {"220a00008000000000000000", VAL_MALFORMED}, /* not the shortest */
    {"220affff7fffffffffffffff", VAL_MALFORMED},
    {"2900000000000000", VAL_MALFORMED},     /* 7 bytes */
    {"29000000000000000000", VAL_MALFORMED}, /* 9 bytes */
    {"3201", VAL_MALFORMED},
    {"42050a04320261", VAL_MALFORMED}, /* an item that passes the end of its list by one byte */
    {"320180", VAL_MALFORMED},         /* UTF-8: continuation alone */
    {"3202c080", VAL_MALFORMED},       /* overlong NUL */
    {"3202c1bf", VAL_MALFORMED},
    {"3203e08080", VAL_MALFORMED},
    {"3203eda080", VAL_MALFORMED}, /* a surrogate */
    {"3204f0808080", VAL_MALFORMED},
    {"3204f4908080", VAL_MALFORMED}, /* above U+10FFFF */
    {"3202c3", VAL_MALFORMED},
    {"3201c3", VAL_MALFORMED},
    {"3203616263ff", VAL_MALFORMED}, /* more after the value */
    {"42020a00", VAL_MALFORMED},     /* an item without member */
    {"42031202 00", VAL_MALFORMED},
    {"420412021001", VAL_MALFORMED}, /* Items has only field 1 */
    {"4205 0a02100100", VAL_MALFORMED},
    {"4203 0a0210", VAL_MALFORMED},
    {"5202 0a00", VAL_MALFORMED},                   /* a pair without key and value */
    {"5206 0a04 0a021802", VAL_MALFORMED},          /* without value */
    {"5206 0a04 12021802", VAL_MALFORMED},          /* without key */
    {"520a 0a08 12021802 0a021802", VAL_MALFORMED}, /* in the wrong order */
    {"520e 0a0c 0a021802 12021802 12021802", VAL_MALFORMED},
    {"520e 0a0c 0a021802 12021802 1a021802", VAL_MALFORMED},
    {"5208 0a06 0a0218021200", VAL_MALFORMED}, /* a value without member */
    {"7200", VAL_MALFORMED},                   /* opaque without codec */
    {"72020a00", VAL_MALFORMED},
    {"72030a01ff", VAL_MALFORMED},
    {"72050a01631200", VAL_MALFORMED}, /* empty data must be absent */
    {"72050a01631a00", VAL_MALFORMED},
    {"720a 0a0163 1a021802 120164", VAL_MALFORMED},
    {"720b 0a0163 1a021802 1a021802", VAL_MALFORMED},
    {"7206 0a0163 0a0163", VAL_MALFORMED},
    {"7a00", VAL_MALFORMED}, /* 15 and above are no kinds */
    {"820100", VAL_MALFORMED},
    {"0b0c", VAL_MALFORMED}, /* a group */
    {"5a080a0218020a021802", VAL_DUPLICATE},
    {"5a080a0218020a021001", VAL_DUPLICATE},                                 /* 1 and True */
    {"620f0a0218020a0929000000000000f03f", VAL_DUPLICATE},                   /* 1 and 1.0 */
    {"5a0f0a0218000a09290000000000000080", VAL_DUPLICATE},                   /* 0 and -0.0 */
    {"5a180a0b22090080000000000000000a0929000000000000e043", VAL_DUPLICATE}, /* 2^63 and 2.0^63 */
    {"52120a100a021802120a5a080a0218020a021802", VAL_DUPLICATE}, /* in the value of a pair */
    {"52140a080a021802120218020a080a02100112021804", VAL_DUPLICATE},
    {"42160a145a120a074a050a033201610a074a050a03320161", VAL_DUPLICATE}, /* nested */
    {"5a1a0a0b62090a0218020a033201610a0b62090a033201610a021001", VAL_DUPLICATE},
    {"720f0a01631a0a5a080a0218020a021802", VAL_DUPLICATE},         /* in the parts of an opaque */
    {"5a130a11720f0a01631a0a62080a0218020a021802", VAL_DUPLICATE}, /* ... which is a key */
    {"5a0c0a0a62080a0218020a021802", VAL_DUPLICATE},               /* a frozenset in a set */
};

START_TEST(test_refuses)
{
    struct val_check check;
    enum val_fault fault = check_hex(refused[_i].hex, &check);
    ck_assert_msg(fault == refused[_i].fault, "%s: %d %s", refused[_i].hex, fault, check.reason);
    ck_assert_str_ne(check.reason, "");
}
END_TEST

static const struct {
    const char *hex;
    enum val_kind kind;
} unhashable[] = {
    {"5a040a024200", VAL_LIST},
    {"62040a025a00", VAL_SET},
    {"520a0a080a02520012021802", VAL_DICT},
    {"5a080a064a040a024200", VAL_LIST},
    {"5a0b0a0972070a01631a025200", VAL_DICT},
    {"5a080a0662040a025a00", VAL_SET},
};

START_TEST(test_names_the_unhashable)
{
    struct val_check check;
    ck_assert_int_eq(check_hex(unhashable[_i].hex, &check), VAL_UNHASHABLE);
    ck_assert_int_eq(check.unhashable, unhashable[_i].kind);
}
END_TEST

START_TEST(test_reports_refs_and_nan)
{
    struct val_check check;
    ck_assert_int_eq(check_hex("42080a0268050a021802", &check), VAL_OK);
    ck_assert(check.has_ref && !check.has_nan);
    ck_assert_int_eq(check_hex("72070a01631a026805", &check), VAL_OK);
    ck_assert(check.has_ref);
    ck_assert_int_eq(check_hex("420b0a0929000000000000f87f", &check), VAL_OK);
    ck_assert(check.has_nan && !check.has_ref);
    ck_assert_int_eq(check_hex("420b0a0929000000000000f07f", &check), VAL_OK);
    ck_assert(!check.has_nan);
    /* not one in the parts of an opaque, which is equal by its bytes; one after it */
    ck_assert_int_eq(check_hex("720e0a01631a0929000000000000f87f", &check), VAL_OK);
    ck_assert(!check.has_nan);
    ck_assert_int_eq(check_hex("42120a0972070a01631a0242000a0929000000000000f87f", &check),
                     VAL_MALFORMED);
    ck_assert_int_eq(check_hex("42160a0972070a01631a0242000a0929000000000000f87f", &check), VAL_OK);
    ck_assert(check.has_nan);
}
END_TEST

/* So many containers of one kind around None; a dict nests by its value, a pair of its own level.
 */
static void put_nested(struct buf *out, enum val_kind kind, int depth)
{
    struct buf inner;
    buf_init(&inner);
    val_put_none(&inner);
    for (; depth > 0; depth--) {
        buf_reset(out, SIZE_MAX);
        if (kind == VAL_OPAQUE) {
            val_put_opaque(out, bytes_text("c"), (struct bytes){NULL, 0}, buf_bytes(&inner));
        } else {
            size_t mark = val_open(out, kind);
            if (kind == VAL_DICT)
                val_put_pair(out, VAL_TRUE, buf_bytes(&inner));
            else
                val_put_item(out, buf_bytes(&inner));
            val_close(out, mark);
        }
        buf_reset(&inner, SIZE_MAX);
        buf_put_bytes(&inner, buf_bytes(out));
    }
    buf_free(&inner);
}

START_TEST(test_depth)
{
    static const enum val_kind kinds[] = {VAL_LIST, VAL_TUPLE, VAL_DICT, VAL_FROZENSET, VAL_OPAQUE};
    static const size_t limits[] = {1, 2, VAL_DEPTH_STORED, VAL_DEPTH_REPLY};
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        for (size_t k = 0; k < LENGTH(limits); k++) {
            struct buf value;
            struct val_check check;
            buf_init(&value);
            put_nested(&value, kinds[i], (int)limits[k]);
            ck_assert_int_eq(val_check(buf_bytes(&value), limits[k], &check), VAL_OK);
            ck_assert_uint_eq(check.depth, limits[k]);
            put_nested(&value, kinds[i], (int)limits[k] + 1);
            ck_assert_int_eq(val_check(buf_bytes(&value), limits[k], &check), VAL_TOO_DEEP);
            put_nested(&value, kinds[i], 3000);
            ck_assert_int_eq(val_check(buf_bytes(&value), 100000, &check), VAL_TOO_DEEP);
            buf_free(&value);
        }
    }
}
END_TEST

/* Whatever is accepted has one form only: taken apart and built again it gives the same bytes. */
static bool accepted_only_in_one_form(const uint8_t *bytes, size_t len)
{
    struct val_check check;
    uint8_t *copy = malloc(len > 0 ? len : 1); /* exact, so that a sanitizer sees reads behind it */
    ck_assert_ptr_nonnull(copy);
    if (len > 0)
        memcpy(copy, bytes, len);
    bool good = val_check(bytes_of(copy, len), VAL_DEPTH_STORED, &check) == VAL_OK;
    if (good) {
        struct buf again;
        buf_init(&again);
        rebuild(&again, bytes_of(copy, len));
        ck_assert(bytes_equal(buf_bytes(&again), bytes_of(copy, len)));
        buf_free(&again);
    }
    free(copy);
    return good;
}

START_TEST(test_damage)
{
    uint64_t seed = 99;
    int survived = 0;
    for (int i = 0; i < 400; i++) {
        struct buf value;
        buf_init(&value);
        randval(&value, &seed, 5);
        for (size_t len = 0; len < value.len; len++)
            ck_assert(!accepted_only_in_one_form(value.data, len));
        for (int k = 0; k < 200; k++) {
            size_t at = randval_below(&seed, value.len);
            uint8_t old = value.data[at];
            value.data[at] =
                randval_below(&seed, 2) ? (uint8_t)randval_below(&seed, 256) : (uint8_t)(old + 1);
            survived += accepted_only_in_one_form(value.data, value.len);
            value.data[at] = old;
        }
        buf_free(&value);
    }
    ck_assert_int_gt(survived, 1000);
}
END_TEST

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* depth sets in each other, the innermost with members of about 1 MB in all. */
static void put_wide(struct buf *out, int depth, bool dict)
{
    struct buf inner;
    buf_init(&inner);
    for (int level = 0; level < depth; level++) {
        buf_reset(out, SIZE_MAX);
        size_t mark = val_open(out, dict ? VAL_DICT : VAL_FROZENSET);
        for (int i = 0; i < (level == 0 ? 170000 : 2); i++) {
            struct buf item;
            buf_init(&item);
            if (i > 0 || level == 0)
                val_put_int(&item, i);
            else if (!dict)
                buf_put_bytes(&item, buf_bytes(&inner));
            else
                val_put_text(&item, "k");
            if (dict)
                val_put_pair(out, buf_bytes(&item),
                             level > 0 && i == 0 ? buf_bytes(&inner) : VAL_TRUE);
            else
                val_put_item(out, buf_bytes(&item));
            buf_free(&item);
        }
        val_close(out, mark);
        buf_reset(&inner, SIZE_MAX);
        buf_put_bytes(&inner, buf_bytes(out));
    }
    buf_free(&inner);
}

/* Far from what the release build needs, near enough to see anything quadratic. */
static const double CPU_SECONDS_MAX = 5;

START_TEST(test_big_hostile_values_stay_cheap)
{
    for (int dict = 0; dict < 2; dict++) {
        struct buf value;
        struct val_check check;
        buf_init(&value);
        put_wide(&value, VAL_DEPTH_STORED, dict != 0);
        ck_assert_uint_gt(value.len, 900000);
        double start = cpu_seconds();
        ck_assert_int_eq(val_check(buf_bytes(&value), VAL_DEPTH_STORED, &check), VAL_OK);
        ck_assert_double_lt(cpu_seconds() - start, CPU_SECONDS_MAX);
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_every_allocation_may_fail)
{
    struct buf value;
    struct val_check check;
    buf_init(&value);
    put_wide(&value, 3, false);
    for (size_t n = 1;; n++) {
        alloc_fail_at(n);
        enum val_fault fault = val_check(buf_bytes(&value), VAL_DEPTH_STORED, &check);
        alloc_fail_never();
        if (alloc_count() < n) {
            ck_assert_int_eq(fault, VAL_OK);
            ck_assert_uint_gt(n, 10);
            break;
        }
        ck_assert_int_eq(fault, VAL_NOMEM);
    }
    /* nothing is taken where nothing can be the same twice */
    alloc_fail_at(1);
    enum val_fault fault = val_check(VAL_TRUE, VAL_DEPTH_STORED, &check);
    size_t taken = alloc_count();
    alloc_fail_never();
    ck_assert_int_eq(fault, VAL_OK);
    ck_assert_uint_eq(taken, 0);
    buf_free(&value);
}
END_TEST

Suite *suite_value_check(void)
{
    Suite *suite = suite_create("value_check");
    TCase *tests = tcase_create("value_check");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_accepts, 0, LENGTH(accepted));
    tcase_add_loop_test(tests, test_refuses, 0, LENGTH(refused));
    tcase_add_loop_test(tests, test_names_the_unhashable, 0, LENGTH(unhashable));
    tcase_add_test(tests, test_reports_refs_and_nan);
    tcase_add_test(tests, test_depth);
    tcase_add_test(tests, test_damage);
    tcase_add_test(tests, test_big_hostile_values_stay_cheap);
    tcase_add_test(tests, test_every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return suite;
}
