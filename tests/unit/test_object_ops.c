/* SPDX-License-Identifier: BSD-2-Clause */
/* What every object has: create, delete, ls, info, exists, changed, hold, drop, waits. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/objects/handlers.h"
#include "daemon/objects/object/object_glob.h"
#include "tests/support/call.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static const char *show(unsigned who, const char *op, const char *args)
{
    return world_show(&w, call(&w, who, op, args));
}

START_TEST(globs)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b/c", true},
        {"a*", "a", true},
        {"a*", "ba", false},
        {"*c", "a/b/c", true},
        {"a*c", "abcbc", true},
        {"a*c", "abcb", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*a*b*", "xxbxxaxx", false},
        {"**", "x", true},
        {"?", "a", true},
        {"?", "", false},
        {"?", "ab", false},
        {"a?c", "a/c", true},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[a-c]x", "bx", true},
        {"[a-c]", "d", false},
        {"[!a-c]", "d", true},
        {"[^a-c]", "b", false},
        {"[!a-c]", "b", false},
        {"[]]", "]", true},
        {"[]a]", "a", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[-a]", "-", true},
        {"[", "[", true},
        {"[a", "[a", true},
        {"a[", "a", false},
        {"[]", "[]", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true},
        {"a\\?", "ab", false},
        {"*.log", "x.log", true},
        {"*.log", "x.logs", false},
        {"x*y*z", "xyyz", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t work = 0;
        bool fits = glob_match(bytes_text(rows[i].pattern), bytes_text(rows[i].name), &work);
        ck_assert_msg(fits == rows[i].fits, "%s %s", rows[i].pattern, rows[i].name);
        ck_assert_uint_gt(work, 0);
    }
    ck_assert_uint_eq(glob_prefix(bytes_text("ab/c*d")), 4);
    ck_assert_uint_eq(glob_prefix(bytes_text("ab\\c")), 2);
    ck_assert_uint_eq(glob_prefix(bytes_text("abc")), 3);
}
END_TEST

START_TEST(glob_work_is_bounded)
{
    char name[256];
    size_t work = 0;
    memset(name, 'a', 255);
    name[255] = '\0';
    ck_assert(!glob_match(bytes_text("*a*a*a*a*a*a*a*a*a*a*b"), bytes_text(name), &work));
    ck_assert_uint_lt(work, 255 * 30 * 3);
}
END_TEST

/* A class that nothing closes was searched for its end at every byte of every name. */
START_TEST(a_class_without_an_end_is_cheap)
{
    enum { NAMES = 20000 };
    char name[256], pattern[256];
    size_t work = 0;
    memset(name, 'a', 255);
    memset(pattern, '[', 255);
    name[255] = pattern[255] = '\0';
    pattern[0] = '*';
    clock_t began = clock();
    for (unsigned i = 0; i < NAMES; i++)
        ck_assert(!glob_match(bytes_text(pattern), bytes_text(name), &work));
    ck_assert_int_lt(clock() - began, CLOCKS_PER_SEC);
}
END_TEST

START_TEST(creating)
{
    const struct seen *seen = call(&w, 0, "object.create", "type=list|name=l|init=[1]");
    ck_assert_int_eq(seen->result.kind, RESULT_VALUE);
    struct val val = val_read(seen->result.value);
    ck_assert_int_eq(val.kind, VAL_REF);
    ck_assert_uint_eq(val.ref, seen->revision);
    uint64_t id = val.ref;
    ck_assert_str_eq(show(0, "object.create", "type=list|name=l"),
                     "error EXISTS: the name is taken");
    seen = call(&w, 0, "object.create", "type=list|name=l|if_absent=1|init=[2]");
    ck_assert_uint_eq(val_read(seen->result.value).ref, id);
    ck_assert_str_eq(show(0, "list.copy", "name=l"), "[1]");
    seen = call(&w, 0, "object.create", "type=value");
    ck_assert_int_eq(val_read(seen->result.value).kind, VAL_REF);
    char args[64];
    snprintf(args, sizeof args, "name=~value-%llu",
             (unsigned long long)val_read(seen->result.value).ref);
    ck_assert_str_eq(show(0, "value.get", args), "None");
    ck_assert_str_eq(show(0, "object.exists", args), "True");
    ck_assert_str_eq(show(0, "object.exists", "name=none"), "False");
    ck_assert_str_eq(show(0, "object.delete", args), "done");
    ck_assert_str_eq(show(0, "object.exists", args), "False");
}
END_TEST

