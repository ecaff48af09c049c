/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine under test, with its clients and what they were answered. */
#include "tests/support/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/state.h"
#include "tests/support/member.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"
#include "wire/literal/literal.h"

static void seen_clear(struct world *w)
{
    for (size_t i = 0; i < w->seen_count; i++)
        free(w->seen[i].own);
    w->seen_count = 0;
}

/* What a client is given passes the check that its own values must pass: no dict has a key twice.
 */
static void must_be_value(const struct result *result)
{
    struct val_check check;
    if (result->kind == RESULT_VALUE || result->kind == RESULT_PAGE)
        must(val_check(result->value, VAL_DEPTH_REPLY, &check) == VAL_OK);
}

static void collect(void *arg, const struct completion *completion)
{
    struct world *w = arg;
    struct buf member;
    buf_init(&member);
    if (completion->result != NULL) {
        reply_put_result(&member, completion->result);
        must(!member.failed);
        if (completion->encoded.len > 0)
            must(bytes_equal(buf_bytes(&member), completion->encoded));
    } else {
        buf_put_bytes(&member, completion->encoded);
    }
    if (w->seen_count == w->seen_cap) {
        w->seen_cap = w->seen_cap * 2 + 16;
        w->seen = realloc(w->seen, w->seen_cap * sizeof w->seen[0]);
        must(w->seen != NULL);
    }
    struct result result = member_read(buf_bytes(&member));
    must_be_value(&result);
    w->seen[w->seen_count++] = (struct seen){
        .session = completion->session,
        .id = completion->id,
        .revision = completion->revision,
        .changed_at = completion->changed_at,
        .result = result,
        .own = member.data,
        .own_len = member.len,
    };
}

/* A token hash that no client had before, spread as real ones are. */
static void token_new(struct world *w, unsigned who)
{
    uint64_t words[4];
    for (size_t i = 0; i < 4; i++) {
        uint64_t x = (++w->tokens_made) * UINT64_C(0x9E3779B97F4A7C15);
        x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        words[i] = x ^ x >> 27;
    }
    memcpy(w->clients[who].token_hash, words, sizeof words);
}

struct engine *world_engine(const struct handlers *handlers, uint8_t hash_key_fill)
{
    struct engine_options options = {
        .limits = {.memory_bytes = UINT64_C(1) << 40,
                   .objects = 1 << 30,
                   .sessions = 1 << 30,
                   .window_bytes = 1 << 30,
                   .bulk_items = 1 << 30,
                   .window = WORLD_WINDOW,
                   .lease_max_ms = 1 << 20,
                   .frame_bytes = 16 << 20},
    };
    memset(options.hash_key, hash_key_fill, sizeof options.hash_key);
    struct engine *engine = engine_new(handlers, &options);
    must(engine != NULL);
    return engine;
}

void world_init_key(struct world *w, const struct handlers *handlers, uint8_t hash_key_fill)
{
    *w = (struct world){.handlers = handlers, .now_ms = 1000, .window = WORLD_WINDOW};
    for (unsigned i = 0; i < WORLD_CLIENTS; i++)
        token_new(w, i);
    w->engine = world_engine(handlers, hash_key_fill);
    struct applied applied = world_apply(w, &(struct command){.kind = COMMAND_BOOT,
                                                              .revision_floor = 1000,
                                                              .incarnation = 1,
                                                              .version = ENGINE_VERSION});
    must(applied.outcome == OUTCOME_EFFECT);
}

void world_init(struct world *w, const struct handlers *handlers)
{
    world_init_key(w, handlers, 7);
}

void world_free(struct world *w)
{
    seen_clear(w);
    free(w->seen);
    for (unsigned i = 0; i < 256; i++)
        free(w->texts[i]);
    engine_free(w->engine); /* checks that nothing is left */
}

struct applied world_apply(struct world *w, const struct command *command)
{
    struct command timed = *command;
    struct sink sink = {.done = collect, .arg = w};
    if (timed.now_ms == 0)
        timed.now_ms = w->now_ms;
    seen_clear(w);
    w->applied = engine_apply(w->engine, &timed, &sink);
    if (w->applied.first != 0 && w->journal != NULL)
        w->journal(w->journal_arg, &timed, &w->applied);
    return w->applied;
}

const struct seen *world_seen(const struct world *w, unsigned who, uint64_t id)
{
    for (size_t i = 0; i < w->seen_count; i++)
        if (w->seen[i].id == id && w->seen[i].session == w->clients[who].session)
            return &w->seen[i];
    return NULL;
}

