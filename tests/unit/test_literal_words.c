/* SPDX-License-Identifier: BSD-2-Clause */
/* Words as people type them: what they are read as, and that they print back. */
#include <check.h>

#include "tests/support/literal_kit.h"

Suite *suite_literal_words(void);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct word {
    const char *text;
    enum literal_number numbers;
    const char *repr; /* NULL: an error */
    size_t column;
    const char *message;
};

static const struct word words[] = {
#define GOOD(text, repr)               {text, LITERAL_EXACT, repr, 0, NULL},
#define ANY(text, repr)                {text, LITERAL_ANY, repr, 0, NULL},
#define BAD(text, column, message)     {text, LITERAL_EXACT, NULL, column, message},
#define BAD_ANY(text, column, message) {text, LITERAL_ANY, NULL, column, message},
#include "tests/support/literal_words.def"
};

enum { WORDS_LEAST = 85 };

static void check_good(const struct word *word, struct buf *value)
{
    const char *broken = literal_kit_broken(buf_bytes(value));
    struct buf repr;
    buf_init(&repr);
    literal_print_python(buf_bytes(value), &literal_kit_names, &repr);
    ck_assert_msg(bytes_equal(buf_bytes(&repr), bytes_text(word->repr)), "<%s>: %.*s, not %s",
                  word->text, (int)repr.len, (const char *)repr.data, word->repr);
    ck_assert_msg(broken == NULL, "<%s>: %s", word->text, broken);
    buf_free(&repr);
}

START_TEST(test_word)
{
    const struct word *word = &words[_i];
    struct literal_error error = {0};
    struct buf value;
    bool ok;
    buf_init(&value);
    buf_put_text(&value, "before");
    ok = literal_read(bytes_text(word->text), word->numbers, &literal_kit_names, &value, &error);
    ck_assert_msg(ok == (word->repr != NULL), "<%s>: %s", word->text, ok ? "read" : error.text);
    ck_assert_msg(memcmp(value.data, "before", 6) == 0, "<%s>", word->text);
    if (ok) {
        memmove(value.data, value.data + 6, value.len -= 6);
        check_good(word, &value);
    } else {
        ck_assert_msg(value.len == 6, "<%s>: out was changed", word->text);
        ck_assert_msg(error.column == word->column, "<%s>: column %zu, not %zu (%s)", word->text,
                      error.column, word->column, error.text);
        ck_assert_msg(strstr(error.text, word->message) != NULL, "<%s>: %s", word->text,
                      error.text);
    }
    buf_free(&value);
}
END_TEST

START_TEST(test_enough_words)
{
    ck_assert_uint_ge(LENGTH(words), WORDS_LEAST);
}
END_TEST

START_TEST(test_refs_without_names)
{
    struct literal_error error;
    struct buf value;
    buf_init(&value);
    ck_assert(!literal_read(bytes_text("!ref ~1"), LITERAL_EXACT, NULL, &value, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no meaning here"));
    ck_assert_uint_eq(error.column, 1);
    buf_free(&value);
}
END_TEST

Suite *suite_literal_words(void)
{
    Suite *suite = suite_create("literal_words");
    TCase *words_case = tcase_create("words");
    tcase_add_loop_test(words_case, test_word, 0, LENGTH(words));
    tcase_add_test(words_case, test_enough_words);
    tcase_add_test(words_case, test_refs_without_names);
    suite_add_tcase(suite, words_case);
    return suite;
}
