/* SPDX-License-Identifier: BSD-2-Clause */
/* All real types and all operations: the same commands give the same state, whatever the hash key,
 * whenever memory is given back. */
#include "daemon/objects/handlers.h"
#include "ops_numbers.h"
#include "tests/support/life.h"
#include "tests/support/replay.h"
#include "wire.pb-c.h"

enum { COMMANDS = 100000, SHORT_LIVES = 20, SHORT_COMMANDS = 1000 };

START_TEST(a_long_random_life)
{
    struct replay_report report = replay_run(objects_handlers(), life_step, COMMANDS, 1);
    ck_assert_msg(report.what == NULL, "%s differ at command %zu", report.what, report.differs_at);
    ck_assert_uint_ge(report.commands, COMMANDS); /* a step may be several */
}
END_TEST

START_TEST(many_short_ones)
{
    for (uint64_t seed = 2; seed < 2 + SHORT_LIVES; seed++) {
        struct replay_report report =
            replay_run(objects_handlers(), life_step, SHORT_COMMANDS, seed * 1000003);
        ck_assert_msg(report.what == NULL, "seed %llu: %s differ at command %zu",
                      (unsigned long long)seed, report.what, report.differs_at);
    }
}
END_TEST

/* ---- the workload is what it claims to be ---- */

struct tally {
    uint64_t by_number[OP_NUMBER_MAX];
    uint64_t kinds[COMMAND_REST + 1];
    uint64_t parked;
};

static void count(void *arg, const struct command *command, const struct applied *applied)
{
    struct tally *tally = arg;
    tally->kinds[command->kind]++;
    tally->parked += applied->outcome == OUTCOME_PARKED;
    if (command->request != NULL)
        tally->by_number[command->request->op_case]++;
}

START_TEST(every_operation_takes_effect_in_it)
{
    static struct tally tally;
    uint64_t seed = 5;
    struct world w;
    world_init(&w, objects_handlers());
    w.journal = count;
    w.journal_arg = &tally;
    for (int i = 0; i < 3 * COMMANDS; i++)
        life_step(&w, &seed);
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL;) {
        if (op->number >= 64 && op->class != CLASS_read) {
            ck_assert_msg(tally.by_number[op->number] > 10, "%s.%s: %llu times", op->type,
                          op->method, (unsigned long long)tally.by_number[op->number]);
        }
    }
    ck_assert_uint_gt(tally.parked, 10);
    for (int kind = COMMAND_REQUEST; kind <= COMMAND_BACK; kind++) {
        if (kind == COMMAND_VERSION)
            continue; /* there is one version */
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
    in.value = world_bytes(bytes_of(value, sizeof value));
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
    struct replay_report report = replay_run(&handlers, life_step, COMMANDS / 5, 1);
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
