/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe: both ways and one way, ends that are owned and closed, messages on their way. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/queue_kit.h"

#define EOF_TOLD    "error EOF: the other end of the pipe is closed, and nothing is left"
#define BROKEN_TOLD "error BROKEN_PIPE: the other end of the pipe is closed"
#define CLOSED      "error END_CLOSED: handle is closed"
#define CLOSED_TOLD "error END_CLOSED: this end of the pipe is closed, or works the other way only"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

#define make(args)        kit_make(&w, "pipe", "p", args)
#define on(who, op, args) ask(&w, who, "pipe." op, "name=p" args)

/* ---- messages ---- */

START_TEST(both_ways)
{
    make("");
    ck_assert_str_eq(on(0, "send", "|value=a|end=1"), "done");
    ck_assert_str_eq(on(0, "send", "|value=b|end=1"), "done");
    ck_assert_str_eq(on(0, "send", "|value=x|end=2"), "done");
    ck_assert_str_eq(on(0, "len", "|end=2"), "2");
    ck_assert_str_eq(on(0, "len", ""), "1");
    ck_assert_str_eq(kit_info(&w, "p", "length"), "3");
    ck_assert_str_eq(on(1, "recv", "|end=2"), "'a'");
    ck_assert_str_eq(on(1, "recv", "|end=1"), "'x'");
    ck_assert_str_eq(on(1, "recv", "|end=1"), "error BUSY: no message has come");
    ck_assert_str_eq(on(1, "recv", "|end=2"), "'b'");
    ck_assert_str_eq(on(1, "recv", "|end=3"), "error VALUE: the ends of a pipe are 1 and 2");
}
END_TEST

START_TEST(without_an_end_2_sends_and_1_receives)
{
    make("");
    ck_assert_str_eq(on(1, "send", "|value=a"), "done");
    ck_assert_str_eq(on(2, "poll", ""), "True");
    ck_assert_str_eq(on(2, "recv", ""), "'a'");
    ck_assert_str_eq(on(2, "poll", ""), "False");
}
END_TEST

START_TEST(one_way)
{
    make("|one_way=1");
    ck_assert_str_eq(on(0, "send", "|value=a|end=1"), "error END_CLOSED: connection is read-only");
    ck_assert_str_eq(on(0, "recv", "|end=2"), "error END_CLOSED: connection is write-only");
    ck_assert_str_eq(on(0, "poll", "|end=2"), "error END_CLOSED: connection is write-only");
    ck_assert_str_eq(on(0, "send", "|value=a"), "done");
    ck_assert_str_eq(on(0, "recv", ""), "'a'");
    ck_assert_str_eq(kit_info(&w, "p", "one_way"), "True");
}
END_TEST

START_TEST(create_checks_what_it_is_given)
{
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=pipe|name=x|init=[1]"),
                     "error VALUE: an object of type pipe has no initial value");
    make("|maxsize=2");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=pipe|name=p|if_absent=1|one_way=1"),
                     "error EXISTS: it exists and differs: both ways, not one_way");
    ck_assert_str_eq(ask(&w, 0, "object.create", "type=pipe|name=p|if_absent=1|maxsize=3"),
                     "error EXISTS: it exists and differs: maxsize 2, not 3");
    ck_assert_str_eq(kit_items(&w, "p", 5),
                     "[{'one_way': False, 'maxsize': 2, "
                     "'end_1': {'open': True, 'attached': 0, 'ready': 0, 'handed': 0}, "
                     "'end_2': {'open': True, 'attached': 0, 'ready': 0, 'handed': 0}}]");
}
END_TEST

