/* SPDX-License-Identifier: BSD-2-Clause */
/* The hot path. Per request: a copy of a form, a number, a flight; per reply: its head. Requests of
 * one connection that may begin at the same time are sent with one call, as clients with a pipeline
 * do. A time is taken once per wake-up of a connection: latencies include how long a reply waited
 * in the socket for its turn, for all servers alike. */
#include "bench/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/clock.h"

enum {
    READ_SIZE = 256 * 1024,
    BATCH_SIZE = 128 * 1024, /* of requests that are sent together */
    EVENTS = 256,
    SILENCE_US = 10 * 1000000,
    TICK_US = 1000000 /* how often silence is looked for */
};

bool loop_init(struct loop *loop, const struct plan *plan, struct tally *tally, int stop_fd)
{
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = NULL};
    size_t lanes = plan->connections + plan->idle;
    *loop = (struct loop){.plan = plan,
                          .tally = tally,
                          .epoll = epoll_create1(EPOLL_CLOEXEC),
                          .stop_fd = stop_fd,
                          .random = plan->seed * 2 + 1};
    loop->lanes = calloc(lanes, sizeof *loop->lanes);
    loop->flights = calloc(plan->connections * plan->pipeline + 1, sizeof *loop->flights);
    loop->in = malloc(READ_SIZE + PROTOCOL_HEAD_MAX);
    buf_init(&loop->out);
    bool ok = loop->lanes != NULL && loop->flights != NULL && loop->in != NULL;
    for (unsigned i = 0; i < workload_steps(plan->workload); i++) {
        const struct form_recipe recipe = {&plan->workload->steps[i], plan->prefix,
                                           plan->workload->type, plan->workload->own,
                                           (uint32_t)plan->value_size};
        plan->protocol->make_form(&loop->forms[i], &recipe);
        ok = ok && !loop->forms[i].text.failed;
    }
    return ok && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, stop_fd, &stop) == 0;
}

void loop_free(struct loop *loop)
{
    for (size_t i = 0; i < loop->lane_count; i++)
        lane_free(&loop->lanes[i]);
    form_free(&loop->forms[0]);
    form_free(&loop->forms[1]);
    if (loop->epoll >= 0)
        close(loop->epoll);
    buf_free(&loop->out);
    free(loop->in);
    free(loop->flights);
    free(loop->lanes);
}

bool loop_add(struct loop *loop, int fd)
{
    size_t number = loop->lane_count++;
    struct lane *lane = &loop->lanes[number];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = lane};
    size_t flight = number < loop->plan->connections ? number * loop->plan->pipeline : 0;
    lane_init(lane, (unsigned)number, &loop->flights[flight]);
    lane->fd = fd;
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* ---- requests ---- */

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint64_t random_below(struct loop *loop, uint64_t limit)
{
    loop->random ^= loop->random >> 12;
    loop->random ^= loop->random << 25;
    loop->random ^= loop->random >> 27;
    return (loop->random * UINT64_C(2685821657736338717) >> 32) * limit >> 32;
}

static unsigned pick_form(struct loop *loop, struct lane *lane)
{
    switch (loop->plan->workload->mixing) {
    case MIXING_IN_TURN:
        lane->turn ^= 1;
        return lane->turn ^ 1;
    case MIXING_NINE_TO_ONE:
        return random_below(loop, 10) == 0;
    default:
        return 0;
    }
}

/* Which key, or whose object. */
static uint64_t pick_number(struct loop *loop, const struct lane *lane)
{
    const struct plan *plan = loop->plan;
    if (plan->workload->own)
        return lane->number;
    if (plan->workload->each_key)
        return loop->next_key++;
    return random_below(loop, plan->hot > 0 ? plan->hot : plan->keys);
}

