/* SPDX-License-Identifier: BSD-2-Clause */
/* limits.work: what would take too much is refused before it has any effect, and nothing else is.
 */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

static const char *const objects[][2] = {
    {"object.create", "name=d|type=dict|init={a: {1: 1, 2: 2}, b: 2, c: 3, d: 4}"},
    {"object.create", "name=l|type=list|init=[5, 4, 3, !!set [1, 2, 3], 1]"},
    {"object.create", "name=n|type=list|init=[5, 4, 3, 2, 1]"},
    {"object.create", "name=t|type=list|init=[xb, xa, xd, xc]"},
    {"object.create", "name=s|type=set|init=[1, 2, 3, 4]"},
    {"object.create", "name=ns|type=namespace|init={a: 1, b: 2, c: 3, d: 4}"},
    {"object.create", "name=arr|type=array|typecode=i|init=[1, 2, 3, 4]"},
    {"object.create", "name=v|type=value|init={1: 1, 2: 2, 3: 3}"},
    {"object.create", "name=q|type=queue|kind=priority|init=[1, 2, 3, 4]"},
};

static void prepare(struct world *w)
{
    world_init(w, objects_handlers());
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        ck_assert_ptr_nonnull(call(w, 0, objects[i][0], objects[i][1]));
}

static const char *const dear[][2] = {
    {"object.create", "name=x|type=dict|init={a: 1, b: 2, c: 3, d: 4}"},
    {"object.create", "name=x|type=list|init=[1, 2, 3, 4]"},
    {"object.create", "name=x|type=list|init='text'"},
    {"object.create", "name=x|type=set|init=[1, 2, 3, 4]"},
    {"object.create", "name=x|type=array|typecode=i|init=[1, 2, 3, 4]"},
    {"object.create", "name=x|type=queue|init=[1, 2, 3, 4]"},
    {"dict.update", "name=d|items={x: 1, y: 2, z: 3, w: 4}"},
    {"dict.copy", "name=d"},
    {"dict.keys", "name=d"},
    {"dict.values", "name=d"},
    {"dict.items", "name=d"},
    {"dict.reversed", "name=d"},
    {"dict.merge", "name=d|items={a: 7, x: 1}"},
    {"dict.fromkeys", "name=d|keys=[1, 2, 3]"},
    {"dict.get_many", "name=d|keys=[a, b, x]"},
    {"dict.pop_many", "name=d|keys=[a, b, x]"},
    {"dict.cas", "name=d|key=a|expect={2: 2, 1: 1}|new=1"},
    {"dict.del", "name=d|key=a|expect={2: 2, 1: 1}"},
    {"list.extend", "name=l|items=[1, 2, 3, 4]"},
    {"list.reverse", "name=l"},
    {"list.sort", "name=n"},
    {"list.sort", "name=t|reverse=1"},
    {"list.set_slice", "name=l|items=[1, 2, 3, 4]"},
    {"list.set_slice", "name=n|items=[]"},
    {"list.del_slice", "name=l|start=1"},
    {"list.multiply", "name=n|times=3"},
    {"list.copy", "name=n"},
    {"list.reversed", "name=n"},
    {"list.slice", "name=n|start=1"},
    {"list.concat", "name=n|items=[1]"},
    {"list.repeat", "name=n|times=3"},
    {"list.has", "name=l|value=!!set [3, 1, 2]"},
    {"list.index", "name=l|value=!!set [3, 1, 2]"},
    {"list.count", "name=l|value=!!set [3, 1, 2]"},
    {"list.remove", "name=l|value=!!set [3, 1, 2]"},
    {"set.update", "name=s|items=[5, 6, 7, 8]"},
    {"set.union", "name=s|items=[1, 7]"},
    {"set.difference", "name=s|items=[1, 7]"},
    {"set.intersection", "name=s|items=[1, 7]"},
    {"set.symmetric_difference", "name=s|items=[1, 7]"},
    {"set.rdifference", "name=s|items=[1, 7]"},
    {"set.isdisjoint", "name=s|items=[1, 7]"},
    {"set.issubset", "name=s|items=[1, 7]"},
    {"set.issuperset", "name=s|items=[1, 7]"},
    {"set.equals", "name=s|items=[1, 7]"},
    {"set.difference_update", "name=s|items=[1, 2, 3, 4]"},
    {"set.intersection_update", "name=s|items=[1]"},
    {"set.symmetric_difference_update", "name=s|items=[1, 2, 3, 7]"},
    {"namespace.items", "name=ns"},
    {"array.set_slice", "name=arr|items=[1, 2, 3, 5]"},
    {"array.copy", "name=arr"},
    {"array.slice", "name=arr|start=1"},
    {"value.cas", "name=v|expect={3: 3, 2: 2, 1: 1}|new=1"},
    {"queue.put", "name=q|value=3"},
    {"queue.put_many", "name=q|items=[3, 1, 2]"},
};

