/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: what calls are granted, what comes too late, and what is given back. */
#include <check.h>
#include <stdlib.h>

#include "client/mgr.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

static struct fake *fake;
static struct mgr *m;

static void start(fake_script *script, void *arg, int64_t timeout_ms)
{
    fake = fake_start(script, arg);
    const struct mgr_options options = {
        .server = fake->address, .client = "test", .timeout_ms = timeout_ms};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
}

static void end(void)
{
    mgr_close(m);
    ck_assert(fake_end(fake));
}

static int64_t int_of(struct mgr_value *value)
{
    int64_t got = -1;
    ck_assert(mgr_as_int(mgr_view(value), &got));
    mgr_value_free(value);
    return got;
}

/* ---- grants ---- */

static void script_grants(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_RLOCK_ACQUIRE &&
                       f->request.wait_ms == 1500);
    fake_reply(
        f, f->request.id,
        &(struct result){
            .kind = RESULT_GRANT, .token = 77, .depth = 2, .lease_ms = 9000, .previous_token = 5});
    fake_read(f);
    fake_reply(f, f->request.id,
               &(struct result){.kind = RESULT_GRANT,
                                .token = 78,
                                .attempts = 3,
                                .redelivered = true,
                                .value = VAL_TRUE});
    fake_serve(f);
}

START_TEST(test_grant)
{
    struct mgr_grant grant;
    struct mgr_value *value;
    bool truth = false;
    start(script_grants, NULL, 0);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 0);
    ck_assert_int_eq(mgr_rlock_acquire(m, "r", 1500, &grant), MGR_OK);
    ck_assert_uint_eq(grant.token, 77);
    ck_assert_uint_eq(grant.depth, 2);
    ck_assert_uint_eq(grant.lease_ms, 9000);
    ck_assert_uint_eq(grant.previous_token, 5);
    ck_assert_uint_eq(grant.epoch, 1);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 77);
    ck_assert_int_eq(mgr_queue_get(m, "q", true, 0, &value), MGR_OK);
    ck_assert(mgr_as_bool(mgr_view(value), &truth) && truth);
    mgr_value_free(value);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 78);
    ck_assert_uint_eq(mgr_last_grant(m)->attempts, 3);
    ck_assert(mgr_last_grant(m)->redelivered);
    ck_assert_int_eq(mgr_queue_ack(m, "q", 78), MGR_OK);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 0);
    end();
}
END_TEST

static void script_named(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 2 && fake_read(f); i++)
        fake_grant(f, f->request.id, 77, 5);
    fake_serve(f);
}

START_TEST(test_grant_by_name_is_a_dict)
{
    const struct mgr_named name = {"name", mgr_str("q")};
    struct mgr_value *value;
    struct mgr_view field;
    int64_t number = 0;
    start(script_named, NULL, 0);
    ck_assert_int_eq(mgr_call(m, "queue get", &name, 1, 0, &value), MGR_OK);
    ck_assert(mgr_field(mgr_view(value), "value", &field) && mgr_as_int(field, &number));
    ck_assert_int_eq(number, 5);
    ck_assert(mgr_field(mgr_view(value), "token", &field) && mgr_as_int(field, &number));
    ck_assert_int_eq(number, 77);
    mgr_value_free(value);
    ck_assert_int_eq(mgr_call(m, "lock acquire", &name, 1, 0, NULL), MGR_OK);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 77);
    end();
}
END_TEST

static void script_condition(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 2 && fake_read(f); i++) {
        fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_CONDITION_WAIT &&
                           f->request.wait_ms == 50);
        fake_reply(f, f->request.id,
                   &(struct result){.kind = RESULT_GRANT,
                                    .token = 90 + (uint64_t)i,
                                    .value = i == 0 ? VAL_TRUE : VAL_FALSE});
    }
    fake_serve(f);
}

START_TEST(test_condition_answers_and_has_a_new_token)
{
    bool notified = false;
    start(script_condition, NULL, 0);
    ck_assert_int_eq(mgr_condition_wait(m, "c", MGR_ABSENT, 50, &notified), MGR_OK);
    ck_assert(notified);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 90);
    ck_assert_int_eq(mgr_condition_wait(m, "c", MGR_ABSENT, 50, &notified), MGR_OK);
    ck_assert(!notified);
    ck_assert_uint_eq(mgr_last_grant(m)->token, 91);
    end();
}
END_TEST

