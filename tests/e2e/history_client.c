/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that works at random on objects of one type and writes down each call and each answer,
 * for a checker of histories (lib/history.py). MGRCTL_SERVER names the daemon.
 *
 *     history_client FILE CLIENT RUN TYPE OBJECTS CALLS SEED LINGER_MS LEASE_MS
 *
 * The objects are called TYPE0, TYPE1, ...; the file is mapped, so that what was written is there
 * after a kill -9 too. A call's line is complete before the call is made:
 *
 *     H client run t calls   the calls made so far: kept up to date
 *     + t operation object wait_ms token number
 *     - t status revision token depth previous_token attempts redelivered lost epoch value
 *     B t                    says Bye: all calls are made, or SIGTERM came
 *
 * Token and number are what the operation takes (a require, a count, a value); -1: not given. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <mgr.h>

enum { LINE_MAX_ = 256, BYTES_PER_CALL = 320, NAME_MAX_ = 32, DEPTH_MAX = 3, OLD_TOKENS = 4 };
enum { NONE = -1 };

enum op {
    ACQUIRE,
    RELEASE,
    LOCKED,
    HELD,
    WAIT,
    NOTIFY,
    NOTIFY_ALL,
    VALUE,
    PUT,
    GET,
    ACK,
    NACK,
    LEN,
    SET,
    CLEAR,
    IS_SET,
    RESET,
    UPDATE,
    INFO,
    DICT_INCR,
    DICT_GET,
    DICT_SET,
    DICT_CAS
};

/* How an operation is called; token and number: names of its arguments. */
static const struct row {
    const char *name, *type, *token, *number;
} rows[] = {
    [ACQUIRE] = {"acquire", NULL, NULL, "permits"},
    [RELEASE] = {"release", NULL, "token", "permits"},
    [LOCKED] = {"locked", NULL, NULL, NULL},
    [HELD] = {"held", NULL, "token", NULL},
    [WAIT] = {"wait", NULL, NULL, NULL},
    [NOTIFY] = {"notify", NULL, NULL, "count"},
    [NOTIFY_ALL] = {"notify_all", NULL, NULL, NULL},
    [VALUE] = {"value", NULL, NULL, NULL},
    [PUT] = {"put", NULL, NULL, "value"},
    [GET] = {"get", NULL, NULL, "reserve"},
    [ACK] = {"ack", NULL, "token", NULL},
    [NACK] = {"nack", NULL, "token", "delay_ms"},
    [LEN] = {"len", NULL, NULL, NULL},
    [SET] = {"set", NULL, NULL, NULL},
    [CLEAR] = {"clear", NULL, NULL, NULL},
    [IS_SET] = {"is_set", NULL, NULL, NULL},
    [RESET] = {"reset", NULL, NULL, NULL},
    [UPDATE] = {"update", "dict", NULL, NULL},
    [INFO] = {"info", "object", NULL, NULL},
    [DICT_INCR] = {"incr", "dict", NULL, "by"},
    [DICT_GET] = {"get", "dict", NULL, NULL},
    [DICT_SET] = {"set", "dict", NULL, "value"},
    [DICT_CAS] = {"cas", "dict", "expect", "new"},
};

struct reply {
    enum mgr_status status;
    struct mgr_grant grant;
    int64_t value;
};

struct client {
    struct mgr *m;
    char *at, *end; /* of the history */
    char *calls;    /* the last digit of their number */
    const char *type;
    int objects;
    uint64_t random;
    int64_t left, unique;
    char object[NAME_MAX_];
    struct reply reply;      /* of the last call */
    int64_t old[OLD_TOKENS]; /* grants that are gone, or should be */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

static int roll(struct client *c, int sides)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    return (int)((c->random >> 11) % (uint64_t)sides);
}

/* Whole lines only: what is cut by the end of the room or of the process has no newline. */
__attribute__((format(printf, 2, 3))) static void note(struct client *c, const char *format, ...)
{
    char line[LINE_MAX_];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len <= 0 || len >= (int)sizeof line || c->end - c->at < len) {
        fputs("history_client: no room for a line\n", stderr);
        exit(EXIT_FAILURE);
    }
    memcpy(c->at, line, (size_t)len);
    c->at += len;
}

