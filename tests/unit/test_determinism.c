/* SPDX-License-Identifier: BSD-2-Clause */
/* All real types and all operations: the same commands give the same state, whatever the hash key,
 * whenever memory is given back. */
#include "daemon/engine/registry.h"
#include "daemon/objects/handlers.h"
#include "ops_numbers.h"
#include "tests/support/model_request.h"
#include "tests/support/randval.h"
#include "tests/support/replay.h"
#include "tests/support/sync_request.h"

enum { COMMANDS = 100000, CLIENTS = 6, SHORT_LIVES = 20, SHORT_COMMANDS = 1000, WAITERS_MAX = 6 };

/* ---- a random life ---- */

static void step_request(struct world *w, unsigned who, struct choice *c)
{
    static const uint64_t waits[] = {0, 0, 300, 2000, UINT64_MAX};
    struct ask ask = {.wait_ms = waits[choose(c, 5)], .holder = choose(c, 3)};
    struct model_request r;

    if (choose_rarely(c, 20)) {
        ask.acked = w->clients[who].id - choose(c, 3);
    }
    model_request_init(&r);
    do {
        model_request_make(&r, w, c);
    } while (r.op->class == CLASS_read && (r.op->flags & OP_WAITS) == 0);
    world_ask(w, who, &ask, model_request_in(&r));
    model_request_free(&r);
}

/* Any operation on any type seldom meets who waits or owns: these do. */
static void step_meet(struct world *w, struct choice *c)
{
    unsigned object = (unsigned)choose(c, SYNC_OBJECTS);
    struct sync_request r = {.who = (unsigned)choose(c, CLIENTS)};
    struct sync_message message;
    struct sync_params params;
    const ProtobufCMessage *in;

    sync_message_init(&message);
    if (registry_find(w->engine, bytes_text(sync_object_name(object))) == NULL) {
        sync_params_make(&params, object, c);
        in = sync_message_create(&message, object, &params);
    } else if (choose_rarely(c, 40)) {
        in = sync_message_delete(&message, object);
    } else {
        sync_request_make(&r, object, CLIENTS, w, c);
        in = sync_message_request(&message, &r);
    }
    world_ask(w, r.who,
              &(struct ask){.holder = r.holder, .wait_ms = r.wait_ms, .require = r.require}, in);
    sync_message_free(&message);
}

/* A client whose slots are nearly all parked comes back as another one. */
static void step_leave(struct world *w, unsigned who)
{
    struct session_view view;

    if (engine_session_view(w->engine, w->clients[who].session, &view) &&
        view.waiters > WAITERS_MAX) {
        world_end(w, who);
    }
}

static void step_other(struct world *w, unsigned who, struct choice *c)
{
    uint64_t id = w->clients[who].id;

    switch (choose(c, 12)) {
    case 0:
        world_end(w, who);
        break;
    case 1:
        world_cancel(w, who, id - choose(c, 8), ERR_CANCELLED);
        break;
    case 2:
        world_ack(w, who, id - choose(c, 4));
        break;
    case 3:
        world_apply(w, &(struct command){.kind = COMMAND_GC});
        break;
    case 4:
        world_tick(w, 70000); /* longer than the grace of unreferenced objects */
        break;
    case 5:
    case 6:
    case 7:
        (void)engine_reclaim(w->engine, choose(c, 50)); /* never in the second engine */
        break;
    default:
        world_tick(w, choose(c, 400));
    }
}

static void step(struct world *w, uint64_t *seed)
{
    struct choice c = {.seed = seed};
    unsigned who = (unsigned)choose(&c, CLIENTS);

    step_leave(w, who);
    if (choose_rarely(&c, 10)) {
        step_other(w, who, &c);
    } else if (choose(&c, 3) == 0) {
        step_meet(w, &c);
    } else {
        step_request(w, who, &c);
    }
}

START_TEST(a_long_random_life)
{
    struct replay_report report = replay_run(objects_handlers(), step, COMMANDS, 1);

    ck_assert_msg(report.what == NULL, "%s differ at command %zu", report.what, report.differs_at);
    ck_assert_uint_eq(report.commands, COMMANDS);
}
END_TEST

