/* SPDX-License-Identifier: BSD-2-Clause */
/* A get that finds nothing: is the queue empty, and what is said. */
#include <check.h>
#include <stdio.h>

#include "cli/supervise/queue_job_calls.h"
#include "tests/support/fakeserver.h"
#include "wire/value/value.h"

/* What info tells of the queue; code: that it is refused. */
struct told {
    int64_t delayed, reserved;
    enum mgr_code code;
    enum mgr_status status; /* of the get */
    uint64_t coming;
    const char *says;
};

static void put_count(struct buf *out, const char *name, int64_t count)
{
    struct buf number;
    buf_init(&number);
    val_put_int(&number, count);
    val_put_field(out, name, buf_bytes(&number));
    buf_free(&number);
}

static void script(struct fake *f)
{
    const struct told *told = f->arg;
    struct buf info;
    buf_init(&info);
    size_t mark = val_open(&info, VAL_DICT);
    put_count(&info, "delayed", told->delayed);
    put_count(&info, "reserved", told->reserved);
    val_close(&info, mark);
    fake_hello(f);
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_QUEUE_GET);
    fake_error(f, f->request.id, ERR_EMPTY, "the queue is empty");
    fake_read(f);
    fake_expect(f, f->request.op_case == WIRE__REQUEST__OP_OBJECT_INFO);
    if (told->code != 0)
        fake_error(f, f->request.id, told->code, "so it is");
    else
        fake_reply(f, f->request.id,
                   &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(&info)});
    buf_free(&info);
    fake_serve(f);
}

static const struct told rows[] = {
    {0, 0, 0, MGR_EMPTY, 0, "queue.Empty: the queue is empty"},
    {1, 0, 0, MGR_EMPTY, 1, "queue.Empty: the queue is empty: 1 item is reserved or delayed"},
    {1, 2, 0, MGR_EMPTY, 3, "queue.Empty: the queue is empty: 3 items are reserved or delayed"},
    /* nobody knows: that is no empty queue, with which everything would end well */
    {0, 0, ERR_NO_SUCH_OBJECT, MGR_NO_SUCH_OBJECT, 0, ""},
};

enum { ROWS = sizeof rows / sizeof *rows };

START_TEST(what_may_come_is_told)
{
    const struct told *told = &rows[_i];
    struct fake *fake = fake_start(script, (void *)(uintptr_t)told);
    const struct mgr_options options = {.server = fake->address, .client = "test"};
    const struct queue_job_plan plan = {.type = "queue", .name = "q", .until_empty = true};
    struct queue_job_get get = {.plan = &plan};
    struct session_thread thread = {.m = NULL};
    pthread_mutex_init(&thread.mutex, NULL);
    ck_assert_int_eq(mgr_open(&thread.m, &options), MGR_OK);
    ck_assert_int_eq(queue_job_get(&thread, &get.order), told->status);
    ck_assert_uint_eq(get.coming, told->coming);
    ck_assert_str_eq(get.order.error, told->says);
    ck_assert_int_eq(mgr_error(thread.m)[0] != 0,
                     told->code != 0); /* the session thread takes that */
    mgr_close(thread.m);
    ck_assert(fake_end(fake));
    pthread_mutex_destroy(&thread.mutex);
}
END_TEST

Suite *suite_workers_calls(void);
Suite *suite_workers_calls(void)
{
    Suite *suite = suite_create("workers_calls");
    TCase *tests = tcase_create("workers_calls");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_may_come_is_told, 0, ROWS);
    suite_add_tcase(suite, tests);
    return suite;
}
