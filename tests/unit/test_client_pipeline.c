/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: pipelines: order, the window, outcomes, and what their function may do. */
#include <check.h>
#include <poll.h>
#include <stdlib.h>

#include "client/mgr.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

enum { WINDOW = 8, MANY = 1000 };

static struct fake *fake;
static struct mgr *m;

struct heard {
    size_t count, failed;
    enum mgr_status status; /* the last failure */
    int64_t sum;
    bool refused; /* a call from inside was */
};

static struct heard heard;

static void hear(void *arg, enum mgr_status status, struct mgr_view value, const char *error)
{
    struct heard *h = arg;
    int64_t n = 0;
    h->count++;
    if (mgr_as_int(value, &n))
        h->sum += n;
    if (status == MGR_OK)
        return;
    h->failed++;
    h->status = status;
    ck_assert_ptr_nonnull(error);
}

static void start(fake_script *script, void *arg)
{
    heard = (struct heard){0};
    fake = fake_start(script, arg);
    fake->welcome.window = WINDOW;
    const struct mgr_options options = {
        .server = fake->address, .client = "test", .window = WINDOW, .timeout_ms = 1000};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
}

static void end(void)
{
    mgr_close(m);
    ck_assert(fake_end(fake));
}

static void send_many(int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_int(i), MGR_ABSENT, NULL), MGR_OK);
}

/* Keeps as many unanswered as come, and answers them backwards. */
static void script_backwards(struct fake *f)
{
    uint64_t ids[WINDOW], slots, last = 0;
    size_t left = MANY;
    fake_hello(f);
    while (left > 0) {
        size_t n = 0, group = left < WINDOW - 1 ? left : WINDOW - 1;
        for (slots = 0; n < group && fake_read(f); n++) {
            ids[n] = f->request.id;
            fake_expect(f, ids[n] > last && f->request.acked < ids[n]);
            fake_expect(f, (slots >> ids[n] % WINDOW & 1) == 0);
            slots |= UINT64_C(1) << ids[n] % WINDOW;
            last = ids[n];
        }
        for (left -= n; n > 0; n--)
            fake_int(f, ids[n - 1], 2);
    }
    fake_serve(f);
}

START_TEST(test_window)
{
    start(script_backwards, NULL);
    mgr_pipeline_begin(m, hear, &heard);
    send_many(MANY);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard.count, MANY);
    ck_assert_int_eq(heard.sum, 2 * MANY);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

/* Reads a few, hangs up, and expects all unanswered again, in order, with their ids. */
static void script_resume(struct fake *f)
{
    uint64_t first[WINDOW], answered;
    fake_hello(f);
    size_t n = 0;
    for (; n < 5; n++) {
        fake_read(f);
        first[n] = f->request.id;
    }
    answered = first[2]; /* out of order: only this one */
    fake_int(f, answered, 1);
    fake_expect(f, fake_read(f)); /* the sixth: so the reply was taken */
    fake_expect(f, f->request.acked == first[0] - 1);
    uint64_t sixth = f->request.id;
    f->welcome.outcome = 1;
    fake_hello(f);
    for (size_t i = 0; i < n; i++) {
        if (first[i] == answered)
            continue;
        fake_read(f);
        fake_expect(f, f->request.id == first[i]);
        fake_int(f, first[i], 1);
    }
    fake_read(f);
    fake_expect(f, f->request.id == sixth);
    fake_int(f, sixth, 1);
    fake_serve(f);
}

START_TEST(test_resume_in_order)
{
    start(script_resume, NULL);
    mgr_pipeline_begin(m, hear, &heard);
    send_many(5);
    while (heard.count == 0)
        ck_assert_int_eq(mgr_pipeline_poll(m), MGR_OK);
    send_many(1);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard.count, 6);
    ck_assert_uint_eq(heard.failed, 0);
    end();
}
END_TEST

/* Reads requests that no socket buffer holds, slowly, and answers each. */
static void script_large(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 3; i++) {
        fake_expect(f, fake_read(f));
        fake_int(f, f->request.id, 1);
    }
    fake_serve(f);
}

