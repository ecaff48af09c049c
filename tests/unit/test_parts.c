/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes made in parts: which answers let mgrctl try again, and which are the answer. */
#include <check.h>
#include <stdio.h>

#include "cli/ops/parts.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

enum { REVISION = 7, LATER = 8 };

/* A daemon that has one list, [2, 1], and answers changes of it with codes: 0 is done. */
struct daemon {
    enum mgr_code codes[4]; /* of the changes, one after the other */
    bool mixed;             /* the list is [2, '1'] */
    uint64_t later;         /* revision of the list when it is first looked at; 0: REVISION */
    size_t changes;         /* that were asked for */
};

static void answer_info(struct fake *f, uint64_t revision)
{
    struct buf out;
    char text[32];
    buf_init(&out);
    snprintf(text, sizeof text, "%llu", (unsigned long long)revision);
    size_t mark = val_open(&out, VAL_DICT);
    val_put_field_text(&out, "type", "list");
    val_put_field_text(&out, "revision", text);
    val_close(&out, mark);
    fake_reply(f, f->request.id, &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(&out)});
    buf_free(&out);
}

static void answer_scan(struct fake *f, bool mixed)
{
    struct buf out;
    buf_init(&out);
    size_t mark = val_open(&out, VAL_LIST);
    for (int64_t i = 2; i > 0; i--) {
        struct buf item;
        buf_init(&item);
        if (mixed && i == 1)
            val_put_text(&item, "1");
        else
            val_put_int(&item, i);
        val_put_item(&out, buf_bytes(&item));
        buf_free(&item);
    }
    val_close(&out, mark);
    fake_reply(f, f->request.id, &(struct result){.kind = RESULT_PAGE, .value = buf_bytes(&out)});
    buf_free(&out);
}

static void script(struct fake *f)
{
    struct daemon *daemon = f->arg;
    f->features = "unchanged_since";
    fake_hello(f);
    while (fake_read(f)) {
        uint64_t revision = daemon->later != 0 ? daemon->later : REVISION;
        switch (f->request.op_case) {
        case WIRE__REQUEST__OP_OBJECT_INFO:
            answer_info(f, revision);
            break;
        case WIRE__REQUEST__OP_OBJECT_SCAN:
            answer_scan(f, daemon->mixed);
            break;
        case WIRE__REQUEST__OP_LIST_DEL:
        case WIRE__REQUEST__OP_LIST_SET_SLICE:
            fake_expect(f, f->request.unchanged_since == revision && daemon->changes < 4);
            if (daemon->codes[daemon->changes] == 0)
                fake_done(f, f->request.id);
            else
                fake_error(f, f->request.id, daemon->codes[daemon->changes], "so it is");
            daemon->changes++;
            break;
        default: /* bye */
            fake_done(f, f->request.id);
        }
    }
}

/* parts_call of `list METHOD l 1`. */
static bool run(struct daemon *daemon, const char *method, uint64_t since, enum mgr_status *status)
{
    struct cli cli;
    struct buf one;
    struct fake *fake = fake_start(script, daemon);
    cli_init(&cli);
    buf_init(&one);
    val_put_int(&one, 1);
    cli.options.server = fake->address;
    cli.options.client = "test";
    cli.options.unchanged_since = since;
    ck_assert_int_eq(cli_connect(&cli), 0);
    struct arguments arguments = {
        .named = {{"name", mgr_str("l")},
                  {"value", mgr_of_view((struct mgr_view){one.data, one.len})}},
        .count = 2};
    bool done = parts_call(&cli, op_find("list", method), &arguments, NULL, status);
    ck_assert_int_eq(cli_end(&cli, 0), 0);
    ck_assert(fake_end(fake));
    buf_free(&one);
    return done;
}

static const struct {
    struct daemon daemon;
    size_t changes;
    bool done;
    enum mgr_status status;
} rows[] = {
    {{.codes = {0}}, 1, true, MGR_OK},
    {{.codes = {ERR_CONFLICT}}, 2, true, MGR_OK}, /* somebody was faster: again */
    {{.codes = {ERR_CONFLICT, ERR_CONFLICT, ERR_CONFLICT}}, 3, true, MGR_CONFLICT},
    /* it may have been done: a second time would take out a second one */
    {{.codes = {ERR_INDETERMINATE}}, 1, true, MGR_UNKNOWN},
    {{.codes = {ERR_STALE_TOKEN}}, 1, true, MGR_STALE_TOKEN},
    {{.codes = {ERR_NO_SUCH_OBJECT}}, 1, true, MGR_NO_SUCH_OBJECT},
    {{.codes = {ERR_TOO_LARGE}}, 1, true, MGR_TOO_LARGE},
    {{.codes = {ERR_LIMIT}}, 1, false, MGR_LIMIT}, /* told in the words for the whole */
};

enum { ROWS = sizeof rows / sizeof *rows };

START_TEST(only_a_conflict_is_tried_again)
{
    static const char *const methods[] = {"remove", "sort"};
    for (size_t i = 0; i < 2; i++) {
        struct daemon daemon = rows[_i].daemon;
        enum mgr_status status = MGR_OK;
        ck_assert_int_eq(run(&daemon, methods[i], 0, &status), rows[_i].done);
        ck_assert_int_eq(status, rows[_i].status);
        ck_assert_uint_eq(daemon.changes, rows[_i].changes);
    }
}
END_TEST

/* --unchanged-since went with the request that was too much. What is read and guarded here by a
 * later revision would pass a change over that the user has asked about. */
START_TEST(a_later_revision_is_left_to_the_daemon)
{
    static const char *const methods[] = {"remove", "sort", "copy", "has"};
    for (size_t i = 0; i < 4; i++) {
        struct daemon daemon = {.later = LATER};
        enum mgr_status status = MGR_OK;
        ck_assert(!run(&daemon, methods[i], REVISION, &status));
        ck_assert_uint_eq(daemon.changes, 0);
        ck_assert(run(&daemon, methods[i], LATER, &status));
        ck_assert_int_eq(status, MGR_OK);
    }
}
END_TEST

/* The daemon has refused to sort so many, and does not look at them: it cannot say what is wrong.
 */
START_TEST(what_has_no_order_is_told)
{
    struct daemon daemon = {.mixed = true};
    enum mgr_status status = MGR_OK;
    ck_assert(run(&daemon, "sort", 0, &status));
    ck_assert_int_eq(status, MGR_TYPE);
    ck_assert_uint_eq(daemon.changes, 0);
}
END_TEST

Suite *suite_parts(void);
Suite *suite_parts(void)
{
    Suite *suite = suite_create("parts");
    TCase *tests = tcase_create("parts");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, only_a_conflict_is_tried_again, 0, ROWS);
    tcase_add_test(tests, what_has_no_order_is_told);
    tcase_add_test(tests, a_later_revision_is_left_to_the_daemon);
    suite_add_tcase(suite, tests);
    return suite;
}
