/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands and their outcome: what takes a revision, what leaves no trace, what fails whole. */
#include "tests/support/alloc.h"
#include "tests/support/fakelock.h"
#include "wire.pb-c.h"

static struct world w;

static void setup(void)
{
    world_init(&w, &fakelock_handlers);
}

static void teardown(void)
{
    world_free(&w);
}

START_TEST(boot_starts_above_the_floor_and_never_goes_back)
{
    struct command boot = {.kind = COMMAND_BOOT, .incarnation = 9, .version = 5};
    ck_assert_uint_eq(engine_revision(w.engine), 1000);
    boot.revision_floor = 500;
    ck_assert_int_eq(world_apply(&w, &boot).outcome, OUTCOME_EFFECT);
    ck_assert_uint_eq(engine_revision(w.engine), 1001);
    ck_assert_uint_eq(engine_incarnation(w.engine), 9);
    boot.revision_floor = 2000;
    struct applied applied = world_apply(&w, &boot);
    ck_assert_uint_eq(applied.first, 2000);
    ck_assert_uint_eq(applied.last, 2000);
}
END_TEST

START_TEST(version_only_rises)
{
    struct command command = {.kind = COMMAND_VERSION, .version = ENGINE_VERSION};
    ck_assert_int_eq(world_apply(&w, &command).outcome, OUTCOME_NONE);
    command.version = ENGINE_VERSION + 1;
    ck_assert_int_eq(world_apply(&w, &command).outcome, OUTCOME_EFFECT);
    command.version = ENGINE_VERSION;
    ck_assert_int_eq(world_apply(&w, &command).outcome, OUTCOME_NONE);
}
END_TEST

START_TEST(an_effect_takes_one_revision_and_opens_the_session)
{
    const struct seen *seen = fakelock_create(&w, "a", "3");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    ck_assert_uint_eq(w.applied.first, 1001);
    ck_assert_uint_eq(w.applied.last, 1001);
    ck_assert_uint_eq(w.applied.session, 1001);
    ck_assert_uint_eq(seen->revision, 1001);
    ck_assert_uint_eq(seen->changed_at, 1001);
    ck_assert_str_eq(world_show(&w, seen), "1001");
    ck_assert_uint_eq(world_usage(&w).sessions, 1);
    ck_assert_uint_eq(world_usage(&w).objects, 1);
}
END_TEST

START_TEST(no_effect_leaves_no_trace)
{
    struct world *at = &w;
    fakelock_create(at, "a", "1");
    for (int i = 0; i < WORLD_WINDOW; i++)
        fakelock_add(at, 0, "a", "1"); /* the table of slots has grown and stays so */
    fakelock_acquire(at, 0, "a", 1, 0);
    struct usage before = world_usage(at);
    const char *digest = world_digest(at);
    at->now_ms += 10;
    /* a client without a session, and one with */
    for (unsigned who = 0; who < 2; who++) {
        const struct seen *seen = fakelock_acquire(at, who, "a", 1, 0);
        ck_assert_int_eq(at->applied.outcome, OUTCOME_NONE);
        ck_assert_uint_eq(at->applied.first, 0);
        ck_assert_uint_eq(seen->revision, engine_revision(at->engine));
        ck_assert_str_eq(world_show(at, seen), "error BUSY: taken");
        ck_assert(bytes_equal(seen->result.object, bytes_text("value \"a\"")));
        ck_assert_str_eq(world_show(at, fakelock_add(at, who, "a", "0")), "16");
        ck_assert_int_eq(at->applied.outcome, OUTCOME_NONE);
        ck_assert_uint_eq(at->applied.session, who == 0 ? 1001 : 0);
        ck_assert_int_eq(fakelock_add(at, who, "none", "1")->result.code, ERR_NO_SUCH_OBJECT);
    }
    ck_assert_str_eq(world_digest(at), digest);
    ck_assert_uint_eq(world_usage(at).bytes, before.bytes);
    ck_assert_uint_eq(world_usage(at).blocks, before.blocks);
    ck_assert_uint_eq(world_usage(at).sessions, 1);
}
END_TEST

START_TEST(what_cannot_be_done_is_said)
{
    Wire__DictGet dict = WIRE__DICT_GET__INIT;
    Wire__ValueCas cas = WIRE__VALUE_CAS__INIT;
    fakelock_create(&w, "a", "1");
    dict.has_name = true, dict.name = world_text("a");
    ck_assert_int_eq(world_do(&w, 0, &dict.base)->result.code, ERR_UNIMPLEMENTED);
    cas.has_name = true, cas.name = world_text("a");
    ck_assert_int_eq(world_do(&w, 0, &cas.base)->result.code, ERR_UNIMPLEMENTED);
}
END_TEST

