/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request says beside its operation: unchanged_since, require, and what 0 is. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    world_create(&w, "dict", "d", "{a: 1}");
    world_create(&w, "queue", "q", NULL);
    world_create(&w, "queue", "p", NULL);
}

static void teardown(void)
{
    world_free(&w);
}

static uint64_t revision_of(const char *name)
{
    return callf(&w, 1, "object.info", "name=%s", name)->revision;
}

/* Client 1's answer, in words. */
static const char *since(uint64_t revision, const char *op, const char *args)
{
    return world_show(&w, callf(&w, 1, op, "unchanged_since=%" PRIu64 "|%s", revision, args));
}

/* With that error, and without a trace: what is refused is not put into the journal. */
static void refused(uint64_t revision, const char *op, const char *args, const char *error)
{
    const char *before = world_digest(&w), *shown;
    w.applied.outcome = OUTCOME_NONE; /* a read leaves it */
    shown = since(revision, op, args);
    ck_assert_msg(strncmp(shown, error, strlen(error)) == 0, "%s: %s", op, shown);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    ck_assert_str_eq(world_digest(&w), before);
}

/* Two who read the same and write it back: the second must not undo what the first did. */
START_TEST(the_second_writer_is_refused)
{
    uint64_t read = revision_of("d");
    ck_assert_str_eq(since(read, "dict.set", "name=d|key=a|value=2"), "done");
    refused(read, "dict.set", "name=d|key=a|value=3", "error CONFLICT");
    ck_assert_str_eq(call_show(&w, "dict.get", "d", "key=a"), "2");
}
END_TEST

/* The revision of one's own write is one to go on from, and other objects do not matter. */
START_TEST(only_changes_of_the_object_count)
{
    uint64_t wrote = call(&w, 1, "dict.set", "name=d|key=a|value=2")->revision;
    ck_assert_str_eq(since(wrote, "dict.set", "name=d|key=a|value=3"), "done");
    wrote = revision_of("d");
    call(&w, 2, "queue.put", "name=q|value=1");
    ck_assert_str_eq(since(wrote, "dict.incr", "name=d|key=a"), "4");
    wrote = revision_of("d");
    call(&w, 2, "dict.add", "name=d|key=a|value=0"); /* has no effect */
    ck_assert_str_eq(since(wrote, "dict.pop", "name=d|key=a"), "4");
}
END_TEST

START_TEST(a_read_is_refused_as_well)
{
    uint64_t read = revision_of("d");
    ck_assert_str_eq(since(read, "dict.copy", "name=d"), "{'a': 1}");
    call(&w, 2, "dict.set", "name=d|key=b|value=2");
    refused(read, "dict.copy", "name=d", "error CONFLICT");
}
END_TEST

START_TEST(of_two_objects_the_first_counts)
{
    uint64_t read = revision_of("q");
    call(&w, 2, "queue.put", "name=p|value=1");
    call(&w, 2, "queue.put", "name=q|value=1");
    refused(read, "queue.move", "name=q|to=p", "error CONFLICT");
    read = revision_of("q");
    call(&w, 2, "queue.put", "name=p|value=2");
    (void)since(read, "queue.move", "name=q|to=p");
    ck_assert_int_eq(w.applied.outcome, OUTCOME_EFFECT);
    ck_assert_str_eq(call_show(&w, "queue.len", "p", ""), "3");
}
END_TEST

/* A name that is used again is another object. */
START_TEST(a_new_object_of_that_name_has_changed)
{
    uint64_t read = revision_of("d");
    call(&w, 2, "object.delete", "name=d");
    refused(read, "dict.set", "name=d|key=a|value=3", "error NO_SUCH_OBJECT");
    world_create(&w, "dict", "d", "{a: 1}");
    refused(read, "dict.set", "name=d|key=a|value=3", "error CONFLICT");
}
END_TEST

/* A check that could not be made must not look as if it had been passed. */
START_TEST(what_cannot_be_checked_is_refused)
{
    uint64_t read = revision_of("q");
    refused(read, "object.create", "type=dict|name=e", "error INVALID");
    refused(read, "object.ls", "", "error INVALID");
    refused(read, "queue.put", "name=q|value=1|wait_ms=10", "error INVALID");
    refused(read, "object.changed", "name=q|wait_ms=10", "error INVALID");
    refused(read + 1, "queue.put", "name=q|value=1", "error VALUE");
    refused(UINT64_MAX, "queue.put", "name=q|value=1", "error VALUE");
    ck_assert_str_eq(since(read, "queue.put", "name=q|value=1"), "done");
}
END_TEST

