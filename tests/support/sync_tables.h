/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of the model of the synchronisation types, and what its parts share. */
#ifndef TESTS_SUPPORT_SYNC_TABLES_H
#define TESTS_SUPPORT_SYNC_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/must.h"
#include "wire/proto/ops.h"
#include "wire/proto/reply.h"

enum {
    SYNC_CLIENTS = 8,
    SYNC_OBJECTS = 13,
    SYNC_WAITERS = 160,
    SYNC_GRANTS = 256,
    SYNC_ITEMS = 256,
    SYNC_VALUES = 3,
    SYNC_NOBODY = -1,
};

/* Who waits for what at an object. */
enum sync_line {
    LINE_WAIT, /* event, barrier, condition: to be notified */
    LINE_OWN,  /* lock, rlock, semaphore, condition's lock */
    LINE_PUT,  /* queue; pipe: sends at end 1 */
    LINE_PUT2, /* pipe: sends at end 2 */
    LINE_GET,  /* queue; pipe: receives at end 1 */
    LINE_GET2,
    LINE_POLL,
    LINE_POLL2,
    LINE_JOIN,
};

struct sync_params {
    unsigned type;
    uint64_t number; /* permits, parties, maxsize */
    bool bounded, one_way, set;
    enum { SYNC_FIFO, SYNC_LIFO, SYNC_PRIORITY } kind;
    int lock;             /* condition: the object; SYNC_NOBODY: its own */
    uint64_t patience_ms; /* 0: none */
};

struct sync_request {
    unsigned who, object;
    unsigned op;                                  /* number */
    uint64_t id, acked, holder, wait_ms, require; /* require: a token, 0: none */
    bool has_token, has_permits, any, reserve, immediate;
    uint64_t token, permits, delay_ms, then_ms;
    unsigned to, end; /* to: object, 0 with has_to false */
    bool has_to;
    unsigned count; /* of values */
    int64_t values[SYNC_VALUES];
};

struct sync_object {
    bool used;
    struct sync_params is;
    bool set, broken, shut, shut_at_once;
    bool lock_gone;     /* condition: its lock was deleted */
    bool closed[3];     /* ends of a pipe, from 1 */
    uint64_t abandoned; /* token of the owner that died */
    uint64_t generation;
    uint64_t unfinished;
    bool marked;
};

struct sync_waiter {
    bool used, notified, reserve;
    unsigned who, object;
    enum sync_line line;
    uint64_t id, holder, place; /* in its line, by size */
    uint64_t until_ms, timer;   /* UINT64_MAX: none; which of equal ones is first */
    uint64_t then_ms;           /* UINT64_MAX: none */
    uint64_t want;              /* permits, depth, index */
    int condition;              /* one that was in its line: object */
    uint64_t condition_made;
    unsigned count;
    int64_t values[SYNC_VALUES];
};

struct sync_grant {
    bool used;
    unsigned who, object;
    uint64_t holder, count, token, born;
};

enum sync_state { ITEM_READY, ITEM_HELD, ITEM_RESERVED, ITEM_DELAYED };

struct sync_item {
    bool used, redelivered;
    unsigned object, end; /* end: of a pipe, where it is received */
    enum sync_state state;
    int64_t value;
    uint64_t place, attempts;
    uint64_t until_ms, timer;
    unsigned who; /* HELD, RESERVED */
    uint64_t id;  /* of the reply that gave it; 0: that one cannot be told again */
    int grant;    /* RESERVED */
};

/* Something that somebody must be told. */
struct sync_says {
    unsigned who, object;
    enum sync_line line;
    bool own; /* the request's own reply */
    uint64_t id;
    enum result_kind kind;
    enum mgr_code code;
    enum { SAYS_NOTHING, SAYS_BOOL, SAYS_INT, SAYS_ITEM } value;
    int64_t number;
    bool lost, redelivered;
    int grant;      /* its token is to be this grant's; SYNC_NOBODY: 0 */
    bool new_grant; /* the token is the revision of the reply */
    uint64_t depth, previous_token, attempts;
    bool matched;
};

struct sync_model {
    uint64_t now_ms, revision;
    uint64_t order; /* of everything that has one */
    struct sync_object objects[SYNC_OBJECTS];
    uint64_t made[SYNC_OBJECTS]; /* order */
    struct sync_waiter waiters[SYNC_WAITERS];
    struct sync_grant grants[SYNC_GRANTS];
    struct sync_item items[SYNC_ITEMS];
    unsigned waiters_top, grants_top, items_top; /* nothing used from there on */
    uint64_t lease_ms[SYNC_CLIENTS];             /* of their sessions; 0: none */
    bool away[SYNC_CLIENTS];                     /* their connection is gone, and they wait */
    uint64_t hold_ms; /* after a start nobody is passed over until then; 0: not now */
    struct sync_says says[SYNC_WAITERS + 1];
    unsigned says_count;
};

