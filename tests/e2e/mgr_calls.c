/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes every typed call of libmgr once against a real daemon and looks at what it gives.
 * MGRCTL_SERVER names the daemon; the exit code is the number of differences. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mgr.h>

struct run {
    struct mgr *m;
    struct mgr_value *value; /* of the call just made */
    bool answer;
    int calls, wrong;
};

static void complain(struct run *r, const char *call, const char *got, const char *wanted)
{
    r->wrong++;
    printf("%s\n  gave   %s\n  wanted %s\n", call, got, wanted);
}

static void take_status(struct run *r, const char *call, enum mgr_status status)
{
    r->calls++;
    if (status != MGR_OK)
        complain(r, call, mgr_error(r->m), "no error");
}

/* wanted NULL: any value, but one. */
static void take_value(struct run *r, const char *call, enum mgr_status status, const char *wanted)
{
    take_status(r, call, status);
    char *text = mgr_print(mgr_view(r->value), MGR_PYTHON);
    if (status == MGR_OK && text != NULL &&
        (wanted == NULL ? *text == '\0' : strcmp(text, wanted) != 0))
        complain(r, call, text, wanted == NULL ? "something" : wanted);
    free(text);
    mgr_value_free(r->value);
    r->value = NULL;
}

static void take_answer(struct run *r, const char *call, enum mgr_status status, bool wanted)
{
    take_status(r, call, status);
    if (status == MGR_OK && r->answer != wanted)
        complain(r, call, wanted ? "false" : "true", wanted ? "true" : "false");
    r->answer = false;
}

#define DONE(call)          take_status(r, #call, call)
#define GIVES(wanted, call) take_value(r, #call, call, wanted)
#define TRUE(call)          take_answer(r, #call, call, true)
#define FALSE(call)         take_answer(r, #call, call, false)

#define NO MGR_ABSENT

static struct mgr_arg n(int64_t value)
{
    return mgr_int(value);
}

static struct mgr_arg j(const char *json)
{
    return mgr_json(json);
}

static void make(struct run *r, const char *type, const char *init)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    const struct mgr_object_create args = {.name = type,
                                           .type = type,
                                           .init = init == NULL ? MGR_ABSENT : mgr_json(init),
                                           .typecode = strcmp(type, "array") == 0 ? "q" : NULL};
    GIVES(NULL, mgr_object_create(m, &args, v));
}

static void run_dict(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    make(r, "dict", "{\"k\": 1}");
    GIVES("1", mgr_dict_get(m, "dict", mgr_str("k"), NO, v));
    GIVES("'none'", mgr_dict_get(m, "dict", mgr_str("no"), mgr_str("none"), v));
    DONE(mgr_dict_set(m, "dict", mgr_str("b"), mgr_bytes("\xff", 1)));
    DONE(mgr_dict_del(m, "dict", mgr_str("b"), mgr_bytes("\xff", 1)));
    TRUE(mgr_dict_has(m, "dict", mgr_str("k"), a));
    GIVES("1", mgr_dict_len(m, "dict", v));
    TRUE(mgr_dict_add(m, "dict", n(2), MGR_NONE, a));
    FALSE(mgr_dict_add(m, "dict", mgr_float(2), MGR_NONE, a));
    GIVES("None", mgr_dict_pop(m, "dict", n(2), NO, v));
    GIVES("('k', 1)", mgr_dict_popitem(m, "dict", v));
    GIVES("5", mgr_dict_setdefault(m, "dict", mgr_str("s"), n(5), v));
    DONE(mgr_dict_update(m, "dict", j("{\"x\": [1], \"y\": true}")));
    GIVES("{'s': 5, 'x': [1], 'y': True}", mgr_dict_copy(m, "dict", v));
    GIVES("['s', 'x', 'y']", mgr_dict_keys(m, "dict", v));
    GIVES("[5, [1], True]", mgr_dict_values(m, "dict", v));
    GIVES("[('s', 5), ('x', [1]), ('y', True)]", mgr_dict_items(m, "dict", v));
    GIVES("['y', 'x', 's']", mgr_dict_reversed(m, "dict", v));
    GIVES("{'s': 5, 'x': [1], 'y': True, 'z': 0}",
          mgr_dict_merge(m, "dict", j("{\"z\": 0}"), false, v));
    GIVES("{'a': 7, 'b': 7}", mgr_dict_fromkeys(m, "dict", j("[\"a\", \"b\"]"), n(7), v));
    GIVES("8", mgr_dict_incr(m, "dict", mgr_str("s"), n(3), v));
    const struct mgr_dict_cas cas = {
        .name = "dict", .key = mgr_str("s"), .new_ = n(9), .expect = n(8)};
    TRUE(mgr_dict_cas(m, &cas, a));
    FALSE(mgr_dict_cas(m, &cas, a));
    GIVES("{'s': 9}", mgr_dict_get_many(m, "dict", j("[\"s\", \"no\"]"), v));
    GIVES("{'s': 9, 'x': [1], 'y': True}", mgr_dict_scan(m, "dict", NO, NO, v));
    GIVES("{'found': {'y': True}, 'missing': ['no']}",
          mgr_dict_pop_many(m, "dict", j("[\"no\", \"y\"]"), v));
    DONE(mgr_dict_clear(m, "dict"));
}

