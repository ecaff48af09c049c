/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections over socket pairs, and their deadlines: nobody is late because the daemon was. */
#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#undef fail

#include "daemon/gate/commit.h"
#include "daemon/net/internal.h"
#include "daemon/objects/handlers.h"
#include "tests/support/must.h"
#include "wire/base/frame.h"

Suite *suite_conn(void);

enum { CLIENTS = 200, LOGIN_MS = 5000, FRAME_MS = 60000, BUFFERS = 4 << 20 };

static struct {
    struct event_base *base;
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct net *net;
    struct journal_marks marks;
    struct log log;
    uint64_t now_ms;
    int clients[CLIENTS];
} b;

static void begin_turn_cb(void *arg)
{
    (void)arg;
}

static void end_turn_cb(void *arg)
{
    (void)arg;
    (void)net_end_turn(b.net);
}

static void setup(void)
{
    struct limits limits = {.window = 16,
                            .frame_bytes = 1 << 20,
                            .output_bytes = 1 << 20,
                            .buffers_bytes = BUFFERS,
                            .login_timeout_ms = LOGIN_MS,
                            .frame_timeout_ms = FRAME_MS,
                            .connections = CLIENTS};
    struct engine_options how = {.hash_key = "the conn tests", .limits = limits};
    b.base = event_base_new();
    b.engine = engine_new(objects_handlers(), &how);
    b.liveness = liveness_new(how.hash_key);
    must(b.base != NULL && b.engine != NULL && b.liveness != NULL);
    log_init(&b.log, open("/dev/null", O_WRONLY | O_CLOEXEC));
    b.gate = gate_new(&(struct gate_options){.engine = b.engine,
                                             .liveness = b.liveness,
                                             .log = &b.log,
                                             .limits = limits,
                                             .state_id = "conn",
                                             .durability = "memory"});
    must(b.gate != NULL);
    b.marks = commit_no_journal;
    b.gate->marks = &b.marks;
    gate_boot(b.gate, &(struct command){.kind = COMMAND_BOOT,
                                        .now_ms = 1,
                                        .revision_floor = 1000,
                                        .incarnation = 1,
                                        .version = ENGINE_VERSION});
    b.net = net_new(&(struct net_options){.base = b.base,
                                          .gate = b.gate,
                                          .log = &b.log,
                                          .begin_turn = begin_turn_cb,
                                          .end_turn = end_turn_cb,
                                          .limits = limits});
    must(b.net != NULL);
    b.now_ms = 1000;
    gate_turn(b.gate, b.now_ms);
    for (unsigned i = 0; i < CLIENTS; i++)
        b.clients[i] = -1;
}

static void teardown(void)
{
    net_free(b.net);
    gate_free(b.gate);
    liveness_free(b.liveness);
    engine_free(b.engine);
    event_base_free(b.base);
    close(b.log.fd);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (b.clients[i] >= 0)
            close(b.clients[i]);
}

static void enter(unsigned who)
{
    int fds[2];
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    b.clients[who] = fds[0];
    conn_accept(b.net, &(struct newcomer){.fd = fds[1], .address = "test"});
}

/* A turn of the loop, so much later. */
static void turn(uint64_t ms)
{
    b.now_ms += ms;
    gate_turn(b.gate, b.now_ms);
    event_base_loop(b.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    net_execute(b.net);
    (void)net_end_turn(b.net);
}

static void turns(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        turn(1);
}

/* The bytes of the request from one place to another. */
static void send_part(unsigned who, const Wire__Request *request, size_t from, size_t to)
{
    uint8_t frame[128 + FRAME_HEAD_MAX];
    size_t len = protobuf_c_message_get_packed_size(&request->base);
    must(len <= 128);
    size_t head = frame_head(frame, len);
    (void)protobuf_c_message_pack(&request->base, frame + head);
    len += head;
    to = to < len ? to : len;
    must(write(b.clients[who], frame + from, to - from) == (ssize_t)(to - from));
}

static void hello(unsigned who)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__SessionHello in = WIRE__SESSION_HELLO__INIT;
    request.has_id = in.has_version = 1;
    request.id = in.version = 1;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &in;
    send_part(who, &request, 0, SIZE_MAX);
}

static void ping(unsigned who, size_t from, size_t to)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ServerPing in = WIRE__SERVER_PING__INIT;
    request.has_id = 1;
    request.id = 2;
    request.op_case = WIRE__REQUEST__OP_SERVER_PING;
    request.server_ping = &in;
    send_part(who, &request, from, to);
}

/* Something came; all of it is read. */
static bool answered(unsigned who)
{
    uint8_t bytes[4096];
    return read(b.clients[who], bytes, sizeof bytes) > 0;
}

static void log_in(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        enter(i);
        hello(i);
    }
    turns(20);
    for (unsigned i = 0; i < count; i++)
        ck_assert_msg(answered(i), "no welcome for client %u", i);
}

/* ---- a standstill ---- */

START_TEST(a_hello_that_is_here_is_not_late)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        enter(i);
    turns(2);
    for (unsigned i = 0; i < CLIENTS; i++)
        hello(i);
    turn(10 * LOGIN_MS); /* more of them than one poll tells of */
    turns(20);
    ck_assert_uint_eq(net_connections(b.net), CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++)
        ck_assert_msg(answered(i), "client %u", i);
}
END_TEST