static void script_lost(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 2 && fake_read(f); i++) {
        fake_expect(f, f->request.lock_release->token == 5);
        fake_reply(f, f->request.id, &(struct result){.kind = RESULT_DONE, .lost = i == 0});
    }
    fake_serve(f);
}

START_TEST(test_lost)
{
    start(script_lost, NULL, 0);
    ck_assert(!mgr_lost(m));
    ck_assert_int_eq(mgr_lock_release(m, "l", mgr_int(5), false), MGR_OK);
    ck_assert(mgr_lost(m));
    ck_assert_int_eq(mgr_lock_release(m, "l", mgr_int(5), false), MGR_OK);
    ck_assert(!mgr_lost(m));
    end();
}
END_TEST

/* An acquire that is answered without a grant: who would own what? */
START_TEST(test_done_is_no_grant)
{
    struct mgr_grant grant = {.token = 1};
    start(fake_script_good, NULL, 0);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", 0, &grant), MGR_UNKNOWN);
    ck_assert_uint_eq(grant.token, 0);
    end();
}
END_TEST

static const struct {
    enum mgr_code code;
    enum mgr_status status;
    bool retry;
} refusals[] = {
    {ERR_BUSY, MGR_BUSY, true},
    {ERR_TIMEOUT, MGR_TIMEOUT, true},
    {ERR_EMPTY, MGR_EMPTY, true},
    {ERR_FULL, MGR_FULL, true},
    {ERR_STALE_TOKEN, MGR_STALE_TOKEN, false},
    {ERR_LOCK_LOST, MGR_LOCK_LOST, false},
    {ERR_INDETERMINATE, MGR_UNKNOWN, false},
};

static void script_refuse(struct fake *f)
{
    const enum mgr_code *code = f->arg;
    fake_hello(f);
    fake_read(f);
    fake_error(f, f->request.id, *code, "no");
    fake_serve(f);
}

START_TEST(test_refusals_are_distinct)
{
    enum mgr_code code = refusals[_i].code;
    struct mgr_grant grant = {.token = 1};
    start(script_refuse, &code, 0);
    ck_assert_int_eq(mgr_semaphore_acquire(m, "s", mgr_int(2), 0, &grant), refusals[_i].status);
    ck_assert_uint_eq(grant.token, 0);
    ck_assert_int_eq(mgr_status_retry(mgr_last_status(m)), refusals[_i].retry);
    for (int i = 0; i < _i; i++)
        ck_assert_int_ne(refusals[i].status, refusals[_i].status);
    end();
}
END_TEST

START_TEST(test_negative_wait)
{
    size_t asked = 0;
    bool answer = true;
    start(fake_script_count, &asked, 0);
    ck_assert_int_eq(mgr_event_wait(m, "e", -1, &answer), MGR_VALUE);
    ck_assert_str_eq(mgr_error(m), "ValueError: 'timeout' must be a non-negative number");
    ck_assert(!answer);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", INT64_MIN, NULL), MGR_VALUE);
    end();
    ck_assert_uint_eq(asked, 0);
}
END_TEST

/* ---- in a pipeline ---- */

static void script_pipeline(struct fake *f)
{
    fake_hello(f);
    for (uint64_t token = 70; token < 72 && fake_read(f); token++)
        fake_grant(f, f->request.id, token, 7);
    fake_serve(f);
}

static void heard(void *arg, enum mgr_status status, struct mgr_view value, const char *error)
{
    uint64_t *sum = arg;
    int64_t item = 0;
    ck_assert_int_eq(status, MGR_OK);
    ck_assert_ptr_null(error);
    ck_assert(mgr_as_int(value, &item) && item == 7);
    *sum += mgr_last_grant(m)->token;
}

START_TEST(test_pipeline_tells_of_grants)
{
    uint64_t sum = 0;
    struct mgr_grant grant;
    start(script_pipeline, NULL, 0);
    mgr_pipeline_begin(m, heard, &sum);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", 0, &grant), MGR_USAGE);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", 5, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", 0, NULL), MGR_OK);
    ck_assert_int_eq(mgr_queue_get(m, "q", true, 0, NULL), MGR_OK);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(sum, 70 + 71);
    end();
}
END_TEST

