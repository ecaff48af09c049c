/* SPDX-License-Identifier: BSD-2-Clause */
/* The deterministic core: commands change the state, reads do not, both answer through a sink.
 *
 * No clock, no I/O, no randomness: time comes inside commands, and the same commands give the same
 * state and the same completions, byte for byte, whatever the hash key. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "daemon/engine/limits.h"
#include "wire/proto/ops.h"
#include "wire/proto/reply.h"

struct engine;
struct handlers; /* daemon/engine/core.h; objects/ exports one */

/* Behaviour version: handlers whose behaviour changed branch on it, so that old commands replay. */
enum { ENGINE_VERSION = 1 };

struct engine_options {
    uint8_t hash_key[16]; /* random; reaches neither state nor digest */
    struct limits limits; /* for admission only; reach neither state nor digest */
    uint32_t ended_ring;  /* ended sessions that are remembered, for tests; 0: ENDED_RING. Reaches
                             the state: the same for all who apply the same commands */
};

/* Waiters told by one command at most, see COMMAND_REST. */
enum { SLICE_MAX = 1000 };

/* Grants, holds and items on their way that one SESSION_END takes away at most. */
enum { SESSION_END_MAX = 1000 };

/* Waiters that one AWAY or BACK moves at most. */
enum { AWAY_MAX = 1000 };

enum command_kind {
    COMMAND_BOOT = 1,    /* the daemon started: first command ever, and after each restart */
    COMMAND_REQUEST,     /* an operation of a session */
    COMMAND_CANCEL,      /* one waiter leaves with an error */
    COMMAND_ACK,         /* a session has the replies up to an id */
    COMMAND_SESSION_END, /* sessions end; cut at SESSION_END_MAX grants: REST goes on */
    COMMAND_TICK,        /* fires what is due at now_ms */
    COMMAND_GC,          /* one slice of collecting unreferenced anonymous objects */
    COMMAND_VERSION,     /* raises the behaviour version */
    COMMAND_AWAY,        /* the connections of sessions that wait are gone: they are passed over */
    COMMAND_BACK,        /* they are there again; both are cut, as SESSION_END is */
    COMMAND_REST,        /* one slice of what earlier commands have left to be done */
};

/* A session that becomes state with its first command. */
struct session_open {
    uint8_t token_hash[32]; /* SHA-256 of the resume token */
    struct bytes client;    /* name it gave itself */
    struct bytes principal; /* user; empty until there are users */
    struct bytes address;   /* where it came from, for people */
    uint32_t window;        /* slots, a power of two >= 1 */
    uint64_t lease_ms;      /* 0: none */
    uint64_t linger_ms;
};

/* What was found out about a request before its turn came, so that it is looked up once, and memory
 * is on its way meanwhile. op, key and hash stay true; the rest is a guess by the time the request
 * runs, which then looks again. */
struct hint {
    const struct op_row *op; /* its row of the op table; NULL: there is no such operation */
    struct bytes key;        /* the key that it will look for; data NULL: nothing is known */
    uint64_t hash;           /* of that key */
    struct object *object;   /* what its name means; NULL: nothing is known */
    uint64_t unlinked; /* objects that had gone until then: while it is as many, object lives */
    uint32_t place;    /* where the entry may be */
    bool guessed;      /* place is set */
};

struct command {
    enum command_kind kind;
    uint64_t now_ms;                 /* engine time; never goes back */
    uint64_t session;                /* REQUEST, CANCEL, ACK: 0 with REQUEST and open */
    const struct session_open *open; /* REQUEST: makes the session, when session is 0 */
    const Wire__Request *request;    /* REQUEST; decoded, values checked (val_check) */
    struct bytes operation;          /* REQUEST: the encoding of its operation alone, as it came */
    bool has_refs;                   /* REQUEST: some value in it holds a ref */
    const struct hint *hint;         /* REQUEST: may be NULL */
    uint64_t work;                   /* REQUEST: steps of limits.work that checking it took */
    uint64_t id;                     /* CANCEL: of the waiting request; ACK: acked up to here */
    uint64_t slot_id;                /* ACK: this one too, 0: none */
    bool give_back;                  /* SESSION_END: items on their way return to where they were */
    bool bye;                        /* SESSION_END: its client said so, and does not come back */
    enum mgr_code code;              /* CANCEL, SESSION_END: what the waiters are told */
    const uint64_t *sessions;        /* SESSION_END, AWAY, BACK */
    size_t session_count;
    uint64_t revision_floor; /* BOOT: revisions start above max(last, this) (wall clock, ns) */
    uint64_t incarnation;    /* BOOT */
    uint32_t version;        /* BOOT, VERSION */
};

enum outcome {
    OUTCOME_NONE,   /* no effect: answered like a read, nothing to journal */
    OUTCOME_EFFECT, /* state changed */
    OUTCOME_PARKED, /* waits: its completion comes later */
    OUTCOME_AGAIN,  /* known id: answered from the slot, or attached to the parked one */
    OUTCOME_LOST,   /* below the slot: answered INDETERMINATE */
    OUTCOME_NOMEM,  /* not applied, answered NOMEM */
};

struct applied {
    enum outcome outcome;
    uint64_t session; /* REQUEST: of the session, also when this command opened it; 0: still none */
    uint64_t renewed; /* REQUEST: the session whose lease is to start again; 0: none */
    uint64_t first;   /* revisions first..last were taken; 0, 0 when none */
    uint64_t last;
    bool more; /* SESSION_END, TICK, AWAY, BACK, GC, REST: apply the same command to go on */
};