static bool has_refs(const struct op_row *op, const ProtobufCMessage *in)
{
    for (unsigned i = 0; i < op->arg_count; i++) {
        const struct arg_row *arg = &op->args[i];
        struct val_check check = {0};
        ProtobufCBinaryData field;
        if (arg->kind != ARG_VALUE)
            continue;
        if (arg->in_oneof) { /* another member may be in its place */
            int given;
            memcpy(&given, (const char *)in + arg->has, sizeof given);
            if (given != (int)arg->number)
                continue;
        }
        memcpy(&field, (const char *)in + arg->offset, sizeof field);
        if (field.len > 0) {
            must(val_check(bytes_of(field.data, field.len), VAL_DEPTH_STORED, &check) == VAL_OK);
            if (check.has_ref)
                return true;
        }
    }
    return false;
}

/* The operation of a message, remembered: the table is searched once for each. */
static const struct op_row *op_of(struct world *w, const ProtobufCMessage *in)
{
    size_t at = (uintptr_t)in->descriptor / 64 % WORLD_OPS;
    const struct op_row *op = w->ops[at];
    if (op == NULL || op->message != in->descriptor) {
        for (op = NULL; (op = op_next(op)) != NULL && op->message != in->descriptor;) {
        }
        must(op != NULL);
        w->ops[at] = op;
    }
    return op;
}

static Wire__Request request_of(struct world *w, unsigned who, const struct ask *ask,
                                const ProtobufCMessage *in)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    uint64_t id = ask->id != 0 ? ask->id : w->clients[who].id + 1;
    if (id > w->clients[who].id)
        w->clients[who].id = id;
    request.has_id = true, request.id = id;
    request.has_acked = ask->acked != 0, request.acked = ask->acked;
    request.has_holder = ask->holder != 0, request.holder = ask->holder;
    request.has_wait_ms = ask->wait_ms != 0, request.wait_ms = ask->wait_ms;
    request.has_require = ask->has_require || ask->require != 0, request.require = ask->require;
    request.has_unchanged_since = ask->has_unchanged_since || ask->unchanged_since != 0;
    request.unchanged_since = ask->unchanged_since;
    request.op_case = (Wire__Request__OpCase)op_of(w, in)->number;
    /* every member of the oneof is a pointer at the same place */
    memcpy(&request.server_ping, &in, sizeof in);
    return request;
}

static struct command command_of(struct world *w, unsigned who, const Wire__Request *request,
                                 struct session_open *open)
{
    *open = (struct session_open){
        .client = bytes_text("test@world"),
        .address = bytes_text("unix"),
        .window = w->window,
        .linger_ms = 5000,
    };
    memcpy(open->token_hash, w->clients[who].token_hash, sizeof open->token_hash);
    return (struct command){
        .kind = COMMAND_REQUEST,
        .session = w->clients[who].session,
        .open = w->clients[who].session == 0 ? open : NULL,
        .request = request,
        .has_refs = has_refs(op_row(request->op_case), op_message(request)),
    };
}

const struct seen *world_command(struct world *w, unsigned who, const struct ask *ask,
                                 const ProtobufCMessage *in)
{
    Wire__Request request = request_of(w, who, ask, in);
    struct session_open open;
    struct command command = command_of(w, who, &request, &open);
    struct buf operation;
    buf_init(&operation);
    uint8_t *to = buf_reserve(&operation, protobuf_c_message_get_packed_size(in) + 1);
    must(to != NULL);
    command.operation = bytes_of(to, protobuf_c_message_pack(in, to));
    struct applied applied = world_apply(w, &command);
    buf_free(&operation);
    w->clients[who].session = applied.session;
    return world_seen(w, who, request.id);
}

static const struct seen *world_read(struct world *w, unsigned who, const Wire__Request *request)
{
    struct session_open open;
    struct command command = command_of(w, who, request, &open);
    struct sink sink = {.done = collect, .arg = w};
    uint64_t revision = engine_revision(w->engine);
    command.now_ms = w->now_ms;
    seen_clear(w);
    engine_read(w->engine, &command, &sink);
    must(engine_revision(w->engine) == revision);
    must(w->seen_count == 1);
    return world_seen(w, who, request->id);
}

const struct seen *world_ask(struct world *w, unsigned who, const struct ask *ask,
                             const ProtobufCMessage *in)
{
    Wire__Request request = request_of(w, who, ask, in);
    if (engine_is_command(op_row(request.op_case), &request)) {
        struct ask same = *ask;
        same.id = request.id;
        return world_command(w, who, &same, in);
    }
    return world_read(w, who, &request);
}

const struct seen *world_do(struct world *w, unsigned who, const ProtobufCMessage *in)
{
    return world_ask(w, who, &(struct ask){.id = 0}, in);
}

struct applied world_tick(struct world *w, uint64_t ms)
{
    w->now_ms += ms;
    return world_apply(w, &(struct command){.kind = COMMAND_TICK});
}

static struct applied end_session(struct world *w, unsigned who, bool bye, bool whole)
{
    struct command command = {.kind = COMMAND_SESSION_END,
                              .sessions = &w->clients[who].session,
                              .session_count = 1,
                              .give_back = !bye,
                              .bye = bye,
                              .code = ERR_SESSION_LOST};
    struct applied applied = world_apply(w, &command);
    while (whole && w->applied.more)
        world_apply(w, &command);
    w->clients[who].session = 0;
    w->clients[who].id = 0;
    token_new(w, who); /* it comes back as somebody else */
    return applied;
}

