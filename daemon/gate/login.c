/* SPDX-License-Identifier: BSD-2-Clause */
/* Login: hello, resume, supersede, bye, and the end of sessions.
 *
 * Happy path: the first request of a connection is a hello. A hello without a token gets a
 * new random one. A hello with the token of a living session resumes that session: the session is
 * attached to this connection, and its older connection, if still open, is told SUPERSEDED and
 * closed. The welcome tells the outcome.
 *
 * A session becomes part of the state with its first command (gate_adopt_session). Before that it
 * is known by its connection only, and found by its token in peers_by_token. So a second connection
 * with the same token always supersedes the first one before any of its requests is executed.
 *
 * When the connection is lost, the session lingers (liveness.c): the client resumes it in time, or
 * it ends. A bye ends it at once. After a restart all sessions have no connection, and at least
 * COME_BACK_MS to come back.
 *
 * What can fail: a connection beyond the limits, or a wrong version or window, gets an error and is
 * closed. The token of an ended (HELLO_ENDED) or unknown session (HELLO_UNKNOWN) gets a new one;
 * welcome.forgotten tells the client what that means for its unanswered requests (client/login.c).
 * Without memory the connection is closed, and the session lingers. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/random.h>

#include "daemon/gate/commit.h"
#include "wire.pb-c.h"
#include "wire/base/bounds.h"
#include "wire/proto/features.h"

enum {
    LINGER_DEFAULT_MS = 5000,
    COME_BACK_MS = 10000, /* minimum linger after a restart, for clients to come back */
};

enum hello_outcome { HELLO_NEW = 0, HELLO_RESUMED = 1, HELLO_ENDED = 2, HELLO_UNKNOWN = 3 };

static bool token_hash(struct bytes token, uint8_t hash[PEER_TOKEN])
{
    unsigned len = PEER_TOKEN;
    return EVP_Digest(token.data, token.len, hash, &len, EVP_sha256(), NULL) == 1;
}

bool gate_login_prepare(void)
{
    uint8_t hash[PEER_TOKEN];
    return token_hash(bytes_text("ready"), hash);
}

/* Keyed hash: clients choose their tokens, and must not be able to make two collide. */
static uint64_t hash_key(const struct gate *gate, const uint8_t hash[PEER_TOKEN])
{
    uint64_t key = siphash_of(bytes_of(hash, PEER_TOKEN), engine_hash_key(gate->engine));
    return (key | 1) == UINT64_MAX ? 1 : key | 1; /* 0 and UINT64_MAX are not valid keys */
}

static bool power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Copies as much of the name as fits, cut between characters. */
static void take_name(struct peer *peer, ProtobufCBinaryData name)
{
    size_t len = (size_t)least(name.len, PEER_CLIENT_MAX - 1);
    while (len > 0 && len < name.len && (name.data[len] & 0xC0) == 0x80)
        len--;
    snprintf(peer->client, sizeof peer->client, "%.*s", (int)len,
             name.data == NULL ? "" : (const char *)name.data);
}

/* Refuses a client beyond the limits, and tells it why. */
static bool refuse_crowd(const struct call *call)
{
    uint64_t limit = call->gate->options.limits.connections;
    if (call->peer->refusal == PEER_CROWD)
        gate_refuse(call, ERR_LIMIT, "the daemon has %" PRIu64 " connections (limits.connections)",
                    limit);
    else if (call->peer->refusal == PEER_SHARE)
        gate_refuse(call, ERR_LIMIT,
                    "this user has %" PRIu64 " connections, half of limits.connections",
                    (limit + 1) / 2);
    return call->peer->refusal != PEER_ADMITTED;
}

