/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: shared objects of an mgrd daemon, for C.
 *
 * A client (struct mgr) is one session with one daemon. It belongs to one thread at a time; there is no
 * global state and no thread behind it. Calls are synchronous: each returns when the daemon has
 * answered, or when its time is over. The library reconnects, resumes its session and sends again what
 * was not answered, so that every change happens once; where it cannot know, the status is MGR_UNKNOWN.
 * After a fork the child must not use the parent's client: every call there gives MGR_USAGE, and
 * mgr_close only frees memory.
 *
 *     struct mgr *m;
 *     if (mgr_open(&m, NULL) != MGR_OK || mgr_dict_incr(m, "visits", mgr_str("home"), MGR_ABSENT, NULL))
 *         fprintf(stderr, "%s\n", mgr_error(m));
 *     mgr_close(m);
 *
 * One typed call per operation (mgr_dict_get, mgr_list_append, ...) is declared in mgr_ops.h, which is
 * generated from the daemon's own table; this header includes it. */
#ifndef MGR_H
#define MGR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MGR_API __attribute__((visibility("default")))

/* A client. Opaque. */
struct mgr;

/* enum mgr_status, the result of every call: MGR_OK is 0; the others are the codes of docs/protocol.md
 * (MGR_KEY, MGR_TIMEOUT, MGR_BUSY, MGR_EMPTY, MGR_STALE_TOKEN, ...); MGR_UNKNOWN, an alias of
 * MGR_INDETERMINATE: whether it was done is not known. */
#include "mgr_status.h"

#define MGR_FOREVER INT64_MAX /* a wait without an end */

/* How to connect. Zero fields mean the environment (MGRCTL_SERVER, ...), then the default. */
struct mgr_options {
    const char *server;          /* HOST:PORT, [V6]:PORT or unix:PATH; default 127.0.0.1:7600 */
    const char *client;          /* who this is, for people; default user@host:pid */
    int64_t connect_timeout_ms;  /* default 5000 */
    int64_t timeout_ms;          /* for each reply that does not wait; default 10000 */
    int64_t linger_ms;           /* how long the session outlives a lost connection; default 5000 */
    int64_t lease_ms;            /* > 0: the session ends when no heartbeat came for so long */
    uint32_t window;             /* requests in flight at most; a power of two; default 256 */
};

/* ---- a client ---- */

/* Connects and says hello; waits at most connect_timeout_ms. options may be NULL. Sets *m also on
 * failure (but for MGR_NOMEM), so that mgr_error can tell why; close it in any case. */
MGR_API enum mgr_status mgr_open(struct mgr **m, const struct mgr_options *options);
/* Ends the session (Bye, waits at most 1 s) and frees the client. NULL is allowed. */
MGR_API void mgr_close(struct mgr *m);
/* Frees the client without ending the session: it lives on for its linger or lease. */
MGR_API void mgr_abandon(struct mgr *m);
/* What the last failed call said, as "KeyError: 'x' (dict "d")". Valid until the next call. */
MGR_API const char *mgr_error(const struct mgr *m);
/* The status of the last call. */
MGR_API enum mgr_status mgr_last_status(const struct mgr *m);
/* Name, Python's exception, mgrctl's exit code of a status; static. */
MGR_API const char *mgr_status_name(enum mgr_status status);
MGR_API const char *mgr_status_exception(enum mgr_status status);
MGR_API int mgr_status_exit_code(enum mgr_status status);
/* The socket, for poll(): readable when a reply or a hint has come. -1: not connected. */
MGR_API int mgr_fd(const struct mgr *m);
/* Renews the session's lease. Call it at least every lease_ms / 4. */
MGR_API enum mgr_status mgr_heartbeat(struct mgr *m);
/* Makes a running call return MGR_INTERRUPTED soon, its request cancelled. Async-signal-safe. */
MGR_API void mgr_interrupt(struct mgr *m);
/* From now on every operation is refused with MGR_STALE_TOKEN unless this grant is alive. 0: off. */
MGR_API void mgr_require(struct mgr *m, uint64_t token);
/* Who inside this client acts from now on (a thread's number): part of an owner's identity. */
MGR_API void mgr_holder(struct mgr *m, uint64_t holder);
/* Revision of the step that answered the last call. */
MGR_API uint64_t mgr_revision(const struct mgr *m);

/* ---- arguments: passed by value, borrowed for the time of the call ---- */

enum mgr_arg_kind { MGR_ARG_ABSENT, MGR_ARG_NONE, MGR_ARG_BOOL, MGR_ARG_INT, MGR_ARG_FLOAT, MGR_ARG_STR,
                    MGR_ARG_BYTES, MGR_ARG_JSON, MGR_ARG_LITERAL, MGR_ARG_REF, MGR_ARG_ENCODED };
struct mgr_arg {
    enum mgr_arg_kind kind;
    const void *data;
    size_t len;
    int64_t integer;
    double real;
};
#define MGR_ABSENT ((struct mgr_arg){MGR_ARG_ABSENT, NULL, 0, 0, 0}) /* not given: the default */
#define MGR_NONE ((struct mgr_arg){MGR_ARG_NONE, NULL, 0, 0, 0})
MGR_API struct mgr_arg mgr_bool(bool value);
MGR_API struct mgr_arg mgr_int(int64_t value);
MGR_API struct mgr_arg mgr_float(double value);
MGR_API struct mgr_arg mgr_str(const char *utf8);
MGR_API struct mgr_arg mgr_strn(const char *utf8, size_t len);
MGR_API struct mgr_arg mgr_bytes(const void *data, size_t len);
/* A container or scalar written as JSON, or as mgrctl's literals ('!tuple [1, 2]'). */
MGR_API struct mgr_arg mgr_json(const char *text);
MGR_API struct mgr_arg mgr_literal(const char *text);
MGR_API struct mgr_arg mgr_ref(uint64_t object_id);

