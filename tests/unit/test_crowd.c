/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever connections hold: when no request may be executed, somebody has to go, or the journal is
 * why and drains by itself. */
#include <check.h>
#include <fcntl.h>
#include <unistd.h>
#undef fail

#include "daemon/doors/proto/proto.h"
#include "daemon/gate/commit.h"
#include "daemon/objects/handlers.h"
#include "tests/support/must.h"
#include "tests/support/randval.h"

Suite *suite_crowd(void);

enum { PEERS = 300, BUFFERS = 64 << 20, CROWDED = BUFFERS - BUFFERS / 4, LIVES = 200 };

static struct {
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct journal_marks marks;
    struct log log;
    struct peer peers[PEERS];
    uint64_t now_ms;
} b;

static void setup(void)
{
    struct engine_options how = {.hash_key = "the crowd tests"};
    b.engine = engine_new(objects_handlers(), &how);
    b.liveness = liveness_new(how.hash_key);
    must(b.engine != NULL && b.liveness != NULL);
    log_init(&b.log, open("/dev/null", O_WRONLY | O_CLOEXEC));
    b.gate = gate_new(&(struct gate_options){
        .engine = b.engine,
        .liveness = b.liveness,
        .log = &b.log,
        .limits = {.buffers_bytes = BUFFERS, .output_bytes = SIZE_MAX},
        .state_id = "crowd",
        .durability = "memory",
    });
    must(b.gate != NULL);
    b.marks = commit_no_journal;
    b.gate->marks = &b.marks;
    for (unsigned i = 0; i < PEERS; i++)
        peer_init(&b.peers[i], NULL, "test");
    b.gate->now_ms = b.now_ms = 1000;
}

static void teardown(void)
{
    for (unsigned i = 0; i < PEERS; i++)
        gate_peer_gone(b.gate, &b.peers[i]);
    ck_assert_uint_eq(b.gate->buffers.used, 0);
    gate_free(b.gate);
    liveness_free(b.liveness);
    engine_free(b.engine);
    close(b.log.fd);
}

static void holds(unsigned who, size_t bytes)
{
    b.peers[who].in_cap = bytes;
    gate_count_buffers(b.gate, &b.peers[who]);
}

static void pass(uint64_t ms)
{
    b.gate->now_ms = b.now_ms += ms;
}

/* Closes as the transport does; gives their number. */
static unsigned close_crowd(void)
{
    unsigned closed = 0;
    struct peer *peer;
    while ((peer = gate_crowded_by(b.gate, gate_now(b.gate))) != NULL) {
        must(gate_crowded(b.gate));
        gate_peer_gone(b.gate, peer);
        closed++;
    }
    return closed;
}

/* One with a little less than half of a fair share, and all others with more, in one class: nobody
 * was found, and nobody was served again. */
START_TEST(readers_of_nothing_have_to_go)
{
    holds(0, 1 << 20);
    for (unsigned i = 1; i < 26; i++)
        holds(i, 2000000);
    ck_assert(gate_crowded(b.gate));
    pass(200);
    ck_assert_uint_gt(close_crowd(), 0);
    ck_assert(!gate_crowded(b.gate));
}
END_TEST

static void populate(uint64_t *seed)
{
    unsigned many = 1 + (unsigned)randval_below(seed, PEERS);
    unsigned shape = (unsigned)randval_below(seed, 3);
    uint64_t fair = CROWDED / many;
    for (unsigned i = 0; i < PEERS; i++)
        gate_peer_gone(b.gate, &b.peers[i]);
    for (unsigned i = 0; i < many; i++) {
        uint64_t bytes = shape == 0   ? fair + 1 + randval_below(seed, 3) /* all alike */
                         : shape == 1 ? fair / 2 + randval_below(seed, 2 * fair)
                                      : UINT64_C(1) << randval_below(seed, 27);
        holds(i, (size_t)bytes);
        pass(randval_below(seed, 3));
    }
}

/* Within a bit more than a second nobody stands in the way of the others, unless it is the journal:
 * what it holds goes when it is written, and is a quarter of all at most. */
START_TEST(no_crowd_stays)
{
    uint64_t seed = (uint64_t)_i + 1;
    unsigned crowds = 0;
    for (unsigned life = 0; life < LIVES; life++) {
        populate(&seed);
        b.marks.unwritten = (size_t)randval_below(&seed, BUFFERS / 4 + 1);
        crowds += gate_crowded(b.gate);
        (void)close_crowd();
        for (unsigned i = 0; i < 12; i++) { /* everybody moves, as if that helped nobody */
            for (unsigned k = 0; k < PEERS; k++)
                gate_moved(b.gate, &b.peers[k], BUFFERS_MOVES);
            pass(90);
            (void)close_crowd();
        }
        ck_assert_msg(!gate_crowded(b.gate),
                      "life %u: %zu bytes of %zu holders, %zu of the journal", life,
                      b.gate->buffers.used, b.gate->buffers.holders, b.marks.unwritten);
    }
    ck_assert_uint_gt(crowds, LIVES / 4);
}
END_TEST

/* The journal alone: nobody is closed for it. */
START_TEST(a_slow_journal_costs_nobody_the_connection)
{
    for (unsigned i = 0; i < PEERS; i++)
        holds(i, 4096);
    b.marks.unwritten = BUFFERS - (1 << 24);
    for (unsigned i = 0; i < 30; i++) {
        ck_assert(gate_crowded(b.gate));
        ck_assert_ptr_null(gate_crowded_by(b.gate, gate_now(b.gate)));
        pass(100);
    }
    b.marks.unwritten = 0;
    ck_assert(!gate_crowded(b.gate));
}
END_TEST