START_TEST(many_short_ones)
{
    for (uint64_t seed = 2; seed < 2 + SHORT_LIVES; seed++) {
        struct replay_report report =
            replay_run(objects_handlers(), step, SHORT_COMMANDS, seed * 1000003);

        ck_assert_msg(report.what == NULL, "seed %llu: %s differ at command %zu",
                      (unsigned long long)seed, report.what, report.differs_at);
    }
}
END_TEST

/* ---- the workload is what it claims to be ---- */

struct tally {
    uint64_t by_number[OP_NUMBER_MAX];
    uint64_t kinds[COMMAND_VERSION + 1];
    uint64_t parked;
};

static void count(void *arg, const struct command *command, const struct applied *applied)
{
    struct tally *tally = arg;

    tally->kinds[command->kind]++;
    tally->parked += applied->outcome == OUTCOME_PARKED;
    if (command->request != NULL) {
        tally->by_number[command->request->op_case]++;
    }
}

START_TEST(every_operation_takes_effect_in_it)
{
    static struct tally tally;
    uint64_t seed = 5;
    struct world w;

    world_init(&w, objects_handlers());
    w.journal = count;
    w.journal_arg = &tally;
    for (int i = 0; i < 3 * COMMANDS; i++) {
        step(&w, &seed);
    }
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL;) {
        if (op->number >= 64 && op->class != CLASS_read) {
            ck_assert_msg(tally.by_number[op->number] > 10, "%s.%s: %llu times", op->type,
                          op->method, (unsigned long long)tally.by_number[op->number]);
        }
    }
    ck_assert_uint_gt(tally.parked, 10);
    for (int kind = COMMAND_REQUEST; kind < COMMAND_VERSION; kind++) {
        ck_assert_msg(tally.kinds[kind] > 10, "command kind %d", kind);
    }
    world_free(&w);
}
END_TEST

/* ---- planted faults ---- */

/* Appends the lowest bits of something that is not state. */
static int append_foreign(struct ctx *ctx, uint64_t foreign)
{
    Wire__ListAppend in = WIRE__LIST_APPEND__INIT;
    uint8_t value[] = {VAL_INT << 3, (uint8_t)(foreign & 0x7e)};

    in.has_value = true;
    in.value = world_bytes(bytes_of(value, sizeof(value)));
    return objects_handlers()->by_number[OP_list_append](ctx, &in);
}

static int append_hash_key(struct ctx *ctx, const void *in)
{
    (void)in;
    return append_foreign(ctx, ctx_hash_key(ctx)[3]);
}

static int append_address(struct ctx *ctx, const void *in)
{
    (void)in;
    return append_foreign(ctx, (uint64_t)(uintptr_t)ctx->object >> 5);
}

/* Memory in use tells when it was given back. */
static int append_memory(struct ctx *ctx, const void *in)
{
    (void)in;
    return append_foreign(ctx, ctx_mem(ctx)->blocks);
}

START_TEST(a_handler_that_depends_on_more_than_the_state_is_caught)
{
    handler_fn *const planted[] = {append_hash_key, append_address, append_memory};
    struct handlers handlers = *objects_handlers();

    handlers.by_number[OP_list_append] = planted[_i];
    struct replay_report report = replay_run(&handlers, step, COMMANDS / 5, 1);

    ck_assert_ptr_nonnull(report.what);
    ck_assert_uint_lt(report.differs_at, COMMANDS / 5);
}
END_TEST

Suite *suite_determinism(void);
Suite *suite_determinism(void)
{
    Suite *suite = suite_create("determinism");
    TCase *tc = tcase_create("determinism");

    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_long_random_life);
    tcase_add_test(tc, many_short_ones);
    tcase_add_test(tc, every_operation_takes_effect_in_it);
    tcase_add_loop_test(tc, a_handler_that_depends_on_more_than_the_state_is_caught, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
