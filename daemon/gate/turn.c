/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens without a request: timers, the end of sessions, garbage collection, declared
 * objects, shutdown. */
#include <sys/random.h>

#include "daemon/gate/commit.h"
#include "wire.pb-c.h"

enum {
    EXPIRE_BATCH = 64,     /* sessions ended by one command */
    EXPIRE_BATCHES = 16,   /* commands per turn, while none leaves work over */
    RECLAIM_BLOCKS = 4096, /* blocks of deleted memory reclaimed in one slice */
    GC_PAUSE_MS = 1,
    LOOK_AGAIN_MS = 100,
    TICK_PAUSE_MS = 10, /* timers due within this time fire by one command */
};

static void tick(struct gate *gate)
{
    struct command command = {.kind = COMMAND_TICK, .now_ms = gate->now_ms};
    gate->revision_before = UINT64_MAX;
    bool more = commit_apply(gate, &command, bytes_of(NULL, 0), &gate->sink).more;
    gate->next_tick_ms = more ? gate->now_ms : gate->now_ms + TICK_PAUSE_MS;
}

static void expire(struct gate *gate)
{
    uint64_t due[EXPIRE_BATCH];
    size_t n = EXPIRE_BATCH;
    for (unsigned i = 0; i < EXPIRE_BATCHES && n == EXPIRE_BATCH; i++) {
        if (i > 0 && engine_wants_rest(gate->engine))
            return; /* finish that work first; the other sessions are still due next turn */
        n = liveness_expired(gate->options.liveness, gate->now_ms, due, EXPIRE_BATCH);
        if (n > 0)
            gate_end_sessions(gate, due, n, NULL);
    }
}

void gate_turn(struct gate *gate, uint64_t now_ms)
{
    gate->now_ms = now_ms;
    if (!commit_possible(gate))
        return; /* everything due waits: an end must be written to the journal */
    if (gate->stopping)
        return; /* clients cannot come back now; after the next start they get their full time */
    gate_presence(gate); /* before anything is granted */
    if (engine_due(gate->engine) <= now_ms && gate->next_tick_ms <= now_ms)
        tick(gate);
    if (liveness_due(gate->options.liveness) <= now_ms)
        expire(gate);
}

uint64_t gate_now(const struct gate *gate)
{
    return gate->now_ms;
}

/* One slice per turn, so that requests come in between. True: there is more. */
static bool rest(struct gate *gate)
{
    struct command command = {.kind = COMMAND_REST, .now_ms = gate->now_ms};
    if (!engine_wants_rest(gate->engine) || !commit_possible(gate))
        return false;
    gate->revision_before = UINT64_MAX;
    return commit_apply(gate, &command, bytes_of(NULL, 0), &gate->sink).more;
}

bool gate_background(struct gate *gate)
{
    bool more = engine_reclaim(gate->engine, RECLAIM_BLOCKS);
    more |= rest(gate);
    if (gate->now_ms >= gate->next_gc_ms && engine_wants_gc(gate->engine) &&
        commit_possible(gate)) {
        struct command gc = {.kind = COMMAND_GC, .now_ms = gate->now_ms};
        gate->revision_before = UINT64_MAX;
        gate->next_gc_ms = commit_apply(gate, &gc, bytes_of(NULL, 0), &gate->sink).more
                               ? 0
                               : gate->now_ms + GC_PAUSE_MS;
        more |= gate->next_gc_ms == 0;
    }
    return more;
}

/* On a full disk, checks for room at intervals; nothing else is due earlier. */
static uint64_t due_without_room(const struct gate *gate, uint64_t due_ms)
{
    uint64_t look_ms = gate->now_ms + LOOK_AGAIN_MS;
    return commit_possible(gate) && due_ms < look_ms ? due_ms : look_ms;
}

uint64_t gate_due(const struct gate *gate)
{
    if (gate->stopping)
        return UINT64_MAX;
    uint64_t timer = engine_due(gate->engine);
    if (timer < gate->next_tick_ms)
        timer = gate->next_tick_ms;
    uint64_t session = liveness_due(gate->options.liveness);
    uint64_t due_ms = timer < session ? timer : session;
    if (gate_presence_due(gate))
        due_ms = gate->now_ms;
    return gate->marks->room == JOURNAL_ROOM ? due_ms : due_without_room(gate, due_ms);
}

struct declared {
    struct buf *why;
    enum mgr_code code;
};

static void declared_cb(void *arg, const struct completion *completion)
{
    struct declared *declared = arg;
    if (completion->result == NULL || completion->result->kind != RESULT_ERROR)
        return;
    declared->code = completion->result->code;
    buf_put_bytes(declared->why, completion->result->message);
}

enum mgr_code gate_declare(struct gate *gate, const Wire__ObjectCreate *object, struct buf *why)
{
    struct declared declared = {why, ERR_NONE};
    struct sink sink = {declared_cb, &declared};
    Wire__ObjectCreate create = *object;
    create.has_if_absent = create.if_absent = 1;
    Wire__Request request = WIRE__REQUEST__INIT;
    request.has_id = 1;
    request.id = 1;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &create;
    /* A session for this one command, so that declared objects take the same path as clients'
     * requests. */
    struct session_open open = {.client = bytes_text("mgrd"), .window = 1};
    if (getrandom(open.token_hash, sizeof open.token_hash, 0) != sizeof open.token_hash)
        return ERR_INTERNAL;
    struct command command = {.kind = COMMAND_REQUEST,
                              .now_ms = gate->now_ms,
                              .open = &open,
                              .request = &request,
                              .has_refs = true};
    gate->revision_before = UINT64_MAX;
    buf_reset(&gate->scratch, 4096);
    uint8_t *body = buf_reserve(&gate->scratch, protobuf_c_message_get_packed_size(&request.base));
    if (body == NULL)
        return ERR_NOMEM;
    size_t len = protobuf_c_message_pack(&request.base, body);
    size_t inner = protobuf_c_message_get_packed_size(&create.base);
    command.operation = bytes_of(body + len - inner, inner); /* the request's last field */
    /* the author of the configuration may use as much work as needed */
    struct limits limits = gate->options.limits;
    limits.work = 0;
    engine_set_limits(gate->engine, &limits);
    struct applied applied = commit_apply(gate, &command, bytes_of(body, len), &sink);
    engine_set_limits(gate->engine, &gate->options.limits);
    if (applied.session != 0)
        gate_end_own_session(gate, applied.session);
    return declared.code;
}

void gate_farewell(struct gate *gate, struct peer *peer)
{
    gate->stopping = true;
    if (peer->state == PEER_CLOSING)
        return;
    gate_push(gate, peer, ERR_SHUTTING_DOWN, "the daemon is stopping");
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

void gate_boot(struct gate *gate, const struct command *command)
{
    gate->now_ms = command->now_ms;
    (void)commit_apply(gate, command, bytes_of(NULL, 0), &(struct sink){.done = NULL});
}
