/* SPDX-License-Identifier: BSD-2-Clause */
/* What handlers answer: errors with their texts, values, pages, and what does not fit. */
#include <time.h>

#include "tests/support/alloc.h"
#include "tests/support/fakelock.h"
#include "wire.pb-c.h"
#include "wire/base/utf8.h"

enum { FRAME = 100000 };

static struct engine *engine;
static int (*handler)(struct ctx *ctx); /* what value_get does */
static struct bytes key;

/* Of the last answer; its texts stay valid until the next one. */
static struct result told;

static int on_get(struct ctx *ctx, const void *in)
{
    (void)in;
    return handler(ctx);
}

static int on_create(struct ctx *ctx, const void *in)
{
    return object_create_new(ctx, in) == NULL ? -1 : 0;
}

static void tell(void *arg, const struct completion *completion)
{
    (void)arg;
    if (completion->result != NULL)
        told = *completion->result;
}

static struct handlers handlers;
static const struct sink sink = {.done = tell};

static void setup(void)
{
    struct engine_options options = {.limits = {.frame_bytes = FRAME}};
    struct session_open open = {.window = 1};
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    handlers = fakelock_handlers;
    handlers.by_number[WIRE__REQUEST__OP_VALUE_GET] = on_get;
    handlers.by_number[WIRE__REQUEST__OP_OBJECT_CREATE] = on_create;
    engine = engine_new(&handlers, &options);
    ck_assert_ptr_nonnull(engine);
    in.has_name = true, in.name = world_text("a");
    in.has_type = true, in.type = world_text("value");
    request.id = 1;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &in;
    struct command command = {.kind = COMMAND_REQUEST, .open = &open, .request = &request};
    ck_assert_int_eq(engine_apply(engine, &command, &sink).outcome, OUTCOME_EFFECT);
}

static void teardown(void)
{
    engine_free(engine);
}

/* value_get of "a" does this. */
static void read_with(int (*doing)(struct ctx *ctx))
{
    Wire__ValueGet in = WIRE__VALUE_GET__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    struct command command = {.kind = COMMAND_REQUEST, .request = &request};
    handler = doing;
    in.name = world_text("a");
    request.id = 2;
    request.op_case = WIRE__REQUEST__OP_VALUE_GET;
    request.value_get = &in;
    told = (struct result){.kind = RESULT_NONE};
    engine_read(engine, &command, &sink);
}

static bool is_utf8(struct bytes text)
{
    while (text.len > 0) {
        uint32_t point;
        size_t len = utf8_decode(text, &point);
        if (len == 0)
            return false;
        text = bytes_of(text.data + len, text.len - len);
    }
    return true;
}

static int fail_short(struct ctx *ctx)
{
    return fail(ctx, ERR_VALUE, "%d is %s", 5, "odd");
}

START_TEST(an_error_names_its_object)
{
    read_with(fail_short);
    ck_assert_int_eq(told.kind, RESULT_ERROR);
    ck_assert_int_eq(told.code, ERR_VALUE);
    ck_assert(bytes_equal(told.message, bytes_text("5 is odd")));
    ck_assert(bytes_equal(told.object, bytes_text("value \"a\"")));
}
END_TEST

static int shift; /* how many bytes before the first wide character */

static int fail_long(struct ctx *ctx)
{
    char text[2000] = "xxxx";
    size_t at = (size_t)shift;
    for (; at + 3 < sizeof text; at += 3)
        memcpy(text + at, "\xE2\x82\xAC", 3);
    text[at] = '\0';
    return fail(ctx, ERR_VALUE, "%s", text);
}

START_TEST(a_long_text_is_cut_between_characters)
{
    for (shift = 0; shift < 3; shift++) {
        read_with(fail_long);
        ck_assert_uint_gt(told.message.len, 500);
        ck_assert_uint_lt(told.message.len, 520);
        ck_assert(is_utf8(told.message));
    }
}
END_TEST

static int fail_the_key(struct ctx *ctx)
{
    return fail_key(ctx, key);
}

/* Nobody pays for the text of an error with more than a look at its beginning: of a tuple of n
 * items only the first ones are printed. */
START_TEST(a_huge_key_is_not_printed_whole)
{
    enum { ITEMS = 3000000 };
    struct buf value;
    buf_init(&value);
    size_t mark = val_open(&value, VAL_TUPLE);
    for (size_t i = 0; i < ITEMS; i++)
        val_put_item(&value, VAL_TRUE);
    val_close(&value, mark);
    key = buf_bytes(&value);
    clock_t began = clock();
    read_with(fail_the_key);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    ck_assert_int_eq(told.code, ERR_KEY);
    ck_assert_mem_eq(told.message.data, "(True, True, ", 13);
    ck_assert_mem_eq(told.message.data + told.message.len - 3, "...", 3);
    ck_assert_msg(seconds < 0.02, "%f s for the text of an error", seconds);
    buf_free(&value);
}
END_TEST

