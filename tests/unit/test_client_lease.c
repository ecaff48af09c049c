/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: heartbeats without a thread, and what is known about the session's life. */
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "client/mgr.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

static struct fake *fake;
static struct mgr *m;

static void start(fake_script *script, void *arg, int64_t lease_ms)
{
    fake = fake_start(script, arg);
    const struct mgr_options options = {
        .server = fake->address, .client = "test", .timeout_ms = 5000, .lease_ms = lease_ms};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
}

static void end(void)
{
    mgr_close(m);
    ck_assert(fake_end(fake));
}

static int64_t boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void until(int64_t at_ms)
{
    for (int64_t left = at_ms - boot_ms(); left > 0; left = at_ms - boot_ms())
        poll(NULL, 0, (int)left);
}

static void until_due(void)
{
    ck_assert_int_ne(mgr_heartbeat_due_ms(m), MGR_FOREVER);
    while (mgr_heartbeat_due_ms(m) > 0)
        poll(NULL, 0, (int)mgr_heartbeat_due_ms(m));
}

static void until_readable(void)
{
    struct pollfd fd = {mgr_fd(m), POLLIN, 0};
    ck_assert_int_eq(poll(&fd, 1, 20000), 1);
}

static void wait_for(const bool *flag)
{
    while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
        poll(NULL, 0, 1);
}

static void raise_flag(bool *flag)
{
    __atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

static bool is_heartbeat(const struct fake *f)
{
    return f->request.op_case == WIRE__REQUEST__OP_SESSION_HEARTBEAT;
}

/* ---- how long the session surely lives ---- */

static const struct {
    uint64_t lease_ms, linger_ms;
    int64_t life_ms, margin_ms;
} lives[] = {
    {0, 5000, 5000, 200},        {60000, 5000, 5000, 200}, {3000, 5000, 3000, 200},
    {60000, 60000, 60000, 1200}, {100, 5000, 100, 200}, /* too short to be safe for a moment */
};

static void script_life(struct fake *f)
{
    const int *row = f->arg;
    f->lease_ms = lives[*row].lease_ms;
    f->welcome.linger_ms = lives[*row].linger_ms;
    fake_hello(f);
    fake_serve(f);
}

START_TEST(test_safe_time)
{
    int row = _i;
    start(script_life, &row, (int64_t)lives[_i].lease_ms);
    int64_t life_ms = lives[_i].life_ms, safe_ms = life_ms - lives[_i].margin_ms;
    int64_t before_ms = boot_ms();
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    int64_t safe = mgr_safe_ms(m), due = mgr_heartbeat_due_ms(m);
    int64_t took_ms = boot_ms() - before_ms;
    ck_assert_int_le(safe, safe_ms);
    ck_assert_int_ge(safe, safe_ms - took_ms);
    if (lives[_i].lease_ms == 0) {
        ck_assert_int_eq(due, MGR_FOREVER);
    } else {
        ck_assert_int_le(due, life_ms / 4);
        ck_assert_int_ge(due, life_ms / 4 > took_ms ? life_ms / 4 - took_ms : 0);
    }
    end();
}
END_TEST

static void script_slow(struct fake *f)
{
    bool *go = f->arg;
    f->lease_ms = 400;
    fake_hello(f);
    fake_read(f);
    fake_expect(f, is_heartbeat(f) && f->request.acked == 0);
    wait_for(go);
    fake_done(f, f->request.id);
    fake_serve(f);
}

/* It counts from the sending, and only when the answer is here. */
START_TEST(test_safe_time_of_a_stopped_daemon)
{
    enum { SAFE_MS = 400 - 200, STOPPED_MS = 60 };
    bool go = false;
    start(script_slow, &go, 400);
    int64_t opened_ms = boot_ms();
    until_due();
    int64_t before_ms = boot_ms();
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_OK);
    int64_t sent_ms = boot_ms();
    ck_assert_int_eq(mgr_heartbeat_due_ms(m), MGR_FOREVER);
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_OK); /* not a second one */
    until(sent_ms + STOPPED_MS);
    int64_t now_ms = boot_ms();
    ck_assert_int_le(mgr_safe_ms(m), opened_ms + SAFE_MS - now_ms);
    raise_flag(&go);
    until_readable();
    now_ms = boot_ms();
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_OK);
    int64_t safe = mgr_safe_ms(m);
    ck_assert_int_le(safe, sent_ms + SAFE_MS - now_ms);
    ck_assert_int_ge(safe, before_ms + SAFE_MS - boot_ms());
    ck_assert_int_ne(mgr_heartbeat_due_ms(m), MGR_FOREVER);
    end();
}
END_TEST

