/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: order, room, waiting on both sides, moving from one to another. */
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"
#include "wire.pb-c.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

#define make(args)     kit_make(&w, "queue", "q", args)
#define put(value)     ask(&w, 0, "queue.put", "name=q|value=%s", value)
#define put_by(who, v) ask(&w, who, "queue.put", "name=q|value=%s|" FOR_EVER, v)
#define get()          ask(&w, 0, "queue.get", "name=q")
#define get_by(who)    ask(&w, who, "queue.get", "name=q|" FOR_EVER)
#define on(who, op)    ask(&w, who, op, "name=q")

/* ---- order ---- */

START_TEST(fifo_gives_the_oldest_first)
{
    make("");
    ck_assert_str_eq(put("1"), "done");
    ck_assert_str_eq(put("[a, b]"), "done");
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(put("3"), "done");
    ck_assert_str_eq(on(0, "queue.len"), "2");
    ck_assert_str_eq(get(), "['a', 'b']");
    ck_assert_str_eq(get(), "3");
    ck_assert_str_eq(get(), "error EMPTY: the queue is empty");
}
END_TEST

START_TEST(lifo_gives_the_newest_first)
{
    make("|kind=lifo|init=[1, 2]");
    ck_assert_str_eq(put("3"), "done");
    ck_assert_str_eq(get(), "3");
    ck_assert_str_eq(put("4"), "done");
    ck_assert_str_eq(kit_items(&w, "q", 1), "[4][2][1]");
    ck_assert_str_eq(get(), "4");
    ck_assert_str_eq(get(), "2");
    ck_assert_str_eq(get(), "1");
}
END_TEST

START_TEST(priority_gives_the_smallest_first_and_ties_by_age)
{
    make("|kind=priority|init=[5, 1.5]");
    put("3");
    put("true");
    put("1");
    put("1.0");
    ck_assert_str_eq(kit_items(&w, "q", 2), "[True, 1][1.0, 1.5][3, 5]");
    ck_assert_str_eq(get(), "True");
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(get(), "1.0");
    ck_assert_str_eq(get(), "1.5");
    ck_assert_str_eq(put("x"),
                     "error TYPE: '<' not supported between instances of 'str' and 'int'");
    ck_assert_str_eq(get(), "3");
    ck_assert_str_eq(get(), "5");
    ck_assert_str_eq(put("x"), "done");
}
END_TEST

START_TEST(priority_refuses_many_that_do_not_compare)
{
    make("|kind=priority");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[1, 2, x]"),
                     "error TYPE: '<' not supported between instances of 'int' and 'str'");
    ck_assert_str_eq(on(0, "queue.len"), "0");
    ck_assert_str_eq(ask(&w, 0, "object.create", "name=p|type=queue|kind=priority|init=[null, 1]"),
                     "error TYPE: '<' not supported between instances of 'NoneType' and 'int'");
    /* nothing compares with NaN: it is behind what does */
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[.nan, 1.0, .nan]"), "done");
    ck_assert_str_eq(get(), "1.0");
    ck_assert_str_eq(get(), "nan");
    ck_assert_str_eq(get(), "nan");
}
END_TEST

/* ---- making ---- */

START_TEST(create_checks_what_it_is_given)
{
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=queue|name=x|kind=random"),
                     "error VALUE: the kind of a queue is fifo, lifo or priority");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=queue|name=x|maxsize=2|init=[1, 2, 3]"),
                     "error VALUE: 3 items are more than maxsize 2");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=queue|name=x|init=5"),
                     "error TYPE: 'int' object is not iterable");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=queue|name=x|bounded=1"),
                     "error VALUE: an object of type queue has no bounded");
    make("|maxsize=2|kind=lifo|init=[1, 2]");
    ck_assert_str_eq(kit_info(&w, "q", "kind"), "'lifo'");
    ck_assert_str_eq(kit_info(&w, "q", "maxsize"), "2");
    ck_assert_str_eq(kit_info(&w, "q", "ready"), "2");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "2");
    ck_assert_str_eq(kit_info(&w, "q", "length"), "2");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=queue|name=q|if_absent=1|kind=fifo"),
                     "error EXISTS: it exists and differs: kind 'lifo', not 'fifo'");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=queue|name=q|if_absent=1|maxsize=3"),
                     "error EXISTS: it exists and differs: maxsize 2, not 3");
    ck_assert_int_eq(
        call(&w, 0, "object.create", "type=queue|name=q|if_absent=1|maxsize=2")->result.kind,
        RESULT_VALUE);
}
END_TEST

