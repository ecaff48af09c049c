/* SPDX-License-Identifier: BSD-2-Clause */
/* Every type of the table reads back what it saves; a table with one that cannot is no table. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/engine/registry.h"
#include "daemon/objects/handlers.h"
#include "tests/support/life.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

enum { STEPS = 20000, STRIDE = 25 };

/* What was seen of a type in states that were read back. */
struct type_seen {
    struct buf first;  /* what one object saved; empty: there was none */
    bool two_contents; /* and that another object, or a later time, saved something else */
};

static void see_object(struct type_seen *seen, const struct object *object)
{
    struct buf saved;
    struct writer writer = reload_writer(&saved);
    buf_init(&saved);
    object->ops->save(object, &writer);
    must(!saved.failed);
    if (seen->first.len == 0)
        buf_put_bytes(&seen->first, buf_bytes(&saved));
    else if (!bytes_equal(buf_bytes(&saved), buf_bytes(&seen->first)))
        seen->two_contents = true;
    buf_free(&saved);
}

/* Whose content never differs has none, or nothing fills it in the random life: such a type is not
 * tested here. */
static void must_have_content(struct type_seen *seen, unsigned type)
{
    ck_assert_msg(objects_handlers()->types[type]->scan != NULL, "%s has no .scan",
                  type_name(type));
    ck_assert_msg(seen->first.len > 0,
                  "no object of type %s was made: see is_begun() and params "
                  "in tests/support/model_request.c",
                  type_name(type));
    ck_assert_msg(seen->two_contents, "all objects of type %s save the same content",
                  type_name(type));
}

START_TEST(every_type_reads_back_what_it_saves)
{
    struct type_seen seen[TYPE_COUNT] = {0};
    uint64_t seed = 11;
    struct world w;
    world_init(&w, objects_handlers());
    for (unsigned i = 1; i <= STEPS; i++) {
        life_step(&w, &seed);
        if (i % STRIDE != 0)
            continue;
        reload_must_agree(&w);
        for (const struct object *at = w.engine->objects; at != NULL; at = at->next)
            see_object(&seen[at->ops->type], at);
    }
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        if (objects_handlers()->types[type] != NULL)
            must_have_content(&seen[type], type);
        buf_free(&seen[type].first);
    }
    world_free(&w);
}
END_TEST

/* ---- tables that are refused ---- */

static const char *const faults[] = {
    "type 14 (queue) has .save, but no .load",
    "type 14 (queue) has .load, but no .save",
    "type 14 (queue) has no .save and no .load",
    "type 14 (queue) has only one of .unacked_save and .unacked_load",
    "type 14 (queue) has only one of .unacked_save and .unacked_load",
    "type 14 (queue) has the .type of another one",
    "type 14 (queue) has a .size that holds no struct object",
    "type 14 (queue) has no .create",
    "type 14 (queue) has no .destroy",
    "type 1 (?) has no line in wire/proto/types.def",
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

/* The real types, but one of them is wrong in that way. */
static void spoil(struct handlers *handlers, struct object_ops *ops, int how)
{
    *handlers = *objects_handlers();
    *ops = *handlers->types[TYPE_QUEUE];
    handlers->types[how == 9 ? TYPE_OBJECT : TYPE_QUEUE] = ops;
    ops->load = how == 0 || how == 2 ? NULL : ops->load;
    ops->save = how == 1 || how == 2 ? NULL : ops->save;
    ops->unacked_load = how == 3 ? NULL : ops->unacked_load;
    ops->unacked_save = how == 4 ? NULL : ops->unacked_save;
    ops->type = how == 5 ? TYPE_PIPE : ops->type;
    ops->size = how == 6 ? sizeof(struct object) - 1 : ops->size;
    ops->create = how == 7 ? NULL : ops->create;
    ops->destroy = how == 8 ? NULL : ops->destroy;
}

START_TEST(half_a_type_is_found)
{
    struct handlers handlers;
    struct object_ops ops;
    char why[HANDLERS_WHY] = "";
    ck_assert_msg(!handlers_fault(objects_handlers(), why), "%s", why);
    spoil(&handlers, &ops, _i);
    ck_assert(handlers_fault(&handlers, why));
    ck_assert_str_eq(why, faults[_i]);
}
END_TEST

/* In a process of its own, whose standard error is the pipe. */
static void make_engine(int pipe_end)
{
    struct handlers handlers;
    struct object_ops ops;
    dup2(pipe_end, STDERR_FILENO);
    spoil(&handlers, &ops, 0);
    engine_free(world_engine(&handlers, 3));
    _exit(0);
}

START_TEST(half_a_type_makes_no_engine)
{
    char said[300] = "";
    size_t len = 0;
    int ends[2], status;
    must(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0)
        make_engine(ends[1]);
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], said + len, sizeof said - 1 - len)) > 0;)
        len += (size_t)got;
    close(ends[0]);
    must(waitpid(child, &status, 0) == child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert_str_eq(said, "mgrd: type 14 (queue) has .save, but no .load: it cannot be served "
                           "(docs/adding-a-type.md)\n");
}
END_TEST

Suite *suite_handlers(void);
Suite *suite_handlers(void)
{
    Suite *suite = suite_create("handlers");
    TCase *tc = tcase_create("handlers");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_type_reads_back_what_it_saves);
    tcase_add_loop_test(tc, half_a_type_is_found, 0, FAULTS);
    tcase_add_test(tc, half_a_type_makes_no_engine);
    suite_add_tcase(suite, tc);
    return suite;
}
