/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: the C library of mgrd, a daemon that keeps named shared objects.
 *
 * A client (struct mgr) is one session with one daemon. One thread at a time may use it; the
 * library has no global state and starts no thread, so threads with a client each need no locks.
 * Calls block until the daemon has answered or their time is over. After a lost connection the
 * library reconnects, resumes its session and sends unanswered requests again; the daemon executes
 * each change once. Where the outcome cannot be known, the status is MGR_UNKNOWN. After a fork the
 * child must not use the parent's client: every call there returns MGR_USAGE, and mgr_close only
 * frees memory. Unless a function says otherwise, times are in milliseconds, strings are UTF-8, and
 * arguments are borrowed until the call returns.
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
#pragma GCC diagnostic ignored "-Wshadow" /* struct stat and stat() do so too */
extern "C" {
#endif

#define MGR_API __attribute__((visibility("default")))

/* A client: one session with one daemon. Opaque; made by mgr_open, freed by mgr_close or
 * mgr_abandon. */
struct mgr;

/* enum mgr_status is the result of every call. MGR_OK is 0; the other codes below 200 are those
 * of docs/protocol.md (MGR_KEY, MGR_TIMEOUT, MGR_BUSY, MGR_EMPTY, MGR_STALE_TOKEN, ...); from
 * 200 on they are the library's own (MGR_UNREACHABLE, MGR_LOCAL_IO, MGR_USAGE, MGR_INTERRUPTED).
 * A call that fails has changed nothing, with one exception: MGR_UNKNOWN (an alias of
 * MGR_INDETERMINATE) means that nobody knows whether the operation was executed. */
#include "mgr_status.h"

#define MGR_FOREVER INT64_MAX /* a wait without a time limit */

/* How to connect. A field that is NULL or 0 takes the value of the environment variable that mgrctl
 * reads too (MGRCTL_SERVER, MGRCTL_CLIENT, MGRCTL_CONNECT_TIMEOUT), else the default. mgr_open
 * copies what it needs; the caller keeps the strings.
 *
 * The variable MGRCTL_REQUIRE holds a token, which acts as if it was given to mgr_require; an
 * empty text or 0 is refused with MGR_VALUE. The token is ignored when it belongs to another
 * daemon: that is so if the address differs from MGRCTL_REQUIRE_SERVER and the state id from
 * MGRCTL_REQUIRE_STATE. This is decided once, when the first session begins. */
struct mgr_options {
    const char *server;         /* HOST:PORT, [V6]:PORT or unix:PATH; default 127.0.0.1:7600 */
    const char *client;         /* shown to people; at most 127 bytes; default user@host:pid */
    int64_t connect_timeout_ms; /* default 5000; the lookup of a host name may take longer */
    int64_t timeout_ms;         /* for each reply, added to the call's wait_ms; default 10000 */
    int64_t linger_ms; /* how long the session survives without a connection; default 5000 */
    int64_t lease_ms;  /* > 0: the session ends when the daemon hears nothing for so long */
    bool detach;       /* the session survives a lost connection and mgr_abandon for lease_ms,
                          which must be > 0; linger_ms is raised to lease_ms */
    bool whole_lease;  /* fail with MGR_VALUE if the daemon grants less than lease_ms */
    uint32_t window;   /* how many requests may be in flight; one slot of them is reserved for
                          cancel, heartbeat and bye. A power of two from 2 to 4096; default 256;
                          the daemon may grant fewer */
};

/* ---- a client ---- */

/* Connects and opens a session; blocks for at most connect_timeout_ms, plus the lookup of the
 * host name. options may be NULL. *m is set on failure too (it is NULL only after MGR_NOMEM), so
 * that mgr_error can tell the cause; the caller closes it in any case. If the daemon could not
 * be reached, later calls on *m try again to connect; if an option was wrong, every later call
 * returns the same status. */
MGR_API enum mgr_status mgr_open(struct mgr **m, const struct mgr_options *options);
/* Ends the session and frees the client: sends Bye and waits for the reply for at most 1 s.
 * Pipelined requests that are still queued are sent, but their replies are not reported. m may
 * be NULL. Must not be called from inside a mgr_reply_fn. */
MGR_API void mgr_close(struct mgr *m);
/* As mgr_close, for a client that could not use the result of its last call: an item that was
 * received without a token (queue_get, pipe_recv) returns to its place, marked as redelivered.
 * With mgr_close such an item counts as received. */
MGR_API void mgr_close_returning(struct mgr *m);
/* Frees the client at once and leaves the session: the session and what it holds live on until
 * linger_ms or lease_ms is over (lease_ms with options.detach). Pipelined requests that are not
 * sent yet are dropped. An item that the last call received without a token returns to its place
 * when the session ends. m may be NULL. */
MGR_API void mgr_abandon(struct mgr *m);
/* The error text of the last call, such as "KeyError: 'x' (dict "d")"; "" after success. The
 * client owns it; valid until the next call. */
MGR_API const char *mgr_error(const struct mgr *m);
/* The status of the last call; MGR_NOMEM if m is NULL. */
MGR_API enum mgr_status mgr_last_status(const struct mgr *m);
/* The name, the Python exception and the mgrctl exit code of a status. The strings are static. */
MGR_API const char *mgr_status_name(enum mgr_status status);
MGR_API const char *mgr_status_exception(enum mgr_status status);
MGR_API int mgr_status_exit_code(enum mgr_status status);
/* True if the same call may simply be repeated: nothing was done, and a later try may succeed. */
MGR_API bool mgr_status_retry(enum mgr_status status);
/* The socket, for poll(): readable when a reply or another message has come; -1: not connected.
 * Any call may change it, so ask again after each call. The client owns the descriptor. */
MGR_API int mgr_fd(const struct mgr *m);
/* The events to poll() for: POLLIN, and POLLOUT while pipelined requests are not sent
 * completely. A program that polls for POLLIN alone could wait for the reply to a request that
 * was never sent. Ask again after each call. 0: not connected. */
MGR_API short mgr_events(const struct mgr *m);
/* Makes the running call, or else the next call that has to wait, return MGR_INTERRUPTED; its
 * request is cancelled. If the reply had come already, the call returns its result (acquires:
 * see grants below). If the daemon does not confirm the cancellation within 1 s, the call
 * returns MGR_UNKNOWN, or MGR_INTERRUPTED if the operation only reads. The one function that is
 * async-signal-safe and may be called from another thread, as long as m is open. */
MGR_API void mgr_interrupt(struct mgr *m);
/* From now on, every operation is refused with MGR_STALE_TOKEN unless the grant of this token is
 * alive. 0 switches the check off. */
MGR_API void mgr_require(struct mgr *m, uint64_t token);
/* Sets the holder id for later calls, for example a thread's number: the owner of a lock is the
 * session together with its holder id. Default 0. */
MGR_API void mgr_holder(struct mgr *m, uint64_t holder);
/* The revision of the daemon's state at which the last call was answered: a read shows the state
 * of exactly this revision. */
MGR_API uint64_t mgr_revision(const struct mgr *m);
/* The next operation is refused with MGR_CONFLICT if its object (of two objects: the one named
 * first) changed after this revision. Take the revision from mgr_revision after a read: so a value
 * is read, changed and written back without a lock, and read again if another client was faster.
 * For a scan use the revision of its first part.
 *
 * The check applies to the next operation alone, even if that fails before anything is sent.
 * Heartbeats, and polling or ending a pipeline, are not operations. The operation must not wait
 * (wait_ms is 0). Revision 0 occurs in no reply: the operation then fails with MGR_VALUE. If the
 * daemon does not know the check, the operation fails with MGR_UNIMPLEMENTED; the check is never
 * skipped silently. */
MGR_API void mgr_unchanged_since(struct mgr *m, uint64_t revision);

/* ---- grants: what the session owns, and for how long ----
 *
 * A lock, permits or a reserved item are lent to the session under a token: a number that grows
 * with every grant of the daemon and is never used again. A lock guarantees that at most one of its
 * tokens is alive at any time. It cannot guarantee that nobody else acts: a session can end
 * (network down, process stopped) before its owner notices, and by then the next owner has the
 * lock. So let the guarded resource check the token: use mgr_require for operations of this daemon;
 * pass the token on to other systems if they can refuse a token that is smaller than the largest
 * one they have seen. Where nothing checks tokens, mgr_safe_ms tells how long the owner may go on,
 * provided that it asks before each step and each step is short.
 *
 * Everything is given back when the session ends: by mgr_close, when its lease is over, or when its
 * connection is away for longer than linger_ms. The next owner of the lock then sees the old token
 * in previous_token: the guarded data may be half changed.
 *
 * A call that ends early, by mgr_interrupt or because no reply came within wait_ms + timeout_ms,
 * may be granted its request at the same moment. An acquire or a reservation is then given back at
 * once, and the call returns MGR_INTERRUPTED or MGR_TIMEOUT as if it had got nothing (a reserved
 * item counts one attempt more). An item without a token cannot be given back without loss, and
 * neither can the lock that a condition has taken again: those calls return MGR_OK and their
 * result. If the daemon does not tell within 1 s how the call ended, the client leaves the
 * session (MGR_UNKNOWN), and everything that the session holds is free after linger_ms. A
 * condition_wait that was interrupted does not own the lock any more. */

struct mgr_grant {
    uint64_t token;          /* 0: nothing is lent (a received item is the caller's) */
    uint64_t depth;          /* depth of a reentrant lock, from 1; number of permits */
    uint64_t lease_ms;       /* of the session, in ms; 0: none */
    uint64_t previous_token; /* the last owner's, if its session ended; 0: it released */
    uint64_t attempts;       /* how many times the item was delivered before */
    uint64_t epoch;          /* the session that owns the grant: see mgr_epoch */
    bool redelivered;        /* the item was delivered before, and may have been processed */
};
/* The grant of the last call; all fields are 0 if there was none. Inside a mgr_reply_fn: the
 * grant of the reported reply. The client owns it; valid until the next call. Never NULL. */
MGR_API const struct mgr_grant *mgr_last_grant(const struct mgr *m);
/* True if the last call, a release, ack or nack by token that returned MGR_OK, found the grant
 * gone: its session had ended, or another client had released it. */
MGR_API bool mgr_lost(const struct mgr *m);
/* For how many ms the daemon surely keeps this session, and so its grants, as far as the client
 * knows without asking. 0 or less: treat the grants as lost. Computed from the time when the
 * last answered request was sent: the shorter of lease and linger, less a margin of 2 % and at
 * least 200 ms. Measured in boot time, which goes on while the machine is suspended. Also 0 when
 * the session of the last grant has ended, even if the client has a new session by now. An
 * operator can end a session or delete a lock at any time: only the token tells for sure. Makes
 * no call and never blocks. */
MGR_API int64_t mgr_safe_ms(const struct mgr *m);
/* The id of the daemon's data: another state has another id. "" before the first session. The
 * client owns it. */
MGR_API const char *mgr_state_id(const struct mgr *m);
/* Counts the sessions of this client, from 1; 0 before the first. It grows when a session was
 * lost and a call has opened a new one; grants with a smaller epoch are gone. */
MGR_API uint64_t mgr_epoch(const struct mgr *m);

/* Renews the session's lease and waits for the reply; in a pipeline it only sends the heartbeat.
 * Every other call renews the lease too, and a call that waits sends heartbeats by itself. A
 * heartbeat does not confirm an item received without a token: see mgr_close_returning. */
MGR_API enum mgr_status mgr_heartbeat(struct mgr *m);
/* In how many ms the next heartbeat should be sent: a quarter of the shorter of lease and linger
 * after the last answered request was sent; without a connection, when to connect again. 0: now.
 * MGR_FOREVER: there is no lease or no session, or a heartbeat is in flight and mgr_fd will
 * become readable. */
MGR_API int64_t mgr_heartbeat_due_ms(const struct mgr *m);
/* For programs that poll() mgr_fd: call it when one of mgr_events is there, or when a heartbeat is
 * due. Sends a heartbeat if one is due and takes the replies that have come (those of a pipeline
 * too), without blocking. If the connection was lost, it tries once to resume the session, which
 * blocks for at most connect_ms; 0: do not try.
 *
 * MGR_OK: the session is alive as far as known. MGR_UNREACHABLE: no connection, but the session
 * may live; try again when mgr_heartbeat_due_ms says so. MGR_SESSION_LOST: the session has ended
 * and its grants are gone. MGR_SUPERSEDED: another connection has taken the session over. */
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
/* Made by the functions below; its members are private to the library. All zero is MGR_ABSENT.
 * Borrows the caller's data, which must live until the call returns. */
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
#define MGR_ABSENT MGR_ARG_(MGR_ARG_ABSENT) /* argument not given: the operation's default */
#define MGR_NONE   MGR_ARG_(MGR_ARG_NONE)   /* the value None */
MGR_API struct mgr_arg mgr_bool(bool value);
MGR_API struct mgr_arg mgr_int(int64_t value);
MGR_API struct mgr_arg mgr_float(double value);
/* A str. The text must be UTF-8, else the call returns MGR_VALUE. A NULL pointer gives
 * MGR_ABSENT. */
MGR_API struct mgr_arg mgr_str(const char *utf8);
MGR_API struct mgr_arg mgr_strn(const char *utf8, size_t len);
MGR_API struct mgr_arg mgr_bytes(const void *data, size_t len);
/* A value written as JSON, or as a literal of mgrctl ('!tuple [1, 2]'). Parsed when the call is
 * made; on a mistake the call returns MGR_VALUE and mgr_error names the column. */
MGR_API struct mgr_arg mgr_json(const char *text);
MGR_API struct mgr_arg mgr_literal(const char *text);
/* A reference to another object, by the id that mgr_as_ref gives. */
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

/* A result. The caller owns it and frees it with mgr_value_free. It does not depend on its
 * client. */
struct mgr_value;
/* A borrowed view of a value or a part of it, valid as long as the value. Only views made by
 * this library may be read. */
struct mgr_view {
    const uint8_t *data;
    size_t len;
};
struct mgr_iter {
    const uint8_t *at, *end;
    enum mgr_kind kind; /* the container's kind */
};

/* Frees a value. NULL is allowed. */
MGR_API void mgr_value_free(struct mgr_value *value);
/* The view of the whole value. For NULL: an empty view, of kind MGR_KIND_NOT_GIVEN. */
MGR_API struct mgr_view mgr_view(const struct mgr_value *value);
/* A value, or a part of a value, as an argument; borrowed, not copied. */
MGR_API struct mgr_arg mgr_of(const struct mgr_value *value);
MGR_API struct mgr_arg mgr_of_view(struct mgr_view view);
MGR_API enum mgr_kind mgr_kind(struct mgr_view view);
/* Each returns false and leaves *out alone if the view is of another kind (mgr_as_float also
 * accepts ints). The memory that *out points to lives as long as the value. */
MGR_API bool mgr_as_bool(struct mgr_view view, bool *out);
MGR_API bool mgr_as_int(struct mgr_view view, int64_t *out);
MGR_API bool mgr_as_float(struct mgr_view view, double *out);
MGR_API bool mgr_as_str(struct mgr_view view, const char **out,
                        size_t *len); /* not NUL-terminated */
MGR_API bool mgr_as_bytes(struct mgr_view view, const void **out, size_t *len);
MGR_API bool mgr_as_ref(struct mgr_view view, uint64_t *out);
/* The number of items in a container, of entries in a dict; 0 for other kinds. Takes O(n) time. */
MGR_API size_t mgr_len(struct mgr_view view);
/* Walks a container in order. mgr_next gives items (of a dict: its keys), mgr_next_pair the
 * entries of a dict. They return false after the last one, or if the container has no items or
 * entries to give. */
MGR_API struct mgr_iter mgr_iter(struct mgr_view container);
MGR_API bool mgr_next(struct mgr_iter *iter, struct mgr_view *item);
MGR_API bool mgr_next_pair(struct mgr_iter *iter, struct mgr_view *key, struct mgr_view *value);
/* Finds the value of a str key in a dict; false: there is none. Takes O(n) time. */
MGR_API bool mgr_field(struct mgr_view dict, const char *key, struct mgr_view *out);
enum mgr_format { MGR_TEXT, MGR_JSON, MGR_PYTHON, MGR_YAML };
/* The value as NUL-terminated text, to be freed with free(); "" for an empty view. NULL: out of
 * memory, or the value has no JSON form. */
MGR_API char *mgr_print(struct mgr_view view, enum mgr_format format);

/* Builds a value piece by piece. Open containers with mgr_build_open and close them with
 * mgr_build_close; a dict takes keys and values in turn. The arguments are copied. Errors are
 * remembered until mgr_build_value, which frees the builder and returns the value (owned by the
 * caller). It returns NULL if memory ran out or the pieces do not make one value: none or two
 * values at the top, an open container, a key without a value, a duplicate or unhashable key,
 * text that is not UTF-8. */
struct mgr_builder;
MGR_API struct mgr_builder *mgr_build(void);
MGR_API void mgr_build_open(struct mgr_builder *b, enum mgr_kind container);
MGR_API void mgr_build_close(struct mgr_builder *b);
MGR_API void mgr_build_put(struct mgr_builder *b, struct mgr_arg item);
MGR_API struct mgr_value *mgr_build_value(struct mgr_builder *b);

/* ---- operations ---- */

#include "mgr_ops.h"

/* Walks a whole object of any type, page by page, so that it is never in memory as a whole. Each
 * mgr_scan_next gives one item (key is empty except for dicts and namespaces). The pages are not
 * one snapshot: an entry that exists during the whole scan is given; an entry added after the
 * start is not, except in a list or an array, which are read by position. Not allowed in a
 * pipeline. Both calls block as any call does. Close the scan before the client; *scan is NULL
 * on failure. */
struct mgr_scan;
MGR_API enum mgr_status mgr_scan_open(struct mgr *m, const char *name, struct mgr_scan **scan);
/* Returns MGR_OK with *more = true and an item, or with *more = false at the end. The views live
 * until the next call on the scan; other calls on the client may come in between. After a
 * failure the call may be repeated. */
MGR_API enum mgr_status mgr_scan_next(struct mgr_scan *scan, bool *more, struct mgr_view *key,
                                      struct mgr_view *value);
/* Frees a scan. NULL is allowed. */
MGR_API void mgr_scan_close(struct mgr_scan *scan);

/* ---- pipelining: many requests in flight, replies reported as they come ---- */

/* Called once for each reply, from inside any call on the client. value is empty if the reply
 * has none; error (as mgr_error) is NULL on success. Both are borrowed until the function
 * returns. Calls on the same client from inside it return MGR_USAGE. */
typedef void mgr_reply_fn(void *arg, enum mgr_status status, struct mgr_view value,
                          const char *error);

/* From now on, a typed call whose result pointer is NULL only sends. MGR_OK means that the
 * request is on its way, and fn (may be NULL) is called with its outcome; any other status means
 * that the request was not sent, and fn is not called for it. Small requests are gathered before
 * they are sent. If the window is full, or more than 16 MiB are in flight, the call blocks for a
 * reply. Calls with wait_ms != 0 or with a result pointer are refused with MGR_USAGE. A second
 * mgr_pipeline_begin before mgr_pipeline_end only changes fn and arg. */
MGR_API void mgr_pipeline_begin(struct mgr *m, mgr_reply_fn *fn, void *arg);
/* Sends as many gathered requests as the socket takes and reports the replies that have come;
 * for programs that poll() mgr_fd for mgr_events. Does not block while there is a connection; if
 * it was lost with requests in flight, reconnecting blocks for at most connect_timeout_ms.
 * Returns the status of the first failure since mgr_pipeline_begin. */
MGR_API enum mgr_status mgr_pipeline_poll(struct mgr *m);
/* Waits until every request in flight is answered, ends the pipeline and returns the status of
 * the first failure since mgr_pipeline_begin. After MGR_INTERRUPTED the pipeline is still open:
 * call it again to go on waiting. */
MGR_API enum mgr_status mgr_pipeline_end(struct mgr *m);

/* ---- by name: for tools that know operations only at run time ---- */

/* One argument, by the name of its field in proto/. */
struct mgr_named {
    const char *name;
    struct mgr_arg value; /* a str by mgr_str, a number by mgr_int, a flag by mgr_bool */
};
/* Calls the operation "TYPE METHOD" with count named arguments. wait_ms: 0 for operations that
 * do not wait. result may be NULL (not wanted); *result is NULL if the operation gives no value,
 * else owned by the caller. A Page gives its items, and its cursor by mgr_cursor. A Grant gives
 * a dict of its fields, with the item as "value". Errors: as for typed calls; MGR_USAGE for an
 * unknown operation or argument. */
MGR_API enum mgr_status mgr_call(struct mgr *m, const char *operation, const struct mgr_named *args,
                                 size_t count, int64_t wait_ms, struct mgr_value **result);
/* The cursor of the last Page, to be passed to the next call as mgr_bytes; empty after the last
 * page. The client owns it; valid until the next call. */
MGR_API struct mgr_view mgr_cursor(const struct mgr *m);

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#endif