/* ---- room ---- */

START_TEST(maxsize_is_not_exceeded)
{
    make("|maxsize=2");
    ck_assert_str_eq(put("1"), "done");
    ck_assert_str_eq(on(0, "queue.full"), "False");
    ck_assert_str_eq(put("2"), "done");
    ck_assert_str_eq(on(0, "queue.full"), "True");
    ck_assert_str_eq(put("3"), "error FULL: the queue is full");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(put("3"), "done");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[1, 2, 3]|" FOR_EVER),
                     "error VALUE: 3 items never fit: maxsize is 2");
    ck_assert_str_eq(kit_items(&w, "q", 10), "[2, 3]");
}
END_TEST

START_TEST(putters_come_in_turn)
{
    make("|maxsize=2|init=[1, 2]");
    ck_assert_str_eq(put_by(1, "3"), "waits");
    ck_assert_str_eq(ask(&w, 2, "queue.put_many", "name=q|items=[4, 5]|" FOR_EVER), "waits");
    ck_assert_str_eq(put_by(3, "6"), "waits");
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(told(&w, 1), "done");
    ck_assert_str_eq(told(&w, 2), "waits");
    ck_assert_str_eq(get(), "2");
    ck_assert_str_eq(told(&w, 2), "waits"); /* there is room for one */
    ck_assert_str_eq(told(&w, 3), "waits"); /* and nobody overtakes */
    ck_assert_str_eq(put("7"), "error FULL: the queue is full");
    ck_assert_str_eq(on(0, "queue.full"), "True");
    ck_assert_str_eq(get(), "3");
    ck_assert_str_eq(told(&w, 2), "done");
    ck_assert_str_eq(get(), "4");
    ck_assert_str_eq(told(&w, 3), "done");
    ck_assert_str_eq(get(), "5");
    ck_assert_str_eq(get(), "6");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "6");
}
END_TEST

START_TEST(a_putter_that_leaves_lets_the_next_one_in)
{
    make("|maxsize=2|init=[1]");
    ck_assert_str_eq(ask(&w, 1, "queue.put_many", "name=q|items=[2, 3]|wait_ms=1000"), "waits");
    ck_assert_str_eq(put_by(2, "4"), "waits");
    world_tick(&w, 999);
    ck_assert_uint_eq(w.seen_count, 0);
    world_tick(&w, 1);
    ck_assert_str_eq(told(&w, 1), "error TIMEOUT: the time to wait ran out");
    ck_assert_str_eq(told(&w, 2), "done");
    ck_assert_str_eq(kit_items(&w, "q", 10), "[1, 4]");
    ck_assert_str_eq(ask(&w, 1, "queue.put_many", "name=q|items=[2, 3]|" FOR_EVER), "waits");
    ck_assert_str_eq(put_by(2, "5"), "waits");
    world_cancel(&w, 1, w.clients[1].id, ERR_CANCELLED);
    ck_assert_str_eq(told(&w, 1), "error CANCELLED: cancelled by the client");
    ck_assert_str_eq(get(), "1");
    ck_assert_str_eq(told(&w, 2), "done");
    ck_assert_str_eq(put_by(1, "6"), "waits");
    world_end(&w, 1);
    ck_assert_str_eq(get(), "4");
    ck_assert_str_eq(get(), "5");
    ck_assert_str_eq(get(), "error EMPTY: the queue is empty");
}
END_TEST

