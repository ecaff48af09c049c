/* SPDX-License-Identifier: BSD-2-Clause */
/* remains: a million items with refs that went at once held everybody up while each ref was
 * dropped. Now they are gone at once, and the refs are dropped in slices. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/queue_kit.h"
#include "tests/support/reload.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    call(&w, 0, "object.create", "type=list|name=l");
}

static void teardown(void)
{
    world_free(&w);
}

enum { ITEMS = 40, SLICE = 8 };

static const char *const kinds[] = {"fifo", "lifo", "priority"};

#define U64(number) ((unsigned long long)(number))

static unsigned refs_to(const char *name)
{
    return (unsigned)strtoul(kit_info(&w, name, "references_in"), NULL, 10);
}

/* A queue of one kind whose items refer to l; the first of them is lent, so that not all goes. */
static uint64_t fill(const char *kind)
{
    callf(&w, 0, "object.create", "type=queue|name=q|kind=%s", kind);
    for (unsigned i = 0; i < ITEMS; i++)
        ask(&w, 0, "queue.put", "name=q|value=[%u, !ref l]", i);
    ask(&w, 1, "queue.get", "name=q|reserve=1");
    uint64_t token = kit_token();
    ask(&w, 1, "queue.get", "name=q|reserve=1"); /* one comes back, one is delayed */
    ask(&w, 1, "queue.nack", "name=q|token=%llu", U64(kit_token()));
    ask(&w, 1, "queue.get", "name=q|reserve=1");
    ask(&w, 1, "queue.nack", "name=q|token=%llu|delay_ms=50", U64(kit_token()));
    ck_assert_uint_eq(refs_to("l"), ITEMS);
    return token;
}

/* One REST drops some refs, and no more than it may. */
static void drop_some(void)
{
    unsigned before = refs_to("l");
    ck_assert(engine_wants_rest(w.engine));
    (void)world_apply(&w, &(struct command){.kind = COMMAND_REST});
    ck_assert_uint_lt(refs_to("l"), before);
    ck_assert_uint_le(before - refs_to("l"), SLICE);
}

START_TEST(what_was_cleared_drops_its_refs_in_slices)
{
    uint64_t token = fill(kinds[_i]);
    world_slice(&w, SLICE);
    ck_assert_str_eq(ask(&w, 0, "queue.clear", "name=q"), "39");
    ck_assert_uint_ge(refs_to("l"), ITEMS - SLICE);
    ck_assert_str_eq(ask(&w, 0, "queue.len", "name=q"), "0");
    while (refs_to("l") > ITEMS / 2) {
        drop_some();
        reload_must_agree(&w);
    }
    /* others are served meanwhile, and what comes now stays */
    ck_assert_str_eq(ask(&w, 2, "queue.put", "name=q|value=[50, !ref l]"), "done");
    reload_must_agree(&w);
    while (engine_wants_rest(w.engine))
        drop_some();
    ck_assert_uint_eq(refs_to("l"), 2);
    ck_assert_str_eq(kit_items(&w, "q", 10), "[[50, <~1001>]]");
    ask(&w, 1, "queue.ack", "name=q|token=%llu", U64(token));
    ck_assert_uint_eq(refs_to("l"), 1);
}
END_TEST

/* Another engine that goes on from the middle drops the same ones in the same order. */
START_TEST(a_start_in_between_goes_on)
{
    struct buf state;
    struct world again;
    (void)fill(kinds[_i]);
    world_slice(&w, SLICE);
    ask(&w, 0, "queue.clear", "name=q");
    ask(&w, 0, "queue.put", "name=q|value=[1, !ref l, !ref q]");
    ask(&w, 0, "queue.clear", "name=q");
    reload_save(w.engine, &state);
    reload(&w, buf_bytes(&state), &again);
    world_slice(&again, SLICE);
    while (engine_wants_rest(w.engine)) {
        (void)world_apply(&w, &(struct command){.kind = COMMAND_REST});
        (void)world_apply(&again, &(struct command){.kind = COMMAND_REST});
        ck_assert_str_eq(world_digest(&w), world_digest(&again));
    }
    ck_assert_uint_eq(refs_to("l"), 1);
    buf_free(&state);
    world_free(&again);
}
END_TEST

/* When nothing stays with anybody all refs go together: those that were to be dropped, too. */
START_TEST(cleared_again_with_nothing_kept)
{
    uint64_t token = fill(kinds[_i]);
    world_slice(&w, SLICE);
    ask(&w, 0, "queue.clear", "name=q");
    ask(&w, 1, "queue.ack", "name=q|token=%llu", U64(token));
    ask(&w, 0, "queue.put", "name=q|value=!ref l");
    ck_assert_uint_gt(refs_to("l"), 1);
    world_slice(&w, 0); /* as if others had spent it all */
    ck_assert_str_eq(ask(&w, 0, "queue.clear", "name=q"), "1");
    ck_assert_uint_eq(refs_to("l"), 0);
    ask(&w, 0, "queue.put", "name=q|value=!ref l");
    world_slice(&w, SLICE);
    while (engine_wants_rest(w.engine))
        (void)world_apply(&w, &(struct command){.kind = COMMAND_REST});
    ck_assert_uint_eq(refs_to("l"), 1);
}
END_TEST