static void count_call(struct client *c)
{
    char *digit = c->calls;
    while (*digit == '9')
        *digit-- = '0';
    (*digit)++;
    c->left--;
}

/* ---- one call ---- */

static int64_t number_of(struct mgr_view view)
{
    int64_t number = NONE;
    bool truth;
    if (mgr_as_bool(view, &truth))
        return truth;
    (void)mgr_as_int(view, &number);
    return number;
}

static struct reply reply_of(const struct client *c, enum op op, enum mgr_status status,
                             const struct mgr_value *value)
{
    const struct mgr_grant *grant = mgr_last_grant(c->m);
    struct mgr_view view = mgr_view(value), part;
    struct reply reply = {.status = status, .grant = *grant, .value = NONE};
    if (mgr_kind(view) != MGR_KIND_DICT)
        reply.value = number_of(view);
    else if (mgr_field(view, op == INFO ? "waiters" : "value", &part))
        reply.value = number_of(part);
    return reply;
}

static size_t arguments(const struct client *c, enum op op, int64_t token, int64_t number,
                        struct mgr_named *args)
{
    const struct row *row = &rows[op];
    size_t count = 0;
    bool dict = row->type != NULL && strcmp(row->type, "dict") == 0;
    args[count++] = (struct mgr_named){"name", mgr_str(dict ? "values" : c->object)};
    if (dict)
        args[count++] = (struct mgr_named){"key", mgr_str(c->object)};
    if (row->token != NULL && token != NONE)
        args[count++] = (struct mgr_named){row->token, mgr_int(token)};
    if (row->number != NULL && number != NONE)
        args[count++] =
            (struct mgr_named){row->number, op == GET ? mgr_bool(number != 0) : mgr_int(number)};
    return count;
}

/* Makes the call and writes both lines. The answer is c->reply; true: it went well. */
static bool call(struct client *c, enum op op, int64_t wait_ms, int64_t token, int64_t number)
{
    const struct row *row = &rows[op];
    struct mgr_named args[5];
    struct mgr_value *value = NULL;
    char operation[NAME_MAX_];
    size_t count = arguments(c, op, token, number, args);
    snprintf(operation, sizeof operation, "%s %s", row->type == NULL ? c->type : row->type,
             op == UPDATE ? "incr" : row->name);
    mgr_require(c->m, op == UPDATE ? (uint64_t)token : 0);
    note(c, "+ %" PRId64 " %s %s %" PRId64 " %" PRId64 " %" PRId64 "\n", now_ns(), row->name,
         c->object, wait_ms, token, number);
    enum mgr_status status = mgr_call(c->m, operation, args, count, wait_ms, &value);
    struct reply r = reply_of(c, op, status, value);
    note(c,
         "- %" PRId64 " %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
         " %d %d %" PRIu64 " %" PRId64 "\n",
         now_ns(), mgr_status_name(status), mgr_revision(c->m), r.grant.token, r.grant.depth,
         r.grant.previous_token, r.grant.attempts, r.grant.redelivered, mgr_lost(c->m),
         mgr_epoch(c->m), r.value);
    mgr_value_free(value);
    c->reply = r;
    count_call(c);
    return status == MGR_OK;
}

static bool ask(struct client *c, enum op op)
{
    return call(c, op, 0, NONE, NONE);
}

/* A token that is not alive any more, most of the time: what asks for it must be refused. */
static void stale(struct client *c)
{
    int64_t token = c->old[roll(c, OLD_TOKENS)];
    if (token > 0)
        call(c, roll(c, 2) ? UPDATE : HELD, 0, token, NONE);
}

static void retire(struct client *c, int64_t token)
{
    c->old[roll(c, OLD_TOKENS)] = token;
}

static void pause_us(int us)
{
    struct timespec time = {.tv_nsec = us * 1000L};
    nanosleep(&time, NULL);
}

static void glance(struct client *c)
{
    ask(c, roll(c, 2) ? INFO : LOCKED);
}

/* ---- what is done to each type ---- */

static int64_t some_wait(struct client *c)
{
    return roll(c, 3) ? 100 : 0;
}

