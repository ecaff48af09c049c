/* SPDX-License-Identifier: BSD-2-Clause */
/* Records, the commands in them, and how they are cut. */
#include <stdlib.h>

#include "daemon/journal/batch.h"
#include "daemon/journal/command.h"
#include "daemon/objects/handlers.h"
#include "tests/support/journal_kit.h"
#include "tests/support/life.h"
#include "tests/support/must.h"

enum { LIFE = 600, MAX_PAYLOAD = 100 };

/* ---- records ---- */

static struct record sample(struct bytes payload)
{
    return (struct record){.kind = RECORD_COMMANDS,
                           .segment = 0x1122334455667788,
                           .sequence = 3,
                           .synced = 2,
                           .first = 100,
                           .last = UINT64_C(1) << 60,
                           .previous = 0xdeadbeef,
                           .payload = payload};
}

/* A record of so many bytes of payload, in memory of exactly its size. */
static uint8_t *sealed(size_t len, struct record *record)
{
    uint8_t *bytes = malloc(record_size(len));
    must(bytes != NULL);
    for (size_t i = 0; i < len; i++)
        bytes[RECORD_HEADER + i] = (uint8_t)(i * 7 + 1);
    *record = sample(bytes_of(bytes + RECORD_HEADER, len));
    record_seal(record, bytes);
    return bytes;
}

START_TEST(a_record_is_read_as_it_was_written)
{
    for (size_t len = 0; len <= MAX_PAYLOAD; len++) {
        struct record in, out;
        uint8_t *bytes = sealed(len, &in);
        ck_assert_uint_eq(record_size(len) % RECORD_ALIGN, 0);
        ck_assert(record_read(bytes_of(bytes, record_size(len)), &out));
        ck_assert_int_eq(out.kind, in.kind);
        ck_assert_uint_eq(out.segment, in.segment);
        ck_assert_uint_eq(out.sequence, in.sequence);
        ck_assert_uint_eq(out.synced, in.synced);
        ck_assert_uint_eq(out.first, in.first);
        ck_assert_uint_eq(out.last, in.last);
        ck_assert_uint_eq(out.previous, in.previous);
        ck_assert_uint_eq(out.checksum, in.checksum);
        ck_assert(bytes_equal(out.payload, in.payload));
        free(bytes);
    }
}
END_TEST