static int on_dict(struct ctx *ctx, const void *in)
{
    (void)ctx;
    (void)in;
    ck_abort_msg("the handler of another type was called");
}

START_TEST(wrong_type)
{
    struct handlers handlers = fakelock_handlers;
    Wire__DictGet dict = WIRE__DICT_GET__INIT;
    struct world other;
    handlers.by_number[WIRE__REQUEST__OP_DICT_GET] = on_dict;
    world_init(&other, &handlers);
    fakelock_create(&other, "a", "1");
    dict.has_name = true, dict.name = world_text("a");
    ck_assert_str_eq(world_show(&other, world_do(&other, 0, &dict.base)),
                     "error WRONG_TYPE: dict.get needs a dict, and this is a value");
    world_free(&other);
}
END_TEST

START_TEST(require_passes_while_the_grant_lives)
{
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    fakelock_create(&w, "a", "1");
    uint64_t token = fakelock_acquire(&w, 0, "a", 1, 0)->result.token;
    in.has_name = true, in.name = world_text("a");
    in.has_by = true, in.by = world_lit(&w, "1");
    ck_assert_str_eq(world_show(&w, world_ask(&w, 1, &(struct ask){.require = token}, &in.base)),
                     "1");
    fakelock_release(&w, 0, "a", token);
    ck_assert_int_eq(world_ask(&w, 1, &(struct ask){.require = token}, &in.base)->result.code,
                     ERR_STALE_TOKEN);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_int_eq(world_ask(&w, 1, &(struct ask){.require = UINT64_MAX}, &in.base)->result.code,
                     ERR_STALE_TOKEN);
}
END_TEST

START_TEST(time_moves_only_with_an_effect)
{
    fakelock_create(&w, "a", "1");
    w.now_ms = 5000;
    fakelock_add(&w, 0, "a", "0");
    ck_assert_uint_eq(engine_now(w.engine), 1000);
    fakelock_add(&w, 0, "a", "1");
    ck_assert_uint_eq(engine_now(w.engine), 5000);
    w.now_ms = 4000;
    fakelock_add(&w, 0, "a", "1");
    ck_assert_uint_eq(engine_now(w.engine), 5000);
}
END_TEST

START_TEST(growth_is_the_types)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ValueSwap in = WIRE__VALUE_SWAP__INIT;
    in.has_name = true, in.name = world_text("a");
    request.op_case = WIRE__REQUEST__OP_VALUE_SWAP;
    request.value_swap = &in;
    ck_assert_uint_eq(engine_growth(w.engine, &(struct command){.request = &request}), 0);
    fakelock_create(&w, "a", "1");
    ck_assert_uint_eq(engine_growth(w.engine, &(struct command){.request = &request}), 1000);
}
END_TEST

static bool is_command(const Wire__Request *request)
{
    return engine_is_command(op_row(request->op_case), request);
}

START_TEST(which_requests_are_commands)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CHANGED;
    ck_assert(!is_command(&request));
    request.wait_ms = 1;
    ck_assert(is_command(&request));
    request.op_case = WIRE__REQUEST__OP_DICT_GET;
    ck_assert(!is_command(&request));
    request.wait_ms = 0;
    request.op_case = WIRE__REQUEST__OP_DICT_SET;
    ck_assert(is_command(&request));
}
END_TEST

/* ---- memory ---- */

/* A reply, seen without taking memory. */
struct told {
    size_t count;
    enum mgr_code code;
};

static void tell(void *arg, const struct completion *completion)
{
    struct told *told = arg;
    told->count++;
    told->code = completion->result == NULL ? ERR_NONE : completion->result->code;
}

/* The request of a client, its arguments made before, with the n-th allocation failing. */
static struct applied without_memory(size_t n, unsigned who, const Wire__Request *given,
                                     struct told *told)
{
    struct session_open open = {.window = WORLD_WINDOW, .client = bytes_text("c")};
    Wire__Request request = *given;
    struct command command = {
        .kind = COMMAND_REQUEST, .now_ms = w.now_ms, .open = &open, .request = &request};
    struct sink sink = {.done = tell, .arg = told};
    memset(open.token_hash, (int)who + 100, sizeof open.token_hash);
    *told = (struct told){0};
    alloc_fail_at(n);
    struct applied applied = engine_apply(w.engine, &command, &sink);
    alloc_fail_never();
    return applied;
}

