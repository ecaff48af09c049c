/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies, byte for byte as protobuf writes them. */
#include "wire/proto/reply.h"

#include <check.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "tests/support/hex.h"
#include "tests/support/randval.h"
#include "wire.pb-c.h"
#include "wire/base/frame.h"

Suite *suite_reply(void);

#define TEXT(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

/* Responses as another protobuf runtime writes them from the public schema. */
static const struct recorded {
    const char *hex;
    uint64_t id;
    uint64_t revision;
    struct result result;
} recorded[] = {
    {"0801", 1, 0, {.kind = RESULT_NONE}},
    {"0801108180edb2e3f9fabc182200", 1, UINT64_C(1763700000000000001), {.kind = RESULT_DONE}},
    {"080222020801", 2, 0, {.kind = RESULT_DONE, .lost = true}},
    {"080310052a06320474657874", 3, 5, {.kind = RESULT_VALUE, .value = TEXT("2\4text")}},
    {"080310052a00", 3, 5, {.kind = RESULT_VALUE}},
    {"080410061a16080612032778271a0864696374202264222203320178",
     4,
     6,
     {.kind = RESULT_ERROR,
      .code = ERR_KEY,
      .message = TEXT("'x'"),
      .object = TEXT("dict \"d\""),
      .value = TEXT("2\1x")}},
    {"080410061a00", 4, 6, {.kind = RESULT_ERROR}},
    {"08051007321a088280edb2e3f9fabc18100118e0d40322021802280930023801",
     5,
     7,
     {.kind = RESULT_GRANT,
      .token = UINT64_C(1763700000000000002),
      .depth = 1,
      .lease_ms = 60000,
      .value = TEXT("\x18\2"),
      .previous_token = 9,
      .attempts = 2,
      .redelivered = true}},
    {"08051007320422020a00", 5, 7, {.kind = RESULT_GRANT, .value = TEXT("\n\0")}},
    {"080610083a100a0a42080a0218020a02180412020102",
     6,
     8,
     {.kind = RESULT_PAGE,
      .value = TEXT("\x42\x08\x0a\x02\x18\x02\x0a\x02\x18\x04"),
      .cursor = TEXT("\1\2")}},
    {"080610083a040a024200", 6, 8, {.kind = RESULT_PAGE, .value = TEXT("\x42\0")}},
    {"08011009420e0801120400000000208002420131",
     1,
     9,
     {.kind = RESULT_WELCOME, .body = TEXT("\x08\1\x12\4\0\0\0\0\x20\x80\2\x42\1\x31")}},
    {"100a4a1a08601216746865206461656d6f6e2069732073746f7070696e67",
     0,
     10,
     {.kind = RESULT_PUSH, .code = ERR_SHUTTING_DOWN, .message = TEXT("the daemon is stopping")}},
};

static void assert_frame(const struct buf *out, const uint8_t *body, size_t len)
{
    uint8_t head[FRAME_HEAD_MAX];
    size_t head_len = frame_head(head, len);
    ck_assert(!out->failed);
    ck_assert_uint_eq(out->len, head_len + len);
    ck_assert_mem_eq(out->data, head, head_len);
    ck_assert_mem_eq(out->data + head_len, body, len);
}

/* The frame as a slot's record makes it: the member first, kept, and put into a frame later. */
static void put_in_two(struct buf *out, uint64_t id, uint64_t revision, const struct result *result)
{
    struct buf member;
    buf_init(&member);
    reply_put_result(&member, result);
    ck_assert(!member.failed);
    ck_assert_uint_eq(member.len, reply_result_size(result));
    reply_put_frame(out, id, revision, buf_bytes(&member));
    buf_free(&member);
}

START_TEST(test_recorded)
{
    const struct recorded *r = &recorded[_i];
    struct buf out;
    size_t len;
    uint8_t *body = hex_read(r->hex, &len);
    ck_assert_ptr_nonnull(body);
    buf_init(&out);
    reply_put(&out, r->id, r->revision, &r->result);
    assert_frame(&out, body, len);
    buf_reset(&out, 4096);
    put_in_two(&out, r->id, r->revision, &r->result);
    assert_frame(&out, body, len);
    buf_free(&out);
    free(body);
}
END_TEST

