/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder: recorded frames, each kind of refusal, every damage of a frame, protobuf-c's
 * opinion. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tests/support/decode_diff.h"
#include "tests/support/hex.h"
#include "tests/support/randreq.h"
#include "tests/support/randval.h"
#include "wire/proto/decode.h"
#include "wire/proto/ops.h"

Suite *suite_decode(void);

/* Requests as another protobuf runtime writes them from the public schema. */
static const char *const good[] = {
    "0801820100",                                       /* server_ping */
    "0801820213080112096d6540686f73743a31208002288827", /* session_hello */
    "080282022608011a20000102030405060708090a0b0c0d0e0f10"
    "1112131415161718191a1b1c1d1e1f3000", /* ... with a token and lease_ms 0 */
    "0803100282041e0a01641204646963741a0d520b0a090a0332016112021802200130e0d403", /* object_create
                                                                                   */
    "08ac0210ab02180728ffffffffffffffffff018a082a0a0164120332016b1a20421e0a020a000a0210010a0218010a"
    "0929000000000000e03f0a053203780079",       /* dict_set with all of the head */
    "080582080c0a0164120332016b1a020a00",       /* dict_get with a fallback */
    "08069a090d0a0164120218021a0218042800",     /* dict_cas, absent: false */
    "08069a090f0a0164120218021a02180422023200", /* dict_cas, expect */
    "08079a0d050a016c1800",                     /* list_range with an explicit 0 */
    "08088a080612001a023200",                   /* dict_set with empty arguments */
    "080920ffffffffffffffffff01b2040e0a01641080808080808080808001", /* object_changed */
    "080a8a0d130a016c120242001a021802220218012a021804",             /* list_set_slice */
};

enum { GOOD = sizeof good / sizeof good[0] };

/* One request and all that decoding it takes and gives. */
struct decoded {
    uint8_t *body;
    size_t len;
    uint8_t memory[DECODE_ARENA];
    struct arena arena;
    struct decode_error error;
    Wire__Request request;
    struct bytes operation;
    enum decode_status status;
};

static void setup(struct decoded *d, const char *hex)
{
    memset(d, 0, sizeof *d);
    d->body = hex_read(hex, &d->len);
    ck_assert_ptr_nonnull(d->body);
    d->arena = (struct arena){d->memory, sizeof d->memory, 0};
}

static void decode(struct decoded *d, const char *hex)
{
    setup(d, hex);
    d->status =
        decode_request(bytes_of(d->body, d->len), &d->arena, &d->request, &d->operation, &d->error);
}

static void teardown(struct decoded *d)
{
    free(d->body);
}

static void assert_bytes(ProtobufCBinaryData data, const char *text, size_t len)
{
    ck_assert_uint_eq(data.len, len);
    ck_assert_mem_eq(data.data, text, len);
}

START_TEST(test_head_and_arguments)
{
    struct decoded d;
    const Wire__DictSet *set;
    decode(&d, good[4]);
    ck_assert_int_eq(d.status, DECODE_OK);
    ck_assert_uint_eq(d.request.id, 300);
    ck_assert_uint_eq(d.request.acked, 299);
    ck_assert_uint_eq(d.request.holder, 7);
    ck_assert_uint_eq(d.request.require, UINT64_MAX);
    ck_assert(!d.request.has_wait_ms);
    ck_assert_int_eq(d.request.op_case, WIRE__REQUEST__OP_DICT_SET);
    set = d.request.dict_set;
    assert_bytes(set->name, "d", 1);
    assert_bytes(set->key, "\x32\x01k", 3);
    ck_assert_uint_eq(set->value.len, 32);
    teardown(&d);
}
END_TEST

START_TEST(test_nothing_is_copied)
{
    struct decoded d;
    decode(&d, good[4]);
    ck_assert(d.request.dict_set->value.data + 32 == d.body + d.len);
    ck_assert((const uint8_t *)d.request.dict_set >= d.memory);
    ck_assert((const uint8_t *)(d.request.dict_set + 1) <= d.memory + sizeof d.memory);
    teardown(&d);
}
END_TEST

START_TEST(test_given_is_not_empty)
{
    struct decoded d;
    decode(&d, good[9]);
    ck_assert(!d.request.dict_set->has_name);
    ck_assert(d.request.dict_set->has_key);
    ck_assert_uint_eq(d.request.dict_set->key.len, 0);
    teardown(&d);
    decode(&d, good[8]);
    ck_assert(!d.request.list_range->has_start);
    ck_assert(d.request.list_range->has_limit);
    ck_assert_uint_eq(d.request.list_range->limit, 0);
    teardown(&d);
}
END_TEST