START_TEST(deleting)
{
    call(&w, 0, "object.create", "type=list|name=l");
    ck_assert_str_eq(show(1, "object.hold", "name=l"), "done");
    ck_assert_str_eq(show(2, "object.hold", "name=l"), "done");
    const char *reply = show(0, "object.delete", "name=l");
    ck_assert_msg(strncmp(reply, "error IN_USE: held by 2 other sessions (session ", 48) == 0 &&
                      strstr(reply, "test@world); force deletes it") != NULL,
                  "%s", reply);
    ck_assert_str_eq(show(1, "object.drop", "name=l"), "done");
    ck_assert_str_eq(show(1, "object.drop", "name=l"),
                     "error RUNTIME: this session does not hold the object");
    ck_assert_str_eq(show(2, "object.delete", "name=l"), "done"); /* its own hold */
    call(&w, 0, "object.create", "type=list|name=l");
    call(&w, 1, "object.hold", "name=l");
    ck_assert_str_eq(show(0, "object.delete", "name=l|force=1"), "done");
    const char *gone = show(0, "list.len", "name=l");
    ck_assert_msg(strncmp(gone, "error NO_SUCH_OBJECT: ", 22) == 0, "%s", gone);
}
END_TEST

START_TEST(ephemeral_goes_with_its_last_holder)
{
    call(&w, 0, "object.create", "type=list|name=e|ephemeral=1");
    call(&w, 1, "object.hold", "name=e");
    ck_assert_str_eq(show(0, "object.drop", "name=e"), "done");
    ck_assert_str_eq(show(0, "object.exists", "name=e"), "True");
    ck_assert_str_eq(show(1, "object.drop", "name=e"), "done");
    ck_assert_str_eq(show(0, "object.exists", "name=e"), "False");
}
END_TEST

/* Names of all pages, of that many at a time, joined by blanks. */
static void ls_all(const char *args, unsigned limit, char *names, size_t room)
{
    char cursor[300] = "";
    size_t len = 0;
    unsigned pages = 0;
    names[0] = '\0';
    do {
        char all[600];
        snprintf(all, sizeof all, "limit=%u%s%s%s%s", limit, *args == '\0' ? "" : "|", args,
                 cursor[0] == '\0' ? "" : "|cursor=", cursor);
        const struct seen *seen = call(&w, 0, "object.ls", all);
        ck_assert_int_eq(seen->result.kind, RESULT_PAGE);
        struct val list = val_read(seen->result.value);
        struct val_iter it = val_iter(&list);
        struct bytes item;
        ck_assert_uint_le(val_count(&list), limit);
        while (val_next(&it, &item)) {
            struct bytes name = val_read(item).body;
            len += (size_t)snprintf(names + len, room - len, "%s%.*s", len == 0 ? "" : " ",
                                    (int)name.len, (const char *)name.data);
        }
        snprintf(cursor, sizeof cursor, "%.*s", (int)seen->result.cursor.len,
                 (const char *)seen->result.cursor.data);
        ck_assert_uint_lt(++pages, 100);
    } while (cursor[0] != '\0');
}

