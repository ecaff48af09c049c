/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon/gate/user.c: what users have is counted, and nobody is kept who has none. */
#include "daemon/doors/proto/proto.h"
#include "daemon/gate/user.h"

#include <check.h>
#undef fail
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "daemon/gate/internal.h"
#include "daemon/objects/handlers.h"
#include "tests/support/must.h"
#include "wire/base/frame.h"

Suite *suite_user(void);

enum { SESSIONS = 4, PEERS = 16 };
#define WEB    "unix:pid=7,uid=33"
#define OTHER  "unix:pid=7,uid=34"
#define REMOTE "127.0.0.1:4000"

static struct {
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct log log;
    struct peer peers[PEERS];
    unsigned count;
    uint64_t now_ms;
} h;

static void on_output(struct peer *peer)
{
    (void)peer;
}

static void on_close(struct peer *peer)
{
    peer->state = PEER_CLOSING;
}

static const struct peer_ops peer_ops = {on_output, on_close, on_close, proto_reply};

static struct limits few_limits(void)
{
    return (struct limits){.sessions = SESSIONS,
                           .window = 16,
                           .frame_bytes = 1 << 16,
                           .output_bytes = 1 << 16,
                           .linger_max_ms = 1000,
                           .lease_max_ms = 1000};
}

static void gate_begin(void)
{
    h.gate = gate_new(&(struct gate_options){.engine = h.engine,
                                             .liveness = h.liveness,
                                             .log = &h.log,
                                             .limits = few_limits(),
                                             .state_id = "users",
                                             .durability = "memory"});
    must(h.gate != NULL);
}

static void setup(void)
{
    struct engine_options how = {.hash_key = "the user tests", .limits = few_limits()};
    h.engine = engine_new(objects_handlers(), &how);
    h.liveness = liveness_new(how.hash_key);
    must(h.engine != NULL && h.liveness != NULL);
    log_init(&h.log, open("/dev/null", O_WRONLY | O_CLOEXEC));
    h.count = 0;
    h.now_ms = 1;
    gate_begin();
    gate_boot(h.gate, &(struct command){.kind = COMMAND_BOOT,
                                        .now_ms = 1,
                                        .revision_floor = 1000,
                                        .incarnation = 1,
                                        .version = ENGINE_VERSION});
}

static void gate_finish(void)
{
    for (unsigned i = 0; i < h.count; i++)
        gate_peer_gone(h.gate, &h.peers[i]);
    h.count = 0;
    gate_free(h.gate);
}

static void teardown(void)
{
    gate_finish();
    liveness_free(h.liveness);
    engine_free(h.engine);
    close(h.log.fd);
}

/* What it says is in peer->out. */
static void send_request(struct peer *peer, Wire__Request *request, uint64_t id)
{
    uint8_t frame[512];
    request->has_id = true;
    request->id = id;
    size_t len = protobuf_c_message_get_packed_size(&request->base);
    size_t head = frame_head(frame, len);
    must(head + len <= sizeof frame);
    protobuf_c_message_pack(&request->base, frame + head);
    buf_reset(&peer->out, SIZE_MAX);
    must(proto_run_one(h.gate, peer, bytes_of(frame, head + len)) == head + len);
}

static bool says(const struct peer *peer, const char *text)
{
    return memmem(peer->out.data, peer->out.len, text, strlen(text)) != NULL;
}

/* One more connection, which makes an object: with that it has a session. */
static struct peer *enter(const char *address, bool owner)
{
    must(h.count < PEERS);
    struct peer *peer = &h.peers[h.count++];
    peer_init(peer, &peer_ops, address);
    peer->owner = owner;
    Wire__SessionHello hello = WIRE__SESSION_HELLO__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    hello.has_version = true, hello.version = GATE_PROTOCOL;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &hello;
    send_request(peer, &request, 1);
    must(peer->state == PEER_OPEN);
    Wire__ObjectCreate create = WIRE__OBJECT_CREATE__INIT;
    wire__request__init(&request);
    create.has_type = true;
    create.type = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t) "dict"};
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &create;
    send_request(peer, &request, 2);
    return peer;
}

static void pass(uint64_t ms)
{
    h.now_ms += ms;
    gate_turn(h.gate, h.now_ms);
}

static void gets_in(const char *address)
{
    ck_assert_uint_ne(enter(address, false)->session, 0);
}

static void is_refused(const char *address, const char *why)
{
    const struct peer *peer = enter(address, false);
    ck_assert_uint_eq(peer->session, 0);
    ck_assert_msg(says(peer, why), "%.*s", (int)peer->out.len, (const char *)peer->out.data);
}

