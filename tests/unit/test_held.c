/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies wait until what they show is durable, in the order in which they were made. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#undef fail /* of old checks; the engine has its own */

#include "daemon/doors/proto/proto.h"
#include "daemon/gate/gate.h"
#include "daemon/journal/directory.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/journal_kit.h"
#include "wire/base/frame.h"
#include "wire/proto/decode.h"
#include "wire/value/value.h"

Suite *suite_held(void);

enum { PEERS = 2, SEGMENT = 64 * 1024 };

static struct bench {
    char path[64];
    int dir;
    struct io io;
    struct engine *engine;
    struct liveness *liveness;
    struct journal *journal;
    struct gate *gate;
    struct log log;
    struct peer peers[PEERS];
    uint64_t ids[PEERS];
    size_t fail_at; /* of the allocations that requests cost from now on; 0: none fails */
} b;

static void on_output(struct peer *peer)
{
    (void)peer;
}

static void on_close(struct peer *peer)
{
    peer->state = PEER_CLOSING;
}

static const struct peer_ops peer_ops = {on_output, on_close, on_close, proto_reply};

static void send_request(unsigned who, Wire__Request *request)
{
    uint8_t body[512], head[FRAME_HEAD_MAX];
    struct buf out;
    request->has_id = 1;
    request->id = ++b.ids[who];
    size_t len = protobuf_c_message_pack(&request->base, body);
    buf_init(&out);
    buf_put(&out, head, frame_head(head, len));
    buf_put(&out, body, len);
    if (b.fail_at > 0)
        alloc_fail_at(b.fail_at);
    size_t used = proto_run_one(b.gate, &b.peers[who], buf_bytes(&out));
    alloc_fail_never();
    if (b.fail_at > 0)
        b.fail_at -= alloc_count() < b.fail_at ? alloc_count() : b.fail_at;
    ck_assert_uint_eq(used, out.len);
    buf_free(&out);
}

static ProtobufCBinaryData text(const char *given)
{
    return (ProtobufCBinaryData){strlen(given), (uint8_t *)(uintptr_t)given};
}

static void hello(unsigned who)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__SessionHello in = WIRE__SESSION_HELLO__INIT;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &in;
    in.has_version = 1;
    in.version = 1;
    send_request(who, &request);
}

/* The token in the welcome that the peer has not been sent yet. */
static ProtobufCBinaryData token_of(unsigned who, uint8_t room[PEER_TOKEN])
{
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
    struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
    struct decode_error error;
    struct bytes body;
    size_t need, used;
    Wire__Response response;
    ck_assert_int_eq(frame_split(buf_bytes(&b.peers[who].out), UINT32_MAX, &body, &used, &need),
                     FRAME_OK);
    ck_assert_int_eq(decode_response(body, &arena, &response, &error), DECODE_OK);
    ck_assert_int_eq(response.result_case, WIRE__RESPONSE__RESULT_WELCOME);
    ck_assert_uint_le(response.welcome->token.len, PEER_TOKEN);
    memcpy(room, response.welcome->token.data, response.welcome->token.len);
    return (ProtobufCBinaryData){response.welcome->token.len, room};
}

static void come_back(unsigned who, ProtobufCBinaryData token)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__SessionHello in = WIRE__SESSION_HELLO__INIT;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &in;
    in.has_version = in.has_token = 1;
    in.version = 1;
    in.token = token;
    send_request(who, &request);
}

static void create(unsigned who, const char *name)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &in;
    in.has_type = 1;
    in.type = text("event");
    in.has_name = 1;
    in.name = text(name);
    send_request(who, &request);
}

/* An object that is called as its type. */
static void make(const char *type)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &in;
    in.has_type = in.has_name = 1;
    in.type = in.name = text(type);
    send_request(0, &request);
}

static void dict_set(int64_t number)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__DictSet in = WIRE__DICT_SET__INIT;
    struct buf value;
    buf_init(&value);
    val_put_int(&value, number);
    request.op_case = WIRE__REQUEST__OP_DICT_SET;
    request.dict_set = &in;
    in.has_name = in.has_key = in.has_value = 1;
    in.name = text("dict");
    in.key = in.value = (ProtobufCBinaryData){value.len, value.data};
    send_request(0, &request);
    buf_free(&value);
}

