/* SPDX-License-Identifier: BSD-2-Clause */
/* queue: what becomes of items that were handed over or lent, however it goes on. */
#include "daemon/engine/state.h"
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

#define make(args)   kit_make(&w, "queue", "q", args)
#define get_by(who)  ask(&w, who, "queue.get", "name=q")
#define lend_to(who) ask(&w, who, "queue.get", "name=q|reserve=1")
#define wait_by(who) ask(&w, who, "queue.get", "name=q|" FOR_EVER)
#define items()      kit_items(&w, "q", 3)
#define info(key)    kit_info(&w, "q", key)

static const char *ack(unsigned who, uint64_t token)
{
    return ask(&w, who, "queue.ack", "name=q|token=%llu", (unsigned long long)token);
}

static const char *nack(unsigned who, uint64_t token, const char *more)
{
    return ask(&w, who, "queue.nack", "name=q|token=%llu%s", (unsigned long long)token, more);
}

/* The same request once more. */
static const struct seen *again(unsigned who, uint64_t id, bool reserve)
{
    Wire__QueueGet in = WIRE__QUEUE_GET__INIT;
    in.has_name = true, in.name = world_text("q");
    in.has_reserve = in.reserve = reserve;
    return world_command(&w, who, &(struct ask){.id = id}, &in.base);
}

/* ---- plain gets ---- */

START_TEST(a_session_that_ends_gives_back_what_is_not_acknowledged)
{
    make("|init=[a, b, c, d]");
    ck_assert_str_eq(get_by(1), "'a'");
    ck_assert_str_eq(get_by(1), "'b'");
    ck_assert_str_eq(get_by(2), "'c'");
    ck_assert_str_eq(info("handed"), "3");
    world_end(&w, 1);
    ck_assert_str_eq(items(), "['a', 'b', 'd']");
    ck_assert_str_eq(info("handed"), "1");
    ck_assert_str_eq(get_by(3), "'a' again 1");
    world_end(&w, 2);
    world_end(&w, 3);
    ck_assert_str_eq(get_by(3), "'a' again 2");
    ck_assert_str_eq(get_by(3), "'b' again 1");
    ck_assert_str_eq(get_by(3), "'c' again 1");
    ck_assert_str_eq(get_by(3), "'d'");
    ck_assert_str_eq(info("unfinished"), "4");
}
END_TEST

START_TEST(what_comes_back_is_where_it_was)
{
    make("|kind=lifo|init=[1, 2, 3]");
    ck_assert_str_eq(get_by(1), "3");
    ck_assert_str_eq(get_by(1), "2");
    ask(&w, 0, "queue.put", "name=q|value=4");
    world_end(&w, 1);
    ck_assert_str_eq(kit_items(&w, "q", 1), "[4][3][2][1]");
    ck_assert_str_eq(get_by(0), "4");
    ck_assert_str_eq(get_by(0), "3 again 1");
    ck_assert_str_eq(get_by(0), "2 again 1");
    ck_assert_str_eq(get_by(0), "1");
}
END_TEST

START_TEST(by_priority_too)
{
    make("|kind=priority|init=[2, 1, 1.0]");
    ck_assert_str_eq(get_by(1), "1");
    ask(&w, 0, "queue.put", "name=q|value=true");
    world_end(&w, 1);
    ck_assert_str_eq(kit_items(&w, "q", 1), "[1][1.0][True][2]");
}
END_TEST

/* Bye: the last reply may not have come; the others are acknowledged. */
START_TEST(replies_are_acknowledged_in_three_ways)
{
    w.window = 1;
    make("|init=[1, 2, 3, 4, 5]");
    ck_assert_str_eq(get_by(1), "1");
    ck_assert_str_eq(get_by(1), "2"); /* the slot is used again */
    ck_assert_str_eq(info("handed"), "1");
    world_ack(&w, 1, w.clients[1].id);
    ck_assert_str_eq(info("handed"), "0");
    ck_assert_str_eq(get_by(1), "3");
    struct command bye = {.kind = COMMAND_SESSION_END,
                          .sessions = &w.clients[1].session,
                          .session_count = 1,
                          .give_back = false};
    world_apply(&w, &bye);
    w.clients[1].session = 0;
    ck_assert_str_eq(items(), "[4, 5]");
}
END_TEST

