/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables inside objects: refs are counted exactly, whatever happens to keys and values. */
#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "daemon/objects/keyed/keyed.h"
#include "tests/support/alloc.h"
#include "tests/support/call.h"
#include "wire.pb-c.h"

#include <check.h>
#include <stdlib.h>

static struct world w;
static uint64_t target_a, target_b;
static struct buf made[8]; /* what value() gave, in turns */
static unsigned made_at;

static struct object *named(const char *name)
{
    struct object *object = registry_by_name(w.engine, bytes_text(name));
    ck_assert_ptr_nonnull(object);
    return object;
}

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "list", "a", NULL);
    world_create(&w, "list", "b", NULL);
    world_create(&w, "dict", "d", NULL);
    world_create(&w, "set", "s", NULL);
    target_a = named("a")->id;
    target_b = named("b")->id;
}

static void teardown(void)
{
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        buf_free(&made[i]);
    world_free(&w);
}

/* Puts what the shorthand says: A, B: refs; X: a ref to nothing; a digit: an int; [..]: a list;
 * (..): a tuple. Gives what follows. */
static const char *put_short(struct buf *out, const char *text)
{
    if (*text == '[' || *text == '(') {
        size_t mark = val_open(out, *text == '[' ? VAL_LIST : VAL_TUPLE);
        for (text++; *text != ']' && *text != ')';) {
            size_t item = val_open_item(out);
            text = put_short(out, text);
            val_close(out, item);
        }
        val_close(out, mark);
    } else if (*text == 'A' || *text == 'B' || *text == 'X') {
        val_put_ref(out, *text == 'A' ? target_a : *text == 'B' ? target_b : 12345);
    } else {
        val_put_int(out, *text - '0');
    }
    return text + 1;
}

static ProtobufCBinaryData value(const char *text)
{
    struct buf *out = &made[made_at++ % (sizeof made / sizeof made[0])];
    buf_free(out);
    buf_init(out);
    put_short(out, text);
    return world_bytes(buf_bytes(out));
}

static const char *dict_put(const char *key, const char *text)
{
    Wire__DictSet in = WIRE__DICT_SET__INIT;
    in.has_name = in.has_key = in.has_value = true;
    in.name = world_text("d"), in.key = value(key), in.value = value(text);
    return world_show(&w, world_do(&w, 0, &in.base));
}

static const char *dict_put_all(const char *text)
{
    Wire__DictUpdate in = WIRE__DICT_UPDATE__INIT;
    in.has_name = in.has_items = true;
    in.name = world_text("d"), in.items = value(text);
    return world_show(&w, world_do(&w, 0, &in.base));
}

static const char *set_put_all(const char *text)
{
    Wire__SetUpdate in = WIRE__SET_UPDATE__INIT;
    in.has_name = in.has_items = true;
    in.name = world_text("s"), in.items = value(text);
    return world_show(&w, world_do(&w, 0, &in.base));
}

static const char *set_toggle(const char *text)
{
    Wire__SetSymmetricDifferenceUpdate in = WIRE__SET_SYMMETRIC_DIFFERENCE_UPDATE__INIT;
    in.has_name = in.has_items = true;
    in.name = world_text("s"), in.items = value(text);
    return world_show(&w, world_do(&w, 0, &in.base));
}

#define ck_refs(a_, b_)                               \
    do {                                              \
        ck_assert_uint_eq(named("a")->referrers, a_); \
        ck_assert_uint_eq(named("b")->referrers, b_); \
    } while (0)

START_TEST(one_entry)
{
    ck_assert_str_eq(dict_put("1", "A"), "done");
    ck_refs(1, 0);
    ck_assert_str_eq(dict_put("1", "[AAB]"), "done");
    ck_refs(2, 1);
    ck_assert_str_eq(dict_put("1", "7"), "done");
    ck_refs(0, 0);
    ck_assert_str_eq(dict_put("(1A)", "B"), "done");
    ck_refs(1, 1);
    ck_assert_str_eq(dict_put("(1A)", "0"), "done"); /* the key has its ref still */
    ck_refs(1, 0);
    ck_assert_str_eq(dict_put("(1A)", "A"), "done");
    ck_refs(2, 0);
}
END_TEST

START_TEST(removed_entries)
{
    dict_put("1", "A");
    dict_put("2", "[AB]");
    dict_put("B", "A");
    ck_refs(3, 2);
    call(&w, 0, "dict.popitem", "name=d");
    ck_refs(2, 1);
    call(&w, 0, "dict.del", "name=d|key=1");
    ck_refs(1, 1);
    call(&w, 0, "dict.set", "name=d|key=1|value=0");
    call(&w, 0, "dict.pop", "name=d|key=2");
    ck_refs(0, 0);
    dict_put("2", "[AB]");
    call(&w, 0, "dict.clear", "name=d");
    ck_refs(0, 0);
    dict_put("2", "[AB]");
    call(&w, 0, "object.delete", "name=d");
    ck_refs(0, 0);
}
END_TEST

