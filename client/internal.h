/* SPDX-License-Identifier: BSD-2-Clause */
/* The internals of a client, shared by the files of libmgr. */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include <sys/socket.h>
#include <sys/types.h>

#include "client/mgr.h"
#include "wire/base/buf.h"
#include "wire/proto/errors.h"
#include "wire/proto/features.h"
#include "wire/proto/ops.h"

enum {
    CLIENT_TOKEN = 32,
    CLIENT_PROTOCOL = 1,
    CLIENT_WINDOW_MAX = 4096,
    CLIENT_FRAME_MAX = 64 << 20, /* the client refuses larger frames, whatever the welcome allows */
    CLIENT_KEEP = 64 << 10,      /* buffers that have grown beyond this are freed after use */
    CLIENT_CANCEL_MS = 1000,     /* how long to wait for the outcome of a cancelled request */
    CLIENT_BYE_MS = 1000,
    CLIENT_ERROR_MAX = 512,
    CLIENT_STATE_ID_MAX = 64,
};

enum flight_kind {
    FLIGHT_AWAITED,   /* a call waits for the reply; at most one in flight */
    FLIGHT_PIPELINED, /* the reply goes to the pipeline's callback */
    FLIGHT_SILENT,    /* the reply is ignored: cancel, heartbeat */
};

/* What the caller of an awaited request wants: nothing, the value, the value as a bool, or the
 * grant. If the reply is a Grant, its value is the item, and m->grant is set in any case. */
enum want { WANT_NOTHING, WANT_VALUE, WANT_ANSWER, WANT_GRANT };

/* A request that is to be sent. */
struct request {
    const struct op_row *row;
    const struct mgr_arg *args; /* in the order of row->args */
    int64_t wait_ms;
    uint64_t unchanged_since; /* refuse if the object changed after this revision; 0: no check */
    enum flight_kind kind;
    enum want want;
    bool by_name; /* return a Grant as a dict of all its fields */
    bool control; /* uses the slot reserved for heartbeat, cancel and bye */
    bool own;     /* made by the library itself: no required token, acknowledges no replies */
};

/* A request in flight, with everything needed to send it again. */
struct flight {
    uint64_t id;                /* 0: the slot is free */
    struct flight *prev, *next; /* list of requests in flight, by id */
    struct buf frame;           /* the encoded request, from frame_at on */
    size_t frame_at;
    const struct op_row *row;
    int64_t sent_ms; /* boot time of the first sending, or a little earlier */
    enum flight_kind kind;
    enum want want;
    bool by_name;
    bool is_read;           /* changes nothing: safe to send again at any time */
    bool done;              /* answered or given up */
    enum mgr_status status; /* valid when done */
};

/* The reply to the awaited request. */
struct answer {
    struct mgr_value *value; /* owned */
    bool truth;
    struct buf text; /* error message; empty: the status says it all */
};

struct mgr {
    /* connection options; owned */
    char *server, *client;
    int64_t connect_timeout_ms, timeout_ms;
    int64_t linger_wanted_ms, lease_wanted_ms;
    uint32_t window_wanted;
    bool detach; /* the session survives for its lease without a connection */
    bool whole_lease;
    uint64_t inherited; /* token from the environment; 0: none, or another daemon's */
    bool inherits;      /* require holds the inherited token */
    bool stranger;      /* the inherited token belongs to another daemon */
    pid_t pid;          /* the process that opened the client; no other may use it */
    /* connection */
    int fd;      /* -1: none */
    int wake_fd; /* eventfd of mgr_interrupt */
    struct buf out, in;
    size_t out_sent;
    int attempts;     /* to connect, since the last answered request */
    int64_t retry_ms; /* boot time before which mgr_heartbeat_poll does not try again */
    /* session */
    bool has_token;
    uint8_t token[CLIENT_TOKEN];
    uint8_t state_id[CLIENT_STATE_ID_MAX + 1]; /* id of the daemon's data, with a NUL */
    size_t state_id_len;
    int64_t linger_ms, lease_ms; /* as granted by the daemon */
    int64_t batch_ms;            /* boot time, not later than the sending of any request in out */
    int64_t alive_ms;            /* boot time when the last answered request was sent */
    uint64_t seen;               /* the last revision at which the session is known to have lived */
    uint64_t epoch;              /* number of this client's sessions; 0: none yet */
    uint64_t grant_epoch;        /* epoch of the last grant; 0: no grant yet */
    size_t frame_limit;
    feature_set features; /* features that the daemon named */
    bool ended;           /* a reply on the live connection said that the session has ended */
    bool superseded;      /* another connection has taken the session over: do not resume it */
    /* requests */
    struct flight *slots;                  /* window_wanted slots; NULL: mgr_open failed for good */
    uint32_t window;                       /* number of usable slots, as granted */
    uint64_t busy[CLIENT_WINDOW_MAX / 64]; /* one bit for each slot: in use */
    struct flight *first, *last;           /* requests in flight, by id */
    size_t in_flight;
    size_t bytes_in_flight; /* size of their frames */
    size_t unsent;          /* requests in out since the last send() */
    uint64_t last_id;
    uint64_t require, holder;
    uint64_t unchanged_since; /* for the next operation */
    bool since_wanted;        /* mgr_unchanged_since was called for the next operation */
    struct buf scratch;       /* for encoding one value */
    /* results of the last call */
    enum mgr_status status;
    char error[CLIENT_ERROR_MAX];
    size_t error_at;            /* offset of the message, after "EXCEPTION: " */
    char why[CLIENT_ERROR_MAX]; /* why the last session was dropped */
    uint64_t revision;
    struct buf cursor;
    struct answer answer;
    struct mgr_grant grant; /* zeroed if the reply had none */
    bool lost;              /* Done.lost of the reply */
    /* pipeline */
    bool pipelining;
    bool telling; /* inside reply_fn: calls on this client are refused */
    mgr_reply_fn *reply_fn;
    void *reply_arg;
    enum mgr_status pipeline_status;
    char pipeline_error[CLIENT_ERROR_MAX]; /* text of the first failure */
};

