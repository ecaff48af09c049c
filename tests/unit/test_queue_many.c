/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: many items, no memory, and what the digest sees. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"
#include "wire.pb-c.h"

enum { MANY = 100000 };

#define LONG "a text that is longer than what the slot of a session keeps without taking memory"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static const char *const kinds[] = {"fifo", "lifo", "priority"};

static void put_number(uint64_t number)
{
    struct buf value;
    uint8_t room[32];
    Wire__QueuePut in = WIRE__QUEUE_PUT__INIT;
    value = (struct buf){.data = room, .cap = sizeof room, .limit = sizeof room};
    val_put_uint(&value, number);
    in.has_name = true, in.name = world_text("q");
    in.has_value = true, in.value = world_bytes(buf_bytes(&value));
    must(world_do(&w, 0, &in.base)->result.kind == RESULT_DONE);
}

static const struct seen *get(unsigned who, bool reserve)
{
    Wire__QueueGet in = WIRE__QUEUE_GET__INIT;
    in.has_name = true, in.name = world_text("q");
    in.reserve = reserve;
    return world_do(&w, who, &in.base);
}

static void fill(void)
{
    for (uint64_t i = 0; i < MANY; i++)
        put_number(i * 7919 % MANY);
}

/* As before: nobody has anything, and all slots are there. */
static uint64_t bytes_now(void)
{
    for (unsigned i = 0; i < WORLD_WINDOW; i++)
        call(&w, 0, "object.hold", "name=keep");
    world_ack(&w, 0, w.clients[0].id);
    kit_reclaim(&w);
    return world_usage(&w).bytes;
}

/* ---- many ---- */

START_TEST(memory_of_many_comes_back)
{
    world_create(&w, "list", "keep", "[]");
    ask(&w, 0, "object.create", "type=queue|name=q|kind=%s", kinds[_i % 3]);
    put_number(1);
    get(0, false);
    uint64_t before = bytes_now();
    fill();
    ck_assert_uint_gt(world_usage(&w).bytes, before + MANY * 100);
    if (_i < 3) {
        for (unsigned i = 0; i < MANY; i++)
            must(get(0, false)->result.kind == RESULT_GRANT);
    } else {
        /* at once: what is freed right away is little */
        ck_assert_str_eq(ask(&w, 0, "queue.clear", "name=q"), "100000");
        ck_assert_uint_gt(world_usage(&w).blocks, MANY);
        unsigned slices = 0;
        while (engine_reclaim(w.engine, 1000))
            slices++;
        ck_assert_uint_ge(slices, MANY / 1000 - 1);
    }
    ck_assert_uint_eq(bytes_now(), before);
}
END_TEST

START_TEST(deleting_many_takes_slices)
{
    world_create(&w, "list", "keep", "[]");
    uint64_t before = bytes_now();
    ask(&w, 0, "object.create", "type=queue|name=q|kind=%s", kinds[_i]);
    fill();
    for (unsigned i = 0; i < 100; i++) {
        get(1, true);
        ask(&w, 1, "queue.nack", "name=q|token=%llu|delay_ms=1000",
            (unsigned long long)w.seen[0].result.token);
        get(1, true);
    }
    ask(&w, 0, "object.delete", "name=q|force=1");
    ck_assert_uint_gt(world_usage(&w).blocks, MANY - 300);
    world_end(&w, 1);
    ck_assert_uint_eq(bytes_now(), before);
}
END_TEST

START_TEST(a_session_with_many_ends_in_slices)
{
    enum { HELD = 2500 };
    w.window = 4096;
    ask(&w, 0, "object.create", "type=queue|name=q");
    for (uint64_t i = 0; i < HELD; i++)
        put_number(i);
    for (unsigned i = 0; i < HELD; i++)
        must(get(1, i % 2 == 0)->result.kind == RESULT_GRANT);
    world_end(&w, 1);
    ck_assert_str_eq(ask(&w, 0, "queue.len", "name=q"), "2500");
    for (uint64_t i = 0; i < HELD; i++) {
        const struct seen *seen = get(2, false);
        must(seen->result.redelivered && seen->result.attempts == 1);
        must(val_read(seen->result.value).integer == (int64_t)i);
    }
}
END_TEST