struct applied world_end(struct world *w, unsigned who)
{
    return end_session(w, who, false, true);
}

struct applied world_bye(struct world *w, unsigned who)
{
    return end_session(w, who, true, true);
}

struct applied world_end_some(struct world *w, unsigned who, bool bye)
{
    return end_session(w, who, bye, false);
}

struct applied world_turn_some(struct world *w, unsigned who, enum command_kind kind)
{
    return world_apply(
        w,
        &(struct command){.kind = kind, .sessions = &w->clients[who].session, .session_count = 1});
}

void world_slice(struct world *w, size_t most)
{
    w->engine->slice = most;
    w->engine->end_slice = most;
    w->engine->away_slice = most;
}

static struct applied connection(struct world *w, unsigned who, enum command_kind kind)
{
    struct command command = {
        .kind = kind, .sessions = &w->clients[who].session, .session_count = 1};
    struct applied applied = world_apply(w, &command);
    while (w->applied.more)
        world_apply(w, &command);
    return applied;
}

struct applied world_away(struct world *w, unsigned who)
{
    return connection(w, who, COMMAND_AWAY);
}

struct applied world_back(struct world *w, unsigned who)
{
    return connection(w, who, COMMAND_BACK);
}

struct applied world_boot(struct world *w)
{
    /* an incarnation of its own, or whoever goes on later would draw the tokens of this life again
     */
    return world_apply(w, &(struct command){.kind = COMMAND_BOOT,
                                            .incarnation = engine_incarnation(w->engine) + 1,
                                            .version = ENGINE_VERSION});
}

struct applied world_cancel(struct world *w, unsigned who, uint64_t id, enum mgr_code code)
{
    return world_apply(
        w, &(struct command){
               .kind = COMMAND_CANCEL, .session = w->clients[who].session, .id = id, .code = code});
}

struct applied world_ack(struct world *w, unsigned who, uint64_t acked)
{
    return world_apply(
        w, &(struct command){.kind = COMMAND_ACK, .session = w->clients[who].session, .id = acked});
}

void world_gc(struct world *w)
{
    do {
        world_apply(w, &(struct command){.kind = COMMAND_GC});
    } while (w->applied.more);
}

const struct seen *world_create(struct world *w, const char *type, const char *name,
                                const char *init)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    in.has_type = true, in.type = world_text(type);
    if (name != NULL)
        in.has_name = true, in.name = world_text(name);
    if (init != NULL)
        in.has_init = true, in.init = world_lit(w, init);
    return world_do(w, 0, &in.base);
}

/* Keeps the memory until 256 more were kept. */
static uint8_t *keep(struct world *w, uint8_t *text)
{
    free(w->texts[w->text_at % 256]);
    w->texts[w->text_at++ % 256] = text;
    return text;
}

const char *world_show(struct world *w, const struct seen *seen)
{
    struct buf out;
    buf_init(&out);
    if (seen == NULL) {
        buf_put_text(&out, "waits");
    } else if (seen->result.kind == RESULT_DONE) {
        buf_put_text(&out, seen->result.lost ? "lost" : "done");
    } else if (seen->result.kind == RESULT_GRANT) {
        buf_printf(&out, "grant %llu", (unsigned long long)seen->result.token);
    } else if (seen->result.kind == RESULT_ERROR) {
        buf_printf(&out, "error %s: ", error_row(seen->result.code)->name);
        buf_put_bytes(&out, seen->result.message);
    } else {
        literal_print_python(seen->result.value, NULL, &out);
    }
    buf_put_u8(&out, 0);
    must(!out.failed);
    return (const char *)keep(w, out.data);
}

ProtobufCBinaryData world_bytes(struct bytes bytes)
{
    return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)(uintptr_t)bytes.data};
}

ProtobufCBinaryData world_text(const char *text)
{
    return world_bytes(bytes_text(text));
}

ProtobufCBinaryData world_lit(struct world *w, const char *literal)
{
    struct literal_error error;
    struct buf out;
    buf_init(&out);
    if (!literal_read(bytes_text(literal), LITERAL_ANY, NULL, &out, &error))
        ck_abort_msg("%s: %s", literal, error.text);
    size_t len = out.len;
    return (ProtobufCBinaryData){.len = len, .data = keep(w, out.data)};
}

struct usage world_usage(const struct world *w)
{
    struct usage usage;
    engine_usage(w->engine, &usage);
    return usage;
}

const char *world_digest(struct world *w)
{
    uint8_t digest[32];
    char *text = malloc(65);
    must(text != NULL);
    engine_digest(w->engine, digest);
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return (const char *)keep(w, (uint8_t *)text);
}