/* Whatever the bound: refused without a trace, or done as without any. */
START_TEST(too_much_work_is_refused_without_effect)
{
    struct world free_one, w;
    uint64_t refused = 0;
    prepare(&free_one);
    prepare(&w);
    char wanted[512];
    snprintf(wanted, sizeof wanted, "%s",
             world_show(&free_one, call(&free_one, 0, dear[_i][0], dear[_i][1])));
    ck_assert_msg(strncmp(wanted, "error", 5) != 0, "%s: %s", dear[_i][0], wanted);
    for (uint64_t work = 2;; work += 1 + work / 8) {
        w.engine->options.limits.work = work;
        const char *before = world_digest(&w);
        const char *got = world_show(&w, call(&w, 0, dear[_i][0], dear[_i][1]));
        if (strncmp(got, "error LIMIT", 11) != 0) {
            ck_assert_str_eq(got, wanted);
            break;
        }
        ck_assert_ptr_nonnull(strstr(got, "limits.work"));
        ck_assert_str_eq(world_digest(&w), before);
        ck_assert_uint_eq(world_usage(&w).refused_work, ++refused);
        ck_assert_uint_lt(work, 10000);
    }
    ck_assert_uint_gt(refused, 0);
    world_free(&free_one);
    world_free(&w);
}
END_TEST

/* They look at each member, however few items are sent. */
START_TEST(a_large_set_is_changed_one_by_one)
{
    static const char *const ops[] = {"set.difference_update", "set.symmetric_difference_update"};
    struct world w;
    world_init(&w, objects_handlers());
    world_create(&w, "set", "s", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]");
    w.engine->options.limits.work = 2;
    for (size_t i = 0; i < 2; i++) {
        const char *got = world_show(&w, call(&w, 0, ops[i], "name=s|items=[5]"));
        ck_assert_ptr_nonnull(strstr(got, "one by one"));
    }
    world_free(&w);
}
END_TEST

/* Read back after a restart, and declared in the configuration: there was no bound, or there is
 * none. */
START_TEST(without_a_bound_everything_is_allowed)
{
    struct world w;
    prepare(&w);
    w.engine->options.limits.work = 2;
    engine_set_limits(w.engine, NULL);
    for (size_t i = 0; i < sizeof dear / sizeof dear[0]; i++) {
        const char *got = world_show(&w, call(&w, 0, dear[i][0], dear[i][1]));
        ck_assert_msg(strncmp(got, "error LIMIT", 11) != 0, "%s: %s", dear[i][0], got);
    }
    ck_assert_uint_eq(world_usage(&w).refused_work, 0);
    world_free(&w);
}
END_TEST

/* Only what is compared counts: of lists that differ in the first item, that one. */
START_TEST(only_what_is_looked_at_counts)
{
    enum { LISTS = 20, ITEMS = 200 };
    char items[3 * ITEMS + 1] = "";
    struct world w;
    world_init(&w, objects_handlers());
    for (unsigned i = 0; i < ITEMS; i++)
        memcpy(items + (size_t)3 * i, "1, ", sizeof("1, "));
    ck_assert_ptr_nonnull(call(&w, 0, "object.create", "name=l|type=list"));
    for (unsigned i = 0; i < LISTS; i++)
        ck_assert_ptr_nonnull(callf(&w, 0, "list.append", "name=l|value=[%s%u]", items, i));
    w.engine->options.limits.work = LISTS * 10;
    ck_assert_str_eq(world_show(&w, callf(&w, 0, "list.has", "name=l|value=[2, %s0]", items)),
                     "False");
    ck_assert_ptr_nonnull(strstr(
        world_show(&w, callf(&w, 0, "list.has", "name=l|value=[%s99]", items)), "error LIMIT"));
    world_free(&w);
}
END_TEST

/* ---- refs ---- */

#define SIX "!ref o, !ref o, !ref v, !ref o, !ref v, !ref o"