/* Pages of a large queue while it changes: what stays is seen once, in order. */
START_TEST(reading_many_in_parts_while_it_changes)
{
    Wire__ObjectScan in = WIRE__OBJECT_SCAN__INIT;
    uint8_t cursor[64];
    uint64_t seen_items = 0;
    int64_t last = -1;
    ask(&w, 0, "object.create", "type=queue|name=q|kind=%s", kinds[_i]);
    for (uint64_t i = 0; i < MANY; i++)
        put_number(_i == 1 ? MANY - i : i);
    in.has_name = true, in.name = world_text("q");
    do {
        const struct seen *seen = world_do(&w, 3, &in.base);
        must(seen->result.kind == RESULT_PAGE && seen->result.cursor.len <= sizeof cursor);
        struct val page = val_read(seen->result.value);
        struct val_iter it = val_iter(&page);
        struct bytes item;
        while (val_next(&it, &item)) {
            int64_t number = val_read(item).integer;
            must(number > last);
            last = number;
            seen_items++;
        }
        size_t len = seen->result.cursor.len;
        if (len > 0)
            memcpy(cursor, seen->result.cursor.data, len);
        in.has_cursor = true, in.cursor = world_bytes(bytes_of(cursor, len));
        for (unsigned i = 0; i < 100; i++)
            get(0, false);
    } while (in.cursor.len > 0);
    ck_assert_uint_eq(seen_items, MANY);
}
END_TEST

/* Bytes that stand in the order of their numbers. */
static void put_body(uint8_t number, size_t len)
{
    static uint8_t body[70 << 10];
    struct buf value;
    Wire__QueuePut put = WIRE__QUEUE_PUT__INIT;
    buf_init(&value);
    body[0] = number;
    val_put_bytes(&value, bytes_of(body, len));
    put.has_name = true, put.name = world_text("q");
    put.has_value = true, put.value = world_bytes(buf_bytes(&value));
    ck_assert_int_eq(world_do(&w, 0, &put.base)->result.kind, RESULT_DONE);
    buf_free(&value);
}

/* All are long, or two of three at the end. What lies before a page is not walked over: by that, a
 * queue of 250,000 items with a long one could not be read. What comes meanwhile moves nothing. */
START_TEST(long_values_by_priority_are_read_in_parts_too)
{
    enum { NUMBERS = 250, FIRST_LONG = 200, PAGE = 2, WORK = 100 };
    Wire__ObjectScan in = WIRE__OBJECT_SCAN__INIT;
    uint8_t cursor[70 << 10];
    unsigned next = 0;
    ask(&w, 0, "object.create", "type=queue|name=q|kind=priority");
    for (unsigned i = 0; i < NUMBERS; i++)
        put_body((uint8_t)i, _i == 0 || (i >= FIRST_LONG && i % 3 != 0) ? 70 << 10 : 10);
    w.engine->options.limits.work = _i == 0 ? 0 : WORK;
    in.has_name = true, in.name = world_text("q");
    in.has_limit = true, in.limit = PAGE;
    do {
        const struct seen *seen = world_do(&w, 0, &in.base);
        ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
        struct val page = val_read(seen->result.value);
        struct val_iter it = val_iter(&page);
        struct bytes item;
        while (val_next(&it, &item))
            ck_assert_uint_eq(val_read(item).body.data[0], next++);
        ck_assert_uint_le(seen->result.cursor.len, sizeof cursor);
        if (seen->result.cursor.len > 0)
            memcpy(cursor, seen->result.cursor.data, seen->result.cursor.len);
        in.has_cursor = true, in.cursor = world_bytes(bytes_of(cursor, seen->result.cursor.len));
        if (next == NUMBERS / 2)
            put_body(0, 70 << 10); /* newer than the scan */
    } while (in.cursor.len > 0);
    ck_assert_uint_eq(next, NUMBERS);
}
END_TEST

