/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: connections that break, sessions that are resumed, end, or are taken over. */
#include <check.h>
#include <stdlib.h>

#include "client/mgr.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

static struct fake *fake;
static struct mgr *m;

static void start(fake_script *script, void *arg)
{
    fake = fake_start(script, arg);
    const struct mgr_options options = {
        .server = fake->address, .client = "test", .timeout_ms = 5000};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
}

static void end(void)
{
    mgr_close(m);
    ck_assert(fake_end(fake));
}

/* ---- cut replies ---- */

struct cut {
    size_t at;
    size_t len;
    bool lost; /* the rest never comes: the client has to ask again */
};

static void put_reply(struct buf *out, uint64_t id)
{
    struct buf value;
    buf_init(&value);
    val_put_text(&value, "the answer");
    reply_put(out, id, 5, &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(&value)});
    buf_free(&value);
}

static void script_cut(struct fake *f)
{
    struct cut *cut = f->arg;
    struct buf frame;
    buf_init(&frame);
    fake_hello(f);
    fake_read(f);
    uint64_t id = f->request.id;
    put_reply(&frame, id);
    cut->len = frame.len;
    if (cut->lost) {
        fake_send(f, bytes_of(frame.data, cut->at));
        f->welcome.outcome = 1;
        fake_hello(f);
        fake_expect(f, f->had_token);
        fake_read(f);
        fake_expect(f, f->request.id == id && f->request.op_case == WIRE__REQUEST__OP_DICT_POP);
        fake_send(f, buf_bytes(&frame));
    } else {
        fake_send_parts(f, buf_bytes(&frame), cut->at);
    }
    buf_free(&frame);
    fake_serve(f);
}

START_TEST(test_reply_cut_at_every_byte)
{
    struct cut cut = {.at = 0, .len = SIZE_MAX, .lost = _i != 0};
    for (; cut.at < cut.len; cut.at++) {
        struct mgr_value *value;
        const char *text = NULL;
        size_t len = 0;
        start(script_cut, &cut);
        ck_assert_int_eq(mgr_dict_pop(m, "d", mgr_str("k"), MGR_ABSENT, &value), MGR_OK);
        ck_assert(mgr_as_str(mgr_view(value), &text, &len));
        ck_assert_uint_eq(len, 10);
        ck_assert_mem_eq(text, "the answer", 10);
        mgr_value_free(value);
        end();
    }
    ck_assert_uint_gt(cut.len, 15);
}
END_TEST

/* ---- what becomes of a request when its session is not there any more ---- */

struct loss {
    unsigned outcome;
    const char *state_id; /* afterwards */
    unsigned window;
    enum mgr_status write, read;
    size_t again; /* how often the request came a second time */
};

static void script_loss(struct fake *f)
{
    struct loss *loss = f->arg;
    fake_hello(f);
    for (int i = 0; i < 2; i++) {
        fake_read(f);
        uint64_t id = f->request.id;
        f->welcome.outcome = loss->outcome;
        f->welcome.state_id = loss->state_id;
        f->welcome.window = loss->window;
        fake_hello(f);
        fake_expect(f, f->had_token);
        if (loss->write == MGR_OK || (i == 1 && loss->read == MGR_OK)) {
            fake_read(f);
            fake_expect(f, f->request.id == id);
            loss->again++;
            fake_int(f, id, 1);
        }
    }
    fake_serve(f);
}

START_TEST(test_session_lost)
{
    struct loss losses[] = {
        {1, "same", 256, MGR_OK, MGR_OK, 0},        {2, "same", 256, MGR_UNKNOWN, MGR_OK, 0},
        {3, "same", 256, MGR_OK, MGR_OK, 0},        {3, "else", 256, MGR_UNKNOWN, MGR_OK, 0},
        {3, "longer", 256, MGR_UNKNOWN, MGR_OK, 0}, {0, "same", 256, MGR_UNKNOWN, MGR_OK, 0},
    };
    struct loss *loss = &losses[_i];
    struct mgr_value *value;
    start(script_loss, loss);
    ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_int(1), MGR_ABSENT, &value), loss->write);
    ck_assert_int_eq(value != NULL, loss->write == MGR_OK);
    if (value == NULL)
        ck_assert_ptr_nonnull(strstr(mgr_error(m), "not known: the session has ended"));
    mgr_value_free(value);
    ck_assert_int_eq(mgr_dict_get(m, "d", mgr_int(1), MGR_ABSENT, &value), MGR_OK);
    mgr_value_free(value);
    end();
    ck_assert_uint_eq(loss->again, loss->write == MGR_OK ? 2 : 1);
}
END_TEST

