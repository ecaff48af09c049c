/* SPDX-License-Identifier: BSD-2-Clause */
/* doors/proto/batch.c: requests that are executed together give what they give one by one. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#undef fail /* of old checks; the engine has its own */

#include "daemon/doors/proto/proto.h"
#include "daemon/gate/gate.h"
#include "daemon/objects/handlers.h"
#include "wire/base/frame.h"
#include "wire/value/value.h"

Suite *suite_batch(void);

enum { PEERS = 5, REQUESTS = 40, ROUNDS = 200, NOISE_ONE_IN = 400 };

struct side {
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct log log;
    struct peer peers[PEERS];
};

static struct side together, apart;
static int keys; /* few: places change owners; many: the table is compacted */

static void on_output(struct peer *peer)
{
    (void)peer;
}

static void on_close(struct peer *peer)
{
    peer->state = PEER_CLOSING;
}

static const struct peer_ops peer_ops = {on_output, on_close, on_close, proto_reply};

/* ---- requests ---- */

static void put_request(struct buf *out, Wire__Request *request, uint64_t id)
{
    uint8_t body[512], head[FRAME_HEAD_MAX];
    request->has_id = 1;
    request->id = id;
    size_t len = protobuf_c_message_pack(&request->base, body);
    ck_assert_uint_le(len, sizeof body);
    buf_put(out, head, frame_head(head, len));
    buf_put(out, body, len);
}

static ProtobufCBinaryData borrowed(const struct buf *value)
{
    return (ProtobufCBinaryData){value->len, value->data};
}

static ProtobufCBinaryData name(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

static void put_hello(struct buf *out)
{
    Wire__SessionHello in = WIRE__SESSION_HELLO__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    in.has_version = 1, in.version = 1;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &in;
    put_request(out, &request, 1);
}

static void put_create(struct buf *out)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    in.has_name = in.has_type = 1;
    in.name = name("d"), in.type = name("dict");
    request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
    request.object_create = &in;
    put_request(out, &request, 2);
}

/* Keys come and go, so that what was prefetched of one request is often changed by those before it:
 * another place, another block, no entry any more. */
static void put_random(struct buf *out, uint64_t id)
{
    Wire__DictGet get = WIRE__DICT_GET__INIT;
    Wire__DictSet set = WIRE__DICT_SET__INIT;
    Wire__DictPop pop = WIRE__DICT_POP__INIT;
    Wire__DictClear clear = WIRE__DICT_CLEAR__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    char text[64];
    struct buf key, value;
    buf_init(&key);
    buf_init(&value);
    int number = rand() % keys;
    if (number % 5 == 0) {
        val_put_int(&key, number);
    } else {
        snprintf(text, sizeof text, "key %d", number);
        val_put_text(&key, text);
    }
    snprintf(text, sizeof text, "%.*s", rand() % 60,
             "a value that may be of any length, and seldom of the same one");
    val_put_text(&value, text);
    int kind = rand() % NOISE_ONE_IN;
    if (kind == 0) {
        clear.has_name = 1, clear.name = name("d");
        request.op_case = WIRE__REQUEST__OP_DICT_CLEAR;
        request.dict_clear = &clear;
    } else if (kind % 3 == 0) {
        get.has_name = get.has_key = 1, get.name = name(kind == 3 ? "no" : "d");
        get.key = borrowed(&key);
        request.op_case = WIRE__REQUEST__OP_DICT_GET;
        request.dict_get = &get;
    } else if (kind % 3 == 1) {
        pop.has_name = pop.has_key = 1, pop.name = name("d"), pop.key = borrowed(&key);
        request.op_case = WIRE__REQUEST__OP_DICT_POP;
        request.dict_pop = &pop;
    } else {
        set.has_name = set.has_key = 1, set.name = name("d"), set.key = borrowed(&key);
        set.has_value = kind != 5, set.value = kind == 5 ? name("") : borrowed(&value);
        request.op_case = WIRE__REQUEST__OP_DICT_SET;
        request.dict_set = &set;
    }
    put_request(out, &request, id);
    buf_free(&key);
    buf_free(&value);
}

/* ---- the two sides ---- */

static void side_init(struct side *side)
{
    struct limits limits = {.window = 256,
                            .frame_bytes = 1 << 20,
                            .output_bytes = 1 << 20,
                            .bulk_items = 1000,
                            .linger_max_ms = 1000,
                            .lease_max_ms = 1000};
    struct engine_options options = {.hash_key = "batch", .limits = limits};
    struct command boot = {.kind = COMMAND_BOOT,
                           .now_ms = 1,
                           .revision_floor = 1000,
                           .incarnation = 1,
                           .version = ENGINE_VERSION};
    *side = (struct side){.engine = engine_new(objects_handlers(), &options),
                          .liveness = liveness_new(options.hash_key)};
    log_init(&side->log, open("/dev/null", O_WRONLY | O_CLOEXEC));
    engine_apply(side->engine, &boot, NULL);
    side->gate = gate_new(&(struct gate_options){.engine = side->engine,
                                                 .liveness = side->liveness,
                                                 .log = &side->log,
                                                 .limits = limits,
                                                 .state_id = "id",
                                                 .durability = "memory"});
    struct buf hello;
    buf_init(&hello);
    put_hello(&hello);
    gate_turn(side->gate, 2);
    for (int i = 0; i < PEERS; i++) {
        peer_init(&side->peers[i], &peer_ops, "test");
        ck_assert_uint_eq(proto_run_one(side->gate, &side->peers[i], buf_bytes(&hello)), hello.len);
        buf_reset(&side->peers[i].out, 0);
    }
    buf_reset(&hello, 0);
    put_create(&hello);
    ck_assert_uint_eq(proto_run_one(side->gate, &side->peers[0], buf_bytes(&hello)), hello.len);
    buf_reset(&side->peers[0].out, 0);
    buf_free(&hello);
}