static void guarded(struct client *c, int64_t token)
{
    call(c, UPDATE, 0, token, NONE);
    if (roll(c, 8) == 0)
        call(c, HELD, 0, roll(c, 2) ? token : NONE, NONE);
    if (roll(c, 64) == 0)
        pause_us(200);
}

static void work_lock(struct client *c)
{
    if (roll(c, 12) == 0) {
        glance(c);
        return;
    }
    if (!call(c, ACQUIRE, some_wait(c), NONE, NONE))
        return;
    int64_t token = (int64_t)c->reply.grant.token;
    guarded(c, token);
    call(c, RELEASE, 0, roll(c, 8) ? token : NONE, NONE);
    retire(c, token);
    if (roll(c, 8) == 0)
        stale(c);
}

static void work_rlock(struct client *c)
{
    int depth = 0;
    int64_t token = NONE;
    if (roll(c, 12) == 0) {
        glance(c);
        return;
    }
    while (depth < DEPTH_MAX && call(c, ACQUIRE, some_wait(c), NONE, NONE)) {
        token = (int64_t)c->reply.grant.token;
        depth++;
        if (roll(c, 2))
            break;
    }
    if (depth > 0)
        guarded(c, token);
    for (; depth > 0; depth--)
        call(c, RELEASE, 0, roll(c, 8) ? token : NONE, NONE);
    if (token != NONE)
        retire(c, token);
    if (roll(c, 8) == 0)
        stale(c);
}

static void work_semaphore(struct client *c)
{
    int64_t permits = 1 + roll(c, 3), wait_ms = some_wait(c);
    if (roll(c, 6) == 0) {
        ask(c, roll(c, 3) ? INFO : VALUE);
        return;
    }
    if (!call(c, ACQUIRE, wait_ms, NONE, wait_ms == 0 ? 1 : permits))
        return;
    int64_t token = (int64_t)c->reply.grant.token, lent = wait_ms == 0 ? 1 : permits;
    if (roll(c, 4) == 0)
        call(c, UPDATE, 0, token, NONE);
    if (lent > 1 && roll(c, 3) == 0)
        call(c, RELEASE, 0, token, 1);
    call(c, RELEASE, 0, token, NONE);
    retire(c, token);
    if (roll(c, 16) == 0)
        stale(c);
}

static void reserved(struct client *c)
{
    if (!call(c, GET, some_wait(c) / 2, NONE, 1))
        return;
    int64_t token = (int64_t)c->reply.grant.token;
    if (roll(c, 4))
        call(c, ACK, 0, token, NONE);
    else
        call(c, NACK, 0, token, roll(c, 3) ? NONE : 2);
}

/* Of queues with an odd number more is put than got: they are full; the others are empty. */
static void work_queue(struct client *c)
{
    int what = roll(c, 16);
    bool odd = c->object[strlen(c->object) - 1] % 2 != 0;
    if (what < (odd ? 8 : 7))
        call(c, PUT, some_wait(c) / 2, NONE, ++c->unique);
    else if (what < 13)
        call(c, GET, some_wait(c) / 2, NONE, NONE);
    else if (what < 15)
        reserved(c);
    else
        ask(c, roll(c, 2) ? INFO : LEN);
}

static void work_condition(struct client *c)
{
    if (!call(c, ACQUIRE, some_wait(c) * 2, NONE, NONE))
        return;
    int64_t token = (int64_t)c->reply.grant.token;
    int what = roll(c, 16);
    if (what < 9) {
        if (call(c, WAIT, 5 + roll(c, 60), NONE, NONE))
            token = (int64_t)c->reply.grant.token;
    } else if (what < 15) {
        call(c, NOTIFY, 0, NONE, 1 + roll(c, 2));
    } else {
        ask(c, NOTIFY_ALL);
    }
    if (roll(c, 4) == 0)
        call(c, UPDATE, 0, token, NONE);
    call(c, RELEASE, 0, token, NONE);
}

static void work_barrier(struct client *c)
{
    if (!call(c, WAIT, 400, NONE, NONE) && roll(c, 3) == 0)
        ask(c, RESET);
}