START_TEST(senders_wait_for_room_each_way)
{
    make("|maxsize=1");
    ck_assert_str_eq(on(0, "send", "|value=a"), "done");
    ck_assert_str_eq(on(0, "send", "|value=b"), "error BUSY: the pipe is full");
    ck_assert_str_eq(on(0, "send", "|value=x|end=1"), "done");
    ck_assert_str_eq(on(1, "send", "|value=b|" FOR_EVER), "waits");
    ck_assert_str_eq(on(2, "send", "|value=c|wait_ms=10"), "waits");
    ck_assert_str_eq(on(3, "send", "|value=d|" FOR_EVER), "waits");
    ck_assert_str_eq(on(0, "recv", ""), "'a'");
    ck_assert_str_eq(told(&w, 1), "done");
    world_tick(&w, 10);
    ck_assert_str_eq(told(&w, 2), "error TIMEOUT: the time to wait ran out");
    ck_assert_str_eq(on(0, "recv", ""), "'b'");
    ck_assert_str_eq(told(&w, 3), "done");
    ck_assert_str_eq(on(0, "recv", "|end=2"), "'x'");
}
END_TEST

START_TEST(receivers_wait_in_turn)
{
    make("");
    ck_assert_str_eq(on(1, "recv", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(2, "recv", "|wait_ms=10"), "waits");
    ck_assert_str_eq(on(3, "recv", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(0, "send", "|value=a"), "done");
    ck_assert_str_eq(told(&w, 1), "'a'");
    world_tick(&w, 10);
    ck_assert_str_eq(told(&w, 2), "error TIMEOUT: the time to wait ran out");
    ck_assert_str_eq(on(0, "send", "|value=b"), "done");
    ck_assert_str_eq(told(&w, 3), "'b'");
}
END_TEST

START_TEST(poll_waits_and_takes_nothing)
{
    make("");
    ck_assert_str_eq(on(1, "poll", "|wait_ms=10"), "waits");
    ck_assert_str_eq(on(2, "poll", "|end=2|wait_ms=20"), "waits");
    world_tick(&w, 10);
    ck_assert_str_eq(told(&w, 1), "False");
    ck_assert_str_eq(on(1, "poll", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(3, "poll", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(0, "send", "|value=a"), "done");
    ck_assert_str_eq(told(&w, 1), "True");
    ck_assert_str_eq(told(&w, 3), "True");
    ck_assert_str_eq(on(1, "poll", "|" FOR_EVER), "True");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    world_tick(&w, 10);
    ck_assert_str_eq(told(&w, 2), "False");
    ck_assert_str_eq(on(1, "len", ""), "1");
}
END_TEST

START_TEST(who_receives_comes_before_who_polls)
{
    make("");
    ck_assert_str_eq(on(1, "poll", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(2, "recv", "|" FOR_EVER), "waits");
    on(0, "send", "|value=a");
    ck_assert_str_eq(told(&w, 2), "'a'");
    ck_assert_str_eq(told(&w, 1), "waits");
    on(0, "send", "|value=b");
    ck_assert_str_eq(told(&w, 1), "True");
}
END_TEST

START_TEST(messages_come_back_when_the_session_ends)
{
    make("");
    on(0, "send", "|value=a");
    on(0, "send", "|value=b");
    ck_assert_str_eq(on(1, "recv", ""), "'a'");
    ck_assert_str_eq(on(2, "recv", ""), "'b'");
    on(0, "send", "|value=c");
    world_end(&w, 2);
    world_end(&w, 1);
    ck_assert_str_eq(on(2, "recv", ""), "'a' again 1");
    ck_assert_str_eq(on(2, "recv", ""), "'b' again 1");
    ck_assert_str_eq(on(2, "recv", ""), "'c'");
    world_ack(&w, 2, w.clients[2].id);
    world_end(&w, 2);
    ck_assert_str_eq(on(2, "poll", ""), "False");
}
END_TEST

/* ---- ends ---- */

START_TEST(attach_gives_a_grant_of_the_end)
{
    make("");
    const struct seen *seen = call(&w, 1, "pipe.attach", "name=p|end=2");
    ck_assert_int_eq(seen->result.kind, RESULT_GRANT);
    ck_assert_str_eq(kit_words(&w, seen), "2");
    uint64_t token = kit_token();
    ck_assert_uint_eq(token, engine_revision(w.engine));
    ck_assert_str_eq(on(1, "attach", ""), "2"); /* the same once more */
    ck_assert_uint_eq(kit_token(), token);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(on(2, "attach", ""), "1");
    ck_assert_str_eq(on(2, "attach", "|end=0"), "error VALUE: the ends of a pipe are 1 and 2");
    ck_assert_uint_eq(world_usage(&w).grants, 2);
    /* what they do is done at their own ends */
    ck_assert_str_eq(on(2, "send", "|value=from 1"), "done");
    ck_assert_str_eq(on(1, "len", ""), "1");
    ck_assert_str_eq(on(1, "recv", ""), "'from 1'");
    /* attached to both: as to none */
    ck_assert_str_eq(on(1, "attach", "|end=1"), "1");
    ck_assert_str_eq(on(1, "send", "|value=from 2"), "done");
    ck_assert_str_eq(on(1, "recv", ""), "'from 2'");
}
END_TEST

START_TEST(an_end_closes_with_the_last_who_attached)
{
    make("");
    on(1, "attach", "|end=2");
    on(2, "attach", "|end=2");
    ck_assert_str_eq(on(1, "send", "|value=a"), "done");
    ck_assert_str_eq(on(3, "recv", "|" FOR_EVER), "'a'");
    ck_assert_str_eq(on(3, "recv", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(4, "poll", "|" FOR_EVER), "waits");
    ck_assert_str_eq(on(5, "send", "|value=x|end=1"), "done");
    world_end(&w, 1);
    ck_assert_str_eq(told(&w, 3), "waits");
    world_end(&w, 2);
    ck_assert_str_eq(told(&w, 3), EOF_TOLD);
    ck_assert_str_eq(told(&w, 4), "True");
    ck_assert_str_eq(on(3, "recv", "|" FOR_EVER), EOF_TOLD);
    ck_assert_str_eq(on(3, "poll", ""), "True");
    ck_assert_str_eq(on(5, "send", "|value=x|end=1"), BROKEN_TOLD);
    ck_assert_str_eq(on(5, "send", "|value=x|end=2"), CLOSED);
    ck_assert_str_eq(on(5, "attach", "|end=2"), CLOSED);
    ck_assert_str_eq(on(5, "recv", "|end=2"), CLOSED);
    ck_assert_str_eq(on(5, "poll", "|end=2"), CLOSED);
    ck_assert_str_eq(on(5, "len", "|end=2"), "0");
}
END_TEST

START_TEST(sending_alone_owns_nothing)
{
    make("");
    on(1, "send", "|value=a");
    world_end(&w, 1);
    on(2, "recv", "");
    ck_assert_str_eq(on(2, "recv", ""), "error BUSY: no message has come");
}
END_TEST

START_TEST(close_lets_out_what_was_sent)
{
    make("|maxsize=2");
    on(0, "send", "|value=a");
    on(0, "send", "|value=b");
    ck_assert_str_eq(on(1, "send", "|value=c|" FOR_EVER), "waits");
    ck_assert_str_eq(on(2, "recv", "|end=2|" FOR_EVER), "waits");
    ck_assert_str_eq(on(3, "poll", "|end=2|" FOR_EVER), "waits");
    on(4, "attach", "|end=2");
    ck_assert_str_eq(on(0, "close", "|end=2"), "done");
    ck_assert_str_eq(told(&w, 1), CLOSED_TOLD);
    ck_assert_str_eq(told(&w, 2), CLOSED_TOLD);
    ck_assert_str_eq(told(&w, 3), CLOSED_TOLD);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_str_eq(on(0, "close", "|end=2"), "done");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(on(0, "recv", ""), "'a'");
    ck_assert_str_eq(on(0, "recv", ""), "'b'");
    ck_assert_str_eq(on(0, "recv", ""), EOF_TOLD);
}
END_TEST

START_TEST(closing_the_receiving_end_breaks_the_pipe)
{
    world_create(&w, "list", "l", "[]");
    make("|maxsize=1");
    on(0, "send", "|value=!ref l");
    on(1, "send", "|value=!ref l|" FOR_EVER);
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "2");
    ck_assert_str_eq(on(0, "send", "|value=[!ref l]|end=1"), "done");
    ck_assert_str_eq(on(0, "close", ""), "done"); /* end 1 */
    ck_assert_str_eq(told(&w, 1), BROKEN_TOLD);
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "1"); /* what end 2 may still receive */
    ck_assert_str_eq(on(0, "close", "|end=2"), "done");
    ck_assert_str_eq(kit_info(&w, "l", "references_in"), "0");
    ck_assert_str_eq(kit_info(&w, "p", "length"), "0");
}
END_TEST

START_TEST(what_comes_back_to_a_closed_end_is_gone)
{
    make("");
    on(0, "send", "|value=a");
    on(0, "send", "|value=b");
    ck_assert_str_eq(on(1, "recv", ""), "'a'");
    on(2, "attach", "|end=1");
    ck_assert_str_eq(on(2, "recv", ""), "'b'");
    world_end(&w, 2); /* b comes back, then the end closes */
    ck_assert_str_eq(kit_info(&w, "p", "length"), "0");
    world_end(&w, 1);
    ck_assert_str_eq(kit_info(&w, "p", "length"), "0");
}
END_TEST

START_TEST(deleting_it_tells_all_who_wait)
{
    make("|maxsize=1");
    on(0, "send", "|value=a");
    on(0, "recv", "");
    on(0, "send", "|value=b");
    on(1, "send", "|value=c|" FOR_EVER);
    on(2, "recv", "|end=2|" FOR_EVER);
    on(3, "poll", "|end=2|" FOR_EVER);
    on(4, "attach", "");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=p|force=1"), "done");
    for (unsigned who = 1; who <= 3; who++) {
        ck_assert_str_eq(told(&w, who),
                         "error NO_SUCH_OBJECT: there is no object of that name or id");
    }
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
}
END_TEST

/* ---- no memory ---- */

static const char *const rows[][2] = {
    {"object.create", "type=pipe|name=new|maxsize=2|one_way=1"},
    {"pipe.attach", "name=p|end=2"},
    {"pipe.send", "name=p|value=[!ref l, 1]"},
    {"pipe.send", "name=p|value=[!ref l, 1]|end=1|wait_ms=10"},
    {"pipe.recv", "name=p|wait_ms=10"},
    {"pipe.recv", "name=p|end=2"},
    {"pipe.poll", "name=p|wait_ms=10"},
    {"pipe.poll", "name=p|end=2"},
    {"pipe.close", "name=p|end=2"},
    {"pipe.len", "name=p"},
    {"object.scan", "name=p"},
    {"object.info", "name=p"},
};

START_TEST(refused_without_a_trace)
{
    world_create(&w, "list", "l", "[]");
    make("|maxsize=1");
    on(0, "send", "|end=1|value=[!ref l, 2]");
    on(1, "send", "|end=1|value=[!ref l, 2]|" FOR_EVER);
    ck_assert_uint_le(call_without_memory(&w, rows[_i][0], rows[_i][1]), 20);
    ck_assert_uint_eq(world_usage(&w).objects, _i == 0 ? 3 : 2);
}
END_TEST

START_TEST(completions_take_no_memory)
{
    make("|maxsize=1");
    on(1, "attach", "|end=2");
    on(1, "send", "|value=a");
    on(1, "recv", "|end=1");
    on(2, "recv", "|end=1|" FOR_EVER);
    on(3, "recv", "|end=1|" FOR_EVER);
    on(4, "poll", "|end=1|" FOR_EVER);
    struct command end = {.kind = COMMAND_SESSION_END,
                          .now_ms = w.now_ms,
                          .sessions = &w.clients[1].session,
                          .session_count = 1,
                          .give_back = true};
    alloc_fail_at(SIZE_MAX);
    (void)engine_apply(w.engine, &end, NULL);
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 0);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    w.clients[1].session = 0;
    ck_assert_str_eq(on(0, "recv", ""), EOF_TOLD);
}
END_TEST

/* Both ends have an owner; which one has which decides what becomes of them. */
START_TEST(the_digest_sees_who_has_which_end)
{
    char digests[2][65];
    for (unsigned i = 0; i < 2; i++) {
        teardown();
        setup();
        make("");
        callf(&w, 1, "pipe.attach", "name=p|end=%u", 1 + i);
        callf(&w, 2, "pipe.attach", "name=p|end=%u", 2 - i);
        world_ack(&w, 1, w.clients[1].id); /* the replies are no difference any more */
        world_ack(&w, 2, w.clients[2].id);
        snprintf(digests[i], sizeof digests[i], "%s", world_digest(&w));
    }
    ck_assert_str_ne(digests[0], digests[1]);
}
END_TEST

START_TEST(the_digest_sees_everything)
{
    static const char *const lives[][2] = {
        {"", "send|value=a"},
        {"", "send|value=a|end=1"},
        {"", "send|value=b"},
        {"|one_way=1", "send|value=a"},
        {"|maxsize=4", "send|value=a"},
        {"", "recv|" FOR_EVER},
        {"", "recv|end=2|" FOR_EVER},
        {"", "poll|" FOR_EVER},
        {"", "attach"},
        {"", "attach|end=2"},
        {"", "close"},
        {"", "close|end=2"},
    };
    enum { LIVES = sizeof lives / sizeof lives[0] };
    char digests[LIVES][65];
    for (unsigned i = 0; i < LIVES; i++) {
        char op[32];
        const char *args = strchr(lives[i][1], '|');
        int len = args == NULL ? (int)strlen(lives[i][1]) : (int)(args - lives[i][1]);
        teardown();
        setup();
        make(lives[i][0]);
        snprintf(op, sizeof op, "pipe.%.*s", len, lives[i][1]);
        callf(&w, 1, op, "name=p%s", args == NULL ? "" : args);
        ck_assert_int_ne(w.applied.outcome, OUTCOME_NONE);
        snprintf(digests[i], sizeof digests[i], "%s", world_digest(&w));
        for (unsigned j = 0; j < i; j++)
            ck_assert_msg(strcmp(digests[i], digests[j]) != 0, "lives %u and %u", i, j);
    }
}
END_TEST

static void add_ends(Suite *suite)
{
    TCase *tests = tcase_create("ends");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, attach_gives_a_grant_of_the_end);
    tcase_add_test(tests, an_end_closes_with_the_last_who_attached);
    tcase_add_test(tests, sending_alone_owns_nothing);
    tcase_add_test(tests, close_lets_out_what_was_sent);
    tcase_add_test(tests, closing_the_receiving_end_breaks_the_pipe);
    tcase_add_test(tests, what_comes_back_to_a_closed_end_is_gone);
    tcase_add_test(tests, deleting_it_tells_all_who_wait);
    tcase_add_loop_test(tests, refused_without_a_trace, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, completions_take_no_memory);
    tcase_add_test(tests, the_digest_sees_who_has_which_end);
    tcase_add_test(tests, the_digest_sees_everything);
    suite_add_tcase(suite, tests);
}

Suite *suite_pipe(void);
Suite *suite_pipe(void)
{
    Suite *suite = suite_create("pipe");
    TCase *tests = tcase_create("messages");
    add_ends(suite);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, both_ways);
    tcase_add_test(tests, without_an_end_2_sends_and_1_receives);
    tcase_add_test(tests, one_way);
    tcase_add_test(tests, create_checks_what_it_is_given);
    tcase_add_test(tests, senders_wait_for_room_each_way);
    tcase_add_test(tests, receivers_wait_in_turn);
    tcase_add_test(tests, poll_waits_and_takes_nothing);
    tcase_add_test(tests, who_receives_comes_before_who_polls);
    tcase_add_test(tests, messages_come_back_when_the_session_ends);
    suite_add_tcase(suite, tests);
    return suite;
}
