/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that the engine does not know: of the daemon itself and of its sessions. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/gate/internal.h"
#include "wire/value/value.h"

static struct buf *scratch(const struct call *call)
{
    buf_reset(&call->rpc->scratch, 65536);
    return &call->rpc->scratch;
}

/* 64-bit ids and revisions are text in rows: a JSON reader would round them. */
static void put_id(struct buf *out, const char *key, uint64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, id);
    val_put_field_text(out, key, text);
}

static void ping(const struct call *call)
{
    struct buf *out = scratch(call);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_text(out, "version", MGRD_VERSION);
    val_put_field_text(out, "durability", call->rpc->options.durability);
    val_close(out, dict);
    rpc_answer_value(call, out);
}

static void info(const struct call *call)
{
    const struct limits *limits = &call->rpc->options.limits;
    struct buf *out = scratch(call);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_text(out, "version", MGRD_VERSION);
    val_put_field_text(out, "durability", call->rpc->options.durability);
    val_put_field_text(out, "state_id", call->rpc->options.state_id);
    put_id(out, "incarnation", engine_incarnation(call->rpc->engine));
    put_id(out, "revision", engine_revision(call->rpc->engine));
    call->rpc->options.host.describe(call->rpc->options.host.arg, out);
    val_put_field_uint(out, "limit_frame_bytes", limits->frame_bytes);
    val_put_field_uint(out, "limit_memory_bytes", limits->memory_bytes);
    val_put_field_uint(out, "limit_buffers_bytes", limits->buffers_bytes);
    val_put_field_uint(out, "limit_connections", limits->connections);
    val_put_field_uint(out, "limit_objects", limits->objects);
    val_put_field_uint(out, "limit_sessions", limits->sessions);
    val_put_field_uint(out, "limit_window", limits->window);
    val_put_field_uint(out, "limit_bulk_items", limits->bulk_items);
    val_put_field_uint(out, "limit_work", limits->work);
    val_close(out, dict);
    rpc_answer_value(call, out);
}

static void stat(const struct call *call)
{
    const struct rpc *rpc = call->rpc;
    struct usage usage;
    engine_usage(rpc->engine, &usage);
    struct buf *out = scratch(call);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_uint(out, "requests", rpc->count.requests);
    val_put_field_uint(out, "commands", rpc->count.commands);
    val_put_field_uint(out, "reads", rpc->count.reads);
    val_put_field_uint(out, "errors", rpc->count.errors);
    val_put_field_uint(out, "refused_work", rpc->count.refused_work + usage.refused_work);
    val_put_field_uint(out, "logins", rpc->count.logins);
    val_put_field_uint(out, "resumes", rpc->count.resumes);
    val_put_field_uint(out, "superseded", rpc->count.superseded);
    val_put_field_uint(out, "protocol_errors", rpc->count.broken);
    val_put_field_uint(out, "sessions_ended", rpc->count.sessions_ended);
    val_put_field_uint(out, "buffers_bytes", rpc->buffers.used);
    val_put_field_uint(out, "buffers_peak_bytes", rpc->buffers.peak);
    val_put_field_uint(out, "buffers_closed", rpc->count.crowded_out);
    rpc->options.host.count(rpc->options.host.arg, out);
    val_put_field_uint(out, "sessions", usage.sessions);
    val_put_field_uint(out, "objects", usage.objects);
    val_put_field_uint(out, "anonymous_objects", usage.anonymous);
    val_put_field_uint(out, "waiters", usage.waiters);
    val_put_field_uint(out, "grants", usage.grants);
    val_put_field_uint(out, "memory_bytes", usage.bytes);
    val_put_field_uint(out, "memory_blocks", usage.blocks);
    val_close(out, dict);
    rpc_answer_value(call, out);
}