START_TEST(what_comes_back_may_be_more_than_maxsize)
{
    make("|maxsize=2|init=[1, 2]");
    ck_assert_str_eq(get_by(1), "1");
    ck_assert_str_eq(ask(&w, 0, "queue.put", "name=q|value=3"), "done");
    ck_assert_str_eq(ask(&w, 2, "queue.put", "name=q|value=4|" FOR_EVER), "waits");
    world_end(&w, 1);
    ck_assert_str_eq(items(), "[1, 2, 3]");
    ck_assert_str_eq(get_by(0), "1 again 1");
    ck_assert_str_eq(told(&w, 2), "waits");
    ck_assert_str_eq(get_by(0), "2");
    ck_assert_str_eq(told(&w, 2), "done");
    ck_assert_str_eq(items(), "[3, 4]");
}
END_TEST

START_TEST(what_comes_back_goes_to_who_waits)
{
    make("|init=[1]");
    ck_assert_str_eq(get_by(1), "1");
    ck_assert_str_eq(wait_by(2), "waits");
    ck_assert_str_eq(wait_by(1), "waits");
    world_end(&w, 1);
    ck_assert_str_eq(told(&w, 2), "1 again 1");
}
END_TEST

/* ---- asked again ---- */

START_TEST(a_repeated_get_gives_the_same_item)
{
    make(
        "|init=[[1, 2, 'a text that is longer than what a slot of a session keeps by itself'], x]");
    const struct seen *first = call(&w, 1, "queue.get", "name=q");
    uint64_t id = w.clients[1].id, revision = first->revision;
    struct buf member;
    buf_init(&member);
    buf_put_bytes(&member, bytes_of(first->own, first->own_len));
    const struct seen *second = again(1, id, false);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(second->revision, revision);
    ck_assert_msg(bytes_equal(bytes_of(second->own, second->own_len), buf_bytes(&member)),
                  "another reply");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q|force=1"), "done");
    kit_reclaim(&w);
    second = again(1, id, false);
    ck_assert_uint_eq(second->revision, revision);
    ck_assert_msg(bytes_equal(bytes_of(second->own, second->own_len), buf_bytes(&member)),
                  "another reply when the queue is gone");
    buf_free(&member);
    world_ack(&w, 1, id);
    ck_assert_int_eq(again(1, id, false)->result.code, ERR_INDETERMINATE);
}
END_TEST

START_TEST(a_repeated_get_that_waited_gives_the_same_item)
{
    make("");
    ck_assert_str_eq(wait_by(1), "waits");
    uint64_t id = w.clients[1].id;
    ck_assert_ptr_null(again(1, id, false));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ask(&w, 0, "queue.put", "name=q|value=a");
    uint64_t revision = world_seen(&w, 1, id)->revision;
    const struct seen *second = again(1, id, false);
    ck_assert_str_eq(kit_words(&w, second), "'a'");
    ck_assert_uint_eq(second->revision, revision);
    world_end(&w, 1);
    ck_assert_str_eq(get_by(2), "'a' again 1");
}
END_TEST

START_TEST(a_reply_outlives_its_acknowledged_item)
{
    make("|init=[1]");
    ck_assert_str_eq(lend_to(1), "1");
    uint64_t id = w.clients[1].id, token = kit_token();
    ck_assert_str_eq(ack(1, token), "done");
    ck_assert_str_eq(kit_words(&w, again(1, id, true)), "1");
    ck_assert_uint_eq(kit_token(), token);
    world_end(&w, 1);
    ck_assert_str_eq(items(), "[]");
    ck_assert_str_eq(info("unfinished"), "0");
}
END_TEST