static void run_list(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    make(r, "list", "[3, 1, 2]");
    GIVES("2", mgr_list_get(m, "list", n(-1), v));
    DONE(mgr_list_set(m, "list", n(0), n(5)));
    DONE(mgr_list_del(m, "list", n(1)));
    TRUE(mgr_list_has(m, "list", mgr_float(5), a));
    GIVES("2", mgr_list_len(m, "list", v));
    DONE(mgr_list_append(m, "list", n(7)));
    DONE(mgr_list_extend(m, "list", j("[8, 9]")));
    DONE(mgr_list_insert(m, "list", n(0), n(4)));
    GIVES("9", mgr_list_pop(m, "list", NO, v));
    DONE(mgr_list_remove(m, "list", n(8)));
    GIVES("[4, 5, 2, 7]", mgr_list_copy(m, "list", v));
    GIVES("2", mgr_list_index(m, &(struct mgr_list_index){.name = "list", .value = n(2)}, v));
    GIVES("1", mgr_list_count(m, "list", n(7), v));
    DONE(mgr_list_reverse(m, "list"));
    DONE(mgr_list_sort(m, "list", true));
    GIVES("[7, 4]", mgr_list_slice(m, &(struct mgr_list_slice){.name = "list", .step = n(2)}, v));
    DONE(mgr_list_set_slice(
        m, &(struct mgr_list_set_slice){.name = "list", .items = j("[0, 0]"), .start = n(2)}));
    DONE(mgr_list_del_slice(m, "list", n(3), NO, NO));
    GIVES("[5, 0]", mgr_list_range(m, "list", 1, NO, v));
    GIVES("[7, 5, 0, 1]", mgr_list_concat(m, "list", j("[1]"), v));
    GIVES("[7, 5, 0, 7, 5, 0]", mgr_list_repeat(m, "list", n(2), v));
    DONE(mgr_list_multiply(m, "list", n(2)));
    GIVES("[0, 5, 7, 0, 5, 7]", mgr_list_reversed(m, "list", v));
    DONE(mgr_list_clear(m, "list"));
}

static void run_set(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    make(r, "set", "[1, 2, 3]");
    DONE(mgr_set_add(m, "set", n(4)));
    DONE(mgr_set_discard(m, "set", n(99)));
    DONE(mgr_set_remove(m, "set", n(4)));
    TRUE(mgr_set_has(m, "set", n(1), a));
    GIVES("3", mgr_set_len(m, "set", v));
    GIVES("{1, 2, 3}", mgr_set_copy(m, "set", v));
    DONE(mgr_set_update(m, "set", j("[5]")));
    GIVES("{1, 2, 3, 5, 6}", mgr_set_union(m, "set", j("[6]"), v));
    GIVES("{2, 3}", mgr_set_difference(m, "set", j("[1, 5]"), v));
    DONE(mgr_set_difference_update(m, "set", j("[5]")));
    GIVES("{2}", mgr_set_intersection(m, "set", j("[2, 7]"), v));
    DONE(mgr_set_intersection_update(m, "set", j("[1, 2]")));
    GIVES("{1, 3}", mgr_set_symmetric_difference(m, "set", j("[2, 3]"), v));
    DONE(mgr_set_symmetric_difference_update(m, "set", j("[2, 3]")));
    GIVES("{9}", mgr_set_rdifference(m, "set", j("[9, 1]"), v));
    TRUE(mgr_set_isdisjoint(m, "set", j("[9]"), a));
    TRUE(mgr_set_issubset(m, "set", j("[1, 3, 5]"), true, a));
    FALSE(mgr_set_issuperset(m, "set", j("[1, 3]"), true, a));
    TRUE(mgr_set_equals(m, "set", j("[3, 1]"), a));
    GIVES("{1, 3}", mgr_set_scan(m, "set", NO, NO, v));
    GIVES(NULL, mgr_set_pop(m, "set", v));
    DONE(mgr_set_clear(m, "set"));
}

