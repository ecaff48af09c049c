/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands to bytes and back: what engine_apply looks at, and nothing else. */
#include "daemon/journal/command.h"

#include <stdlib.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"

enum { HAS_OPEN = 1, HAS_REFS = 2, GIVES_BACK = 4 };

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

/* The rest of the commands that are not requests. */
static void put_other(struct writer *out, const struct command *command)
{
    writer_u64(out, command->id);
    writer_u64(out, command->slot_id);
    writer_u64(out, (uint64_t)command->code);
    writer_u64(out, command->revision_floor);
    writer_u64(out, command->incarnation);
    writer_u64(out, command->version);
    writer_u64(out, command->session_count);
    for (size_t i = 0; i < command->session_count; i++)
        writer_u64(out, command->sessions[i]);
}

void command_put(struct buf *buf, const struct command *command, struct bytes request)
{
    struct writer out = {put, buf};
    uint64_t what = (uint64_t)command->kind | (command->open != NULL ? HAS_OPEN << 8 : 0) |
                    (command->has_refs ? HAS_REFS << 8 : 0) |
                    (command->give_back ? GIVES_BACK << 8 : 0);
    writer_u64(&out, what);
    writer_u64(&out, command->now_ms);
    writer_u64(&out, command->session);
    if (command->kind != COMMAND_REQUEST) {
        put_other(&out, command);
        return;
    }
    if (command->open != NULL)
        put_open(&out, command->open);
    writer_bytes(&out, request);
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

static bool read_request(struct reader *in, struct command_read *read)
{
    struct decode_error error;
    if (read->command.open != NULL && !read_open(in, &read->open))
        return false;
    struct bytes body = reader_bytes(in);
    read->arena = (struct arena){(uint8_t *)read->memory, sizeof read->memory, 0};
    read->command.request = &read->request;
    return reader_ok(in) && decode_request(body, &read->arena, &read->request, &error) == DECODE_OK;
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

bool command_take(struct bytes *run, struct command_read *read)
{
    struct reader in = {.at = run->data, .end = run->data + run->len};
    uint64_t what = reader_u64(&in);
    unsigned flags = (unsigned)(what >> 8);
    read->command = (struct command){
        .kind = (enum command_kind)(what & 0xff),
        .has_refs = (flags & HAS_REFS) != 0,
        .give_back = (flags & GIVES_BACK) != 0,
        .open = (flags & HAS_OPEN) != 0 ? &read->open : NULL,
    };
    read->command.now_ms = reader_u64(&in);
    read->command.session = reader_u64(&in);
    if (!reader_ok(&in) || read->command.kind < COMMAND_BOOT ||
        read->command.kind > COMMAND_VERSION)
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
