/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/base/frame.c. */
#include <check.h>

#include "wire/base/frame.h"

Suite *suite_frame(void);

static const uint64_t refs[] = {0,
                                1,
                                127,
                                128,
                                16383,
                                16384,
                                2097151,
                                2097152,
                                268435455,
                                268435456,
                                1ULL << 35,
                                1ULL << 56,
                                (1ULL << 63) - 1,
                                1ULL << 63,
                                UINT64_MAX};

START_TEST(test_varint_round_trip)
{
    uint8_t bytes[10];
    uint64_t back;
    size_t size = varint_write(bytes, refs[_i]);
    ck_assert_uint_eq(size, varint_size(refs[_i]));
    ck_assert_int_eq(varint_read(bytes, bytes + size, &back), (int)size);
    ck_assert(back == refs[_i]);
    uint8_t wide[VARINT_MAX];
    ck_assert_uint_eq(varint_write_wide(wide, refs[_i]), size);
    ck_assert_mem_eq(wide, bytes, size);
    for (size_t cut = 0; cut < size; cut++)
        ck_assert_int_eq(varint_read(bytes, bytes + cut, &back), 0);
}
END_TEST

START_TEST(test_varint_out_of_range)
{
    uint64_t value;
    uint8_t eleven[11];
    memset(eleven, 0x80, sizeof eleven);
    ck_assert_int_eq(varint_read(eleven, eleven + sizeof eleven, &value), -1);
    uint8_t big[10];
    memset(big, 0xff, sizeof big);
    big[9] = 2;
    ck_assert_int_eq(varint_read(big, big + sizeof big, &value), -1);
    big[9] = 0x81;
    ck_assert_int_eq(varint_read(big, big + sizeof big, &value), -1);
    big[9] = 1;
    ck_assert_int_eq(varint_read(big, big + sizeof big, &value), 10);
}
END_TEST

START_TEST(test_split)
{
    static const uint8_t input[] = "\x03"
                                   "abc\x01z";
    struct bytes body;
    size_t used, need;
    ck_assert_int_eq(frame_split(bytes_of(input, 6), 3, &body, &used, &need), FRAME_OK);
    ck_assert(bytes_equal(body, bytes_text("abc")));
    ck_assert_uint_eq(used, 4);
    ck_assert_int_eq(frame_split(bytes_of(input + 4, 2), 3, &body, &used, &need), FRAME_OK);
    ck_assert(bytes_equal(body, bytes_text("z")));
    ck_assert_uint_eq(used, 2);
    for (size_t cut = 1; cut < 4; cut++) {
        ck_assert_int_eq(frame_split(bytes_of(input, cut), 3, &body, &used, &need), FRAME_MORE);
        ck_assert_uint_eq(need, 4);
    }
    ck_assert_int_eq(frame_split(bytes_of(NULL, 0), 3, &body, &used, &need), FRAME_MORE);
    ck_assert_uint_eq(need, 0);
    ck_assert_int_eq(frame_split(bytes_of(input, 6), 2, &body, &used, &need), FRAME_BAD);
}
END_TEST

static enum frame_status split(const char *input, size_t len, size_t *need)
{
    struct bytes body;
    size_t used;
    return frame_split(bytes_of(input, len), 1 << 24, &body, &used, need);
}

START_TEST(test_split_needs_the_head_first)
{
    size_t need = 7;
    ck_assert_int_eq(split("\x80", 1, &need), FRAME_MORE);
    ck_assert_uint_eq(need, 0);
    ck_assert_int_eq(split("\x80\x80\x04", 3, &need), FRAME_MORE);
    ck_assert_uint_eq(need, 3 + 65536);
}
END_TEST

START_TEST(test_split_refuses)
{
    size_t need;
    ck_assert_int_eq(split("\x00", 1, &need), FRAME_BAD);                 /* empty */
    ck_assert_int_eq(split("\x81\x00z", 3, &need), FRAME_BAD);            /* not the shortest */
    ck_assert_int_eq(split("\x80\x80\x80\x80\x80", 5, &need), FRAME_BAD); /* six bytes */
    ck_assert_int_eq(split("\x80\x80\x80\x80\x80\x01", 6, &need), FRAME_BAD);
    ck_assert_int_eq(split("\xff\xff\xff\xff\x0f", 5, &need), FRAME_BAD); /* above the limit */
    ck_assert_int_eq(split("\x80\x80\x80\x80", 4, &need), FRAME_MORE);
    ck_assert_int_eq(split("\x81\x80\x80\x08", 4, &need), FRAME_BAD); /* limit + 1 */
    ck_assert_int_eq(split("\x80\x80\x80\x08", 4, &need), FRAME_MORE);
}
END_TEST

START_TEST(test_head)
{
    uint8_t head[FRAME_HEAD_MAX];
    ck_assert_uint_eq(frame_head(head, 1), 1);
    ck_assert_uint_eq(frame_head(head, 300), 2);
    ck_assert_mem_eq(head, "\xac\x02", 2);
    ck_assert_uint_eq(frame_head(head, UINT32_MAX), FRAME_HEAD_MAX);
}
END_TEST

Suite *suite_frame(void)
{
    Suite *suite = suite_create("frame");
    TCase *tests = tcase_create("frame");
    tcase_add_loop_test(tests, test_varint_round_trip, 0, sizeof refs / sizeof *refs);
    tcase_add_test(tests, test_varint_out_of_range);
    tcase_add_test(tests, test_split);
    tcase_add_test(tests, test_split_needs_the_head_first);
    tcase_add_test(tests, test_split_refuses);
    tcase_add_test(tests, test_head);
    suite_add_tcase(suite, tests);
    return suite;
}