/* KeyError of a str of n euro signs. */
static void miss_key(size_t n)
{
    struct buf text, value;
    buf_init(&text);
    buf_init(&value);
    for (size_t i = 0; i < n; i++)
        buf_put_text(&text, "\xE2\x82\xAC");
    val_put_str(&value, buf_bytes(&text));
    key = buf_bytes(&value);
    read_with(fail_the_key);
    ck_assert_int_eq(told.code, ERR_KEY);
    ck_assert(is_utf8(told.message));
    ck_assert(told.value.len == 0 || bytes_equal(told.value, key));
    buf_free(&text);
    buf_free(&value);
}

START_TEST(a_missing_key_is_shown_and_sent_back)
{
    miss_key(1);
    ck_assert(bytes_equal(told.message, bytes_text("'\xE2\x82\xAC'")));
    ck_assert_uint_gt(told.value.len, 0);
    miss_key(100);
    ck_assert_uint_lt(told.message.len, 210);
    ck_assert_mem_eq(told.message.data + told.message.len - 3, "...", 3);
    ck_assert_uint_gt(told.value.len, 300);
    miss_key(30000);
    ck_assert_uint_lt(told.message.len, 210);
    ck_assert_uint_eq(told.value.len, 0);
}
END_TEST

START_TEST(without_memory_the_code_says_enough)
{
    alloc_fail_at(1);
    read_with(fail_short);
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 1);
    ck_assert_int_eq(told.code, ERR_VALUE);
    ck_assert(bytes_equal(told.message, bytes_text(error_row(ERR_VALUE)->meaning)));
}
END_TEST

static size_t built; /* bytes in the scratch buffer */

static int page(struct ctx *ctx)
{
    struct buf *out = ctx_scratch(ctx);
    char cursor[] = "here";
    uint8_t *at = buf_reserve(out, built);
    if (at != NULL) {
        memset(at, 0, built);
        out->len += built;
    }
    return reply_page(ctx, bytes_text(cursor)); /* the text goes with this function */
}

START_TEST(a_page_and_its_cursor)
{
    built = 10;
    read_with(page);
    ck_assert_int_eq(told.kind, RESULT_PAGE);
    ck_assert_uint_eq(told.value.len, 10);
    ck_assert(bytes_equal(told.cursor, bytes_text("here")));
}
END_TEST

START_TEST(what_does_not_fit_in_a_frame)
{
    built = FRAME - 10; /* as a value it fits, with its frame it does not */
    read_with(page);
    ck_assert_int_eq(told.code, ERR_TOO_LARGE);
    built = FRAME + 1;
    read_with(page);
    ck_assert_int_eq(told.code, ERR_TOO_LARGE);
    built = FRAME - 1000;
    for (size_t n = 1; n < 3; n++) { /* the cursor's copy, the page itself */
        engine_free(engine);
        setup();
        alloc_fail_at(n);
        read_with(page);
        alloc_fail_never();
        ck_assert_int_eq(told.code, ERR_NOMEM);
    }
    read_with(page);
    ck_assert_int_eq(told.kind, RESULT_PAGE);
}
END_TEST

static int numbers(struct ctx *ctx)
{
    return reply_int(ctx, INT64_MIN);
}

START_TEST(numbers_are_values)
{
    read_with(numbers);
    ck_assert_int_eq(told.kind, RESULT_VALUE);
    ck_assert(val_read(told.value).integer == INT64_MIN);
}
END_TEST

Suite *suite_handler_reply(void);
Suite *suite_handler_reply(void)
{
    Suite *suite = suite_create("handler_reply");
    TCase *tc = tcase_create("answer");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_error_names_its_object);
    tcase_add_test(tc, a_long_text_is_cut_between_characters);
    tcase_add_test(tc, a_missing_key_is_shown_and_sent_back);
    tcase_add_test(tc, a_huge_key_is_not_printed_whole);
    tcase_add_test(tc, without_memory_the_code_says_enough);
    tcase_add_test(tc, a_page_and_its_cursor);
    tcase_add_test(tc, what_does_not_fit_in_a_frame);
    tcase_add_test(tc, numbers_are_values);
    suite_add_tcase(suite, tc);
    return suite;
}