/* A program with a loop of its own that waits only for replies never sends the rest of a large
 * request: mgr_events says what to wait for. */
START_TEST(test_large_requests_are_sent_by_poll)
{
    enum { LARGE = 2 << 20 };
    char *text = calloc(1, LARGE);
    ck_assert_ptr_nonnull(text);
    start(script_large, NULL);
    ck_assert_int_eq(mgr_events(m), POLLIN);
    mgr_pipeline_begin(m, hear, &heard);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mgr_list_append(m, "l", mgr_strn(text, LARGE)), MGR_OK);
    bool wanted_more = false;
    while (heard.count < 3) {
        struct pollfd fd = {mgr_fd(m), mgr_events(m), 0};
        wanted_more |= (fd.events & POLLOUT) != 0;
        ck_assert_int_eq(poll(&fd, 1, 10000), 1);
        ck_assert_int_eq(mgr_pipeline_poll(m), MGR_OK);
    }
    ck_assert(wanted_more);
    ck_assert_int_eq(mgr_events(m), POLLIN);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    end();
    free(text);
    ck_assert_int_eq(mgr_events(NULL), 0);
}
END_TEST

/* The session ends with requests on their way: every one is told, once. */
static void script_end(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 4; i++)
        fake_read(f);
    f->welcome.outcome = 2;
    fake_hello(f);
    fake_read(f); /* the one read among them is asked again */
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_DICT_LEN);
    fake_int(f, f->request.id, 7);
    fake_serve(f);
}

START_TEST(test_session_ends)
{
    start(script_end, NULL);
    mgr_pipeline_begin(m, hear, &heard);
    send_many(3);
    ck_assert_int_eq(mgr_dict_len(m, "d", NULL), MGR_OK);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "the session has ended"));
    ck_assert_uint_eq(heard.count, 4);
    ck_assert_uint_eq(heard.failed, 3);
    ck_assert_int_eq(heard.sum, 7);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

/* ---- nobody answers ---- */

static void script_silent(struct fake *f)
{
    fake_hello(f);
    while (fake_read(f))
        ;
    fake_expect(f, fake_hello(f) && !f->had_token);
    fake_serve(f);
}

START_TEST(test_no_answer)
{
    size_t sent = 0;
    enum mgr_status status = MGR_OK;
    start(script_silent, NULL);
    mgr_pipeline_begin(m, hear, &heard);
    while (status == MGR_OK && sent++ < MANY)
        status = mgr_dict_incr(m, "d", mgr_int(1), MGR_ABSENT, NULL);
    ck_assert_int_eq(status, MGR_UNREACHABLE);
    ck_assert_uint_eq(sent, WINDOW); /* the last one was not sent */
    ck_assert_uint_eq(heard.failed, WINDOW - 1);
    ck_assert_int_eq(heard.status, MGR_UNKNOWN);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_UNKNOWN);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

static void script_interrupt(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    mgr_interrupt(m);
    while (__atomic_load_n((int *)f->arg, __ATOMIC_ACQUIRE) == 0)
        ;
    fake_int(f, f->request.id, 1);
    fake_serve(f);
}

START_TEST(test_interrupted_end_goes_on)
{
    int seen = 0;
    start(script_interrupt, &seen);
    mgr_pipeline_begin(m, hear, &heard);
    send_many(1);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_INTERRUPTED);
    ck_assert_uint_eq(heard.count, 0);
    __atomic_store_n(&seen, 1, __ATOMIC_RELEASE);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard.count, 1);
    end();
}
END_TEST

/* ---- what is refused ---- */

static void hear_and_call(void *arg, enum mgr_status status, struct mgr_view value,
                          const char *error)
{
    struct heard *h = arg;
    (void)status, (void)value, (void)error;
    h->count++;
    h->refused = mgr_dict_clear(m, "d") == MGR_USAGE && mgr_pipeline_end(m) == MGR_USAGE &&
                 mgr_heartbeat(m) == MGR_USAGE;
}

