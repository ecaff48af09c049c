/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/base/utf8.c. */
#include "wire/base/utf8.h"

#include <check.h>

Suite *suite_utf8(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* There and back, and no part of it is a character. */
static bool holds(uint32_t point, struct buf *text)
{
    uint32_t again = UINT32_MAX;
    text->len = 0;
    utf8_put(text, point);
    if (utf8_decode(buf_bytes(text), &again) != text->len || again != point ||
        utf8_check(buf_bytes(text)) != text->len)
        return false;
    for (size_t cut = 0; cut < text->len; cut++)
        if (utf8_decode(bytes_of(text->data, cut), &again) != 0)
            return false;
    return true;
}

START_TEST(test_every_point)
{
    struct buf text;
    uint32_t point = 0;
    buf_init(&text);
    while (point <= UTF8_POINT_MAX && (utf8_is_surrogate(point) || holds(point, &text)))
        point++;
    ck_assert_uint_eq(point, UTF8_POINT_MAX + 1);
    buf_free(&text);
}
END_TEST

START_TEST(test_refuses)
{
    static const struct {
        const char *text;
        size_t valid;
    } rows[] = {
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0}, /* U+D800 */
        {"\xed\xbf\xbf", 0}, /* U+DFFF */
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0}, /* U+110000 */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"a\xe4\xb8", 1},
        {"abcdefgh\xc3", 8},
        {"abcdefghijkl\xc3\xa9\xc3(", 14},
        {"\xc3\xa9\xc3\xa9", 4},
        {"", 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        ck_assert_msg(utf8_check(bytes_text(rows[i].text)) == rows[i].valid, "row %zu", i);
}
END_TEST

START_TEST(test_classes)
{
    static const uint32_t never[] = {0,      0x0A,   0x1F,   0x7F,   0x85,    0x9F,     0x61C,
                                     0x200E, 0x200F, 0x2028, 0x2029, 0x202E,  0x2066,   0x2069,
                                     0xFEFF, 0xFDD0, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xE0041};
    static const uint32_t shown[] = {' ', '~', 0xA0, 0xAD, 0xE9, 0x200D, 0x3000, 0x4E2D, 0x1F600};
    static const uint32_t printable[] = {' ', '~', 0xA1, 0xE9, 0x4E2D, 0xFFFD, 0x1F600, 0x2FA1D};
    static const uint32_t hidden[] = {0x7F,   0xA0,    0xAD,    0x600,   0x1680,  0x2003,
                                      0x200D, 0x202F,  0x3000,  0xE000,  0xF8FF,  0xFFF9,
                                      0xFFFF, 0x1FFFF, 0xE0001, 0xF0000, 0x10FFFF};
    for (size_t i = 0; i < LENGTH(never); i++)
        ck_assert_msg(utf8_is_unsafe(never[i]) && !utf8_is_printable(never[i]), "%x", never[i]);
    for (size_t i = 0; i < LENGTH(shown); i++)
        ck_assert_msg(!utf8_is_unsafe(shown[i]), "%x", shown[i]);
    for (size_t i = 0; i < LENGTH(printable); i++)
        ck_assert_msg(utf8_is_printable(printable[i]), "%x", printable[i]);
    for (size_t i = 0; i < LENGTH(hidden); i++)
        ck_assert_msg(!utf8_is_printable(hidden[i]), "%x", hidden[i]);
}
END_TEST

Suite *suite_utf8(void)
{
    Suite *suite = suite_create("utf8");
    TCase *all = tcase_create("utf8");
    tcase_add_test(all, test_every_point);
    tcase_add_test(all, test_refuses);
    tcase_add_test(all, test_classes);
    suite_add_tcase(suite, all);
    return suite;
}