static void run_small(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    make(r, "namespace", NULL);
    DONE(mgr_namespace_set(m, "namespace", "x", n(1)));
    GIVES("1", mgr_namespace_get(m, "namespace", "x", NO, v));
    TRUE(mgr_namespace_has(m, "namespace", "x", a));
    GIVES("3", mgr_namespace_incr(m, "namespace", "x", n(2), v));
    GIVES("1", mgr_namespace_len(m, "namespace", v));
    GIVES("{'x': 3}", mgr_namespace_items(m, "namespace", v));
    DONE(mgr_namespace_del(m, "namespace", "x"));
    make(r, "value", "1");
    GIVES("1", mgr_value_get(m, "value", v));
    DONE(mgr_value_set(m, "value", mgr_float(0.5)));
    GIVES("1.5", mgr_value_add(m, "value", n(1), v));
    TRUE(mgr_value_cas(m, "value", mgr_float(1.5), n(2), a));
    GIVES("2", mgr_value_swap(m, "value", mgr_literal("!tuple [x]"), v));
    make(r, "array", "[1, 2, 3]");
    GIVES("3", mgr_array_get(m, "array", n(-1), v));
    DONE(mgr_array_set(m, "array", n(0), n(7)));
    GIVES("3", mgr_array_len(m, "array", v));
    GIVES("9", mgr_array_add(m, "array", n(0), n(2), v));
    GIVES("[2, 3]",
          mgr_array_slice(m, &(struct mgr_array_slice){.name = "array", .start = n(1)}, v));
    DONE(mgr_array_set_slice(
        m, &(struct mgr_array_set_slice){.name = "array", .items = j("[0]"), .start = n(2)}));
    GIVES("[2, 0]", mgr_array_range(m, "array", 1, NO, v));
    GIVES("[9, 2, 0]", mgr_array_copy(m, "array", v));
}

static uint64_t token(struct run *r)
{
    uint64_t last = mgr_last_grant(r->m)->token;
    if (last == 0)
        complain(r, "the last call", "no token", "a token");
    return last;
}

static void run_locks(struct run *r)
{
    struct mgr *m = r->m;
    bool *a = &r->answer;
    struct mgr_grant grant;
    make(r, "lock", NULL);
    DONE(mgr_lock_acquire(m, "lock", 0, &grant));
    TRUE(mgr_lock_locked(m, "lock", a));
    TRUE(mgr_lock_held(m, "lock", mgr_int((int64_t)grant.token), a));
    DONE(mgr_lock_renew(m, "lock", grant.token, NO, &grant));
    DONE(mgr_lock_release(m, "lock", mgr_int((int64_t)token(r)), false));
    make(r, "rlock", NULL);
    DONE(mgr_rlock_acquire(m, "rlock", 0, NULL));
    DONE(mgr_rlock_acquire(m, "rlock", 0, &grant));
    if (grant.depth != 2)
        complain(r, "rlock acquire", "another depth", "2");
    TRUE(mgr_rlock_locked(m, "rlock", a));
    TRUE(mgr_rlock_held(m, "rlock", NO, a));
    DONE(mgr_rlock_renew(m, "rlock", grant.token, NO, NULL));
    DONE(mgr_rlock_release(m, "rlock", NO, false));
    DONE(mgr_rlock_release(m, "rlock", NO, false));
    make(r, "semaphore", "3");
    DONE(mgr_semaphore_acquire(m, "semaphore", n(2), 0, &grant));
    GIVES("1", mgr_semaphore_value(m, "semaphore", &r->value));
    TRUE(mgr_semaphore_held(m, "semaphore", NO, a));
    DONE(mgr_semaphore_renew(m, "semaphore", grant.token, NO, NULL));
    DONE(mgr_semaphore_resize(m, "semaphore", 5));
    DONE(mgr_semaphore_release(m, "semaphore", NO, mgr_int((int64_t)grant.token), false));
    GIVES("5", mgr_semaphore_value(m, "semaphore", &r->value));
}

