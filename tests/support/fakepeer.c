/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections without a network. */
#include "tests/support/fakepeer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/doors/proto/proto.h"
#include "daemon/engine/core.h"
#include "daemon/gate/gate.h"
#include "wire/base/frame.h"
#include "wire/proto/decode.h"

enum { PEERS_MAX = 8, IDS_MAX = 4096, FRAME_MAX = 1 << 20, LINGER_MS = 2000, GRACE_MS = 61000 };

struct fakepeer {
    struct peer peer; /* first: its ops are given this */
    bool open;
    struct buf input;          /* not used yet */
    uint8_t token[PEER_TOKEN]; /* of the session it had last */
    bool has_token;
};

/* How often an id was sent and answered, by whatever connection. */
struct asked {
    uint64_t id;
    unsigned requests, replies;
};

struct fakehost {
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct log log;
    uint64_t now_ms;
    struct fakepeer peers[PEERS_MAX];
    unsigned count;
    struct asked asked[IDS_MAX];
    size_t asked_count;
    const char *fault;
};

/* ---- what the gate asks for ---- */

static void on_output(struct peer *peer)
{
    (void)peer;
}

static void on_close(struct peer *peer)
{
    peer->state = PEER_CLOSING;
}

static void on_drop(struct peer *peer)
{
    buf_reset(&peer->out, 0);
    peer->state = PEER_CLOSING;
}

static const struct peer_ops peer_ops = {on_output, on_close, on_drop, proto_reply};

static bool host_reload(void *arg, struct buf *report)
{
    (void)arg;
    buf_put_text(report, "nothing to reload");
    return false;
}

static void host_shutdown(void *arg)
{
    (void)arg;
}

static void host_describe(void *arg, struct buf *rows)
{
    (void)arg, (void)rows;
}

static uint64_t host_save(void *arg)
{
    (void)arg;
    return 3;
}

static enum mgr_code host_fetch(void *arg, struct snapshot_part *part, struct buf *why)
{
    (void)arg;
    if (part->number > 3) {
        buf_put_text(why, "there is no snapshot");
        return ERR_RUNTIME;
    }
    part->total = 5;
    buf_put(part->out, "bytes", part->limit < 5 ? part->limit : 5);
    return ERR_NONE;
}

static void host_count(void *arg, struct buf *rows)
{
    (void)arg, (void)rows;
}

/* ---- begin and end ---- */

static bool boot(struct fakehost *host)
{
    struct command command = {.kind = COMMAND_BOOT,
                              .now_ms = 1,
                              .revision_floor = 1000,
                              .incarnation = 1,
                              .version = ENGINE_VERSION};
    return engine_apply(host->engine, &command, NULL).outcome == OUTCOME_EFFECT;
}

static struct limits small_limits(void)
{
    return (struct limits){.memory_bytes = 64 << 20,
                           .objects = 500,
                           .sessions = 16,
                           .window_bytes = 1 << 20,
                           .bulk_items = 10000,
                           .window = 16,
                           .frame_bytes = FRAME_MAX,
                           .output_bytes = 1 << 20,
                           .connections = PEERS_MAX,
                           .linger_max_ms = LINGER_MS,
                           .lease_max_ms = LINGER_MS};
}

struct fakehost *fakehost_new(const struct handlers *handlers, unsigned count)
{
    struct fakehost *host = calloc(1, sizeof *host);
    struct engine_options engine_options = {.hash_key = "fakehost", .limits = small_limits()};
    if (host == NULL)
        return NULL;
    host->count = count;
    host->now_ms = 1;
    host->engine = engine_new(handlers, &engine_options);
    host->liveness = liveness_new(engine_options.hash_key);
    log_init(&host->log, open("/dev/null", O_WRONLY | O_CLOEXEC));
    struct gate_options options = {
        .engine = host->engine,
        .liveness = host->liveness,
        .log = &host->log,
        .limits = small_limits(),
        .host = {host_reload, host_shutdown, host_describe, host_count, host_save, host_fetch,
                 host},
        .state_id = "fakehost",
        .durability = "memory",
    };
    if (host->engine != NULL && host->liveness != NULL && boot(host))
        host->gate = gate_new(&options);
    if (host->gate == NULL) {
        fakehost_free(host);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++)
        buf_init(&host->peers[i].input);
    return host;
}

