/* SPDX-License-Identifier: BSD-2-Clause */
/* What was accepted can be read: each operation that stores, at the largest size that it takes,
 * and behind it each operation of the type. Larger values went in and could be got out by nothing.
 */
#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "daemon/objects/python/storable.h"
#include "tests/support/call.h"
#include "wire.pb-c.h"
#include "wire/proto/reply.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAME = 1 << 20 };

static struct world w;
static struct buf big; /* the argument that is large */

static void setup(void)
{
    world_init(&w, objects_handlers());
    w.engine->options.limits.frame_bytes = FRAME;
    buf_init(&big);
}

static void teardown(void)
{
    buf_free(&big);
    world_free(&w);
}

static const struct stored_row {
    const char *type, *init;
} types[] = {
    {"value", "1"},          {"dict", "{k: 1}"}, {"list", "[1]"}, {"set", "[x]"},
    {"namespace", "{a: 1}"}, {"queue", NULL},    {"pipe", NULL},
};
enum { TYPES = sizeof types / sizeof types[0] };

/* A text of so many bytes as one item, one entry or alone, as the argument wants it. */
static ProtobufCBinaryData large(const char *type, const char *arg, size_t size)
{
    uint8_t *text = malloc(size);
    struct buf value;
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', size);
    buf_init(&value);
    val_put_str(&value, bytes_of(text, size));
    bool pairs = strcmp(type, "dict") == 0 || strcmp(type, "namespace") == 0;
    bool many =
        strcmp(arg, "items") == 0 || (strcmp(arg, "init") == 0 && strcmp(type, "value") != 0);
    buf_reset(&big, SIZE_MAX);
    if (many && pairs) {
        size_t dict = val_open(&big, VAL_DICT);
        val_put_field(&big, "k", buf_bytes(&value));
        val_close(&big, dict);
    } else if (many) {
        size_t list = val_open(&big, VAL_LIST);
        val_put_item(&big, buf_bytes(&value));
        val_close(&big, list);
    } else {
        buf_put_bytes(&big, buf_bytes(&value));
    }
    free(text);
    buf_free(&value);
    return world_bytes(buf_bytes(&big));
}

/* What every other argument is. NULL: not given. */
static const char *small(const struct op_row *op, const char *type, const char *arg)
{
    static const char *const words[][2] = {
        {"key", "k"},   {"keys", "[k]"}, {"value", "x"}, {"new", "1"}, {"expect", "1"},
        {"index", "0"}, {"times", "1"},  {"step", "1"},  {"by", "1"},
    };
    bool pairs = strcmp(type, "dict") == 0 || strcmp(type, "namespace") == 0;
    bool wants_new = strcmp(op->method, "add") == 0 || strcmp(op->method, "setdefault") == 0;
    if (strcmp(arg, "items") == 0)
        return pairs ? "{}" : "[]";
    if (wants_new && strcmp(arg, "key") == 0)
        return "another";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], arg) == 0)
            return words[i][1];
    return NULL;
}

static ProtobufCMessage *request(const struct op_row *op, const char *type)
{
    ProtobufCMessage *in = malloc(op->message->sizeof_message);
    ck_assert_ptr_nonnull(in);
    protobuf_c_message_init(op->message, in);
    for (unsigned i = 0; i < op->arg_count; i++) {
        const struct arg_row *arg = &op->args[i];
        const char *word = small(op, type, arg->name);
        if (arg->kind == ARG_VALUE && word != NULL)
            call_field(in, arg, world_lit(&w, word), 0);
        else if (arg->kind == ARG_STRING && strcmp(arg->name, "attr") == 0)
            call_field(in, arg, world_text("a"), 0);
        else if (arg->kind == ARG_STRING && strcmp(arg->name, "to") == 0)
            call_field(in, arg, world_text("other"), 0);
        else if (strcmp(arg->name, "name") == 0)
            call_field(in, arg, world_text("o"), 0);
    }
    return in;
}