START_TEST(get_then_put_with_room_for_one)
{
    make("|maxsize=1|init=[1]");
    for (int i = 0; i < 100; i++) {
        ck_assert_str_eq(get(), i == 0 ? "1" : "2");
        ck_assert_str_eq(put("2"), "done");
    }
}
END_TEST

START_TEST(put_many_is_all_or_none)
{
    make("|maxsize=3|init=[1]");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[2, 3, 4]"),
                     "error FULL: the queue is full");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[]"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=5"),
                     "error TYPE: 'int' object is not iterable");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=ab"), "done");
    ck_assert_str_eq(kit_items(&w, "q", 2), "[1, 'a']['b']");
}
END_TEST

/* ---- waiting for items ---- */

START_TEST(getters_come_in_turn)
{
    make("");
    ck_assert_str_eq(get_by(1), "waits");
    ck_assert_str_eq(get_by(2), "waits");
    ck_assert_str_eq(put("a"), "done");
    ck_assert_str_eq(told(&w, 1), "'a'");
    ck_assert_str_eq(told(&w, 2), "waits");
    ck_assert_str_eq(put("b"), "done");
    ck_assert_str_eq(told(&w, 2), "'b'");
    ck_assert_uint_eq(world_seen(&w, 2, w.clients[2].id)->revision, engine_revision(w.engine));
    ck_assert_str_eq(on(0, "queue.empty"), "True");
}
END_TEST

START_TEST(one_put_serves_many_getters)
{
    make("|maxsize=3");
    for (unsigned who = 1; who <= 3; who++)
        ck_assert_str_eq(get_by(who), "waits");
    ck_assert_str_eq(ask(&w, 0, "queue.put_many", "name=q|items=[a, b]"), "done");
    ck_assert_uint_eq(w.seen_count, 3);
    ck_assert_uint_eq(w.seen[0].revision + 1, w.seen[1].revision);
    ck_assert_str_eq(told(&w, 1), "'a'");
    ck_assert_str_eq(told(&w, 2), "'b'");
    ck_assert_str_eq(told(&w, 3), "waits");
}
END_TEST

START_TEST(a_getter_that_leaves_takes_nothing)
{
    make("");
    ck_assert_str_eq(ask(&w, 1, "queue.get", "name=q|wait_ms=500"), "waits");
    ck_assert_str_eq(get_by(2), "waits");
    ck_assert_str_eq(get_by(3), "waits");
    ck_assert_str_eq(get_by(4), "waits");
    world_tick(&w, 500);
    ck_assert_str_eq(told(&w, 1), "error TIMEOUT: the time to wait ran out");
    world_end(&w, 2);
    world_cancel(&w, 3, w.clients[3].id, ERR_CANCELLED);
    ck_assert_str_eq(put("a"), "done");
    ck_assert_str_eq(told(&w, 4), "'a'");
    ck_assert_str_eq(on(0, "queue.len"), "0");
}
END_TEST