START_TEST(listing)
{
    static const char *const names[] = {"b", "a", "job/2", "job/1", "jobs", "job", "job/10", "z"};
    static const struct {
        const char *args, *found;
    } rows[] = {
        {"", "a b job job/1 job/10 job/2 jobs z"},
        {"glob=*", "a b job job/1 job/10 job/2 jobs z"},
        {"glob=job/*", "job/1 job/10 job/2"},
        {"glob=job", "job"},
        {"glob=j*1*", "job/1 job/10"},
        {"glob=?", "a b z"},
        {"glob=[!a-y]", "z"},
        {"glob=none*", ""},
        {"glob=zz", ""},
        {"type=value", "a job/1"},
        {"type=list|glob=j*", "job job/10 job/2 jobs"},
        {"type=array", ""},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool value = strcmp(names[i], "a") == 0 || strcmp(names[i], "job/1") == 0;
        world_create(&w, value ? "value" : "list", names[i], NULL);
    }
    world_create(&w, "list", NULL, NULL); /* anonymous: never listed */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned limit = 1; limit < 10; limit += 2) {
            char found[300];
            ls_all(rows[i].args, limit, found, sizeof found);
            ck_assert_msg(strcmp(found, rows[i].found) == 0, "%s limit %u: %s", rows[i].args, limit,
                          found);
        }
    }
    ck_assert_str_eq(show(0, "object.ls", "limit=0"), "error VALUE: limit must be at least 1");
    ck_assert_str_eq(show(0, "object.ls", "type=x"), "error VALUE: there is no type \"x\"");
    /* a cursor of a name that is gone, or before or behind the pattern */
    ck_assert_str_eq(show(0, "object.ls", "cursor=c"),
                     "['job', 'job/1', 'job/10', 'job/2', 'jobs', 'z']");
    ck_assert_str_eq(show(0, "object.ls", "glob=job/*|cursor=a"), "['job/1', 'job/10', 'job/2']");
    ck_assert_str_eq(show(0, "object.ls", "glob=job/*|cursor=k"), "[]");
    const char *rows_text = show(0, "object.ls", "glob=z|long=1");
    ck_assert_msg(strstr(rows_text, "[{'name': 'z', 'type': 'list', 'length': 0, 'revision': '") ==
                      rows_text,
                  "%s", rows_text);
}
END_TEST

START_TEST(listing_looks_at_so_many_only)
{
    char name[40];
    for (int i = 0; i < 10500; i++) {
        snprintf(name, sizeof name, "name=n%05d|type=value", i);
        call(&w, 0, "object.create", name);
    }
    const struct seen *seen = call(&w, 0, "object.ls", "glob=*none");
    ck_assert_str_eq(world_show(&w, seen), "[]");
    ck_assert(bytes_equal(seen->result.cursor, bytes_text("n09999")));
    ck_assert_uint_eq(call(&w, 0, "object.ls", "glob=*none|cursor=n09999")->result.cursor.len, 0);
    seen = call(&w, 0, "object.ls", "");
    ck_assert(bytes_equal(seen->result.cursor, bytes_text("n00999")));
}
END_TEST