static const struct arg_row *named(const struct op_row *op, const char *name)
{
    for (unsigned i = 0; i < op->arg_count; i++)
        if (strcmp(op->args[i].name, name) == 0)
            return &op->args[i];
    ck_abort_msg("%s has no %s", op->method, name);
}

static void fresh(const struct stored_row *type)
{
    call(&w, 0, "object.delete", "name=o|force=1");
    ck_assert_int_eq(world_create(&w, type->type, "o", type->init)->result.kind, RESULT_VALUE);
}

/* Stores a text of that size by one argument of an operation. Whether it was taken. */
static bool store(const struct stored_row *type, const struct op_row *op, const struct arg_row *arg,
                  size_t size)
{
    ProtobufCMessage *in = request(op, type->type);
    bool creates = strcmp(op->method, "create") == 0;
    fresh(type);
    if (creates) {
        call(&w, 0, "object.delete", "name=o");
        call_field(in, named(op, "type"), world_text(type->type), 0);
    }
    call_field(in, arg, large(type->type, arg->name, size), 0);
    const struct seen *seen = world_do(&w, 0, in);
    free(in);
    ck_assert_ptr_nonnull(seen);
    if (seen->result.kind != RESULT_ERROR)
        return true;
    ck_assert_msg(seen->result.code == ERR_TOO_LARGE, "%s.%s %s: %s", type->type, op->method,
                  arg->name, world_show(&w, seen));
    return false;
}