static void run_events(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    make(r, "event", NULL);
    FALSE(mgr_event_wait(m, "event", 1, a));
    DONE(mgr_event_set(m, "event"));
    TRUE(mgr_event_is_set(m, "event", a));
    TRUE(mgr_event_wait(m, "event", MGR_FOREVER, a));
    DONE(mgr_event_clear(m, "event"));
    make(r, "condition", NULL);
    DONE(mgr_condition_acquire(m, "condition", 0, NULL));
    TRUE(mgr_condition_locked(m, "condition", a));
    TRUE(mgr_condition_held(m, "condition", NO, a));
    FALSE(mgr_condition_wait(m, "condition", NO, 1, a));
    DONE(mgr_condition_renew(m, "condition", token(r), NO, NULL));
    DONE(mgr_condition_notify(m, "condition", NO));
    DONE(mgr_condition_notify_all(m, "condition"));
    DONE(mgr_condition_release(m, "condition", NO, false));
    make(r, "barrier", "1");
    GIVES("0", mgr_barrier_wait(m, "barrier", 0, v));
    GIVES("1", mgr_barrier_parties(m, "barrier", v));
    GIVES("0", mgr_barrier_waiting(m, "barrier", v));
    DONE(mgr_barrier_abort(m, "barrier"));
    TRUE(mgr_barrier_broken(m, "barrier", a));
    DONE(mgr_barrier_reset(m, "barrier"));
    GIVES(NULL, mgr_barrier_generation(m, "barrier", v));
}

static void run_queue(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    const struct mgr_object_create other = {.name = "other", .type = "queue", .maxsize = n(9)};
    make(r, "queue", NULL);
    GIVES(NULL, mgr_object_create(m, &other, v));
    DONE(mgr_queue_put(m, "queue", mgr_str("a"), 0));
    DONE(mgr_queue_put_many(m, "queue", j("[2, 3, 4]"), 100));
    GIVES("'a'", mgr_queue_get(m, "queue", false, 0, v));
    DONE(mgr_queue_task_done(m, "queue"));
    GIVES("2", mgr_queue_get(m, "queue", true, MGR_FOREVER, v));
    DONE(mgr_queue_renew(m, "queue", token(r), NO, NULL));
    DONE(mgr_queue_nack(m, "queue", token(r), NO, NULL));
    GIVES("2", mgr_queue_get(m, "queue", true, 0, v));
    if (mgr_last_grant(m)->attempts != 1 || !mgr_last_grant(m)->redelivered)
        complain(r, "get after a nack", "no mark", "attempts 1, redelivered");
    DONE(mgr_queue_ack(m, "queue", token(r)));
    GIVES("3", mgr_queue_move(m, "queue", "other", v));
    GIVES("1", mgr_queue_len(m, "queue", v));
    FALSE(mgr_queue_empty(m, "queue", a));
    FALSE(mgr_queue_full(m, "other", a));
    GIVES("1", mgr_queue_clear(m, "other", v));
    GIVES("4", mgr_queue_get(m, "queue", true, 0, v));
    DONE(mgr_queue_ack(m, "queue", token(r)));
    DONE(mgr_queue_join(m, "queue", 1000));
    DONE(mgr_queue_shutdown(m, "queue", false));
}

static void run_pipe(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    make(r, "pipe", NULL);
    DONE(mgr_pipe_attach(m, "pipe", n(1), NULL));
    DONE(mgr_pipe_send(m, "pipe", mgr_str("hi"), n(2), 0));
    TRUE(mgr_pipe_poll(m, "pipe", NO, 0, a));
    GIVES("1", mgr_pipe_len(m, "pipe", n(1), v));
    GIVES("'hi'", mgr_pipe_recv(m, "pipe", NO, MGR_FOREVER, v));
    DONE(mgr_pipe_close(m, "pipe", NO));
}