/* ---- what comes too late ---- */

enum late_op { LATE_LOCK, LATE_PERMITS, LATE_RESERVED, LATE_PLAIN, LATE_NOTIFIED };

struct late {
    enum late_op op;
    bool interrupt; /* else the client's own time runs out */
    bool silent;    /* the give-back is not answered */
    size_t undone;  /* by a release or nack of the token */
};

enum { LATE_TOKEN = 4711, LATE_REQUIRED = 99, LATE_ITEM = 8 };

static uint64_t undone_token(const Wire__Request *request)
{
    switch (request->op_case) {
    case WIRE__REQUEST__OP_LOCK_RELEASE:
        return request->lock_release->token;
    case WIRE__REQUEST__OP_SEMAPHORE_RELEASE:
        return request->semaphore_release->has_permits ? 0 : request->semaphore_release->token;
    case WIRE__REQUEST__OP_QUEUE_NACK:
        return request->queue_nack->token;
    default:
        return 0;
    }
}

static void script_late(struct fake *f)
{
    struct late *late = f->arg;
    fake_hello(f);
    fake_read(f);
    uint64_t waiting = f->request.id;
    fake_expect(f, f->request.require == LATE_REQUIRED);
    if (late->interrupt)
        mgr_interrupt(m);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_CANCEL &&
                       f->request.session_cancel->id == waiting);
    if (late->op == LATE_NOTIFIED)
        fake_reply(f, waiting,
                   &(struct result){.kind = RESULT_GRANT, .token = LATE_TOKEN, .value = VAL_TRUE});
    else
        fake_grant(f, waiting, late->op == LATE_PLAIN ? 0 : LATE_TOKEN,
                   late->op == LATE_RESERVED || late->op == LATE_PLAIN ? LATE_ITEM : 0);
    fake_reply(f, f->request.id, &(struct result){.kind = RESULT_VALUE, .value = VAL_FALSE});
    if (late->op <= LATE_RESERVED) {
        fake_read(f);
        late->undone += undone_token(&f->request) == LATE_TOKEN && f->request.require == 0;
        if (late->silent)
            fake_expect(f, !fake_read(f) && fake_hello(f) && !f->had_token);
        else
            fake_done(f, f->request.id);
    }
    fake_serve(f);
}

static enum mgr_status call_late(enum late_op op, int64_t wait_ms, int64_t *item, bool *answer)
{
    struct mgr_value *value = NULL;
    enum mgr_status status;
    switch (op) {
    case LATE_LOCK:
        return mgr_lock_acquire(m, "l", wait_ms, NULL);
    case LATE_PERMITS:
        return mgr_semaphore_acquire(m, "s", mgr_int(3), wait_ms, NULL);
    case LATE_NOTIFIED:
        return mgr_condition_wait(m, "c", MGR_ABSENT, wait_ms, answer);
    default:
        status = mgr_queue_get(m, "q", op == LATE_RESERVED, wait_ms, &value);
        *item = value == NULL ? 0 : int_of(value);
        return status;
    }
}

/* i: the operation, and an interrupt or the end of the time. */
START_TEST(test_too_late)
{
    struct late late = {.op = (enum late_op)(_i / 2), .interrupt = _i % 2 != 0};
    bool given_back = late.op <= LATE_RESERVED, answer = false;
    int64_t item = 0;
    start(script_late, &late, late.interrupt ? 0 : 40);
    mgr_require(m, LATE_REQUIRED);
    enum mgr_status status = call_late(late.op, late.interrupt ? MGR_FOREVER : 10, &item, &answer);
    mgr_require(m, 0);
    if (given_back)
        ck_assert_int_eq(status, late.interrupt ? MGR_INTERRUPTED : MGR_TIMEOUT);
    else
        ck_assert_int_eq(status, MGR_OK);
    ck_assert_int_eq(item, late.op == LATE_PLAIN ? LATE_ITEM : 0);
    ck_assert_int_eq(answer, late.op == LATE_NOTIFIED);
    ck_assert_uint_eq(mgr_last_grant(m)->token, late.op == LATE_NOTIFIED ? LATE_TOKEN : 0);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
    ck_assert_uint_eq(late.undone, given_back);
}
END_TEST