START_TEST(a_flipped_bit_is_noticed)
{
    for (size_t len = 0; len <= MAX_PAYLOAD; len += 11) {
        struct record in, out;
        uint8_t *bytes = sealed(len, &in);
        struct bytes run = bytes_of(bytes, record_size(len));
        for (size_t bit = 0; bit < 8 * run.len; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            must(!record_read(run, &out));
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        must(record_read(run, &out));
        free(bytes);
    }
}
END_TEST

START_TEST(a_cut_record_is_noticed)
{
    struct record in, out;
    uint8_t *bytes = sealed(MAX_PAYLOAD, &in);
    for (size_t len = 0; len < record_size(MAX_PAYLOAD); len++) {
        uint8_t *cut = malloc(len + 1); /* so that the sanitizer sees its end */
        must(cut != NULL);
        memcpy(cut, bytes, len);
        must(!record_read(bytes_of(cut, len), &out));
        free(cut);
    }
    free(bytes);
}
END_TEST

/* ---- commands ---- */

/* Two engines: one lives, the other does what it reads. */
struct pair {
    struct world w;
    struct engine *second;
    struct command_read read;
    unsigned kinds[COMMAND_REST + 1];
    unsigned opens, refs, ends;
};

static void must_be_same(const struct command *a, const struct command *b)
{
    must(a->kind == b->kind && a->now_ms == b->now_ms && a->session == b->session);
    must((a->open == NULL) == (b->open == NULL) && a->has_refs == b->has_refs);
    must(a->id == b->id && a->slot_id == b->slot_id && a->give_back == b->give_back);
    must(a->code == b->code && a->bye == b->bye && a->session_count == b->session_count);
    for (size_t i = 0; i < a->session_count; i++)
        must(a->sessions[i] == b->sessions[i]);
    must(a->revision_floor == b->revision_floor && a->incarnation == b->incarnation);
    must(a->version == b->version && (a->request == NULL) == (b->request == NULL));
    if (a->open == NULL)
        return;
    must(memcmp(a->open->token_hash, b->open->token_hash, 32) == 0);
    must(bytes_equal(a->open->client, b->open->client));
    must(bytes_equal(a->open->principal, b->open->principal));
    must(bytes_equal(a->open->address, b->open->address));
    must(a->open->window == b->open->window && a->open->lease_ms == b->open->lease_ms);
    must(a->open->linger_ms == b->open->linger_ms);
}

/* The command in bytes of exactly its length; to be freed. */
static struct bytes written(const struct command *command)
{
    struct buf request, out;
    buf_init(&request);
    buf_init(&out);
    if (command->request != NULL) {
        size_t len = protobuf_c_message_get_packed_size(&command->request->base);
        uint8_t *at = buf_reserve(&request, len + 1);
        must(at != NULL);
        protobuf_c_message_pack(&command->request->base, at);
        request.len = len;
    }
    command_put(&out, &(struct command_seen){0}, command, buf_bytes(&request));
    must(!out.failed);
    uint8_t *exact = malloc(out.len);
    must(exact != NULL);
    memcpy(exact, out.data, out.len);
    size_t len = out.len;
    buf_free(&request);
    buf_free(&out);
    return bytes_of(exact, len);
}

/* The first one of a record. */
static bool take(struct bytes *left, struct command_read *read)
{
    command_read_begin(read);
    return command_take(left, read);
}

static void do_the_same(void *arg, const struct command *command, const struct applied *applied)
{
    struct pair *pair = arg;
    struct bytes bytes = written(command), left = bytes;
    must(take(&left, &pair->read) && left.len == 0);
    must_be_same(command, &pair->read.command);
    struct applied again = engine_apply(pair->second, &pair->read.command, NULL);
    must(again.outcome == applied->outcome && again.session == applied->session);
    must(again.first == applied->first && again.last == applied->last);
    must(again.more == applied->more);
    pair->kinds[command->kind]++;
    pair->opens += command->open != NULL;
    pair->refs += command->has_refs;
    pair->ends += command->give_back;
    free((void *)(uintptr_t)bytes.data);
}

static void pair_init(struct pair *pair)
{
    *pair = (struct pair){.second = world_engine(objects_handlers(), 9)};
    world_init(&pair->w, objects_handlers());
    do_the_same(pair,
                &(struct command){.kind = COMMAND_BOOT,
                                  .now_ms = 1000,
                                  .revision_floor = 1000,
                                  .incarnation = 1,
                                  .version = ENGINE_VERSION},
                &pair->w.applied);
    pair->w.journal = do_the_same;
    pair->w.journal_arg = pair;
}

START_TEST(a_life_is_read_as_it_was_written)
{
    struct pair pair;
    uint64_t seed = 22;
    uint8_t first[32], second[32];
    pair_init(&pair);
    for (unsigned i = 0; i < LIFE * 12; i++)
        life_step(&pair.w, &seed);
    world_bye(&pair.w, 0);
    engine_digest(pair.w.engine, first);
    engine_digest(pair.second, second);
    ck_assert_mem_eq(first, second, sizeof first);
    for (int kind = COMMAND_BOOT; kind <= COMMAND_BACK; kind++)
        ck_assert_msg(kind == COMMAND_VERSION || pair.kinds[kind] > 0, "no command of kind %d",
                      kind);
    ck_assert_uint_gt(pair.opens, 0);
    ck_assert_uint_gt(pair.refs, 0);
    ck_assert_uint_gt(pair.ends, 0);
    command_read_free(&pair.read);
    engine_free(pair.second);
    world_free(&pair.w);
}
END_TEST

/* Every field with a value of its own, whether the kind looks at it or not. */
static struct command full(enum command_kind kind)
{
    static const uint64_t sessions[] = {5, UINT64_MAX, 7};
    return (struct command){
        .kind = kind,
        .now_ms = 11,
        .session = UINT64_MAX - 3,
        .id = 13,
        .slot_id = 14,
        .give_back = true,
        .code = ERR_SESSION_LOST,
        .sessions = sessions,
        .session_count = 3,
        .revision_floor = UINT64_C(1) << 63,
        .incarnation = 17,
        .version = UINT32_MAX,
    };
}

START_TEST(all_fields_are_kept)
{
    struct command_read read = {.session_room = 0};
    for (enum command_kind kind = COMMAND_BOOT; kind <= COMMAND_BACK; kind++) {
        struct command command = full(kind);
        if (kind == COMMAND_REQUEST)
            continue;
        struct bytes bytes = written(&command), left = bytes;
        ck_assert(take(&left, &read));
        ck_assert_uint_eq(left.len, 0);
        must_be_same(&command, &read.command);
        free((void *)(uintptr_t)bytes.data);
    }
    command_read_free(&read);
}
END_TEST

START_TEST(a_request_opens_its_session)
{
    struct command_read read = {.session_room = 0};
    Wire__ServerPing ping = WIRE__SERVER_PING__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    struct session_open open = {.token_hash = {1, 2, 3, 255},
                                .client = bytes_text("client"),
                                .principal = bytes_text("principal"),
                                .address = bytes_text("address"),
                                .window = 64,
                                .lease_ms = UINT64_C(1) << 40,
                                .linger_ms = 9};
    struct command command = {.kind = COMMAND_REQUEST,
                              .now_ms = 3,
                              .open = &open,
                              .request = &request,
                              .has_refs = true,
                              .give_back = true};
    request.has_id = true, request.id = 77;
    request.op_case = WIRE__REQUEST__OP_SERVER_PING;
    request.server_ping = &ping;
    struct bytes bytes = written(&command), left = bytes;
    ck_assert(take(&left, &read));
    must_be_same(&command, &read.command);
    ck_assert_uint_eq(read.command.request->id, 77);
    ck_assert_int_eq(read.command.request->op_case, WIRE__REQUEST__OP_SERVER_PING);
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *cut = malloc(len + 1);
        must(cut != NULL);
        memcpy(cut, bytes.data, len);
        left = bytes_of(cut, len);
        must(!take(&left, &read));
        free(cut);
    }
    free((void *)(uintptr_t)bytes.data);
    command_read_free(&read);
}
END_TEST

