/* SPDX-License-Identifier: BSD-2-Clause */
/* The form of an engine command in the log. */
#ifndef JOURNAL_COMMAND_H
#define JOURNAL_COMMAND_H

#include "daemon/engine/engine.h"
#include "wire.pb-c.h"
#include "wire/base/buf.h"
#include "wire/proto/decode.h"

/* Fields of the previous command in the record, which need not be repeated. Zeroed at the start
 * of a record. */
struct command_seen {
    uint64_t now_ms, session;
};

/* Appends a command. request: the encoded Wire__Request of a COMMAND_REQUEST. out->failed: no
 * memory. */
void command_put(struct buf *out, struct command_seen *seen, const struct command *command,
                 struct bytes request);

/* A decoded command; borrows from the encoded bytes. It points into itself, so it must not be
 * moved. */
struct command_read {
    struct command command;
    struct session_open open;
    Wire__Request request;
    struct command_seen seen; /* state of the decoder in this record */
    uint64_t *sessions;       /* of a SESSION_END; owned, reused by the next command */
    size_t session_room;
    bool nomem;         /* the last command could not be read for lack of memory */
    struct arena arena; /* memory for the decoded request */
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
};

/* Starts a record. */
void command_read_begin(struct command_read *read);
/* Reads the next command and removes it from the run. False: it cannot be read. */
bool command_take(struct bytes *run, struct command_read *read);
void command_read_free(struct command_read *read);

#endif