/* ---- random results, against protobuf-c's packing of the same ---- */

static uint64_t random_number(uint64_t *seed)
{
    uint64_t wide = randval_below(seed, UINT64_MAX);
    return wide >> randval_below(seed, 64);
}

enum { NOISE = 400 };

/* Of no length, mostly short, sometimes with a length of two bytes. noise has twice NOISE bytes. */
static struct bytes random_bytes(uint64_t *seed, const uint8_t *noise)
{
    size_t most = randval_below(seed, 4) == 0 ? NOISE : 8;
    size_t len = (size_t)randval_below(seed, most);
    return bytes_of(noise + randval_below(seed, NOISE), len);
}

static struct result random_result(uint64_t *seed, const uint8_t *noise)
{
    return (struct result){
        .kind = (enum result_kind)(RESULT_ERROR + randval_below(seed, 7)),
        .code = (enum mgr_code)randval_below(seed, 100),
        .lost = randval_below(seed, 2) == 1,
        .redelivered = randval_below(seed, 2) == 1,
        .message = random_bytes(seed, noise),
        .object = random_bytes(seed, noise),
        .value = random_bytes(seed, noise),
        .cursor = random_bytes(seed, noise),
        .token = random_number(seed),
        .depth = randval_below(seed, 3),
        .lease_ms = random_number(seed),
        .previous_token = random_number(seed),
        .attempts = randval_below(seed, 3),
    };
}