START_TEST(a_reply_outlives_the_queue_of_a_lent_item)
{
    make("|init=[1, 2]");
    lend_to(1);
    uint64_t id = w.clients[1].id, token = kit_token();
    ck_assert_str_eq(lend_to(1), "2");
    world_ack(&w, 1, id);
    id = w.clients[1].id;
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q|force=1"), "done");
    ck_assert_str_eq(kit_words(&w, again(1, id, true)), "2");
    ck_assert_uint_gt(kit_token(), token);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    world_end(&w, 1);
}
END_TEST

START_TEST(the_reply_of_a_nacked_item_is_gone)
{
    make("|init=[1]");
    lend_to(1);
    uint64_t id = w.clients[1].id;
    ck_assert_str_eq(nack(1, kit_token(), ""), "done");
    ck_assert_int_eq(again(1, id, true)->result.code, ERR_INDETERMINATE);
    ck_assert_str_eq(get_by(2), "1 again 1");
}
END_TEST

/* ---- reservations ---- */

START_TEST(ack_deals_with_it)
{
    make("|maxsize=2|init=[1, 2]");
    ck_assert_str_eq(lend_to(1), "1");
    uint64_t token = kit_token();
    ck_assert_uint_eq(token, engine_revision(w.engine));
    ck_assert_str_eq(info("reserved"), "1");
    ck_assert_str_eq(ask(&w, 0, "queue.put", "name=q|value=3"), "error FULL: the queue is full");
    ck_assert_str_eq(ask(&w, 2, "queue.put", "name=q|value=3|" FOR_EVER), "waits");
    ck_assert_str_eq(ack(0, token), "done"); /* from any session */
    ck_assert_str_eq(told(&w, 2), "done");
    ck_assert_str_eq(info("unfinished"), "2");
    ck_assert_str_eq(ack(1, token), "lost");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(nack(1, token, ""), "lost");
    ck_assert_str_eq(ack(1, UINT64_MAX - 1), "error NOT_OWNER: there never was such a token");
    ck_assert_str_eq(nack(1, UINT64_MAX - 1, ""), "error NOT_OWNER: there never was such a token");
    world_end(&w, 1);
    ck_assert_str_eq(items(), "[2, 3]");
}
END_TEST

START_TEST(a_token_is_good_for_its_own_queue)
{
    make("|init=[1]");
    ask(&w, 0, "object.create", "type=queue|name=other");
    lend_to(1);
    ck_assert_str_eq(
        ask(&w, 1, "queue.ack", "name=other|token=%llu", (unsigned long long)kit_token()),
        "error NOT_OWNER: the token is of another object");
    ck_assert_str_eq(
        ask(&w, 1, "queue.renew", "name=other|token=%llu", (unsigned long long)kit_token()),
        "error LOCK_LOST: the grant is gone");
    ck_assert_int_eq(
        callf(&w, 1, "queue.renew", "name=q|token=%llu", (unsigned long long)kit_token())
            ->result.kind,
        RESULT_GRANT);
    ck_assert_uint_eq(w.applied.renewed, w.clients[1].session);
    ck_assert_str_eq(
        ask(&w, 2, "queue.len", "name=q|require=%llu", (unsigned long long)kit_token()), "0");
    ck_assert_str_eq(ack(1, kit_token()), "done");
    ck_assert_str_eq(
        ask(&w, 1, "queue.renew", "name=q|token=%llu", (unsigned long long)kit_token()),
        "error LOCK_LOST: the grant is gone");
}
END_TEST

START_TEST(nack_puts_it_back)
{
    make("|init=[1, 2]");
    lend_to(1);
    ck_assert_str_eq(nack(2, kit_token(), ""), "done");
    ck_assert_str_eq(items(), "[1, 2]");
    ck_assert_str_eq(lend_to(1), "1 again 1");
    ck_assert_str_eq(nack(1, kit_token(), ""), "done");
    ck_assert_str_eq(lend_to(1), "1 again 2");
    ck_assert_str_eq(lend_to(1), "2");
    ck_assert_str_eq(wait_by(3), "waits");
    ck_assert_str_eq(nack(1, kit_token(), ""), "done");
    ck_assert_str_eq(told(&w, 3), "2 again 1");
    ck_assert_str_eq(info("unfinished"), "2");
}
END_TEST