static void reload(const struct call *call)
{
    struct rpc *rpc = call->rpc;
    struct buf report;
    buf_init(&report);
    if (rpc->options.host.reload(rpc->options.host.arg, &report)) {
        struct buf *out = scratch(call);
        val_put_str(out, buf_bytes(&report));
        rpc_answer_value(call, out);
    } else {
        rpc_refuse(call, ERR_VALUE, "the old configuration stays: %.*s", (int)report.len,
                   (const char *)report.data);
    }
    buf_free(&report);
}

static void save(const struct call *call)
{
    uint64_t number = call->rpc->options.host.save(call->rpc->options.host.arg);
    struct buf *out = scratch(call);
    if (number == 0) {
        rpc_refuse(call, ERR_RUNTIME, "the daemon keeps nothing (journal.mode: memory)");
        return;
    }
    val_put_uint(out, number);
    rpc_answer_value(call, out);
}

static void answer_part(const struct call *call, const struct rpc_part *part)
{
    struct buf *out = scratch(call);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_uint(out, "snapshot", part->number);
    val_put_field_uint(out, "bytes", part->total);
    struct buf value;
    buf_init(&value);
    val_put_bytes(&value, buf_bytes(part->out));
    val_put_field(out, "part", buf_bytes(&value));
    out->failed |= value.failed;
    buf_free(&value);
    val_close(out, dict);
    rpc_answer_value(call, out);
}

static void fetch(const struct call *call)
{
    const Wire__ServerFetch *in = call->request->server_fetch;
    const struct rpc_host *host = &call->rpc->options.host;
    struct buf bytes, why;
    struct rpc_part part = {.number = in->snapshot,
                            .offset = in->has_offset ? in->offset : 0,
                            .limit =
                                in->has_limit && in->limit < FETCH_BYTES ? in->limit : FETCH_BYTES,
                            .out = &bytes};
    buf_init(&bytes);
    buf_init(&why);
    enum mgr_code code = host->fetch(host->arg, &part, &why);
    if (code != ERR_NONE)
        rpc_refuse(call, code, "%.*s", (int)why.len, (const char *)why.data);
    else if (part.number == 0)
        rpc_answer(call, &(struct result){.kind = RESULT_VALUE, .value = VAL_NONE_BYTES});
    else
        answer_part(call, &part);
    buf_free(&bytes);
    buf_free(&why);
}

static void cancel(const struct call *call)
{
    struct rpc *rpc = call->rpc;
    struct command command = {
        .kind = COMMAND_CANCEL,
        .now_ms = rpc->now_ms,
        .session = call->peer->session,
        .id = call->request->session_cancel->id,
        .code = ERR_CANCELLED,
    };
    bool cancelled = false;
    rpc->revision_before = UINT64_MAX;
    if (command.session != 0)
        cancelled =
            rpc_apply(rpc, &command, bytes_of(NULL, 0), &rpc->sink).outcome == OUTCOME_EFFECT;
    rpc_answer(call, &(struct result){.kind = RESULT_VALUE, .value = val_bool(cancelled)});
}

static void put_session(const struct call *call, struct buf *out, uint64_t session)
{
    struct session_view view;
    if (!engine_session_view(call->rpc->engine, session, &view))
        return;
    size_t item = val_open_item(out);
    size_t dict = val_open(out, VAL_DICT);
    put_id(out, "session", view.id);
    val_put_field_str(out, "client", view.client);
    val_put_field_str(out, "address", view.address);
    val_put_field_bool(out, "attached", idmap_get(&call->rpc->peers_by_session, session) != NULL);
    val_put_field_uint(out, "age_ms", call->rpc->now_ms - view.opened_ms);
    val_put_field_uint(out, "linger_ms", view.linger_ms);
    val_put_field_uint(out, "lease_ms", view.lease_ms);
    val_put_field_uint(out, "waiters", view.waiters);
    val_put_field_uint(out, "grants", view.grants);
    val_put_field_uint(out, "holds", view.holds);
    val_put_field_uint(out, "retained_bytes", view.retained_bytes);
    val_close(out, dict);
    val_close(out, item);
}

