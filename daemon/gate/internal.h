/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of gate/. */
#ifndef GATE_INTERNAL_H
#define GATE_INTERNAL_H

#include "daemon/engine/idmap.h"
#include "daemon/gate/call.h"
#include "daemon/gate/user.h"
#include "daemon/journal/journal.h"
#include "wire/proto/ops.h"

enum {
    SESSION_LS_BYTES = 4 * 1024 * 1024, /* session ls stops there, and says so */
    FETCH_BYTES = 512 * 1024,           /* of a snapshot in one reply */
    GATE_PROTOCOL = 1,                  /* version of the protocol */
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
    size_t crowded_bytes;          /* above, only light connections' requests are executed */
    size_t light_bytes;            /* above, nothing is executed */
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

/* ---- reply.c: the one way out ---- */
void gate_reply(struct gate *gate, struct peer *peer, const struct completion *completion);
/* The result of a request that the engine does not answer. */
void gate_answer(const struct call *call, const struct result *result);
void gate_answer_value(const struct call *call, const struct buf *value);
void gate_answer_done(const struct call *call);
void gate_push(struct gate *gate, struct peer *peer, enum mgr_code code, const char *message);
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
