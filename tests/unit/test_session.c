/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions and slots: each request done once, and what is remembered of those that ended. */
#include "tests/support/fakelock.h"

#include "daemon/engine/state.h"
#include "wire.pb-c.h"

#define LONG "'0123456789012345678901234567890123456789012345678901234567890123456789'"

static struct world w;

static void setup(void)
{
    world_init(&w, &fakelock_handlers);
    fakelock_create(&w, "a", "1");
}

static void teardown(void)
{
    world_free(&w);
}

/* value_add {by: 1} with this id, by client 1. */
static const struct seen *add_as(uint64_t id, uint64_t acked)
{
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    in.has_name = true, in.name = world_text("a");
    in.has_by = true, in.by = world_lit(&w, "1");
    return world_ask(&w, 1, &(struct ask){.id = id, .acked = acked}, &in.base);
}

static const struct seen *swap_as(uint64_t id, const char *payload)
{
    Wire__ValueSwap in = WIRE__VALUE_SWAP__INIT;
    in.has_name = true, in.name = world_text("a");
    in.has_value = true, in.value = world_lit(&w, payload);
    return world_ask(&w, 1, &(struct ask){.id = id}, &in.base);
}

static struct session_view view_of(unsigned who)
{
    struct session_view view;
    ck_assert(engine_session_view(w.engine, w.clients[who].session, &view));
    return view;
}

START_TEST(the_same_id_gives_the_same_reply)
{
    uint64_t revision = add_as(1, 0)->revision;
    ck_assert_str_eq(world_show(&w, add_as(2, 0)), "2");
    const char *digest = world_digest(&w);
    const struct seen *seen = add_as(1, 0);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(w.applied.first, 0);
    ck_assert_str_eq(world_show(&w, seen), "1");
    ck_assert_uint_eq(seen->revision, revision);
    ck_assert_uint_eq(seen->changed_at, revision);
    ck_assert_str_eq(world_digest(&w), digest);
}
END_TEST

START_TEST(a_smaller_id_is_lost_and_a_larger_one_is_new)
{
    add_as(3, 0);
    ck_assert_str_eq(world_show(&w, add_as(3 + WORLD_WINDOW, 0)), "2");
    const struct seen *seen = add_as(3, 0);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_LOST);
    ck_assert_int_eq(seen->result.code, ERR_INDETERMINATE);
    /* ids may be skipped */
    ck_assert_str_eq(world_show(&w, add_as(1000000, 0)), "3");
    ck_assert_str_eq(world_show(&w, add_as(5, 0)), "4");
}
END_TEST

/* A client that counts its ids anew must not take the reply to something else for its own. */
START_TEST(the_same_id_for_another_operation_is_refused)
{
    const char *first = world_show(&w, swap_as(1, "a"));
    const char *digest = world_digest(&w);
    ck_assert_int_eq(swap_as(1, "b")->result.code, ERR_PROTOCOL);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_int_eq(add_as(1, 0)->result.code, ERR_PROTOCOL);
    ck_assert_str_eq(world_digest(&w), digest);
    ck_assert_str_eq(world_show(&w, swap_as(1, "a")), first);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
}
END_TEST

/* Every byte of a short operation counts, and the ends and the length of a long one. */
START_TEST(a_fingerprint_tells_operations_apart)
{
    uint8_t bytes[200] = {0};
    for (size_t len = 0; len <= sizeof bytes; len += len < 70 ? 1 : 43) {
        uint32_t print = slot_fingerprint(129, bytes_of(bytes, len));
        ck_assert_uint_ne(print, slot_fingerprint(130, bytes_of(bytes, len)));
        if (len > 0)
            ck_assert_uint_ne(print, slot_fingerprint(129, bytes_of(bytes, len - 1)));
        for (size_t at = 0; at < len; at++) {
            bytes[at] ^= 0x80;
            if (at < 32 || at >= len - 16 || len <= 48)
                ck_assert_uint_ne(print, slot_fingerprint(129, bytes_of(bytes, len)));
            bytes[at] ^= 0x80;
        }
    }
    /* it is state: the same for ever, on every machine */
    ck_assert_uint_eq(slot_fingerprint(129, bytes_text("the same for ever, on every machine")),
                      3741406011u);
}
END_TEST