/* ---- values ---- */

enum mgr_kind { MGR_KIND_NOT_GIVEN, MGR_KIND_NONE, MGR_KIND_BOOL, MGR_KIND_INT, MGR_KIND_BIGINT,
                MGR_KIND_FLOAT, MGR_KIND_STR, MGR_KIND_BYTES, MGR_KIND_LIST, MGR_KIND_TUPLE,
                MGR_KIND_DICT, MGR_KIND_SET, MGR_KIND_FROZENSET, MGR_KIND_REF, MGR_KIND_OPAQUE };

/* A result. Owned by the caller: mgr_value_free. */
struct mgr_value;
/* A look into a value; borrows from it. */
struct mgr_view {
    const uint8_t *data;
    size_t len;
};
struct mgr_iter {
    const uint8_t *at, *end;
};

MGR_API void mgr_value_free(struct mgr_value *value);
MGR_API struct mgr_view mgr_view(const struct mgr_value *value);
MGR_API struct mgr_arg mgr_of(const struct mgr_value *value); /* as an argument */
MGR_API struct mgr_arg mgr_of_view(struct mgr_view view);
MGR_API enum mgr_kind mgr_kind(struct mgr_view view);
/* False when the view is of another kind (as_float takes ints too); *out is untouched then. */
MGR_API bool mgr_as_bool(struct mgr_view view, bool *out);
MGR_API bool mgr_as_int(struct mgr_view view, int64_t *out);
MGR_API bool mgr_as_float(struct mgr_view view, double *out);
MGR_API bool mgr_as_str(struct mgr_view view, const char **out, size_t *len); /* not NUL-terminated */
MGR_API bool mgr_as_bytes(struct mgr_view view, const void **out, size_t *len);
MGR_API bool mgr_as_ref(struct mgr_view view, uint64_t *out);
/* Items of a container. O(n). */
MGR_API size_t mgr_len(struct mgr_view view);
MGR_API struct mgr_iter mgr_iter(struct mgr_view container);
MGR_API bool mgr_next(struct mgr_iter *iter, struct mgr_view *item);
MGR_API bool mgr_next_pair(struct mgr_iter *iter, struct mgr_view *key, struct mgr_view *value);
/* The value of a str key in a dict. O(n). */
MGR_API bool mgr_field(struct mgr_view dict, const char *key, struct mgr_view *out);
enum mgr_format { MGR_TEXT, MGR_JSON, MGR_PYTHON, MGR_YAML };
/* A NUL-terminated text to be given to free(); NULL: no memory, or no JSON form. */
MGR_API char *mgr_print(struct mgr_view view, enum mgr_format format);

/* Builds a value piece by piece: open containers with mgr_build_open, close them with mgr_build_close;
 * a dict takes keys and values in turns. Errors are kept until mgr_build_value, which frees the
 * builder and gives the value, or NULL (no memory, or what was put is no value). */
struct mgr_builder;
MGR_API struct mgr_builder *mgr_build(void);
MGR_API void mgr_build_open(struct mgr_builder *b, enum mgr_kind container);
MGR_API void mgr_build_close(struct mgr_builder *b);
MGR_API void mgr_build_put(struct mgr_builder *b, struct mgr_arg item);
MGR_API struct mgr_value *mgr_build_value(struct mgr_builder *b);

/* ---- operations ---- */

#include "mgr_ops.h"

/* Walks a whole object of any type in parts, without ever holding all of it: each next gives one item
 * (key is empty but for dicts and namespaces). Not one moment's picture when others write meanwhile. */
struct mgr_scan;
MGR_API enum mgr_status mgr_scan_open(struct mgr *m, const char *name, struct mgr_scan **scan);
/* MGR_OK with *more = true and a pair, or *more = false at the end. Views live until the next call. */
MGR_API enum mgr_status mgr_scan_next(struct mgr_scan *scan, bool *more, struct mgr_view *key,
                                      struct mgr_view *value);
MGR_API void mgr_scan_close(struct mgr_scan *scan);

/* ---- pipelining: many requests on their way, replies in order of arrival ---- */

/* Called for each reply; value is empty when there is none. error: as mgr_error. */
typedef void mgr_reply_fn(void *arg, enum mgr_status status, struct mgr_view value, const char *error);

/* From now on typed calls made with a result pointer of NULL only send (at most window are in flight;
 * beyond it the call waits for a reply), and fn hears of each outcome. mgr_pipeline_end waits for all
 * that is on its way and gives the first failure. Calls that wait (wait_ms != 0) and calls with results
 * are refused with MGR_USAGE meanwhile. */
MGR_API void mgr_pipeline_begin(struct mgr *m, mgr_reply_fn *fn, void *arg);
MGR_API enum mgr_status mgr_pipeline_end(struct mgr *m);

/* ---- by name: for tools that know operations only at run time ---- */

/* One argument by its name in proto/. */
struct mgr_named {
    const char *name;
    struct mgr_arg value; /* strings as mgr_str, numbers as mgr_int, flags as mgr_bool */
};
/* TYPE METHOD with named arguments (count of them). wait_ms: 0 for operations that do not wait.
 * The result may be NULL (not wanted); *result is NULL when the operation gives none. A Page gives its
 * items, and the cursor by mgr_cursor; a Grant gives a dict of its fields. */
MGR_API enum mgr_status mgr_call(struct mgr *m, const char *operation, const struct mgr_named *args,
                                 size_t count, int64_t wait_ms, struct mgr_value **result);
/* The cursor of the last Page; empty at the end. Valid until the next call. */
MGR_API struct mgr_view mgr_cursor(const struct mgr *m);

#ifdef __cplusplus
}
#endif

#endif