/* Sets a field and its has_ member unless the field is empty. */
#define GIVE_NUMBER(message, field, number) \
    ((message).field = (number), (message).has_##field = (message).field != 0)
#define GIVE_BYTES(message, field, bytes)                                                      \
    ((message).field = (ProtobufCBinaryData){(bytes).len, (uint8_t *)(uintptr_t)(bytes).data}, \
     (message).has_##field = (bytes).len != 0)

/* The members of Response's oneof, all filled; the response points to one. */
struct members {
    Wire__Error error;
    Wire__Done done;
    Wire__Grant grant;
    Wire__Page page;
    Wire__Push push;
};

static void fill_members(struct members *m, const struct result *r)
{
    wire__error__init(&m->error);
    wire__done__init(&m->done);
    wire__grant__init(&m->grant);
    wire__page__init(&m->page);
    wire__push__init(&m->push);
    GIVE_NUMBER(m->error, code, r->code);
    GIVE_BYTES(m->error, message, r->message);
    GIVE_BYTES(m->error, object, r->object);
    GIVE_BYTES(m->error, detail, r->value);
    GIVE_NUMBER(m->done, lost, r->lost);
    GIVE_NUMBER(m->grant, token, r->token);
    GIVE_NUMBER(m->grant, depth, r->depth);
    GIVE_NUMBER(m->grant, lease_ms, r->lease_ms);
    GIVE_BYTES(m->grant, value, r->value);
    GIVE_NUMBER(m->grant, previous_token, r->previous_token);
    GIVE_NUMBER(m->grant, attempts, r->attempts);
    GIVE_NUMBER(m->grant, redelivered, r->redelivered);
    GIVE_BYTES(m->page, items, r->value);
    GIVE_BYTES(m->page, cursor, r->cursor);
    GIVE_NUMBER(m->push, code, r->code);
    GIVE_BYTES(m->push, message, r->message);
}

static void choose_member(Wire__Response *response, struct members *m, const struct result *r)
{
    response->result_case = (Wire__Response__ResultCase)r->kind;
    switch (r->kind) {
    case RESULT_ERROR:
        response->error = &m->error;
        break;
    case RESULT_DONE:
        response->done = &m->done;
        break;
    case RESULT_VALUE:
        response->value = (ProtobufCBinaryData){r->value.len, (uint8_t *)(uintptr_t)r->value.data};
        break;
    case RESULT_GRANT:
        response->grant = &m->grant;
        break;
    case RESULT_PAGE:
        response->page = &m->page;
        break;
    case RESULT_PUSH:
        response->push = &m->push;
        break;
    case RESULT_NONE:
    case RESULT_WELCOME: /* its body is bytes already */
        response->result_case = WIRE__RESPONSE__RESULT__NOT_SET;
        break;
    }
}

START_TEST(test_plain_done)
{
    struct buf out;
    buf_init(&out);
    reply_put_result(&out, &(struct result){.kind = RESULT_DONE});
    ck_assert_uint_eq(out.len, REPLY_DONE_LEN);
    ck_assert_mem_eq(out.data, REPLY_DONE, REPLY_DONE_LEN);
    buf_free(&out);
}
END_TEST

START_TEST(test_random_results)
{
    uint64_t seed = 77;
    uint8_t noise[2 * NOISE];
    struct buf out;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)randval_below(&seed, 256);
    buf_init(&out);
    for (int i = 0; i < 20000; i++) {
        struct result result = random_result(&seed, noise);
        Wire__Response response = WIRE__RESPONSE__INIT;
        struct members members;
        uint8_t body[2048];
        if (result.kind == RESULT_WELCOME)
            result.kind = RESULT_NONE;
        fill_members(&members, &result);
        choose_member(&response, &members, &result);
        GIVE_NUMBER(response, id, random_number(&seed));
        GIVE_NUMBER(response, revision, random_number(&seed));
        buf_reset(&out, 4096);
        reply_put(&out, response.id, response.revision, &result);
        assert_frame(&out, body, protobuf_c_message_pack(&response.base, body));
        buf_reset(&out, 4096);
        put_in_two(&out, response.id, response.revision, &result);
        assert_frame(&out, body, protobuf_c_message_pack(&response.base, body));
    }
    buf_free(&out);
}
END_TEST

START_TEST(test_appends)
{
    struct result done = {.kind = RESULT_DONE};
    struct buf out;
    buf_init(&out);
    reply_put(&out, 1, 0, &done);
    reply_put(&out, 2, 0, &done);
    ck_assert_uint_eq(out.len, 10);
    ck_assert_mem_eq(out.data, "\4\x08\1\x22\0\4\x08\2\x22\0", 10);
    buf_free(&out);
}
END_TEST

/* A frame that fits with REPLY_SPARE bytes to spare is written; of one that does not fit, nothing.
 */
START_TEST(test_limit)
{
    struct result value = {.kind = RESULT_VALUE, .value = TEXT("\n\0")};
    struct buf out;
    buf_init(&out);
    out.limit = 5 + REPLY_SPARE;
    reply_put(&out, 0, 0, &value);
    ck_assert(!out.failed);
    ck_assert_uint_eq(out.len, 5);
    buf_free(&out);
    struct result grant = {.kind = RESULT_GRANT};
    buf_init(&out);
    out.limit = 3 + REPLY_SPARE;
    reply_put(&out, 0, 0, &grant);
    ck_assert(!out.failed);
    ck_assert_uint_eq(out.len, 3);
    buf_free(&out);
    buf_init(&out);
    out.limit = 4;
    reply_put(&out, 0, 0, &value);
    ck_assert(out.failed);
    ck_assert_uint_eq(out.len, 0);
    reply_put_result(&out, &value);
    reply_put_frame(&out, 0, 0, value.value);
    ck_assert_uint_eq(out.len, 0);
    buf_free(&out);
}
END_TEST

START_TEST(test_no_memory)
{
    struct result done = {.kind = RESULT_DONE};
    struct buf out;
    buf_init(&out);
    alloc_fail_at(1);
    reply_put(&out, 1, 0, &done);
    alloc_fail_never();
    ck_assert(out.failed);
    ck_assert_uint_eq(out.len, 0);
    buf_free(&out);
}
END_TEST

Suite *suite_reply(void)
{
    Suite *suite = suite_create("reply");
    TCase *bytes = tcase_create("bytes");
    TCase *room = tcase_create("room");
    tcase_add_loop_test(bytes, test_recorded, 0, sizeof recorded / sizeof recorded[0]);
    tcase_add_test(bytes, test_plain_done);
    tcase_add_test(bytes, test_random_results);
    tcase_set_timeout(bytes, 30);
    tcase_add_test(room, test_appends);
    tcase_add_test(room, test_limit);
    tcase_add_test(room, test_no_memory);
    suite_add_tcase(suite, bytes);
    suite_add_tcase(suite, room);
    return suite;
}