static const char *const with_refs[][2] = {
    {"object.create", "name=o|type=list"},
    {"object.create", "name=v|type=value"},
    {"object.create", "name=q|type=queue"},
    {"object.create",
     "name=d|type=dict|init={1: [!ref o, !ref o, !ref o], 2: [!ref v, !ref v, !ref v]}"},
    {"object.create", "name=l|type=list|init=[" SIX "]"},
    {"object.create", "name=s|type=set|init=[!ref o, !ref v, !ref l, 1]"},
};

static const struct {
    const char *op, *args;
    unsigned refs; /* that it adds and drops */
} of_refs[] = {
    {"object.create", "name=x|type=queue|init=[" SIX "]", 6},
    {"value.set", "name=v|value=[" SIX "]", 6},
    {"list.append", "name=o|value=[" SIX "]", 6},
    {"list.extend", "name=o|items=[" SIX "]", 6},
    {"list.multiply", "name=l|times=3", 12},
    {"list.del_slice", "name=l|start=1", 5},
    {"list.set_slice", "name=l|start=1|items=[!ref o]", 6},
    {"dict.set", "name=d|key=3|value=[" SIX "]", 6},
    {"dict.update", "name=d|items={1: 1, 2: 2}", 6},
    {"set.difference_update", "name=s|items=[!ref o, !ref v]", 2},
    {"set.intersection_update", "name=s|items=[1]", 3},
    {"set.symmetric_difference_update", "name=s|items=[!ref o, !ref v]", 4},
    {"queue.put", "name=q|value=[" SIX "]", 6},
    {"queue.put_many", "name=q|items=[" SIX "]", 6},
};

/* A value of a million references took 0.65 s, whatever limits.work was. */
START_TEST(each_reference_counts)
{
    enum { STEPS_REF = 60, STEPS_OTHERS = 500 };
    struct world w;
    uint64_t steps = of_refs[_i].refs * (uint64_t)STEPS_REF;
    world_init(&w, objects_handlers());
    for (size_t i = 0; i < sizeof with_refs / sizeof with_refs[0]; i++)
        ck_assert_str_ne(world_show(&w, call(&w, 0, with_refs[i][0], with_refs[i][1])), "waits");
    const char *before = world_digest(&w);
    w.engine->options.limits.work = steps - 1;
    const char *got = world_show(&w, call(&w, 0, of_refs[_i].op, of_refs[_i].args));
    ck_assert_msg(strncmp(got, "error LIMIT", 11) == 0, "%s: %s", of_refs[_i].op, got);
    ck_assert_str_eq(world_digest(&w), before);
    w.engine->options.limits.work = steps + STEPS_OTHERS;
    got = world_show(&w, call(&w, 0, of_refs[_i].op, of_refs[_i].args));
    ck_assert_msg(strncmp(got, "error", 5) != 0, "%s: %s", of_refs[_i].op, got);
    world_free(&w);
}
END_TEST

/* They are looked for one after the other: a million of them not before it is too much. */
START_TEST(references_are_not_looked_for_in_vain)
{
    struct world w;
    world_init(&w, objects_handlers());
    world_create(&w, "list", "o", NULL);
    w.engine->options.limits.work = 100;
    ck_assert_ptr_nonnull(
        strstr(world_show(&w, call(&w, 0, "list.append", "name=o|value=[!ref o, !ref 5, !ref 6]")),
               "error LIMIT"));
    ck_assert_ptr_nonnull(strstr(world_show(&w, call(&w, 0, "list.append", "name=o|value=!ref 5")),
                                 "error NO_SUCH_OBJECT"));
    world_free(&w);
}
END_TEST

Suite *suite_work(void);
Suite *suite_work(void)
{
    Suite *suite = suite_create("work");
    TCase *tc = tcase_create("work");
    tcase_add_loop_test(tc, too_much_work_is_refused_without_effect, 0,
                        sizeof dear / sizeof dear[0]);
    tcase_add_test(tc, a_large_set_is_changed_one_by_one);
    tcase_add_test(tc, without_a_bound_everything_is_allowed);
    tcase_add_test(tc, only_what_is_looked_at_counts);
    tcase_add_loop_test(tc, each_reference_counts, 0, sizeof of_refs / sizeof of_refs[0]);
    tcase_add_test(tc, references_are_not_looked_for_in_vain);
    suite_add_tcase(suite, tc);
    return suite;
}
