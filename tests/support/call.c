/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to a world in words. */
#include "tests/support/call.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "wire.pb-c.h"
#include "wire/literal/literal.h"

enum { WORDS_MAX = 1 << 16, ROUNDS_MAX = 1000 };

static const struct op_row *op_named(const char *words)
{
    char type[64];
    const char *dot = strchr(words, '.');
    ck_assert_ptr_nonnull(dot);
    snprintf(type, sizeof type, "%.*s", (int)(dot - words), words);
    const struct op_row *op = op_find(type, dot + 1);
    ck_assert_msg(op != NULL, "no operation %s", words);
    return op;
}

void call_field(void *in, const struct arg_row *arg, ProtobufCBinaryData bytes,
                unsigned long long number)
{
    char *field = (char *)in + arg->offset;
    protobuf_c_boolean yes = true;
    int given = arg->in_oneof ? (int)arg->number : true; /* a oneof has its case there */
    memcpy((char *)in + arg->has, &given, sizeof given);
    switch (arg->kind) {
    case ARG_VALUE:
    case ARG_STRING:
    case ARG_BYTES:
        memcpy(field, &bytes, sizeof bytes);
        break;
    case ARG_BOOL:
        yes = number != 0;
        memcpy(field, &yes, sizeof yes);
        break;
    case ARG_UINT:
    case ARG_INT:
        if (arg->size == sizeof(uint32_t)) {
            uint32_t narrow = (uint32_t)number;
            memcpy(field, &narrow, sizeof narrow);
        } else {
            uint64_t wide = number;
            memcpy(field, &wide, sizeof wide);
        }
        break;
    }
}

enum { VALUES_MAX = 4 };

/* A request made of words, to be sent as often as needed. */
struct words {
    char *text; /* owned; what the message's strings point into */
    const struct op_row *op;
    ProtobufCMessage *in;
    struct ask ask;
    struct buf values[VALUES_MAX];
    unsigned value_count;
};

/* A number is an id that no object may have. */
static bool name_resolve(void *arg, struct bytes name, uint64_t *id)
{
    const struct world *w = arg;
    char *end;
    *id = engine_object_id(w->engine, name);
    if (*id != 0 || name.len == 0)
        return *id != 0;
    *id = strtoull((const char *)name.data, &end, 10);
    return (const uint8_t *)end == name.data + name.len;
}

static ProtobufCBinaryData value_read(struct world *w, struct words *words, const char *text)
{
    struct literal_names names = {.resolve = name_resolve, .arg = w};
    struct literal_error error;
    ck_assert_uint_lt(words->value_count, VALUES_MAX);
    struct buf *value = &words->values[words->value_count++];
    buf_init(value);
    ck_assert_msg(literal_read(bytes_text(text), LITERAL_ANY, &names, value, &error), "%s: %s",
                  text, error.text);
    return world_bytes(buf_bytes(value));
}

static void word_set(struct world *w, struct words *words, const char *name, const char *text)
{
    const struct op_row *op = words->op;
    if (strcmp(name, "wait_ms") == 0) {
        words->ask.wait_ms = strtoull(text, NULL, 10);
        return;
    }
    if (strcmp(name, "require") == 0) {
        words->ask.require = strtoull(text, NULL, 10);
        words->ask.has_require = true;
        return;
    }
    if (strcmp(name, "unchanged_since") == 0) {
        words->ask.unchanged_since = strtoull(text, NULL, 10);
        words->ask.has_unchanged_since = true;
        return;
    }
    if (strcmp(name, "holder") == 0) {
        words->ask.holder = strtoull(text, NULL, 10);
        return;
    }
    for (unsigned i = 0; i < op->arg_count; i++) {
        const struct arg_row *arg = &op->args[i];
        if (strcmp(arg->name, name) == 0) {
            bool literal = arg->kind == ARG_VALUE;
            call_field(words->in, arg, literal ? value_read(w, words, text) : world_text(text),
                       strtoull(text, NULL, 10));
            return;
        }
    }
    ck_abort_msg("%s.%s has no field %s", op->type, op->method, name);
}

