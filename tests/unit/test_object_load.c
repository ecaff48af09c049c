/* SPDX-License-Identifier: BSD-2-Clause */
/* Each type's content written out and read back into an object beside it: whole, cut, damaged, and
 * without memory. Who waits and what is owned is for test_reload.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"
#include "tests/support/reload.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

/* ---- objects ---- */

struct row {
    const char *type, *args; /* of object.create, behind name and type */
    void (*fill)(void);      /* and what is done to it then; may be NULL */
};

/* A request that is not refused. */
static void done(unsigned who, const char *op, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void done(unsigned who, const char *op, const char *format, ...)
{
    char args[200];
    va_list list;
    va_start(list, format);
    vsnprintf(args, sizeof args, format, list);
    va_end(list);
    const char *reply = ask(&w, who, op, "%s", args);
    ck_assert_msg(strncmp(reply, "error", 5) != 0, "%s %s: %s", op, args, reply);
}

static void fill_value(void)
{
    done(0, "value.set", "name=x|value=[1, !ref other, {a: !tuple [1.5, null]}]");
}

static void fill_list(void)
{
    for (int i = 0; i < 40; i++)
        done(0, "list.insert", "name=x|index=%d|value=%s", i / 2, i % 5 ? "item" : "[1, 2]");
    done(0, "list.append", "name=x|value=!ref other");
    done(0, "list.pop", "name=x");
    done(0, "list.append", "name=x|value=!tuple [!ref other, 12345678901234567890]");
}

static void fill_dict(void)
{
    for (int i = 0; i < 60; i++)
        done(0, "dict.set", "name=x|key=%d|value=%d", i * 7, i);
    for (int i = 0; i < 60; i += 3)
        done(0, "dict.del", "name=x|key=%d", i * 7);
    done(0, "dict.set", "name=x|key=!tuple [k, !ref other]|value=v");
    done(0, "dict.set", "name=x|key=k|value=[!ref other]");
    done(0, "dict.set", "name=x|key=.nan|value=1");
    done(0, "dict.set", "name=x|key=.nan|value=2");
}

static void fill_set(void)
{
    for (int i = 0; i < 60; i++)
        done(0, "set.add", "name=x|value=!tuple [m, %d]", i);
    done(0, "set.discard", "name=x|value=!tuple [m, 0]");
}

static void fill_namespace(void)
{
    for (int i = 0; i < 30; i++)
        done(0, "namespace.set", "name=x|attr=a%d|value=%d", i, i);
    done(0, "namespace.del", "name=x|attr=a3");
}

static void fill_queue(void)
{
    for (int i = 0; i < 1100; i++)
        done(0, "queue.put", "name=x|value=!tuple [%d, item]", i * 7919 % 1100);
    done(0, "queue.put", "name=x|value=!tuple [5.5, !ref other]");
    for (int i = 0; i < 6; i++) { /* these come back: to where they were, or later */
        done(1, "queue.get", "name=x|reserve=1");
        done(1, "queue.nack", i % 2 ? "name=x|token=%llu" : "name=x|token=%llu|delay_ms=500",
             (unsigned long long)kit_token());
    }
}

static void fill_pipe(void)
{
    for (int i = 0; i < 9; i++)
        done(0, "pipe.send", "name=x|end=%d|value=%d", 1 + i % 2, i);
}

static void fill_lock(void)
{
    done(1, "lock.acquire", "name=x");
    done(1, "lock.release", "name=x");
    done(1, "lock.acquire", "name=x");
    world_end(&w, 1); /* abandoned */
}

static void fill_barrier(void)
{
    done(0, "barrier.reset", "name=x");
    done(0, "barrier.abort", "name=x");
}

static const struct row rows[] = {
    {"value", "", NULL},
    {"value", "", fill_value},
    {"list", "", NULL},
    {"list", "", fill_list},
    {"dict", "", NULL},
    {"dict", "", fill_dict},
    {"set", "", NULL},
    {"set", "", fill_set},
    {"namespace", "", NULL},
    {"namespace", "", fill_namespace},
    {"array", "|typecode=b", NULL},
    {"array", "|typecode=h|init=[1, -2, 30000]", NULL},
    {"array", "|typecode=d|init=[1.5, .nan]", NULL},
    {"queue", "", NULL},
    {"queue", "|maxsize=2000", fill_queue},
    {"queue", "|kind=lifo", fill_queue},
    {"queue", "|kind=priority", fill_queue},
    {"pipe", "", NULL},
    {"pipe", "|maxsize=20", fill_pipe},
    {"lock", "", fill_lock},
    {"rlock", "", NULL},
    {"condition", "", NULL},
    {"condition", "|lock=other", NULL},
    {"semaphore", "|init=5|bounded=1", NULL},
    {"event", "|init=True", NULL},
    {"barrier", "|init=3|patience_ms=70", fill_barrier},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* The object of that row, and what its type saves of it. */
static struct object *make(unsigned row, struct buf *saved)
{
    char args[100];
    kit_make(&w, "lock", "other", "");
    snprintf(args, sizeof args, "name=x|type=%s%s", rows[row].type, rows[row].args);
    ck_assert_int_eq(call(&w, 0, "object.create", args)->result.kind, RESULT_VALUE);
    if (rows[row].fill != NULL)
        rows[row].fill();
    struct object *object = object_by_id(w.engine, engine_object_id(w.engine, bytes_text("x")));
    struct writer writer = reload_writer(saved);
    must(object != NULL);
    kit_reclaim(&w);
    buf_init(saved);
    object->ops->save(object, &writer);
    return object;
}

/* Reads it into an object beside the other. NULL: it was refused; *in says why. */
static struct object *load(const struct object *like, struct bytes saved, struct reader *in)
{
    struct object *object = mem_zalloc(engine_mem(w.engine), like->ops->size);
    must(object != NULL);
    object->id = like->id;
    object->ops = like->ops;
    *in = (struct reader){.at = saved.data, .end = saved.data + saved.len};
    bool loaded = like->ops->load(w.engine, object, in);
    must(loaded == reader_ok(in));
    if (loaded)
        return object;
    object->ops->destroy(w.engine, object);
    mem_free(engine_mem(w.engine), object, like->ops->size);
    while (engine_reclaim(w.engine, 1000)) {
    }
    return NULL;
}

static void drop(struct object *object)
{
    object->ops->destroy(w.engine, object);
    mem_free(engine_mem(w.engine), object, object->ops->size);
    while (engine_reclaim(w.engine, 1000)) {
    }
}

static void save(const struct object *object, struct buf *out)
{
    struct writer writer = reload_writer(out);
    out->len = 0;
    object->ops->save(object, &writer);
}

/* ---- tests ---- */

START_TEST(what_is_read_is_what_was_written)
{
    struct buf saved, again;
    struct reader in;
    const struct object *object = make((unsigned)_i, &saved);
    struct object *copy = load(object, buf_bytes(&saved), &in);
    ck_assert_ptr_nonnull(copy);
    ck_assert_ptr_eq(in.at, in.end);
    buf_init(&again);
    save(copy, &again);
    ck_assert(bytes_equal(buf_bytes(&saved), buf_bytes(&again)));
    if (object->ops->length != NULL)
        ck_assert_uint_eq(object->ops->length(copy), object->ops->length(object));
    drop(copy);
    buf_free(&saved);
    buf_free(&again);
}
END_TEST

/* All cuts of a short one, some of a long one. */
START_TEST(what_is_cut_is_refused)
{
    struct buf saved;
    struct reader in;
    const struct object *object = make((unsigned)_i, &saved);
    struct usage before = world_usage(&w);
    size_t step = 1 + saved.len / 300;
    for (size_t len = 0; len < saved.len; len += step) {
        uint8_t *cut = malloc(len + 1); /* so that the sanitizer sees its end */
        must(cut != NULL);
        memcpy(cut, saved.data, len);
        must(load(object, bytes_of(cut, len), &in) == NULL);
        must(in.failed && !in.nomem);
        free(cut);
    }
    ck_assert_uint_eq(world_usage(&w).bytes, before.bytes);
    buf_free(&saved);
}
END_TEST

/* Whatever it says then: it is refused, or can be written again. */
START_TEST(what_is_damaged_does_no_harm)
{
    static const uint8_t damage[] = {0x01, 0x08, 0x80, 0xff};
    struct buf saved, again;
    struct reader in;
    const struct object *object = make((unsigned)_i, &saved);
    struct usage before = world_usage(&w);
    size_t step = 1 + saved.len / 300;
    buf_init(&again);
    for (size_t i = 0; i < saved.len; i += step) {
        for (size_t j = 0; j < sizeof damage; j++) {
            saved.data[i] ^= damage[j];
            struct object *copy = load(object, buf_bytes(&saved), &in);
            if (copy != NULL) {
                save(copy, &again);
                must(again.len == (size_t)(in.at - saved.data));
                drop(copy);
            }
            saved.data[i] ^= damage[j];
        }
    }
    ck_assert_uint_eq(world_usage(&w).bytes, before.bytes);
    buf_free(&saved);
    buf_free(&again);
}
END_TEST

START_TEST(without_memory_it_is_refused)
{
    struct buf saved;
    struct reader in;
    const struct object *object = make((unsigned)_i, &saved);
    struct usage before = world_usage(&w);
    struct object *copy = NULL;
    for (size_t n = 2; copy == NULL; n += 1 + n / 50) { /* the first is the object itself */
        alloc_fail_at(n);
        copy = load(object, buf_bytes(&saved), &in);
        alloc_fail_never();
        must(copy != NULL || (in.nomem && !in.failed));
        must(copy != NULL || world_usage(&w).bytes == before.bytes);
    }
    drop(copy);
    ck_assert_uint_eq(world_usage(&w).bytes, before.bytes);
    buf_free(&saved);
}
END_TEST

Suite *suite_object_load(void);
Suite *suite_object_load(void)
{
    Suite *suite = suite_create("object_load");
    TCase *tc = tcase_create("object_load");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, what_is_read_is_what_was_written, 0, ROWS);
    tcase_add_loop_test(tc, what_is_cut_is_refused, 0, ROWS);
    tcase_add_loop_test(tc, what_is_damaged_does_no_harm, 0, ROWS);
    tcase_add_loop_test(tc, without_memory_it_is_refused, 0, ROWS);
    suite_add_tcase(suite, tc);
    return suite;
}
