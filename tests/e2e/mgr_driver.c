/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that uses libmgr as the lines of its standard input say, for tests that stop, kill and
 * restart what is around it. MGRCTL_SERVER names the daemon.
 *
 *     mgr_driver [timeout_ms [linger_ms [lease_ms]]]
 *
 *     create          the dict "d"
 *     incr N          N increments, one after the other: each result must be one more than the last
 *     pipe N          N increments in a pipeline
 *     changed MS      waits for a change of "d" that does not come
 *     threads T N     T threads with a client each make N increments in pipelines
 *     acquire MS      the lock "l": its token and the previous one; MS < 0 waits without an end
 *     release TOKEN   it: 1 when it was lost
 *     get             an item of the queue "q", of numbers
 *     held            1 when the session is surely alive, and which of this client's it is
 *     beat            heartbeats, as they are due, until a line comes: how long was it unsure at
 * most close           ends the session; return: items too; abandon: leaves it alone
 *
 * Each line is answered by one: the status, then what there is to tell. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mgr.h>

enum { THREADS_MAX = 16 };

struct heard {
    int64_t done, unknown, failed;
    int64_t largest;
};

static struct mgr_arg key(void)
{
    return mgr_str("n");
}

static const char *incr(struct mgr *m, int64_t count, int64_t *last)
{
    struct mgr_value *value;
    for (int64_t i = 0; i < count; i++) {
        int64_t got = 0;
        if (mgr_dict_incr(m, "d", key(), MGR_ABSENT, &value) != MGR_OK)
            return mgr_status_name(mgr_last_status(m));
        bool ok = mgr_as_int(mgr_view(value), &got) && (*last < 0 || got == *last + 1);
        mgr_value_free(value);
        if (!ok)
            return "WRONG";
        *last = got;
    }
    return "OK";
}

static void hear(void *arg, enum mgr_status status, struct mgr_view value, const char *error)
{
    struct heard *heard = arg;
    int64_t n = 0;
    (void)error;
    if (status == MGR_OK && mgr_as_int(value, &n))
        heard->done++;
    else if (status == MGR_UNKNOWN)
        heard->unknown++;
    else
        heard->failed++;
    heard->largest = n > heard->largest ? n : heard->largest;
}

static enum mgr_status pipe_many(struct mgr *m, int64_t count, struct heard *heard)
{
    enum mgr_status status = MGR_OK;
    mgr_pipeline_begin(m, hear, heard);
    for (int64_t i = 0; i < count && status == MGR_OK; i++)
        status = mgr_dict_incr(m, "d", key(), MGR_ABSENT, NULL);
    enum mgr_status end = mgr_pipeline_end(m);
    return status == MGR_OK ? end : status;
}

static void *run_thread(void *arg)
{
    int64_t *count = arg;
    struct heard heard = {0};
    struct mgr *m;
    if (mgr_open(&m, NULL) == MGR_OK)
        (void)pipe_many(m, *count, &heard);
    mgr_close(m);
    *count = heard.done;
    return NULL;
}

static void run_threads(int count, int64_t each)
{
    pthread_t threads[THREADS_MAX];
    int64_t counts[THREADS_MAX], sum = 0;
    int started = 0;
    for (; started < count && started < THREADS_MAX; started++) {
        counts[started] = each;
        if (pthread_create(&threads[started], NULL, run_thread, &counts[started]) != 0)
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        sum += counts[i];
    }
    printf("OK %" PRId64 "\n", sum);
}

static void get_item(struct mgr *m)
{
    struct mgr_value *value;
    int64_t item = 0;
    enum mgr_status status = mgr_queue_get(m, "q", false, 0, &value);
    (void)mgr_as_int(mgr_view(value), &item);
    mgr_value_free(value);
    printf("%s %" PRId64 " %d\n", mgr_status_name(status), item, mgr_last_grant(m)->redelivered);
}