/* ---- error.c ---- */
enum mgr_status client_fail(struct mgr *m, enum mgr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum mgr_status client_ok(struct mgr *m);
/* The status for a code from the wire; INTERNAL for an unknown code. */
enum mgr_status client_status(unsigned code);

/* ---- arg.c ---- */
/* Appends the argument as an encoded Value; MGR_ABSENT appends nothing. On failure *why (size
 * bytes) tells the cause. */
enum mgr_status client_encode(const struct mgr_arg *arg, struct buf *out, char *why, size_t size);

/* ---- pack.c ---- */
/* Encodes the request as a frame into flight->frame. On failure the error text is set. */
enum mgr_status client_pack(struct mgr *m, const struct request *request, struct flight *flight,
                            uint64_t acked);
struct bytes flight_frame(const struct flight *flight);

/* ---- link.c, address.c: the socket ---- */
int64_t client_now_ms(void); /* CLOCK_BOOTTIME: also counts while this machine is suspended */
/* Now + ms in boot time; INT64_MAX for MGR_FOREVER. */
int64_t client_deadline(int64_t ms);

enum link_status {
    LINK_OK,
    LINK_LOST,   /* the connection is gone */
    LINK_BROKEN, /* the peer does not speak the protocol */
    LINK_TIMEOUT,
    LINK_INTERRUPTED,
    LINK_NOMEM
};
/* Connects m->fd. On LOST, *why (size bytes) tells the cause. */
enum link_status link_connect(struct mgr *m, int64_t deadline_ms, char *why, size_t size);
enum link_status link_connect_to(struct mgr *m, const struct sockaddr *to, socklen_t len,
                                 int64_t deadline_ms, int *error);
void link_close(struct mgr *m);
/* Sleeps without looking at the socket: TIMEOUT after ms, or INTERRUPTED. */
enum link_status link_pause(struct mgr *m, int64_t ms);
/* Sends m->out and waits until at least one more byte has arrived. */
enum link_status link_exchange(struct mgr *m, int64_t deadline_ms);
/* Sends and reads without blocking. */
enum link_status link_poll(struct mgr *m);

/* ---- flight.c: the window ---- */
bool flights_init(struct mgr *m);
void flights_free(struct mgr *m);
/* Takes a free slot and assigns the next id; NULL: all slots are in use. control: the reserved
 * slot. */
struct flight *flight_take(struct mgr *m, bool control);
struct flight *flight_find(struct mgr *m, uint64_t id);
/* Whether the reserved slot is in use. */
bool flight_control_busy(const struct mgr *m);
void flight_release(struct mgr *m, struct flight *flight);
/* The largest id up to which all replies have arrived. */
uint64_t flights_acked(const struct mgr *m);
/* Gives up unanswered requests: changes become INDETERMINATE, reads get read_status; with MGR_OK
 * as read_status reads stay in flight. The pipeline's callback is called for each. */
void flights_give_up(struct mgr *m, enum mgr_status read_status);

/* ---- reply.c ---- */
/* Processes the complete frames in m->in. */
enum link_status client_take_replies(struct mgr *m);

/* ---- login.c ---- */
/* Connects, says hello, resumes or opens a session, and sends unanswered requests again; see
 * login.c. On failure the error text is set, and the session is kept for another try. */
enum mgr_status client_connect(struct mgr *m, int64_t deadline_ms);
/* As client_connect, but one try only, and none before m->retry_ms. */
enum mgr_status client_connect_once(struct mgr *m, int64_t deadline_ms);

/* ---- await.c ---- */
/* Closes the connection, forgets the session and gives up its requests. The current error text
 * becomes the reason. */
void client_drop_session(struct mgr *m);
/* One exchange with the daemon; reconnects if needed. TIMEOUT and INTERRUPTED change nothing. On
 * other failures the session was dropped, every request in flight is done, and the error text is
 * set. */
enum link_status client_pump(struct mgr *m, int64_t deadline_ms);
/* client_pump for a pipeline, where no request is cancelled. On failure the error text is set. */
enum mgr_status client_pump_pipeline(struct mgr *m);
/* Sends and reads without blocking. If the connection is lost, closes it and returns MGR_OK: the
 * next blocking call reconnects. */
enum mgr_status client_flush(struct mgr *m);
/* Sets the error text: the given text, else why the session was dropped, else the meaning of the
 * status. */
enum mgr_status client_failure(struct mgr *m, enum mgr_status status, struct bytes text);
/* Fails with MGR_TIMEOUT or MGR_INTERRUPTED and its text. */
enum mgr_status client_too_late(struct mgr *m, enum mgr_status late);
/* Makes sure that there is a connection; replaces an idle one that was closed meanwhile. */
enum mgr_status client_attach(struct mgr *m);
/* Waits for the reply and releases the request. Handles lost connections, local timeouts and
 * interrupts, and keeps the session's lease alive. *late: MGR_OK, or why the request was
 * cancelled (MGR_TIMEOUT, MGR_INTERRUPTED); a cancelled request may have succeeded all the same. */
enum mgr_status client_await(struct mgr *m, struct flight *flight, int64_t wait_ms,
                             enum mgr_status *late);

/* ---- grant.c ---- */
/* Whether the last reply granted something that can be given back. */
bool grant_is_returnable(const struct mgr *m, const struct request *request);
/* Gives the grant of the last reply back, because the call had ended before; returns late. If
 * the daemon does not confirm within 1 s, the session is dropped. */
enum mgr_status grant_give_back(struct mgr *m, const struct request *request, enum mgr_status late);

/* ---- lease.c ---- */
/* Boot time when the next heartbeat is due; INT64_MAX: none is needed, or one is in flight. */
int64_t lease_due(const struct mgr *m);
/* Sends a heartbeat without waiting for the reply, unless one is in flight. */
enum mgr_status lease_beat(struct mgr *m);

/* ---- call.c ---- */
/* Whether this process may make a call now. On failure the error text is set. */
enum mgr_status client_ready(struct mgr *m);
/* Drops a pending mgr_unchanged_since, after a call that failed early. m may be NULL. */
void client_forget_since(struct mgr *m);
/* Takes a free slot of the window, which must have one, and queues the request. */
enum mgr_status client_submit(struct mgr *m, const struct request *request, struct flight **flight);
/* Attaches, sends one request and waits for its end. The result is in m->answer and m->grant. */
enum mgr_status client_exchange(struct mgr *m, const struct request *request);
/* Checks that hold for all calls, then client_exchange or pipeline_send. */
enum mgr_status client_run(struct mgr *m, struct request *request, unsigned number);
/* A whole typed call: client_call returns a value, client_ask a bool, client_acquire a grant.
 * The result pointer may be NULL. */
enum mgr_status client_call(struct mgr *m, unsigned number, const struct mgr_arg *args,
                            int64_t wait_ms, struct mgr_value **result);
enum mgr_status client_ask(struct mgr *m, unsigned number, const struct mgr_arg *args,
                           int64_t wait_ms, bool *answer);
enum mgr_status client_acquire(struct mgr *m, unsigned number, const struct mgr_arg *args,
                               int64_t wait_ms, struct mgr_grant *grant);
/* Fails with MGR_USAGE: the struct of arguments is NULL. */
enum mgr_status client_no_args(struct mgr *m);

/* ---- pipeline.c ---- */
enum mgr_status pipeline_send(struct mgr *m, const struct request *request);
/* Calls the pipeline's callback with the outcome of a request; text is empty if the status says
 * it all. */
void pipeline_tell(struct mgr *m, struct flight *flight, struct bytes value, struct bytes text);

/* ---- value.c ---- */
/* Copies an encoded value; NULL: out of memory. */
struct mgr_value *client_value(struct bytes encoding);

#endif