void fakehost_free(struct fakehost *host)
{
    for (unsigned i = 0; i < host->count; i++)
        fakehost_close(host, i);
    gate_free(host->gate);
    liveness_free(host->liveness);
    engine_free(host->engine); /* checks that nothing is left */
    close(host->log.fd);
    free(host);
}

const char *fakehost_fault(const struct fakehost *host)
{
    return host->fault;
}

static void expect(struct fakehost *host, bool holds, const char *promise)
{
    if (!holds && host->fault == NULL)
        host->fault = promise;
}

/* ---- requests and replies ---- */

static struct asked *asked_at(struct fakehost *host, uint64_t id)
{
    size_t i = 0;
    while (i < host->asked_count && host->asked[i].id != id)
        i++;
    if (i == IDS_MAX)
        return NULL;
    if (i == host->asked_count)
        host->asked[host->asked_count++] = (struct asked){.id = id};
    return &host->asked[i];
}

static void message_requests(struct fakehost *host, struct bytes sent)
{
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
    struct decode_error error;
    struct bytes body;
    size_t used, need;
    while (frame_split(sent, FRAME_MAX, &body, &used, &need) == FRAME_OK) {
        struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
        Wire__Request request;
        struct bytes operation;
        if (decode_request(body, &arena, &request, &operation, &error) != DECODE_HARD) {
            struct asked *asked = asked_at(host, request.id);
            if (asked != NULL)
                asked->requests++;
        }
        sent = bytes_of(sent.data + used, sent.len - used);
    }
}

static void message_reply(struct fakehost *host, struct fakepeer *fake, const Wire__Response *reply)
{
    struct asked *asked = reply->id == 0 ? NULL : asked_at(host, reply->id);
    if (reply->id == 0)
        expect(host, reply->result_case == WIRE__RESPONSE__RESULT_PUSH, "a push that is none");
    if (asked != NULL) {
        asked->replies++;
        expect(host, asked->replies <= asked->requests, "more replies than requests");
    }
    if (reply->result_case == WIRE__RESPONSE__RESULT_WELCOME) {
        expect(host, reply->welcome->token.len == PEER_TOKEN, "a welcome without a token");
        memcpy(fake->token, reply->welcome->token.data, PEER_TOKEN);
        fake->has_token = true;
    }
}

static void read_output(struct fakehost *host, struct fakepeer *fake)
{
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
    struct bytes out = buf_bytes(&fake->peer.out);
    struct decode_error error;
    struct bytes body;
    size_t used, need;
    while (out.len > 0) {
        struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
        Wire__Response reply;
        bool whole = frame_split(out, FRAME_MAX + 1024, &body, &used, &need) == FRAME_OK &&
                     decode_response(body, &arena, &reply, &error) == DECODE_OK;
        expect(host, whole, "a reply that cannot be read");
        if (!whole)
            break;
        message_reply(host, fake, &reply);
        out = bytes_of(out.data + used, out.len - used);
    }
    buf_reset(&fake->peer.out, 4096);
}

/* Everybody reads; who is to be closed is. */
static void settle(struct fakehost *host)
{
    for (unsigned i = 0; i < host->count; i++) {
        if (host->peers[i].open) {
            read_output(host, &host->peers[i]);
            if (host->peers[i].peer.state == PEER_CLOSING)
                fakehost_close(host, i);
        }
    }
}

/* ---- connections ---- */

/* Feeds what was not used yet, as long as some of it is used: a full output stops gate. */
static bool input(struct fakehost *host, struct fakepeer *fake)
{
    for (size_t used = 1; used > 0 && fake->open && fake->peer.state != PEER_CLOSING;) {
        struct bytes input = buf_bytes(&fake->input);
        used = proto_run_one(host->gate, &fake->peer, input);
        if (used > input.len)
            return false;
        message_requests(host, bytes_of(input.data, used));
        memmove(fake->input.data, fake->input.data + used, input.len - used);
        fake->input.len -= used;
        read_output(host, fake);
    }
    settle(host);
    return true;
}