START_TEST(a_request_without_effect_is_executed_again)
{
    uint64_t token = fakelock_acquire(&w, 0, "a", 1, 0)->result.token;
    Wire__ObjectChanged in = WIRE__OBJECT_CHANGED__INIT;
    struct ask ask = {.id = 4};
    add_as(1, 0);
    in.has_name = true, in.name = world_text("a");
    in.has_since = true, in.since = FAKE_ACQUIRE + 1;
    ck_assert_int_eq(world_command(&w, 1, &ask, &in.base)->result.code, ERR_BUSY);
    fakelock_release(&w, 0, "a", token);
    ck_assert_int_eq(world_command(&w, 1, &ask, &in.base)->result.kind, RESULT_GRANT);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
}
END_TEST

START_TEST(a_reply_without_effect_leaves_the_slots_old_one)
{
    fakelock_swap(&w, 0, "a", LONG);
    ck_assert_str_eq(world_show(&w, swap_as(1, "1")), LONG);
    /* the same slot, long reply, no effect: value_add of 0 */
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    in.has_name = true, in.name = world_text("a");
    in.has_by = true, in.by = world_lit(&w, "0");
    world_ask(&w, 1, &(struct ask){.id = 1 + WORLD_WINDOW}, &in.base);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(world_show(&w, swap_as(1, "1")), LONG);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
}
END_TEST

START_TEST(a_parked_request_is_attached_to_and_keeps_its_slot)
{
    Wire__ObjectChanged in = WIRE__OBJECT_CHANGED__INIT;
    struct ask ask = {.id = 2, .wait_ms = UINT64_MAX};
    uint64_t token = fakelock_acquire(&w, 0, "a", 1, 0)->result.token;
    in.has_name = true, in.name = world_text("a");
    in.has_since = true, in.since = FAKE_ACQUIRE + 1;
    ck_assert_ptr_null(world_command(&w, 1, &ask, &in.base));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_PARKED);
    ck_assert_ptr_null(world_command(&w, 1, &ask, &in.base));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(w.seen_count, 0);
    ck_assert_uint_eq(world_usage(&w).waiters, 1);
    const struct seen *seen = add_as(2 + WORLD_WINDOW, 0);
    ck_assert_str_eq(world_show(&w, seen), "error INVALID: slot 2 is busy with request 2");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    fakelock_release(&w, 0, "a", token);
    uint64_t granted = world_seen(&w, 1, 2)->revision;
    seen = world_command(&w, 1, &ask, &in.base);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(seen->revision, granted);
    ck_assert_uint_eq(seen->result.token, granted);
    ck_assert_ptr_nonnull(add_as(2 + WORLD_WINDOW, 0));
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
}
END_TEST

START_TEST(acknowledged_replies_are_forgotten_and_not_done_again)
{
    fakelock_swap(&w, 0, "a", LONG);
    swap_as(1, "1");
    ck_assert_uint_gt(view_of(1).retained_bytes, 64);
    add_as(2, 0);
    add_as(3, 1);
    ck_assert_uint_eq(view_of(1).retained_bytes, 0);
    ck_assert_int_eq(swap_as(1, "1")->result.code, ERR_INDETERMINATE);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_LOST);
    ck_assert_str_eq(world_show(&w, add_as(2, 0)), "1");
    /* its own reply is not there yet, whatever the client says, nor are later ones */
    add_as(4, 1000);
    ck_assert_int_eq(add_as(4, 0)->result.kind, RESULT_VALUE);
    swap_as(5, LONG);
    swap_as(6, "1");
    ck_assert_uint_gt(view_of(1).retained_bytes, 64);
    add_as(7, 6);
    ck_assert_uint_eq(view_of(1).retained_bytes, 0);
}
END_TEST