static void list_append(const char *given)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ListAppend in = WIRE__LIST_APPEND__INIT;
    struct buf value;
    buf_init(&value);
    val_put_text(&value, given);
    request.op_case = WIRE__REQUEST__OP_LIST_APPEND;
    request.list_append = &in;
    in.has_name = in.has_value = 1;
    in.name = text("list");
    in.value = (ProtobufCBinaryData){value.len, value.data};
    send_request(0, &request);
    buf_free(&value);
}

static void lock(void)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__LockAcquire in = WIRE__LOCK_ACQUIRE__INIT;
    request.op_case = WIRE__REQUEST__OP_LOCK_ACQUIRE;
    request.lock_acquire = &in;
    in.has_name = 1;
    in.name = text("lock");
    send_request(0, &request);
}

static void set(unsigned who, const char *name)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__EventSet in = WIRE__EVENT_SET__INIT;
    request.op_case = WIRE__REQUEST__OP_EVENT_SET;
    request.event_set = &in;
    in.has_name = 1;
    in.name = text(name);
    send_request(who, &request);
}

static void ask(unsigned who, const char *name)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__EventIsSet in = WIRE__EVENT_IS_SET__INIT;
    request.op_case = WIRE__REQUEST__OP_EVENT_IS_SET;
    request.event_is_set = &in;
    in.has_name = 1;
    in.name = text(name);
    send_request(who, &request);
}

static void ping(unsigned who)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ServerPing in = WIRE__SERVER_PING__INIT;
    request.op_case = WIRE__REQUEST__OP_SERVER_PING;
    request.server_ping = &in;
    send_request(who, &request);
}

/* Takes what the peer may be sent: so many replies; *revision is that of the last one. */
static unsigned replies(unsigned who, uint64_t *revision)
{
    struct peer *peer = &b.peers[who];
    size_t end = peer_sendable(peer), at = peer->sent, need, used;
    struct bytes body;
    unsigned count = 0;
    while (frame_split(bytes_of(peer->out.data + at, end - at), UINT32_MAX, &body, &used, &need) ==
           FRAME_OK) {
        uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
        struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
        struct decode_error error;
        Wire__Response response;
        ck_assert_int_eq(decode_response(body, &arena, &response, &error), DECODE_OK);
        ck_assert_msg(response.result_case != WIRE__RESPONSE__RESULT_ERROR ||
                          response.error->code == ERR_EXISTS,
                      "%.*s", (int)response.error->message.len,
                      (const char *)response.error->message.data);
        if (revision != NULL)
            *revision = response.revision;
        at += used;
        count++;
    }
    ck_assert_uint_eq(at, end);
    peer->sent = end;
    if (end == peer->out.len)
        peer->sent = peer->out.len = 0;
    else
        peer_sent(peer);
    return count;
}

static void commit(void)
{
    journal_flush(b.journal);
    ck_assert(journal_collect(b.journal));
    commit_release(b.gate);
}

static void describe(void *arg, struct buf *rows)
{
    (void)arg, (void)rows;
}