START_TEST(test_member_of_a_oneof)
{
    struct decoded d;
    decode(&d, good[6]);
    ck_assert_int_eq(d.request.dict_cas->condition_case, WIRE__DICT_CAS__CONDITION_ABSENT);
    ck_assert(!d.request.dict_cas->absent);
    teardown(&d);
    decode(&d, good[7]);
    ck_assert_int_eq(d.request.dict_cas->condition_case, WIRE__DICT_CAS__CONDITION_EXPECT);
    assert_bytes(d.request.dict_cas->expect, "\x32\x00", 2);
    teardown(&d);
}
END_TEST

START_TEST(test_large_numbers)
{
    struct decoded d;
    decode(&d, good[10]);
    ck_assert_uint_eq(d.request.wait_ms, UINT64_MAX);
    ck_assert_uint_eq(d.request.object_changed->since, UINT64_C(1) << 63);
    teardown(&d);
}
END_TEST

static const struct refusal {
    const char *hex;
    enum decode_status status;
    const char *text; /* a part of the message */
} refusals[] = {
    /* the error reply names the fault, and the connection lives */
    {"08010801820100", DECODE_INVALID, "'id' is given twice"},
    {"080110021002820100", DECODE_INVALID, "'acked' is given twice"},
    {"08018a08060a01640a0164", DECODE_INVALID, "'name' is given twice"},
    {"08018a080612001202 0a00", DECODE_INVALID, "'key' is given twice"},
    {"0801820100820100", DECODE_INVALID, "'server_ping' is given twice"},
    {"0801820100 8a0100", DECODE_INVALID, "'server_info' is a second operation"},
    {"08019a0904280022 00", DECODE_INVALID, "'expect' excludes another"},
    {"08019a090422002800", DECODE_INVALID, "'absent' excludes another"},
    {"08019a090428002801", DECODE_INVALID, "'absent' is given twice"},
    {"0801", DECODE_INVALID, "without an operation"},
    {"08011002", DECODE_INVALID, "without an operation"},
    {"08011500000000820100", DECODE_INVALID, "'acked' has the wrong wire type"},
    {"0801110000000000000000", DECODE_INVALID, "'acked' has the wrong wire type"},
    {"08011200820100", DECODE_INVALID, "'acked' has the wrong wire type"},
    {"0801800101", DECODE_INVALID, "'server_ping' has the wrong wire type"},
    {"08018a08020801", DECODE_INVALID, "'name' has the wrong wire type"},
    {"08019a09022802", DECODE_INVALID, "'absent': not a bool"},
    {"0801820206088080808010", DECODE_INVALID, "'version': out of range"},
    {"08013801820100", DECODE_UNKNOWN, "unknown field 7 in Request"},
    {"0801fa0700", DECODE_UNKNOWN, "unknown operation 127"},
    {"0801ba3e00", DECODE_UNKNOWN, "unknown operation 999"},
    {"0801faffffff0f00", DECODE_UNKNOWN, "unknown operation 536870911"},
    {"08018a08022001", DECODE_UNKNOWN, "unknown field 4 in DictSet"},
    {"080182010212 00", DECODE_UNKNOWN, "unknown field 2 in ServerPing"},
    /* the protocol is broken */
    {"820100", DECODE_HARD, "without an id"},
    {"0800820100", DECODE_HARD, "without an id"},
    {"1002", DECODE_HARD, "without an operation"},
    {"380108 01820100", DECODE_HARD, "unknown field 7"},
    {"820100820100", DECODE_HARD, "given twice"},
    {"08", DECODE_HARD, "bad varint"},
    {"0880", DECODE_HARD, "bad varint"},
    {"08ffffffffffffffffff02820100", DECODE_HARD, "bad varint"},
    {"0880808080808080808080 01820100", DECODE_HARD, "bad varint"},
    {"088080808080808080800082 0100", DECODE_HARD, "without an id"},
    {"0801 80", DECODE_HARD, "bad tag"},
    {"0801 808080808001", DECODE_HARD, "bad tag"},
    {"0801 8080808010", DECODE_HARD, "bad tag"},
    {"0801 0001820100", DECODE_HARD, "bad tag"},
    {"0801 800001820100", DECODE_HARD, "bad tag"},
    {"0801 1b820100", DECODE_HARD, "wire type 3"},
    {"0801 1c820100", DECODE_HARD, "wire type 4"},
    {"0801 1e820100", DECODE_HARD, "wire type 6"},
    {"0801 1f820100", DECODE_HARD, "wire type 7"},
    {"0801820101", DECODE_HARD, "'server_ping' is longer"},
    {"08018a08030a0264", DECODE_HARD, "'name' is longer"},
    {"08018a08ffffffff0f", DECODE_HARD, "'dict_set' is longer"},
    {"08018a08ffffffffffffffffff01", DECODE_HARD, "'dict_set' is longer"},
    {"08018a08070affffffff0f64", DECODE_HARD, "'name' is longer"},
    {"08018a08040a016412", DECODE_HARD, "'key' is longer"},
};