START_TEST(deleting_it_tells_all_who_wait)
{
    make("|maxsize=1");
    ck_assert_str_eq(get_by(1), "waits");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q|force=1"), "done");
    ck_assert_str_eq(told(&w, 1), "error NO_SUCH_OBJECT: there is no object of that name or id");
    make("|maxsize=1|init=[1]");
    ck_assert_str_eq(put_by(1, "!ref q"), "waits");
    ck_assert_str_eq(ask(&w, 2, "queue.join", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q|force=1"), "done");
    ck_assert_str_eq(told(&w, 1), "error NO_SUCH_OBJECT: there is no object of that name or id");
    ck_assert_str_eq(told(&w, 2), "error NO_SUCH_OBJECT: there is no object of that name or id");
}
END_TEST

/* ---- moving ---- */

START_TEST(move_is_one_step)
{
    make("|init=[1, 2]");
    ask(&w, 0, "object.create", "type=queue|name=to|maxsize=1");
    ck_assert_str_eq(ask(&w, 1, "queue.get", "name=to|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"), "1");
    ck_assert_str_eq(told(&w, 1), "1");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "1");
    ck_assert_str_eq(kit_info(&w, "to", "unfinished"), "1");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"), "2");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"), "error EMPTY: the queue is empty");
    put("3");
    const struct seen *seen = call(&w, 0, "queue.move", "name=q|to=to");
    ck_assert_str_eq(world_show(&w, seen), "error FULL: the queue is full");
    ck_assert_msg(bytes_equal(seen->result.object, bytes_text("queue \"to\"")), "whose error");
    ask(&w, 0, "queue.get", "name=to");
    ck_assert_str_eq(ask(&w, 1, "queue.put_many", "name=to|items=[x]"), "done");
    ck_assert_str_eq(ask(&w, 1, "queue.put", "name=to|value=y|" FOR_EVER), "waits");
    ask(&w, 0, "queue.get", "name=to");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"), "error FULL: the queue is full");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=none"),
                     "error NO_SUCH_OBJECT: there is no such object");
    ask(&w, 0, "object.create", "type=list|name=l");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=l"),
                     "error WRONG_TYPE: items go to a queue, and this is a list");
    ask(&w, 0, "queue.shutdown", "name=to|immediate=1");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"),
                     "error SHUT_DOWN: the queue is shut down");
    on(0, "queue.shutdown");
    get();
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"),
                     "error SHUT_DOWN: the queue is shut down");
}
END_TEST

START_TEST(move_to_itself_goes_to_the_end)
{
    make("|maxsize=2|init=[1, 2]");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=q"), "1");
    ck_assert_str_eq(kit_items(&w, "q", 10), "[2, 1]");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "2");
}
END_TEST

START_TEST(move_looks_at_the_order_there)
{
    make("|init=[x, 1]");
    ask(&w, 0, "object.create", "type=queue|name=to|kind=priority|init=[2]");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"),
                     "error TYPE: '<' not supported between instances of 'str' and 'int'");
    get();
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"), "1");
    ck_assert_str_eq(kit_items(&w, "to", 10), "[1, 2]");
}
END_TEST

/* ---- values that refer ---- */

START_TEST(refs_keep_their_objects)
{
    call(&w, 0, "object.create", "type=list|name=l");
    make("|maxsize=1|init=[!ref l]");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "1");
    ck_assert_str_eq(put_by(1, "[!ref l, !ref l]"), "waits");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "3");
    get();
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "3"); /* it may come back */
    world_ack(&w, 0, w.clients[0].id);
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "2");
    ck_assert_str_eq(put_by(2, "!ref l"), "waits");
    world_cancel(&w, 2, w.clients[2].id, ERR_CANCELLED);
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "2");
    ask(&w, 0, "object.create", "type=queue|name=to");
    ck_assert_str_eq(put_by(2, "!ref l"), "waits");
    ck_assert_str_ne(ask(&w, 0, "queue.move", "name=q|to=to"), "waits");
    ck_assert_str_eq(kit_info(&w, "to", "references_out"), "1");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "3");
    ck_assert_str_eq(on(0, "queue.clear"), "1");
    ck_assert_str_eq(kit_info(&w, "q", "references_out"), "0");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "2");
}
END_TEST

START_TEST(what_refers_to_nothing_goes_from_one_to_another)
{
    call(&w, 0, "object.create", "type=list|name=l");
    make("|init=[!ref l, [!ref l], 3]");
    ask(&w, 0, "object.create", "type=queue|name=to");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=l"), "done");
    ck_assert_str_ne(ask(&w, 0, "queue.move", "name=q|to=to"), "3");
    ask(&w, 0, "queue.get", "name=q|reserve=1");
    ck_assert_str_eq(
        ask(&w, 0, "queue.nack", "name=q|token=%llu|to=to", (unsigned long long)kit_token()),
        "done");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=to"), "3");
    ck_assert_str_eq(kit_info(&w, "to", "length"), "3");
    ck_assert_str_eq(kit_info(&w, "q", "references_out"), "0");
    ck_assert_str_eq(kit_info(&w, "to", "references_out"), "1");
    ck_assert_str_eq(ask(&w, 0, "queue.clear", "name=to"), "3");
    ck_assert_str_eq(kit_info(&w, "to", "references_out"), "0");
}
END_TEST