/* One reply. Borrowed for the time of the call. */
struct completion {
    uint64_t session;            /* 0: the session of the command has no state */
    uint64_t id;                 /* of the request */
    uint64_t revision;           /* of the step, or the current one for what had no effect */
    uint64_t changed_at;         /* last change of the object it shows; revision when several */
    const struct result *result; /* NULL: use encoded */
    struct bytes encoded;        /* the reply as a slot kept it (reply_put_result) */
};

struct sink {
    void (*done)(void *arg, const struct completion *completion);
    void *arg;
};

struct engine *engine_new(const struct handlers *handlers, const struct engine_options *options);
void engine_free(struct engine *engine);
/* SIPHASH_KEY_LEN bytes: for whatever else in the process looks up what clients choose. */
const uint8_t *engine_hash_key(const struct engine *engine);
/* For what is executed from now on; NULL: everything is allowed, as in a replay. */
void engine_set_limits(struct engine *engine, const struct limits *limits);

/* Applies one command; completions go to the sink in step order. */
struct applied engine_apply(struct engine *engine, const struct command *command,
                            const struct sink *sink);

/* Answers a REQUEST whose operation changes nothing. */
void engine_read(struct engine *engine, const struct command *command, const struct sink *sink);

/* Fills in the hint of a request, whose values need not be checked yet. A batch of requests is
 * executed faster when that was done for each, and then hint_follow was called HINT_STEPS times for
 * each that has a key, before the first of them is executed. */
enum { HINT_STEPS = 3 };
void engine_prefetch(const struct engine *engine, const Wire__Request *request, struct hint *hint);
void hint_follow(struct hint *hint, unsigned step);

/* What a request without effect acknowledges: true when an item on its way is among it, and the
 * command to be applied is filled in. */
bool engine_wants_ack(const struct engine *engine, uint64_t session, const Wire__Request *request,
                      struct command *ack);
/* The session that owns the grant of this token; 0: none. */
uint64_t engine_owner(const struct engine *engine, uint64_t token);

/* The request needs engine_apply: it changes something, or it may wait. op: its row, if any. */
bool engine_is_command(const struct op_row *op, const Wire__Request *request);

/* Engine time of the next timer; UINT64_MAX when there is none. */
uint64_t engine_due(const struct engine *engine);
uint64_t engine_now(const struct engine *engine);
uint64_t engine_revision(const struct engine *engine);
uint64_t engine_incarnation(const struct engine *engine);
/* The behaviour version of the state, which commands follow; the newest one that this engine knows.
 */
uint32_t engine_version(const struct engine *engine);
uint32_t engine_newest_version(const struct engine *engine);
bool engine_wants_gc(const struct engine *engine);
/* Some are still to be told, or some sessions still ending: REST goes on. */
bool engine_wants_rest(const struct engine *engine);

/* Gives back memory of what was deleted, about budget blocks of it; true: there is more. Not state.
 */
bool engine_reclaim(struct engine *engine, size_t budget);

/* Sessions, for gate. */
enum session_fate { SESSION_UNKNOWN, SESSION_ALIVE, SESSION_ENDED };
enum session_fate engine_session_find(const struct engine *engine, const uint8_t token_hash[32],
                                      uint64_t *session);
struct session_view {
    uint64_t id, opened_ms, lease_ms, linger_ms, retained_bytes, waiters, grants, holds;
    uint32_t window;
    bool away; /* its connection is gone, and it waits */
    struct bytes client, principal, address;
};
/* The revision at which the last of the ended sessions ended that are not remembered any more; 0:
 * all are. A session that was seen at this revision or later, and is SESSION_UNKNOWN, never was
 * state; see resume_tokens.c. Those that ended by Bye are not remembered, nor counted. */
uint64_t engine_forgotten(const struct engine *engine);
/* False: there is none, or it is ending. */
bool engine_session_view(const struct engine *engine, uint64_t session, struct session_view *view);
/* Its retained_bytes alone; 0 when there is no such session. */
uint64_t engine_session_retained(const struct engine *engine, uint64_t session);
/* Sessions that live in order of their ids: 0 first; false at the end. */
bool engine_session_next(const struct engine *engine, uint64_t *session);

struct usage {
    uint64_t bytes; /* memory of the state, what waits to be reclaimed included */
    uint64_t blocks;
    uint64_t objects;
    uint64_t anonymous;
    uint64_t sessions;
    uint64_t waiters;
    uint64_t grants;
    uint64_t timers;
    uint64_t refused_work; /* requests refused by limits.work so far */
};
void engine_usage(const struct engine *engine, struct usage *usage);

/* Memory the REQUEST may take at most, beside its own size: for admission. */
size_t engine_growth(const struct engine *engine, const struct command *command);

/* Looks up a name or "~TYPE-ID"; 0 when there is none. Puts the name an object goes by. */
uint64_t engine_object_id(const struct engine *engine, struct bytes name);
bool engine_object_name(const struct engine *engine, uint64_t id, struct buf *out);

struct reader;
struct writer;
/* The whole state in its order, without addresses and memory counts; each object behind its length.
 * load: into a new engine, which then does what the saved one would do; false: reader_ok says
 * whether that was for want of memory, and the engine is only good to be freed. */
void engine_save(const struct engine *engine, struct writer *out);
bool engine_load(struct engine *engine, struct reader *in) __attribute__((warn_unused_result));

/* SHA-256 over the whole state in its order: equal states give equal digests. False: no memory for
 * the hash; then it is zeros, which say nothing. */
bool engine_digest(const struct engine *engine, uint8_t digest[32]);

#endif
