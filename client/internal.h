/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client is made of; shared by the files of libmgr. */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include <sys/types.h>

#include "client/mgr.h"
#include "wire.pb-c.h"
#include "wire/buf.h"
#include "wire/errors.h"
#include "wire/ops.h"

enum {
    CLIENT_TOKEN = 32,
    CLIENT_PROTOCOL = 1,
    CLIENT_WINDOW_MAX = 4096,
    CLIENT_CANCEL_MS = 1000, /* how long the end of a cancelled request is waited for */
    CLIENT_ERROR_MAX = 512,
};

/* One request on its way, with what is needed to send it again. */
struct flight {
    uint64_t id;                   /* 0: the slot is free */
    struct flight *prev, *next;    /* in order of ids */
    struct buf frame;              /* as sent */
    bool is_read;                  /* changes nothing: may always be sent again */
    bool done;                     /* answered, or given up: status and value are set */
    bool pipelined;                /* nobody waits for it: the pipeline's function hears of it */
    enum mgr_status status;
    struct buf value;              /* encoded Value of the result */
    struct buf cursor;             /* of a Page */
    uint64_t revision;
};

struct mgr {
    /* how to connect; owned */
    char *server, *client;
    int64_t connect_timeout_ms, timeout_ms, linger_ms, lease_ms;
    uint32_t window_wanted;
    pid_t pid;                     /* that opened it: others must not use it */
    /* connection */
    int fd;                        /* -1: none */
    int wake_fd;                   /* eventfd of mgr_interrupt */
    struct buf out, in;
    size_t out_sent;
    /* session */
    bool has_token;
    uint8_t token[CLIENT_TOKEN];
    uint64_t incarnation;
    int64_t last_contact_ms;       /* boot time of the last byte from the daemon */
    uint32_t window;
    size_t frame_limit;
    /* requests */
    struct flight *slots;          /* window of them */
    uint64_t busy[CLIENT_WINDOW_MAX / 64]; /* a bit for each slot in use */
    struct flight *first, *last;   /* in flight, in order of ids */
    size_t in_flight;
    uint64_t last_id;
    uint64_t require, holder;
    bool superseded;               /* another connection has the session: do not take it back */
    /* results of the last call */
    enum mgr_status status;
    char error[CLIENT_ERROR_MAX];
    uint64_t revision;
    struct buf cursor;
    /* pipeline */
    bool pipelining;
    mgr_reply_fn *reply_fn;
    void *reply_arg;
    enum mgr_status pipeline_status;
};

/* ---- errors (error.c) ---- */
enum mgr_status client_fail(struct mgr *m, enum mgr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum mgr_status client_ok(struct mgr *m);

/* ---- arguments (arg.c) ---- */
/* Encodes the argument as a Value. False: error says why. */
bool client_encode(struct mgr *m, const struct mgr_arg *arg, struct buf *out);

/* ---- time ---- */
int64_t client_now_ms(void); /* CLOCK_BOOTTIME: a suspended client must see what it missed */
/* now + ms; INT64_MAX for MGR_FOREVER. */
int64_t client_deadline(int64_t ms);

/* ---- link.c: the socket ---- */
enum link_status { LINK_OK, LINK_LOST, LINK_TIMEOUT, LINK_INTERRUPTED, LINK_NOMEM };
/* Connects m->fd. LOST: nobody there; *why says so. */
enum link_status link_connect(struct mgr *m, int64_t deadline_ms, struct buf *why);
void link_close(struct mgr *m);
/* Sends what is in m->out, and reads until at least one more byte came. */
enum link_status link_exchange(struct mgr *m, int64_t deadline_ms);
/* Reads and sends what can be without waiting. */
enum link_status link_poll(struct mgr *m);

/* ---- flight.c: the window ---- */
bool flights_init(struct mgr *m, uint32_t window);
void flights_free(struct mgr *m);
/* A free slot and its id; NULL: all are in use. */
struct flight *flight_take(struct mgr *m);
struct flight *flight_find(struct mgr *m, uint64_t id);
void flight_release(struct mgr *m, struct flight *flight);
/* All replies up to this id have arrived. */
uint64_t flights_acked(const struct mgr *m);

/* ---- login.c ---- */
/* Makes sure that there is a connection with a session: connects, says hello, resumes, sends again. */
enum mgr_status client_connect(struct mgr *m, int64_t deadline_ms);

/* ---- call.c ---- */
/* Takes whole frames out of m->in. LINK_LOST: the daemon does not speak the protocol. */
enum link_status client_take_replies(struct mgr *m);
/* Puts a request with its arguments (in the order of the row's) into the window and the output. */
enum mgr_status client_submit(struct mgr *m, const struct op_row *row, const struct mgr_arg *args,
                              int64_t wait_ms, struct flight **flight);
/* Waits for it. Deals with lost connections, local timeouts and interrupts. */
enum mgr_status client_await(struct mgr *m, struct flight *flight, int64_t wait_ms);
/* The whole of a typed call. answer: where a bool result goes; result: where any goes. */
enum mgr_status client_call(struct mgr *m, unsigned number, const struct mgr_arg *args,
                            int64_t wait_ms, struct mgr_value **result);
enum mgr_status client_ask(struct mgr *m, unsigned number, const struct mgr_arg *args, bool *answer);
/* Waits for one reply of the pipeline (when the window is full). */
enum mgr_status client_pump(struct mgr *m, int64_t deadline_ms);

/* ---- value.c ---- */
struct mgr_value *client_value(struct bytes encoding);

#endif