START_TEST(test_refusal)
{
    const struct refusal *refusal = &refusals[_i];
    struct decoded d;
    decode(&d, refusal->hex);
    ck_assert_msg(d.status == refusal->status, "%s: status %d: %s", refusal->hex, (int)d.status,
                  d.error.text);
    ck_assert_msg(strstr(d.error.text, refusal->text) != NULL, "%s: %s", refusal->hex,
                  d.error.text);
    if (d.status != DECODE_HARD)
        ck_assert_uint_eq(d.request.id, 1);
    teardown(&d);
}
END_TEST

/* Longer than needed, but what every protobuf runtime reads. */
START_TEST(test_long_forms)
{
    static const char *const longer[] = {"88808080000182 0100", "0881808080808080808000820100",
                                         "0801828180800000", "080182018000"};
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        struct decoded d;
        decode(&d, longer[i]);
        ck_assert_msg(d.status == DECODE_OK, "%s: %s", longer[i], d.error.text);
        ck_assert_uint_eq(d.request.id, 1);
        teardown(&d);
    }
}
END_TEST

START_TEST(test_fields_in_any_order)
{
    struct decoded d;
    decode(&d, "8a08061a0032000a 000801");
    ck_assert_int_eq(d.status, DECODE_HARD);
    teardown(&d);
    decode(&d, "8a08041a000a000801");
    ck_assert_int_eq(d.status, DECODE_OK);
    ck_assert_uint_eq(d.request.id, 1);
    ck_assert(d.request.dict_set->has_value);
    teardown(&d);
}
END_TEST

START_TEST(test_arena)
{
    /* Room for one operation wherever the arena starts; nothing when it is full. */
    for (size_t used = 0; used < 16; used++) {
        struct decoded d;
        setup(&d, good[3]);
        d.arena = (struct arena){malloc(DECODE_ARENA + used), DECODE_ARENA + used, used};
        ck_assert_ptr_nonnull(d.arena.base);
        ck_assert_int_eq(
            decode_request(bytes_of(d.body, d.len), &d.arena, &d.request, &d.operation, &d.error),
            DECODE_OK);
        ck_assert_uint_eq((uintptr_t)d.request.object_create % 16, 0);
        d.arena.used = d.arena.cap - (used < 4 ? used : 4);
        ck_assert_int_eq(
            decode_request(bytes_of(d.body, d.len), &d.arena, &d.request, &d.operation, &d.error),
            DECODE_NOMEM);
        free(d.arena.base);
        teardown(&d);
    }
}
END_TEST

static enum decode_status respond(const char *hex, Wire__Response *response)
{
    static uint8_t memory[DECODE_ARENA];
    struct arena arena = {memory, sizeof memory, 0};
    struct decode_error error;
    size_t len;
    uint8_t *body = hex_read(hex, &len);
    enum decode_status status;
    ck_assert_ptr_nonnull(body);
    status = decode_response(bytes_of(body, len), &arena, response, &error);
    free(body);
    return status;
}

START_TEST(test_response)
{
    Wire__Response r;
    ck_assert_int_eq(
        respond("08051007321a088280edb2e3f9fabc18100118e0d40322021802280930023801", &r), DECODE_OK);
    ck_assert_uint_eq(r.id, 5);
    ck_assert_uint_eq(r.grant->token, UINT64_C(1763700000000000002));
    ck_assert_uint_eq(r.grant->attempts, 2);
    ck_assert(r.grant->redelivered);
    /* a push has no id */
    ck_assert_int_eq(respond("4a020860", &r), DECODE_OK);
    ck_assert_uint_eq(r.id, 0);
    ck_assert_uint_eq(r.push->code, 96);
    ck_assert_int_eq(respond("080122002202", &r), DECODE_INVALID);
    ck_assert_int_eq(respond("080122003a00", &r), DECODE_INVALID);
    ck_assert_int_eq(respond("08012200 0f", &r), DECODE_HARD);
}
END_TEST

