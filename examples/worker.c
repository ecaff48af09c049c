/* SPDX-License-Identifier: BSD-2-Clause */
/* Works off a queue: any number of workers, and no item is lost when one of them dies.
 *
 *     worker QUEUE
 *
 * An item is reserved while it is worked on. Only the ack makes it go; when the worker dies, or
 * says nack, it returns to its place for another one, with a count of the attempts. So it may be
 * worked on twice: what is done here must be able to bear that. */
#include <stdio.h>
#include <stdlib.h>

#include <mgr.h>

enum { IDLE_MS = 1000, ATTEMPTS_MAX = 5, RETRY_MS = 1000 };

/* The work itself: prints the item. */
static bool work_on(struct mgr_view item)
{
    char *text = mgr_print(item, MGR_TEXT);
    bool done = text != NULL && puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    return done;
}

/* What becomes of the item; items that nobody can work on are put aside. */
static enum mgr_status settle(struct mgr *m, const char *queue, const struct mgr_grant *grant,
                              bool done)
{
    if (done)
        return mgr_queue_ack(m, queue, grant->token);
    if (grant->attempts + 1 < ATTEMPTS_MAX)
        return mgr_queue_nack(m, queue, grant->token, mgr_int(RETRY_MS), NULL);
    return mgr_queue_nack(m, queue, grant->token, MGR_ABSENT, "failed");
}

/* Until nothing has come for a while. */
static enum mgr_status work(struct mgr *m, const char *queue)
{
    struct mgr_value *item;
    enum mgr_status status;
    while ((status = mgr_queue_get(m, queue, true, IDLE_MS, &item)) == MGR_OK) {
        struct mgr_grant grant = *mgr_last_grant(m); /* the next call has another one */
        bool done = work_on(mgr_view(item));
        mgr_value_free(item);
        status = settle(m, queue, &grant, done);
        if (status != MGR_OK)
            return status;
        if (mgr_lost(m))
            fprintf(stderr, "worker: that took too long: the item went to somebody else\n");
    }
    return status == MGR_TIMEOUT ? MGR_OK : status;
}

int main(int argc, char **argv)
{
    const struct mgr_object_create failed = {.name = "failed", .type = "queue", .if_absent = true};
    const struct mgr_object_create queue = {
        .name = argc > 1 ? argv[1] : "jobs", .type = "queue", .if_absent = true};
    struct mgr *m;
    enum mgr_status status = mgr_open(&m, NULL);
    if (status == MGR_OK)
        status = mgr_object_create(m, &failed, NULL);
    if (status == MGR_OK)
        status = mgr_object_create(m, &queue, NULL);
    if (status == MGR_OK)
        status = work(m, queue.name);
    if (status != MGR_OK)
        fprintf(stderr, "worker: %s\n", mgr_error(m));
    mgr_close(m);
    return mgr_status_exit_code(status);
}
