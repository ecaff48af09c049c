/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine under test: clients send requests as structs, completions are collected.
 *
 *   struct world w;
 *   world_init(&w, &handlers);
 *   Wire__DictSet in = WIRE__DICT_SET__INIT;
 *   in.name = world_text("d"), in.key = world_lit(&w, "k"), in.value = world_lit(&w, "1");
 *   const struct seen *reply = world_do(&w, 0, &in.base);    -- client 0; NULL: it waits
 *   ck_assert_int_eq(reply->kind, RESULT_DONE);
 *   world_free(&w);                                          -- asserts that all memory came back
 */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include <check.h>
#undef fail /* of old checks; the engine has its own */

#include "daemon/engine/core.h"
#include "wire/value/value.h"

enum { WORLD_CLIENTS = 64, WORLD_WINDOW = 16, WORLD_OPS = 64 };

/* A completion, copied. */
struct seen {
    uint64_t session, id, revision, changed_at;
    struct result result; /* its bytes point into own */
    uint8_t *own;         /* the encoded member; owned by the world until the next command */
    size_t own_len;
};

struct client {
    uint8_t token_hash[32];
    uint64_t session; /* 0: no state yet */
    uint64_t id;      /* of its last request */
};

struct world {
    struct engine *engine;
    const struct handlers *handlers;
    uint64_t now_ms;
    uint32_t window; /* of sessions opened from now on */
    struct client clients[WORLD_CLIENTS];
    struct applied applied; /* of the last command */
    struct seen *seen;      /* of the last command or read, in order */
    size_t seen_count, seen_cap;
    const struct op_row *ops[WORLD_OPS]; /* found before, by descriptor */
    uint64_t tokens_made;                /* pieces of token hashes so far */
    uint8_t *texts[256];                 /* what world_lit made, in turns */
    unsigned text_at;
    /* Sees each command that had an effect, after it was applied; may be NULL. */
    void (*journal)(void *arg, const struct command *command, const struct applied *applied);
    void *journal_arg;
};

/* What a request says beside its operation. id 0: the client's next one. */
struct ask {
    uint64_t id, acked, holder, wait_ms, require, unchanged_since;
    bool has_require, has_unchanged_since; /* also when they are 0 */
};

void world_init(struct world *w, const struct handlers *handlers);
void world_init_key(struct world *w, const struct handlers *handlers, uint8_t hash_key_fill);
void world_free(struct world *w);
/* An engine as a world has, without any command. */
struct engine *world_engine(const struct handlers *handlers, uint8_t hash_key_fill);

/* Applies any command with world's now (when command->now_ms is 0) and collects its completions. */
struct applied world_apply(struct world *w, const struct command *command);

/* A request of client `who`: a read or a command, as engine_is_command says; opens the session when
 * it has none. The reply to it; NULL: none yet (it waits). */
const struct seen *world_do(struct world *w, unsigned who, const ProtobufCMessage *in);
const struct seen *world_ask(struct world *w, unsigned who, const struct ask *ask,
                             const ProtobufCMessage *in);
/* The same with engine_apply in any case, as for operations whose class is not read. */
const struct seen *world_command(struct world *w, unsigned who, const struct ask *ask,
                                 const ProtobufCMessage *in);

/* Other commands. world_tick moves the time on first; world_end goes on while there is more. */
struct applied world_tick(struct world *w, uint64_t ms);
struct applied world_end(struct world *w, unsigned who);
/* The same, but what is on its way has arrived, as Bye says. */
struct applied world_bye(struct world *w, unsigned who);
/* The connection of its session goes, or comes back; gives the first command of them. */
struct applied world_away(struct world *w, unsigned who);
struct applied world_back(struct world *w, unsigned who);
/* The first slice of them, and the rest is left to be done: by REST commands, or by the same
 * again. */
struct applied world_end_some(struct world *w, unsigned who, bool bye);
struct applied world_turn_some(struct world *w, unsigned who, enum command_kind kind);
/* No command tells, ends or moves more than so many at once. */
void world_slice(struct world *w, size_t most);
/* The daemon starts again: all connections are gone. */
struct applied world_boot(struct world *w);
struct applied world_cancel(struct world *w, unsigned who, uint64_t id, enum mgr_code code);
struct applied world_ack(struct world *w, unsigned who, uint64_t acked);
/* Collects until there is nothing more to do. */
void world_gc(struct world *w);

/* The completion of that request by the last command; NULL: none. */
const struct seen *world_seen(const struct world *w, unsigned who, uint64_t id);

/* object_create {type, name (NULL: anonymous), init (literal, NULL: none)} by client 0 and its
 * reply. */
const struct seen *world_create(struct world *w, const char *type, const char *name,
                                const char *init);
/* The result's Value as a literal ("error KEY: message" for an error, "done", "grant TOKEN",
 * "waits" for NULL); valid for the next few calls. */
const char *world_show(struct world *w, const struct seen *seen);

/* Arguments. world_lit: an encoded Value from a literal, valid for the next 256 of them. */
ProtobufCBinaryData world_text(const char *text);
ProtobufCBinaryData world_lit(struct world *w, const char *literal);
ProtobufCBinaryData world_bytes(struct bytes bytes);

struct usage world_usage(const struct world *w);
/* As hexadecimal text; valid for the next few calls. */
const char *world_digest(struct world *w);

#endif
