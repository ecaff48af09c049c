/* SPDX-License-Identifier: BSD-2-Clause */
/* How a run ended: for the exit code, and for --status-fd. */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/base/buf.h"

enum outcome_kind {
    OUTCOME_CHILD,    /* the program ended: number is its exit code */
    OUTCOME_SIGNAL,   /* signal `number` ended the program */
    OUTCOME_LOST,     /* lock or session were lost; child_known: what became of the program */
    OUTCOME_BUSY,     /* not to be had without waiting */
    OUTCOME_TIMEOUT,  /* not to be had in time */
    OUTCOME_FAILED,   /* number: exit code */
    OUTCOME_NOT_RUN,  /* the program cannot be run: 126 or 127 */
    OUTCOME_INTERRUPT /* signal `number` ended the run before the program began */
};

struct outcome {
    enum outcome_kind kind;
    uint8_t number;
    /* beside LOST: how the program ended, if it had begun */
    bool child_ended, by_signal;
    uint8_t child_number;
};

/* One number and back. */
int32_t outcome_pack(const struct outcome *outcome);
struct outcome outcome_unpack(int32_t packed);
/* Takes a status of waitpid. */
void outcome_of_wait(struct outcome *outcome, int status);
/* The exit code; own < 0: the usual ones, else what mgrctl's own ends give. */
int outcome_code(const struct outcome *outcome, int own);
/* The line for --status-fd: "child 3", "signal 9", "lost child 0", "busy", "timeout", "failed 69".
 */
void outcome_line(const struct outcome *outcome, struct buf *out);

#endif