static void setup(void)
{
    struct engine_options options = {.limits = {.frame_bytes = 1 << 20,
                                                .bulk_items = 1000,
                                                .window = 256,
                                                .linger_max_ms = 10000,
                                                .lease_max_ms = 10000,
                                                .output_bytes = 1 << 20,
                                                .window_bytes = 1 << 20}};
    strcpy(b.path, "/tmp/mgrd-held-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(b.path));
    b.dir = open(b.path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(b.dir, 0);
    b.io = (struct io){.fail_at = 0};
    log_init(&b.log, open("/dev/null", O_WRONLY));
    b.engine = engine_new(objects_handlers(), &options);
    b.liveness = liveness_new(options.hash_key);
    b.journal = journal_new(&(struct journal_options){.io = &b.io,
                                                      .dir = b.dir,
                                                      .position = {.segment = 1, .data_id = 7},
                                                      .segment_bytes = SEGMENT});
    ck_assert_ptr_nonnull(b.journal);
    b.gate = gate_new(&(struct gate_options){.engine = b.engine,
                                             .liveness = b.liveness,
                                             .log = &b.log,
                                             .journal = b.journal,
                                             .limits = options.limits,
                                             .host = {.describe = describe, .count = describe},
                                             .state_id = "7",
                                             .durability = "log"});
    gate_boot(b.gate, &(struct command){.kind = COMMAND_BOOT, .now_ms = 1, .version = 1});
    commit();
    for (unsigned i = 0; i < PEERS; i++) {
        b.ids[i] = 0;
        peer_init(&b.peers[i], &peer_ops, "test");
        hello(i);
        ck_assert_uint_eq(replies(i, NULL), 1); /* nothing to wait for */
    }
}

static void teardown(void)
{
    for (unsigned i = 0; i < PEERS; i++)
        gate_peer_gone(b.gate, &b.peers[i]);
    gate_free(b.gate);
    journal_free(b.journal);
    liveness_free(b.liveness);
    engine_free(b.engine);
    close(b.log.fd);
    ck_assert_int_eq(directory_tidy(&b.io, b.dir, UINT64_MAX, false), 0);
    unlinkat(b.dir, "ballast", 0);
    unlinkat(b.dir, "watermark", 0);
    close(b.dir);
    ck_assert_int_eq(rmdir(b.path), 0);
}

START_TEST(a_change_is_told_when_it_is_durable)
{
    uint64_t revision;
    create(0, "e");
    ck_assert_uint_eq(replies(0, NULL), 0);
    commit();
    ck_assert_uint_eq(replies(0, &revision), 1);
    ck_assert_uint_eq(revision, journal_marks(b.journal)->durable);
}
END_TEST

START_TEST(a_read_of_what_did_not_change_leaves_at_once)
{
    uint64_t revision;
    create(0, "old");
    commit();
    ck_assert_uint_eq(replies(0, NULL), 1);
    create(0, "new");
    ask(1, "old");
    ck_assert_uint_eq(replies(1, &revision), 1);
    ck_assert_uint_eq(revision, journal_marks(b.journal)->durable);
    ck_assert_uint_lt(revision, engine_revision(b.engine));
}
END_TEST

START_TEST(a_read_of_a_change_waits_with_it)
{
    create(0, "e");
    commit();
    ck_assert_uint_eq(replies(0, NULL), 1);
    set(0, "e");
    ask(1, "e");
    ck_assert_uint_eq(replies(1, NULL), 0);
    commit();
    ck_assert_uint_eq(replies(1, NULL), 1);
    ck_assert_uint_eq(replies(0, NULL), 1);
}
END_TEST

START_TEST(replies_keep_their_order)
{
    uint64_t revision;
    create(0, "old");
    commit();
    ck_assert_uint_eq(replies(0, NULL), 1);
    create(0, "new");
    ask(0, "old"); /* it could leave, but for the one before it */
    ping(0);
    ck_assert_uint_eq(replies(0, NULL), 0);
    ping(1);
    ck_assert_uint_eq(replies(1, NULL), 1);
    commit();
    ck_assert_uint_eq(replies(0, &revision), 3);
    ck_assert_uint_le(revision, journal_marks(b.journal)->durable);
}
END_TEST

START_TEST(an_error_of_a_change_waits_too)
{
    create(0, "e");
    create(1, "e"); /* it is there: that shows the first one's change */
    ck_assert_uint_eq(replies(1, NULL), 0);
    commit();
    ck_assert_uint_eq(replies(1, NULL), 1);
    ck_assert_uint_eq(replies(0, NULL), 1);
}
END_TEST

START_TEST(two_batches_are_released_one_after_the_other)
{
    uint64_t first, second;
    create(0, "a");
    ck_assert_uint_eq(journal_turn(b.journal, 1), UINT64_MAX); /* in flight */
    first = engine_revision(b.engine);
    create(0, "b");
    second = engine_revision(b.engine);
    ck_assert_uint_eq(b.peers[0].held_count, 2);
    while (journal_marks(b.journal)->committed < journal_marks(b.journal)->batch - 1)
        (void)journal_collect(b.journal);
    ck_assert_uint_eq(journal_marks(b.journal)->durable, first);
    commit_release(b.gate);
    ck_assert_uint_eq(replies(0, &first), 1);
    ck_assert_uint_lt(first, second);
    commit();
    ck_assert_uint_eq(replies(0, &first), 1);
    ck_assert_uint_eq(first, second);
}
END_TEST

START_TEST(who_goes_is_not_waited_for)
{
    create(0, "e");
    gate_peer_gone(b.gate, &b.peers[0]);
    commit();
    peer_init(&b.peers[0], &peer_ops, "test");
}
END_TEST

/* The output of a superseded connection was emptied, and what it held back still told how much of
 * it may be sent: bytes of somebody else's memory. */
START_TEST(who_is_superseded_holds_nothing_back)
{
    uint8_t room[PEER_TOKEN];
    for (unsigned i = 0; i < PEERS; i++) {
        gate_peer_gone(b.gate, &b.peers[i]);
        peer_init(&b.peers[i], &peer_ops, "test");
    }
    hello(0);
    ProtobufCBinaryData token = token_of(0, room);
    ck_assert_uint_eq(replies(0, NULL), 1);
    for (unsigned i = 0; i < 100; i++)
        ping(0); /* these could leave */
    create(0, "e");
    ck_assert_uint_eq(b.peers[0].held_count, 1);
    come_back(1, token);
    ck_assert_int_eq(b.peers[0].state, PEER_CLOSING);
    ck_assert_uint_eq(b.peers[0].held_count, 0);
    ck_assert_uint_eq(peer_sendable(&b.peers[0]), b.peers[0].out.len);
    ck_assert_uint_eq(replies(0, NULL), 1); /* why */
    commit();                               /* it is not waited for */
    ck_assert_uint_eq(replies(1, NULL), 1);
}
END_TEST

/* What is half sent is sent to its end, and what it holds back waits as before. */
START_TEST(who_is_superseded_half_sent_keeps_its_order)
{
    uint8_t room[PEER_TOKEN];
    gate_peer_gone(b.gate, &b.peers[0]);
    gate_peer_gone(b.gate, &b.peers[1]);
    peer_init(&b.peers[0], &peer_ops, "test");
    peer_init(&b.peers[1], &peer_ops, "test");
    hello(0);
    ProtobufCBinaryData token = token_of(0, room);
    create(0, "e");
    b.peers[0].sent = 1; /* of the welcome */
    come_back(1, token);
    ck_assert_uint_eq(b.peers[0].held_count, 1);
    ck_assert_uint_lt(peer_sendable(&b.peers[0]), b.peers[0].out.len);
    commit();
    ck_assert_uint_eq(peer_sendable(&b.peers[0]), b.peers[0].out.len);
    b.peers[0].sent = 0;
    ck_assert_uint_eq(replies(0, NULL), 3);
    ck_assert_uint_eq(replies(1, NULL), 1);
}
END_TEST

/* ---- without memory ---- */

/* True: some allocation failed. */
static bool live_without_memory(size_t fail_at)
{
    static const char *const types[] = {"dict", "list", "lock", "queue"};
    b.fail_at = fail_at;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        make(types[i]);
    lock();
    for (int64_t i = 0; i < 40; i++)
        dict_set(i);
    for (unsigned i = 0; i < 40; i++)
        list_append("a text that is too long for a small place, so that it needs one of its own");
    return b.fail_at == 0;
}

START_TEST(without_memory_what_is_done_is_what_is_kept)
{
    bool failed = true;
    size_t n = 0;
    while (failed) {
        struct revived back;
        uint8_t digest[32];
        setup();
        failed = live_without_memory(++n);
        journal_flush(b.journal);
        engine_digest(b.engine, digest);
        revive(b.dir, &back);
        ck_assert_msg(back.ok, "allocation %zu: %s", n, revived_why(&back));
        ck_assert_msg(memcmp(digest, back.digest, sizeof digest) == 0,
                      "allocation %zu: other things are kept than were done", n);
        revived_free(&back);
        teardown();
    }
    ck_assert_uint_gt(n, 30); /* so many allocations there are */
}
END_TEST

Suite *suite_held(void)
{
    Suite *suite = suite_create("held");
    TCase *tcase = tcase_create("held");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_change_is_told_when_it_is_durable);
    tcase_add_test(tcase, a_read_of_what_did_not_change_leaves_at_once);
    tcase_add_test(tcase, a_read_of_a_change_waits_with_it);
    tcase_add_test(tcase, replies_keep_their_order);
    tcase_add_test(tcase, an_error_of_a_change_waits_too);
    tcase_add_test(tcase, two_batches_are_released_one_after_the_other);
    tcase_add_test(tcase, who_goes_is_not_waited_for);
    tcase_add_test(tcase, who_is_superseded_holds_nothing_back);
    tcase_add_test(tcase, who_is_superseded_half_sent_keeps_its_order);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("memory");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, without_memory_what_is_done_is_what_is_kept);
    suite_add_tcase(suite, tcase);
    return suite;
}
