/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr against daemons that lie: no crash, no unbounded memory, no endless loop. */
#include <check.h>
#include <stdlib.h>

#include "client/mgr.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

enum { ROUNDS = 500 };

static struct fake *fake;
static struct mgr *m;

static enum mgr_status open_to(int64_t timeout_ms)
{
    const struct mgr_options options = {
        .server = fake->address, .client = "test", .timeout_ms = timeout_ms};
    return mgr_open(&m, &options);
}

/* ---- welcomes that make no sense ---- */

START_TEST(test_senseless_welcome)
{
    static const struct fake_welcome welcomes[] = {
        {0, 0, 32, 5000, 1 << 20, "s"},  {0, 3, 32, 5000, 1 << 20, "s"},
        {0, 256, 31, 5000, 1 << 20, ""}, {0, 256, 64, 5000, 1 << 20, "s"},
        {1, 256, 32, 5000, 1 << 20, ""}, {9, 256, 32, 5000, 1 << 20, "s"},
    };
    fake = fake_start(fake_script_good, NULL);
    fake->welcome = welcomes[_i];
    fake->shameless = true;
    ck_assert_int_eq(open_to(100), MGR_PROTOCOL);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "makes no sense"));
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_PROTOCOL);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

/* Odd, but one can live with it. */
START_TEST(test_odd_welcome)
{
    static const struct fake_welcome welcomes[] = {
        {2, 256, 32, UINT64_MAX, UINT64_MAX, ""},
        {3, 4096, 32, 0, 1 << 20, "s"},
        {0, 1U << 31, 32, 0, 1 << 20,
         "a state id that is longer than sixty-four bytes, which nobody needs"},
        {0, 1, 32, 0, 1 << 20, "s"},
    };
    fake = fake_start(fake_script_good, NULL);
    fake->welcome = welcomes[_i];
    fake->shameless = true;
    ck_assert_int_eq(open_to(1000), MGR_OK);
    mgr_pipeline_begin(m, NULL, NULL);
    for (int i = 0; i < 600; i++)
        ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

struct greeting {
    const char *bytes;
    size_t len;
    enum mgr_status status;
};

static void script_greeting(struct fake *f)
{
    const struct greeting *greeting = f->arg;
    while (fake_accept(f)) {
        fake_read(f);
        fake_send(f, bytes_of(greeting->bytes, greeting->len));
    }
}

START_TEST(test_no_welcome)
{
    static const struct greeting greetings[] = {
        {"", 0, MGR_UNREACHABLE},     /* closes */
        {"\x05", 1, MGR_UNREACHABLE}, /* closes within a frame */
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, MGR_UNREACHABLE},
        {"\xff\xff\xff\xff\x0f", 5, MGR_PROTOCOL}, /* 4 GiB */
        {"\x00", 1, MGR_PROTOCOL},
        {"\x02\x08\x01", 3, MGR_PROTOCOL},                     /* no result */
        {"\x04\x08\x01\x1a\x00", 5, MGR_INTERNAL},             /* an error without a code */
        {"\x06\x08\x01\x1a\x02\x08\x4d", 7, MGR_INTERNAL},     /* with an unknown one */
        {"\x07\x08\x01\x1a\x03\x08\xcb\x01", 8, MGR_INTERNAL}, /* with one of the library's */
        {"\x06\x08\x01\x1a\x02\x08\x60", 7, MGR_SHUTTING_DOWN},
        {"\x04\x4a\x02\x08\x62", 5, MGR_PROTOCOL}, /* a push */
        {"\x04\x08\x01\x2a\x00", 5, MGR_PROTOCOL}, /* a value */
    };
    struct greeting greeting = greetings[_i];
    fake = fake_start(script_greeting, &greeting);
    ck_assert_int_eq(open_to(100), greeting.status);
    ck_assert_str_ne(mgr_error(m), "");
    ck_assert_int_eq(mgr_fd(m), -1);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

/* ---- replies ---- */

/* A Response with a value that is not one, and the like. */
struct lie {
    const char *bytes;
    size_t len;
    enum mgr_status read, write;
};

static void script_lie(struct fake *f)
{
    const struct lie *lie = f->arg;
    struct buf frame;
    buf_init(&frame);
    while (fake_hello(f)) {
        while (fake_read(f) && f->request.op_case != WIRE__REQUEST__OP_SESSION_BYE) {
            buf_reset(&frame, SIZE_MAX);
            reply_put_frame(&frame, f->request.id, 1, bytes_of(lie->bytes, lie->len));
            fake_send(f, buf_bytes(&frame));
        }
    }
    buf_free(&frame);
}

START_TEST(test_lies)
{
    static const struct lie lies[] = {
        {"\x2a\x02\x32\x7f", 4, MGR_PROTOCOL, MGR_UNKNOWN},         /* str past its end */
        {"\x2a\x02\x18\x80", 4, MGR_PROTOCOL, MGR_UNKNOWN},         /* int cut off */
        {"\x2a\x04\x42\x02\x0a\x05", 6, MGR_PROTOCOL, MGR_UNKNOWN}, /* list item past its end */
        {"\x2a\x02\x7a\x00", 4, MGR_PROTOCOL, MGR_UNKNOWN},         /* an unknown kind */
        {"\x2a\x03\x52\x01\x0a", 5, MGR_PROTOCOL, MGR_UNKNOWN},     /* half a pair */
        {"\x3a\x04\x0a\x02\x32\x7f", 6, MGR_PROTOCOL, MGR_UNKNOWN}, /* a page with such items */
        {"\x32\x04\x22\x02\x32\x7f", 6, MGR_PROTOCOL, MGR_UNKNOWN}, /* a grant with such a value */
        {"", 0, MGR_PROTOCOL, MGR_UNKNOWN},                         /* no result */
        {"\x42\x00", 2, MGR_PROTOCOL, MGR_UNKNOWN},                 /* a second welcome */
        {"\x1a\x00", 2, MGR_INTERNAL, MGR_INTERNAL},                /* an error without a code */
        {"\x2a\x7f", 2, MGR_PROTOCOL, MGR_UNKNOWN},                 /* no message at all */
    };
    struct lie lie = lies[_i];
    struct mgr_value *value;
    fake = fake_start(script_lie, &lie);
    ck_assert_int_eq(open_to(1000), MGR_OK);
    ck_assert_int_eq(mgr_dict_get(m, "d", mgr_int(1), MGR_ABSENT, &value), lie.read);
    ck_assert_ptr_null(value);
    ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_int(1), MGR_ABSENT, &value), lie.write);
    ck_assert_ptr_null(value);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