/* ---- the token of the environment ---- */

enum { INHERITED = 99 };

/* The token that each of four calls shall have; before the second the session is lost, and the
 * data are others. */
static void script_inherited(struct fake *f)
{
    const uint64_t *wanted = f->arg;
    fake_hello(f);
    for (int i = 0; i < 4; i++) {
        fake_read(f);
        fake_expect(f, f->request.require == wanted[i]);
        fake_done(f, f->request.id);
        if (i == 0) {
            fake_read(f); /* a call: it is asked again */
            f->welcome.outcome = 2;
            f->welcome.state_id = "else";
            fake_hello(f);
        }
    }
    fake_serve(f);
}

/* Whether MGRCTL_REQUIRE is of another daemon is decided once: it was that of this daemon with its
 * old data, and a lock that went with them must not switch the check off. */
START_TEST(test_a_token_is_no_strangers_later)
{
    static const struct {
        const char *state;
        uint64_t wanted[4];
    } rows[] = {{"same", {INHERITED, INHERITED, INHERITED, 0}}, {"else", {0, 0, 0, 0}}};
    struct mgr_value *value;
    setenv("MGRCTL_REQUIRE", "99", 1);
    setenv("MGRCTL_REQUIRE_SERVER", "elsewhere:7600", 1);
    setenv("MGRCTL_REQUIRE_STATE", rows[_i].state, 1);
    start(script_inherited, (void *)(uintptr_t)rows[_i].wanted);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    (void)mgr_dict_get(m, "d", mgr_int(1), MGR_ABSENT, &value);
    mgr_value_free(value);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    mgr_require(m, 0); /* what the caller says counts, whatever the environment says */
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

/* ---- a session that is not known: it never was, or it was forgotten ---- */

struct unknown {
    uint64_t begun;     /* revision of the welcome that began the session */
    bool read;          /* a reply came, with revision 1000 and its id */
    uint64_t forgotten; /* what the second welcome tells; UINT64_MAX: nothing */
    enum mgr_status status;
};

static const struct unknown unknowns[] = {
    {0, false, 0, MGR_OK},
    {500, false, 500, MGR_OK},
    {500, false, 501, MGR_UNKNOWN},
    {500, true, 1000, MGR_OK},
    {500, true, 2000, MGR_UNKNOWN},
    {500, true, UINT64_MAX, MGR_UNKNOWN},
    {500, false, UINT64_MAX, MGR_UNKNOWN},
};

static void script_unknown(struct fake *f)
{
    const struct unknown *unknown = f->arg;
    f->revision = unknown->begun;
    fake_hello(f);
    if (unknown->read) {
        fake_read(f);
        fake_int(f, f->request.id, 1);
    }
    fake_read(f);
    uint64_t id = f->request.id;
    f->welcome.outcome = 3;
    f->revision = 5000; /* of another session: it proves nothing for the first one */
    f->forgotten = unknown->forgotten;
    fake_hello(f);
    if (unknown->status == MGR_OK) {
        fake_read(f);
        fake_expect(f, f->request.id == id);
        fake_done(f, id);
    }
    fake_serve(f);
}

/* A daemon that has forgotten the session must not be asked again: it may have done it before. */
START_TEST(test_unknown_is_sent_again_only_if_it_was_not_forgotten)
{
    struct unknown unknown = unknowns[_i];
    start(script_unknown, &unknown);
    if (unknown.read)
        ck_assert_int_eq(mgr_dict_len(m, "d", NULL), MGR_OK);
    ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_int(1), MGR_ABSENT, NULL), unknown.status);
    end();
}
END_TEST

/* Slots are numbered by the window: with another one nothing can be sent again. */
START_TEST(test_smaller_window_after_a_loss)
{
    struct loss loss = {3, "same", 8, MGR_UNKNOWN, MGR_SESSION_LOST, 0};
    struct mgr_value *value;
    start(script_loss, &loss);
    ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_int(1), MGR_ABSENT, NULL), MGR_UNKNOWN);
    loss.window = 4;
    ck_assert_int_eq(mgr_dict_get(m, "d", mgr_int(1), MGR_ABSENT, &value), MGR_SESSION_LOST);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