static void hello(struct fakehost *host, unsigned who, const uint8_t *token)
{
    struct fakepeer *fake = &host->peers[who];
    Wire__SessionHello in = WIRE__SESSION_HELLO__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    uint8_t body[256], head[FRAME_HEAD_MAX];
    fakehost_close(host, who);
    peer_init(&fake->peer, &peer_ops, "fake");
    fake->open = true;
    in.has_version = true, in.version = 1;
    in.has_linger_ms = true, in.linger_ms = LINGER_MS / 2;
    if (token != NULL) {
        in.has_token = true;
        in.token = (ProtobufCBinaryData){PEER_TOKEN, (uint8_t *)(uintptr_t)token};
    }
    request.has_id = true, request.id = 1;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &in;
    size_t len = protobuf_c_message_pack(&request.base, body);
    buf_put(&fake->input, head, frame_head(head, len));
    buf_put(&fake->input, body, len);
    expect(host, input(host, fake), "hello");
}

bool fakehost_send(struct fakehost *host, unsigned who, struct bytes bytes)
{
    struct fakepeer *fake = &host->peers[who];
    if (!fake->open)
        hello(host, who, NULL);
    if (!fake->open)
        return true; /* no room for it */
    buf_put_bytes(&fake->input, bytes);
    return input(host, fake);
}

void fakehost_close(struct fakehost *host, unsigned who)
{
    struct fakepeer *fake = &host->peers[who];
    if (fake->open) {
        fake->open = false;
        gate_peer_gone(host->gate, &fake->peer);
    }
    buf_free(&fake->input);
    buf_init(&fake->input);
}

void fakehost_resume(struct fakehost *host, unsigned who, unsigned whose)
{
    uint8_t token[PEER_TOKEN];
    if (host->peers[whose].has_token) {
        memcpy(token, host->peers[whose].token, PEER_TOKEN);
        hello(host, who, token);
    }
}

void fakehost_pass(struct fakehost *host, uint64_t ms)
{
    host->now_ms += ms;
    gate_turn(host->gate, host->now_ms);
    for (int i = 0; i < 100 && gate_background(host->gate); i++) {
    }
    settle(host);
}

/* ---- the end ---- */

/* Deletes the first named object; false: there is none. */
static bool delete_one(struct fakehost *host, uint64_t id, uint64_t *session)
{
    struct ctx ctx = {.engine = host->engine};
    struct object *object = object_first_named(&ctx, bytes_of(NULL, 0));
    struct session_open open = {.token_hash = {1}, .window = 1};
    Wire__ObjectDelete in = WIRE__OBJECT_DELETE__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    struct command command = {.kind = COMMAND_REQUEST,
                              .now_ms = host->now_ms,
                              .session = *session,
                              .open = *session == 0 ? &open : NULL,
                              .request = &request};
    if (object == NULL)
        return false;
    in.has_name = in.has_force = in.force = true;
    in.name = (ProtobufCBinaryData){object->name_len, object->name};
    request.has_id = true, request.id = id;
    request.op_case = WIRE__REQUEST__OP_OBJECT_DELETE;
    request.object_delete = &in;
    struct applied applied = engine_apply(host->engine, &command, NULL);
    *session = applied.session;
    return applied.outcome == OUTCOME_EFFECT;
}

const char *fakehost_finish(struct fakehost *host)
{
    uint64_t session = 0, id = 0;
    struct usage usage;
    for (unsigned i = 0; i < host->count; i++)
        fakehost_close(host, i);
    fakehost_pass(host, LINGER_MS + 1);
    engine_usage(host->engine, &usage);
    expect(host, usage.sessions == 0 && usage.waiters == 0, "sessions are left");
    expect(host, liveness_count(host->liveness) == 0, "sessions are watched that are gone");
    while (delete_one(host, ++id, &session)) {
    }
    if (session != 0) {
        engine_apply(host->engine,
                     &(struct command){.kind = COMMAND_SESSION_END,
                                       .now_ms = host->now_ms,
                                       .sessions = &session,
                                       .session_count = 1},
                     NULL);
    }
    for (int i = 0; i < 8; i++)
        fakehost_pass(host, GRACE_MS);
    engine_usage(host->engine, &usage);
    expect(host, usage.objects == 0 && usage.sessions == 0, "objects are left");
    expect(host, usage.waiters == 0 && usage.timers == 0, "timers are left");
    return host->fault;
}
