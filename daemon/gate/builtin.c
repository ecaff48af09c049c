/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on the daemon itself and on its sessions, which the engine does not know. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/gate/commit.h"
#include "wire.pb-c.h"
#include "wire/value/value.h"

static struct buf *scratch(const struct call *call)
{
    buf_reset(&call->gate->scratch, 65536);
    return &call->gate->scratch;
}

/* Ids and revisions of 64 bits are written as text: a JSON reader would round them. */
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
    val_put_field_text(out, "durability", call->gate->options.durability);
    val_close(out, dict);
    gate_answer_value(call, out);
}

/* The server puts all rows, its own and those of every module. */
static void answer_rows(const struct call *call, gate_rows_fn *put)
{
    struct buf *out = scratch(call);
    size_t dict = val_open(out, VAL_DICT);
    put(call->gate->options.host.arg, out);
    val_close(out, dict);
    gate_answer_value(call, out);
}

static void info(const struct call *call)
{
    answer_rows(call, call->gate->options.host.describe);
}

static void stat(const struct call *call)
{
    answer_rows(call, call->gate->options.host.count);
}

static void reload(const struct call *call)
{
    struct gate *gate = call->gate;
    struct buf report;
    buf_init(&report);
    if (gate->options.host.reload(gate->options.host.arg, &report)) {
        struct buf *out = scratch(call);
        val_put_str(out, buf_bytes(&report));
        gate_answer_value(call, out);
    } else {
        gate_refuse(call, ERR_VALUE, "the old configuration stays: %.*s", (int)report.len,
                    (const char *)report.data);
    }
    buf_free(&report);
}

static void save(const struct call *call)
{
    uint64_t number = call->gate->options.host.save(call->gate->options.host.arg);
    struct buf *out = scratch(call);
    if (number == 0) {
        gate_refuse(call, ERR_RUNTIME, "there is no journal (journal.mode: memory)");
        return;
    }
    val_put_uint(out, number);
    gate_answer_value(call, out);
}

static void answer_part(const struct call *call, const struct snapshot_part *part)
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
    gate_answer_value(call, out);
}

static void fetch(const struct call *call)
{
    const Wire__ServerFetch *in = call->request->server_fetch;
    const struct gate_host *host = &call->gate->options.host;
    struct buf bytes, why;
    struct snapshot_part part = {.number = in->snapshot,
                                 .offset = in->has_offset ? in->offset : 0,
                                 .limit = in->has_limit && in->limit < FETCH_BYTES ? in->limit
                                                                                   : FETCH_BYTES,
                                 .out = &bytes};
    buf_init(&bytes);
    buf_init(&why);
    enum mgr_code code = host->fetch(host->arg, &part, &why);
    if (code != ERR_NONE)
        gate_refuse(call, code, "%.*s", (int)why.len, (const char *)why.data);
    else if (part.number == 0)
        gate_answer(call, &(struct result){.kind = RESULT_VALUE, .value = VAL_NONE_BYTES});
    else
        answer_part(call, &part);
    buf_free(&bytes);
    buf_free(&why);
}

static void cancel(const struct call *call)
{
    struct gate *gate = call->gate;
    struct command command = {
        .kind = COMMAND_CANCEL,
        .now_ms = gate->now_ms,
        .session = call->peer->session,
        .id = call->request->session_cancel->id,
        .code = ERR_CANCELLED,
    };
    bool cancelled = false;
    gate->revision_before = UINT64_MAX;
    if (command.session != 0)
        cancelled =
            commit_apply(gate, &command, bytes_of(NULL, 0), &gate->sink).outcome == OUTCOME_EFFECT;
    gate_answer(call, &(struct result){.kind = RESULT_VALUE, .value = val_bool(cancelled)});
}