static void script_renew(struct fake *f)
{
    f->lease_ms = f->welcome.linger_ms = 60000;
    fake_hello(f);
    fake_read(f);
    fake_expect(f, f->request.lock_renew->token == 5 && f->request.lock_renew->lease_ms == 1000);
    fake_reply(f, f->request.id,
               &(struct result){.kind = RESULT_GRANT, .token = 5, .lease_ms = 1000});
    fake_serve(f);
}

START_TEST(test_a_shorter_lease_counts)
{
    struct mgr_grant grant;
    start(script_renew, NULL, 60000);
    ck_assert_int_gt(mgr_safe_ms(m), 1000);
    ck_assert_int_eq(mgr_lock_renew(m, "l", 5, mgr_int(1000), &grant), MGR_OK);
    ck_assert_uint_eq(grant.lease_ms, 1000);
    ck_assert_int_le(mgr_safe_ms(m), 800);
    ck_assert_int_le(mgr_heartbeat_due_ms(m), 250);
    end();
}
END_TEST

/* ---- heartbeats ---- */

START_TEST(test_no_heartbeat_before_it_is_due)
{
    size_t asked = 0;
    start(fake_script_count, &asked, 0);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(mgr_heartbeat_poll(m, 1000), MGR_OK);
    end();
    ck_assert_uint_eq(asked, 0);
}
END_TEST

enum { WAIT_LEASE_MS = 1200, WAIT_BEATS = 3 };

static void script_wait(struct fake *f)
{
    f->lease_ms = WAIT_LEASE_MS;
    fake_hello(f);
    fake_read(f);
    uint64_t waiting = f->request.id;
    for (int i = 0; i < WAIT_BEATS && fake_read(f); i++) {
        fake_expect(f, is_heartbeat(f) && f->request.id % 256 == 255);
        fake_done(f, f->request.id);
    }
    fake_grant(f, waiting, 77, 0);
    fake_serve(f);
}

START_TEST(test_a_waiting_call_keeps_its_session)
{
    struct mgr_grant grant;
    start(script_wait, NULL, WAIT_LEASE_MS);
    int64_t before_ms = boot_ms();
    ck_assert_int_eq(mgr_lock_acquire(m, "l", MGR_FOREVER, &grant), MGR_OK);
    int64_t took_ms = boot_ms() - before_ms;
    ck_assert_uint_eq(grant.token, 77);
    ck_assert_int_ge(took_ms, (WAIT_BEATS - 1) * WAIT_LEASE_MS / 4); /* not more of them */
    ck_assert_int_gt(mgr_safe_ms(m), WAIT_LEASE_MS - 200 - took_ms); /* later than the acquire */
    end();
}
END_TEST

/* One slot for the call, one for the heartbeat: the cancel has to wait for its answer. */
static void script_tight(struct fake *f)
{
    f->lease_ms = 200;
    f->welcome.window = 2;
    fake_hello(f);
    fake_read(f);
    uint64_t waiting = f->request.id;
    fake_read(f);
    fake_expect(f, is_heartbeat(f));
    mgr_interrupt(m);
    fake_done(f, f->request.id);
    while (fake_read(f) && is_heartbeat(f))
        fake_done(f, f->request.id);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_CANCEL);
    fake_error(f, waiting, ERR_CANCELLED, "taken back");
    fake_int(f, f->request.id, 1);
    fake_serve(f);
}

