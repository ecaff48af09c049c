/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of gate/. */
#ifndef GATE_INTERNAL_H
#define GATE_INTERNAL_H

#include "daemon/engine/idmap.h"
#include "daemon/gate/gate.h"
#include "daemon/gate/user.h"
#include "daemon/journal/journal.h"
#include "wire/proto/decode.h"
#include "wire/proto/ops.h"

enum {
    SESSION_LS_BYTES = 4 * 1024 * 1024, /* session ls stops there, and says so */
    FETCH_BYTES = 512 * 1024,           /* of a snapshot in one reply */
    PROTO_BATCH = 16,                   /* requests decoded before the first of them is executed */
    PROTO_LOGIN_FRAME = 4096,           /* largest frame before the session is open */
    GATE_PROTOCOL = 1,                  /* version of the protocol */
    OP_NUMBER_CREATE = 64,              /* object_create */
};

struct gate_counters {
    uint64_t requests, errors, commands, reads, logins, resumes, broken, superseded, sessions_ended;
    uint64_t crowded_out;  /* connections that were closed because they held most */
    uint64_t refused_work; /* by limits.work, before the engine saw them */
};

struct gate {
    struct gate_options options;
    struct engine *engine;
    struct sink sink;
    const struct journal_marks *marks; /* which replies may leave; of the journal */
    struct peer_list holding;          /* those with replies that may not */
    uint64_t answer_from;              /* revision when the running request began */
    uint64_t now_ms;
    struct buffers buffers;        /* what connections hold */
    size_t crowded_bytes;          /* above, nothing is executed */
    uint64_t crowded_ms;           /* since when; 0: it is not */
    struct idmap peers_by_session; /* attached ones */
    struct idmap peers_by_token;   /* all that are open */
    struct user_list owners;       /* of sessions: the users of the unix socket */
    struct peer *current;          /* whose request is executed */
    uint64_t revision_before;      /* of the command that is executed: later sessions are new */
    struct gate_counters count;
    struct buf scratch; /* results that the gate itself builds */
    uint64_t next_gc_ms;
    uint64_t next_tick_ms;
    bool stopping; /* connections go because the daemon does */
};

/* One decoded request on its way. */
struct call {
    struct gate *gate;
    struct peer *peer;
    const Wire__Request *request;
    const struct op_row *row;
    size_t bytes;           /* of its frame */
    struct bytes body;      /* the request, encoded: what goes into the journal */
    struct command command; /* what the engine gets of it */
};

/* ---- gate.c: one decoded request, and what is none ---- */
void gate_dispatch(struct call *call);
/* The connection lives when the error can be told to the request's id. */
void proto_refuse(struct call *call, enum decode_status status, const struct decode_error *error);
/* The peer sent what is not the protocol: say so once, and never try to find the next frame. */
void gate_break_off(struct gate *gate, struct peer *peer, const char *why);

/* ---- the one way to a change ---- */
extern const struct journal_marks commit_no_journal; /* everything is as durable as it will be */
/* Applied first, then put into the journal, so that only what had an effect is written; the reply
 * waits until that is on the disk (reply.c). request: as it came, of a COMMAND_REQUEST. */
static inline struct applied commit_apply(struct gate *gate, const struct command *command,
                                          struct bytes request, const struct sink *sink)
{
    struct applied applied = engine_apply(gate->engine, command, sink);
    if (gate->options.journal != NULL && applied.first != 0)
        journal_put(gate->options.journal, command, request, &applied);
    return applied;
}
/* False: the disk is full, even what nobody asked for must wait. */
static inline bool commit_possible(const struct gate *gate)
{
    return gate->marks->room != JOURNAL_FULL;
}

/* ---- reply.c: the one way out ---- */
void gate_reply(struct gate *gate, struct peer *peer, const struct completion *completion);
/* The result of a request that the engine does not answer. */
void gate_answer(const struct call *call, const struct result *result);
void gate_answer_value(const struct call *call, const struct buf *value);
void gate_answer_done(const struct call *call);
void gate_refuse(const struct call *call, enum mgr_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void gate_push(struct gate *gate, struct peer *peer, enum mgr_code code, const char *message);
/* Nothing of its output is sent any more, be it ready or held back. */
void peer_forget_output(struct gate *gate, struct peer *peer);
void gate_completion_cb(void *arg, const struct completion *completion);

/* ---- admit.c: decided before apply, which never refuses ---- */
/* False: the request was refused, with its reply. */
bool gate_check_arguments(struct call *call);
bool gate_admit(struct call *call);

/* ---- login.c ---- */
/* Has the library that hashes tokens make itself ready: that takes milliseconds, and nobody should
 * wait for it. False: it cannot. */
bool gate_login_prepare(void);
void gate_hello(const struct call *call);
void gate_bye(const struct call *call);
/* The peer's session became state with the running command. */
void gate_adopt_session(struct gate *gate, struct peer *peer, uint64_t session);
/* Ends sessions in the engine; peers that are attached are told and closed (not the one in except).
 */
void gate_end_sessions(struct gate *gate, const uint64_t *sessions, size_t count,
                       const struct peer *except);
/* Ends one that the daemon made for itself, as Bye does. */
void gate_end_own_session(struct gate *gate, uint64_t session);

/* ---- presence.c ---- */
/* Tells the engine whose connection went or came back since the last time, some of them. */
void gate_presence(struct gate *gate);
/* There is more to be told. */
bool gate_presence_due(const struct gate *gate);

/* ---- own.c: operations of the daemon and of sessions ---- */
void gate_builtin(const struct call *call);

#endif