/* As many come as are read: the scan ends, and shows what was there when it began. */
START_TEST(reading_in_parts_ends_though_items_come)
{
    enum { COUNT = 40, PAGE = 10 };
    Wire__ObjectScan in = WIRE__OBJECT_SCAN__INIT;
    uint8_t cursor[64];
    uint64_t next = 0, seen_items = 0, pages = 0;
    ask(&w, 0, "object.create", "type=queue|name=q|kind=%s", kinds[_i]);
    for (; next < COUNT; next++)
        put_number(next);
    in.has_name = true, in.name = world_text("q");
    in.has_limit = true, in.limit = PAGE;
    do {
        const struct seen *seen = world_do(&w, 3, &in.base);
        must(seen->result.kind == RESULT_PAGE && seen->result.cursor.len <= sizeof cursor);
        struct val page = val_read(seen->result.value);
        struct val_iter it = val_iter(&page);
        struct bytes item;
        while (val_next(&it, &item)) {
            must(val_read(item).integer < COUNT);
            seen_items++;
        }
        size_t len = seen->result.cursor.len;
        if (len > 0)
            memcpy(cursor, seen->result.cursor.data, len);
        in.has_cursor = true, in.cursor = world_bytes(bytes_of(cursor, len));
        for (uint64_t more = 0; more < PAGE; more++)
            put_number(next++);
        ck_assert_uint_lt(++pages, 3 * COUNT / PAGE);
    } while (in.cursor.len > 0);
    ck_assert_uint_eq(seen_items, COUNT);
}
END_TEST

START_TEST(foreign_cursors_do_no_harm)
{
    static const char *const cursors[] = {"x",
                                          "1234567",
                                          "12345678",
                                          "1234567812345678\x42\x05",
                                          "12345678123456789",
                                          "123456781234567812345678\x42\x05"};
    Wire__ObjectScan in = WIRE__OBJECT_SCAN__INIT;
    ask(&w, 0, "object.create", "type=queue|name=q|kind=%s|init=[1, 2]", kinds[_i]);
    in.has_name = true, in.name = world_text("q");
    in.has_limit = true, in.limit = 1;
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        in.has_cursor = true, in.cursor = world_text(cursors[i]);
        ck_assert_str_eq(world_show(&w, world_do(&w, 0, &in.base)),
                         "error VALUE: the cursor is not one of this object");
    }
    in.cursor = world_text("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                           "\xff\xff\xff\xff\xff\xff\xff\xff");
    in.cursor.len = _i == 2 ? 24 : 16;
    ck_assert_int_eq(world_do(&w, 0, &in.base)->result.kind, RESULT_PAGE);
    in.cursor.len = 0, in.limit = 0;
    ck_assert_str_eq(world_show(&w, world_do(&w, 0, &in.base)),
                     "error VALUE: limit must be at least 1");
}
END_TEST

/* ---- no memory ---- */

struct row {
    const char *init, *op, *args, *answer;
};

static const struct row rows[] = {
    {"", "object.create", "name=new|type=queue|init=[!ref l, '" LONG "']", NULL},
    {"|kind=priority", "object.create", "name=n|type=queue|kind=priority|init=[3, 1]", NULL},
    {"", "queue.put", "name=q|value=[!ref l, '" LONG "']", "done"},
    {"|kind=priority|init=[2]", "queue.put", "name=q|value=1", "done"},
    {"|maxsize=1|init=[1]", "queue.put", "name=q|value=!ref l|wait_ms=100", "waits"},
    {"|maxsize=2|init=[1]", "queue.put_many", "name=q|items=[1, !ref l]|wait_ms=100", "waits"},
    {"", "queue.put_many", "name=q|items=[1, !ref l, '" LONG "']", "done"},
    {"|init=['" LONG "']", "queue.get", "name=q", "'" LONG "'"},
    {"|init=['" LONG "']", "queue.get", "name=q|reserve=1", "'" LONG "'"},
    {"", "queue.get", "name=q|wait_ms=100", "waits"},
    {"", "queue.get", "name=q|reserve=1|wait_ms=100", "waits"},
    {"|init=[1]", "queue.join", "name=q|wait_ms=100", "waits"},
    {"|init=[1]", "queue.task_done", "name=q", "done"},
    {"|init=[1, 2]", "queue.clear", "name=q", "2"},
    {"|init=[1, 2]", "queue.shutdown", "name=q|immediate=1", "done"},
    {"|init=['" LONG "']", "queue.move", "name=q|to=to", "'" LONG "'"},
    {"|init=[[!ref l, '" LONG "']]", "queue.move", "name=q|to=to", NULL},
    {"|init=[1]", "queue.len", "name=q", "1"},
    {"|init=[1]", "queue.empty", "name=q", "False"},
    {"|init=[1]", "queue.full", "name=q", "False"},
    {"|kind=priority|init=[1, 2]", "object.scan", "name=q|limit=1", NULL},
};