/* Takes the client's wishes, reduced to the limits. False: refused. */
static bool take_wishes(const struct call *call, const Wire__SessionHello *in)
{
    const struct limits *limits = &call->gate->options.limits;
    struct peer *peer = call->peer;
    if (in->version != GATE_PROTOCOL) {
        gate_refuse(call, ERR_VERSION, "protocol version %u is not supported, %d is", in->version,
                    GATE_PROTOCOL);
        return false;
    }
    uint32_t window = in->has_window ? in->window : limits->window;
    if (!power_of_two(window)) {
        gate_refuse(call, ERR_VALUE, "window %u is not a power of two", window);
        return false;
    }
    peer->window = (uint32_t)least(window, limits->window);
    peer->linger_ms =
        least(in->has_linger_ms ? in->linger_ms : LINGER_DEFAULT_MS, limits->linger_max_ms);
    peer->lease_ms = least(in->has_lease_ms ? in->lease_ms : 0, limits->lease_max_ms);
    take_name(peer, in->client);
    return true;
}

/* Drops all unsent output, ready or held. */
static void forget_output(struct gate *gate, struct peer *peer)
{
    commit_unhold(gate, peer);
    peer->sent = 0;
    buf_free(&peer->out);
}

/* Another connection has taken over the session: drops the output of the old one and closes it. */
static void supersede(struct gate *gate, struct peer *old)
{
    gate->count.superseded++;
    if (old->sent == 0) /* a frame that is partly sent must be completed */
        forget_output(gate, old);
    gate_push(gate, old, ERR_SUPERSEDED, "another connection resumed this session");
    idmap_del(&gate->peers_by_token, old->hash_key);
    old->hash_key = 0;
    if (old->session != 0)
        idmap_del(&gate->peers_by_session, old->session);
    old->session = 0;
    if (old->state != PEER_CLOSING)
        old->ops->close(old);
}

/* Finds the session of a token. A session without state counts as resumed if its connection is
 * still open: then none of its commands was executed. */
static enum hello_outcome resume(const struct call *call, const uint8_t hash[PEER_TOKEN],
                                 uint64_t *session)
{
    struct gate *gate = call->gate;
    struct peer *old = idmap_get(&gate->peers_by_token, hash_key(gate, hash));
    bool here = old != NULL && memcmp(old->token_hash, hash, PEER_TOKEN) == 0;
    if (here)
        supersede(gate, old);
    enum session_fate fate = engine_session_find(gate->engine, hash, session);
    if (fate == SESSION_ENDED)
        return HELLO_ENDED;
    return fate == SESSION_ALIVE || here ? HELLO_RESUMED : HELLO_UNKNOWN;
}

static void take_view(struct gate *gate, struct peer *peer)
{
    struct session_view view;
    if (!engine_session_view(gate->engine, peer->session, &view))
        return;
    peer->window = view.window;
    peer->lease_ms = view.lease_ms;
    peer->linger_ms = view.linger_ms;
}

/* Enters the peer into the maps and attaches its session, if it has one. */
static bool attach(struct gate *gate, struct peer *peer)
{
    uint64_t key = hash_key(gate, peer->token_hash);
    if (idmap_get(&gate->peers_by_token, key) != NULL) /* another token has this key */
        return false;
    if (!idmap_reserve(&gate->peers_by_token, NULL))
        return false;
    if (peer->session != 0) {
        if (!idmap_reserve(&gate->peers_by_session, NULL))
            goto err_token;
        if (!liveness_attach(gate->options.liveness, peer->session, gate->now_ms, peer->lease_ms,
                             peer->linger_ms))
            goto err_session;
        idmap_put(&gate->peers_by_session, peer->session, peer);
    }
    peer->hash_key = key;
    idmap_put(&gate->peers_by_token, peer->hash_key, peer);
    return true;
err_session:
    idmap_unreserve(&gate->peers_by_session);
err_token:
    idmap_unreserve(&gate->peers_by_token);
    return false;
}

static ProtobufCBinaryData data_of(struct bytes bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.data};
}

