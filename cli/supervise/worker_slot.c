/* SPDX-License-Identifier: BSD-2-Clause */
/* From an item to a program, and what its end means. */
#include "cli/supervise/worker_slot.h"
#include "cli/base/elapsed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/supervise/item_input.h"

bool worker_slot_prepare(struct worker_slot *place, const struct queue_job_plan *plan,
                         struct bytes text)
{
    char **arguments = item_input_arguments(plan->argv, text);
    const struct child_plan program = {arguments, arguments == NULL ? -1 : item_input_file(text),
                                       plan->mask};
    bool ok = program.in >= 0 && child_prepare(&place->program, &program);
    int error = errno;
    item_input_free(arguments);
    if (program.in >= 0)
        close(program.in);
    errno = error;
    return ok;
}

void worker_slot_name(struct worker_slot *place, struct bytes text)
{
    static const char more[] = "...";
    size_t len = text.len;
    if (len >= PLACE_ITEM) {
        len = PLACE_ITEM - sizeof more;
        while (len > 0 && (text.data[len] & 0xC0) == 0x80)
            len--; /* no half of a character */
    }
    snprintf(place->item, sizeof place->item, "%.*s%s", (int)len, (const char *)text.data,
             len < text.len ? more : "");
}

static void put_end(const struct worker_slot *place, struct buf *out)
{
    if (place->spoiled)
        buf_put_text(out, "it was not run");
    else if (WIFSIGNALED(place->status))
        buf_printf(out, "signal %d (%s)", WTERMSIG(place->status),
                   strsignal(WTERMSIG(place->status)));
    else
        buf_printf(out, "exit code %d", WEXITSTATUS(place->status));
}

void worker_slot_put_failure(const struct worker_slot *place, const struct queue_job_plan *plan,
                             struct buf *out)
{
    const struct queue_job_settle *settle = &place->settle;
    bool later = settle->to == NULL && settle->delay_ms > 0;
    buf_printf(out, "item of %s failed: %s: ", plan->name, place->item);
    put_end(place, out);
    buf_printf(out, ", attempt %llu", (unsigned long long)place->attempt);
    if (place->attempt <= plan->attempts) /* above, it is tried again for want of --dead */
        buf_printf(out, " of %llu", (unsigned long long)plan->attempts);
    buf_put_text(out, ": ");
    if (settle->to != NULL)
        buf_printf(out, "it goes to %s", settle->to);
    else
        buf_put_text(out, later ? "next try in " : "it goes back");
    if (later)
        elapsed_put(settle->delay_ms, out);
    if (later && place->attempt >= plan->attempts)
        buf_put_text(out, " (--dead QUEUE takes such items)");
}

static bool exited(const struct worker_slot *place, int code)
{
    return !place->spoiled && WIFEXITED(place->status) && WEXITSTATUS(place->status) == code;
}

bool worker_slot_ended_well(const struct worker_slot *place)
{
    return exited(place, 0);
}

bool worker_slot_cannot_run(const struct worker_slot *place)
{
    return exited(place, PROGRAM_NOT_RUN) || exited(place, PROGRAM_NOT_FOUND);
}