/* Writes one request to loop->out. */
static const struct form *make_one(struct loop *loop, struct lane *lane, uint64_t at_us)
{
    unsigned which = pick_form(loop, lane);
    const struct form *form = &loop->forms[which];
    uint64_t began_us = loop->pace.rate > 0 ? pace_when_us(&loop->pace, loop->made) : at_us;
    lane->flights[lane->newest] = (struct flight){began_us, which};
    loop->plan->protocol->put_request(&loop->out, form, lane->round, lane->newest,
                                      pick_number(loop, lane));
    if (++lane->newest == loop->plan->pipeline) {
        lane->newest = 0;
        lane->round++;
    }
    lane->on_way++;
    loop->made++;
    return form;
}

static bool watch(struct loop *loop, struct lane *lane, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = lane};
    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, lane->fd, &event) == 0;
}

/* Requests that may begin by now, and for which the pipeline has room. */
static uint64_t count_room(const struct loop *loop, const struct lane *lane, uint64_t at_us)
{
    uint64_t due = pace_due(&loop->pace, at_us);
    uint64_t room = loop->plan->pipeline - lane->on_way;
    if (due > loop->to_make)
        due = loop->to_make;
    if (due <= loop->made)
        return 0;
    return room < due - loop->made ? room : due - loop->made;
}

/* Makes at most `most` requests and sends them. A large value ends a batch. */
static bool top_up(struct loop *loop, struct lane *lane, uint64_t at_us, uint64_t most)
{
    uint64_t room = count_room(loop, lane, at_us);
    if (room > most)
        room = most;
    while (room > 0 && !lane_blocked(lane)) {
        struct bytes rest = {NULL, 0};
        buf_reset(&loop->out, SIZE_MAX);
        for (; room > 0 && rest.len == 0 && loop->out.len < BATCH_SIZE; room--)
            rest = form_rest(make_one(loop, lane, at_us));
        enum lane_status status = lane_send(lane, buf_bytes(&loop->out), rest);
        if (loop->out.failed || status == LANE_LOST ||
            (status == LANE_BLOCKED && !watch(loop, lane, EPOLLIN | EPOLLOUT)))
            return false;
    }
    return true;
}

/* Open loop: what has become due goes to the connections in turn. */
static bool dispatch(struct loop *loop, uint64_t at_us)
{
    uint64_t lanes = loop->plan->connections, in_vain = 0;
    uint64_t due = pace_due(&loop->pace, at_us);
    if (due > loop->to_make)
        due = loop->to_make;
    while (loop->made < due && in_vain < lanes &&
           loop->made - loop->tally->replies < lanes * loop->plan->pipeline) {
        struct lane *lane = &loop->lanes[loop->next_lane];
        uint64_t made = loop->made;
        loop->next_lane = loop->next_lane + 1 < lanes ? loop->next_lane + 1 : 0;
        if (!top_up(loop, lane, at_us, 1))
            return false;
        in_vain = loop->made > made ? 0 : in_vain + 1;
    }
    return true;
}

/* ---- replies ---- */

static void copy_text(char to[TALLY_TEXT], struct bytes text)
{
    size_t len = text.len < TALLY_TEXT - 1 ? text.len : TALLY_TEXT - 1;
    memcpy(to, text.data, len);
    to[len] = '\0';
}

static void judge(struct tally *tally, const struct reply *reply, const struct form *form)
{
    if (reply->verdict == VERDICT_OK) {
        tally->values += form->carries_value;
        return;
    }
    bool miss = reply->verdict == VERDICT_MISS;
    *(miss ? &tally->misses : &tally->errors) += 1;
    if (tally->wrong[0] == '\0')
        copy_text(tally->wrong, miss ? bytes_text("there is no such key or item") : reply->text);
}

/* The oldest request of the lane is answered, to its last byte. */
static void land(struct loop *loop, struct lane *lane, uint64_t at_us)
{
    histogram_add(&loop->tally->latency, at_us - lane->flights[lane->oldest].began_us);
    if (++lane->oldest == loop->plan->pipeline)
        lane->oldest = 0;
    lane->on_way--;
    loop->tally->replies++;
    loop->heard_us = at_us;
}