START_TEST(what_is_as_before_is_not_said_again)
{
    struct command_read read = {.session_room = 0};
    struct command_seen seen = {0};
    struct command commands[] = {full(COMMAND_ACK), full(COMMAND_ACK), full(COMMAND_ACK)};
    size_t lens[3];
    struct buf out;
    commands[2].now_ms++;
    buf_init(&out);
    for (unsigned i = 0; i < 3; i++) {
        size_t before = out.len;
        command_put(&out, &seen, &commands[i], bytes_of(NULL, 0));
        lens[i] = out.len - before;
    }
    ck_assert_uint_eq(lens[1] + 16, lens[0]);
    ck_assert_uint_eq(lens[2], lens[0]);
    struct bytes left = buf_bytes(&out);
    command_read_begin(&read);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(command_take(&left, &read));
        must_be_same(&commands[i], &read.command);
    }
    ck_assert_uint_eq(left.len, 0);
    buf_free(&out);
    command_read_free(&read);
}
END_TEST

START_TEST(cut_or_damaged_commands_do_no_harm)
{
    struct command_read read = {.session_room = 0};
    struct command command = full(COMMAND_SESSION_END);
    struct bytes bytes = written(&command), left;
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *cut = malloc(len + 1);
        must(cut != NULL);
        memcpy(cut, bytes.data, len);
        left = bytes_of(cut, len);
        must(!take(&left, &read));
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        uint8_t *at = (uint8_t *)(uintptr_t)bytes.data + bit / 8;
        *at ^= (uint8_t)(1 << bit % 8);
        left = bytes;
        (void)take(&left, &read);
        *at ^= (uint8_t)(1 << bit % 8);
    }
    free((void *)(uintptr_t)bytes.data);
    command_read_free(&read);
}
END_TEST

/* ---- batches ---- */

