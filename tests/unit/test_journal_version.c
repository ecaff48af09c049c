/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written today is read by the mgrd of tomorrow, in which an operation may do another
 * thing: old commands keep their meaning, and a log that does not is refused. */
#include "daemon/engine/core.h"
#include "daemon/objects/handlers.h"
#include "ops_numbers.h"
#include "tests/support/call.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"

enum { SEGMENT = 16 << 10 };

static struct io io;
static struct host host;
static struct points points;
static char path[KIT_PATH];
static int dir;

static int other_sum(struct ctx *ctx, const void *in)
{
    Wire__ValueSet set = WIRE__VALUE_SET__INIT;
    const Wire__ValueAdd *add = in;
    set.has_value = true;
    set.value = add->by;
    return objects_handlers()->by_number[OP_value_set](ctx, &set);
}

/* value.add of the mgrd of tomorrow, which replaces. */
static int newer_sum(struct ctx *ctx, const void *in)
{
    handler_fn *sum = objects_handlers()->by_number[OP_value_add];
    return ctx->version > ENGINE_VERSION ? other_sum(ctx, in) : sum(ctx, in);
}

static struct handlers newer;

static void set_up(void)
{
    newer = *objects_handlers();
    newer.by_number[OP_value_add] = newer_sum;
    newer.version = ENGINE_VERSION + 1;
    dir = kit_dir_make(path);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
    points_free(&points);
}

static void start(const struct handlers *handlers)
{
    host_start(&host, &(struct host_options){.io = &io,
                                             .dir = dir,
                                             .segment_bytes = SEGMENT,
                                             .seed = 3,
                                             .points = &points,
                                             .handlers = handlers});
}

static void must_come_back(void)
{
    struct revived back;
    revive_as(dir, &newer, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    ck_assert_mem_eq(back.digest, points.list[points.count - 1].digest, 32);
    revived_free(&back);
}

static void must_be_refused(const struct handlers *handlers, const char *text)
{
    struct revived back;
    revive_as(dir, handlers, &back);
    ck_assert_msg(!back.ok, "it was taken");
    ck_assert_msg(strstr(revived_why(&back), text) != NULL, "%s", revived_why(&back));
    revived_free(&back);
}

static void end(bool in_order)
{
    host_flush(&host);
    if (in_order)
        host_stop(&host);
    else
        host_drop(&host);
}

/* A life, with one sum in it. */
static void live(bool in_order)
{
    start(objects_handlers());
    world_create(&host.w, "value", "sum", "1");
    ck_assert_str_eq(call_show(&host.w, "value.add", "sum", "by=5"), "6");
    host_live(&host, 40);
    end(in_order);
}

/* ---- an operation does another thing from some version on ---- */

/* In the newer mgrd value.add replaces. Bit 0: each daemon ends in order; bit
 * 1: the old one left a snapshot. */
START_TEST(old_commands_keep_their_meaning)
{
    bool in_order = _i & 1;
    live(in_order);
    if (_i & 2) {
        start(objects_handlers());
        host_compact(&host);
        end(in_order);
    }
    must_come_back();
    start(&newer);
    ck_assert_uint_eq(engine_version(host.w.engine), ENGINE_VERSION + 1);
    ck_assert_str_eq(call_show(&host.w, "value.add", "sum", "by=5"), "done");
    end(in_order);
    must_come_back();
    start(&newer);                                          /* reads both halves */
    ck_assert_int_eq(host.w.applied.outcome, OUTCOME_NONE); /* the version is raised once */
    ck_assert_str_eq(call_show(&host.w, "value.get", "sum", ""), "5");
    end(in_order);
    must_come_back();
}
END_TEST

/* The older one must not run commands of which it does not know what they did. */
START_TEST(a_newer_behaviour_is_refused_by_an_older_mgrd)
{
    live(true);
    start(&newer);
    end(false);
    must_be_refused(objects_handlers(), "log-000000000001: written by a newer mgrd (behaviour 2; "
                                        "this one knows 1)");
    start(&newer);
    host_compact(&host);
    end(false);
    must_be_refused(objects_handlers(), "written by a newer mgrd (behaviour 2; this one knows 1)");
}
END_TEST

START_TEST(a_new_journal_has_the_newest_behaviour_at_once)
{
    start(&newer);
    ck_assert_int_eq(host.w.applied.outcome, OUTCOME_NONE);
    ck_assert_uint_eq(engine_version(host.w.engine), ENGINE_VERSION + 1);
    end(true);
    must_come_back();
}
END_TEST

/* ---- an operation that does another thing without a version ---- */

static int no_sum(struct ctx *ctx, const void *in)
{
    (void)in;
    return fail(ctx, ERR_TYPE, "no sums any more");
}

/* It has no effect where it had one: seen at the record, however the daemon ended. */
START_TEST(another_effect_is_refused)
{
    struct handlers handlers = *objects_handlers();
    handlers.by_number[OP_value_add] = no_sum;
    live(_i);
    must_be_refused(&handlers, "commands with another effect than when they were written");
}
END_TEST

/* It has another content: seen where the daemon ended in order. */
START_TEST(another_state_is_refused)
{
    struct handlers handlers = *objects_handlers();
    handlers.by_number[OP_value_add] = other_sum;
    live(true);
    must_be_refused(&handlers, "a state other than at the shutdown");
}
END_TEST

Suite *suite_journal_version(void);
Suite *suite_journal_version(void)
{
    Suite *suite = suite_create("journal_version");
    TCase *tc = tcase_create("journal_version");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, old_commands_keep_their_meaning, 0, 4);
    tcase_add_test(tc, a_newer_behaviour_is_refused_by_an_older_mgrd);
    tcase_add_test(tc, a_new_journal_has_the_newest_behaviour_at_once);
    tcase_add_loop_test(tc, another_effect_is_refused, 0, 2);
    tcase_add_test(tc, another_state_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
