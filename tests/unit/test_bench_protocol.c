/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of bench/protocol_*.c and form.c: what is written, and what is made of replies, wherever
 * they are cut. */
#include <check.h>
#include <stdlib.h>

#include "bench/protocol.h"
#include "ops_numbers.h"

Suite *suite_bench_protocol(void);

enum { VALUE_SIZE = 5 };

/* A reply, the request it answers (a step of a workload), and what is to be made of it. */
struct row {
    const char *workload;
    unsigned step;
    const char *reply;
    size_t len;
    enum reply_verdict verdict;
    const char *text; /* NULL: none is asked for */
};

#define ROW(workload, step, reply, verdict, text)               \
    {                                                           \
        workload, step, reply, sizeof(reply) - 1, verdict, text \
    }
/* id 300, revision 2^35 */
#define HEAD   "\x08\xac\x02\x10\x80\x80\x80\x80\x80\x01"
#define OTHER  "a result of another kind, or a value of another length"
#define LENGTH "a value of another length"

static const struct row mgr_rows[] = {
    ROW("get", 0, "\x13" HEAD "\x2a\x07\x3a\x05xxxxx", VERDICT_OK, NULL),
    ROW("get", 0, "\x14" HEAD "\x2a\x08\x3a\x06xxxxxx", VERDICT_WRONG, OTHER),
    ROW("get", 0, "\x13" HEAD "\x2a\x07\x32\x05xxxxx", VERDICT_WRONG, OTHER),
    ROW("get", 0, "\x0c" HEAD "\x22\x00", VERDICT_WRONG, OTHER),
    ROW("get", 0, "\x13" HEAD "\x1a\x07\x08\x06\x12\x03'a'", VERDICT_MISS, "'a'"),
    ROW("get", 0, "\x13" HEAD "\x1a\x07\x08\x40\x12\x03sad", VERDICT_WRONG, "sad"),
    ROW("get", 0, "\x0e" HEAD "\x1a\x02\x08\x40", VERDICT_WRONG, "an error without a message"),
    ROW("set", 0, "\x0c" HEAD "\x22\x00", VERDICT_OK, NULL),
    ROW("set", 0, "\x0e" HEAD "\x22\x02\x08\x01", VERDICT_WRONG, OTHER),
    ROW("list-pop", 0, "\x13" HEAD "\x2a\x07\x3a\x05xxxxx", VERDICT_OK, NULL),
    ROW("queue-get", 0, "\x15" HEAD "\x32\x09\x22\x07\x3a\x05xxxxx", VERDICT_OK, NULL),
    ROW("queue-get", 0, "\x17" HEAD "\x32\x0b\x22\x07\x3a\x05xxxxx\x38\x01", VERDICT_OK, NULL),
    ROW("queue-get", 0, "\x13" HEAD "\x2a\x07\x3a\x05xxxxx", VERDICT_WRONG, OTHER),
    ROW("queue-get", 0, "\x0e" HEAD "\x1a\x02\x08\x21", VERDICT_WRONG, NULL),
    ROW("lock", 0, "\x11" HEAD "\x32\x05\x08\x80\x01\x10\x01", VERDICT_OK, NULL),
    ROW("lock", 0, "\x0e" HEAD "\x32\x02\x10\x01", VERDICT_WRONG, OTHER),
    ROW("lock", 0, "\x0e" HEAD "\x1a\x02\x08\x20", VERDICT_WRONG, NULL),
    ROW("lock", 1, "\x0c" HEAD "\x22\x00", VERDICT_OK, NULL),
    ROW("value-add", 0, "\x0f" HEAD "\x2a\x03\x18\x80\x01", VERDICT_OK, NULL),
    ROW("value-add", 0, "\x13" HEAD "\x2a\x07\x3a\x05xxxxx", VERDICT_WRONG, OTHER),
    /* a push, without an id and with id 0 */
    ROW("get", 0,
        "\x09\x10\x05\x4a\x05\x12\x03"
        "bye",
        VERDICT_PUSH, "bye"),
    ROW("get", 0,
        "\x0b\x08\x00\x10\x05\x4a\x05\x12\x03"
        "bye",
        VERDICT_PUSH, "bye"),
};

static const struct row resp_rows[] = {
    ROW("get", 0, "$5\r\nxxxxx\r\n", VERDICT_OK, NULL),
    ROW("get", 0, "$-1\r\n", VERDICT_MISS, NULL),
    ROW("get", 0, "$6\r\nxxxxxx\r\n", VERDICT_WRONG, LENGTH),
    ROW("get", 0, "$0\r\n\r\n", VERDICT_WRONG, LENGTH),
    ROW("get", 0, "+OK\r\n", VERDICT_WRONG, "+OK"),
    ROW("set", 0, "+OK\r\n", VERDICT_OK, NULL),
    ROW("set", 0, "-ERR no\r\n", VERDICT_WRONG, "-ERR no"),
    ROW("set", 0, "$5\r\nxxxxx\r\n", VERDICT_WRONG, "$5"),
    ROW("queue-put", 0, ":17\r\n", VERDICT_OK, NULL),
    ROW("lock", 0, "+OK\r\n", VERDICT_OK, NULL),
    ROW("lock", 0, "$-1\r\n", VERDICT_WRONG, "$-1"),
    ROW("lock", 1, ":1\r\n", VERDICT_OK, NULL),
    ROW("lock", 1, ":0\r\n", VERDICT_WRONG, ":0"),
};