/* The largest text that is taken. */
static size_t largest(const struct stored_row *type, const struct op_row *op,
                      const struct arg_row *arg)
{
    size_t low = FRAME - STORABLE_ROOM - 40, high = FRAME - STORABLE_ROOM + 1;
    ck_assert_msg(store(type, op, arg, low), "%s.%s takes no %zu bytes", type->type, op->method,
                  low);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (store(type, op, arg, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void check_reply(const struct seen *seen, const struct op_row *writer,
                        const struct op_row *reader)
{
    struct buf frame;
    if (seen == NULL)
        return;
    bool refused = seen->result.kind == RESULT_ERROR && seen->result.code == ERR_TOO_LARGE;
    ck_assert_msg(!refused, "%s.%s takes what %s.%s cannot give: %s", writer->type, writer->method,
                  reader->type, reader->method, world_show(&w, seen));
    buf_init(&frame);
    reply_put(&frame, UINT64_MAX, UINT64_MAX, &seen->result);
    ck_assert_msg(frame.len <= FRAME, "%s.%s: a frame of %zu", reader->type, reader->method,
                  frame.len);
    buf_free(&frame);
}

/* Every operation of the type, and of all objects, behind one that stored. */
static void read_all(const struct stored_row *type, const struct op_row *writer,
                     const struct arg_row *arg, size_t size)
{
    for (const struct op_row *op = op_next(NULL); op != NULL; op = op_next(op)) {
        bool of_object = strcmp(op->type, "object") == 0 && op->on_object;
        if (strcmp(op->type, type->type) != 0 && !of_object)
            continue;
        ck_assert(store(type, writer, arg, size));
        ProtobufCMessage *in = request(op, type->type);
        check_reply(world_do(&w, 1, in), writer, op);
        free(in);
    }
}

/* Arguments that are compared, counted with or added, and stored nowhere. */
static bool is_stored(const struct op_row *op, const struct arg_row *arg)
{
    static const char *const never[] = {"expect", "index", "start", "stop", "step", "times", "by"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (strcmp(never[i], arg->name) == 0)
            return false;
    return arg->kind == ARG_VALUE &&
           (strcmp(op->method, "cas") != 0 || strcmp(arg->name, "key") != 0);
}

START_TEST(what_is_taken_can_be_read)
{
    const struct stored_row *type = &types[_i];
    unsigned stores = 0;
    world_create(&w, "queue", "other", NULL);
    for (const struct op_row *op = op_next(NULL); op != NULL; op = op_next(op)) {
        bool creates = strcmp(op->type, "object") == 0 && strcmp(op->method, "create") == 0;
        bool own = strcmp(op->type, type->type) == 0 && (op->flags & OP_GROWS) != 0;
        for (unsigned i = 0; (own || creates) && i < op->arg_count; i++) {
            const struct arg_row *arg = &op->args[i];
            if (!is_stored(op, arg) || (creates && strcmp(type->type, "pipe") == 0))
                continue;
            read_all(type, op, arg, largest(type, op, arg));
            stores++;
        }
    }
    ck_assert_uint_ge(stores, 1);
}
END_TEST

/* The key that is there stays when an equal one is put, and may be nine times as long. */
START_TEST(the_key_that_stays_counts)
{
    enum { COUNT = 100000, LEFT = 200 << 10 };
    Wire__DictSet in = WIRE__DICT_SET__INIT;
    struct buf key, value;
    buf_init(&key);
    buf_init(&value);
    world_create(&w, "dict", "d", NULL);
    for (unsigned floats = 2; floats-- > 0;) {
        buf_reset(&key, SIZE_MAX);
        size_t tuple = val_open(&key, VAL_TUPLE);
        for (unsigned i = 0; i < COUNT / 2; i++) {
            size_t item = val_open_item(&key);
            floats ? val_put_float(&key, 1.0) : val_put_bool(&key, true);
            val_close(&key, item);
        }
        val_close(&key, tuple);
        buf_reset(&value, SIZE_MAX);
        uint8_t *body = calloc(1, FRAME);
        val_put_bytes(&value, bytes_of(body, floats ? LEFT : FRAME - LEFT - key.len));
        free(body);
        in.has_name = true, in.name = world_text("d");
        in.has_key = true, in.key = world_bytes(buf_bytes(&key));
        in.has_value = true, in.value = world_bytes(buf_bytes(&value));
        const struct seen *seen = world_do(&w, 0, &in.base);
        if (floats)
            ck_assert_int_eq(seen->result.kind, RESULT_DONE);
        else
            ck_assert_int_eq(seen->result.code, ERR_TOO_LARGE);
    }
    buf_free(&key);
    buf_free(&value);
}
END_TEST

/* A page that has something already leaves a large entry to the next one. */
START_TEST(a_large_entry_behind_small_ones_has_a_page_of_its_own)
{
    static const char *const kinds[] = {"dict", "set", "list", "queue"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *kind = kinds[i];
        const struct stored_row type = {kind, strcmp(kind, "dict") == 0 ? "{first: 1}" : "[first]"};
        const struct op_row *op = op_find(kind, strcmp(kind, "list") == 0    ? "append"
                                                : strcmp(kind, "queue") == 0 ? "put"
                                                : strcmp(kind, "set") == 0   ? "add"
                                                                             : "set");
        const struct arg_row *arg = named(op, "value");
        w.engine->options.limits.frame_bytes = 2 * FRAME;
        ck_assert(store(&type, op, arg, 2 * FRAME - STORABLE_ROOM - 16));
        const struct seen *seen = call(&w, 0, "object.scan", "name=o");
        ck_assert_msg(seen->result.kind == RESULT_PAGE, "%s: %s", kind, world_show(&w, seen));
        ck_assert_msg(seen->result.cursor.len > 0 && seen->result.value.len < 100,
                      "%s: a page of %zu bytes", kind, seen->result.value.len);
    }
}
END_TEST

Suite *suite_storable(void);
Suite *suite_storable(void)
{
    Suite *suite = suite_create("storable");
    TCase *tc = tcase_create("storable");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, what_is_taken_can_be_read, 0, TYPES);
    tcase_add_test(tc, the_key_that_stays_counts);
    tcase_add_test(tc, a_large_entry_behind_small_ones_has_a_page_of_its_own);
    suite_add_tcase(suite, tc);
    return suite;
}