/* One reply, or what is there of it: bytes used, 0: keep them for later, -1: not the protocol. */
static long take_one(struct loop *loop, struct lane *lane, struct bytes in, uint64_t at_us)
{
    struct reply reply;
    const struct form *form = &loop->forms[lane->on_way > 0 ? lane->flights[lane->oldest].form : 0];
    long used = loop->plan->protocol->take_reply(in.data, in.len, form, &reply);
    if (used <= 0)
        return used;
    if (reply.verdict == VERDICT_PUSH) {
        copy_text(loop->tally->said, reply.text);
        return (size_t)used <= in.len ? used : 0;
    }
    if (lane->on_way == 0)
        return -1;
    judge(loop->tally, &reply, form);
    if ((size_t)used > in.len) {
        lane->skip = (uint64_t)used - in.len;
        return (long)in.len;
    }
    land(loop, lane, at_us);
    return used;
}

static bool take_replies(struct loop *loop, struct lane *lane, struct bytes in, uint64_t at_us)
{
    size_t at = 0;
    if (lane->skip > 0) {
        at = lane->skip < in.len ? (size_t)lane->skip : in.len;
        lane->skip -= at;
        if (lane->skip == 0)
            land(loop, lane, at_us);
    }
    while (at < in.len) {
        struct bytes left = bytes_of(in.data + at, in.len - at);
        long used = take_one(loop, lane, left, at_us);
        if (used < 0 || (used == 0 && left.len > sizeof lane->kept))
            return false;
        if (used == 0) {
            memcpy(lane->kept, left.data, left.len);
            lane->kept_len = left.len;
            return true;
        }
        at += (size_t)used;
    }
    return true;
}

static enum ending receive(struct loop *loop, struct lane *lane, uint64_t *at_us)
{
    size_t len = lane->kept_len;
    memcpy(loop->in, lane->kept, len);
    ssize_t n = recv(lane->fd, loop->in + len, READ_SIZE, 0);
    *at_us = now_us();
    if (n < 0 && errno == EAGAIN)
        return ENDING_DONE;
    if (n <= 0)
        return ENDING_LOST;
    lane->kept_len = 0;
    struct bytes in = bytes_of(loop->in, len + (size_t)n);
    return take_replies(loop, lane, in, *at_us) ? ENDING_DONE : ENDING_WRONG;
}

/* ---- the loop ---- */

static enum ending serve(struct loop *loop, struct lane *lane, uint32_t events)
{
    uint64_t at_us = 0;
    if ((events & EPOLLOUT) != 0) {
        enum lane_status status = lane_flush(lane);
        if (status == LANE_LOST || (status == LANE_OK && !watch(loop, lane, EPOLLIN)))
            return ENDING_LOST;
    }
    enum ending ending = receive(loop, lane, &at_us);
    if (ending != ENDING_DONE || lane->number >= loop->plan->connections)
        return ending;
    return top_up(loop, lane, at_us, UINT64_MAX) ? ENDING_DONE : ENDING_LOST;
}

/* How long nothing can happen but replies. */
static uint64_t rest_us(const struct loop *loop, uint64_t at_us)
{
    uint64_t until_us = at_us + TICK_US;
    if (loop->deadline_us < until_us)
        until_us = loop->deadline_us;
    if (loop->pace.rate > 0 && loop->made < loop->to_make) {
        uint64_t due_us = pace_when_us(&loop->pace, loop->made);
        if (due_us > at_us && due_us < until_us) /* overdue: no connection has room for it */
            until_us = due_us;
    }
    return until_us > at_us ? until_us - at_us : 0;
}

/* Waits, and serves who has something. */
static enum ending turn(struct loop *loop, uint64_t at_us)
{
    struct epoll_event events[EVENTS];
    uint64_t wait_us = rest_us(loop, at_us);
    struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
    enum ending ending = ENDING_DONE;
    int n = epoll_pwait2(loop->epoll, events, EVENTS, &wait, NULL);
    if (n < 0 && errno != EINTR)
        return ENDING_NO_ROOM;
    for (int i = 0; i < n && ending == ENDING_DONE; i++)
        ending = events[i].data.ptr == NULL ? ENDING_STOPPED
                                            : serve(loop, events[i].data.ptr, events[i].events);
    return ending;
}