static void welcome(const struct call *call, enum hello_outcome outcome, struct bytes token)
{
    struct gate *gate = call->gate;
    const struct peer *peer = call->peer;
    Wire__Welcome message = WIRE__WELCOME__INIT;
    message.has_outcome = message.has_token = message.has_incarnation = message.has_window = 1;
    message.has_linger_ms = message.has_lease_ms = message.has_frame_limit = 1;
    message.has_version = message.has_state_id = message.has_features = 1;
    message.has_forgotten = 1;
    message.outcome = outcome;
    message.token = data_of(token);
    message.incarnation = engine_incarnation(gate->engine);
    message.window = peer->window;
    message.linger_ms = peer->linger_ms;
    message.lease_ms = peer->lease_ms;
    message.frame_limit = gate->options.limits.frame_bytes;
    message.version = data_of(bytes_text(MGRD_VERSION));
    message.state_id = data_of(bytes_text(gate->options.state_id));
    message.features = data_of(features_text());
    message.forgotten = engine_forgotten(gate->engine);
    buf_reset(&gate->scratch, 4096);
    uint8_t *to = buf_reserve(&gate->scratch, protobuf_c_message_get_packed_size(&message.base));
    if (to == NULL) {
        gate_refuse(call, ERR_NOMEM, "out of memory");
        return;
    }
    gate->scratch.len = protobuf_c_message_pack(&message.base, to);
    gate_answer(call, &(struct result){.kind = RESULT_WELCOME, .body = buf_bytes(&gate->scratch)});
}

void gate_hello(const struct call *call)
{
    const Wire__SessionHello *in = call->request->session_hello;
    struct gate *gate = call->gate;
    struct peer *peer = call->peer;
    uint8_t token[PEER_TOKEN];
    uint64_t session = 0;
    enum hello_outcome outcome = HELLO_NEW;
    if (refuse_crowd(call) || !take_wishes(call, in)) {
        peer->ops->close(peer);
        return;
    }
    if (in->has_token && in->token.len == PEER_TOKEN) {
        memcpy(token, in->token.data, PEER_TOKEN);
        if (token_hash(bytes_of(token, PEER_TOKEN), peer->token_hash))
            outcome = resume(call, peer->token_hash, &session);
    } else if (in->has_token) {
        outcome = HELLO_UNKNOWN;
    }
    bool known = outcome == HELLO_RESUMED;
    if (!known && (getrandom(token, sizeof token, 0) != sizeof token ||
                   !token_hash(bytes_of(token, PEER_TOKEN), peer->token_hash))) {
        gate_refuse(call, ERR_INTERNAL, "no random numbers");
        peer->ops->close(peer);
        return;
    }
    peer->session = known ? session : 0;
    take_view(gate, peer);
    if (!attach(gate, peer)) {
        if (peer->session != 0) /* the session has no connection now: let it linger */
            liveness_detach(gate->options.liveness, peer->session, gate->now_ms);
        peer->session = 0;
        gate_refuse(call, ERR_NOMEM, "out of memory");
        peer->ops->close(peer);
        return;
    }
    peer->state = PEER_OPEN;
    gate->count.logins++;
    gate->count.resumes += known;
    welcome(call, outcome, bytes_of(token, PEER_TOKEN));
}

/* Counts a new session for the user who opened it by the unix socket. False: no memory. */
static bool count_session(struct gate *gate, struct bytes address)
{
    uid_t uid;
    return !user_of_address(address, &uid) || user_enter(&gate->owners, uid) != NULL;
}

/* Uncounts a session that ends. Does nothing if it could not be counted. */
static void uncount_session(struct gate *gate, uint64_t session)
{
    struct session_view view;
    uid_t uid;
    if (engine_session_view(gate->engine, session, &view) && user_of_address(view.address, &uid))
        user_leave(&gate->owners, user_find(&gate->owners, uid));
}

