/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way to a change: applied first, then put into the journal, so that only what had an
 * effect is written. Its reply waits until that is on the disk (reply.c). */
#include "daemon/rpc/internal.h"

const struct journal_marks rpc_no_journal = {.durable = UINT64_MAX};

struct applied rpc_apply(struct rpc *rpc, const struct command *command, struct bytes request,
                         const struct sink *sink)
{
    struct applied applied = engine_apply(rpc->engine, command, sink);
    if (rpc->options.journal != NULL && applied.first != 0)
        journal_put(rpc->options.journal, command, request, &applied);
    return applied;
}

bool rpc_may_change(const struct rpc *rpc)
{
    return rpc->marks->room != JOURNAL_FULL;
}
