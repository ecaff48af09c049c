/* SPDX-License-Identifier: BSD-2-Clause */
/* What a random life has found once, and the limits: nothing is done half. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"
#include "wire/base/utf8.h"

enum { MANY = 3000, SMALL_FRAME = 256, FEW_ITEMS = 3 };

#define LONG10  "0123456789"
#define LONG100 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10
#define LONG300 "'" LONG100 LONG100 LONG100 "'"

/* ---- acknowledging ---- */

/* What an acknowledgement forgets must not depend on how large the table of slots has become:
 * requests without effect make it larger, and are in no log. */
static void live_and_acknowledge(struct world *w, bool idle_request)
{
    world_init(w, objects_handlers());
    world_create(w, "value", "v", "1");
    world_create(w, "value", "text", "x");                  /* id 2 */
    call(w, 0, "object.changed", "name=v|wait_ms=9000000"); /* id 3 waits */
    world_ack(w, 0, 3);
    if (idle_request) {
        Wire__ValueAdd in = WIRE__VALUE_ADD__INIT; /* to what is no number: an error */
        in.has_name = in.has_by = true;
        in.name = world_text("text"), in.by = world_lit(w, "1");
        world_command(w, 0, &(struct ask){.id = 13}, &in.base);
    }
    call(w, 1, "value.set", "name=v|value=2"); /* now 3 is answered */
    world_ack(w, 0, 9);
}

START_TEST(what_is_forgotten_does_not_depend_on_the_table)
{
    struct world a, b;
    live_and_acknowledge(&a, false);
    live_and_acknowledge(&b, true);
    ck_assert_str_eq(world_digest(&a), world_digest(&b));
    world_free(&a);
    world_free(&b);
}
END_TEST

/* ---- ids that are marks ---- */

/* A ref to an object of that id is refused, and nothing is found or taken. */
static void check_mark(struct world *w)
{
    struct idmap *objects = &w->engine->objects_by_id;
    size_t count = objects->count;
    struct buf ref;
    Wire__ValueSet in = WIRE__VALUE_SET__INIT;
    buf_init(&ref);
    val_put_ref(&ref, UINT64_MAX);
    in.has_name = true, in.name = world_text("v");
    in.has_value = true, in.value = world_bytes(buf_bytes(&ref));
    const struct seen *seen = world_do(w, 0, &in.base);
    must(seen->result.kind == RESULT_ERROR && seen->result.code == ERR_NO_SUCH_OBJECT);
    must(idmap_get(objects, UINT64_MAX) == NULL && idmap_del(objects, UINT64_MAX) == NULL);
    must(objects->count == count);
    buf_free(&ref);
}

/* While the table of objects is being moved, it has marks in it. They are no objects. */
START_TEST(an_id_from_outside_never_finds_a_mark)
{
    struct world w;
    char args[64];
    size_t moving = 0;
    world_init(&w, objects_handlers());
    world_create(&w, "value", "v", "1");
    for (int i = 0; i < MANY; i++) {
        snprintf(args, sizeof args, "d%d", i);
        world_create(&w, "value", args, NULL);
        moving += w.engine->objects_by_id.old.count > 0;
        check_mark(&w);
    }
    ck_assert_uint_gt(moving, 100);
    for (int i = 0; i < MANY; i++) {
        snprintf(args, sizeof args, "name=d%d", i);
        call(&w, 0, "object.delete", args);
        (void)engine_reclaim(w.engine, 7);
        check_mark(&w);
    }
    ck_assert_uint_eq(w.engine->objects_by_id.count, 1);
    world_free(&w);
}
END_TEST

/* ---- limits ---- */

static void prepare(struct world *w)
{
    world_init(w, objects_handlers());
    world_create(w, "dict", "d", "{a: 1, b: 2, c: 3, long: " LONG300 "}");
    world_create(w, "list", "l", "[4, 3, 2, 1, " LONG300 "]");
    world_create(w, "list", "numbers", "[4, 3, 2, 1]");
    world_create(w, "set", "s", "!!set {" LONG300 ", 1, 2, 3, 4}");
    world_create(w, "namespace", "n", "{x: 1, y: 2, z: 3, long: " LONG300 "}");
    world_create(w, "value", "v", LONG300);
    call(w, 0, "object.create", "name=a|type=array|typecode=i|init=[1, 2, 3, 4, 5]");
    for (int i = 0; i < 40; i++) {
        char args[64];
        snprintf(args, sizeof args, "name=a|start=%d|items=[1000000, 2000000, 3000000]", 5 + 3 * i);
        call(w, 0, "array.set_slice", args);
    }
}

