/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodes and decodes commands: exactly the fields that engine_apply looks at. */
#include "daemon/journal/command.h"

#include <stdlib.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"

/* The first byte: kind and flags. Then now_ms and the session, unless both equal the previous
 * command's; then the length of the request and the request, or the fields of another kind. */
enum {
    KIND = 0x0f,
    HAS_OPEN = 0x10,
    HAS_REFS = 0x20,
    GIVES_BACK = 0x40,
    SAME = 0x80, /* now_ms and session equal the previous command's */
    HEAD_MAX = 1 + 8 + 8 + 4,
};

static void put(void *arg, const void *data, size_t len)
{
    buf_put(arg, data, len);
}

static void put_open(struct writer *out, const struct session_open *open)
{
    writer_raw(out, open->token_hash, sizeof open->token_hash);
    writer_bytes(out, open->client);
    writer_bytes(out, open->principal);
    writer_bytes(out, open->address);
    writer_u64(out, open->window);
    writer_u64(out, open->lease_ms);
    writer_u64(out, open->linger_ms);
}

/* Appends the fields of a command that is not a request. */
static void put_other(struct writer *out, const struct command *command)
{
    writer_u64(out, command->id);
    writer_u64(out, command->slot_id);
    writer_u64(out, (uint64_t)command->code);
    writer_u64(out, command->bye);
    writer_u64(out, command->revision_floor);
    writer_u64(out, command->incarnation);
    writer_u64(out, command->version);
    writer_u64(out, command->session_count);
    for (size_t i = 0; i < command->session_count; i++)
        writer_u64(out, command->sessions[i]);
}

static uint8_t *put_number(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

void command_put(struct buf *buf, struct command_seen *seen, const struct command *command,
                 struct bytes request)
{
    struct writer out = {put, buf};
    uint8_t head[HEAD_MAX], *at = head + 1;
    bool same = command->now_ms == seen->now_ms && command->session == seen->session;
    head[0] = (uint8_t)((unsigned)command->kind | (command->open != NULL ? HAS_OPEN : 0) |
                        (command->has_refs ? HAS_REFS : 0) | (command->give_back ? GIVES_BACK : 0) |
                        (same ? SAME : 0));
    if (!same) {
        at = put_number(put_number(at, command->now_ms, 8), command->session, 8);
        *seen = (struct command_seen){command->now_ms, command->session};
    }
    if (command->kind == COMMAND_REQUEST)
        at = put_number(at, request.len, 4);
    buf_put(buf, head, (size_t)(at - head));
    if (command->kind != COMMAND_REQUEST)
        put_other(&out, command);
    else
        buf_put_bytes(buf, request);
    if (command->open != NULL)
        put_open(&out, command->open);
}

static bool read_open(struct reader *in, struct session_open *open)
{
    struct bytes hash = reader_raw(in, sizeof open->token_hash);
    if (!reader_ok(in))
        return false;
    memcpy(open->token_hash, hash.data, sizeof open->token_hash);
    open->client = reader_bytes(in);
    open->principal = reader_bytes(in);
    open->address = reader_bytes(in);
    open->window = (uint32_t)reader_u64_max(in, UINT32_MAX);
    open->lease_ms = reader_u64(in);
    open->linger_ms = reader_u64(in);
    return reader_ok(in);
}

static uint64_t number_at(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static bool read_request(struct reader *in, struct command_read *read)
{
    struct decode_error error;
    struct bytes len = reader_raw(in, 4);
    struct bytes body = reader_raw(in, len.len == 0 ? 0 : number_at(len.data, 4));
    if (read->command.open != NULL && !read_open(in, &read->open))
        return false;
    read->arena = (struct arena){(uint8_t *)read->memory, sizeof read->memory, 0};
    read->command.request = &read->request;
    return reader_ok(in) && decode_request(body, &read->arena, &read->request,
                                           &read->command.operation, &error) == DECODE_OK;
}

static bool sessions_room(struct command_read *read, uint64_t count)
{
    if (count <= read->session_room)
        return true;
    uint64_t *more = realloc(read->sessions, count * sizeof *more);
    read->nomem = more == NULL;
    if (more == NULL)
        return false;
    read->sessions = more;
    read->session_room = count;
    return true;
}

static bool read_other(struct reader *in, struct command_read *read)
{
    struct command *command = &read->command;
    command->id = reader_u64(in);
    command->slot_id = reader_u64(in);
    command->code = (enum mgr_code)reader_u64_max(in, INT32_MAX);
    command->bye = reader_bool(in);
    command->revision_floor = reader_u64(in);
    command->incarnation = reader_u64(in);
    command->version = (uint32_t)reader_u64_max(in, UINT32_MAX);
    command->session_count = reader_u64_max(in, (uint64_t)(in->end - in->at) / 8);
    if (!reader_ok(in) || !sessions_room(read, command->session_count))
        return false;
    for (size_t i = 0; i < command->session_count; i++)
        read->sessions[i] = reader_u64(in);
    command->sessions = read->sessions;
    return reader_ok(in);
}

void command_read_begin(struct command_read *read)
{
    read->seen = (struct command_seen){0};
}

bool command_take(struct bytes *run, struct command_read *read)
{
    struct reader in = {.at = run->data, .end = run->data + run->len};
    struct bytes head = reader_raw(&in, 1);
    unsigned flags = head.len == 0 ? 0 : head.data[0];
    read->command = (struct command){
        .kind = (enum command_kind)(flags & KIND),
        .has_refs = (flags & HAS_REFS) != 0,
        .give_back = (flags & GIVES_BACK) != 0,
        .open = (flags & HAS_OPEN) != 0 ? &read->open : NULL,
    };
    if ((flags & SAME) == 0) {
        read->seen.now_ms = reader_u64(&in);
        read->seen.session = reader_u64(&in);
    }
    read->command.now_ms = read->seen.now_ms;
    read->command.session = read->seen.session;
    if (!reader_ok(&in) || read->command.kind < COMMAND_BOOT || read->command.kind > COMMAND_REST)
        return false;
    bool ok =
        read->command.kind == COMMAND_REQUEST ? read_request(&in, read) : read_other(&in, read);
    *run = bytes_of(in.at, (size_t)(in.end - in.at));
    return ok;
}

void command_read_free(struct command_read *read)
{
    free(read->sessions);
    read->sessions = NULL;
    read->session_room = 0;
}
