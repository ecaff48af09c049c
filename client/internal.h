/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client is made of; shared by the files of libmgr. */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include <sys/socket.h>
#include <sys/types.h>

#include "client/mgr.h"
#include "wire.pb-c.h"
#include "wire/base/buf.h"
#include "wire/proto/errors.h"
#include "wire/proto/features.h"
#include "wire/proto/ops.h"

enum {
    CLIENT_TOKEN = 32,
    CLIENT_PROTOCOL = 1,
    CLIENT_WINDOW_MAX = 4096,
    CLIENT_FRAME_MAX = 64 << 20, /* no daemon may send more, whatever its welcome says */
    CLIENT_KEEP = 64 << 10,      /* buffers that have grown beyond this are given back */
    CLIENT_CANCEL_MS = 1000, /* how long the end of a request that was taken back is waited for */
    CLIENT_BYE_MS = 1000,
    CLIENT_ERROR_MAX = 512,
    CLIENT_STATE_ID_MAX = 64,
};

enum flight_kind {
    FLIGHT_AWAITED,   /* a call waits for it; there is at most one */
    FLIGHT_PIPELINED, /* the pipeline's function hears of it */
    FLIGHT_SILENT,    /* nobody hears of it: cancel, heartbeats */
};

/* What of the result an awaited request wants. Of a Grant: its item, that item as a bool, or the
 * rest, which m->grant has in any case. */
enum want { WANT_NOTHING, WANT_VALUE, WANT_ANSWER, WANT_GRANT };

/* A request to be made. */
struct request {
    const struct op_row *row;
    const struct mgr_arg *args; /* in the order of the row's */
    int64_t wait_ms;
    uint64_t unchanged_since; /* 0: whatever became of the object */
    enum flight_kind kind;
    enum want want;
    bool by_name; /* the value of a Grant is a dict of all its fields */
    bool control; /* takes the slot that is kept for heartbeats, cancel and bye */
    bool own;     /* of the library itself: needs no live token, and acknowledges no reply */
};

/* One request on its way, with what is needed to send it again. */
struct flight {
    uint64_t id;                /* 0: the slot is free */
    struct flight *prev, *next; /* in order of ids */
    struct buf frame;           /* as sent, from frame_at */
    size_t frame_at;
    const struct op_row *row;
    int64_t sent_ms; /* boot time when it was sent for the first time, or a little earlier */
    enum flight_kind kind;
    enum want want;
    bool by_name;
    bool is_read;           /* changes nothing: may always be sent again */
    bool done;              /* answered, or given up */
    enum mgr_status status; /* when done */
};

/* What the awaited request got. */
struct answer {
    struct mgr_value *value; /* owned */
    bool truth;
    struct buf text; /* of an error; empty: the status says it all */
};

struct mgr {
    /* how to connect; owned */
    char *server, *client;
    int64_t connect_timeout_ms, timeout_ms;
    int64_t linger_wanted_ms, lease_wanted_ms;
    uint32_t window_wanted;
    bool detach; /* the session outlives its connections by its lease */
    bool whole_lease;
    uint64_t
        inherited; /* the token that the environment requires; 0: none, or it is a stranger's */
    bool inherits; /* require is that one */
    bool stranger; /* it is of another daemon */
    pid_t pid;     /* that opened it: others must not use it */
    /* connection */
    int fd;      /* -1: none */
    int wake_fd; /* eventfd of mgr_interrupt */
    struct buf out, in;
    size_t out_sent;
    int attempts;     /* to connect since a request was answered */
    int64_t retry_ms; /* boot time before which mgr_heartbeat_poll does not try again */
    /* session */
    bool has_token;
    uint8_t token[CLIENT_TOKEN];
    uint8_t state_id[CLIENT_STATE_ID_MAX + 1]; /* of the daemon's data, and a NUL */
    size_t state_id_len;
    int64_t linger_ms, lease_ms; /* as granted */
    int64_t batch_ms;            /* boot time, not later than the sending of what is in out */
    int64_t alive_ms;            /* boot time when the last that was answered was sent */
    uint64_t seen;               /* the last revision at which the session was surely alive */
    uint64_t epoch;              /* counts this client's sessions; 0: there was none yet */
    uint64_t grant_epoch;        /* of the last grant; 0: nothing was granted yet */
    size_t frame_limit;
    feature_set features; /* that the daemon named */
    bool ended;      /* the daemon said that the session is no more, on a connection that lives */
    bool superseded; /* another connection has the session: do not take it back */
    /* requests */
    struct flight *slots; /* window_wanted of them; NULL: mgr_open failed for good */
    uint32_t window;      /* as granted: how many slots count */
    uint64_t busy[CLIENT_WINDOW_MAX / 64]; /* a bit for each slot in use */
    struct flight *first, *last;           /* in flight, in order of ids */
    size_t in_flight;
    size_t bytes_in_flight; /* of their frames */
    size_t unsent;          /* requests in out that no send was tried for */
    uint64_t last_id;
    uint64_t require, holder;
    uint64_t unchanged_since; /* of the next operation */
    bool since_wanted;        /* mgr_unchanged_since was called for it */
    struct buf scratch;       /* one value while it is encoded */
    /* results of the last call */
    enum mgr_status status;
    char error[CLIENT_ERROR_MAX];
    size_t error_at;            /* where the message begins, behind the exception */
    char why[CLIENT_ERROR_MAX]; /* why the last session was left behind */
    uint64_t revision;
    struct buf cursor;
    struct answer answer;
    struct mgr_grant grant; /* zeroed when there was none */
    bool lost;              /* Done.lost */
    /* pipeline */
    bool pipelining;
    bool telling; /* inside reply_fn: no calls on this client */
    mgr_reply_fn *reply_fn;
    void *reply_arg;
    enum mgr_status pipeline_status;
    char pipeline_error[CLIENT_ERROR_MAX]; /* of the first failure */
};