/* The last row of a list that was cut. */
static void put_more(struct buf *out, uint64_t count)
{
    size_t item = val_open_item(out);
    size_t dict = val_open(out, VAL_DICT);
    val_put_field_uint(out, "more", count);
    val_close(out, dict);
    val_close(out, item);
}

static void ls(const struct call *call)
{
    struct buf *out = scratch(call);
    uint64_t session = 0, count = 0;
    struct usage usage;
    size_t half = call->rpc->options.limits.frame_bytes / 2;
    size_t most = half < SESSION_LS_BYTES ? half : SESSION_LS_BYTES;
    size_t list = val_open(out, VAL_LIST);
    for (; out->len < most && engine_session_next(call->rpc->engine, &session); count++)
        put_session(call, out, session);
    engine_usage(call->rpc->engine, &usage);
    if (out->len >= most && usage.sessions > count)
        put_more(out, usage.sessions - count);
    val_close(out, list);
    rpc_answer_value(call, out);
}

static void kill_session(const struct call *call)
{
    uint64_t session = call->request->session_kill->session;
    struct session_view view;
    if (!engine_session_view(call->rpc->engine, session, &view)) {
        rpc_refuse(call, ERR_NO_SUCH_SESSION, "no session %" PRIu64, session);
        return;
    }
    log_write(call->rpc->options.log, LOG_INFO, LOG_SESSION,
              LOG_FIELDS(log_number("session", (int64_t)session),
                         log_text("by", bytes_text(call->peer->client))),
              "session killed");
    rpc_end_sessions(call->rpc, &session, 1, call->peer);
    rpc_answer_done(call);
}

static void shutdown_daemon(const struct call *call)
{
    log_write(call->rpc->options.log, LOG_INFO, LOG_SERVER,
              LOG_FIELDS(log_text("client", bytes_text(call->peer->client)),
                         log_text("address", bytes_text(call->peer->address)),
                         log_number("session", (int64_t)call->peer->session)),
              "shutdown asked for");
    rpc_answer_done(call);
    call->rpc->options.host.shutdown(call->rpc->options.host.arg);
}

static void heartbeat(const struct call *call)
{
    if (call->peer->session != 0)
        liveness_touch(call->rpc->options.liveness, call->peer->session, call->rpc->now_ms);
    rpc_answer_done(call);
}

typedef void own_fn(const struct call *call);

static own_fn *const own[64] = {
    [WIRE__REQUEST__OP_SERVER_PING] = ping,
    [WIRE__REQUEST__OP_SERVER_INFO] = info,
    [WIRE__REQUEST__OP_SERVER_STAT] = stat,
    [WIRE__REQUEST__OP_SERVER_RELOAD] = reload,
    [WIRE__REQUEST__OP_SERVER_SHUTDOWN] = shutdown_daemon,
    [WIRE__REQUEST__OP_SERVER_SAVE] = save,
    [WIRE__REQUEST__OP_SERVER_FETCH] = fetch,
    [WIRE__REQUEST__OP_SESSION_HELLO] = rpc_hello,
    [WIRE__REQUEST__OP_SESSION_BYE] = rpc_bye,
    [WIRE__REQUEST__OP_SESSION_HEARTBEAT] = heartbeat,
    [WIRE__REQUEST__OP_SESSION_CANCEL] = cancel,
    [WIRE__REQUEST__OP_SESSION_LS] = ls,
    [WIRE__REQUEST__OP_SESSION_KILL] = kill_session,
};

void rpc_own(const struct call *call)
{
    own_fn *fn = own[call->row->number];
    if (fn == NULL)
        rpc_refuse(call, ERR_UNIMPLEMENTED, "%s %s is not implemented", call->row->type,
                   call->row->method);
    else
        fn(call);
}