START_TEST(a_frame_that_is_here_is_not_late)
{
    log_in(CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++)
        ping(i, 0, 2);
    turns(20);
    for (unsigned i = 0; i < CLIENTS; i++)
        ping(i, 2, SIZE_MAX);
    turn(10 * FRAME_MS);
    turns(20);
    ck_assert_uint_eq(net_connections(b.net), CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++)
        ck_assert_msg(answered(i), "client %u", i);
}
END_TEST

START_TEST(who_is_late_is_closed)
{
    log_in(CLIENTS / 2);
    ping(0, 0, 2); /* and no more */
    turn(1);
    enter(CLIENTS - 1); /* and says nothing */
    turn(1);
    turn(LOGIN_MS);
    turn(1);
    ck_assert_uint_eq(net_connections(b.net), CLIENTS / 2);
    turn(FRAME_MS);
    turn(1);
    ck_assert_uint_eq(net_connections(b.net), CLIENTS / 2 - 1);
}
END_TEST

/* As many as a poll can tell of, in each turn: that puts nobody's end off. */
START_TEST(a_busy_daemon_closes_who_is_late)
{
    log_in(CLIENTS / 2);
    enter(CLIENTS - 1);
    for (unsigned n = 0; n < 3 * NET_POLLS; n++) {
        for (unsigned i = 0; i < CLIENTS / 2; i++)
            ping(i, 0, SIZE_MAX);
        turn(LOGIN_MS / 4);
        for (unsigned i = 0; i < CLIENTS / 2; i++)
            (void)answered(i);
    }
    ck_assert_uint_eq(net_connections(b.net), CLIENTS / 2);
}
END_TEST

/* ---- who is not read from ---- */

/* Its request is here as a whole, and the daemon does not look at it. */
START_TEST(no_time_runs_while_nobody_reads)
{
    log_in(2);
    ping(0, 0, 2);
    turn(1);
    b.marks.unwritten = BUFFERS; /* of the journal: nobody has to go */
    ping(0, 2, SIZE_MAX);
    ping(1, 0, SIZE_MAX);
    for (unsigned i = 0; i < 5; i++)
        turn(FRAME_MS);
    ck_assert(!answered(0));
    ck_assert_uint_eq(net_connections(b.net), 2);
    b.marks.unwritten = 0;
    turns(3);
    ck_assert(answered(0));
    ck_assert(answered(1));
}
END_TEST

/* Half a frame has its time when it is read from again. */
START_TEST(time_runs_again)
{
    log_in(1);
    b.marks.unwritten = BUFFERS;
    ping(0, 0, SIZE_MAX);
    ping(0, 0, 2);
    turn(1);
    turn(2 * FRAME_MS);
    b.marks.unwritten = 0;
    turns(3);
    ck_assert(answered(0));
    turn(FRAME_MS / 2);
    turn(1);
    ck_assert_uint_eq(net_connections(b.net), 1);
    turn(FRAME_MS);
    turn(1);
    ck_assert_uint_eq(net_connections(b.net), 0);
}
END_TEST

static void create(unsigned who, uint64_t id)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    request.has_id = in.has_type = 1;
    request.id = id;
    in.type = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t) "dict"};
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &in;
    send_part(who, &request, 0, SIZE_MAX);
}

/* The journal is behind: who changes something waits, with all that it sent after it; the loop and
 * everybody else go on. Once the loop itself waited for the disk. */
START_TEST(only_commands_wait_for_the_journal)
{
    struct usage usage;
    log_in(3);
    b.marks.behind = true;
    create(0, 3);
    ping(0, 0, SIZE_MAX);
    create(1, 3);
    ping(2, 0, SIZE_MAX);
    turns(3);
    ck_assert(answered(2));
    ping(2, 0, SIZE_MAX);
    turn(FRAME_MS);
    turn(FRAME_MS);
    ck_assert(answered(2));
    ck_assert(!answered(0));
    ck_assert(!answered(1));
    engine_usage(b.engine, &usage);
    ck_assert_uint_eq(usage.objects, 0);
    ck_assert_uint_eq(net_connections(b.net), 3);
    b.marks.behind = false;
    turns(3);
    ck_assert(answered(0));
    ck_assert(answered(1));
    engine_usage(b.engine, &usage);
    ck_assert_uint_eq(usage.objects, 2);
}
END_TEST

/* Who is told that it is over has no frame to end. */
START_TEST(no_frame_is_waited_for_at_the_end)
{
    log_in(1);
    ping(0, 0, 2);
    turn(1);
    struct conn *conn = TAILQ_FIRST(&b.net->conns);
    ck_assert_uint_ne(conn->frame.at_ms, 0);
    conn->peer.ops->close(&conn->peer);
    ck_assert_uint_eq(conn->frame.at_ms, 0);
    ck_assert_uint_eq(conn->login.at_ms, 0);
    turn(1);
    ck_assert_uint_eq(net_connections(b.net), 0);
}
END_TEST

Suite *suite_conn(void)
{
    Suite *suite = suite_create("conn");
    TCase *tc = tcase_create("conn");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_hello_that_is_here_is_not_late);
    tcase_add_test(tc, a_frame_that_is_here_is_not_late);
    tcase_add_test(tc, who_is_late_is_closed);
    tcase_add_test(tc, a_busy_daemon_closes_who_is_late);
    tcase_add_test(tc, no_time_runs_while_nobody_reads);
    tcase_add_test(tc, time_runs_again);
    tcase_add_test(tc, only_commands_wait_for_the_journal);
    tcase_add_test(tc, no_frame_is_waited_for_at_the_end);
    suite_add_tcase(suite, tc);
    return suite;
}