static void script_ended(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    fake_error(f, f->request.id, ERR_SESSION_LOST, "the session has ended");
    fake_expect(f, fake_hello(f) && !f->had_token);
    fake_serve(f);
}

/* Told by an error on a connection that goes on: the next call is in a new session. */
START_TEST(test_session_ended_by_reply)
{
    start(script_ended, NULL);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_SESSION_LOST);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

/* ---- superseded ---- */

static void script_superseded(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    fake_push(f, ERR_SUPERSEDED); /* and the connection stays open */
    fake_read(f);
    fake_expect(f, !fake_accept(f));
    fake_expect(f, f->connects == 1);
}

START_TEST(test_superseded_for_good)
{
    start(script_superseded, NULL);
    if (_i == 0)
        ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_UNKNOWN);
    else
        ck_assert_int_eq(mgr_dict_len(m, "d", NULL), MGR_SUPERSEDED);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "another connection resumed"));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_SUPERSEDED);
        ck_assert_int_eq(mgr_fd(m), -1);
    }
    end();
}
END_TEST

/* ---- a connection that was closed while nobody looked ---- */

static void script_idle(struct fake *f)
{
    bool *closed = f->arg;
    fake_hello(f);
    fake_read(f);
    fake_done(f, f->request.id);
    fake_close(f);
    __atomic_store_n(closed, true, __ATOMIC_RELEASE);
    f->welcome.outcome = 3;
    f->welcome.state_id = "another daemon";
    fake_hello(f);
    fake_serve(f);
}

/* Nothing was on its way when the daemon went, so nothing is unknown. */
START_TEST(test_idle_client_survives_a_restart)
{
    bool closed = false;
    start(script_idle, &closed);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    while (!__atomic_load_n(&closed, __ATOMIC_ACQUIRE))
        ;
    ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_int(1), MGR_ABSENT, NULL), MGR_OK);
    end();
}
END_TEST

/* ---- a daemon that welcomes and hangs up, for ever ---- */

static void script_hang_up(struct fake *f)
{
    while (fake_hello(f)) {
        f->welcome.outcome = 1;
        fake_read(f);
        if (f->request.op_case == WIRE__REQUEST__OP_SESSION_BYE)
            break;
    }
    fake_expect(f, f->connects > 3 && f->connects < 100); /* with pauses that grow */
}

START_TEST(test_hanging_up_is_not_answered_with_a_storm)
{
    fake = fake_start(script_hang_up, NULL);
    const struct mgr_options options = {.server = fake->address, .timeout_ms = 700};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
    ck_assert_int_eq(mgr_dict_len(m, "d", NULL), MGR_UNREACHABLE);
    end();
}
END_TEST

/* ---- bye ---- */

static void script_no_bye(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_BYE);
    fake_expect(f, !fake_read(f));
    fake_expect(f, !fake_accept(f)); /* nobody reconnects to say bye */
}

START_TEST(test_bye_without_an_answer)
{
    start(script_no_bye, NULL);
    end();
}
END_TEST

static void script_nothing(struct fake *f)
{
    fake_hello(f);
    fake_expect(f, !fake_read(f));
}

START_TEST(test_abandon_says_nothing)
{
    start(script_nothing, NULL);
    mgr_abandon(m);
    ck_assert(fake_end(fake));
}
END_TEST

Suite *suite_client_session(void);
Suite *suite_client_session(void)
{
    Suite *suite = suite_create("client_session");
    TCase *tests = tcase_create("client_session");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_reply_cut_at_every_byte, 0, 2);
    tcase_add_loop_test(tests, test_session_lost, 0, 6);
    tcase_add_loop_test(tests, test_a_token_is_no_strangers_later, 0, 2);
    tcase_add_loop_test(tests, test_unknown_is_sent_again_only_if_it_was_not_forgotten, 0, 7);
    tcase_add_test(tests, test_smaller_window_after_a_loss);
    tcase_add_test(tests, test_session_ended_by_reply);
    tcase_add_loop_test(tests, test_superseded_for_good, 0, 2);
    tcase_add_test(tests, test_idle_client_survives_a_restart);
    tcase_add_test(tests, test_hanging_up_is_not_answered_with_a_storm);
    tcase_add_test(tests, test_bye_without_an_answer);
    tcase_add_test(tests, test_abandon_says_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