enum { MGR_ROWS = sizeof mgr_rows / sizeof *mgr_rows };
enum { RESP_ROWS = sizeof resp_rows / sizeof *resp_rows };

static struct form_recipe recipe_of(const char *workload, unsigned step)
{
    const struct workload *row = workload_find(workload);
    return (struct form_recipe){&row->steps[step], "bench", row->type, row->own, VALUE_SIZE};
}

/* The row's reply, of which only the first `there` bytes are there: in memory of that size, so that
 * a sanitizer sees every look beyond. */
static long take(const struct protocol *protocol, const struct row *row, size_t there,
                 struct reply *reply)
{
    const struct form_recipe recipe = recipe_of(row->workload, row->step);
    const struct form form = {.step = recipe.step, .value_size = VALUE_SIZE};
    uint8_t *copy = malloc(there + (there == 0));
    memcpy(copy, row->reply, there);
    long used = protocol->take_reply(copy, there, &form, reply);
    if (used > 0 && row->text != NULL)
        ck_assert_msg(bytes_equal(reply->text, bytes_text(row->text)), "%.*s", (int)reply->text.len,
                      (const char *)reply->text.data);
    free(copy);
    return used;
}

static void check_row(const struct protocol *protocol, const struct row *row)
{
    struct reply reply;
    ck_assert_int_eq(take(protocol, row, row->len, &reply), (long)row->len);
    ck_assert_int_eq(reply.verdict, row->verdict);
    for (size_t there = 0; there < row->len; there++) {
        long used = take(protocol, row, there, &reply);
        ck_assert_msg(used == 0 || used == (long)row->len, "%zu bytes: %ld", there, used);
        if (used > 0)
            ck_assert_int_eq(reply.verdict, row->verdict);
    }
}

START_TEST(test_mgr_replies)
{
    check_row(&protocol_mgr, &mgr_rows[_i]);
}
END_TEST

START_TEST(test_resp_replies)
{
    check_row(&protocol_resp, &resp_rows[_i]);
}
END_TEST

/* Of a large value only the begin need be there, and its length counts. */
START_TEST(test_large_values)
{
    static const uint8_t mgr[128] = "\x8e\x80\x04" HEAD "\x2a\xff\xff\x03\x3a\xfb\xff\x03";
    static const char resp[] = "$65531\r\nxxx";
    const struct form_recipe recipe = recipe_of("get", 0);
    const struct form form = {.step = recipe.step, .value_size = 65531};
    struct reply reply;
    ck_assert_int_eq(protocol_mgr.take_reply(mgr, sizeof mgr, &form, &reply), 3 + 0x1000e);
    ck_assert_int_eq(reply.verdict, VERDICT_OK);
    ck_assert_int_eq(protocol_mgr.take_reply(mgr, sizeof mgr - 1, &form, &reply), 0);
    ck_assert_int_eq(
        protocol_resp.take_reply((const uint8_t *)resp, sizeof resp - 1, &form, &reply),
        8 + 65531 + 2);
    ck_assert_int_eq(reply.verdict, VERDICT_OK);
}
END_TEST

static const struct {
    const struct protocol *protocol;
    const char *reply;
    size_t len;
} broken[] = {
    {&protocol_mgr, "\x00", 1},
    {&protocol_mgr, "\xff\xff\xff\xff\x7f", 5},
    {&protocol_mgr, "\x02\x08\x01", 3},
    {&protocol_mgr, "\x04\x08\x01\x10\xff", 5},
    {&protocol_mgr, "\x03\x08\x01\x2b", 4},
    {&protocol_resp, "\r\n", 2},
    {&protocol_resp, "OK\r\n", 4},
    {&protocol_resp, "*1\r\n", 4},
    {&protocol_resp, "+OK\n", 4},
    {&protocol_resp, "$x\r\n", 4},
    {&protocol_resp, "$\r\n", 3},
    {&protocol_resp, "$-2\r\n", 5},
    {&protocol_resp, "$99999999999999999999\r\n", 23},
};

START_TEST(test_broken)
{
    const struct row row = {"get", 0, broken[_i].reply, broken[_i].len, VERDICT_OK, NULL};
    struct reply reply;
    ck_assert_int_eq(take(broken[_i].protocol, &row, row.len, &reply), -1);
}
END_TEST

START_TEST(test_endless_line)
{
    uint8_t line[PROTOCOL_HEAD_MAX];
    const struct form_recipe recipe = recipe_of("get", 0);
    const struct form form = {.step = recipe.step, .value_size = VALUE_SIZE};
    struct reply reply;
    memset(line, '+', sizeof line);
    ck_assert_int_eq(protocol_resp.take_reply(line, sizeof line - 1, &form, &reply), 0);
    ck_assert_int_eq(protocol_resp.take_reply(line, sizeof line, &form, &reply), -1);
}
END_TEST