START_TEST(test_cancel_finds_room_behind_a_heartbeat)
{
    fake = fake_start(script_tight, NULL);
    const struct mgr_options options = {.server = fake->address, .lease_ms = 200, .window = 2};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", MGR_FOREVER, NULL), MGR_INTERRUPTED);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

static void script_two(struct fake *f)
{
    f->lease_ms = 200;
    fake_hello(f);
    fake_read(f);
    uint64_t first = f->request.id;
    fake_expect(f, is_heartbeat(f));
    fake_done(f, first);
    fake_read(f);
    fake_expect(f, is_heartbeat(f) && f->request.id > first);
    fake_done(f, f->request.id);
    fake_serve(f);
}

START_TEST(test_heartbeat_behind_a_heartbeat)
{
    start(script_two, NULL, 200);
    until_due();
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_OK);
    ck_assert_int_eq(mgr_heartbeat(m), MGR_OK);
    end();
}
END_TEST

static void script_piped(struct fake *f)
{
    bool *go = f->arg;
    fake_hello(f);
    fake_read(f);
    fake_expect(f, is_heartbeat(f));
    wait_for(go);
    fake_done(f, f->request.id);
    fake_serve(f);
}

static void hear(void *arg, enum mgr_status status, struct mgr_view value, const char *error)
{
    (void)value;
    (void)error;
    *(size_t *)arg += status == MGR_OK;
}

/* Sent at once, one at a time, and not the pipeline's. */
START_TEST(test_heartbeats_in_a_pipeline)
{
    bool go = false;
    size_t heard = 0;
    start(script_piped, &go, 0);
    mgr_pipeline_begin(m, hear, &heard);
    ck_assert_int_eq(mgr_heartbeat(m), MGR_OK);
    ck_assert_int_eq(mgr_heartbeat(m), MGR_OK);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    raise_flag(&go);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK);
    ck_assert_uint_eq(heard, 1);
    end();
}
END_TEST

/* ---- lost connections ---- */

struct away {
    unsigned outcome; /* of the next hello */
    bool gone, back;
};

static void script_away(struct fake *f)
{
    struct away *away = f->arg;
    f->lease_ms = f->welcome.linger_ms = 60000;
    fake_hello(f);
    fake_read(f);
    fake_grant(f, f->request.id, 70, 0);
    fake_close(f);
    f->welcome.outcome = away->outcome;
    raise_flag(&away->gone);
    wait_for(&away->back);
    while (fake_hello(f)) {
        while (fake_read(f) && f->request.op_case != WIRE__REQUEST__OP_SESSION_BYE)
            fake_grant(f, f->request.id, 71, 0);
        if (f->request.op_case == WIRE__REQUEST__OP_SESSION_BYE)
            fake_done(f, f->request.id);
    }
}

/* Up to where the connection is lost, and the daemon does not answer yet. */
static void lose_connection(struct away *away)
{
    start(script_away, away, 60000);
    ck_assert_int_eq(mgr_lock_acquire(m, "l", 0, NULL), MGR_OK);
    wait_for(&away->gone);
    until_readable();
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_UNREACHABLE);
    ck_assert_int_eq(mgr_fd(m), -1);
    ck_assert_int_eq(mgr_heartbeat_due_ms(m), 0);
    for (int i = 0; i < 3; i++) {
        until_due();
        ck_assert_int_eq(mgr_heartbeat_poll(m, 10), MGR_UNREACHABLE);
    }
    ck_assert_int_gt(mgr_safe_ms(m), 0);
    raise_flag(&away->back);
}

static enum mgr_status come_back(void)
{
    enum mgr_status status = MGR_UNREACHABLE;
    while (status == MGR_UNREACHABLE) {
        until_due();
        status = mgr_heartbeat_poll(m, 10000);
    }
    return status;
}