static struct words words_read(struct world *w, const char *name, const char *args)
{
    const struct op_row *op = op_named(name);
    struct words words = {
        .text = malloc(WORDS_MAX), .op = op, .in = malloc(op->message->sizeof_message)};
    ck_assert(words.text != NULL && words.in != NULL);
    ck_assert_uint_lt(strlen(args), WORDS_MAX);
    strcpy(words.text, args);
    protobuf_c_message_init(op->message, words.in);
    for (char *at = words.text; *at != '\0';) {
        char *end = strchr(at, '|');
        char *next = end == NULL ? at + strlen(at) : end + 1;
        if (end != NULL)
            *end = '\0';
        char *value = strchr(at, '=');
        ck_assert_msg(value != NULL, "no value in \"%s\"", at);
        *value = '\0';
        word_set(w, &words, at, value + 1);
        at = next;
    }
    return words;
}

static void words_free(struct words *words)
{
    for (unsigned i = 0; i < words->value_count; i++)
        buf_free(&words->values[i]);
    free(words->text);
    free(words->in);
}

const struct seen *call(struct world *w, unsigned who, const char *op, const char *args)
{
    struct words words = words_read(w, op, args);
    const struct seen *seen = world_ask(w, who, &words.ask, words.in);
    words_free(&words);
    return seen;
}

const struct seen *callf(struct world *w, unsigned who, const char *op, const char *format, ...)
{
    char text[1000];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_int_lt(len, (int)sizeof text);
    return call(w, who, op, text);
}

const char *call_show(struct world *w, const char *op, const char *name, const char *args)
{
    char *all = malloc(WORDS_MAX);
    ck_assert_ptr_nonnull(all);
    snprintf(all, WORDS_MAX, "name=%s%s%s", name, *args == '\0' ? "" : "|", args);
    const char *text = world_show(w, call(w, 0, op, all));
    free(all);
    return text;
}

/* The world's own sink takes memory: here the reply is only looked at. */
static void message_nomem(void *arg, const struct completion *completion)
{
    bool *nomem = arg;
    *nomem = completion->result != NULL && completion->result->kind == RESULT_ERROR &&
             completion->result->code == ERR_NOMEM;
}

/* Runs the request with its n-th allocation failing. True: it was refused for that. */
static bool refused(struct world *w, const struct words *words, size_t n)
{
    bool nomem = false;
    struct sink sink = {.done = message_nomem, .arg = &nomem};
    Wire__Request request = WIRE__REQUEST__INIT;
    struct command command = {.kind = COMMAND_REQUEST,
                              .now_ms = w->now_ms,
                              .session = w->clients[0].session,
                              .request = &request,
                              .has_refs = true};
    ck_assert_uint_ne(command.session, 0);
    request.has_id = true, request.id = ++w->clients[0].id;
    request.has_wait_ms = words->ask.wait_ms != 0, request.wait_ms = words->ask.wait_ms;
    request.has_holder = words->ask.holder != 0, request.holder = words->ask.holder;
    request.op_case = (Wire__Request__OpCase)words->op->number;
    memcpy(&request.server_ping, &words->in, sizeof words->in);
    bool is_command = engine_is_command(words->op, &request);
    alloc_fail_at(n);
    if (is_command)
        (void)engine_apply(w->engine, &command, &sink);
    else
        engine_read(w->engine, &command, &sink);
    alloc_fail_never();
    return nomem;
}

/* Tables that were made or have grown may stay as they are: they hold nothing. */
static bool same_usage(struct usage before, struct usage after)
{
    after.bytes = before.bytes;
    after.blocks = before.blocks;
    return memcmp(&before, &after, sizeof before) == 0;
}

size_t call_without_memory(struct world *w, const char *op, const char *args)
{
    struct words words = words_read(w, op, args);
    char *before = strdup(world_digest(w));
    struct usage usage = world_usage(w);
    size_t n = 1;
    while (refused(w, &words, n)) {
        ck_assert_uint_ge(alloc_count(), n);
        ck_assert_msg(strcmp(world_digest(w), before) == 0, "%s %s left something", op, args);
        ck_assert_msg(same_usage(usage, world_usage(w)), "%s %s left something counted", op, args);
        ck_assert_uint_lt(++n, ROUNDS_MAX);
    }
    free(before);
    words_free(&words);
    return n - 1;
}
