/* SPDX-License-Identifier: BSD-2-Clause */
/* Making objects whole or not at all, their time to live, and their end. */
#include "tests/support/fakes.h"

#include <stdio.h>

#include "tests/support/alloc.h"
#include "wire.pb-c.h"

static struct fakes f;

static void setup(void)
{
    fakes_init(&f);
}

static void teardown(void)
{
    fakes_free(&f);
}

static Wire__ObjectCreate request(const char *type, const char *name)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    in.type = fake_text(type);
    in.has_name = name != NULL;
    in.name = fake_text(name == NULL ? "" : name);
    return in;
}

static void refused(const Wire__ObjectCreate *in, enum mgr_code code, const char *words)
{
    char text[512];
    ck_assert_ptr_null(fake_create_from(&f, in));
    ck_assert_int_eq(f.ctx.result.code, code);
    ck_assert(!f.ctx.effect);
    snprintf(text, sizeof text, "%.*s", (int)f.ctx.result.message.len,
             (const char *)f.ctx.result.message.data);
    ck_assert_msg(strstr(text, words) != NULL, "'%s' in '%s'", words, text);
}

START_TEST(bad_requests)
{
    Wire__ObjectCreate in = request("banana", "a");
    refused(&in, ERR_VALUE, "dict, list, array");
    in = request("", "a");
    refused(&in, ERR_VALUE, "dict, list, array");
    in = request("set", "a"); /* a type of the protocol that this engine has no handlers for */
    refused(&in, ERR_VALUE, "types are");
    in = request("list", "a//b");
    refused(&in, ERR_VALUE, "empty segment");
    in = request("list", "");
    in.has_name = true;
    refused(&in, ERR_VALUE, "is empty");
    in = request("list", "a");
    in.has_typecode = true;
    in.typecode = fake_text("i");
    refused(&in, ERR_VALUE, "no typecode");
    in = request("list", "a");
    in.has_ttl_ms = true;
    refused(&in, ERR_VALUE, "ttl_ms");
    ck_assert_uint_eq(f.engine->object_count, 0);
}
END_TEST

START_TEST(takes_the_existing_one)
{
    Wire__ObjectCreate in = request("array", "a");
    in.has_typecode = true;
    in.typecode = fake_text("i");
    struct object *a = fake_create_from(&f, &in);
    ck_assert(f.ctx.effect);
    refused(&in, ERR_EXISTS, "taken");
    in.if_absent = true;
    ck_assert_ptr_eq(fake_create_from(&f, &in), a);
    ck_assert(!f.ctx.effect);
    in.typecode = fake_text("d");
    refused(&in, ERR_EXISTS, "typecode 'i', not 'd'");
    in = request("list", "a");
    in.if_absent = true;
    refused(&in, ERR_EXISTS, "type array, not list");
    in = request("array", "a");
    in.typecode = fake_text("i");
    in.if_absent = true;
    in.ephemeral = true;
    refused(&in, ERR_EXISTS, "ephemeral");
    in.ephemeral = false;
    in.has_ttl_ms = true;
    in.ttl_ms = 5;
    refused(&in, ERR_EXISTS, "ttl_ms 0, not 5");
}
END_TEST

START_TEST(new_ones_are_held_by_their_maker)
{
    Wire__ObjectCreate in = request("list", "e");
    f.session = fakes_session(&f);
    struct object *named = fake_create(&f, "list", "n");
    struct object *nameless = fake_create(&f, "list", NULL);
    in.ephemeral = true;
    struct object *ephemeral = fake_create_from(&f, &in);
    uint64_t id = ephemeral->id;
    ck_assert_uint_eq(named->hold_count, 0);
    ck_assert_uint_eq(nameless->hold_count, 1);
    ck_assert_uint_eq(ephemeral->hold_count, 1);
    ck_assert_uint_eq(f.session->hold_count, 2);
    /* a second session that takes it holds it too */
    struct session *first = f.session;
    f.session = fakes_session(&f);
    in.if_absent = true;
    ck_assert_ptr_eq(fake_create_from(&f, &in), ephemeral);
    ck_assert(f.ctx.effect);
    ck_assert_uint_eq(ephemeral->hold_count, 2);
    holds_end(fakes_ctx(&f), first);
    ck_assert(fakes_alive(&f, id));
    holds_end(fakes_ctx(&f), f.session);
    ck_assert(!fakes_alive(&f, id));
    ck_assert(fakes_alive(&f, named->id));
    ck_assert(fakes_alive(&f, nameless->id)); /* for the collector */
}
END_TEST

START_TEST(failed_create_leaves_nothing)
{
    struct object *target = fake_create(&f, "list", "t");
    Wire__ObjectCreate in = request("list", "a");
    struct buf bad;
    uint64_t gone = 999;
    buf_init(&bad);
    val_put_text(&bad, "bad");
    in.has_init = true;
    in.init = (ProtobufCBinaryData){bad.len, bad.data};
    struct usage before, after;
    engine_usage(f.engine, &before);
    refused(&in, ERR_VALUE, "a bad box");
    struct bytes refs = fake_refs(&gone, 1);
    in.init = (ProtobufCBinaryData){refs.len, (uint8_t *)(uintptr_t)refs.data};
    refused(&in, ERR_NO_SUCH_OBJECT, "999");
    refs = fake_refs(&(uint64_t){f.engine->revision + 1}, 1); /* itself, before it is there */
    refused(&in, ERR_NO_SUCH_OBJECT, "2");
    engine_usage(f.engine, &after);
    ck_assert_mem_eq(&before, &after, sizeof before);
    ck_assert_uint_eq(target->referrers, 0);
    buf_free(&bad);
}
END_TEST

