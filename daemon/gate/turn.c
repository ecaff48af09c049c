/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens without a request: time, the end of sessions, collecting, declared objects, the
 * stop. */
#include <sys/random.h>

#include "daemon/gate/internal.h"

enum {
    EXPIRE_BATCH = 64,     /* sessions ended by one command */
    EXPIRE_BATCHES = 16,   /* such commands in one turn, while none leaves anything over */
    RECLAIM_BLOCKS = 4096, /* blocks of deleted memory given back in one slice */
    GC_PAUSE_MS = 1,
    LOOK_AGAIN_MS = 100,
    TICK_PAUSE_MS = 10, /* what falls due within it fires by one command */
};

static void tick(struct rpc *rpc)
{
    struct command command = {.kind = COMMAND_TICK, .now_ms = rpc->now_ms};
    rpc->revision_before = UINT64_MAX;
    bool more = rpc_apply(rpc, &command, bytes_of(NULL, 0), &rpc->sink).more;
    rpc->next_tick_ms = more ? rpc->now_ms : rpc->now_ms + TICK_PAUSE_MS;
}

static void expire(struct rpc *rpc)
{
    uint64_t due[EXPIRE_BATCH];
    size_t n = EXPIRE_BATCH;
    for (unsigned i = 0; i < EXPIRE_BATCHES && n == EXPIRE_BATCH; i++) {
        if (i > 0 && engine_wants_rest(rpc->engine))
            return; /* these come first; the others are still due in the next turn */
        n = liveness_expired(rpc->options.liveness, rpc->now_ms, due, EXPIRE_BATCH);
        if (n > 0)
            rpc_end_sessions(rpc, due, n, NULL);
    }
}

void rpc_turn(struct rpc *rpc, uint64_t now_ms)
{
    rpc->now_ms = now_ms;
    if (!rpc_may_change(rpc))
        return; /* what is due waits: nobody's time is over before that can be written down */
    if (rpc->stopping)
        return; /* nobody can come back any more: the next start gives everybody their time */
    rpc_presence(rpc); /* before anything is given */
    if (engine_due(rpc->engine) <= now_ms && rpc->next_tick_ms <= now_ms)
        tick(rpc);
    if (liveness_due(rpc->options.liveness) <= now_ms)
        expire(rpc);
}

uint64_t rpc_now(const struct rpc *rpc)
{
    return rpc->now_ms;
}

/* One slice in each turn, so that requests come between. True: there is more. */
static bool rest(struct rpc *rpc)
{
    struct command command = {.kind = COMMAND_REST, .now_ms = rpc->now_ms};
    if (!engine_wants_rest(rpc->engine) || !rpc_may_change(rpc))
        return false;
    rpc->revision_before = UINT64_MAX;
    return rpc_apply(rpc, &command, bytes_of(NULL, 0), &rpc->sink).more;
}

bool rpc_background(struct rpc *rpc)
{
    bool more = engine_reclaim(rpc->engine, RECLAIM_BLOCKS);
    more |= rest(rpc);
    if (rpc->now_ms >= rpc->next_gc_ms && engine_wants_gc(rpc->engine) && rpc_may_change(rpc)) {
        struct command gc = {.kind = COMMAND_GC, .now_ms = rpc->now_ms};
        rpc->revision_before = UINT64_MAX;
        rpc->next_gc_ms =
            rpc_apply(rpc, &gc, bytes_of(NULL, 0), &rpc->sink).more ? 0 : rpc->now_ms + GC_PAUSE_MS;
        more |= rpc->next_gc_ms == 0;
    }
    return more;
}

/* On a full disk somebody must look whether there is room again; nothing is due before that. */
static uint64_t due_without_room(const struct rpc *rpc, uint64_t due_ms)
{
    uint64_t look_ms = rpc->now_ms + LOOK_AGAIN_MS;
    return rpc_may_change(rpc) && due_ms < look_ms ? due_ms : look_ms;
}

uint64_t rpc_due(const struct rpc *rpc)
{
    if (rpc->stopping)
        return UINT64_MAX;
    uint64_t timer = engine_due(rpc->engine);
    if (timer < rpc->next_tick_ms)
        timer = rpc->next_tick_ms;
    uint64_t session = liveness_due(rpc->options.liveness);
    uint64_t due_ms = timer < session ? timer : session;
    if (rpc_presence_due(rpc))
        due_ms = rpc->now_ms;
    return rpc->marks->room == JOURNAL_ROOM ? due_ms : due_without_room(rpc, due_ms);
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

enum mgr_code rpc_declare(struct rpc *rpc, const Wire__ObjectCreate *object, struct buf *why)
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
    /* A session of its own, for this one command: the same way in as everybody's. */
    struct session_open open = {.client = bytes_text("mgrd"), .window = 1};
    if (getrandom(open.token_hash, sizeof open.token_hash, 0) != sizeof open.token_hash)
        return ERR_INTERNAL;
    struct command command = {.kind = COMMAND_REQUEST,
                              .now_ms = rpc->now_ms,
                              .open = &open,
                              .request = &request,
                              .has_refs = true};
    rpc->revision_before = UINT64_MAX;
    buf_reset(&rpc->scratch, 4096);
    uint8_t *body = buf_reserve(&rpc->scratch, protobuf_c_message_get_packed_size(&request.base));
    if (body == NULL)
        return ERR_NOMEM;
    size_t len = protobuf_c_message_pack(&request.base, body);
    size_t inner = protobuf_c_message_get_packed_size(&create.base);
    command.operation = bytes_of(body + len - inner, inner); /* the last of its fields */
    /* whoever writes the configuration may let the daemon work as long as it takes */
    struct limits limits = rpc->options.limits;
    limits.work = 0;
    engine_set_limits(rpc->engine, &limits);
    struct applied applied = rpc_apply(rpc, &command, bytes_of(body, len), &sink);
    engine_set_limits(rpc->engine, &rpc->options.limits);
    if (applied.session != 0)
        rpc_end_own_session(rpc, applied.session);
    return declared.code;
}

void rpc_farewell(struct rpc *rpc, struct peer *peer)
{
    rpc->stopping = true;
    if (peer->state == PEER_CLOSING)
        return;
    rpc_push(rpc, peer, ERR_SHUTTING_DOWN, "the daemon is stopping");
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

void rpc_boot(struct rpc *rpc, const struct command *command)
{
    rpc->now_ms = command->now_ms;
    (void)rpc_apply(rpc, command, bytes_of(NULL, 0), &(struct sink){.done = NULL});
}