START_TEST(many_entries)
{
    dict_put("1", "A");
    ck_assert_str_eq(dict_put_all("[[1B][1A][2B][2A][(A)B]]"), "done");
    ck_refs(3, 1); /* 1: A, 2: A, (A): B */
    ck_assert_str_eq(dict_put_all("[[(A)A][(A)0]]"), "done");
    ck_refs(3, 0);
}
END_TEST

START_TEST(popped_entries)
{
    dict_put("1", "A");
    dict_put("2", "[AB]");
    dict_put("B", "A");
    ck_refs(3, 2);
    ck_assert_ptr_nonnull(
        strstr(call_show(&w, "dict.pop_many", "d", "keys=[2, 5, 2]"), "'missing': [5]}"));
    ck_refs(2, 1);
    Wire__DictPopMany in = WIRE__DICT_POP_MANY__INIT;
    in.has_name = in.has_keys = true;
    in.name = world_text("d"), in.keys = value("[B]");
    world_do(&w, 0, &in.base);
    ck_refs(1, 0);
}
END_TEST

/* Dropping its refs is work, which is refused before anything is done. */
START_TEST(popped_refs_are_work)
{
    dict_put("1", "[AAAAAAAAAAAAAAAA]");
    w.engine->options.limits.work = 900;
    const char *reply = call_show(&w, "dict.pop_many", "d", "keys=[1]");
    ck_assert_msg(strncmp(reply, "error LIMIT", 11) == 0, "%s", reply);
    ck_refs(16, 0);
    w.engine->options.limits.work = 0;
    call(&w, 0, "dict.pop_many", "name=d|keys=[1]");
    ck_refs(0, 0);
}
END_TEST

START_TEST(targets_that_are_gone)
{
    dict_put("1", "A");
    const char *digest = world_digest(&w);
    ck_assert_str_eq(
        dict_put("1", "[BX]"),
        "error NO_SUCH_OBJECT: the value refers to object 12345, which does not exist");
    ck_assert_ptr_nonnull(strstr(dict_put("X", "1"), "NO_SUCH_OBJECT"));
    ck_assert_ptr_nonnull(strstr(dict_put_all("[[2A][3X]]"), "NO_SUCH_OBJECT"));
    ck_assert_ptr_nonnull(strstr(set_put_all("[AX]"), "NO_SUCH_OBJECT"));
    ck_assert_str_eq(world_digest(&w), digest);
    ck_refs(1, 0);
}
END_TEST

START_TEST(members)
{
    ck_assert_str_eq(set_put_all("[AB1(A)A]"), "done");
    ck_refs(2, 1);
    ck_assert_str_eq(set_toggle("[B2(B)]"), "done");
    ck_refs(2, 1);
    ck_assert_str_eq(call_show(&w, "set.intersection_update", "s", "items=[1]"), "done");
    ck_refs(0, 0);
    set_put_all("[AB]");
    call(&w, 0, "set.clear", "name=s");
    ck_refs(0, 0);
}
END_TEST

/* A bulk that fails in its middle leaves neither entries nor refs. */
START_TEST(undone_bulks)
{
    dict_put("1", "A");
    dict_put("2", "[AB]");
    const char *digest = world_digest(&w);
    ck_assert_ptr_nonnull(strstr(dict_put_all("[[1B][2B][3A][1A][45][[]1]]"), "unhashable"));
    ck_refs(2, 1);
    ck_assert_str_eq(world_digest(&w), digest);
    struct usage before = world_usage(&w);
    for (size_t n = 1;; n++) {
        Wire__Request request = WIRE__REQUEST__INIT;
        Wire__DictUpdate in = WIRE__DICT_UPDATE__INIT;
        in.has_name = in.has_items = true;
        in.name = world_text("d"), in.items = value("[[1B][2B][3A][1A][41][5(B)][(A)1]]");
        request.has_id = true, request.id = ++w.clients[0].id;
        request.op_case = WIRE__REQUEST__OP_DICT_UPDATE, request.dict_update = &in;
        struct command command = {.kind = COMMAND_REQUEST,
                                  .now_ms = w.now_ms,
                                  .session = w.clients[0].session,
                                  .request = &request,
                                  .has_refs = true};
        alloc_fail_at(n);
        struct applied applied = engine_apply(w.engine, &command, NULL);
        alloc_fail_never();
        if (applied.outcome == OUTCOME_EFFECT) {
            ck_assert_uint_gt(n, 5);
            break;
        }
        ck_assert_str_eq(world_digest(&w), digest);
        ck_refs(2, 1);
    }
    ck_assert_uint_gt(world_usage(&w).bytes, before.bytes);
    ck_refs(3, 2); /* 1: A, 2: B, 3: A, 4: 1, 5: (B), (A): 1 */
}
END_TEST

Suite *suite_keyed(void);
Suite *suite_keyed(void)
{
    Suite *suite = suite_create("keyed");
    TCase *tcase = tcase_create("keyed");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_entry);
    tcase_add_test(tcase, removed_entries);
    tcase_add_test(tcase, many_entries);
    tcase_add_test(tcase, popped_entries);
    tcase_add_test(tcase, popped_refs_are_work);
    tcase_add_test(tcase, targets_that_are_gone);
    tcase_add_test(tcase, members);
    tcase_add_test(tcase, undone_bulks);
    suite_add_tcase(suite, tcase);
    return suite;
}
