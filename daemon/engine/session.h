/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions and their slots: a client's identity, and each request done once. */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include "daemon/engine/engine.h"
#include "daemon/engine/waiter.h"

struct ctx;
struct unacked;
struct object;

enum { SLOT_INLINE = 64 };

/* A reply as reply_put_result wrote it. Short ones need no memory. */
struct saved {
    uint32_t len;
    uint32_t cap; /* bytes at data; 0: it is in near */
    union {
        uint8_t *data; /* owned */
        uint8_t near[SLOT_INLINE];
    };
};

/* The last command of a slot, and what it was answered. Request id uses slot id mod window. */
struct slot {
    uint64_t id; /* 0: never used */
    uint64_t revision;
    struct waiter *waiter; /* it is parked */
    bool forgotten;        /* the client said that it has the reply */
    uint32_t fingerprint;  /* of the operation: what comes with this id again must be the same */
    struct saved reply;
    struct unacked *unacked; /* the reply is made from this item, not saved */
};

/* ENDING_GIVES_BACK: items on their way return; ENDING_BYE: nothing is remembered of it. */
enum session_ending { ENDING = 1, ENDING_GIVES_BACK = 2, ENDING_BYE = 4 };

struct session {
    uint64_t id; /* revision of the step that opened it */
    uint8_t token_hash[32];
    struct session *prev, *next;             /* all, in order of their ids */
    struct bytes client, principal, address; /* owned */
    uint64_t opened_ms, lease_ms, linger_ms;
    uint32_t window;         /* slots, a power of two */
    uint32_t slot_count;     /* allocated: a power of two, grows to the depth used; not state */
    uint8_t ending;          /* flags of enum session_ending; 0: it lives */
    bool away;               /* its connection is gone, see absence.c */
    uint32_t slots_used;     /* slots that hold a command */
    struct slot **slots;     /* each allocated by itself: a waiter points at its slot */
    uint64_t retained_bytes; /* saved replies beyond the inline ones */
    uint64_t acked;
    struct waiter *waiters, *waiters_last;  /* oldest first */
    struct grant *grants, *grants_last;     /* oldest first */
    struct hold *holds, *holds_last;        /* oldest first */
    struct unacked *unacked, *unacked_last; /* items on their way, oldest first */
    uint64_t waiter_count, grant_count, hold_count;
    struct waiter *unmoved;      /* the first one that does not stand as away says; NULL: none */
    struct session *ending_next; /* in a row of those that are ending */
};

struct session_row {
    struct session *first, *last;
};

/* A session keeps an object alive. */
struct hold {
    struct session *session;
    struct object *object;
    uint64_t count;
    struct hold *session_prev, *session_next;
    struct hold *object_prev, *object_next;
    uint64_t order; /* both lists are in this order */
};

/* Opens a session with its first command; id is the command's revision. NULL: no memory. */
struct session *session_new(struct engine *engine, uint64_t id, const struct session_open *open,
                            uint64_t now_ms);
struct session *session_find(const struct engine *engine, uint64_t id);
/* Whether some who wait may be of sessions that are ending. (session_end.c) */
bool sessions_ending_wait(const struct engine *engine);
/* Takes it out and frees it. Waiters, grants and holds must be gone, and absence_forget called.
 * remember: its token hash. */
void session_end(struct engine *engine, struct session *session, bool remember);
/* The same for one whose first command had no effect: it never was. */
void session_undo(struct engine *engine, struct session *session);
/* The engine is being freed: all of them. Waiters, grants and holds must be gone. */
void sessions_free(struct engine *engine);

/* The slot of id, allocated when it is the first use. NULL: no memory. */
struct slot *session_slot(struct engine *engine, struct session *session, uint64_t id)
    __attribute__((warn_unused_result));
/* The slot if it was ever used, else NULL. */
struct slot *session_slot_peek(const struct session *session, uint64_t id);
/* Gives back the slot of a request without effect, if that was its first. */
void session_slot_undo(struct engine *engine, struct session *session, uint64_t id);

/* Tells two operations apart: the number, and a hash of the encoding, the same for ever since it is
 * state. Whatever is longer than 48 bytes counts by its ends and its length. */
uint32_t slot_fingerprint(unsigned number, struct bytes operation);

/* Puts the result into saved: in near, or else in room (cap bytes, taken over; may be NULL). An
 * error that fits in neither loses its texts; anything else must fit. */
void saved_put(struct saved *saved, const struct result *result, uint8_t *room, uint32_t cap);
struct bytes saved_bytes(const struct saved *saved);
void saved_free(struct engine *engine, struct saved *saved);

/* The slot's command is done: takes over the reply. */
void slot_done(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t revision,
               struct saved *reply);
/* It waits. */
void slot_parked(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t revision,
                 struct waiter *waiter);
/* The reply is made from an item that is on its way. */
void slot_unacked(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t revision,
                  struct object *object, struct unacked *unacked);
/* The client has the reply of this one slot. False: nothing new. */
bool slot_acked(struct ctx *ctx, struct session *session, uint64_t id);
/* Forgets the replies of all slots up to acked, in steps from the last call; false: nothing new. */
bool session_acked(struct ctx *ctx, struct session *session, uint64_t acked);

/* Nothing of it may be on its way any more. */
void slots_free(struct engine *engine, struct session *session);

/* With its slots, waiters and grants. load: the objects are there, without content; the waiters are
 * in no queue yet, what is on its way is not linked yet. (session_save.c) */
void session_save(const struct session *session, struct writer *out);
bool session_load(struct engine *engine, struct reader *in);
/* What is on its way, of all sessions; the objects have their content. */
void unacked_save(const struct engine *engine, struct writer *out);
bool unacked_load(struct engine *engine, struct reader *in);

/* For making one: a copy that the session owns (false: no memory); enters it where it is found;
 * frees it when it is not entered. (session.c) */
bool session_copy(struct engine *engine, struct bytes *own, struct bytes run)
    __attribute__((warn_unused_result));
void session_enter(struct engine *engine, struct session *session);
void session_free(struct engine *engine, struct session *session);

#endif