START_TEST(nack_with_a_delay_waits_for_its_time)
{
    make("|maxsize=3|init=[1, 2, 3]");
    lend_to(1);
    ck_assert_str_eq(nack(1, kit_token(), "|delay_ms=500"), "done");
    lend_to(1);
    ck_assert_str_eq(nack(1, kit_token(), "|delay_ms=200"), "done");
    ck_assert_str_eq(info("delayed"), "2");
    ck_assert_uint_eq(world_usage(&w).timers, 1);
    ck_assert_str_eq(ask(&w, 0, "queue.put", "name=q|value=4"), "error FULL: the queue is full");
    world_tick(&w, 199);
    ck_assert_str_eq(items(), "[3]");
    world_tick(&w, 1);
    ck_assert_str_eq(items(), "[2, 3]");
    ck_assert_str_eq(get_by(2), "2 again 1");
    ck_assert_str_eq(get_by(2), "3");
    ck_assert_str_eq(wait_by(2), "waits");
    world_tick(&w, 299);
    ck_assert_str_eq(told(&w, 2), "waits");
    world_tick(&w, 1);
    ck_assert_str_eq(told(&w, 2), "1 again 1");
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(a_long_delay_ends_with_the_queue)
{
    make("|init=[1, 2]");
    lend_to(1);
    ck_assert_str_eq(nack(1, kit_token(), "|delay_ms=31622400001"),
                     "error VALUE: the delay may be 366 days at most");
    ck_assert_str_eq(nack(1, kit_token(), "|delay_ms=31622400000"), "done");
    lend_to(1);
    ck_assert_str_eq(nack(1, kit_token(), "|delay_ms=5000"), "done");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q|force=1"), "done");
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

START_TEST(shutdown_at_once_takes_what_is_delayed)
{
    make("|init=[1, 2, 3]");
    lend_to(1);
    nack(1, kit_token(), "|delay_ms=100");
    lend_to(1);
    ck_assert_str_eq(ask(&w, 0, "queue.shutdown", "name=q|immediate=1"), "done");
    ck_assert_str_eq(info("unfinished"), "1");
    ck_assert_str_eq(info("delayed"), "0");
    ck_assert_str_eq(nack(1, kit_token(), "|delay_ms=5"), "done");
    ck_assert_str_eq(get_by(1), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(info("unfinished"), "0");
    ck_assert_uint_eq(world_usage(&w).timers, 0);
}
END_TEST

/* Whoever empties a queue at once wants nothing of it to come back later. */
START_TEST(nothing_returns_into_a_queue_that_was_shut_down_at_once)
{
    world_create(&w, "list", "l", "[]");
    make("|init=[[!ref l], 2, 3, 4]");
    lend_to(1);
    lend_to(1);
    uint64_t second = kit_token();
    ck_assert_str_eq(get_by(2), "3"); /* on its way */
    lend_to(3);
    ask(&w, 0, "object.create", "type=queue|name=other");
    ck_assert_str_eq(ask(&w, 0, "queue.shutdown", "name=q|immediate=1"), "done");
    ck_assert_str_eq(info("unfinished"), "4");
    ck_assert_str_eq(get_by(4), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(ask(&w, 4, "queue.join", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(nack(1, second, ""), "done");
    ck_assert_str_eq(nack(3, kit_token(), "|to=other"), "done"); /* it goes somewhere else */
    ck_assert_str_eq(kit_info(&w, "other", "ready"), "1");
    world_end(&w, 1);
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "0");
    ck_assert_str_eq(told(&w, 4), "waits");
    world_end(&w, 2);
    ck_assert_str_eq(told(&w, 4), "done");
    ck_assert_str_eq(info("ready"), "0");
    ck_assert_str_eq(info("handed"), "0");
}
END_TEST

/* "Shut down" was said while somebody still had an item, which then came back to nobody. */
START_TEST(a_queue_that_is_shut_down_yields_what_comes_back)
{
    make("|init=[1, 2, 3]");
    lend_to(1);
    uint64_t first = kit_token();
    lend_to(1);
    uint64_t second = kit_token();
    ck_assert_str_eq(get_by(2), "3");
    ck_assert_str_eq(ask(&w, 0, "queue.shutdown", "name=q"), "done");
    ck_assert_str_eq(get_by(3), "error EMPTY: the queue is empty");
    ck_assert_str_eq(ask(&w, 0, "queue.move", "name=q|to=q"), "error EMPTY: the queue is empty");
    ck_assert_str_eq(ask(&w, 3, "queue.get", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 4, "queue.get", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(nack(1, first, ""), "done");
    ck_assert_str_eq(told(&w, 3), "1 again 1");
    ck_assert_str_eq(nack(1, second, "|delay_ms=100"), "done");
    ck_assert_str_eq(told(&w, 4), "waits");
    world_tick(&w, 100);
    ck_assert_str_eq(told(&w, 4), "2 again 1"); /* a plain item is gone with its reader */
    ck_assert_str_eq(get_by(5), "error SHUT_DOWN: the queue is shut down");
}
END_TEST

START_TEST(who_waits_for_what_may_come_back_hears_that_it_does_not)
{
    make("|init=[1]");
    lend_to(1);
    ck_assert_str_eq(ask(&w, 0, "queue.shutdown", "name=q"), "done");
    ck_assert_str_eq(ask(&w, 2, "queue.get", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 1, "queue.ack", "name=q|token=%llu", (unsigned long long)kit_token()),
                     "done");
    ck_assert_str_eq(told(&w, 2), "error SHUT_DOWN: the queue is shut down");
}
END_TEST

START_TEST(nack_to_another_queue)
{
    make("|init=[1, 2]");
    ask(&w, 0, "object.create", "type=queue|name=dead|maxsize=1");
    lend_to(1);
    ck_assert_str_eq(ask(&w, 2, "queue.join", "name=q|" FOR_EVER), "waits");
    ck_assert_str_eq(
        nack(1, kit_token(), "|to=dead|delay_ms=5"),
        "error VALUE: an item goes to another queue at once: delay and to exclude each other");
    ck_assert_str_eq(nack(1, kit_token(), "|to=dead"), "done");
    ck_assert_str_eq(info("unfinished"), "1");
    ck_assert_str_eq(kit_info(&w, "dead", "unfinished"), "1");
    lend_to(1);
    ck_assert_str_eq(nack(1, kit_token(), "|to=dead"), "error FULL: the queue is full");
    ck_assert_str_eq(nack(1, kit_token(), "|to=none"),
                     "error NO_SUCH_OBJECT: there is no such object");
    ck_assert_str_eq(info("reserved"), "1");
    ck_assert_str_eq(ask(&w, 3, "queue.get", "name=dead"), "1 again 1");
    world_end(&w, 1);
    ck_assert_str_eq(lend_to(1), "2 again 1");
    ask(&w, 0, "queue.shutdown", "name=dead");
    ck_assert_str_eq(nack(1, kit_token(), "|to=dead"), "error SHUT_DOWN: the queue is shut down");
    ck_assert_str_eq(nack(1, kit_token(), "|to=q"), "done");
    ck_assert_str_eq(told(&w, 2), "waits");
    ck_assert_str_eq(get_by(1), "2 again 2");
}
END_TEST

START_TEST(nack_to_the_same_queue_goes_to_its_end)
{
    make("|maxsize=2|init=[1, 2]");
    lend_to(1);
    ck_assert_str_eq(nack(1, kit_token(), "|to=q"), "done");
    ck_assert_str_eq(items(), "[2, 1]");
    ck_assert_str_eq(info("unfinished"), "2");
}
END_TEST

START_TEST(a_session_that_ends_gives_back_what_it_was_lent)
{
    make("|init=[1, 2, 3]");
    lend_to(1);
    uint64_t token = kit_token();
    lend_to(1);
    world_ack(&w, 1, w.clients[1].id); /* the reply, not the item */
    ck_assert_str_eq(wait_by(2), "3");
    ck_assert_str_eq(wait_by(3), "waits");
    world_end(&w, 1);
    ck_assert_str_eq(told(&w, 3), "1 again 1");
    ck_assert_str_eq(items(), "[2]");
    ck_assert_str_eq(ack(3, token), "lost");
    ck_assert_uint_eq(world_usage(&w).grants, 0);
}
END_TEST

START_TEST(a_lent_item_can_be_waited_for)
{
    make("");
    ck_assert_str_eq(ask(&w, 1, "queue.get", "name=q|reserve=1|holder=7|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 2, "queue.get", "name=q|reserve=1|" FOR_EVER), "waits");
    ask(&w, 0, "queue.put_many", "name=q|items=[a, b]");
    ck_assert_str_eq(told(&w, 1), "'a'");
    uint64_t token = kit_token();
    ck_assert_uint_eq(token, world_seen(&w, 1, w.clients[1].id)->revision);
    ck_assert_str_eq(told(&w, 2), "'b'");
    ck_assert_uint_eq(kit_token(), token + 1);
    ck_assert_uint_eq(world_usage(&w).grants, 2);
    ck_assert_str_eq(ack(1, token), "done");
    ck_assert_str_eq(ack(1, token + 1), "done");
    ck_assert_uint_eq(world_usage(&w).grants, 0);
}
END_TEST

static void add_lent(Suite *suite)
{
    TCase *tests = tcase_create("lent");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, ack_deals_with_it);
    tcase_add_test(tests, a_token_is_good_for_its_own_queue);
    tcase_add_test(tests, nack_puts_it_back);
    tcase_add_test(tests, nack_with_a_delay_waits_for_its_time);
    tcase_add_test(tests, a_long_delay_ends_with_the_queue);
    tcase_add_test(tests, shutdown_at_once_takes_what_is_delayed);
    tcase_add_test(tests, nothing_returns_into_a_queue_that_was_shut_down_at_once);
    tcase_add_test(tests, a_queue_that_is_shut_down_yields_what_comes_back);
    tcase_add_test(tests, who_waits_for_what_may_come_back_hears_that_it_does_not);
    tcase_add_test(tests, nack_to_another_queue);
    tcase_add_test(tests, nack_to_the_same_queue_goes_to_its_end);
    tcase_add_test(tests, a_session_that_ends_gives_back_what_it_was_lent);
    tcase_add_test(tests, a_lent_item_can_be_waited_for);
    suite_add_tcase(suite, tests);
}

Suite *suite_queue_unacked(void);
Suite *suite_queue_unacked(void)
{
    Suite *suite = suite_create("queue_unacked");
    TCase *tests = tcase_create("on their way");
    add_lent(suite);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_session_that_ends_gives_back_what_is_not_acknowledged);
    tcase_add_test(tests, what_comes_back_is_where_it_was);
    tcase_add_test(tests, by_priority_too);
    tcase_add_test(tests, replies_are_acknowledged_in_three_ways);
    tcase_add_test(tests, what_comes_back_may_be_more_than_maxsize);
    tcase_add_test(tests, what_comes_back_goes_to_who_waits);
    tcase_add_test(tests, a_repeated_get_gives_the_same_item);
    tcase_add_test(tests, a_repeated_get_that_waited_gives_the_same_item);
    tcase_add_test(tests, a_reply_outlives_its_acknowledged_item);
    tcase_add_test(tests, a_reply_outlives_the_queue_of_a_lent_item);
    tcase_add_test(tests, the_reply_of_a_nacked_item_is_gone);
    suite_add_tcase(suite, tests);
    return suite;
}