START_TEST(refused_without_a_trace)
{
    const struct row *row = &rows[_i];
    world_create(&w, "list", "l", "[]");
    ask(&w, 0, "object.create", "type=queue|name=to");
    ask(&w, 0, "object.create", "type=queue|name=q%s", row->init);
    size_t failed = call_without_memory(&w, row->op, row->args);
    ck_assert_uint_le(failed, 40);
    teardown();
    setup();
    world_create(&w, "list", "l", "[]");
    ask(&w, 0, "object.create", "type=queue|name=to");
    ask(&w, 0, "object.create", "type=queue|name=q%s", row->init);
    const char *answer = kit_words(&w, call(&w, 0, row->op, row->args));
    if (row->answer != NULL)
        ck_assert_str_eq(answer, row->answer);
}
END_TEST

/* Lent to client 0 first. */
START_TEST(giving_back_is_refused_without_a_trace)
{
    static const char *const mores[] = {"", "|delay_ms=5", "|to=to", NULL};
    char args[128];
    world_create(&w, "list", "l", "[]");
    ask(&w, 0, "object.create", "type=queue|name=to");
    ask(&w, 0, "object.create", "type=queue|name=q|init=[!ref l, 2]");
    const struct seen *seen = call(&w, 0, "queue.get", "name=q|reserve=1");
    snprintf(args, sizeof args, "name=q|token=%llu%s", (unsigned long long)seen->result.token,
             mores[_i] == NULL ? "" : mores[_i]);
    size_t failed = call_without_memory(&w, mores[_i] == NULL ? "queue.ack" : "queue.nack", args);
    ck_assert_uint_le(failed, 10);
}
END_TEST

static size_t allocations_of(const struct command *command)
{
    struct command timed = *command;
    timed.now_ms = w.now_ms;
    alloc_fail_at(SIZE_MAX);
    (void)engine_apply(w.engine, &timed, NULL);
    alloc_fail_never();
    return alloc_count();
}

START_TEST(completions_take_no_memory)
{
    ask(&w, 0, "object.create", "type=queue|name=q|kind=%s|init=['" LONG "', '" LONG "']",
        kinds[_i]);
    get(1, false);
    get(1, true);
    ask(&w, 2, "queue.get", "name=q|" FOR_EVER);
    ask(&w, 3, "queue.get", "name=q|reserve=1|wait_ms=60000");
    ck_assert_uint_eq(allocations_of(&(struct command){.kind = COMMAND_SESSION_END,
                                                       .sessions = &w.clients[1].session,
                                                       .session_count = 1,
                                                       .give_back = true}),
                      0);
    w.clients[1].session = 0;
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 1);
    ask(&w, 0, "object.create", "type=queue|name=full|maxsize=1|kind=%s|init=['b']", kinds[_i]);
    ask(&w, 2, "queue.put", "name=full|value=a|wait_ms=60000");
    const struct seen *lent = call(&w, 3, "queue.get", "name=full|reserve=1");
    ck_assert_int_eq(callf(&w, 3, "queue.nack", "name=full|token=%llu|delay_ms=100",
                           (unsigned long long)lent->result.token)
                         ->result.kind,
                     RESULT_DONE);
    ask(&w, 4, "queue.get", "name=full|" FOR_EVER);
    w.now_ms += 100;
    ck_assert_uint_eq(allocations_of(&(struct command){.kind = COMMAND_TICK}), 0);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_str_eq(kit_items(&w, "full", 9), "['a']");
}
END_TEST