/* Commands of these sizes; how many bytes of payload the records have. */
static unsigned lens_of(const size_t *sizes, unsigned count, size_t lens[8])
{
    struct batch batch;
    struct record record;
    uint64_t revision = 10, expect = 10;
    unsigned records = 0;
    size_t at = 0;
    batch_init(&batch);
    for (unsigned i = 0; i < count; i++) {
        must(batch_reserve(&batch, sizes[i]));
        size_t room = batch.data.cap;
        struct buf *out = batch_put(&batch, revision, revision + 1);
        memset(buf_reserve(out, sizes[i]), 'x', sizes[i]);
        out->len += sizes[i];
        revision += 2;
        if (i + 1 == count)
            batch_close(&batch);
        must(batch.data.cap == room); /* what was reserved was enough */
    }
    while (batch_next(&batch, &at, &record)) {
        must(record.kind == RECORD_COMMANDS && record.first == expect && records < 8);
        expect = record.last + 1;
        lens[records++] = record.payload.len;
    }
    must(expect == revision && at == batch.data.len && at % RECORD_ALIGN == 0);
    batch_free(&batch);
    return records;
}

START_TEST(records_are_cut_at_a_mebibyte)
{
    enum { M = BATCH_RECORD };
    size_t lens[8];
    ck_assert_uint_eq(lens_of((size_t[]){10, 20, 30}, 3, lens), 1);
    ck_assert_uint_eq(lens[0], 60);
    /* the one that goes beyond the border is still in it */
    ck_assert_uint_eq(lens_of((size_t[]){M - 64, 5, 7}, 3, lens), 2);
    ck_assert_uint_eq(lens[0], M - 64 + 5);
    ck_assert_uint_eq(lens[1], 7);
    ck_assert_uint_eq(lens_of((size_t[]){M - 63, 5}, 2, lens), 2);
    ck_assert_uint_eq(lens[0], M - 63);
    ck_assert_uint_eq(lens[1], 5);
    /* larger than a record: nothing comes behind it */
    ck_assert_uint_eq(lens_of((size_t[]){3 * M + 1, 9, 2 * M, 1}, 4, lens), 3);
    ck_assert_uint_eq(lens[0], 3 * M + 1);
    ck_assert_uint_eq(lens[1], 9 + 2 * M);
    ck_assert_uint_eq(lens[2], 1);
}
END_TEST

START_TEST(a_record_of_another_kind_is_alone)
{
    struct batch batch;
    struct record record;
    size_t at = 0;
    batch_init(&batch);
    ck_assert(batch_empty(&batch));
    buf_put_text(batch_put(&batch, 5, 6), "before");
    batch_put_record(&batch, RECORD_STOP, bytes_text("stop"));
    buf_put_text(batch_put(&batch, 7, 7), "after");
    batch_close(&batch);
    ck_assert(batch_next(&batch, &at, &record));
    ck_assert(record.kind == RECORD_COMMANDS && record.first == 5 && record.last == 6);
    ck_assert(batch_next(&batch, &at, &record));
    ck_assert(record.kind == RECORD_STOP && record.first == 0 && record.last == 0);
    ck_assert(bytes_equal(record.payload, bytes_text("stop")));
    ck_assert(batch_next(&batch, &at, &record));
    ck_assert(record.kind == RECORD_COMMANDS && record.first == 7 && record.last == 7);
    ck_assert(!batch_next(&batch, &at, &record));
    batch_reset(&batch);
    ck_assert(batch_empty(&batch));
    batch_free(&batch);
}
END_TEST

Suite *suite_journal_record(void);
Suite *suite_journal_record(void)
{
    Suite *suite = suite_create("journal_record");
    TCase *tc = tcase_create("journal_record");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_record_is_read_as_it_was_written);
    tcase_add_test(tc, a_flipped_bit_is_noticed);
    tcase_add_test(tc, a_cut_record_is_noticed);
    tcase_add_test(tc, a_life_is_read_as_it_was_written);
    tcase_add_test(tc, all_fields_are_kept);
    tcase_add_test(tc, a_request_opens_its_session);
    tcase_add_test(tc, what_is_as_before_is_not_said_again);
    tcase_add_test(tc, cut_or_damaged_commands_do_no_harm);
    tcase_add_test(tc, records_are_cut_at_a_mebibyte);
    tcase_add_test(tc, a_record_of_another_kind_is_alone);
    suite_add_tcase(suite, tc);
    return suite;
}
