/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal in memory, for comparing two engines. */
#include "tests/support/replay.h"
#include "daemon/engine/state.h"
#include "wire.pb-c.h"

#include "tests/support/reload.h"
#include "wire/proto/decode.h"

enum { DIGEST_EVERY = 1000 };

/* What a record holds beside the request and the lists. */
struct head {
    struct command command;
    struct session_open open;
    bool has_open;
    uint64_t session; /* of SESSION_END */
    size_t request_len;
    struct applied applied;
    uint64_t completions; /* hash of what was answered */
    bool has_digest;
    uint8_t digest[32];
};

struct record {
    struct world *world;
    struct buf log;
    size_t commands;
};

static uint64_t hash_in(uint64_t hash, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_seen(const struct world *w)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < w->seen_count; i++) {
        const struct seen *seen = &w->seen[i];
        uint64_t numbers[] = {seen->session, seen->id, seen->revision, seen->changed_at};
        hash = hash_in(hash, numbers, sizeof numbers);
        hash = hash_in(hash, seen->own, seen->own_len);
    }
    return hash;
}

static void record_put(void *arg, const struct command *command, const struct applied *applied)
{
    struct record *record = arg;
    struct head head = {.command = *command, .applied = *applied};
    head.completions = hash_seen(record->world);
    if (command->open != NULL) {
        head.has_open = true;
        head.open = *command->open; /* its texts are constants */
    }
    if (command->session_count > 0) {
        if (command->session_count != 1)
            ck_abort_msg("one session at a time");
        head.session = command->sessions[0];
    }
    if (command->request != NULL)
        head.request_len = protobuf_c_message_get_packed_size(&command->request->base);
    if (++record->commands % DIGEST_EVERY == 0) {
        head.has_digest = true;
        engine_digest(record->world->engine, head.digest);
    }
    buf_put(&record->log, &head, sizeof head);
    if (command->request != NULL) {
        uint8_t *at = buf_reserve(&record->log, head.request_len);
        if (at == NULL)
            ck_abort_msg("no memory");
        protobuf_c_message_pack(&command->request->base, at);
        record->log.len += head.request_len;
    }
    if (record->log.failed)
        ck_abort_msg("no memory");
}

/* NULL: as it was. */
static const char *replay_one(struct world *w, const struct head *head, const uint8_t *body)
{
    uint64_t arena_at[DECODE_ARENA / 8];
    struct arena arena = {.base = (uint8_t *)arena_at, .cap = sizeof arena_at};
    struct command command = head->command;
    struct session_open open = head->open;
    struct decode_error error;
    Wire__Request request;
    struct applied applied;
    uint8_t digest[32];
    command.open = head->has_open ? &open : NULL;
    command.sessions = &head->session;
    if (head->request_len > 0) {
        if (decode_request(bytes_of(body, head->request_len), &arena, &request, &command.operation,
                           &error) != DECODE_OK)
            ck_abort_msg("%s", error.text);
        command.request = &request;
    }
    applied = world_apply(w, &command);
    if (applied.first != head->applied.first || applied.last != head->applied.last ||
        applied.outcome != head->applied.outcome || applied.session != head->applied.session ||
        applied.more != head->applied.more)
        return "revisions";
    if (hash_seen(w) != head->completions)
        return "completions";
    if (head->has_digest) {
        engine_digest(w->engine, digest);
        if (memcmp(digest, head->digest, sizeof digest) != 0)
            return "state";
    }
    return NULL;
}

struct replay_report replay_run(const struct handlers *handlers, replay_step *step, size_t commands,
                                uint64_t seed)
{
    struct replay_report report = {.differs_at = SIZE_MAX};
    struct world first, second;
    struct record record = {.world = &first};
    bool sliced = seed % 2 != 0; /* all at once, or hardly anything */
    world_init(&first, handlers);
    if (sliced)
        world_slice(&first, 2);
    first.journal = record_put;
    first.journal_arg = &record;
    buf_init(&record.log);
    while (record.commands < commands)
        step(&first, &seed);
    world_init_key(&second, handlers, 0x55);
    if (sliced)
        world_slice(&second, 2);
    for (size_t at = 0, i = 0; at < record.log.len && report.what == NULL; i++) {
        struct head head;
        memcpy(&head, record.log.data + at, sizeof head);
        at += sizeof head;
        report.what = replay_one(&second, &head, record.log.data + at);
        at += head.request_len;
        if (report.what != NULL)
            report.differs_at = i;
    }
    if (report.what == NULL && strcmp(world_digest(&first), world_digest(&second)) != 0) {
        report.what = "state";
        report.differs_at = record.commands;
    }
    if (report.what == NULL) {
        reload_must_agree(&first);
        reload_must_agree(&second);
    }
    report.commands = record.commands;
    buf_free(&record.log);
    world_free(&first);
    world_free(&second);
    return report;
}
