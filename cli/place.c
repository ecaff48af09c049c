/* SPDX-License-Identifier: BSD-2-Clause */
/* From an item to a program, and what its end means. */
#include "cli/place.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/feed.h"

bool place_prepare(struct place *place, const struct workers_plan *plan, struct bytes text)
{
    char **arguments = feed_arguments(plan->argv, text);
    const struct program_plan program = {arguments, arguments == NULL ? -1 : feed_file(text),
                                         plan->mask};
    bool ok = program.in >= 0 && program_prepare(&place->program, &program);
    int error = errno;
    feed_free(arguments);
    if (program.in >= 0)
        close(program.in);
    errno = error;
    return ok;
}

static bool exited(const struct place *place, int code)
{
    return !place->spoiled && WIFEXITED(place->status) && WEXITSTATUS(place->status) == code;
}

bool place_ended_well(const struct place *place)
{
    return exited(place, 0);
}

bool place_cannot_run(const struct place *place)
{
    return exited(place, PROGRAM_NOT_RUN) || exited(place, PROGRAM_NOT_FOUND);
}