START_TEST(ack_is_a_command_when_it_is_news)
{
    add_as(1, 0);
    ck_assert_int_eq(world_ack(&w, 1, 1).outcome, OUTCOME_EFFECT);
    ck_assert_int_eq(world_ack(&w, 1, 1).outcome, OUTCOME_NONE);
    ck_assert_int_eq(add_as(1, 0)->result.code, ERR_INDETERMINATE);
    ck_assert_int_eq(world_ack(&w, 9, 1).outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(only_an_effect_acknowledges)
{
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    add_as(1, 0);
    in.has_name = true, in.name = world_text("a");
    in.has_by = true, in.by = world_lit(&w, "0");
    world_ask(&w, 1, &(struct ask){.id = 2, .acked = 1}, &in.base);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_int_eq(add_as(1, 0)->result.kind, RESULT_VALUE);
}
END_TEST

START_TEST(a_window_of_one)
{
    w.window = 1;
    for (uint64_t id = 1; id < 50; id += 3) {
        ck_assert_int_eq(add_as(id, 0)->result.kind, RESULT_VALUE);
        ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
        ck_assert_int_eq(add_as(id, 0)->result.kind, RESULT_VALUE);
        ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    }
    ck_assert_int_eq(add_as(48, 0)->result.code, ERR_INDETERMINATE);
}
END_TEST

START_TEST(id_zero_and_sessions_that_are_not)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    struct command command = {.kind = COMMAND_REQUEST, .request = &request, .session = 77};
    in.name = world_text("a");
    in.by = world_lit(&w, "1");
    request.id = 1;
    request.op_case = WIRE__REQUEST__OP_VALUE_ADD;
    request.value_add = &in;
    ck_assert_int_eq(world_apply(&w, &command).outcome, OUTCOME_NONE);
    ck_assert_int_eq(w.seen[0].result.code, ERR_SESSION_LOST);
    command.session = 0;
    ck_assert_int_eq(world_apply(&w, &command).outcome, OUTCOME_NONE);
    ck_assert_int_eq(w.seen[0].result.code, ERR_SESSION_LOST);
    command.session = w.clients[0].session;
    request.id = 0;
    ck_assert_int_eq(world_apply(&w, &command).outcome, OUTCOME_NONE);
    ck_assert_int_eq(w.seen[0].result.code, ERR_INVALID);
}
END_TEST

START_TEST(tokens_tell_alive_from_ended_from_unknown)
{
    uint8_t hash[32];
    uint64_t id = 0;
    memcpy(hash, w.clients[1].token_hash, sizeof hash);
    ck_assert_int_eq(engine_session_find(w.engine, hash, &id), SESSION_UNKNOWN);
    add_as(1, 0);
    ck_assert_int_eq(engine_session_find(w.engine, hash, &id), SESSION_ALIVE);
    ck_assert_uint_eq(id, w.clients[1].session);
    world_end(&w, 1);
    ck_assert_int_eq(engine_session_find(w.engine, hash, &id), SESSION_ENDED);
    /* the token of an ended session opens nothing */
    memcpy(w.clients[1].token_hash, hash, sizeof hash);
    ck_assert_int_eq(add_as(1, 0)->result.code, ERR_SESSION_LOST);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(one_token_is_one_session)
{
    add_as(1, 0);
    uint64_t session = w.clients[1].session;
    w.clients[1].session = 0; /* as if the shell had not heard of it */
    ck_assert_str_eq(world_show(&w, add_as(1, 0)), "1");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_AGAIN);
    ck_assert_uint_eq(w.applied.session, session);
}
END_TEST

/* Spread as real hashes are. */
static void hash_number(uint8_t hash[32], unsigned n)
{
    uint64_t spread = (n + 1) * UINT64_C(0x9E3779B97F4A7C15);
    spread ^= spread >> 32;
    memcpy(hash, &spread, sizeof spread);
}

START_TEST(the_oldest_of_the_ended_are_forgotten)
{
    struct session_open open = {.window = 1};
    uint64_t bytes = 0;
    uint64_t found;
    for (unsigned n = 0; n < 4 * ENDED_RING; n++) {
        hash_number(open.token_hash, n);
        struct session *session = session_new(w.engine, 1000000 + n, &open, 0);
        if (session == NULL ||
            engine_session_find(w.engine, open.token_hash, &found) != SESSION_ALIVE)
            ck_abort_msg("session %u", n);
        session_end(w.engine, session, true);
        if (n == 2 * ENDED_RING)
            bytes = world_usage(&w).bytes;
    }
    ck_assert_uint_eq(world_usage(&w).bytes, bytes);
    for (unsigned n = 0; n < 4 * ENDED_RING; n++) {
        hash_number(open.token_hash, n);
        if (engine_session_find(w.engine, open.token_hash, &found) !=
            (n < 3 * ENDED_RING ? SESSION_UNKNOWN : SESSION_ENDED))
            ck_abort_msg("session %u", n);
    }
}
END_TEST

START_TEST(sessions_are_listed_in_order)
{
    uint64_t at = 0;
    for (unsigned who = 1; who < 5; who++)
        fakelock_add(&w, who, "a", "1");
    world_end(&w, 2);
    ck_assert(engine_session_next(w.engine, &at));
    ck_assert_uint_eq(at, w.clients[0].session);
    ck_assert(engine_session_next(w.engine, &at));
    ck_assert_uint_eq(at, w.clients[1].session);
    at++; /* one that is gone */
    ck_assert(engine_session_next(w.engine, &at));
    ck_assert_uint_eq(at, w.clients[3].session);
    ck_assert(engine_session_next(w.engine, &at));
    ck_assert(!engine_session_next(w.engine, &at));
    ck_assert(bytes_equal(view_of(3).client, bytes_text("test@world")));
    ck_assert_uint_eq(view_of(3).window, WORLD_WINDOW);
}
END_TEST

START_TEST(the_end_gives_all_memory_back)
{
    struct usage before;
    add_as(1, 0); /* the tables that stay */
    world_end(&w, 1);
    before = world_usage(&w);
    for (uint64_t id = 1; id < 40; id++)
        swap_as(id, LONG);
    swap_as(40, "1");
    world_end(&w, 1);
    swap_as(1, LONG);
    swap_as(2, "1");
    world_end(&w, 1);
    struct usage after = world_usage(&w);
    ck_assert_uint_eq(after.sessions, before.sessions);
    /* the payload of one int is new */
    ck_assert_uint_eq(after.blocks, before.blocks + 1);
    ck_assert_uint_eq(after.bytes, before.bytes + 32);
}
END_TEST

Suite *suite_session(void);
Suite *suite_session(void)
{
    Suite *suite = suite_create("session");
    TCase *tc = tcase_create("session");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_same_id_gives_the_same_reply);
    tcase_add_test(tc, the_same_id_for_another_operation_is_refused);
    tcase_add_test(tc, a_fingerprint_tells_operations_apart);
    tcase_add_test(tc, a_smaller_id_is_lost_and_a_larger_one_is_new);
    tcase_add_test(tc, a_request_without_effect_is_executed_again);
    tcase_add_test(tc, a_reply_without_effect_leaves_the_slots_old_one);
    tcase_add_test(tc, a_parked_request_is_attached_to_and_keeps_its_slot);
    tcase_add_test(tc, acknowledged_replies_are_forgotten_and_not_done_again);
    tcase_add_test(tc, ack_is_a_command_when_it_is_news);
    tcase_add_test(tc, only_an_effect_acknowledges);
    tcase_add_test(tc, a_window_of_one);
    tcase_add_test(tc, id_zero_and_sessions_that_are_not);
    tcase_add_test(tc, tokens_tell_alive_from_ended_from_unknown);
    tcase_add_test(tc, one_token_is_one_session);
    tcase_add_test(tc, the_oldest_of_the_ended_are_forgotten);
    tcase_add_test(tc, sessions_are_listed_in_order);
    tcase_add_test(tc, the_end_gives_all_memory_back);
    suite_add_tcase(suite, tc);
    return suite;
}
