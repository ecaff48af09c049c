/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread, one client, a list of calls. Events go through a pipe. */
#include "cli/supervise/session_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/supervise/nanoseconds.h"

int64_t session_thread_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void tell(struct session_thread *thread, struct order *order, enum mgr_status status,
                 int64_t since_ns)
{
    struct session_thread_event event = {order, status, since_ns};
    while (write(thread->events[1], &event, sizeof event) < 0 && errno == EINTR)
        ;
}

/* ---- the thread; the mutex is held but for the calls ---- */

/* Before it has begun. */
static bool gives_way(const struct session_thread *thread, const struct order *order)
{
    return order->waits && (thread->first != NULL || order->taken_back);
}

void session_thread_waited(struct session_thread *thread, enum mgr_status status)
{
    pthread_mutex_lock(&thread->mutex);
    /* an interrupt that came too late would end the next call */
    bool stale = thread->waiting && thread->interrupted && status != MGR_INTERRUPTED;
    thread->waiting = false;
    pthread_mutex_unlock(&thread->mutex);
    if (stale)
        (void)mgr_heartbeat(thread->m);
}

static void run_order(struct session_thread *thread, struct order *order)
{
    bool skip = gives_way(thread, order);
    thread->waiting = order->waits && !skip;
    thread->interrupted = false;
    pthread_mutex_unlock(&thread->mutex);
    order->since_ns = 0;
    order->error[0] = '\0';
    order->status = skip ? MGR_INTERRUPTED : order->run(thread, order);
    if (order->error[0] == '\0') /* else it made another call behind the one that failed */
        snprintf(order->error, sizeof order->error, "%s", mgr_error(thread->m));
    session_thread_waited(thread, order->status);
    tell(thread, order, order->status, order->since_ns);
    pthread_mutex_lock(&thread->mutex);
}

static void run_beat(struct session_thread *thread)
{
    struct order *order = &thread->beat_order;
    thread->beat_due = session_thread_now() + thread->beat_ns;
    pthread_mutex_unlock(&thread->mutex);
    int64_t since_ns = session_thread_now();
    enum mgr_status status = thread->beat(thread, order);
    tell(thread, NULL, status, status == MGR_OK ? since_ns : 0);
    pthread_mutex_lock(&thread->mutex);
}

/* Until there is something to do, or a heartbeat is due. */
static void wait_for_work(struct session_thread *thread)
{
    int64_t left_ns = thread->beat_due - session_thread_now();
    struct timespec until;
    if (thread->beat_ns == 0) {
        pthread_cond_wait(&thread->changed, &thread->mutex);
        return;
    }
    if (left_ns <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    left_ns += until.tv_nsec;
    until.tv_sec += left_ns / NS_PER_S;
    until.tv_nsec = left_ns % NS_PER_S;
    pthread_cond_clockwait(&thread->changed, &thread->mutex, CLOCK_MONOTONIC, &until);
}

static void *session_thread_run(void *arg)
{
    struct session_thread *thread = arg;
    pthread_mutex_lock(&thread->mutex);
    for (;;) {
        struct order *order = thread->first;
        if (thread->beat_ns > 0 && session_thread_now() >= thread->beat_due) {
            run_beat(thread);
        } else if (order != NULL) {
            thread->first = order->next;
            run_order(thread, order);
        } else {
            wait_for_work(thread);
        }
    }
    return NULL; /* it ends with the process */
}

/* ---- the other side ---- */

bool session_thread_start(struct session_thread *thread, order_fn *beat)
{
    sigset_t all, before;
    *thread = (struct session_thread){.beat = beat, .events = {-1, -1}};
    pthread_mutex_init(&thread->mutex, NULL);
    pthread_cond_init(&thread->changed, NULL);
    if (pipe2(thread->events, O_CLOEXEC) != 0 || fcntl(thread->events[0], F_SETFL, O_NONBLOCK) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&thread->thread, NULL, session_thread_run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return errno == 0;
}

static void interrupt_wait(struct session_thread *thread)
{
    if (thread->waiting && !thread->interrupted) {
        thread->interrupted = true;
        mgr_interrupt(thread->m);
    }
}

void session_thread_post(struct session_thread *thread, struct order *order)
{
    pthread_mutex_lock(&thread->mutex);
    order->next = NULL;
    if (thread->first == NULL)
        thread->first = order;
    else
        thread->last->next = order;
    thread->last = order;
    interrupt_wait(thread);
    pthread_cond_signal(&thread->changed);
    pthread_mutex_unlock(&thread->mutex);
}

void session_thread_beats(struct session_thread *thread, int64_t every_ns)
{
    pthread_mutex_lock(&thread->mutex);
    thread->beat_ns = every_ns;
    thread->beat_due = session_thread_now() + every_ns;
    pthread_cond_signal(&thread->changed);
    pthread_mutex_unlock(&thread->mutex);
}

void session_thread_interrupt(struct session_thread *thread, struct order *order)
{
    pthread_mutex_lock(&thread->mutex);
    order->taken_back = true;
    interrupt_wait(thread);
    pthread_mutex_unlock(&thread->mutex);
}

int session_thread_fd(const struct session_thread *thread)
{
    return thread->events[0];
}

bool session_thread_take(struct session_thread *thread, struct session_thread_event *out)
{
    return read(thread->events[0], out, sizeof *out) == (ssize_t)sizeof *out;
}