/* ---- error.c ---- */
enum mgr_status client_fail(struct mgr *m, enum mgr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum mgr_status client_ok(struct mgr *m);
/* A code from the wire as a status: INTERNAL for those that this side does not know. */
enum mgr_status client_status(unsigned code);

/* ---- arg.c ---- */
/* Appends the argument as an encoded Value; nothing for MGR_ABSENT. Else *why tells (size bytes).
 */
enum mgr_status client_encode(const struct mgr_arg *arg, struct buf *out, char *why, size_t size);

/* ---- pack.c ---- */
/* Puts the request as a frame into flight->frame. Else error says why. */
enum mgr_status client_pack(struct mgr *m, const struct request *request, struct flight *flight,
                            uint64_t acked);
struct bytes flight_frame(const struct flight *flight);

/* ---- link.c, address.c: the socket ---- */
int64_t client_now_ms(void); /* CLOCK_BOOTTIME: a suspended client must see what it missed */
/* now + ms; INT64_MAX for MGR_FOREVER. */
int64_t client_deadline(int64_t ms);

enum link_status {
    LINK_OK,
    LINK_LOST,   /* the connection is gone */
    LINK_BROKEN, /* the peer does not speak the protocol */
    LINK_TIMEOUT,
    LINK_INTERRUPTED,
    LINK_NOMEM
};
/* Connects m->fd. LOST: *why says why (size bytes). */
enum link_status link_connect(struct mgr *m, int64_t deadline_ms, char *why, size_t size);
enum link_status link_connect_to(struct mgr *m, const struct sockaddr *to, socklen_t len,
                                 int64_t deadline_ms, int *error);
void link_close(struct mgr *m);
/* Waits without looking at the socket. TIMEOUT: the time is over; INTERRUPTED. */
enum link_status link_pause(struct mgr *m, int64_t ms);
/* Sends what is in m->out, and reads until at least one more byte came. */
enum link_status link_exchange(struct mgr *m, int64_t deadline_ms);
/* Reads and sends what can be without waiting. */
enum link_status link_poll(struct mgr *m);

/* ---- flight.c: the window ---- */
bool flights_init(struct mgr *m);
void flights_free(struct mgr *m);
/* A free slot and its id; NULL: all are in use. control: the slot that is kept. */
struct flight *flight_take(struct mgr *m, bool control);
struct flight *flight_find(struct mgr *m, uint64_t id);
/* Whether the slot that is kept is in use. */
bool flight_control_busy(const struct mgr *m);
void flight_release(struct mgr *m, struct flight *flight);
/* All replies up to this id have arrived. */
uint64_t flights_acked(const struct mgr *m);
/* Gives up what is on its way and was not answered: changes are INDETERMINATE, reads get
 * read_status, or stay on their way when that is MGR_OK. The pipeline is told. */
void flights_give_up(struct mgr *m, enum mgr_status read_status);

/* ---- reply.c ---- */
/* Takes whole frames out of m->in. */
enum link_status client_take_replies(struct mgr *m);

/* ---- login.c ---- */
/* Makes sure that there is a connection with a session: connects, says hello, resumes, sends again.
 * MGR_OK, or error says why there is none; the session is then kept for another try. */
enum mgr_status client_connect(struct mgr *m, int64_t deadline_ms);
/* One try, unless m->retry_ms says that it is too early for one. */
enum mgr_status client_connect_once(struct mgr *m, int64_t deadline_ms);

/* ---- await.c ---- */
/* Leaves the session behind: what error says is the reason. */
void client_drop_session(struct mgr *m);
/* One exchange with the daemon; reconnects as needed. TIMEOUT and INTERRUPTED: nothing has changed.
 * Other failures: the session was dropped, all that was on its way is done, error says why. */
enum link_status client_pump(struct mgr *m, int64_t deadline_ms);
/* client_pump for a pipeline, which has no request to take back: MGR_OK, or error says why. */
enum mgr_status client_pump_pipeline(struct mgr *m);
/* Sends and hears what can be without waiting. A lost connection is closed, which is MGR_OK: who
 * waits next connects again. */
enum mgr_status client_flush(struct mgr *m);
/* Sets error to the text, to why the session was left behind, or to what the status means. */
enum mgr_status client_failure(struct mgr *m, enum mgr_status status, struct bytes text);
/* MGR_TIMEOUT or MGR_INTERRUPTED, with their words. */
enum mgr_status client_too_late(struct mgr *m, enum mgr_status late);
/* Connects when there is no connection, also when an idle one was closed meanwhile. */
enum mgr_status client_attach(struct mgr *m);
/* Waits for the request and releases it. Deals with lost connections, local timeouts, interrupts,
 * and keeps the session's lease alive meanwhile. *late: MGR_OK, or why the request was taken back:
 * MGR_TIMEOUT or MGR_INTERRUPTED. It may have gone well all the same. */
enum mgr_status client_await(struct mgr *m, struct flight *flight, int64_t wait_ms,
                             enum mgr_status *late);

/* ---- grant.c ---- */
/* Whether the request has left something with the session that can be given back. */
bool grant_is_returnable(const struct mgr *m, const struct request *request);
/* Gives that back, since it came too late; gives the status late. When the daemon does not say
 * within 1 s that it has it, the session is left behind. */
enum mgr_status grant_give_back(struct mgr *m, const struct request *request, enum mgr_status late);

/* ---- lease.c ---- */
/* Boot time when a heartbeat is due; INT64_MAX: none is needed, or one is on its way. */
int64_t lease_due(const struct mgr *m);
/* Sends a heartbeat that nobody waits for, unless one is on its way. */
enum mgr_status lease_beat(struct mgr *m);

/* ---- call.c ---- */
/* Whether a call may be made now, by this process. Else error says why. */
enum mgr_status client_ready(struct mgr *m);
/* What mgr_unchanged_since said was for a call that came to nothing. m may be NULL. */
void client_forget_since(struct mgr *m);
/* Puts a request into the window and the output. There must be room in the window. */
enum mgr_status client_submit(struct mgr *m, const struct request *request, struct flight **flight);
/* One request from attaching to its end. Its result is in m->answer and m->grant. */
enum mgr_status client_exchange(struct mgr *m, const struct request *request);
/* client_exchange, or the pipeline's way, after the checks that all calls have in common. */
enum mgr_status client_run(struct mgr *m, struct request *request, unsigned number);
/* The whole of a typed call. answer: where a bool result goes; grant: where what is owned from now
 * on is told; result: where any goes. Each may be NULL. */
enum mgr_status client_call(struct mgr *m, unsigned number, const struct mgr_arg *args,
                            int64_t wait_ms, struct mgr_value **result);
enum mgr_status client_ask(struct mgr *m, unsigned number, const struct mgr_arg *args,
                           int64_t wait_ms, bool *answer);
enum mgr_status client_acquire(struct mgr *m, unsigned number, const struct mgr_arg *args,
                               int64_t wait_ms, struct mgr_grant *grant);
/* A struct of arguments that is NULL. */
enum mgr_status client_no_args(struct mgr *m);

/* ---- pipeline.c ---- */
enum mgr_status pipeline_send(struct mgr *m, const struct request *request);
/* Tells the pipeline's function how a request ended; text is empty when the status says it all. */
void pipeline_tell(struct mgr *m, struct flight *flight, struct bytes value, struct bytes text);

/* ---- value.c ---- */
/* NULL: no memory. */
struct mgr_value *client_value(struct bytes encoding);

#endif
