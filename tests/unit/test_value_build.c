/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/value/value_build.c and wire/value/value_read.c. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "tests/support/hex.h"
#include "tests/support/randval.h"
#include "tests/support/rebuild.h"
#include "wire/value/value.h"

Suite *suite_value_build(void);

static void expect_hex(struct buf *b, const char *hex)
{
    size_t len;
    uint8_t *data = hex_read(hex, &len);
    ck_assert(!b->failed);
    ck_assert_uint_eq(b->len, len);
    ck_assert_mem_eq(b->data, data, len);
    free(data);
    buf_free(b);
    buf_init(b);
}

START_TEST(test_scalars)
{
    struct buf b;
    buf_init(&b);
    val_put_none(&b);
    expect_hex(&b, "0a00");
    val_put_bool(&b, true);
    val_put_bool(&b, false);
    expect_hex(&b, "10011000");
    val_put_int(&b, 0);
    val_put_int(&b, -1);
    val_put_int(&b, 64);
    expect_hex(&b, "1800 1801 188001");
    val_put_int(&b, INT64_MAX);
    expect_hex(&b, "18feffffffffffffffff01");
    val_put_int(&b, INT64_MIN);
    expect_hex(&b, "18ffffffffffffffffff01");
    val_put_uint(&b, INT64_MAX);
    expect_hex(&b, "18feffffffffffffffff01");
    val_put_uint(&b, 1ULL << 63);
    expect_hex(&b, "2209008000000000000000");
    val_put_float(&b, 1.5);
    expect_hex(&b, "29000000000000f83f");
    val_put_text(&b, "a");
    val_put_str(&b, (struct bytes){NULL, 0});
    expect_hex(&b, "320161 3200");
    val_put_bytes(&b, bytes_of("\0\xff", 2));
    expect_hex(&b, "3a0200ff");
    val_put_ref(&b, 300);
    expect_hex(&b, "68ac02");
    ck_assert(bytes_equal(val_bool(true), bytes_of("\x10\x01", 2)));
    ck_assert(bytes_equal(VAL_NONE_BYTES, bytes_of("\x0a\x00", 2)));
}
END_TEST