START_TEST(test_poll_resumes_the_session)
{
    struct away away = {.outcome = 1};
    lose_connection(&away);
    int64_t before_ms = boot_ms();
    ck_assert_int_eq(come_back(), MGR_OK);
    ck_assert_int_ge(mgr_fd(m), 0);
    ck_assert_uint_eq(mgr_epoch(m), 1);
    ck_assert_int_ge(mgr_safe_ms(m), before_ms + 58800 - boot_ms()); /* a resume counts */
    end();
}
END_TEST

START_TEST(test_poll_finds_the_session_ended)
{
    struct away away = {.outcome = 2};
    lose_connection(&away);
    ck_assert_int_eq(come_back(), MGR_SESSION_LOST);
    ck_assert_int_eq(mgr_safe_ms(m), 0);
    ck_assert_uint_eq(mgr_epoch(m), 2);
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_OK); /* told once */
    ck_assert_int_eq(mgr_lock_renew(m, "l", 71, MGR_ABSENT, NULL), MGR_OK);
    ck_assert_int_eq(mgr_safe_ms(m), 0); /* somebody else's grant */
    ck_assert_int_eq(mgr_lock_acquire(m, "l", 0, NULL), MGR_OK);
    ck_assert_uint_eq(mgr_last_grant(m)->epoch, 2);
    ck_assert_int_gt(mgr_safe_ms(m), 0);
    end();
}
END_TEST

static void script_superseded(struct fake *f)
{
    bool *opened = f->arg;
    fake_hello(f);
    wait_for(opened);
    fake_push(f, ERR_SUPERSEDED);
    fake_expect(f, !fake_read(f) && !fake_accept(f));
}

START_TEST(test_superseded_is_not_safe)
{
    bool opened = false;
    start(script_superseded, &opened, 0);
    raise_flag(&opened);
    until_readable();
    ck_assert_int_eq(mgr_heartbeat_poll(m, 1000), MGR_SUPERSEDED);
    ck_assert_int_eq(mgr_safe_ms(m), 0);
    ck_assert_int_eq(mgr_heartbeat_due_ms(m), MGR_FOREVER);
    ck_assert_int_eq(mgr_heartbeat_poll(m, 1000), MGR_SUPERSEDED);
    end();
}
END_TEST

/* An event that was waited for is asked for again: a question is never unknown. */
static void script_event(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    uint64_t id = f->request.id;
    f->welcome.outcome = 2;
    fake_expect(f, fake_hello(f) && fake_read(f));
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_EVENT_WAIT && f->request.id == id &&
                       f->request.wait_ms == UINT64_MAX);
    fake_reply(f, id, &(struct result){.kind = RESULT_VALUE, .value = VAL_TRUE});
    fake_serve(f);
}

START_TEST(test_a_waiting_question_survives_its_session)
{
    bool set = false;
    start(script_event, NULL, 0);
    ck_assert_int_eq(mgr_event_wait(m, "e", MGR_FOREVER, &set), MGR_OK);
    ck_assert(set);
    end();
}
END_TEST

Suite *suite_client_lease(void);
Suite *suite_client_lease(void)
{
    Suite *suite = suite_create("client_lease");
    TCase *tests = tcase_create("client_lease");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_safe_time, 0, sizeof lives / sizeof lives[0]);
    tcase_add_test(tests, test_safe_time_of_a_stopped_daemon);
    tcase_add_test(tests, test_a_shorter_lease_counts);
    tcase_add_test(tests, test_no_heartbeat_before_it_is_due);
    tcase_add_test(tests, test_a_waiting_call_keeps_its_session);
    tcase_add_test(tests, test_cancel_finds_room_behind_a_heartbeat);
    tcase_add_test(tests, test_heartbeat_behind_a_heartbeat);
    tcase_add_test(tests, test_heartbeats_in_a_pipeline);
    tcase_add_test(tests, test_poll_resumes_the_session);
    tcase_add_test(tests, test_poll_finds_the_session_ended);
    tcase_add_test(tests, test_superseded_is_not_safe);
    tcase_add_test(tests, test_a_waiting_question_survives_its_session);
    suite_add_tcase(suite, tests);
    return suite;
}