/* 0 that is sent is no way to say "no check": it is what a failed acquire leaves in a variable. */
START_TEST(zero_switches_no_check_off)
{
    static const char *const ops[][2] = {
        {"dict.set", "name=d|key=a|value=2"},
        {"dict.get", "name=d|key=a"},
        {"object.create", "type=dict|name=e"},
        {"object.ls", ""},
        {"queue.get", "name=q"},
    };
    const char *before = world_digest(&w);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        const char *shown = world_show(&w, callf(&w, 1, ops[i][0], "require=0|%s", ops[i][1]));
        ck_assert_msg(strncmp(shown, "error STALE_TOKEN", 17) == 0, "%s: %s", ops[i][0], shown);
    }
    refused(0, "dict.set", "name=d|key=a|value=2", "error VALUE");
    refused(0, "dict.get", "name=d|key=a", "error VALUE");
    ck_assert_str_eq(world_digest(&w), before);
}
END_TEST

static bool has_argument(const struct op_row *op, const char *name)
{
    for (unsigned i = 0; i < op->arg_count; i++)
        if (strcmp(op->args[i].name, name) == 0)
            return true;
    return false;
}

/* Nor is it one's own grant: the owner itself asks, and would be served without a token. */
START_TEST(zero_is_nobodys_token)
{
    static const char *const types[] = {"lock", "rlock", "semaphore", "condition", "queue"};
    unsigned asked = 0;
    call(&w, 1, "queue.put", "name=q|value=1");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        bool queue = strcmp(types[i], "queue") == 0;
        const char *name = queue ? "q" : types[i];
        char op[64];
        if (!queue)
            world_create(&w, types[i], name, NULL);
        snprintf(op, sizeof op, "%s.%s", types[i], queue ? "get" : "acquire");
        callf(&w, 1, op, queue ? "name=%s|reserve=1" : "name=%s", name);
        for (const struct op_row *row = op_next(NULL); row != NULL; row = op_next(row)) {
            if (strcmp(row->type, types[i]) != 0 || !has_argument(row, "token"))
                continue;
            snprintf(op, sizeof op, "%s.%s", row->type, row->method);
            const char *shown = world_show(&w, callf(&w, 1, op, "name=%s|token=0", name));
            ck_assert_msg(strcmp(shown, "False") == 0 || strstr(shown, "NOT_OWNER") != NULL ||
                              strstr(shown, "LOCK_LOST") != NULL,
                          "%s: %s", op, shown);
            asked++;
        }
    }
    ck_assert_uint_eq(asked, 4 * 3 + 3);
}
END_TEST

/* The same for a lease: 0 would leave the old one as it is. */
START_TEST(no_lease_of_nothing)
{
    const struct seen *seen;
    world_create(&w, "lock", "l", NULL);
    seen = call(&w, 1, "lock.acquire", "name=l");
    uint64_t token = seen->revision;
    ck_assert_ptr_nonnull(strstr(
        world_show(&w, callf(&w, 1, "lock.renew", "name=l|token=%" PRIu64 "|lease_ms=0", token)),
        "error VALUE"));
    ck_assert_ptr_null(strstr(
        world_show(&w, callf(&w, 1, "lock.renew", "name=l|token=%" PRIu64, token)), "error"));
}
END_TEST

Suite *suite_request(void);
Suite *suite_request(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_second_writer_is_refused);
    tcase_add_test(tests, only_changes_of_the_object_count);
    tcase_add_test(tests, a_read_is_refused_as_well);
    tcase_add_test(tests, of_two_objects_the_first_counts);
    tcase_add_test(tests, a_new_object_of_that_name_has_changed);
    tcase_add_test(tests, what_cannot_be_checked_is_refused);
    tcase_add_test(tests, zero_switches_no_check_off);
    tcase_add_test(tests, zero_is_nobodys_token);
    tcase_add_test(tests, no_lease_of_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