void gate_adopt_session(struct gate *gate, struct peer *peer, uint64_t session)
{
    if (count_session(gate, bytes_text(peer->address)) &&
        idmap_reserve(&gate->peers_by_session, NULL) &&
        liveness_attach(gate->options.liveness, session, gate->now_ms, peer->lease_ms,
                        peer->linger_ms)) {
        peer->session = session;
        idmap_put(&gate->peers_by_session, session, peer);
        return;
    }
    /* A session that liveness does not know would never end: end it now. */
    log_write(gate->options.log, LOG_WARNING, LOG_SESSION,
              LOG_FIELDS(log_text("client", bytes_text(peer->client))),
              "out of memory for a session, closing");
    gate_end_sessions(gate, &session, 1, NULL);
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

/* From now on the connection cannot be found by its token. */
static void unlist(struct gate *gate, struct peer *peer)
{
    if (peer->hash_key != 0 && idmap_get(&gate->peers_by_token, peer->hash_key) == peer)
        idmap_del(&gate->peers_by_token, peer->hash_key);
    peer->hash_key = 0;
}

static void tell_ended(struct gate *gate, uint64_t session, const struct peer *except)
{
    liveness_forget(gate->options.liveness, session);
    uncount_session(gate, session);
    struct peer *peer = idmap_del(&gate->peers_by_session, session);
    if (peer == NULL)
        return;
    peer->session = 0;
    unlist(gate, peer); /* the session had state: its open connection proves nothing any more */
    if (peer == except || peer->state == PEER_CLOSING)
        return;
    gate_push(gate, peer, ERR_SESSION_LOST, "the session has ended");
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

/* The engine remembers no session that ended by bye: its client never comes back to ask. */
static void end_sessions(struct gate *gate, struct command *end, const struct peer *except)
{
    end->kind = COMMAND_SESSION_END;
    end->now_ms = gate->now_ms;
    end->code = ERR_SESSION_LOST;
    for (size_t i = 0; i < end->session_count; i++)
        tell_ended(gate, end->sessions[i], except);
    gate->revision_before = UINT64_MAX;
    (void)commit_apply(gate, end, bytes_of(NULL, 0), &gate->sink); /* gate_background goes on */
    gate->count.sessions_ended += end->session_count;
}

void gate_end_sessions(struct gate *gate, const uint64_t *sessions, size_t count,
                       const struct peer *except)
{
    struct command end = {.sessions = sessions, .session_count = count, .give_back = true};
    end_sessions(gate, &end, except);
}

void gate_end_own_session(struct gate *gate, uint64_t session)
{
    struct command end = {.sessions = &session, .session_count = 1, .bye = true};
    end_sessions(gate, &end, NULL);
}

void gate_bye(const struct call *call)
{
    struct peer *peer = call->peer;
    if (peer->session != 0) {
        uint64_t session = peer->session;
        struct command end = {.sessions = &session,
                              .session_count = 1,
                              .give_back = call->request->session_bye->give_back,
                              .bye = true};
        end_sessions(call->gate, &end, peer);
    }
    gate_answer_done(call);
    if (peer->state != PEER_CLOSING)
        peer->ops->close(peer);
}

void gate_peer_gone(struct gate *gate, struct peer *peer)
{
    unlist(gate, peer);
    if (peer->session != 0) {
        idmap_del(&gate->peers_by_session, peer->session);
        liveness_detach(gate->options.liveness, peer->session, gate->now_ms);
    }
    commit_withdraw(gate, peer);
    forget_output(gate, peer);
    peer->in_cap = 0;
    gate_count_buffers(gate, peer);
}

bool gate_restore_sessions(struct gate *gate, uint64_t now_ms)
{
    struct session_view view;
    uint64_t session = 0;
    while (engine_session_next(gate->engine, &session)) {
        if (!engine_session_view(gate->engine, session, &view))
            continue;
        uint64_t linger_ms = view.linger_ms > COME_BACK_MS ? view.linger_ms : COME_BACK_MS;
        if (!count_session(gate, view.address) ||
            !liveness_attach(gate->options.liveness, session, now_ms, view.lease_ms, linger_ms))
            return false;
        liveness_detach(gate->options.liveness, session, now_ms);
    }
    return true;
}