START_TEST(refs_that_are_lent_stay_when_the_rest_is_cleared)
{
    call(&w, 0, "object.create", "type=list|name=l");
    make("|init=[!ref l, !ref l, [!ref l]]");
    ask(&w, 0, "queue.get", "name=q|reserve=1");
    unsigned long long token = kit_token();
    ask(&w, 1, "queue.get", "name=q|reserve=1");
    ck_assert_str_eq(
        ask(&w, 1, "queue.nack", "name=q|token=%llu|delay_ms=9", (unsigned long long)kit_token()),
        "done");
    ck_assert_str_eq(on(0, "queue.clear"), "2");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "1");
    ck_assert_uint_eq(world_usage(&w).timers, 0);
    ck_assert_str_eq(ask(&w, 0, "queue.ack", "name=q|token=%llu", token), "done");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "0");
    ck_assert_str_eq(kit_info(&w, "q", "unfinished"), "0");
}
END_TEST

START_TEST(what_no_frame_could_bring_is_refused)
{
    make("");
    static uint8_t body[(16 << 20)];
    struct buf value;
    buf_init(&value);
    val_put_bytes(&value, bytes_of(body, sizeof body - 1024));
    Wire__QueuePut in = WIRE__QUEUE_PUT__INIT;
    in.has_name = true, in.name = world_text("q");
    in.has_value = true, in.value = world_bytes(buf_bytes(&value));
    const struct seen *seen = world_do(&w, 0, &in.base);
    ck_assert_int_eq(seen->result.code, ERR_TOO_LARGE);
    buf_reset(&value, 0);
    val_put_bytes(&value, bytes_of(body, sizeof body - 1100));
    in.value = world_bytes(buf_bytes(&value));
    ck_assert_str_eq(world_show(&w, world_do(&w, 0, &in.base)), "done");
    call(&w, 0, "queue.put", "name=q|value=1");
    Wire__ObjectScan scan = WIRE__OBJECT_SCAN__INIT;
    scan.has_name = true, scan.name = world_text("q");
    seen = world_do(&w, 0, &scan.base);
    ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
    ck_assert_uint_gt(seen->result.cursor.len, 0);
    buf_free(&value);
}
END_TEST

static void add_orders(Suite *suite)
{
    TCase *tests = tcase_create("order and room");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, fifo_gives_the_oldest_first);
    tcase_add_test(tests, lifo_gives_the_newest_first);
    tcase_add_test(tests, priority_gives_the_smallest_first_and_ties_by_age);
    tcase_add_test(tests, priority_refuses_many_that_do_not_compare);
    tcase_add_test(tests, create_checks_what_it_is_given);
    tcase_add_test(tests, maxsize_is_not_exceeded);
    tcase_add_test(tests, putters_come_in_turn);
    tcase_add_test(tests, a_putter_that_leaves_lets_the_next_one_in);
    tcase_add_test(tests, get_then_put_with_room_for_one);
    tcase_add_test(tests, put_many_is_all_or_none);
    tcase_add_test(tests, refs_keep_their_objects);
    tcase_add_test(tests, what_refers_to_nothing_goes_from_one_to_another);
    tcase_add_test(tests, refs_that_are_lent_stay_when_the_rest_is_cleared);
    tcase_add_test(tests, what_no_frame_could_bring_is_refused);
    suite_add_tcase(suite, tests);
}

Suite *suite_queue(void);
Suite *suite_queue(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("waiting");
    add_orders(suite);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, getters_come_in_turn);
    tcase_add_test(tests, one_put_serves_many_getters);
    tcase_add_test(tests, a_getter_that_leaves_takes_nothing);
    tcase_add_test(tests, deleting_it_tells_all_who_wait);
    tcase_add_test(tests, move_is_one_step);
    tcase_add_test(tests, move_to_itself_goes_to_the_end);
    tcase_add_test(tests, move_looks_at_the_order_there);
    suite_add_tcase(suite, tests);
    return suite;
}
