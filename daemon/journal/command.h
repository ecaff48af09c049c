/* SPDX-License-Identifier: BSD-2-Clause */
/* A command of the engine as it stands in the log. */
#ifndef JOURNAL_COMMAND_H
#define JOURNAL_COMMAND_H

#include "daemon/engine/engine.h"
#include "wire/base/buf.h"
#include "wire/proto/decode.h"

/* What the command before it in the same record had, which need not be said again. Zeroed at the
 * beginning of a record. */
struct command_seen {
    uint64_t now_ms, session;
};

/* request: the encoded Wire__Request of a COMMAND_REQUEST. out->failed when there is no memory. */
void command_put(struct buf *out, struct command_seen *seen, const struct command *command,
                 struct bytes request);

/* One that was read; borrows from the bytes. It points into itself: it must not be moved. */
struct command_read {
    struct command command;
    struct session_open open;
    Wire__Request request;
    struct command_seen seen; /* in this record */
    uint64_t *sessions;       /* room for those of SESSION_END; owned, kept from one to the next */
    size_t session_room;
    bool nomem;         /* there was no memory for the last one */
    struct arena arena; /* of the decoded request */
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
};

/* A record begins. */
void command_read_begin(struct command_read *read);
/* Takes the next command off the run. False: it cannot be read. */
bool command_take(struct bytes *run, struct command_read *read);
void command_read_free(struct command_read *read);

#endif
