/* SPDX-License-Identifier: BSD-2-Clause */
/* The synchronisation types against a model of what they promise, a long time, at random. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/sync_run.h"
#include "wire.pb-c.h"

enum { RUNS = 100, STEPS = 11000, TALLY_STEPS = 50000 };

/* SEED in the environment: that life alone. */
static uint64_t seed_of(int run)
{
    const char *given = getenv("SEED");
    return given != NULL ? strtoull(given, NULL, 10) : (uint64_t)(run + 1) * 7919;
}

/* STEPS in the environment: so many steps of each life. */
static int steps(void)
{
    const char *given = getenv("STEPS");
    return given != NULL ? atoi(given) : STEPS;
}

static struct sync_run run; /* large */

START_TEST(engine_and_model_agree)
{
    int most = steps();
    sync_run_init(&run, seed_of(_i));
    for (int i = 0; i < most; i++) {
        if (!sync_run_step(&run)) {
            fprintf(stderr, "%s", sync_run_report(&run));
            ck_abort_msg("SEED=%llu: %s", (unsigned long long)run.seed_first, run.wrong);
        }
    }
    sync_run_free(&run);
}
END_TEST

/* ---- the workload is what it claims to be ---- */

struct tally {
    uint64_t by_number[OP_NUMBER_MAX], parked[OP_NUMBER_MAX];
    uint64_t codes[ERR_INTERNAL + 1];
    uint64_t completed, deep, previous, redelivered, again, lost;
};

static void count_command(void *arg, const struct command *command, const struct applied *applied)
{
    struct tally *tally = arg;
    if (command->request != NULL) {
        tally->by_number[command->request->op_case]++;
        tally->parked[command->request->op_case] += applied->outcome == OUTCOME_PARKED;
    }
}

static void count_replies(struct tally *tally, const struct world *w)
{
    tally->completed += w->seen_count > 1;
    for (size_t i = 0; i < w->seen_count; i++) {
        const struct result *result = &w->seen[i].result;
        tally->codes[result->code]++;
        tally->deep += result->depth > 1;
        tally->previous += result->previous_token != 0;
        tally->redelivered += result->redelivered;
        tally->again += result->attempts > 1;
        tally->lost += result->lost;
    }
}

/* Programs wait for objects of that type, or own them. */
static bool is_of_sync(unsigned type)
{
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL;)
        if (op->number / OP_NUMBERS_OF_TYPE == type && (op->flags & (OP_WAITS | OP_OWNS)) != 0)
            return true;
    return false;
}

static void check_operations(const struct tally *tally)
{
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL;) {
        bool waits = (op->flags & OP_WAITS) != 0;
        unsigned type = op->number / OP_NUMBERS_OF_TYPE;
        if (type < TYPE_DICT || !is_of_sync(type) || (op->class == CLASS_read && !waits))
            continue;
        uint64_t times = waits ? tally->parked[op->number] : tally->by_number[op->number];
        ck_assert_msg(times > 10, "%s.%s: %llu times", op->type, op->method,
                      (unsigned long long)times);
    }
}

START_TEST(everything_happens_in_it)
{
    static const enum mgr_code codes[] = {
        ERR_VALUE,        ERR_NO_SUCH_OBJECT, ERR_RUNTIME,      ERR_NOT_OWNER,   ERR_BROKEN_BARRIER,
        ERR_OVER_RELEASE, ERR_SHUT_DOWN,      ERR_EOF,          ERR_BROKEN_PIPE, ERR_END_CLOSED,
        ERR_BUSY,         ERR_EMPTY,          ERR_FULL,         ERR_TIMEOUT,     ERR_CANCELLED,
        ERR_STALE_TOKEN,  ERR_LOCK_LOST,      ERR_INDETERMINATE};
    static struct tally tally;
    sync_run_init(&run, 3);
    run.world.journal = count_command;
    run.world.journal_arg = &tally;
    for (int i = 0; i < TALLY_STEPS && sync_run_step(&run); i++)
        count_replies(&tally, &run.world);
    ck_assert_ptr_null(run.wrong);
    check_operations(&tally);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ck_assert_msg(tally.codes[codes[i]] > 20, "%s: %llu times", error_row(codes[i])->name,
                      (unsigned long long)tally.codes[codes[i]]);
    }
    ck_assert_uint_gt(tally.completed, 1000);
    ck_assert_uint_gt(tally.deep, 100);
    ck_assert_uint_gt(tally.previous, 100);
    ck_assert_uint_gt(tally.redelivered, 100);
    ck_assert_uint_gt(tally.again, 100);
    ck_assert_uint_gt(tally.lost, 20);
    sync_run_free(&run);
}
END_TEST

Suite *suite_sync_model(void);
Suite *suite_sync_model(void)
{
    Suite *suite = suite_create("sync_model");
    TCase *agree = tcase_create("agree");
    tcase_set_timeout(agree, 200);
    tcase_add_loop_test(agree, engine_and_model_agree, 0, getenv("SEED") != NULL ? 1 : RUNS);
    suite_add_tcase(suite, agree);
    TCase *workload = tcase_create("workload");
    tcase_set_timeout(workload, 60);
    tcase_add_test(workload, everything_happens_in_it);
    suite_add_tcase(suite, workload);
    return suite;
}
