/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps a session alive: a client in a thread of its own, so that whoever watches the clock never
 * waits for the daemon. The thread makes one call after the other, and heartbeats in between. */
#ifndef CLI_SESSION_THREAD_H
#define CLI_SESSION_THREAD_H

#include <pthread.h>

#include "client/mgr.h"

enum { KEEPER_ERROR = 512 };

struct session_thread;
struct order;

/* A call, made in the session thread. */
typedef enum mgr_status order_fn(struct session_thread *thread, struct order *order);

/* Something to be done; part of a larger struct that says with what. Belongs to the session thread
 * from session_thread_post until its event was taken. */
struct order {
    order_fn *run;
    bool waits; /* it gives way to later orders: run gives MGR_INTERRUPTED then */
    bool taken_back;
    enum mgr_status status;
    char error[KEEPER_ERROR]; /* when not MGR_OK */
    int64_t since_ns; /* set by run: when the last heartbeat in it that was answered was sent */
    struct order *next;
};

struct session_thread {
    struct mgr *m; /* of the thread alone, once it runs */
    order_fn *beat;
    struct order beat_order;
    uint64_t epoch; /* of the session that owns, see mgr_epoch; of the thread alone */
    pthread_t thread;
    pthread_mutex_t mutex; /* all below */
    pthread_cond_t changed;
    int64_t beat_ns;  /* how often; 0: not yet */
    int64_t beat_due; /* CLOCK_BOOTTIME */
    struct order *first, *last;
    bool waiting;     /* an order that gives way runs */
    bool interrupted; /* it was told so */
    int events[2];
};

/* What came of an order, or of a heartbeat. */
struct session_thread_event {
    struct order *order; /* NULL: a heartbeat */
    enum mgr_status status;
    int64_t since_ns; /* 0: nothing is known */
};

/* In an order that waits, from the thread: the wait is over, with this status, and what comes next
 * is not to be interrupted. */
void session_thread_waited(struct session_thread *thread, enum mgr_status status);
int64_t session_thread_now(void); /* CLOCK_BOOTTIME in ns */
/* Starts the thread with all signals blocked. beat is called for each heartbeat. False: errno. */
bool session_thread_start(struct session_thread *thread, order_fn *beat)
    __attribute__((warn_unused_result));
void session_thread_post(struct session_thread *thread, struct order *order);
/* Heartbeats from now on; 0: no more. */
void session_thread_beats(struct session_thread *thread, int64_t every_ns);
/* Ends the wait of an order that was posted, and waits or will: MGR_INTERRUPTED, unless it is done
 * already. */
void session_thread_interrupt(struct session_thread *thread, struct order *order);
/* For poll: readable when there is an event. */
int session_thread_fd(const struct session_thread *thread);
/* False: nothing now. */
bool session_thread_take(struct session_thread *thread, struct session_thread_event *out);

#endif
