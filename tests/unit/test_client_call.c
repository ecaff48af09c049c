/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: one call at a time against a scripted daemon. */
#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/internal.h"
#include "tests/support/alloc.h"
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

/* ---- what is sent ---- */

static bool is_text(ProtobufCBinaryData data, const char *text)
{
    return bytes_equal(bytes_of(data.data, data.len), bytes_text(text));
}

static void script_request(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 3 && fake_read(f); i++) {
        const Wire__Request *r = &f->request;
        const Wire__DictSet *set = r->dict_set;
        struct val key = val_read(bytes_of(set->key.data, set->key.len));
        struct val value = val_read(bytes_of(set->value.data, set->value.len));
        fake_expect(f, r->op_case == WIRE__REQUEST__OP_DICT_SET && is_text(set->name, "d"));
        fake_expect(f, r->id > r->acked && (i == 0 || r->acked > 0));
        fake_expect(f, r->holder == 7 && r->require == 99 && !r->has_wait_ms);
        fake_expect(f, key.kind == VAL_STR && bytes_equal(key.body, bytes_text("k")));
        fake_expect(f, value.kind == VAL_INT && value.integer == -5);
        fake_done(f, r->id);
    }
    fake_serve(f);
}

START_TEST(test_request)
{
    start(script_request, NULL, 0);
    mgr_holder(m, 7);
    mgr_require(m, 99);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(-5)), MGR_OK);
    ck_assert_uint_gt(mgr_revision(m), 1000);
    ck_assert_str_eq(mgr_error(m), "");
    end();
}
END_TEST

/* ---- unchanged_since ---- */

/* What it was told to expect of each request. */
static const uint64_t sinces[] = {5, 0, 6, 0};

static void script_since(struct fake *f)
{
    f->features = f->arg;
    fake_hello(f);
    for (size_t i = 0; i < sizeof sinces / sizeof sinces[0] && fake_read(f); i++) {
        fake_expect(f, f->request.unchanged_since == sinces[i]);
        if (sinces[i] == 6)
            fake_error(f, f->request.id, ERR_CONFLICT, "it has changed");
        else
            fake_done(f, f->request.id);
    }
    fake_serve(f);
}

/* It is asked for once, and 0, which a caller has who has read nothing, is no way to leave it out.
 */
START_TEST(test_unchanged_since_is_of_one_call)
{
    char features[] = "newer unchanged_since";
    start(script_since, features, 0);
    mgr_unchanged_since(m, 5);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(1)), MGR_OK);
    mgr_unchanged_since(m, mgr_revision(NULL));
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(1)), MGR_VALUE);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(1)), MGR_OK);
    mgr_unchanged_since(m, 6);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(1)), MGR_CONFLICT);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(1)), MGR_OK);
    end();
}
END_TEST

/* A daemon that does not name the field is not sent it: it would refuse every request that has it,
 * and one that left it out would be done without the check. */
START_TEST(test_unchanged_since_is_not_sent_to_an_old_daemon)
{
    size_t asked = 0;
    start(fake_script_count, &asked, 0);
    mgr_unchanged_since(m, 5);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("k"), mgr_int(1)), MGR_UNIMPLEMENTED);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "too old"));
    end();
    ck_assert_uint_eq(asked, 0);
}
END_TEST

/* A call that is refused here was the one which the check was for: the next is without it. */
START_TEST(test_unchanged_since_ends_with_a_call_that_fails_early)
{
    const struct mgr_named unknown[] = {{"nme", mgr_str("d")}};
    struct mgr_scan *scan;
    size_t asked = 0; /* the daemon is too old: what has the check is refused as such */
    start(fake_script_count, &asked, 0);
    for (int i = 0; i < 5; i++) {
        mgr_unchanged_since(m, 5);
        if (i == 0)
            ck_assert_int_eq(mgr_call(m, "dict clear", unknown, 1, 0, NULL), MGR_USAGE);
        else if (i == 1)
            ck_assert_int_eq(mgr_call(m, "no such", NULL, 0, 0, NULL), MGR_USAGE);
        else if (i == 2)
            ck_assert_int_eq(mgr_object_create(m, NULL, NULL), MGR_USAGE);
        else if (i == 3)
            ck_assert_int_eq(mgr_object_changed(m, "d", MGR_ABSENT, -1, NULL), MGR_VALUE);
        else
            ck_assert_int_eq(mgr_scan_open(m, "d", &scan), MGR_UNIMPLEMENTED);
        ck_assert_msg(mgr_dict_clear(m, "d") == MGR_OK, "%d: %s", i, mgr_error(m));
    }
    mgr_unchanged_since(m, 5); /* is no operation: the check is still to come */
    ck_assert_int_eq(mgr_heartbeat(m), MGR_OK);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_UNIMPLEMENTED);
    end();
}
END_TEST