START_TEST(each_has_a_count)
{
    struct user_list users = SLIST_HEAD_INITIALIZER(users);
    struct user *web = user_enter(&users, 33), *again = user_enter(&users, 33);
    struct user *other = user_enter(&users, 1000);
    ck_assert_ptr_eq(web, again);
    ck_assert_uint_eq(web->count, 2);
    ck_assert_uint_eq(other->count, 1);
    user_leave(&users, web);
    ck_assert_uint_eq(web->count, 1);
    user_leave(&users, other);
    user_leave(&users, web);
    user_leave(&users, NULL);
    ck_assert(SLIST_EMPTY(&users));
    user_enter(&users, 33);
    ck_assert_ptr_null(user_find(&users, 34));
    users_free(&users);
    ck_assert(SLIST_EMPTY(&users));
}
END_TEST

START_TEST(owners)
{
    ck_assert(user_is_owner(0));
    ck_assert(user_is_owner(geteuid()));
    ck_assert(!user_is_owner(geteuid() + 1));
}
END_TEST

/* What is printed is read back, and nothing else tells a user: a share is taken by it. */
START_TEST(addresses)
{
    static const struct {
        pid_t pid;
        uid_t uid;
    } good[] = {{1, 0}, {4194304, 1000}, {7, UINT32_MAX - 1}};
    static const char *const bad[] = {
        "",
        "unix:",
        "127.0.0.1:7600",
        "unix:pid=1",
        "unix:pid=1,uid=",
        "unix:pid=1,uid=2x",
        "unix:pid=1,uid=2 ",
        "unix:pid=1111111111111111111111111111111111111111111111111111,uid=2"};
    char text[64];
    uid_t uid;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        user_print_address(good[i].pid, good[i].uid, text, sizeof text);
        ck_assert_msg(user_of_address(bytes_text(text), &uid), "%s", text);
        ck_assert_uint_eq(uid, good[i].uid);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!user_of_address(bytes_text(bad[i]), &uid), "%s", bad[i]);
}
END_TEST

#define SHARE "this user has 2 sessions, half of limits.sessions"

/* Sessions outlive connections: one user who leaves them behind must not refuse everybody else. */
START_TEST(half_of_the_sessions)
{
    gets_in(WEB);
    gets_in(WEB);
    is_refused(WEB, SHARE);
    gate_peer_gone(h.gate, &h.peers[0]);
    is_refused(WEB, SHARE);
    gets_in(REMOTE);
    gets_in(OTHER);
    is_refused(OTHER, "the daemon has 4 sessions (limits.sessions)");
}
END_TEST

/* Neither the daemon's owner nor a connection that tells no user has a share. */
START_TEST(who_has_no_share)
{
    for (unsigned i = 0; i < SESSIONS; i++)
        gets_in(REMOTE);
    is_refused(REMOTE, "the daemon has 4 sessions");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_ne(enter("unix:pid=1,uid=0", true)->session, 0);
}
END_TEST

/* Each way in which a session ends gives its place back, once. */
START_TEST(what_ends_is_not_counted)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__SessionBye bye = WIRE__SESSION_BYE__INIT;
    gets_in(WEB);
    gets_in(WEB);
    request.op_case = WIRE__REQUEST__OP_SESSION_BYE;
    request.session_bye = &bye;
    send_request(&h.peers[0], &request, 3);
    gets_in(WEB);
    is_refused(WEB, SHARE);
    Wire__SessionKill kill = WIRE__SESSION_KILL__INIT;
    wire__request__init(&request);
    request.op_case = WIRE__REQUEST__OP_SESSION_KILL;
    request.session_kill = &kill;
    kill.has_session = true;
    kill.session = h.peers[1].session;
    send_request(&h.peers[2], &request, 3);
    ck_assert_uint_eq(h.peers[1].session, 0);
    gets_in(WEB);
    is_refused(WEB, SHARE);
    gate_peer_gone(h.gate, &h.peers[2]);
    gate_peer_gone(h.gate, &h.peers[4]);
    is_refused(WEB, SHARE);
    pass(1001);
    gets_in(WEB);
    gets_in(WEB);
    is_refused(WEB, SHARE);
}
END_TEST

/* The state tells whose the sessions are: a restart does not double a share. */
START_TEST(counted_after_a_restart)
{
    gets_in(WEB);
    gets_in(WEB);
    gets_in(OTHER);
    gate_finish();
    gate_begin();
    ck_assert(gate_restore_sessions(h.gate, h.now_ms));
    is_refused(WEB, SHARE);
    gets_in(OTHER);
}
END_TEST

Suite *suite_user(void)
{
    Suite *suite = suite_create("user");
    TCase *tc = tcase_create("user");
    tcase_add_test(tc, each_has_a_count);
    tcase_add_test(tc, owners);
    tcase_add_test(tc, addresses);
    suite_add_tcase(suite, tc);
    tc = tcase_create("sessions");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, half_of_the_sessions);
    tcase_add_test(tc, who_has_no_share);
    tcase_add_test(tc, what_ends_is_not_counted);
    tcase_add_test(tc, counted_after_a_restart);
    suite_add_tcase(suite, tc);
    return suite;
}