static const char *const too_many[][2] = {
    {"object.create", "type=dict|init={a: 1, b: 2, c: 3, d: 4}"},
    {"object.create", "type=dict|init=[[a, 1], [b, 2], [c, 3], [d, 4]]"},
    {"object.create", "type=list|init=[1, 2, 3, 4]"},
    {"object.create", "type=list|init='text'"},
    {"object.create", "type=set|init=[1, 2, 3, 4]"},
    {"object.create", "type=namespace|init={a: 1, b: 2, c: 3, d: 4}"},
    {"object.create", "type=array|typecode=i|init=[1, 2, 3, 4]"},
    {"dict.update", "name=d|items={x: 1, y: 2, z: 3, w: 4}"},
    {"list.extend", "name=l|items=[1, 2, 3, 4]"},
    {"list.reverse", "name=l"},
    {"list.sort", "name=numbers"},
    {"list.set_slice", "name=l|items=[1, 2, 3, 4]"},
    {"list.set_slice", "name=numbers|items=[]"},
    {"list.del_slice", "name=l|start=1"},
    {"list.multiply", "name=l|times=2"},
    {"set.update", "name=s|items=[5, 6, 7, 8]"},
    {"set.difference_update", "name=s|items=[1, 2, 3, 4]"},
    {"set.intersection_update", "name=s|items=[1]"},
    {"set.symmetric_difference_update", "name=s|items=[1, 2, 3, 4]"},
    {"array.set_slice", "name=a|items=[1, 2, 3, 4]"},
};

START_TEST(more_items_than_allowed_are_refused_whole)
{
    struct world w;
    prepare(&w);
    w.engine->options.limits.bulk_items = FEW_ITEMS;
    const char *before = world_digest(&w);
    const char *reply = world_show(&w, call(&w, 0, too_many[_i][0], too_many[_i][1]));
    ck_assert_msg(strncmp(reply, "error LIMIT", 11) == 0, "%s %s: %s", too_many[_i][0],
                  too_many[_i][1], reply);
    ck_assert_str_eq(world_digest(&w), before);
    world_free(&w);
}
END_TEST

static const char *const too_large[][2] = {
    {"dict.get", "name=d|key=long"},
    {"dict.pop", "name=d|key=long"},
    {"dict.popitem", "name=d"},
    {"dict.setdefault", "name=d|key=long"},
    {"dict.setdefault", "name=d|key=new|value=" LONG300},
    {"dict.copy", "name=d"},
    {"dict.values", "name=d"},
    {"dict.items", "name=d"},
    {"dict.merge", "name=d|items={x: 1}"},
    {"dict.fromkeys", "name=d|keys=[1, 2]|value=" LONG300},
    {"dict.get_many", "name=d|keys=[a, long]"},
    {"dict.pop_many", "name=d|keys=[a, long]"},
    {"list.get", "name=l|index=-1"},
    {"list.pop", "name=l"},
    {"list.copy", "name=l"},
    {"list.reversed", "name=l"},
    {"list.slice", "name=l|start=2"},
    {"list.concat", "name=numbers|items=[" LONG300 "]"},
    {"list.repeat", "name=numbers|times=100"},
    {"set.pop", "name=s"},
    {"set.copy", "name=s"},
    {"set.union", "name=s|items=[7]"},
    {"set.rdifference", "name=s|items=[" LONG300 ", '" LONG100 LONG100 LONG100 "x']"},
    {"namespace.get", "name=n|attr=long"},
    {"namespace.items", "name=n"},
    {"value.get", "name=v"},
    {"value.swap", "name=v|value=1"},
    {"array.copy", "name=a"},
    {"array.slice", "name=a|step=1"},
    {"object.info", "name=d"},
};

START_TEST(replies_that_fit_in_no_frame_change_nothing)
{
    struct world w;
    prepare(&w);
    w.engine->options.limits.frame_bytes = SMALL_FRAME;
    const char *before = world_digest(&w);
    const char *reply = world_show(&w, call(&w, 0, too_large[_i][0], too_large[_i][1]));
    ck_assert_msg(strncmp(reply, "error TOO_LARGE", 15) == 0, "%s %s: %s", too_large[_i][0],
                  too_large[_i][1], reply);
    ck_assert_str_eq(world_digest(&w), before);
    world_free(&w);
}
END_TEST