START_TEST(test_bigint_becomes_shortest)
{
    struct buf b;
    buf_init(&b);
    val_put_bigint(&b, bytes_of("\0\0\0\x05", 4));
    expect_hex(&b, "180a");
    val_put_bigint(&b, bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80", 11));
    expect_hex(&b, "18ff01");
    val_put_bigint(&b, bytes_of("\xff\x80\0\0\0\0\0\0\0", 9));
    expect_hex(&b, "18ffffffffffffffffff01");
    val_put_bigint(&b, bytes_of("\0\0\x80\0\0\0\0\0\0\0", 10));
    expect_hex(&b, "2209008000000000000000");
    val_put_bigint(&b, (struct bytes){NULL, 0});
    expect_hex(&b, "1800");
}
END_TEST

START_TEST(test_containers)
{
    struct buf b;
    buf_init(&b);
    size_t list = val_open(&b, VAL_LIST);
    val_put_item(&b, VAL_TRUE);
    size_t item = val_open_item(&b);
    val_close(&b, val_open(&b, VAL_TUPLE));
    val_close(&b, item);
    val_close(&b, list);
    expect_hex(&b, "4208 0a021001 0a024a00");
    size_t dict = val_open(&b, VAL_DICT);
    val_put_pair(&b, VAL_TRUE, VAL_NONE_BYTES);
    val_put_field_int(&b, "a", 1);
    val_close(&b, dict);
    expect_hex(&b, "5215 0a080a02100112020a00 0a090a0332016112021802");
    val_put_opaque(&b, bytes_text("c"), bytes_text("d"), VAL_TRUE);
    expect_hex(&b, "720a 0a0163 120164 1a021001");
    val_put_opaque(&b, bytes_text("c"), (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
    expect_hex(&b, "7203 0a0163");
}
END_TEST

START_TEST(test_fields)
{
    struct buf b;
    struct val_check check;
    buf_init(&b);
    size_t dict = val_open(&b, VAL_DICT);
    val_put_field_text(&b, "text", "x");
    val_put_field_int(&b, "int", -5);
    val_put_field_uint(&b, "uint", UINT64_MAX);
    val_put_field_bool(&b, "bool", true);
    val_put_field(&b, "none", VAL_NONE_BYTES);
    val_close(&b, dict);
    ck_assert_int_eq(val_check(buf_bytes(&b), 1, &check), VAL_OK);
    ck_assert_uint_eq(check.items, 11);
    struct val v = val_read(buf_bytes(&b));
    ck_assert_uint_eq(val_count(&v), 5);
    static const enum val_kind kinds[] = {VAL_STR, VAL_INT, VAL_BIGINT, VAL_BOOL, VAL_NONE};
    struct bytes key, value;
    struct val_iter it = val_iter(&v);
    for (int i = 0; val_next_pair(&it, &key, &value); i++)
        ck_assert_int_eq(val_read(value).kind, kinds[i]);
    buf_free(&b);
}
END_TEST

/* Lengths of one, two and three bytes, nested, so that close has to move. */
START_TEST(test_close_moves_for_long_content)
{
    static const size_t sizes[] = {0,   1,   120, 124,   125,   126,  127,
                                   128, 129, 300, 16380, 16384, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf text, built, summed;
        struct val_check check;
        buf_init(&text);
        buf_init(&built);
        buf_init(&summed);
        for (size_t n = 0; n < sizes[i]; n++)
            buf_put_u8(&text, 'x');
        size_t outer = val_open(&built, VAL_LIST);
        size_t item = val_open_item(&built);
        size_t inner = val_open(&built, VAL_TUPLE);
        size_t string = val_open_item(&built);
        val_put_str(&built, buf_bytes(&text));
        val_close(&built, string);
        val_close(&built, inner);
        val_close(&built, item);
        val_put_item(&built, VAL_TRUE);
        val_close(&built, outer);
        ck_assert_int_eq(val_check(buf_bytes(&built), 2, &check), VAL_OK);
        ck_assert_uint_eq(check.items, 4);
        ck_assert_uint_eq(val_size_at(built.data), built.len);
        /* the same by sums: nothing moves */
        size_t str_len = val_head_size(sizes[i]) + sizes[i];
        size_t tuple_len = val_head_size(val_item_size(str_len)) + val_item_size(str_len);
        val_put_head(&summed, VAL_LIST, val_item_size(tuple_len) + val_item_size(2));
        buf_put_u8(&summed, 0x0a);
        buf_put_varint(&summed, tuple_len);
        val_put_head(&summed, VAL_TUPLE, val_item_size(str_len));
        size_t mark = val_open_item(&summed);
        val_put_str(&summed, buf_bytes(&text));
        val_close(&summed, mark);
        val_put_item(&summed, VAL_TRUE);
        ck_assert(bytes_equal(buf_bytes(&built), buf_bytes(&summed)));
        buf_free(&text);
        buf_free(&built);
        buf_free(&summed);
    }
}
END_TEST

START_TEST(test_pair_size)
{
    struct buf b;
    buf_init(&b);
    for (size_t len = 0; len < 20000; len = len * 2 + 61) {
        buf_reset(&b, SIZE_MAX);
        uint8_t *data = calloc(1, len + 1);
        ck_assert_ptr_nonnull(data);
        val_put_pair(&b, bytes_of(data, len), bytes_of(data, len / 2));
        ck_assert_uint_eq(b.len, val_pair_size(len, len / 2));
        free(data);
    }
    buf_free(&b);
}
END_TEST

START_TEST(test_read_and_build_give_the_same_bytes)
{
    uint64_t seed = 1;
    for (int i = 0; i < 5000; i++) {
        struct buf value, again;
        struct val_check check;
        buf_init(&value);
        buf_init(&again);
        randval(&value, &seed, 6);
        ck_assert_msg(val_check(buf_bytes(&value), 6, &check) == VAL_OK, "%s", check.reason);
        ck_assert_uint_eq(val_size_at(value.data), value.len);
        rebuild(&again, buf_bytes(&value));
        ck_assert(bytes_equal(buf_bytes(&value), buf_bytes(&again)));
        buf_free(&value);
        buf_free(&again);
    }
}
END_TEST

START_TEST(test_not_given)
{
    struct val v = val_read((struct bytes){NULL, 0});
    ck_assert_int_eq(v.kind, VAL_NOT_GIVEN);
    ck_assert_uint_eq(val_count(&v), 0);
}
END_TEST

START_TEST(test_opaque_parts)
{
    static const char *const codecs[] = {"c", "c", "c", "c"};
    static const char *const datas[] = {"", "d", "", "d"};
    for (int i = 0; i < 4; i++) {
        struct buf b;
        struct bytes codec, data, parts;
        buf_init(&b);
        val_put_opaque(&b, bytes_text(codecs[i]), bytes_text(datas[i]),
                       i < 2 ? (struct bytes){NULL, 0} : VAL_FALSE);
        struct val v = val_read(buf_bytes(&b));
        val_opaque(&v, &codec, &data, &parts);
        ck_assert(bytes_equal(codec, bytes_text(codecs[i])));
        ck_assert(bytes_equal(data, bytes_text(datas[i])));
        ck_assert(bytes_equal(parts, i < 2 ? (struct bytes){NULL, 0} : VAL_FALSE));
        buf_free(&b);
    }
}
END_TEST

static void add_ref(void *arg, uint64_t ref)
{
    uint64_t *sum = arg;
    *sum = *sum * 10 + ref;
}

START_TEST(test_each_ref)
{
    /* [ref 1, {ref 2: (ref 3,)}, opaque(parts=frozenset({ref 4})), {ref 5}, 9] */
    static const char hex[] = "4231"
                              "0a026801"
                              "0a10520e0a0c0a02680212064a040a026803"
                              "0a0d720b0a01631a0662040a026804"
                              "0a065a040a026805"
                              "0a021812";
    size_t len;
    uint8_t *data = hex_read(hex, &len);
    struct val_check check;
    uint64_t sum = 0;
    ck_assert_msg(val_check(bytes_of(data, len), 3, &check) == VAL_OK, "%s", check.reason);
    ck_assert(check.has_ref);
    val_each_ref(bytes_of(data, len), add_ref, &sum);
    ck_assert_uint_eq(sum, 12345);
    free(data);
}
END_TEST

static const struct {
    const char *hex;
    enum val_kind offender; /* NOT_GIVEN: hashable */
} hashables[] = {
    {"0a00", VAL_NOT_GIVEN},
    {"4200", VAL_LIST},
    {"5200", VAL_DICT},
    {"5a00", VAL_SET},
    {"6200", VAL_NOT_GIVEN},
    {"4a080a0218020a024200", VAL_LIST},
    {"4a080a0218020a026200", VAL_NOT_GIVEN},
    {"4a060a044a020a00", VAL_NOT_GIVEN},
    {"72030a0163", VAL_NOT_GIVEN},
    {"72070a0163120242 00", VAL_NOT_GIVEN}, /* data that looks like a list */
    {"72070a01631a025200", VAL_DICT},
    {"720a0a01631201641a025200", VAL_DICT},
    {"720a0a01631201641a021802", VAL_NOT_GIVEN},
};

START_TEST(test_hashable)
{
    size_t len;
    uint8_t *data = hex_read(hashables[_i].hex, &len);
    enum val_kind offender = VAL_NOT_GIVEN;
    ck_assert_int_eq(val_hashable(bytes_of(data, len), &offender),
                     hashables[_i].offender == VAL_NOT_GIVEN);
    ck_assert_int_eq(offender, hashables[_i].offender);
    free(data);
}
END_TEST

START_TEST(test_type_names)
{
    ck_assert_str_eq(val_type_name(VAL_NONE), "NoneType");
    ck_assert_str_eq(val_type_name(VAL_BIGINT), "int");
    ck_assert_str_eq(val_type_name(VAL_OPAQUE), "opaque");
    for (int kind = 0; kind < 32; kind++)
        ck_assert_ptr_nonnull(val_type_name((enum val_kind)kind));
}
END_TEST

START_TEST(test_every_allocation_may_fail)
{
    for (size_t n = 1;; n++) {
        struct buf b;
        buf_init(&b);
        alloc_fail_at(n);
        size_t list = val_open(&b, VAL_LIST);
        for (int i = 0; i < 100; i++)
            val_put_item(&b, VAL_TRUE);
        val_close(&b, list);
        val_put_field_uint(&b, "k", UINT64_MAX);
        alloc_fail_never();
        bool reached = alloc_count() >= n;
        ck_assert_int_eq(b.failed, reached);
        buf_free(&b);
        if (!reached) {
            ck_assert_uint_gt(n, 2);
            return;
        }
    }
}
END_TEST

Suite *suite_value_build(void)
{
    Suite *suite = suite_create("value_build");
    TCase *tests = tcase_create("value_build");
    tcase_add_test(tests, test_scalars);
    tcase_add_test(tests, test_bigint_becomes_shortest);
    tcase_add_test(tests, test_containers);
    tcase_add_test(tests, test_fields);
    tcase_add_test(tests, test_close_moves_for_long_content);
    tcase_add_test(tests, test_pair_size);
    tcase_add_test(tests, test_read_and_build_give_the_same_bytes);
    tcase_add_test(tests, test_not_given);
    tcase_add_test(tests, test_opaque_parts);
    tcase_add_test(tests, test_each_ref);
    tcase_add_loop_test(tests, test_hashable, 0, sizeof hashables / sizeof *hashables);
    tcase_add_test(tests, test_type_names);
    tcase_add_test(tests, test_every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return suite;
}