START_TEST(the_queue_goes_in_between)
{
    (void)fill(kinds[_i]);
    world_slice(&w, SLICE);
    ask(&w, 0, "queue.clear", "name=q");
    ck_assert_str_eq(ask(&w, 0, "object.delete", "name=q|force=1"), "done");
    world_gc(&w);
    ck_assert_uint_eq(refs_to("l"), 0);
    ck_assert(!engine_wants_rest(w.engine));
}
END_TEST

/* Who waits is told before refs are dropped: those who put, and those who join. */
START_TEST(those_who_wait_come_first)
{
    callf(&w, 0, "object.create", "type=queue|name=q|maxsize=%d", ITEMS);
    for (unsigned i = 0; i < ITEMS; i++)
        ask(&w, 0, "queue.put", "name=q|value=!ref l");
    ck_assert_str_eq(ask(&w, 1, "queue.put", "name=q|value=1|" FOR_EVER), "waits");
    ck_assert_str_eq(ask(&w, 2, "queue.join", "name=q|" FOR_EVER), "waits");
    uint64_t put = w.clients[1].id, join = w.clients[2].id;
    world_slice(&w, 2);
    ask(&w, 0, "queue.clear", "name=q");
    ck_assert_ptr_nonnull(world_seen(&w, 1, put));
    ck_assert_ptr_nonnull(world_seen(&w, 2, join));
    ck_assert_uint_eq(refs_to("l"), ITEMS);
    while (engine_wants_rest(w.engine))
        (void)world_apply(&w, &(struct command){.kind = COMMAND_REST});
    ck_assert_uint_eq(refs_to("l"), 0);
}
END_TEST

/* Two items with many refs are acknowledged by one command. */
START_TEST(large_items_drop_their_refs_one_by_one)
{
    enum { REFS = 400 };
    char value[8000] = "[!ref l";
    for (unsigned i = 1; i < REFS; i++)
        strcat(value, ", !ref l");
    strcat(value, "]");
    call(&w, 0, "object.create", "type=queue|name=q");
    for (unsigned i = 0; i < 2; i++) {
        char args[sizeof value + 32];
        snprintf(args, sizeof args, "name=q|value=%s", value);
        call(&w, 0, "queue.put", args);
    }
    ask(&w, 0, "queue.get", "name=q");
    ask(&w, 0, "queue.get", "name=q");
    world_slice(&w, SLICE);
    world_ack(&w, 0, w.clients[0].id);
    ck_assert_str_eq(kit_info(&w, "q", "handed"), "0");
    ck_assert_uint_eq(refs_to("l"), REFS);
    reload_must_agree(&w);
    (void)world_apply(&w, &(struct command){.kind = COMMAND_REST});
    ck_assert_uint_eq(refs_to("l"), 0);
}
END_TEST

/* Somebody gives up who waited for room for many. */
START_TEST(what_was_never_let_in_goes_in_slices)
{
    char items[ITEMS * 10] = "[!ref l";
    for (unsigned i = 1; i < ITEMS; i++)
        strcat(items, ", !ref l");
    callf(&w, 0, "object.create", "type=queue|name=q|maxsize=%d|init=[1]", ITEMS);
    ck_assert_str_eq(ask(&w, 1, "queue.put_many", "name=q|items=%s]|" FOR_EVER, items), "waits");
    ck_assert_uint_eq(refs_to("l"), ITEMS);
    world_slice(&w, SLICE);
    world_cancel(&w, 1, w.clients[1].id, ERR_CANCELLED);
    ck_assert_uint_ge(refs_to("l"), ITEMS - SLICE);
    while (engine_wants_rest(w.engine))
        drop_some();
    ck_assert_uint_eq(refs_to("l"), 0);
}
END_TEST

Suite *suite_remains(void);
Suite *suite_remains(void)
{
    Suite *suite = suite_create("remains");
    TCase *tests = tcase_create("remains");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_was_cleared_drops_its_refs_in_slices, 0, 3);
    tcase_add_loop_test(tests, a_start_in_between_goes_on, 0, 3);
    tcase_add_loop_test(tests, cleared_again_with_nothing_kept, 0, 3);
    tcase_add_loop_test(tests, the_queue_goes_in_between, 0, 3);
    tcase_add_test(tests, those_who_wait_come_first);
    tcase_add_test(tests, large_items_drop_their_refs_one_by_one);
    tcase_add_test(tests, what_was_never_let_in_goes_in_slices);
    suite_add_tcase(suite, tests);
    return suite;
}