/* ---- growth ---- */

static size_t growth(const struct world *w, unsigned number, const void *in)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    request.op_case = (Wire__Request__OpCase)number;
    memcpy(&request.server_ping, &in, sizeof in);
    return engine_growth(w->engine, &(struct command){.request = &request});
}

START_TEST(admission_is_told_what_grows)
{
    struct world w;
    Wire__ListMultiply multiply = WIRE__LIST_MULTIPLY__INIT;
    Wire__ListAppend append = WIRE__LIST_APPEND__INIT;
    Wire__ListLen len = WIRE__LIST_LEN__INIT;
    prepare(&w);
    multiply.has_name = multiply.has_times = append.has_name = len.has_name = true;
    multiply.name = append.name = len.name = world_text("l");
    multiply.times = world_lit(&w, "100");
    append.value = world_lit(&w, "1");
    const unsigned number = WIRE__REQUEST__OP_LIST_MULTIPLY;
    ck_assert_uint_ge(growth(&w, number, &multiply), 99 * 300);
    multiply.times = world_lit(&w, "1");
    ck_assert_uint_lt(growth(&w, number, &multiply), 1000);
    multiply.times = world_lit(&w, "x");
    ck_assert_uint_eq(growth(&w, number, &multiply), 0);
    multiply.times = world_lit(&w, "100");
    multiply.name = world_text("d"); /* of another type */
    ck_assert_uint_eq(growth(&w, number, &multiply), 0);
    multiply.name = world_text("no/such");
    ck_assert_uint_eq(growth(&w, number, &multiply), 0);
    ck_assert_uint_lt(growth(&w, WIRE__REQUEST__OP_LIST_APPEND, &append), 10000);
    ck_assert_uint_eq(growth(&w, WIRE__REQUEST__OP_LIST_LEN, &len), 0);
    ck_assert_uint_eq(growth(&w, 5, &len), 0);
    world_free(&w);
}
END_TEST

/* ---- texts ---- */

/* Wherever a message is cut, it is text. */
START_TEST(a_message_is_never_cut_within_a_character)
{
    struct world w;
    char args[4096];
    world_init(&w, objects_handlers());
    world_create(&w, "namespace", "n", NULL);
    world_create(&w, "dict", "d", NULL);
    for (int shift = 0; shift < 5; shift++) {
        struct buf text;
        buf_init(&text);
        buf_printf(&text, "%.*s", shift, "abcd");
        for (int i = 0; i < 300; i++)
            buf_put_text(&text, shift % 2 == 0 ? "\xc3\xa4" : "\xf0\x9f\x98\x80");
        snprintf(args, sizeof args, "name=n|attr=%.*s", (int)text.len, (const char *)text.data);
        const struct seen *seen = call(&w, 0, "namespace.get", args);
        ck_assert_int_eq(seen->result.code, ERR_ATTRIBUTE);
        ck_assert_uint_eq(utf8_check(seen->result.message), seen->result.message.len);
        snprintf(args, sizeof args, "name=d|key='%.*s'", (int)text.len, (const char *)text.data);
        seen = call(&w, 0, "dict.get", args);
        ck_assert_int_eq(seen->result.code, ERR_KEY);
        ck_assert_uint_eq(utf8_check(seen->result.message), seen->result.message.len);
        buf_free(&text);
    }
    world_free(&w);
}
END_TEST

Suite *suite_engine_refs(void);
Suite *suite_engine_refs(void)
{
    Suite *suite = suite_create("engine_refs");
    TCase *tc = tcase_create("engine_edges");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_is_forgotten_does_not_depend_on_the_table);
    tcase_add_test(tc, an_id_from_outside_never_finds_a_mark);
    tcase_add_loop_test(tc, more_items_than_allowed_are_refused_whole, 0,
                        sizeof too_many / sizeof too_many[0]);
    tcase_add_loop_test(tc, replies_that_fit_in_no_frame_change_nothing, 0,
                        sizeof too_large / sizeof too_large[0]);
    tcase_add_test(tc, admission_is_told_what_grows);
    tcase_add_test(tc, a_message_is_never_cut_within_a_character);
    suite_add_tcase(suite, tc);
    return suite;
}