static void script_giant(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    fake_send(f, bytes_of("\x80\x80\x80\x20", 4)); /* 64 MiB, and the limit is 1 MiB */
    while (fake_hello(f))
        fake_serve(f);
}

START_TEST(test_giant_is_not_waited_for)
{
    fake = fake_start(script_giant, NULL);
    fake->welcome.frame_limit = 1 << 20;
    ck_assert_int_eq(open_to(20000), MGR_OK);
    ck_assert_int_eq(mgr_dict_len(m, "d", NULL), MGR_PROTOCOL);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

/* ---- mutated replies ---- */

struct mutant {
    uint64_t seed;
    size_t sent;
    struct buf frame;
};

static uint64_t next(struct mutant *mutant)
{
    mutant->seed = mutant->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return mutant->seed >> 33;
}

static void put_good(struct buf *out, uint64_t id, uint64_t kind)
{
    struct buf value;
    buf_init(&value);
    size_t dict = val_open(&value, VAL_DICT);
    val_put_field_text(&value, "text", "some text");
    val_put_field_int(&value, "int", -123456789);
    val_put_field(&value, "none", VAL_NONE_BYTES);
    val_close(&value, dict);
    struct result result = {.kind = RESULT_VALUE, .value = buf_bytes(&value)};
    result.token = 5;
    result.code = ERR_KEY;
    result.message = bytes_text("'x'");
    result.object = bytes_text("dict \"d\"");
    result.cursor = bytes_text("cursor");
    static const enum result_kind kinds[] = {RESULT_VALUE, RESULT_PAGE, RESULT_GRANT, RESULT_ERROR,
                                             RESULT_PUSH};
    result.kind = kinds[kind % 5];
    reply_put(out, result.kind == RESULT_PUSH ? 0 : id, 9, &result);
    buf_free(&value);
}

static void mutate(struct mutant *mutant)
{
    struct buf *frame = &mutant->frame;
    for (uint64_t n = 1 + next(mutant) % 4; n > 0; n--) {
        size_t at = next(mutant) % frame->len;
        switch (next(mutant) % 4) {
        case 0:
            frame->data[at] ^= (uint8_t)(1U << next(mutant) % 8);
            break;
        case 1:
            frame->data[at] = (uint8_t)next(mutant);
            break;
        case 2:
            frame->data[at] = 0xff;
            break;
        default:
            frame->len = at + 1;
            break;
        }
    }
}

/* A mutated reply, a good one behind it in case that the first was passed over, and the end. */
static void script_mutants(struct fake *f)
{
    struct mutant *mutant = f->arg;
    while (fake_hello(f)) {
        f->welcome.outcome = next(mutant) % 3 == 0 ? 3 : 1;
        if (!fake_read(f))
            continue;
        buf_reset(&mutant->frame, SIZE_MAX);
        put_good(&mutant->frame, f->request.id, next(mutant));
        mutate(mutant);
        put_good(&mutant->frame, f->request.id, 0);
        fake_send(f, buf_bytes(&mutant->frame));
        mutant->sent++;
    }
}

static void look_into(struct mgr_view view, int depth)
{
    struct mgr_iter it = mgr_iter(view);
    struct mgr_view key, value;
    const char *text;
    size_t len;
    ck_assert_int_lt(depth, 40);
    if (mgr_as_str(view, &text, &len) && len > 0)
        ck_assert(text[len - 1] != '\xff');
    if (mgr_kind(view) == MGR_KIND_DICT) {
        while (mgr_next_pair(&it, &key, &value)) {
            look_into(key, depth + 1);
            look_into(value, depth + 1);
        }
        return;
    }
    while (mgr_next(&it, &value))
        look_into(value, depth + 1);
}

START_TEST(test_mutants)
{
    struct mutant mutant = {.seed = (uint64_t)_i * 7919 + 1};
    size_t well = 0, badly = 0;
    fake = fake_start(script_mutants, &mutant);
    ck_assert_int_eq(open_to(2000), MGR_OK);
    for (int i = 0; i < ROUNDS; i++) {
        struct mgr_value *value = NULL;
        enum mgr_status status = i % 2 == 0 ? mgr_dict_get(m, "d", mgr_int(i), MGR_ABSENT, &value)
                                            : mgr_dict_incr(m, "d", mgr_int(i), MGR_ABSENT, &value);
        ck_assert_int_eq(status == MGR_OK, mgr_error(m)[0] == '\0');
        ck_assert(status == MGR_OK || value == NULL);
        well += status == MGR_OK;
        badly += status != MGR_OK;
        if (value != NULL) {
            char *printed = mgr_print(mgr_view(value), MGR_PYTHON);
            ck_assert_ptr_nonnull(printed);
            free(printed);
            look_into(mgr_view(value), 0);
        }
        mgr_value_free(value);
        if (status == MGR_SUPERSEDED) {
            mgr_abandon(m);
            fake->welcome.outcome = 0;
            ck_assert_int_ne(open_to(2000), MGR_NOMEM);
        }
    }
    mgr_abandon(m);
    ck_assert(fake_end(fake));
    buf_free(&mutant.frame);
    ck_assert_uint_gt(well, 20);
    ck_assert_uint_gt(badly, 20);
}
END_TEST

Suite *suite_client_hostile(void);
Suite *suite_client_hostile(void)
{
    Suite *suite = suite_create("client_hostile");
    TCase *tests = tcase_create("client_hostile");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_senseless_welcome, 0, 6);
    tcase_add_loop_test(tests, test_odd_welcome, 0, 4);
    tcase_add_loop_test(tests, test_no_welcome, 0, 12);
    tcase_add_loop_test(tests, test_lies, 0, 11);
    tcase_add_test(tests, test_giant_is_not_waited_for);
    tcase_add_loop_test(tests, test_mutants, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