/* Set often for longer than the others wait, so that a lost wake-up is seen. */
static void work_event(struct client *c)
{
    int what = roll(c, 16);
    if (what < 2) {
        ask(c, SET);
        pause_us(roll(c, 3) ? 100 : 15000);
    } else if (what == 2) {
        ask(c, CLEAR);
        pause_us(roll(c, 3) ? 100 : 5000);
    } else if (what == 3) {
        ask(c, IS_SET);
    } else {
        call(c, WAIT, roll(c, 4) ? 10 : 0, NONE, NONE);
    }
}

static void work_dict(struct client *c)
{
    int what = roll(c, 8);
    if (what < 3)
        call(c, DICT_INCR, 0, NONE, 1 + roll(c, 3));
    else if (what < 6)
        ask(c, DICT_GET);
    else if (what < 7)
        call(c, DICT_SET, 0, NONE, ++c->unique);
    else if (ask(c, DICT_GET))
        call(c, DICT_CAS, 0, c->reply.value, ++c->unique);
}

typedef void work_fn(struct client *c);

static work_fn *work_of(const char *type)
{
    static const struct {
        const char *type;
        work_fn *fn;
    } works[] = {{"lock", work_lock},           {"rlock", work_rlock},
                 {"semaphore", work_semaphore}, {"queue", work_queue},
                 {"event", work_event},         {"barrier", work_barrier},
                 {"condition", work_condition}, {"dict", work_dict}};
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        if (strcmp(works[i].type, type) == 0)
            return works[i].fn;
    return NULL;
}

/* ---- the client's life ---- */

static bool map_history(struct client *c, const char *path)
{
    size_t size = (size_t)(c->left + 16) * BYTES_PER_CALL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        return false;
    c->at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    c->end = c->at == MAP_FAILED ? NULL : c->at + size;
    return c->end != NULL;
}

/* A first connection is not tried again by the library; here it may well be cut. */
static bool open_client(struct client *c, const struct mgr_options *options)
{
    for (int i = 0; i < 100; i++) {
        if (mgr_open(&c->m, options) == MGR_OK)
            return true;
        fprintf(stderr, "history_client: %s\n", mgr_error(c->m));
        mgr_close(c->m);
        pause_us(10000);
    }
    return false;
}

/* Barriers are met by the same few; of other types any object will do. */
static void choose_object(struct client *c, int client)
{
    bool fixed = strcmp(c->type, "barrier") == 0;
    snprintf(c->object, sizeof c->object, "%s%d", c->type,
             fixed ? client % c->objects : roll(c, c->objects));
}

/* SIGTERM is blocked: it is looked for between two pieces of work. */
static bool told_to_end(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1;
}

static void block_sigterm(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 10) {
        fputs("usage: history_client FILE CLIENT RUN TYPE OBJECTS CALLS SEED LINGER_MS LEASE_MS\n",
              stderr);
        return 64;
    }
    int client = atoi(argv[2]), run = atoi(argv[3]);
    struct mgr_options options = {.linger_ms = atoll(argv[8]), .lease_ms = atoll(argv[9])};
    struct client c = {.type = argv[4], .objects = atoi(argv[5]), .left = atoll(argv[6])};
    work_fn *work = work_of(c.type);
    block_sigterm();
    c.random = strtoull(argv[7], NULL, 10) * 2862933555777941757U + 3037000493U;
    c.unique = (client * 10000LL + run) * 100000000LL;
    if (work == NULL || c.objects < 1 || !map_history(&c, argv[1]) || !open_client(&c, &options)) {
        fprintf(stderr, "history_client: cannot start: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    const char *breaks = getenv("HISTORY_BREAKS"); /* a digit, see history.py */
    note(&c, "H %d %d %" PRId64 " %c %012d\n", client, run, now_ns(),
         breaks != NULL && breaks[0] != 0 ? breaks[0] : '0', 0);
    c.calls = c.at - 2;
    while (c.left > 0 && !told_to_end()) {
        choose_object(&c, client);
        work(&c);
    }
    note(&c, "B %" PRId64 "\n", now_ns());
    mgr_close(c.m);
    return EXIT_SUCCESS;
}