static void explain(const struct loop *loop, enum ending ending, struct buf *why)
{
    const struct tally *tally = loop->tally;
    if (ending == ENDING_NO_ROOM)
        buf_put_text(why, "epoll failed");
    else if (ending == ENDING_WRONG)
        buf_put_text(why, "what came is not a reply to what was asked");
    else if (now_us() - loop->heard_us >= SILENCE_US && loop->made > tally->replies)
        buf_put_text(why, "the server does not answer: no reply for 10 s");
    else
        buf_put_text(why, "the server closed a connection");
    buf_printf(why, "; %llu of %llu requests were answered", (unsigned long long)tally->replies,
               (unsigned long long)loop->made);
    if (tally->said[0] != '\0')
        buf_printf(why, "; it said: %s", tally->said);
}

/* What the time brings: the end of the run, silence, a word on how far it is. */
static enum ending tick(struct loop *loop, uint64_t at_us)
{
    const struct plan *plan = loop->plan;
    uint64_t replies = loop->tally->replies;
    if (at_us >= loop->deadline_us)
        loop->to_make = loop->made;
    if (loop->made == replies)
        loop->heard_us = at_us;
    else if (at_us - loop->heard_us >= SILENCE_US)
        return ENDING_LOST;
    double fraction = plan->requests != UINT64_MAX
                          ? (double)replies / (double)plan->requests
                          : (double)(at_us - loop->pace.began_us) / 1e3 / (double)plan->duration_ms;
    progress_tell(&loop->progress, at_us, replies, fraction < 1 ? fraction : 1);
    return ENDING_DONE;
}

/* An open loop ends with what is due within its time; a closed one when the time is over. */
static void begin(struct loop *loop)
{
    const struct plan *plan = loop->plan;
    uint64_t at_us = now_us();
    loop->pace = (struct pace){plan->rate, at_us};
    loop->heard_us = at_us;
    loop->to_make = plan->requests;
    loop->deadline_us = UINT64_MAX;
    if (plan->duration_ms > 0 && plan->rate == 0)
        loop->deadline_us = at_us + plan->duration_ms * 1000;
    if (plan->duration_ms > 0 && plan->rate > 0) {
        uint64_t due = (plan->rate * plan->duration_ms + 999) / 1000;
        loop->to_make = due < plan->requests ? due : plan->requests;
    }
}

enum ending loop_run(struct loop *loop, struct buf *why)
{
    enum ending ending = ENDING_DONE;
    begin(loop);
    progress_begin(&loop->progress, loop->plan->quiet);
    for (uint64_t i = 0; i < loop->plan->connections && loop->pace.rate == 0; i++)
        if (!top_up(loop, &loop->lanes[i], now_us(), UINT64_MAX))
            ending = ENDING_LOST;
    while (ending == ENDING_DONE &&
           (loop->made < loop->to_make || loop->tally->replies < loop->made)) {
        uint64_t at_us = now_us();
        ending = tick(loop, at_us);
        if (ending == ENDING_DONE && loop->pace.rate > 0 && !dispatch(loop, at_us))
            ending = ENDING_LOST;
        if (ending == ENDING_DONE)
            ending = turn(loop, at_us);
    }
    loop->tally->seconds = (double)(now_us() - loop->pace.began_us) / 1e6;
    progress_end(&loop->progress);
    if (ending != ENDING_DONE && ending != ENDING_STOPPED)
        explain(loop, ending, why);
    return ending;
}

enum ending loop_hold(struct loop *loop, struct buf *why)
{
    enum ending ending = ENDING_DONE;
    uint64_t at_us = now_us();
    loop->deadline_us = loop->plan->hold_ms > 0 ? at_us + loop->plan->hold_ms * 1000 : UINT64_MAX;
    while (ending == ENDING_DONE && at_us < loop->deadline_us) {
        ending = turn(loop, at_us);
        at_us = now_us();
    }
    if (ending != ENDING_DONE && ending != ENDING_STOPPED)
        explain(loop, ending, why);
    return ending == ENDING_STOPPED ? ENDING_DONE : ending;
}