/* Nobody knows whether it was given back: the session goes, and all it holds. */
START_TEST(test_too_late_and_no_answer)
{
    struct late late = {.op = LATE_LOCK, .interrupt = true, .silent = true};
    start(script_late, &late, 0);
    mgr_require(m, LATE_REQUIRED);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", MGR_FOREVER, NULL), MGR_INTERRUPTED);
    ck_assert_int_eq(mgr_safe_ms(m), 0);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    ck_assert_uint_eq(mgr_epoch(m), 2);
    end();
    ck_assert_uint_eq(late.undone, 1);
}
END_TEST

/* ---- items that did not arrive ---- */

enum leave { LEAVE_CLOSE, LEAVE_RETURNING, LEAVE_ABANDON };

static void script_leave(struct fake *f)
{
    enum leave *leave = f->arg;
    fake_hello(f);
    fake_read(f);
    uint64_t got = f->request.id;
    fake_grant(f, got, 0, 5);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_HEARTBEAT);
    fake_expect(f, f->request.acked < got && f->request.id % 256 != got % 256);
    fake_done(f, f->request.id);
    if (!fake_read(f)) {
        fake_expect(f, *leave == LEAVE_ABANDON);
        return;
    }
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_BYE && *leave != LEAVE_ABANDON);
    fake_expect(f, f->request.session_bye->give_back == (*leave == LEAVE_RETURNING));
    fake_expect(f, f->request.acked < got && f->request.id % 256 != got % 256);
    fake_done(f, f->request.id);
}

START_TEST(test_items_return_unless_acknowledged)
{
    enum leave leave = (enum leave)_i;
    struct mgr_value *value;
    start(script_leave, &leave, 0);
    ck_assert_int_eq(mgr_queue_get(m, "q", false, 0, &value), MGR_OK);
    ck_assert_int_eq(int_of(value), 5);
    ck_assert_int_eq(mgr_heartbeat(m), MGR_OK);
    if (leave == LEAVE_CLOSE)
        mgr_close(m);
    else if (leave == LEAVE_RETURNING)
        mgr_close_returning(m);
    else
        mgr_abandon(m);
    ck_assert(fake_end(fake));
}
END_TEST

START_TEST(test_null_handles)
{
    struct mgr_grant grant = {.token = 1};
    mgr_close_returning(NULL);
    ck_assert_uint_eq(mgr_last_grant(NULL)->token, 0);
    ck_assert(!mgr_lost(NULL));
    ck_assert_int_eq(mgr_safe_ms(NULL), 0);
    ck_assert_uint_eq(mgr_epoch(NULL), 0);
    ck_assert_int_eq(mgr_heartbeat_due_ms(NULL), MGR_FOREVER);
    ck_assert_int_eq(mgr_heartbeat_poll(NULL, 0), MGR_USAGE);
    ck_assert_int_eq(mgr_lock_acquire(NULL, "l", 0, &grant), MGR_USAGE);
    ck_assert_uint_eq(grant.token, 0);
}
END_TEST

Suite *suite_client_grant(void);
Suite *suite_client_grant(void)
{
    Suite *suite = suite_create("client_grant");
    TCase *tests = tcase_create("client_grant");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_grant);
    tcase_add_test(tests, test_grant_by_name_is_a_dict);
    tcase_add_test(tests, test_condition_answers_and_has_a_new_token);
    tcase_add_test(tests, test_lost);
    tcase_add_test(tests, test_done_is_no_grant);
    tcase_add_loop_test(tests, test_refusals_are_distinct, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tests, test_negative_wait);
    tcase_add_test(tests, test_pipeline_tells_of_grants);
    tcase_add_loop_test(tests, test_too_late, 0, 2 * (LATE_NOTIFIED + 1));
    tcase_add_test(tests, test_too_late_and_no_answer);
    tcase_add_loop_test(tests, test_items_return_unless_acknowledged, 0, LEAVE_ABANDON + 1);
    tcase_add_test(tests, test_null_handles);
    suite_add_tcase(suite, tests);
    return suite;
}