/* ---- tables ---- */

struct sync_waiter *sync_first(struct sync_model *m, unsigned object, enum sync_line line);
/* Whose turn it is to be given something: who is away is passed over, but not after a start. */
struct sync_waiter *sync_next(struct sync_model *m, unsigned object, enum sync_line line);
/* Whether it is the turn of who asks now. */
bool sync_turn(struct sync_model *m, unsigned object, enum sync_line line);
unsigned sync_line_count(const struct sync_model *m, unsigned object, enum sync_line line);
struct sync_waiter *sync_park(struct sync_model *m, const struct sync_request *r,
                              enum sync_line line);
void sync_deadline(struct sync_model *m, struct sync_waiter *waiter, uint64_t wait_ms);
/* To the end of that line. */
void sync_move(struct sync_model *m, struct sync_waiter *waiter, unsigned object,
               enum sync_line line);
struct sync_grant *sync_grant_new(struct sync_model *m, unsigned object, unsigned who,
                                  uint64_t holder);
/* The grant of the token, whatever its object; NULL. */
struct sync_grant *sync_grant_find(struct sync_model *m, uint64_t token);
struct sync_item *sync_item_new(struct sync_model *m, unsigned object, int64_t value);

/* What is said: to the request itself, or to a waiter, who is gone then. */
struct sync_says *sync_reply(struct sync_model *m, const struct sync_request *r);
void sync_fail(struct sync_model *m, const struct sync_request *r, enum mgr_code code);
void sync_done(struct sync_model *m, const struct sync_request *r);
void sync_answer_bool(struct sync_model *m, const struct sync_request *r, bool value);
void sync_answer_int(struct sync_model *m, const struct sync_request *r, int64_t value);
struct sync_says *sync_tell(struct sync_model *m, struct sync_waiter *waiter);
void sync_tell_error(struct sync_model *m, struct sync_waiter *waiter, enum mgr_code code);
void sync_say_grant(struct sync_model *m, struct sync_says *says, const struct sync_grant *grant,
                    bool is_new);

/* Of an operation with a token: its grant if it is of this object, else NULL after the answer. */
struct sync_grant *sync_by_token(struct sync_model *m, const struct sync_request *r,
                                 enum mgr_code lost);

/* ---- types: request; re-examine; a waiter left; its time is over (false: it stays) ---- */

void sync_event(struct sync_model *m, const struct sync_request *r);
void sync_event_wake(struct sync_model *m, unsigned object);
void sync_lock(struct sync_model *m, const struct sync_request *r);
void sync_lock_wake(struct sync_model *m, unsigned object);
void sync_lock_release(struct sync_model *m, struct sync_grant *grant, uint64_t levels);
struct sync_grant *sync_lock_owner(struct sync_model *m, unsigned object);
/* renew of any type: only its owner may make a lease shorter, or the first one. */
void sync_renew(struct sync_model *m, const struct sync_request *r);
/* acquire, release, locked, held, renew of any type that is a lock. */
void sync_lock_method(struct sync_model *m, const struct sync_request *r, const char *method);
void sync_semaphore(struct sync_model *m, const struct sync_request *r);
void sync_semaphore_wake(struct sync_model *m, unsigned object);
void sync_condition(struct sync_model *m, const struct sync_request *r);
void sync_condition_wake(struct sync_model *m, unsigned object);
void sync_condition_left(struct sync_model *m, const struct sync_waiter *waiter);
void sync_condition_over(struct sync_model *m, struct sync_waiter *waiter);
void sync_barrier(struct sync_model *m, const struct sync_request *r);
void sync_barrier_wake(struct sync_model *m, unsigned object);
void sync_queue(struct sync_model *m, const struct sync_request *r);
void sync_queue_wake(struct sync_model *m, unsigned object);
void sync_pipe(struct sync_model *m, const struct sync_request *r);
void sync_pipe_wake(struct sync_model *m, unsigned object);
void sync_pipe_close(struct sync_model *m, unsigned object, unsigned end);

/* An item goes back to its place, since its owner is gone or did not want it. */
void sync_item_return(struct sync_model *m, struct sync_item *item);
/* The same, into its object: one that was shut down at once keeps nothing. */
void sync_item_return_to(struct sync_model *m, struct sync_item *item);
void sync_item_hand(struct sync_model *m, struct sync_item *item, struct sync_says *says,
                    uint64_t holder, bool reserve);

#endif
