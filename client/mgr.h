/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: shared objects of an mgrd daemon, for C.
 *
 * A client (struct mgr) is one session with one daemon. It belongs to one thread at a time; there
 * is no global state and no thread behind it, so threads with a client each need no locks. Calls
 * are synchronous: each returns when the daemon has answered, or when its time is over. The library
 * reconnects, resumes its session and sends again what was not answered, so that every change
 * happens once; where it cannot know, the status is MGR_UNKNOWN. After a fork the child must not
 * use the parent's client: every call there gives MGR_USAGE, and mgr_close only frees memory.
 *
 *     struct mgr *m;
 *     if (mgr_open(&m, NULL) != MGR_OK ||
 *         mgr_dict_incr(m, "visits", mgr_str("home"), MGR_ABSENT, NULL) != MGR_OK)
 *         fprintf(stderr, "%s\n", mgr_error(m));
 *     mgr_close(m);
 *
 * One typed call per operation (mgr_dict_get, mgr_list_append, ...) is declared in mgr_ops.h, which
 * is generated from the daemon's own table; this header includes it. */
#ifndef MGR_H
#define MGR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* structs and functions of one name, as POSIX's stat */
extern "C" {
#endif

#define MGR_API __attribute__((visibility("default")))

/* A client. Opaque. */
struct mgr;

/* enum mgr_status, the result of every call: MGR_OK is 0; the others are the codes of
 * docs/protocol.md (MGR_KEY, MGR_TIMEOUT, MGR_BUSY, MGR_EMPTY, MGR_STALE_TOKEN, ...). Unless it is
 * MGR_UNKNOWN, what failed was not done. MGR_UNKNOWN, an alias of MGR_INDETERMINATE: whether it was
 * done is not known. From 200 on they are the library's own: MGR_UNREACHABLE, MGR_USAGE,
 * MGR_INTERRUPTED. */
#include "mgr_status.h"

#define MGR_FOREVER INT64_MAX /* a wait without an end */

/* How to connect. Zero fields mean the environment, which mgrctl reads too (MGRCTL_SERVER,
 * MGRCTL_CLIENT, MGRCTL_CONNECT_TIMEOUT), then the default. Borrowed for the time of mgr_open.
 * MGRCTL_REQUIRE, a token, is taken as if given to mgr_require; empty or 0 is refused.
 * It is not taken for another daemon than the one it is of (MGRCTL_REQUIRE_SERVER and _STATE: the
 * address and the data are both others), which is decided when the first session begins. */
struct mgr_options {
    const char *server;         /* HOST:PORT, [V6]:PORT or unix:PATH; default 127.0.0.1:7600 */
    const char *client;         /* who this is, for people, 127 bytes; default user@host:pid */
    int64_t connect_timeout_ms; /* default 5000; the lookup of a host's name is not bounded by it */
    int64_t timeout_ms; /* for each reply, on top of what the call may wait; default 10000 */
    int64_t linger_ms;  /* how long the session outlives a lost connection; default 5000 */
    int64_t lease_ms;   /* > 0: the session ends when nothing was heard for so long */
    bool detach;        /* the session is to outlive its connection, and mgr_abandon, by lease_ms,
                           which must be given: linger_ms is at least that */
    bool whole_lease;   /* a daemon that would grant less than lease_ms is refused: MGR_VALUE */
    uint32_t window;    /* requests in flight, one of them kept free for cancelling: a power of
                           two from 2 to 4096; default 256; the daemon may grant fewer */
};

/* ---- a client ---- */

/* Connects and says hello; waits at most connect_timeout_ms. options may be NULL. Sets *m also on
 * failure (to NULL only for MGR_NOMEM), so that mgr_error can tell why; close it in any case. When
 * the daemon was not there, later calls on *m try again to connect; when an option was wrong, they
 * all give its status. */
MGR_API enum mgr_status mgr_open(struct mgr **m, const struct mgr_options *options);
/* Ends the session and frees the client: Bye, waits for the answer at most 1 s. What a pipeline has
 * on its way is sent, but nobody hears of it. NULL is allowed. Not from inside a mgr_reply_fn. */
MGR_API void mgr_close(struct mgr *m);
/* mgr_close for a client that could not make use of what its last call gave: an item that came
 * without a token (queue_get, pipe_recv) returns to its place, marked as redelivered. With
 * mgr_close it counts as received. */
MGR_API void mgr_close_returning(struct mgr *m);
/* Frees the client without ending the session, at once: it lives on for its linger or lease (for
 * the lease with options.detach), with all it holds, and what a pipeline has not sent yet is not
 * done. An item that the last call gave without a token returns to its place when the session ends.
 */
MGR_API void mgr_abandon(struct mgr *m);
/* What the last call said when it failed, as "KeyError: 'x' (dict "d")"; empty when it did well.
 * Valid until the next call. */
MGR_API const char *mgr_error(const struct mgr *m);
/* The status of the last call. */
MGR_API enum mgr_status mgr_last_status(const struct mgr *m);
/* Name, Python's exception, mgrctl's exit code of a status; static. */
MGR_API const char *mgr_status_name(enum mgr_status status);
MGR_API const char *mgr_status_exception(enum mgr_status status);
MGR_API int mgr_status_exit_code(enum mgr_status status);
/* Whether the same call may be made again: nothing was done, and it may go well later. */
MGR_API bool mgr_status_retry(enum mgr_status status);
/* The socket, for poll(): readable when a reply or a hint has come. -1: not connected. Any call may
 * change it: ask again after each. */
MGR_API int mgr_fd(const struct mgr *m);
/* What to poll() it for: POLLIN, and POLLOUT as long as requests of a pipeline are not sent whole.
 * Whoever waits for POLLIN alone waits for a reply to what was never sent. Ask again after each
 * call; 0: not connected. */
MGR_API short mgr_events(const struct mgr *m);
/* Makes the running call, or else the next one that has to wait, return MGR_INTERRUPTED: its
 * request is taken back. When the answer was there already the call returns that (but see grants);
 * when the daemon does not say within 1 s how it ended, MGR_UNKNOWN unless it was only a question.
 * The one function that is async-signal-safe and may be called from another thread, as long as m is
 * open. */
MGR_API void mgr_interrupt(struct mgr *m);
/* From now on every operation is refused with MGR_STALE_TOKEN unless this grant is alive. 0: off.
 */
MGR_API void mgr_require(struct mgr *m, uint64_t token);
/* Who inside this client acts from now on (a thread's number): part of an owner's identity. */
MGR_API void mgr_holder(struct mgr *m, uint64_t holder);
/* Revision of the step that answered the last call: what a read has shown is as it was then. */
MGR_API uint64_t mgr_revision(const struct mgr *m);
/* The next operation is refused with MGR_CONFLICT when its object (of two, the one named first)
 * changed after this revision, which mgr_revision gave behind a read of it: so a value is read,
 * worked on and written back without a lock, and done again when somebody was faster. Of a read in
 * parts it is the revision of the first part. Holds for that one call, which cannot wait (wait_ms
 * is 0), and for no later one, also when it fails before anything is sent; heartbeats, and sending
 * and ending a pipeline, are no operations. A revision of 0, which no reply has, makes that call
 * fail with MGR_VALUE, and a daemon that does not know the check with MGR_UNIMPLEMENTED: it is
 * never left out unseen. */
MGR_API void mgr_unchanged_since(struct mgr *m, uint64_t revision);

/* ---- grants: what is owned, and for how long ----
 *
 * A lock, permits or a reserved item are lent to the session under a token: a number that grows
 * with every grant of the daemon and is never used again. What a lock promises is that one token of
 * it is alive at a time. It cannot promise that nobody else acts: between the moment when the
 * session ends (the network was down, the process was stopped) and the moment when the owner
 * notices, the next one has the lock already. So let what the lock guards check the token: pass it
 * on with mgr_require (operations of this daemon), and to others that can refuse a token smaller
 * than the largest one they have seen. Where nobody checks, mgr_safe_ms says how long the owner may
 * go on, as long as it looks at it before each step and its steps are short.
 *
 * Everything goes back when the session ends: by mgr_close, by the end of its lease, when its
 * connection is away for longer than its linger. The next owner of a lock is then told by
 * previous_token that what it guards may be half done.
 *
 * A call that is ended here, by mgr_interrupt or because the daemon did not answer within wait_ms +
 * timeout_ms, may be given what it asked for in the same moment. Acquires and reservations are then
 * given back at once, and the call gives MGR_INTERRUPTED or MGR_TIMEOUT as if it had got nothing (a
 * reserved item has one attempt more). An item without a token cannot be given back without a loss,
 * nor can a condition's lock that was taken again: these calls give MGR_OK and what came. When the
 * daemon does not say within 1 s how the call ended, the session is left behind (MGR_UNKNOWN): all
 * it holds is free after its linger. A condition_wait that was interrupted does not have the lock
 * any more. */

struct mgr_grant {
    uint64_t token;          /* 0: nothing was lent (an item that is the caller's now) */
    uint64_t depth;          /* of a reentrant lock, from 1; permits of a semaphore */
    uint64_t lease_ms;       /* of the session; 0: none */
    uint64_t previous_token; /* the last owner's session ended while it owned this. 0: released */
    uint64_t attempts;       /* how often the item was handed over before */
    uint64_t epoch;          /* the session it belongs to, see mgr_epoch */
    bool redelivered;        /* the item was handed over before, and may have been dealt with */
};
/* What the last call was given, apart from its value; all zero when it was given nothing. In a
 * mgr_reply_fn: what it is told of. Valid until the next call. Never NULL. */
MGR_API const struct mgr_grant *mgr_last_grant(const struct mgr *m);
/* Whether the last call, a release, ack or nack by token that gave MGR_OK, found the grant gone
 * already: the session had ended, or somebody else released it. */
MGR_API bool mgr_lost(const struct mgr *m);
/* How long, in ms, the daemon surely keeps this session, as far as is known without asking: what
 * was granted is held for so long. At most 0: treat it as lost. Counted in boot time (a suspended
 * machine sees what it missed) from the sending of the last request that was answered: the shorter
 * one of lease and linger, less a margin of 2 % and at least 200 ms. Also 0 when the session of the
 * last grant has ended, though the client may have another one by now. An operator can still end a
 * session or delete a lock at any time: only the token tells. Makes no call; never waits. */
MGR_API int64_t mgr_safe_ms(const struct mgr *m);
/* Names the daemon's data: another one has another; empty before the first session. */
MGR_API const char *mgr_state_id(const struct mgr *m);
/* Counts the sessions of this client: 1 for the first. It grows when a session was lost and a call
 * has opened another one; grants of a smaller epoch are gone. */
MGR_API uint64_t mgr_epoch(const struct mgr *m);

/* Renews the session's lease, and waits for the answer. Every other call renews it too, and a call
 * that waits sends heartbeats by itself. It acknowledges no item: see mgr_close_returning. */
MGR_API enum mgr_status mgr_heartbeat(struct mgr *m);
/* In how many ms the next heartbeat should be sent: a quarter of the shorter one of lease and
 * linger after the last request that was answered; after a lost connection, when to connect again.
 * 0: now. MGR_FOREVER: no lease, no session, or one is on its way and mgr_fd will be readable. */
MGR_API int64_t mgr_heartbeat_due_ms(const struct mgr *m);
/* For programs that poll() mgr_fd for mgr_events: call it when one of them is there, or a heartbeat
 * is due. Sends one if so, and takes what has come (a pipeline's replies too), without waiting.
 * When the connection was lost it tries once to resume the session, which may take connect_ms; 0:
 * not now. MGR_OK: all is well or on its way. MGR_UNREACHABLE: no connection; the session may live,
 * try again when mgr_heartbeat_due_ms says so. MGR_SESSION_LOST: what was held is gone. */
MGR_API enum mgr_status mgr_heartbeat_poll(struct mgr *m, int64_t connect_ms);

/* ---- arguments: passed by value, borrowed for the time of the call ---- */

enum mgr_arg_kind {
    MGR_ARG_ABSENT,
    MGR_ARG_NONE,
    MGR_ARG_BOOL,
    MGR_ARG_INT,
    MGR_ARG_FLOAT,
    MGR_ARG_STR,
    MGR_ARG_BYTES,
    MGR_ARG_JSON,
    MGR_ARG_LITERAL,
    MGR_ARG_REF,
    MGR_ARG_ENCODED
};
/* Made by the functions below; its members are the library's. Zeroed it is MGR_ABSENT. */
struct mgr_arg {
    enum mgr_arg_kind kind;
    const void *data;
    size_t len;
    int64_t integer;
    double real;
};
#ifdef __cplusplus
#define MGR_ARG_(kind) (mgr_arg{kind, nullptr, 0, 0, 0})
#else
#define MGR_ARG_(kind) ((struct mgr_arg){kind, NULL, 0, 0, 0})
#endif
#define MGR_ABSENT MGR_ARG_(MGR_ARG_ABSENT) /* not given: the default */
#define MGR_NONE   MGR_ARG_(MGR_ARG_NONE)   /* the value None */
MGR_API struct mgr_arg mgr_bool(bool value);
MGR_API struct mgr_arg mgr_int(int64_t value);
MGR_API struct mgr_arg mgr_float(double value);
/* Text must be UTF-8, else the call gives MGR_VALUE. NULL is MGR_ABSENT. */
MGR_API struct mgr_arg mgr_str(const char *utf8);
MGR_API struct mgr_arg mgr_strn(const char *utf8, size_t len);
MGR_API struct mgr_arg mgr_bytes(const void *data, size_t len);
/* A container or scalar written as JSON, or as mgrctl's literals ('!tuple [1, 2]'). Read when the
 * call is made: MGR_VALUE tells the column of what is wrong. */
MGR_API struct mgr_arg mgr_json(const char *text);
MGR_API struct mgr_arg mgr_literal(const char *text);
/* A reference to another object: what mgr_as_ref gives. */
MGR_API struct mgr_arg mgr_ref(uint64_t object_id);

/* ---- values ---- */

enum mgr_kind {
    MGR_KIND_NOT_GIVEN,
    MGR_KIND_NONE,
    MGR_KIND_BOOL,
    MGR_KIND_INT,
    MGR_KIND_BIGINT,
    MGR_KIND_FLOAT,
    MGR_KIND_STR,
    MGR_KIND_BYTES,
    MGR_KIND_LIST,
    MGR_KIND_TUPLE,
    MGR_KIND_DICT,
    MGR_KIND_SET,
    MGR_KIND_FROZENSET,
    MGR_KIND_REF,
    MGR_KIND_OPAQUE
};

/* A result. Owned by the caller: mgr_value_free. Independent of the client it came from. */
struct mgr_value;
/* A look into a value; borrows from it. Only what this library gave may be looked into. */
struct mgr_view {
    const uint8_t *data;
    size_t len;
};
struct mgr_iter {
    const uint8_t *at, *end;
    enum mgr_kind kind; /* of the container */
};

/* NULL is allowed. */
MGR_API void mgr_value_free(struct mgr_value *value);
/* The whole value. Empty, of kind MGR_KIND_NOT_GIVEN, for NULL. */
MGR_API struct mgr_view mgr_view(const struct mgr_value *value);
/* A value or a part of it as an argument, as it is and without a copy. */
MGR_API struct mgr_arg mgr_of(const struct mgr_value *value);
MGR_API struct mgr_arg mgr_of_view(struct mgr_view view);
MGR_API enum mgr_kind mgr_kind(struct mgr_view view);
/* False when the view is of another kind (as_float takes ints too); *out is untouched then. What
 * *out points to lives as long as the value. */
MGR_API bool mgr_as_bool(struct mgr_view view, bool *out);
MGR_API bool mgr_as_int(struct mgr_view view, int64_t *out);
MGR_API bool mgr_as_float(struct mgr_view view, double *out);
MGR_API bool mgr_as_str(struct mgr_view view, const char **out,
                        size_t *len); /* not NUL-terminated */
MGR_API bool mgr_as_bytes(struct mgr_view view, const void **out, size_t *len);
MGR_API bool mgr_as_ref(struct mgr_view view, uint64_t *out);
/* Items of a container; 0 for others. O(n). */
MGR_API size_t mgr_len(struct mgr_view view);
/* Walks a container in order. mgr_next gives items, of a dict its keys; mgr_next_pair gives the
 * pairs of a dict. False: that was the last, or it is no such container. */
MGR_API struct mgr_iter mgr_iter(struct mgr_view container);
MGR_API bool mgr_next(struct mgr_iter *iter, struct mgr_view *item);
MGR_API bool mgr_next_pair(struct mgr_iter *iter, struct mgr_view *key, struct mgr_view *value);
/* The value of a str key in a dict. O(n). */
MGR_API bool mgr_field(struct mgr_view dict, const char *key, struct mgr_view *out);
enum mgr_format { MGR_TEXT, MGR_JSON, MGR_PYTHON, MGR_YAML };
/* A NUL-terminated text to be given to free(), "" for an empty view. NULL: no memory, or no JSON
 * form. */
MGR_API char *mgr_print(struct mgr_view view, enum mgr_format format);

/* Builds a value piece by piece: open containers with mgr_build_open, close them with
 * mgr_build_close; a dict takes keys and values in turns. Errors are kept until mgr_build_value,
 * which frees the builder and gives the value (owned by the caller), or NULL: no memory, or what
 * was put is no value (nothing, two values, a container left open, a key without value, twice or
 * unhashable, no UTF-8). */
struct mgr_builder;
MGR_API struct mgr_builder *mgr_build(void);
MGR_API void mgr_build_open(struct mgr_builder *b, enum mgr_kind container);
MGR_API void mgr_build_close(struct mgr_builder *b);
MGR_API void mgr_build_put(struct mgr_builder *b, struct mgr_arg item);
MGR_API struct mgr_value *mgr_build_value(struct mgr_builder *b);

/* ---- operations ---- */

#include "mgr_ops.h"

/* Walks a whole object of any type in parts, without ever holding all of it: each next gives one
 * item (key is empty but for dicts and namespaces). Not one moment's picture when others write
 * meanwhile: what is there all the time is given, what comes after the start is not (in a list or
 * an array, which are read by position, it may be). Not in a pipeline. Close it before the client;
 * *scan is NULL on failure. */
struct mgr_scan;
MGR_API enum mgr_status mgr_scan_open(struct mgr *m, const char *name, struct mgr_scan **scan);
/* MGR_OK with *more = true and a pair, or *more = false at the end. Views live until the scan's
 * next call; other calls on the client may be made in between. After a failure it may be called
 * again. */
MGR_API enum mgr_status mgr_scan_next(struct mgr_scan *scan, bool *more, struct mgr_view *key,
                                      struct mgr_view *value);
/* NULL is allowed. */
MGR_API void mgr_scan_close(struct mgr_scan *scan);

/* ---- pipelining: many requests on their way, replies in order of arrival ---- */

/* Called for each reply, from inside any call on the client; value is empty when there is none,
 * error (as mgr_error) is NULL when it did well. Both are gone after the return. No call may be
 * made on the same client meanwhile: it would give MGR_USAGE. */
typedef void mgr_reply_fn(void *arg, enum mgr_status status, struct mgr_view value,
                          const char *error);

/* From now on typed calls made with a result pointer of NULL only send: MGR_OK means that the
 * request is on its way, and fn (which may be NULL) hears of its outcome; anything else that it was
 * not sent, and fn does not hear of it. Small requests are gathered before they are sent. When the
 * window is full, or 16 MiB are in flight, the call waits for a reply. Calls that wait (wait_ms !=
 * 0) and calls with results are refused with MGR_USAGE. Called again before mgr_pipeline_end it
 * only changes fn. */
MGR_API void mgr_pipeline_begin(struct mgr *m, mgr_reply_fn *fn, void *arg);
/* Sends as much as the socket takes of what was gathered, and tells fn what has come, without
 * waiting: for programs that poll() mgr_fd for mgr_events. The status of the first failure so far.
 */
MGR_API enum mgr_status mgr_pipeline_poll(struct mgr *m);
/* Waits until all that is on its way was answered, and gives the first failure since the begin.
 * With MGR_INTERRUPTED the pipeline is still open: end it again to go on waiting. */
MGR_API enum mgr_status mgr_pipeline_end(struct mgr *m);

/* ---- by name: for tools that know operations only at run time ---- */

/* One argument by its name in proto/. */
struct mgr_named {
    const char *name;
    struct mgr_arg value; /* strings as mgr_str, numbers as mgr_int, flags as mgr_bool */
};
/* "TYPE METHOD" with named arguments (count of them). wait_ms: 0 for operations that do not wait.
 * The result may be NULL (not wanted); *result is NULL when the operation gives none. A Page gives
 * its items, and the cursor by mgr_cursor; a Grant gives a dict of its fields, the item as "value".
 */
MGR_API enum mgr_status mgr_call(struct mgr *m, const char *operation, const struct mgr_named *args,
                                 size_t count, int64_t wait_ms, struct mgr_value **result);
/* The cursor of the last Page, to be given to the next call as mgr_bytes; empty at the end. Valid
 * until the next call. */
MGR_API struct mgr_view mgr_cursor(const struct mgr *m);

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#endif
