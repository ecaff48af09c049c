/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's internals, shared by the files of gate/. */
#ifndef GATE_INTERNAL_H
#define GATE_INTERNAL_H

#include "daemon/engine/idmap.h"
#include "daemon/gate/call.h"
#include "daemon/gate/user.h"
#include "daemon/journal/journal.h"
#include "wire/proto/ops.h"

enum {
    SESSION_LS_BYTES = 4 * 1024 * 1024, /* maximum size of the list of session ls */
    FETCH_BYTES = 512 * 1024,           /* part of a snapshot in one reply */
    GATE_PROTOCOL = 1,                  /* protocol version */
};

struct gate_counters {
    uint64_t requests, errors, commands, reads, logins, resumes, broken, superseded, sessions_ended;
    uint64_t crowded_out;  /* largest connections closed because buffers were full */
    uint64_t refused_work; /* requests refused by limits.work before the engine saw them */
};

struct gate {
    struct gate_options options;
    struct engine *engine;
    struct sink sink;
    const struct journal_marks *marks; /* which replies may leave; owned by the journal */
    struct peer_list holding;          /* peers with held replies */
    uint64_t answer_from;              /* revision when the running request started */
    uint64_t now_ms;
    struct buffers buffers;        /* memory of connections */
    size_t crowded_bytes;          /* above this, only small requests are executed */
    size_t light_bytes;            /* above this, no request is executed */
    uint64_t crowded_ms;           /* since when above crowded_bytes; 0: not above */
    struct idmap peers_by_session; /* attached peers */
    struct idmap peers_by_token;   /* all open peers */
    struct user_list owners;       /* sessions per user of the unix socket */
    struct peer *current;          /* peer whose request is executed */
    uint64_t revision_before;      /* before the running command: later sessions are new */
    struct gate_counters count;
    struct buf scratch; /* for results that the gate itself builds */
    uint64_t next_gc_ms;
    uint64_t next_tick_ms;
    bool stopping; /* the daemon is stopping and closes its connections */
};

/* ---- reply.c: the only way out ---- */
void gate_reply(struct gate *gate, struct peer *peer, const struct completion *completion);
/* Replies to a request that the gate itself executes. */
void gate_answer(const struct call *call, const struct result *result);
void gate_answer_value(const struct call *call, const struct buf *value);
void gate_answer_done(const struct call *call);
void gate_push(struct gate *gate, struct peer *peer, enum mgr_code code, const char *message);
void gate_completion_cb(void *arg, const struct completion *completion);

/* ---- admit.c: decides before the engine applies, which never refuses ---- */
/* False: the request was refused and the reply is sent. */
bool gate_check_arguments(struct call *call);
bool gate_admit(struct call *call);

/* ---- login.c ---- */
/* Makes the token hash library initialise itself: that takes milliseconds, which no client
 * should wait for. False: it failed. */
bool gate_login_prepare(void);
void gate_hello(const struct call *call);
void gate_bye(const struct call *call);
/* The running command has created the peer's session. */
void gate_adopt_session(struct gate *gate, struct peer *peer, uint64_t session);
/* Ends sessions in the engine; their attached peers (except `except`) are told and closed. */
void gate_end_sessions(struct gate *gate, const uint64_t *sessions, size_t count,
                       const struct peer *except);
/* Ends a session that the daemon made for itself, as a bye does. */
void gate_end_own_session(struct gate *gate, uint64_t session);

/* ---- presence.c ---- */
/* Tells the engine about some of the connections that came or went since the last call. */
void gate_presence(struct gate *gate);
/* Whether there is more to tell. */
bool gate_presence_due(const struct gate *gate);

/* ---- builtin.c: operations on the daemon and on sessions ---- */
void gate_builtin(const struct call *call);

#endif
