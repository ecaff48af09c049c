/* SPDX-License-Identifier: BSD-2-Clause */
/* What --create made goes again in one step, or stays. */
#include <check.h>

#include "cli/base/cli.h"
#include "tests/support/fakeserver.h"

/* Whether the object was looked at, and the revision that its deletion asks for. */
struct seen {
    size_t others;
    uint64_t made, since;
};

static void script(struct fake *f)
{
    struct seen *seen = f->arg;
    f->features = "unchanged_since";
    fake_hello(f);
    while (fake_read(f)) {
        unsigned op = f->request.op_case;
        if (op == WIRE__REQUEST__OP_OBJECT_CREATE)
            seen->made = 1000 + f->request.id; /* as fake_reply counts */
        else if (op == WIRE__REQUEST__OP_OBJECT_DELETE)
            seen->since = f->request.unchanged_since;
        else
            seen->others += op != WIRE__REQUEST__OP_SESSION_BYE;
        fake_done(f, f->request.id);
    }
}

/* Between a look and a deletion somebody could write into it, and be told that it is done. */
START_TEST(what_was_made_is_deleted_unless_it_changed)
{
    static const enum mgr_status ends[] = {MGR_KEY, MGR_OK, MGR_TIMEOUT, MGR_UNKNOWN};
    struct seen seen = {0};
    struct cli cli;
    struct fake *fake = fake_start(script, &seen);
    cli_init(&cli);
    cli.options.server = fake->address;
    cli.options.client = "test";
    ck_assert_int_eq(cli_connect(&cli), 0);
    ck_assert_int_eq(created_make(&cli, op_find("dict", "set"), mgr_str("d")), MGR_OK);
    created_settle(&cli, ends[_i]);
    created_settle(&cli, MGR_KEY); /* settled already */
    ck_assert_int_eq(cli_end(&cli, 0), 0);
    ck_assert(fake_end(fake));
    ck_assert_uint_eq(seen.others, 0);
    ck_assert_uint_gt(seen.made, 0);
    ck_assert_uint_eq(seen.since, ends[_i] == MGR_KEY ? seen.made : 0);
}
END_TEST

Suite *suite_created(void);
Suite *suite_created(void)
{
    Suite *suite = suite_create("created");
    TCase *tests = tcase_create("created");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_was_made_is_deleted_unless_it_changed, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