START_TEST(test_no_calls_from_inside)
{
    start(fake_script_good, NULL);
    mgr_pipeline_begin(m, hear_and_call, &heard);
    send_many(20);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard.count, 20);
    ck_assert(heard.refused);
    end();
}
END_TEST

START_TEST(test_calls_that_do_not_fit)
{
    struct mgr_value *value;
    bool answer;
    size_t asked = 0;
    start(fake_script_count, &asked);
    mgr_pipeline_begin(m, hear, &heard);
    ck_assert_int_eq(mgr_dict_len(m, "d", &value), MGR_USAGE);
    ck_assert_int_eq(mgr_dict_has(m, "d", mgr_int(1), &answer), MGR_USAGE);
    ck_assert_int_eq(mgr_object_changed(m, "d", MGR_ABSENT, 1, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("\xff"), mgr_int(1)), MGR_VALUE);
    ck_assert_int_eq(mgr_heartbeat(m), MGR_OK); /* not one of fn's */
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq(mgr_pipeline_poll(m), MGR_USAGE);
    end();
    ck_assert_uint_eq(asked, 1);
}
END_TEST

static void script_failures(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 6 && fake_read(f); i++)
        if (i % 2 == 0)
            fake_int(f, f->request.id, 1);
        else
            fake_error(f, f->request.id, i == 1 ? ERR_KEY : ERR_TYPE, "wrong");
    fake_serve(f);
}

START_TEST(test_first_failure)
{
    start(script_failures, NULL);
    mgr_pipeline_begin(m, NULL, NULL);
    send_many(6);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_KEY);
    ck_assert_str_eq(mgr_error(m), "KeyError: wrong");
    ck_assert_int_eq(mgr_last_status(m), MGR_KEY);
    end();
}
END_TEST

/* ---- large requests ---- */

static void script_slow(struct fake *f)
{
    size_t *largest = f->arg;
    fake_hello(f);
    for (int i = 0; i < 30 && fake_read(f); i++) {
        struct bytes value =
            bytes_of(f->request.dict_set->value.data, f->request.dict_set->value.len);
        *largest = value.len > *largest ? value.len : *largest;
        fake_reply(f, f->request.id, &(struct result){.kind = RESULT_VALUE, .value = value});
    }
    fake_serve(f);
}

/* Replies as large as the requests: both sides must read while they write. */
START_TEST(test_large_requests)
{
    size_t largest = 0, len = 3 << 20;
    char *data = calloc(1, len);
    start(script_slow, &largest);
    mgr_pipeline_begin(m, hear, &heard);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(mgr_dict_set(m, "d", mgr_int(i), mgr_bytes(data, len)), MGR_OK);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard.count, 30);
    ck_assert_uint_gt(largest, len);
    char *huge = calloc(1, 17 << 20);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_int(1), mgr_bytes(huge, 17 << 20)), MGR_TOO_LARGE);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    free(huge);
    free(data);
    end();
}
END_TEST

/* What is on its way when the client is closed was sent, and is not told. */
START_TEST(test_close_with_requests_on_their_way)
{
    size_t asked = 0;
    start(fake_script_count, &asked);
    mgr_pipeline_begin(m, hear, &heard);
    send_many(5);
    end();
    ck_assert_uint_eq(asked, 5);
    ck_assert_uint_eq(heard.count, 0);
}
END_TEST

Suite *suite_client_pipeline(void);
Suite *suite_client_pipeline(void)
{
    Suite *suite = suite_create("client_pipeline");
    TCase *tests = tcase_create("client_pipeline");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_window);
    tcase_add_test(tests, test_large_requests_are_sent_by_poll);
    tcase_add_test(tests, test_resume_in_order);
    tcase_add_test(tests, test_session_ends);
    tcase_add_test(tests, test_no_answer);
    tcase_add_test(tests, test_interrupted_end_goes_on);
    tcase_add_test(tests, test_no_calls_from_inside);
    tcase_add_test(tests, test_calls_that_do_not_fit);
    tcase_add_test(tests, test_first_failure);
    tcase_add_test(tests, test_large_requests);
    tcase_add_test(tests, test_close_with_requests_on_their_way);
    suite_add_tcase(suite, tests);
    return suite;
}