/* An old client and a new daemon. */
START_TEST(test_response_skips_unknown)
{
    Wire__Response r;
    ck_assert_int_eq(respond("0801 a006ffffffffffffffffff01 a1060102030405060708 a206036162 63"
                             "a50601020304 22 04 0801 5001",
                             &r),
                     DECODE_OK);
    ck_assert_int_eq(r.result_case, WIRE__RESPONSE__RESULT_DONE);
    ck_assert(r.done->lost);
    ck_assert_int_eq(respond("0801 5200", &r), DECODE_OK);
    ck_assert_int_eq(r.result_case, WIRE__RESPONSE__RESULT__NOT_SET);
    ck_assert_int_eq(respond("0801 a006ff", &r), DECODE_HARD);
    ck_assert_int_eq(respond("0801 a10601020304050607", &r), DECODE_HARD);
    ck_assert_int_eq(respond("0801 a2060401 0203", &r), DECODE_HARD);
    ck_assert_int_eq(respond("0801 a506010203", &r), DECODE_HARD);
}
END_TEST

static void assert_agrees(const uint8_t *body, size_t len, const char *what)
{
    /* A block of its own, so that a sanitizer sees a read behind it. */
    uint8_t *exact = malloc(len > 0 ? len : 1);
    enum decode_status status;
    enum diff_outcome outcome;
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, body, len);
    outcome = decode_diff(bytes_of(exact, len), &status);
    free(exact);
    ck_assert_msg(outcome < DIFF_LAXER, "%s: outcome %d, status %d", what, (int)outcome,
                  (int)status);
}

START_TEST(test_every_prefix)
{
    size_t len;
    uint8_t *body = hex_read(good[_i], &len);
    enum decode_status status;
    ck_assert_int_eq(decode_diff(bytes_of(body, len), &status), DIFF_EQUAL);
    for (size_t cut = 0; cut < len; cut++)
        assert_agrees(body, cut, good[_i]);
    free(body);
}
END_TEST

START_TEST(test_every_bit_flip)
{
    size_t len;
    uint8_t *body = hex_read(good[_i], &len);
    for (size_t bit = 0; bit < len * 8; bit++) {
        body[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_agrees(body, len, good[_i]);
        body[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(body);
}
END_TEST

START_TEST(test_random_requests)
{
    enum { ROUNDS = 60000 };
    struct randreq r = {.seed = 20261121};
    unsigned outcomes[DIFF_BROKEN + 1] = {0};
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t seed = r.seed;
        uint8_t body[RANDREQ_ROOM];
        size_t len = randreq(&r, body);
        enum decode_status status;
        enum diff_outcome outcome;
        for (uint64_t n = randval_below(&r.seed, 4); n > 0; n--)
            len = randreq_damage(body, len, &r.seed);
        outcome = decode_diff(bytes_of(body, len), &status);
        ck_assert_msg(outcome < DIFF_LAXER, "seed %" PRIu64 ": outcome %d, status %d", seed,
                      (int)outcome, (int)status);
        outcomes[outcome]++;
    }
    /* A quarter is not damaged at all, and each kind of outcome is met often. */
    ck_assert_uint_ge(outcomes[DIFF_EQUAL], ROUNDS / 4);
    ck_assert_uint_ge(outcomes[DIFF_STRICTER], ROUNDS / 50);
    ck_assert_uint_ge(outcomes[DIFF_REFUSED], ROUNDS / 50);
}
END_TEST

Suite *suite_decode(void)
{
    Suite *suite = suite_create("decode");
    TCase *requests = tcase_create("requests");
    TCase *responses = tcase_create("responses");
    TCase *damage = tcase_create("damage");
    tcase_add_test(requests, test_head_and_arguments);
    tcase_add_test(requests, test_nothing_is_copied);
    tcase_add_test(requests, test_given_is_not_empty);
    tcase_add_test(requests, test_member_of_a_oneof);
    tcase_add_test(requests, test_large_numbers);
    tcase_add_loop_test(requests, test_refusal, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(requests, test_long_forms);
    tcase_add_test(requests, test_fields_in_any_order);
    tcase_add_test(requests, test_arena);
    tcase_add_test(responses, test_response);
    tcase_add_test(responses, test_response_skips_unknown);
    tcase_add_loop_test(damage, test_every_prefix, 0, GOOD);
    tcase_add_loop_test(damage, test_every_bit_flip, 0, GOOD);
    tcase_add_test(damage, test_random_requests);
    tcase_set_timeout(damage, 60);
    suite_add_tcase(suite, requests);
    suite_add_tcase(suite, responses);
    suite_add_tcase(suite, damage);
    return suite;
}
