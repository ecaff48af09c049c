/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread, one client, a list of calls. Events go through a pipe. */
#include "cli/supervise/session_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

int64_t keeper_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void tell(struct keeper *keeper, struct order *order, enum mgr_status status,
                 int64_t since_ns)
{
    struct keeper_event event = {order, status, since_ns};
    while (write(keeper->events[1], &event, sizeof event) < 0 && errno == EINTR)
        ;
}

/* ---- the thread; the mutex is held but for the calls ---- */

/* Before it has begun. */
static bool gives_way(const struct keeper *keeper, const struct order *order)
{
    return order->waits && (keeper->first != NULL || order->taken_back);
}

void keeper_waited(struct keeper *keeper, enum mgr_status status)
{
    pthread_mutex_lock(&keeper->mutex);
    /* an interrupt that came too late would end the next call */
    bool stale = keeper->waiting && keeper->interrupted && status != MGR_INTERRUPTED;
    keeper->waiting = false;
    pthread_mutex_unlock(&keeper->mutex);
    if (stale)
        (void)mgr_heartbeat(keeper->m);
}

static void run_order(struct keeper *keeper, struct order *order)
{
    bool skip = gives_way(keeper, order);
    keeper->waiting = order->waits && !skip;
    keeper->interrupted = false;
    pthread_mutex_unlock(&keeper->mutex);
    order->since_ns = 0;
    order->error[0] = '\0';
    order->status = skip ? MGR_INTERRUPTED : order->run(keeper, order);
    if (order->error[0] == '\0') /* else it made another call behind the one that failed */
        snprintf(order->error, sizeof order->error, "%s", mgr_error(keeper->m));
    keeper_waited(keeper, order->status);
    tell(keeper, order, order->status, order->since_ns);
    pthread_mutex_lock(&keeper->mutex);
}

static void run_beat(struct keeper *keeper)
{
    struct order *order = &keeper->beat_order;
    keeper->beat_due = keeper_now() + keeper->beat_ns;
    pthread_mutex_unlock(&keeper->mutex);
    int64_t since_ns = keeper_now();
    enum mgr_status status = keeper->beat(keeper, order);
    tell(keeper, NULL, status, status == MGR_OK ? since_ns : 0);
    pthread_mutex_lock(&keeper->mutex);
}

/* Until there is something to do, or a heartbeat is due. */
static void wait_for_work(struct keeper *keeper)
{
    int64_t left_ns = keeper->beat_due - keeper_now();
    struct timespec until;
    if (keeper->beat_ns == 0) {
        pthread_cond_wait(&keeper->changed, &keeper->mutex);
        return;
    }
    if (left_ns <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    left_ns += until.tv_nsec;
    until.tv_sec += left_ns / NS_PER_S;
    until.tv_nsec = left_ns % NS_PER_S;
    pthread_cond_clockwait(&keeper->changed, &keeper->mutex, CLOCK_MONOTONIC, &until);
}

static void *keeper_run(void *arg)
{
    struct keeper *keeper = arg;
    pthread_mutex_lock(&keeper->mutex);
    for (;;) {
        struct order *order = keeper->first;
        if (keeper->beat_ns > 0 && keeper_now() >= keeper->beat_due) {
            run_beat(keeper);
        } else if (order != NULL) {
            keeper->first = order->next;
            run_order(keeper, order);
        } else {
            wait_for_work(keeper);
        }
    }
    return NULL; /* it ends with the process */
}

/* ---- the other side ---- */

bool keeper_start(struct keeper *keeper, order_fn *beat)
{
    sigset_t all, before;
    *keeper = (struct keeper){.beat = beat, .events = {-1, -1}};
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_cond_init(&keeper->changed, NULL);
    if (pipe2(keeper->events, O_CLOEXEC) != 0 || fcntl(keeper->events[0], F_SETFL, O_NONBLOCK) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&keeper->thread, NULL, keeper_run, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return errno == 0;
}

static void interrupt_wait(struct keeper *keeper)
{
    if (keeper->waiting && !keeper->interrupted) {
        keeper->interrupted = true;
        mgr_interrupt(keeper->m);
    }
}

void keeper_post(struct keeper *keeper, struct order *order)
{
    pthread_mutex_lock(&keeper->mutex);
    order->next = NULL;
    if (keeper->first == NULL)
        keeper->first = order;
    else
        keeper->last->next = order;
    keeper->last = order;
    interrupt_wait(keeper);
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
}

void keeper_beats(struct keeper *keeper, int64_t every_ns)
{
    pthread_mutex_lock(&keeper->mutex);
    keeper->beat_ns = every_ns;
    keeper->beat_due = keeper_now() + every_ns;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
}

void keeper_interrupt(struct keeper *keeper, struct order *order)
{
    pthread_mutex_lock(&keeper->mutex);
    order->taken_back = true;
    interrupt_wait(keeper);
    pthread_mutex_unlock(&keeper->mutex);
}

int keeper_fd(const struct keeper *keeper)
{
    return keeper->events[0];
}

bool keeper_take(struct keeper *keeper, struct keeper_event *out)
{
    return read(keeper->events[0], out, sizeof *out) == (ssize_t)sizeof *out;
}