START_TEST(no_memory)
{
    struct object *target = fake_create(&f, "list", "t");
    Wire__ObjectCreate in = request("list", "a");
    struct object *made = NULL;
    struct usage before, after;
    f.session = fakes_session(&f);
    in.ephemeral = true;
    in.has_ttl_ms = true;
    in.ttl_ms = 1000;
    in.has_init = true;
    engine_usage(f.engine, &before);
    size_t timers = f.engine->timers.reserved;
    for (size_t n = 1; made == NULL; n++) {
        struct bytes refs = fake_refs(&target->id, 1);
        in.init = (ProtobufCBinaryData){refs.len, (uint8_t *)(uintptr_t)refs.data};
        struct ctx *ctx = fakes_ctx(&f);
        alloc_fail_at(n);
        made = object_create_new(ctx, &in);
        size_t count = alloc_count();
        alloc_fail_never();
        if (made == NULL) {
            ck_assert_int_eq(ctx->result.code, ERR_NOMEM);
            ck_assert(!ctx->effect);
            engine_usage(f.engine, &after);
            ck_assert_mem_eq(&before, &after, sizeof before);
            ck_assert_uint_eq(f.engine->timers.reserved, timers);
            ck_assert_uint_eq(f.engine->objects_by_id.reserved, 0);
        } else {
            ck_assert_uint_gt(count, 4); /* object, name, hold, box, refs, ... */
        }
        ck_assert_uint_eq(target->referrers, made != NULL);
    }
}
END_TEST

START_TEST(lives_for_its_time)
{
    Wire__ObjectCreate in = request("list", "a");
    in.has_ttl_ms = true;
    in.ttl_ms = 1000;
    struct object *a = fake_create_from(&f, &in);
    uint64_t id = a->id;
    fakes_wait(&f, 900);
    changed(fakes_ctx(&f), a);
    fakes_wait(&f, 900);
    ck_assert(fakes_alive(&f, id));
    a->waiter_count++; /* somebody waits: it gets more time */
    fakes_wait(&f, 100);
    ck_assert(fakes_alive(&f, id));
    a->waiter_count--;
    fakes_wait(&f, 999);
    ck_assert(fakes_alive(&f, id));
    fakes_wait(&f, 1);
    ck_assert(!fakes_alive(&f, id));
}
END_TEST

START_TEST(endless_time_to_live)
{
    Wire__ObjectCreate in = request("list", "a");
    in.has_ttl_ms = true;
    in.ttl_ms = UINT64_MAX;
    ck_assert_ptr_nonnull(fake_create_from(&f, &in));
    fakes_wait(&f, 1 << 30);
    ck_assert_uint_eq(f.engine->object_count, 1);
}
END_TEST

START_TEST(goes_at_once_and_altogether)
{
    struct usage before, after;
    f.session = fakes_session(&f);
    while (engine_reclaim(f.engine, 1)) {
    }
    engine_usage(f.engine, &before);
    struct object *a = fake_create(&f, "list", "a");
    struct object *b = fake_create(&f, "list", NULL);
    struct object *c = fake_create(&f, "list", "c");
    uint64_t id = a->id;
    ck_assert_int_eq(fakes_put(&f, a, b->id), 0);
    ck_assert_int_eq(fakes_put(&f, a, a->id), 0);
    ck_assert_int_eq(fakes_put(&f, c, a->id), 0);
    ck_assert_int_eq(fakes_hold(&f, f.session, a), 0);
    object_mark(fakes_ctx(&f), a);
    object_mark(&f.ctx, c);
    f.ctx.object = a;
    object_destroy(&f.ctx, a); /* while it is marked */
    ck_assert_ptr_null(f.ctx.object);
    ck_assert_ptr_null(object_by_id(f.engine, id));
    ck_assert_uint_eq(b->referrers, 0);
    wake_marked(&f.ctx);
    ck_assert_ptr_null(f.ctx.marked.first);
    ck_assert_uint_eq(f.engine->ending_count, 0);
    ck_assert_uint_eq(f.session->hold_count, 1);
    fakes_drop(&f, c, id); /* a ref to what is gone */
    fakes_destroy(&f, c);
    fakes_destroy(&f, b);
    (void)fakes_ctx(&f);
    while (engine_reclaim(f.engine, 1)) {
    }
    engine_usage(f.engine, &after);
    before.timers = after.timers; /* the collector's */
    ck_assert_mem_eq(&before, &after, sizeof before);
}
END_TEST

Suite *suite_object(void);

Suite *suite_object(void)
{
    Suite *suite = suite_create("object");
    TCase *tests = tcase_create("object");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bad_requests);
    tcase_add_test(tests, takes_the_existing_one);
    tcase_add_test(tests, new_ones_are_held_by_their_maker);
    tcase_add_test(tests, failed_create_leaves_nothing);
    tcase_add_test(tests, no_memory);
    tcase_add_test(tests, lives_for_its_time);
    tcase_add_test(tests, endless_time_to_live);
    tcase_add_test(tests, goes_at_once_and_altogether);
    suite_add_tcase(suite, tests);
    return suite;
}