static void side_free(struct side *side)
{
    for (int i = 0; i < PEERS; i++)
        gate_peer_gone(side->gate, &side->peers[i]);
    gate_free(side->gate);
    liveness_free(side->liveness);
    engine_free(side->engine);
    close(side->log.fd);
}

static void setup(void)
{
    keys = 24;
    side_init(&together);
    side_init(&apart);
}

static void teardown(void)
{
    side_free(&together);
    side_free(&apart);
}

static void run_together(struct buf inputs[PEERS])
{
    struct input all[PEERS];
    for (int i = 0; i < PEERS; i++)
        all[i] = (struct input){.peer = &together.peers[i], .bytes = buf_bytes(&inputs[i])};
    proto_run(together.gate, all, PEERS);
    for (int i = 0; i < PEERS; i++)
        ck_assert_uint_eq(all[i].used, inputs[i].len);
}

/* One request a call: nothing is prefetched of it. */
static void run_apart(const struct buf inputs[PEERS])
{
    for (int i = 0; i < PEERS; i++) {
        struct bytes left = buf_bytes(&inputs[i]), body;
        size_t used, need;
        while (left.len > 0) {
            ck_assert_int_eq(frame_split(left, 1 << 20, &body, &used, &need), FRAME_OK);
            ck_assert_uint_eq(proto_run_one(apart.gate, &apart.peers[i], bytes_of(left.data, used)),
                              used);
            left = bytes_of(left.data + used, left.len - used);
        }
    }
}

START_TEST(test_together_as_apart)
{
    uint64_t next_id[PEERS];
    srand((unsigned)_i + 1);
    keys = _i % 2 == 0 ? 24 : 700;
    for (int i = 0; i < PEERS; i++)
        next_id[i] = 10;
    for (int round = 0; round < ROUNDS; round++) {
        struct buf inputs[PEERS];
        for (int i = 0; i < PEERS; i++) {
            buf_init(&inputs[i]);
            for (int n = rand() % REQUESTS; n > 0; n--)
                put_random(&inputs[i], next_id[i]++);
        }
        run_together(inputs);
        run_apart(inputs);
        for (int i = 0; i < PEERS; i++) {
            const struct buf *a = &together.peers[i].out, *b = &apart.peers[i].out;
            ck_assert_uint_eq(a->len, b->len);
            ck_assert(bytes_equal(buf_bytes(a), buf_bytes(b)));
            buf_reset(&together.peers[i].out, 0);
            buf_reset(&apart.peers[i].out, 0);
            buf_free(&inputs[i]);
        }
    }
}
END_TEST

/* What is no frame ends that connection alone, after the requests before it. */
START_TEST(test_a_bad_frame_ends_one)
{
    struct buf good, bad;
    buf_init(&good);
    buf_init(&bad);
    put_random(&good, 10);
    put_random(&bad, 10);
    buf_put(&bad, "\0\0\0", 3);
    struct input inputs[] = {{.peer = &together.peers[1], .bytes = buf_bytes(&bad)},
                             {.peer = &together.peers[2], .bytes = buf_bytes(&good)}};
    proto_run(together.gate, inputs, 2);
    ck_assert_int_eq(together.peers[1].state, PEER_CLOSING);
    ck_assert_uint_eq(inputs[0].used, bad.len);
    ck_assert_int_eq(together.peers[2].state, PEER_OPEN);
    ck_assert_uint_eq(inputs[1].used, good.len);
    ck_assert_uint_gt(together.peers[2].out.len, 0);
    /* the reply to the request, and then the push that says why */
    struct bytes body;
    size_t used, need;
    struct bytes out = buf_bytes(&together.peers[1].out);
    ck_assert_int_eq(frame_split(out, 1 << 20, &body, &used, &need), FRAME_OK);
    ck_assert_uint_lt(used, out.len);
    buf_free(&good);
    buf_free(&bad);
}
END_TEST

/* A part of a frame stays for later. */
START_TEST(test_a_part_stays)
{
    struct buf input;
    buf_init(&input);
    put_random(&input, 10);
    size_t whole = input.len;
    put_random(&input, 11);
    for (size_t cut = whole; cut < input.len; cut++) {
        struct input one = {.peer = &together.peers[3], .bytes = bytes_of(input.data, cut)};
        proto_run(together.gate, &one, 1);
        ck_assert_uint_eq(one.used, whole);
        ck_assert_uint_eq(one.need, cut == whole ? 0 : input.len - whole);
        ck_assert_int_eq(together.peers[3].state, PEER_OPEN);
    }
    buf_free(&input);
}
END_TEST

Suite *suite_batch(void)
{
    Suite *suite = suite_create("batch");
    TCase *tc = tcase_create("batch");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_together_as_apart, 0, 6);
    tcase_add_test(tc, test_a_bad_frame_ends_one);
    tcase_add_test(tc, test_a_part_stays);
    suite_add_tcase(suite, tc);
    return suite;
}