START_TEST(information)
{
    char wanted[64];
    const struct seen *seen = world_create(&w, "list", "l", "[1, 2]");
    uint64_t id = seen->revision;
    call(&w, 1, "object.hold", "name=l");
    const char *info = call_show(&w, "object.info", "l", "");
    static const char *const parts[] = {
        "'name': 'l'",        "'type': 'list'",
        "'length': 2",        "'holders': 1",
        "'waiters': 0",       "'grants': 0",
        "'ephemeral': False", "'references_in': 0",
        "'guarantees': '",    "it lives until it is deleted",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(strstr(info, parts[i]) != NULL, "no %s in %s", parts[i], info);
    snprintf(wanted, sizeof wanted, "'id': '%llu'", (unsigned long long)id);
    ck_assert_ptr_nonnull(strstr(info, wanted));
    ck_assert_ptr_null(strstr(info, "ttl_ms': "));
    call(&w, 0, "object.create", "type=value|name=t|ttl_ms=500");
    ck_assert_ptr_nonnull(strstr(call_show(&w, "object.info", "t", ""), "'ttl_ms': 500"));
}
END_TEST

START_TEST(watching)
{
    char args[100];
    world_create(&w, "list", "l", NULL);
    const struct seen *seen = call(&w, 0, "list.append", "name=l|value=1");
    uint64_t revision = seen->revision;
    snprintf(args, sizeof args, "name=l|since=%llu", (unsigned long long)revision - 1);
    seen = call(&w, 1, "object.changed", args);
    ck_assert_uint_eq((uint64_t)val_read(seen->result.value).integer, revision);
    strcat(args, "|wait_ms=100");
    seen = call(&w, 1, "object.changed", args);
    ck_assert_uint_eq((uint64_t)val_read(seen->result.value).integer, revision);
    ck_assert_int_eq(w.applied.outcome, OUTCOME_NONE);
    snprintf(args, sizeof args, "error BUSY: no change since revision %llu",
             (unsigned long long)revision);
    ck_assert_str_eq(show(1, "object.changed", "name=l"), args);
    ck_assert_ptr_null(call(&w, 1, "object.changed", "name=l|wait_ms=100"));
    uint64_t id = w.clients[1].id;
    ck_assert_str_eq(show(0, "object.waits", ""), show(0, "object.waits", "name=l"));
    const char *waits = show(0, "object.waits", "");
    ck_assert_msg(strstr(waits, "[{'object': 'l', 'type': 'list', 'id': '") == waits, "%s", waits);
    ck_assert_ptr_nonnull(strstr(waits, "'operation': 'object changed'"));
    ck_assert_ptr_nonnull(strstr(waits, "'client': 'test@world'"));
    ck_assert_ptr_nonnull(strstr(waits, "'left_ms': 100"));
    call(&w, 0, "list.extend", "name=l|items=[]"); /* nothing happens */
    ck_assert_ptr_null(world_seen(&w, 1, id));
    const struct seen *put = call(&w, 0, "list.append", "name=l|value=2");
    seen = world_seen(&w, 1, id);
    ck_assert_ptr_nonnull(seen);
    ck_assert_uint_eq((uint64_t)val_read(seen->result.value).integer, put->revision);
    ck_assert_str_eq(show(0, "object.waits", ""), "[]");
    ck_assert_str_eq(show(1, "object.changed", "name=l|since=9000000000000000000|wait_ms=100"),
                     "error VALUE: revision 9000000000000000000 has not come yet");
    ck_assert_ptr_null(call(&w, 1, "object.changed", "name=l|wait_ms=18446744073709551615"));
    ck_assert_ptr_nonnull(strstr(show(0, "object.waits", "name=l"), "'left_ms': None"));
    ck_assert_str_eq(show(0, "object.delete", "name=l"), "done"); /* watchers do not hold it */
    ck_assert_int_eq(world_seen(&w, 1, w.clients[1].id)->result.code, ERR_NO_SUCH_OBJECT);
}
END_TEST

START_TEST(without_memory)
{
    static const char *const rows[][2] = {
        {"object.create", "type=value|name=x"},
        {"object.create", "type=list|ephemeral=1|name=y"},
        {"object.hold", "name=l"},
        {"object.drop", "name=l"},
        {"object.info", "name=l"},
        {"object.ls", "long=1"},
        {"object.scan", "name=l"},
        {"object.waits", ""},
        {"object.changed", "name=l|wait_ms=5"},
        {"object.delete", "name=l"},
    };
    size_t refused = 0;
    world_create(&w, "list", "l", "[1]");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused += call_without_memory(&w, rows[i][0], rows[i][1]);
    ck_assert_uint_gt(refused, 10);
}
END_TEST

Suite *suite_object_ops(void);

Suite *suite_object_ops(void)
{
    Suite *suite = suite_create("object_ops");
    TCase *tcase = tcase_create("object_ops");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, globs);
    tcase_add_test(tcase, glob_work_is_bounded);
    tcase_add_test(tcase, a_class_without_an_end_is_cheap);
    tcase_add_test(tcase, creating);
    tcase_add_test(tcase, deleting);
    tcase_add_test(tcase, ephemeral_goes_with_its_last_holder);
    tcase_add_test(tcase, listing);
    tcase_add_test(tcase, listing_looks_at_so_many_only);
    tcase_add_test(tcase, information);
    tcase_add_test(tcase, watching);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
