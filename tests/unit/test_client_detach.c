/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that outlive their connection: the daemon must grant what they ask for. */
#include <check.h>

#include "client/mgr.h"
#include "tests/support/fakeserver.h"

static void script_detach(struct fake *f)
{
    const uint64_t *linger_ms = f->arg;
    f->lease_ms = 7000;
    f->welcome.linger_ms = *linger_ms;
    fake_hello(f);
    fake_expect(f, f->request.session_hello->linger_ms == 7000 &&
                       f->request.session_hello->lease_ms == 7000);
    fake_expect(f, !fake_read(f));
}

START_TEST(test_a_detached_session_outlives_its_connection)
{
    uint64_t linger_ms = _i == 0 ? 7000 : 6999; /* which the daemon allows */
    struct fake *fake = fake_start(script_detach, &linger_ms);
    const struct mgr_options options = {.server = fake->address, .lease_ms = 7000, .detach = true};
    struct mgr *m;
    ck_assert_int_eq(mgr_open(&m, &options), _i == 0 ? MGR_OK : MGR_LIMIT);
    mgr_abandon(m);
    ck_assert(fake_end(fake));
}
END_TEST

static void script_welcome(struct fake *f)
{
    f->lease_ms = *(const uint64_t *)f->arg;
    fake_hello(f);
    fake_expect(f, !fake_read(f));
}

START_TEST(test_the_whole_lease_or_no_session)
{
    uint64_t lease_ms = _i == 0 ? 7000 : 6999; /* which the daemon allows */
    struct fake *fake = fake_start(script_welcome, &lease_ms);
    const struct mgr_options options = {
        .server = fake->address, .lease_ms = 7000, .whole_lease = true};
    struct mgr *m;
    ck_assert_int_eq(mgr_open(&m, &options), _i == 0 ? MGR_OK : MGR_VALUE);
    if (_i != 0)
        ck_assert_ptr_nonnull(strstr(mgr_error(m), "the lease may be 6999ms at most"));
    mgr_abandon(m);
    ck_assert(fake_end(fake));
}
END_TEST

START_TEST(test_detached_without_a_lease)
{
    const struct mgr_options options = {.detach = true};
    struct mgr *m;
    ck_assert_int_eq(mgr_open(&m, &options), MGR_VALUE);
    ck_assert_int_eq(mgr_safe_ms(m), 0);
    ck_assert_int_eq(mgr_heartbeat_due_ms(m), MGR_FOREVER);
    ck_assert_int_eq(mgr_heartbeat_poll(m, 0), MGR_VALUE);
    mgr_close(m);
}
END_TEST

Suite *suite_client_detach(void);
Suite *suite_client_detach(void)
{
    Suite *suite = suite_create("client_detach");
    TCase *tests = tcase_create("client_detach");
    tcase_add_loop_test(tests, test_a_detached_session_outlives_its_connection, 0, 2);
    tcase_add_loop_test(tests, test_the_whole_lease_or_no_session, 0, 2);
    tcase_add_test(tests, test_detached_without_a_lease);
    suite_add_tcase(suite, tests);
    return suite;
}