/* As a program with a loop of its own would: poll() until there is something to do. */
static void beat(struct mgr *m)
{
    enum mgr_status status = MGR_OK;
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    int64_t unsure_ms = 0;
    while (fds[0].revents == 0 && (status == MGR_OK || status == MGR_UNREACHABLE)) {
        int64_t due_ms = mgr_heartbeat_due_ms(m);
        fds[1].fd = mgr_fd(m);
        fds[1].events = mgr_events(m);
        (void)poll(fds, 2, due_ms < 50 ? (int)due_ms : 50);
        unsure_ms = -mgr_safe_ms(m) > unsure_ms ? -mgr_safe_ms(m) : unsure_ms;
        status = mgr_heartbeat_poll(m, 200);
    }
    printf("%s %" PRId64 "\n", mgr_status_name(status), unsure_ms);
}

/* False: no such line. */
static bool obey_owner(struct mgr *m, const char *line)
{
    uint64_t token = 0;
    int64_t n = 0;
    struct mgr_grant grant;
    if (sscanf(line, "acquire %" SCNd64, &n) == 1) {
        enum mgr_status status = mgr_lock_acquire(m, "l", n < 0 ? MGR_FOREVER : n, &grant);
        printf("%s %" PRIu64 " %" PRIu64 "\n", mgr_status_name(status), grant.token,
               grant.previous_token);
    } else if (sscanf(line, "release %" SCNu64, &token) == 1) {
        enum mgr_status status = mgr_lock_release(m, "l", mgr_int((int64_t)token), false);
        printf("%s %d\n", mgr_status_name(status), mgr_lost(m));
    } else if (strncmp(line, "get", 3) == 0) {
        get_item(m);
    } else if (strncmp(line, "held", 4) == 0) {
        printf("%d %" PRIu64 "\n", mgr_safe_ms(m) > 0, mgr_epoch(m));
    } else if (strncmp(line, "beat", 4) == 0) {
        beat(m);
    } else {
        return false;
    }
    return true;
}

static void obey(struct mgr *m, const char *line, int64_t *last)
{
    int64_t n = 0;
    int threads = 0;
    struct heard heard = {0};
    if (strncmp(line, "create", 6) == 0) {
        const struct mgr_object_create args = {.name = "d", .type = "dict", .if_absent = true};
        *last = -1;
        puts(mgr_status_name(mgr_object_create(m, &args, NULL)));
    } else if (sscanf(line, "incr %" SCNd64, &n) == 1) {
        const char *status = incr(m, n, last);
        printf("%s %" PRId64 "\n", status, *last);
    } else if (sscanf(line, "pipe %" SCNd64, &n) == 1) {
        const char *status = mgr_status_name(pipe_many(m, n, &heard));
        *last = -1;
        printf("%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", status, heard.done,
               heard.unknown, heard.failed, heard.largest);
    } else if (sscanf(line, "changed %" SCNd64, &n) == 1) {
        puts(
            mgr_status_name(mgr_object_changed(m, "d", MGR_ABSENT, n < 0 ? MGR_FOREVER : n, NULL)));
    } else if (sscanf(line, "threads %d %" SCNd64, &threads, &n) == 2) {
        run_threads(threads, n);
    } else if (!obey_owner(m, line)) {
        puts("what?");
    }
}

/* True: the line was the last one. */
static bool leave(struct mgr *m, const char *line)
{
    if (strncmp(line, "close", 5) == 0)
        mgr_close(m);
    else if (strncmp(line, "return", 6) == 0)
        mgr_close_returning(m);
    else if (strncmp(line, "abandon", 7) == 0)
        mgr_abandon(m);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    const struct mgr_options options = {
        .timeout_ms = argc > 1 ? strtoll(argv[1], NULL, 10) : 0,
        .linger_ms = argc > 2 ? strtoll(argv[2], NULL, 10) : 0,
        .lease_ms = argc > 3 ? strtoll(argv[3], NULL, 10) : 0,
        .detach = argc > 3,
    };
    struct mgr *m;
    char line[128];
    int64_t last = -1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts(mgr_status_name(mgr_open(&m, &options)));
    bool left = false;
    while (!left) {
        if (fgets(line, sizeof line, stdin) == NULL)
            snprintf(line, sizeof line, "close");
        left = leave(m, line);
        if (!left)
            obey(m, line, &last);
    }
    return EXIT_SUCCESS;
}
