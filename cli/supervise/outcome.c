/* SPDX-License-Identifier: BSD-2-Clause */
/* One table of what each end is called and gives. */
#include "cli/supervise/outcome.h"

#include <sys/wait.h>

enum { EXIT_NO = 1, EXIT_TIMEOUT = 75, EXIT_LOST = 76, EXIT_SIGNAL = 128 };
enum { PACK_ENDED = 1 << 24, PACK_BY_SIGNAL = 1 << 25, BYTE = 0xff };

static const struct {
    const char *name;
    bool own;  /* mgrctl's, not the program's */
    int fixed; /* exit code; -1: base + number */
    int base;
} rows[] = {
    [OUTCOME_CHILD] = {"child", false, -1, 0},
    [OUTCOME_SIGNAL] = {"signal", false, -1, EXIT_SIGNAL},
    [OUTCOME_LOST] = {"lost", true, EXIT_LOST, 0},
    [OUTCOME_BUSY] = {"busy", true, EXIT_NO, 0},
    [OUTCOME_TIMEOUT] = {"timeout", true, EXIT_TIMEOUT, 0},
    [OUTCOME_FAILED] = {"failed", true, -1, 0},
    [OUTCOME_NOT_RUN] = {"not-run", true, -1, 0},
    [OUTCOME_INTERRUPT] = {"interrupted", true, -1, EXIT_SIGNAL},
};

int32_t outcome_pack(const struct outcome *outcome)
{
    return (int32_t)outcome->kind << 16 | (int32_t)outcome->number << 8 | outcome->child_number |
           (outcome->child_ended ? PACK_ENDED : 0) | (outcome->by_signal ? PACK_BY_SIGNAL : 0);
}

struct outcome outcome_unpack(int32_t packed)
{
    return (struct outcome){(enum outcome_kind)(packed >> 16 & BYTE), (uint8_t)(packed >> 8),
                            (packed & PACK_ENDED) != 0, (packed & PACK_BY_SIGNAL) != 0,
                            (uint8_t)packed};
}

void outcome_of_wait(struct outcome *outcome, int status)
{
    outcome->child_ended = true;
    outcome->by_signal = WIFSIGNALED(status);
    outcome->child_number = (uint8_t)(outcome->by_signal ? WTERMSIG(status) : WEXITSTATUS(status));
    if (outcome->kind == OUTCOME_LOST)
        return;
    outcome->kind = outcome->by_signal ? OUTCOME_SIGNAL : OUTCOME_CHILD;
    outcome->number = outcome->child_number;
}

int outcome_code(const struct outcome *outcome, int own)
{
    if (rows[outcome->kind].own && own >= 0)
        return own;
    if (rows[outcome->kind].fixed >= 0)
        return rows[outcome->kind].fixed;
    return rows[outcome->kind].base + outcome->number;
}

void outcome_line(const struct outcome *outcome, struct buf *out)
{
    buf_put_text(out, rows[outcome->kind].name);
    if (rows[outcome->kind].fixed < 0)
        buf_printf(out, " %d", outcome->number);
    else if (outcome->kind == OUTCOME_LOST && outcome->child_ended)
        buf_printf(out, " %s %d", outcome->by_signal ? "signal" : "child", outcome->child_number);
    buf_put_u8(out, '\n');
}