/* Who reads stays as long as somebody is there who does not. */
START_TEST(who_moves_goes_last)
{
    for (unsigned i = 0; i < 4; i++)
        holds(i, (i % 2 == 0 ? (size_t)17 : 9) << 20);
    ck_assert_ptr_null(gate_crowded_by(b.gate, gate_now(b.gate)));
    for (unsigned k = 0; k < 12; k++) { /* the two that hold more do read */
        pass(90);
        gate_moved(b.gate, &b.peers[0], BUFFERS_MOVES);
        gate_moved(b.gate, &b.peers[2], BUFFERS_MOVES);
    }
    struct peer *first = gate_crowded_by(b.gate, gate_now(b.gate));
    ck_assert(first == &b.peers[1] || first == &b.peers[3]);
}
END_TEST

/* The peer could not move while the daemon was busy: that is not the peer's slowness. */
START_TEST(a_busy_daemon_makes_nobody_slow)
{
    for (unsigned i = 0; i < 4; i++)
        holds(i, (size_t)14 << 20);
    uint64_t seen_ms = gate_now(b.gate);
    pass(900); /* one long turn */
    ck_assert(gate_crowded(b.gate));
    ck_assert_ptr_null(gate_crowded_by(b.gate, seen_ms));
    ck_assert_ptr_nonnull(gate_crowded_by(b.gate, gate_now(b.gate)));
}
END_TEST

/* For every sum: who may not execute is paused or waits, and so is looked at again. */
START_TEST(nobody_is_forgotten)
{
    struct peer *peer = &b.peers[0];
    buf_put(&peer->out, "x", 1);
    gate_count_buffers(b.gate, peer);
    for (size_t sum = CROWDED - 2; sum <= CROWDED + 2; sum++) {
        holds(1, sum - b.peers[0].share.bytes);
        ck_assert_uint_eq(b.gate->buffers.used, sum);
        ck_assert_msg(gate_may_execute(b.gate, peer) || gate_crowded(b.gate) ||
                          gate_output_full(b.gate, peer),
                      "with %zu bytes", sum);
    }
}
END_TEST

static bool may_execute(unsigned who)
{
    return gate_may_execute(b.gate, &b.peers[who]);
}

/* The last part of the buffers is for connections that sent and got little for some rounds. */
START_TEST(a_flood_does_not_stop_small_requests)
{
    for (unsigned i = 0; i < PEER_LIGHT; i++) {
        holds(0, CROWDED);
        ck_assert(may_execute(1) && may_execute(2));
        holds(0, CROWDED + 1);
        ck_assert(!may_execute(1));
        gate_weigh(&b.peers[1], PEER_SMALL);
    }
    ck_assert(may_execute(1) && !may_execute(2));
    holds(0, BUFFERS - BUFFERS / 8);
    ck_assert(may_execute(1));
    holds(0, BUFFERS - BUFFERS / 8 + 1);
    ck_assert(!may_execute(1));
    holds(0, CROWDED + 1);
    gate_weigh(&b.peers[1], PEER_SMALL + 1);
    ck_assert(!may_execute(1));
}
END_TEST

/* A connection may fill a part of the buffers; above it, it reads a large reply before the next. */
START_TEST(no_connection_takes_the_room_of_others)
{
    for (unsigned i = 0; i <= PEER_SMALL; i++)
        buf_put(&b.peers[0].out, "x", 1);
    gate_count_buffers(b.gate, &b.peers[0]);
    holds(1, CROWDED / 3 - b.peers[0].share.bytes);
    ck_assert(may_execute(0) && !gate_output_full(b.gate, &b.peers[0]));
    holds(1, b.peers[1].share.bytes + 1);
    ck_assert(!may_execute(0) && gate_output_full(b.gate, &b.peers[0]));
    ck_assert(may_execute(1));
}
END_TEST

/* Another connection's buffers may go between the execution and the look at what is left over: that
 * there was no room is said, not asked for again. */
START_TEST(what_found_no_room_is_told)
{
    uint8_t frame[] = {1, 0};
    struct input input = {.peer = &b.peers[0], .bytes = bytes_of(frame, sizeof frame)};
    b.marks.unwritten = CROWDED + 1;
    proto_run(b.gate, &input, 1);
    ck_assert(input.stopped);
    ck_assert_uint_eq(input.used, 0);
    b.marks.unwritten = 0;
    input.bytes.len = 1; /* half of it: nothing to go on with */
    proto_run(b.gate, &input, 1);
    ck_assert(!input.stopped);
    ck_assert_uint_eq(input.used, 0);
}
END_TEST

Suite *suite_crowd(void)
{
    Suite *suite = suite_create("crowd");
    TCase *tc = tcase_create("crowd");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, readers_of_nothing_have_to_go);
    tcase_add_loop_test(tc, no_crowd_stays, 0, 5);
    tcase_add_test(tc, a_slow_journal_costs_nobody_the_connection);
    tcase_add_test(tc, who_moves_goes_last);
    tcase_add_test(tc, a_busy_daemon_makes_nobody_slow);
    tcase_add_test(tc, nobody_is_forgotten);
    tcase_add_test(tc, a_flood_does_not_stop_small_requests);
    tcase_add_test(tc, no_connection_takes_the_room_of_others);
    tcase_add_test(tc, what_found_no_room_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