/* For a client that could not be opened no call is made at all. */
START_TEST(test_unchanged_since_ends_with_a_call_that_cannot_be_made)
{
    const struct mgr_options options = {.window = 3};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_VALUE);
    for (int i = 0; i < 3; i++) {
        mgr_unchanged_since(m, 5);
        if (i == 0)
            ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_VALUE);
        else if (i == 1)
            ck_assert_int_eq(mgr_call(m, "dict clear", NULL, 0, 0, NULL), MGR_VALUE);
        else
            ck_assert_int_eq(mgr_object_create(m, NULL, NULL), MGR_VALUE);
        ck_assert(!m->since_wanted && m->unchanged_since == 0);
    }
    mgr_close(m);
}
END_TEST

START_TEST(test_bad_arguments_are_not_sent)
{
    size_t asked = 0;
    const struct mgr_named unknown[] = {{"nme", mgr_str("d")}};
    const struct mgr_named number[] = {{"name", mgr_int(1)}};
    const struct mgr_named flag[] = {{"name", mgr_str("d")}, {"force", mgr_int(1)}};
    const struct mgr_named negative[] = {{"name", mgr_str("d")}, {"since", mgr_int(-1)}};
    start(fake_script_count, &asked, 0);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("\xff"), mgr_int(1)), MGR_VALUE);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "'key': a str must be UTF-8"));
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_json("[1, }"), mgr_int(1)), MGR_VALUE);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "column"));
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_literal("!ref x"), mgr_int(1)), MGR_VALUE);
    ck_assert_int_eq(mgr_call(m, "object info", unknown, 1, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_call(m, "object info", number, 1, 0, NULL), MGR_TYPE);
    ck_assert_int_eq(mgr_call(m, "object delete", flag, 2, 0, NULL), MGR_TYPE);
    ck_assert_int_eq(mgr_call(m, "object changed", negative, 2, 0, NULL), MGR_TYPE);
    ck_assert_int_eq(mgr_call(m, "object nothing", NULL, 0, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_call(m, "dict", NULL, 0, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_call(m, NULL, NULL, 0, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_call(m, "session bye", NULL, 0, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_call(m, "session hello", NULL, 0, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_object_changed(m, "d", MGR_ABSENT, -1, NULL), MGR_VALUE);
    ck_assert_int_eq(mgr_object_create(m, NULL, NULL), MGR_USAGE);
    mgr_close(m);
    ck_assert(fake_end(fake));
    ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(test_null_handles)
{
    bool answer = true, more = true;
    struct mgr_scan *scan;
    struct mgr_view key, value;
    mgr_close(NULL);
    mgr_abandon(NULL);
    mgr_interrupt(NULL);
    mgr_require(NULL, 1);
    mgr_unchanged_since(NULL, 1);
    mgr_holder(NULL, 1);
    mgr_pipeline_begin(NULL, NULL, NULL);
    mgr_value_free(NULL);
    mgr_scan_close(NULL);
    ck_assert_int_eq(mgr_open(NULL, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_fd(NULL), -1);
    ck_assert_uint_eq(mgr_revision(NULL), 0);
    ck_assert_uint_eq(mgr_cursor(NULL).len, 0);
    ck_assert_ptr_nonnull(mgr_error(NULL));
    ck_assert_int_ne(mgr_last_status(NULL), MGR_OK);
    ck_assert_int_eq(mgr_heartbeat(NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_pipeline_end(NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_pipeline_poll(NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_dict_has(NULL, "d", mgr_int(1), &answer), MGR_USAGE);
    ck_assert(!answer);
    ck_assert_int_eq(mgr_call(NULL, "server ping", NULL, 0, 0, NULL), MGR_USAGE);
    ck_assert_int_eq(mgr_scan_open(NULL, "d", &scan), MGR_USAGE);
    ck_assert_int_eq(mgr_scan_next(NULL, &more, &key, &value), MGR_USAGE);
    ck_assert(!more);
}
END_TEST

/* ---- what is answered ---- */

static void script_results(struct fake *f)
{
    struct buf list;
    buf_init(&list);
    size_t mark = val_open(&list, VAL_LIST);
    val_put_item(&list, VAL_TRUE);
    val_close(&list, mark);
    fake_hello(f);
    fake_read(f);
    fake_reply(f, f->request.id,
               &(struct result){
                   .kind = RESULT_PAGE, .value = buf_bytes(&list), .cursor = bytes_text("next")});
    fake_read(f);
    fake_reply(
        f, f->request.id,
        &(struct result){
            .kind = RESULT_GRANT, .token = 77, .redelivered = true, .value = buf_bytes(&list)});
    fake_read(f);
    fake_reply(f, f->request.id, &(struct result){.kind = RESULT_VALUE, .value = VAL_TRUE});
    fake_read(f);
    fake_done(f, f->request.id);
    fake_read(f);
    fake_reply(f, f->request.id,
               &(struct result){.kind = RESULT_ERROR,
                                .code = ERR_KEY,
                                .message = bytes_text("'x'\x1b[2J"),
                                .object = bytes_text("dict \"d\"")});
    buf_free(&list);
    fake_serve(f);
}

START_TEST(test_results)
{
    struct mgr_value *value;
    struct mgr_view field;
    const struct mgr_named name = {"name", mgr_str("q")};
    int64_t token = 0;
    bool truth = false;
    start(script_results, NULL, 0);
    ck_assert_int_eq(mgr_dict_scan(m, "d", MGR_ABSENT, MGR_ABSENT, &value), MGR_OK);
    ck_assert_uint_eq(mgr_len(mgr_view(value)), 1);
    ck_assert_mem_eq(mgr_cursor(m).data, "next", 4);
    mgr_value_free(value);
    ck_assert_int_eq(mgr_call(m, "queue get", &name, 1, 0, &value), MGR_OK);
    ck_assert(mgr_field(mgr_view(value), "token", &field) && mgr_as_int(field, &token));
    ck_assert_int_eq(token, 77);
    ck_assert(mgr_field(mgr_view(value), "value", &field));
    ck_assert_int_eq(mgr_kind(field), MGR_KIND_LIST);
    ck_assert_uint_eq(mgr_cursor(m).len, 0);
    mgr_value_free(value);
    ck_assert_int_eq(mgr_dict_has(m, "d", mgr_int(1), &truth), MGR_OK);
    ck_assert(truth);
    ck_assert_int_eq(mgr_list_len(m, "l", &value), MGR_OK);
    ck_assert_ptr_null(value);
    ck_assert_int_eq(mgr_dict_get(m, "d", mgr_str("x"), MGR_ABSENT, &value), MGR_KEY);
    ck_assert_ptr_null(value);
    ck_assert_str_eq(mgr_error(m), "KeyError: 'x'?[2J (dict \"d\")");
    ck_assert_int_eq(mgr_last_status(m), MGR_KEY);
    end();
}
END_TEST

static void script_foreign(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 2 && fake_read(f); i++) {
        uint64_t id = f->request.id;
        fake_push(f, ERR_SHUTTING_DOWN);
        fake_int(f, id + 1, 1);
        fake_int(f, id + 256, 2);
        fake_int(f, UINT64_MAX, 3);
        if (id > 256)
            fake_int(f, id - 256, 4);
        fake_int(f, id, 5);
        fake_int(f, id, 6);
    }
    fake_serve(f);
}

START_TEST(test_foreign_replies_are_nobodys)
{
    start(script_foreign, NULL, 0);
    for (int i = 0; i < 2; i++) {
        struct mgr_value *value;
        int64_t got = 0;
        ck_assert_int_eq(mgr_dict_get(m, "d", mgr_int(1), MGR_ABSENT, &value), MGR_OK);
        ck_assert(mgr_as_int(mgr_view(value), &got));
        ck_assert_int_eq(got, 5);
        mgr_value_free(value);
    }
    end();
}
END_TEST

/* ---- waits that end here ---- */

enum late { LATE_CANCELLED, LATE_VALUE, LATE_NEVER, LATE_COUNT };

static void script_late(struct fake *f)
{
    const enum late *late = f->arg;
    fake_hello(f);
    fake_read(f);
    uint64_t waiting = f->request.id;
    fake_expect(f, f->request.wait_ms == 1);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_CANCEL &&
                       f->request.session_cancel->id == waiting);
    uint64_t cancel = f->request.id;
    if (*late == LATE_NEVER) {
        fake_expect(f, !fake_read(f)); /* the client leaves, and comes back as somebody else */
        fake_expect(f, fake_hello(f) && !f->had_token);
    } else {
        if (*late == LATE_CANCELLED)
            fake_error(f, waiting, ERR_CANCELLED, "taken back");
        else
            fake_int(f, waiting, 42);
        fake_int(f, cancel, 0);
    }
    fake_serve(f);
}

START_TEST(test_local_timeout)
{
    static const enum mgr_status wanted[] = {MGR_TIMEOUT, MGR_OK, MGR_UNREACHABLE};
    enum late late = (enum late)_i;
    struct mgr_value *value;
    start(script_late, &late, 50);
    ck_assert_int_eq(mgr_object_changed(m, "d", MGR_ABSENT, 1, &value), wanted[late]);
    ck_assert_int_eq(value != NULL, late == LATE_VALUE);
    mgr_value_free(value);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

static void script_interrupt(struct fake *f)
{
    fake_hello(f);
    for (int i = 0; i < 2; i++) {
        fake_read(f);
        uint64_t waiting = f->request.id;
        fake_expect(f, f->request.wait_ms == UINT64_MAX);
        if (i == 0)
            mgr_interrupt(m); /* the second time the test itself did, before the call */
        fake_read(f);
        fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_SESSION_CANCEL);
        fake_int(f, f->request.id, 1);
        fake_error(f, waiting, ERR_CANCELLED, "taken back");
    }
    fake_serve(f);
}

START_TEST(test_interrupt)
{
    start(script_interrupt, NULL, 0);
    ck_assert_int_eq(mgr_object_changed(m, "d", MGR_ABSENT, MGR_FOREVER, NULL), MGR_INTERRUPTED);
    ck_assert_str_eq(mgr_error(m), "KeyboardInterrupt: interrupted");
    mgr_interrupt(m);
    mgr_interrupt(m);
    ck_assert_int_eq(mgr_object_changed(m, "d", MGR_ABSENT, MGR_FOREVER, NULL), MGR_INTERRUPTED);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

/* ---- processes and memory ---- */

/* The child's bye would end the parent's session. */
static void script_fork(struct fake *f)
{
    fake_hello(f);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_DICT_CLEAR);
    fake_done(f, f->request.id);
    fake_serve(f);
}

START_TEST(test_fork)
{
    int status = 0;
    start(script_fork, NULL, 0);
    pid_t child = fork();
    if (child == 0) {
        bool refused = mgr_dict_clear(m, "d") == MGR_USAGE && mgr_heartbeat(m) == MGR_USAGE;
        mgr_interrupt(m);
        mgr_close(m);
        _exit(refused ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    end();
}
END_TEST

static void script_values(struct fake *f)
{
    while (fake_hello(f)) {
        while (fake_read(f))
            if (f->request.op_case == WIRE__REQUEST__OP_DICT_GET)
                fake_int(f, f->request.id, 1);
            else
                fake_done(f, f->request.id);
    }
}

/* Whatever allocation fails, the call says so and the next one works. */
static bool run_short_of_memory(size_t n)
{
    struct mgr_value *value = NULL;
    const struct mgr_options options = {.server = fake->address, .client = "test"};
    alloc_fail_at(n);
    enum mgr_status opened = mgr_open(&m, &options);
    enum mgr_status got = MGR_NOMEM;
    if (opened == MGR_OK)
        got = mgr_dict_get(m, "d", mgr_json("{\"a\": [1, 2]}"), MGR_ABSENT, &value);
    alloc_fail_never();
    ck_assert_msg(opened == MGR_OK || opened == MGR_NOMEM, "%d %s", opened, mgr_error(m));
    ck_assert_msg(got == MGR_OK || got == MGR_NOMEM, "%d %s", got, mgr_error(m));
    ck_assert_int_eq(got == MGR_OK, value != NULL);
    mgr_value_free(value);
    if (m != NULL && opened == MGR_OK)
        ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    mgr_close(m);
    return alloc_count() >= n;
}

START_TEST(test_no_memory)
{
    size_t n = 1;
    fake = fake_start(script_values, NULL);
    while (run_short_of_memory(n))
        n++;
    ck_assert_uint_gt(n, 8);
    ck_assert(fake_end(fake));
}
END_TEST

Suite *suite_client_call(void);
Suite *suite_client_call(void)
{
    Suite *suite = suite_create("client_call");
    TCase *tests = tcase_create("client_call");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_request);
    tcase_add_test(tests, test_unchanged_since_is_of_one_call);
    tcase_add_test(tests, test_unchanged_since_is_not_sent_to_an_old_daemon);
    tcase_add_test(tests, test_unchanged_since_ends_with_a_call_that_fails_early);
    tcase_add_test(tests, test_unchanged_since_ends_with_a_call_that_cannot_be_made);
    tcase_add_test(tests, test_bad_arguments_are_not_sent);
    tcase_add_test(tests, test_null_handles);
    tcase_add_test(tests, test_results);
    tcase_add_test(tests, test_foreign_replies_are_nobodys);
    tcase_add_loop_test(tests, test_local_timeout, 0, LATE_COUNT);
    tcase_add_test(tests, test_interrupt);
    tcase_add_test(tests, test_fork);
    tcase_add_test(tests, test_no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