/* ---- the digest ---- */

/* Each line of a life that differs from the first one in a thing that only the queue knows. */
static const char *const lives[][4] = {
    {"", "queue.put|value=a", "queue.put|value=b", "queue.len"},
    {"", "queue.put|value=b", "queue.put|value=a", "queue.len"},
    {"|kind=lifo", "queue.put|value=a", "queue.put|value=b", "queue.len"},
    {"|maxsize=9", "queue.put|value=a", "queue.put|value=b", "queue.len"},
    {"", "queue.put|value=a", "queue.get|reserve=1", "queue.len"},
    {"", "queue.put|value=a", "queue.get", "queue.len"},
    {"", "queue.put|value=a", "queue.task_done", "queue.len"},
    {"", "queue.put|value=a", "queue.clear", "queue.len"},
    {"", "queue.put|value=a", "queue.shutdown", "queue.len"},
    {"", "queue.put|value=a", "queue.join|" FOR_EVER, "queue.len"},
    {"", "queue.put|value=a", "queue.put_many|items=[b, c]", "queue.len"},
    {"|maxsize=1", "queue.put|value=a", "queue.put|value=b|" FOR_EVER, "queue.len"},
    {"|maxsize=1", "queue.put|value=a", "queue.put|value=c|" FOR_EVER, "queue.len"},
};
enum { LIVES = sizeof lives / sizeof lives[0] };

static void live(struct world *world, const char *const life[4], uint8_t key)
{
    world_init_key(world, objects_handlers(), key);
    callf(world, 0, "object.create", "type=queue|name=q%s", life[0]);
    for (unsigned i = 1; i < 4; i++) {
        char op[32];
        const char *args = strchr(life[i], '|');
        int len = args == NULL ? (int)strlen(life[i]) : (int)(args - life[i]);
        snprintf(op, sizeof op, "%.*s", len, life[i]);
        callf(world, 0, op, "name=q%s", args == NULL ? "" : args);
    }
}

START_TEST(the_digest_sees_everything)
{
    struct world others[LIVES];
    char digests[LIVES][65];
    for (unsigned i = 0; i < LIVES; i++) {
        struct world twin;
        live(&others[i], lives[i], 1);
        live(&twin, lives[i], 2);
        snprintf(digests[i], sizeof digests[i], "%s", world_digest(&others[i]));
        ck_assert_str_eq(world_digest(&twin), digests[i]);
        world_free(&twin);
        world_free(&others[i]);
        for (unsigned j = 0; j < i; j++)
            ck_assert_msg(strcmp(digests[i], digests[j]) != 0, "lives %u and %u", i, j);
    }
}
END_TEST

Suite *suite_queue_many(void);
Suite *suite_queue_many(void)
{
    Suite *suite = suite_create("queue_many");
    TCase *tests = tcase_create("many");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, memory_of_many_comes_back, 0, 6);
    tcase_add_loop_test(tests, deleting_many_takes_slices, 0, 3);
    tcase_add_test(tests, a_session_with_many_ends_in_slices);
    tcase_add_loop_test(tests, reading_many_in_parts_while_it_changes, 0, 3);
    tcase_add_loop_test(tests, long_values_by_priority_are_read_in_parts_too, 0, 2);
    tcase_add_loop_test(tests, reading_in_parts_ends_though_items_come, 0, 3);
    tcase_add_loop_test(tests, foreign_cursors_do_no_harm, 0, 3);
    tcase_add_loop_test(tests, refused_without_a_trace, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tests, giving_back_is_refused_without_a_trace, 0, 4);
    tcase_add_loop_test(tests, completions_take_no_memory, 0, 3);
    tcase_add_test(tests, the_digest_sees_everything);
    suite_add_tcase(suite, tests);
    return suite;
}