/* The session of this client, as `session ls` tells it. */
static uint64_t own_session(struct run *r)
{
    struct mgr_view row, field;
    const char *text = "0";
    size_t len = 1;
    char copy[32];
    if (mgr_session_ls(r->m, &r->value) != MGR_OK)
        return 0;
    struct mgr_iter it = mgr_iter(mgr_view(r->value));
    if (mgr_next(&it, &row) && mgr_field(row, "session", &field))
        mgr_as_str(field, &text, &len);
    snprintf(copy, sizeof copy, "%.*s", (int)len, text);
    mgr_value_free(r->value);
    r->value = NULL;
    return strtoull(copy, NULL, 10);
}

static void run_object(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    bool *a = &r->answer;
    TRUE(mgr_object_exists(m, "value", a));
    GIVES(NULL, mgr_object_info(m, "value", v));
    GIVES("['value']", mgr_object_ls(m, &(struct mgr_object_ls){.glob = "v*"}, v));
    GIVES(NULL, mgr_object_scan(m, "array", NO, NO, v));
    GIVES(NULL, mgr_object_changed(m, "value", n(1), 1000, v));
    DONE(mgr_object_hold(m, "value"));
    DONE(mgr_object_drop(m, "value"));
    GIVES("[]", mgr_object_waits(m, NULL, v));
    DONE(mgr_object_delete(m, "value", false));
    FALSE(mgr_object_exists(m, "value", a));
}

static void run_server(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_value **v = &r->value;
    GIVES(NULL, mgr_server_ping(m, v));
    GIVES(NULL, mgr_server_info(m, v));
    GIVES(NULL, mgr_server_stat(m, v));
    GIVES(NULL, mgr_server_reload(m, v));
    GIVES(NULL, mgr_server_save(m, v));
    GIVES("None", mgr_server_fetch(m, 1000, MGR_ABSENT, MGR_ABSENT, v)); /* not there yet */
    DONE(mgr_heartbeat(m));
    GIVES(NULL, mgr_session_ls(m, v));
    DONE(mgr_session_kill(m, own_session(r)));
    (void)mgr_list_clear(m,
                         "list"); /* may hear that the session is no more; the next has a new one */
    DONE(mgr_list_clear(m, "list"));
    DONE(mgr_server_shutdown(m));
}

static void run_scan(struct run *r)
{
    struct mgr *m = r->m;
    struct mgr_scan *scan;
    struct mgr_view key, value;
    int64_t k = 0, x = 0, sum = 0, seen = 0;
    bool more;
    mgr_pipeline_begin(m, NULL, NULL);
    for (int64_t i = 0; i < 5000; i++)
        DONE(mgr_dict_set(m, "dict", n(i), n(i)));
    DONE(mgr_pipeline_end(m));
    DONE(mgr_scan_open(m, "dict", &scan));
    while (scan != NULL && mgr_scan_next(scan, &more, &key, &value) == MGR_OK && more) {
        seen++;
        if (mgr_as_int(key, &k) && mgr_as_int(value, &x) && k == x)
            sum += x;
        if (seen == 10)
            DONE(mgr_heartbeat(m)); /* other calls do not disturb it */
    }
    mgr_scan_close(scan);
    if (seen != 5000 || sum != 5000 * 4999 / 2)
        complain(r, "scan", "not all entries once", "5000");
}

int main(void)
{
    struct run run = {0};
    if (mgr_open(&run.m, NULL) != MGR_OK) {
        puts(mgr_error(run.m));
        return EXIT_FAILURE;
    }
    run_dict(&run);
    run_scan(&run);
    run_list(&run);
    run_set(&run);
    run_small(&run);
    run_locks(&run);
    run_events(&run);
    run_queue(&run);
    run_pipe(&run);
    run_object(&run);
    run_server(&run);
    printf("%d calls, %d wrong\n", run.calls, run.wrong);
    mgr_close(run.m);
    return run.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