/* Lets each allocation of the request fail, until it goes through; gives how many there were. */
static size_t fail_each(unsigned who, const Wire__Request *request, enum outcome outcome)
{
    const char *digest = world_digest(&w);
    struct usage before = world_usage(&w);
    struct applied applied;
    struct told told;
    size_t n = 0;
    while ((applied = without_memory(++n, who, request, &told)).outcome == OUTCOME_NOMEM) {
        struct usage after = world_usage(&w);
        ck_assert_uint_lt(n, 100);
        ck_assert_uint_eq(told.count, 1);
        ck_assert_int_eq(told.code, ERR_NOMEM);
        ck_assert_uint_eq(applied.first, 0);
        ck_assert_str_eq(world_digest(&w), digest);
        ck_assert_uint_eq(after.bytes, before.bytes);
        ck_assert_uint_eq(after.blocks, before.blocks);
        ck_assert_uint_eq(after.waiters + after.grants + after.timers + after.sessions,
                          before.waiters + before.grants + before.timers + before.sessions);
    }
    ck_assert_int_eq(applied.outcome, outcome);
    ck_assert_uint_eq(told.count, outcome == OUTCOME_EFFECT);
    return n - 1;
}

START_TEST(without_memory_a_request_fails_whole)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ObjectChanged acquire = WIRE__OBJECT_CHANGED__INIT;
    Wire__ValueSwap swap = WIRE__VALUE_SWAP__INIT;
    Wire__ObjectCreate create = WIRE__OBJECT_CREATE__INIT;
    /* the tables have been used before: how they grow is not looked at here */
    fakelock_create(&w, "a", "1");
    fakelock_create(&w, "b", "1");
    fakelock_acquire(&w, 0, "b", 1, 0);
    fakelock_acquire(&w, 0, "b", 1, 1000);
    fakelock_swap(&w, 0, "a", "'0123456789012345678901234567890123456789012345678901234567890123'");
    acquire.name = world_text("a"), acquire.since = FAKE_ACQUIRE + 1;
    request.id = 1;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CHANGED;
    request.object_changed = &acquire;
    /* session, its name, slot table, slot, grant */
    ck_assert_uint_eq(fail_each(1, &request, OUTCOME_EFFECT), 5);
    request.wait_ms = 5000;
    /* the same and the waiter with its room */
    ck_assert_uint_eq(fail_each(2, &request, OUTCOME_PARKED), 7);
    swap.name = world_text("a"), swap.value = world_lit(&w, "'a longer payload'");
    request.op_case = WIRE__REQUEST__OP_VALUE_SWAP;
    request.value_swap = &swap;
    /* session, its name, slot table, slot, reply, new payload */
    ck_assert_uint_eq(fail_each(3, &request, OUTCOME_EFFECT), 6);
    create.has_name = true, create.name = world_text("c");
    create.has_type = true, create.type = world_text("value");
    create.has_ttl_ms = true, create.ttl_ms = 1000;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &create;
    ck_assert_uint_ge(fail_each(4, &request, OUTCOME_EFFECT), 6);
}
END_TEST

START_TEST(a_small_command_takes_no_memory)
{
    fakelock_create(&w, "a", "1");
    for (int i = 0; i < WORLD_WINDOW; i++)
        fakelock_add(&w, 0, "a", "1"); /* every slot was used once */
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    struct command command = {.kind = COMMAND_REQUEST,
                              .now_ms = 2000,
                              .session = w.clients[0].session,
                              .request = &request};
    in.has_name = true, in.name = world_text("a");
    in.has_by = true, in.by = world_lit(&w, "1");
    request.id = w.clients[0].id + 1;
    request.op_case = WIRE__REQUEST__OP_VALUE_ADD;
    request.value_add = &in;
    alloc_fail_at(1);
    struct applied applied = engine_apply(w.engine, &command, NULL);
    alloc_fail_never();
    ck_assert_uint_eq(alloc_count(), 0);
    ck_assert_int_eq(applied.outcome, OUTCOME_EFFECT);
}
END_TEST

Suite *suite_engine(void);
Suite *suite_engine(void)
{
    Suite *suite = suite_create("engine");
    TCase *tc = tcase_create("engine");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, boot_starts_above_the_floor_and_never_goes_back);
    tcase_add_test(tc, version_only_rises);
    tcase_add_test(tc, an_effect_takes_one_revision_and_opens_the_session);
    tcase_add_test(tc, no_effect_leaves_no_trace);
    tcase_add_test(tc, what_cannot_be_done_is_said);
    tcase_add_test(tc, wrong_type);
    tcase_add_test(tc, require_passes_while_the_grant_lives);
    tcase_add_test(tc, time_moves_only_with_an_effect);
    tcase_add_test(tc, growth_is_the_types);
    tcase_add_test(tc, which_requests_are_commands);
    tcase_add_test(tc, without_memory_a_request_fails_whole);
    tcase_add_test(tc, a_small_command_takes_no_memory);
    suite_add_tcase(suite, tc);
    return suite;
}