static void put_session(const struct call *call, struct buf *out, uint64_t session)
{
    struct session_view view;
    if (!engine_session_view(call->gate->engine, session, &view))
        return;
    size_t item = val_open_item(out);
    size_t dict = val_open(out, VAL_DICT);
    put_id(out, "session", view.id);
    val_put_field_str(out, "client", view.client);
    val_put_field_str(out, "address", view.address);
    val_put_field_bool(out, "attached", idmap_get(&call->gate->peers_by_session, session) != NULL);
    val_put_field_uint(out, "age_ms", call->gate->now_ms - view.opened_ms);
    val_put_field_uint(out, "linger_ms", view.linger_ms);
    val_put_field_uint(out, "lease_ms", view.lease_ms);
    val_put_field_uint(out, "waiters", view.waiters);
    val_put_field_uint(out, "grants", view.grants);
    val_put_field_uint(out, "holds", view.holds);
    val_put_field_uint(out, "retained_bytes", view.retained_bytes);
    val_close(out, dict);
    val_close(out, item);
}

/* The last row of a truncated list: how many more there are. */
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
    size_t half = call->gate->options.limits.frame_bytes / 2;
    size_t most = half < SESSION_LS_BYTES ? half : SESSION_LS_BYTES;
    size_t list = val_open(out, VAL_LIST);
    for (; out->len < most && engine_session_next(call->gate->engine, &session); count++)
        put_session(call, out, session);
    engine_usage(call->gate->engine, &usage);
    if (out->len >= most && usage.sessions > count)
        put_more(out, usage.sessions - count);
    val_close(out, list);
    gate_answer_value(call, out);
}

static void kill_session(const struct call *call)
{
    uint64_t session = call->request->session_kill->session;
    struct session_view view;
    if (!engine_session_view(call->gate->engine, session, &view)) {
        gate_refuse(call, ERR_NO_SUCH_SESSION, "no session %" PRIu64, session);
        return;
    }
    log_write(call->gate->options.log, LOG_INFO, LOG_SESSION,
              LOG_FIELDS(log_number("session", (int64_t)session),
                         log_text("by", bytes_text(call->peer->client))),
              "session killed");
    gate_end_sessions(call->gate, &session, 1, call->peer);
    gate_answer_done(call);
}

static void shutdown_daemon(const struct call *call)
{
    log_write(call->gate->options.log, LOG_INFO, LOG_SERVER,
              LOG_FIELDS(log_text("client", bytes_text(call->peer->client)),
                         log_text("address", bytes_text(call->peer->address)),
                         log_number("session", (int64_t)call->peer->session)),
              "shutdown asked for");
    gate_answer_done(call);
    call->gate->options.host.shutdown(call->gate->options.host.arg);
}

static void heartbeat(const struct call *call)
{
    if (call->peer->session != 0)
        liveness_touch(call->gate->options.liveness, call->peer->session, call->gate->now_ms);
    gate_answer_done(call);
}

typedef void builtin_fn(const struct call *call);

static builtin_fn *const own[64] = {
    [WIRE__REQUEST__OP_SERVER_PING] = ping,
    [WIRE__REQUEST__OP_SERVER_INFO] = info,
    [WIRE__REQUEST__OP_SERVER_STAT] = stat,
    [WIRE__REQUEST__OP_SERVER_RELOAD] = reload,
    [WIRE__REQUEST__OP_SERVER_SHUTDOWN] = shutdown_daemon,
    [WIRE__REQUEST__OP_SERVER_SAVE] = save,
    [WIRE__REQUEST__OP_SERVER_FETCH] = fetch,
    [WIRE__REQUEST__OP_SESSION_HELLO] = gate_hello,
    [WIRE__REQUEST__OP_SESSION_BYE] = gate_bye,
    [WIRE__REQUEST__OP_SESSION_HEARTBEAT] = heartbeat,
    [WIRE__REQUEST__OP_SESSION_CANCEL] = cancel,
    [WIRE__REQUEST__OP_SESSION_LS] = ls,
    [WIRE__REQUEST__OP_SESSION_KILL] = kill_session,
};

void gate_builtin(const struct call *call)
{
    builtin_fn *fn = own[call->row->number];
    if (fn == NULL)
        gate_refuse(call, ERR_UNIMPLEMENTED, "%s %s is not implemented", call->row->type,
                    call->row->method);
    else
        fn(call);
}