START_TEST(test_hello)
{
    static const uint8_t welcome[] = "\x0c\x08\x01\x42\x08\x12\x03tok\x20\x80\x02";
    unsigned window = 0;
    for (size_t there = 0; there < sizeof welcome - 1; there++)
        ck_assert_int_eq(protocol_mgr.take_hello(welcome, there, &window), 0);
    ck_assert_int_eq(protocol_mgr.take_hello(welcome, sizeof welcome - 1, &window), 13);
    ck_assert_uint_eq(window, 256);
    ck_assert_int_eq(
        protocol_mgr.take_hello((const uint8_t *)"\x06\x08\x01\x1a\x02\x08\x61", 7, &window), -1);
    ck_assert_int_eq(protocol_resp.take_hello((const uint8_t *)"+PONG\r", 6, &window), 0);
    ck_assert_int_eq(protocol_resp.take_hello((const uint8_t *)"+PONG\r\n", 7, &window), 7);
    ck_assert_int_eq(protocol_resp.take_hello((const uint8_t *)"-", 1, &window), -1);
}
END_TEST

/* What a protocol writes for a step: the number is 42, the id of slot 3 in round 2. */
static void check_request(const struct protocol *protocol, const struct form_recipe *recipe,
                          struct bytes wanted)
{
    struct form form;
    struct buf out;
    buf_init(&out);
    protocol->make_form(&form, recipe);
    protocol->put_request(&out, &form, 2, 3, 42);
    buf_put_bytes(&out, form_rest(&form));
    ck_assert(!out.failed);
    ck_assert_msg(bytes_equal(buf_bytes(&out), wanted), "%.*s", (int)out.len,
                  (const char *)out.data);
    buf_free(&out);
    form_free(&form);
}

#define CHECK_REQUEST(protocol, recipe, text) \
    check_request(protocol, recipe, bytes_of(text, sizeof text - 1))

START_TEST(test_requests)
{
    struct form_recipe set = recipe_of("set", 0), lock = recipe_of("lock", 0);
    struct form_recipe add = recipe_of("value-add", 0);
    /* a prefix that looks like the number does not take its place */
    lock.prefix = "a000000000000";
    CHECK_REQUEST(&protocol_mgr, &set,
                  "\x2a\x08\x83\x04\x8a\x08\x24\x0a\x05"
                  "bench\x12\x12\x32\x10key:000000000042\x1a\x07\x3a\x05xxxxx");
    CHECK_REQUEST(&protocol_mgr, &lock,
                  "\x27\x08\x83\x04\x82\x24\x21\x0a\x1f"
                  "a000000000000/lock/000000000042");
    CHECK_REQUEST(&protocol_mgr, &add,
                  "\x17\x08\x83\x04\x92\x18\x11\x0a\x0b"
                  "bench/value\x12\x02\x18\x02");
    CHECK_REQUEST(&protocol_resp, &set,
                  "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000042\r\n$5\r\nxxxxx\r\n");
    CHECK_REQUEST(&protocol_resp, &lock,
                  "*6\r\n$3\r\nSET\r\n$31\r\na000000000000/lock/000000000042\r\n"
                  "$16\r\n0123456789abcdef\r\n$2\r\nNX\r\n$2\r\nPX\r\n$5\r\n30000\r\n");
}
END_TEST

/* A large value is sent from where it is: both pieces together are what one would have been. */
START_TEST(test_large_requests)
{
    static const struct protocol *const protocols[] = {&protocol_mgr, &protocol_resp};
    for (size_t i = 0; i < 2; i++) {
        struct form_recipe recipe = recipe_of("set", 0);
        struct form form;
        struct buf out;
        recipe.value_size = 100000;
        buf_init(&out);
        protocols[i]->make_form(&form, &recipe);
        protocols[i]->put_request(&out, &form, 1, 0, 42);
        ck_assert_uint_lt(out.len, 100);
        ck_assert_uint_eq(form_rest(&form).len, 100000);
        ck_assert_ptr_nonnull(memmem(out.data, out.len, "key:000000000042", 16));
        ck_assert_uint_eq(form.text.len, form.inline_len + 100000);
        buf_free(&out);
        form_free(&form);
    }
}
END_TEST

Suite *suite_bench_protocol(void)
{
    Suite *suite = suite_create("bench_protocol");
    TCase *tcase = tcase_create("protocol");
    tcase_add_loop_test(tcase, test_mgr_replies, 0, MGR_ROWS);
    tcase_add_loop_test(tcase, test_resp_replies, 0, RESP_ROWS);
    tcase_add_loop_test(tcase, test_broken, 0, sizeof broken / sizeof *broken);
    tcase_add_test(tcase, test_large_values);
    tcase_add_test(tcase, test_endless_line);
    tcase_add_test(tcase, test_hello);
    tcase_add_test(tcase, test_requests);
    tcase_add_test(tcase, test_large_requests);
    suite_add_tcase(suite, tcase);
    return suite;
}
