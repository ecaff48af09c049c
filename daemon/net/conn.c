/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection: reads bytes, has them executed, sends the replies.
 *
 * All connections share one read buffer; a connection owns memory only for an incomplete frame and
 * for unsent output. Received input is executed together with that of other connections readable in
 * the same turn, up to NET_INPUTS of them. Replies are sent once, at the end of the turn.
 *
 * A client that does not read its replies is not read from either (CONN_PAUSED), and is closed
 * if that takes too long (limits.frame_timeout). If all connections together hold too much
 * memory, input that is waiting here is not executed or read further (CONN_CROWDED), but for
 * connections with small requests (gate_weigh), and the largest connection is closed. A closed
 * connection stays allocated until the end of the turn, because others may still point to it. */
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/internal.h"

static struct conn *conn_of(struct peer *peer)
{
    return (struct conn *)peer;
}

/* ---- services for the gate ---- */

static void has_output(struct peer *peer)
{
    struct conn *conn = conn_of(peer);
    if ((conn->flags & (CONN_FLUSH | CONN_CLOSED)) != 0)
        return;
    conn->flags |= CONN_FLUSH;
    TAILQ_INSERT_TAIL(&conn->net->flush, conn, flush);
    conn->net->flush_count++;
}

void conn_unlist_flush(struct conn *conn)
{
    if ((conn->flags & CONN_FLUSH) == 0)
        return;
    conn->flags &= ~(unsigned)CONN_FLUSH;
    TAILQ_REMOVE(&conn->net->flush, conn, flush);
    conn->net->flush_count--;
}

static void unlist_crowded(struct conn *conn)
{
    if ((conn->flags & CONN_CROWDED) == 0)
        return;
    conn->flags &= ~(unsigned)CONN_CROWDED;
    TAILQ_REMOVE(&conn->net->crowded, conn, crowded);
}

static void close_when_sent(struct peer *peer)
{
    struct conn *conn = conn_of(peer);
    peer->state = PEER_CLOSING;
    unlist_crowded(conn);
    deadline_clear(&conn->net->logins, &conn->login);
    deadline_clear(&conn->net->frames, &conn->frame);
    event_del(conn->read_event);
    has_output(peer);
}

static void drop(struct peer *peer)
{
    conn_drop(conn_of(peer));
}

static const struct peer_ops proto_ops = {has_output, close_when_sent, drop, proto_reply};

/* ---- closing ---- */

static void log_conn(const struct conn *conn, enum log_level level, const char *what)
{
    log_write(conn->net->options.log, level, LOG_CONNECTION,
              LOG_FIELDS(log_text("client", bytes_text(conn->peer.client)),
                         log_text("address", bytes_text(conn->peer.address))),
              "%s", what);
}

void conn_drop(struct conn *conn)
{
    struct net *net = conn->net;
    if ((conn->flags & CONN_CLOSED) != 0)
        return;
    conn_unlist_flush(conn);
    unlist_crowded(conn);
    deadline_clear(&net->logins, &conn->login);
    deadline_clear(&net->frames, &conn->frame);
    deadline_clear(&net->outputs, &conn->output);
    conn->flags = CONN_CLOSED;
    conn->peer.state = PEER_CLOSING;
    event_del(conn->read_event);
    event_del(conn->write_event);
    gate_peer_gone(net->options.gate, &conn->peer);
    conn->stream.ops->close(&conn->stream);
    TAILQ_REMOVE(&net->conns, conn, all);
    net->count--;
    net->refused -= conn->peer.refusal != PEER_ADMITTED;
    SLIST_INSERT_HEAD(&net->closed, conn, closed);
}

void conn_free(struct conn *conn)
{
    if (conn->read_event != NULL)
        event_free(conn->read_event);
    if (conn->write_event != NULL)
        event_free(conn->write_event);
    buf_free(&conn->in);
    user_leave(&conn->net->users, conn->user);
    free(conn);
}

/* ---- input ---- */

static void count_buffers(struct conn *conn)
{
    conn->peer.in_cap = conn->in.cap;
    gate_count_buffers(conn->net->options.gate, &conn->peer);
}

/* The deadline of a frame runs from its beginning; more bytes of it do not extend the deadline. */
static void watch_frame(struct conn *conn, bool another)
{
    struct net *net = conn->net;
    if (conn->in.len == 0)
        deadline_clear(&net->frames, &conn->frame);
    else if (another || conn->frame.at_ms == 0)
        deadline_set(&net->frames, &conn->frame,
                     gate_now(net->options.gate) + net->options.limits.frame_timeout_ms);
}

static void left_login(struct conn *conn)
{
    if (conn->login.at_ms != 0 && conn->peer.state != PEER_NEW)
        deadline_clear(&conn->net->logins, &conn->login);
}

/* Stops the frame's deadline too: the client cannot send while the daemon does not read. */
static void stop_reading(struct conn *conn, enum conn_flag why)
{
    conn->flags |= why;
    deadline_clear(&conn->net->frames, &conn->frame);
    event_del(conn->read_event);
}

static void wait_for_room(struct conn *conn)
{
    if ((conn->flags & CONN_CROWDED) != 0)
        return;
    stop_reading(conn, CONN_CROWDED);
    TAILQ_INSERT_TAIL(&conn->net->crowded, conn, crowded);
}

/* Input is left over. Either it is the beginning of a frame: wait for more. Or there was no room
 * to execute it, perhaps only at that moment: no event will announce that input, so wait for
 * room. */
static void pause_or_go_on(struct conn *conn, const struct input *input)
{
    const struct gate *gate = conn->net->options.gate;
    if (conn->peer.state == PEER_CLOSING)
        return;
    if (gate_output_full(gate, &conn->peer))
        stop_reading(conn, CONN_PAUSED);
    else if (conn->in.len > 0 && (input->stopped || !gate_may_execute(gate, &conn->peer)))
        wait_for_room(conn);
    else
        watch_frame(conn, input->used > 0);
}

/* Keeps the unused input in conn->in. The input may be conn->in itself. */
static bool keep_rest(struct conn *conn, const struct input *input)
{
    size_t rest = input->bytes.len - input->used;
    conn->in_need = input->need;
    if (input->need >= NET_DIRECT)
        conn->flags |= CONN_LARGE;
    else if (input->bytes.len < NET_DIRECT)
        conn->flags &= ~(unsigned)CONN_LARGE;
    if (input->bytes.data == conn->in.data) {
        memmove(conn->in.data, conn->in.data + input->used, rest);
        conn->in.len = rest;
        if (rest == 0)
            spares_take_back(&conn->net->spares, &conn->in);
        return true;
    }
    if (rest == 0)
        return true;
    spares_lend(&conn->net->spares, &conn->in);
    buf_put(&conn->in, input->bytes.data + input->used, rest);
    spares_exchange(&conn->net->spares, &conn->in);
    return !conn->in.failed;
}

/* Updates the connection after some of its input was executed. */
static void executed(struct conn *conn, const struct input *input)
{
    if ((conn->flags & CONN_CLOSED) != 0)
        return;
    left_login(conn);
    if (input->used > 0)
        gate_weigh(&conn->peer, input->used);
    if (conn->peer.state == PEER_CLOSING) {
        buf_reset(&conn->in, 0);
        count_buffers(conn);
        return;
    }
    if (!keep_rest(conn, input)) {
        log_conn(conn, LOG_WARNING, "out of memory for input, closing");
        conn_drop(conn);
        return;
    }
    count_buffers(conn);
    pause_or_go_on(conn, input);
}

void net_execute(struct net *net)
{
    size_t count = net->input_count;
    for (size_t i = 0; i < count; i++)
        if (net->inputs[i].peer->state != PEER_CLOSING)
            spares_lend(&net->spares, &net->inputs[i].peer->out);
    proto_run(net->options.gate, net->inputs, count);
    for (size_t i = 0; i < count; i++) {
        struct peer *peer = net->inputs[i].peer;
        if (peer->out.len == 0)
            spares_take_back(&net->spares, &peer->out);
        executed(conn_of(peer), &net->inputs[i]);
    }
    net->input_count = net->read_used = net->input_bytes = 0;
}

/* Where to read to: the shared buffer or, if most of a large frame is missing, after its
 * beginning in conn->in. That buffer grows with the bytes received, not with the length
 * announced. NULL: no memory. */
static uint8_t *room_for_input(struct conn *conn, size_t *room)
{
    struct net *net = conn->net;
    struct buf *in = &conn->in;
    size_t missing = conn->in_need > in->len ? conn->in_need - in->len : 0;
    if (in->len == 0 && (conn->flags & CONN_LARGE) != 0) {
        spares_lend(&net->spares, in);
        *room = NET_ROOM;
        return buf_reserve(in, NET_ROOM);
    }
    if (in->len == 0 || missing < NET_DIRECT) {
        *room = sizeof net->read_buffer - net->read_used;
        return net->read_buffer + net->read_used;
    }
    size_t most = in->len > NET_ROOM ? in->len : NET_ROOM;
    *room = missing < most ? missing : most;
    return buf_reserve(in, *room);
}

/* Combines the new bytes with those kept earlier: the input for the door. False: no memory. */
static bool take_input(struct conn *conn, const uint8_t *at, size_t n, struct bytes *input)
{
    struct net *net = conn->net;
    *input = bytes_of(at, n);
    if (conn->in.data != NULL && at == conn->in.data + conn->in.len) {
        conn->in.len += n;
    } else if (conn->in.len == 0) {
        net->read_used += n;
        return true;
    } else {
        buf_put(&conn->in, at, n);
    }
    *input = buf_bytes(&conn->in);
    return !conn->in.failed;
}

/* The inputs of connections readable at the same time are executed together: see
 * doors/proto/batch.c. */
static void received(struct conn *conn, const uint8_t *at, size_t n)
{
    struct net *net = conn->net;
    struct bytes input;
    if (!take_input(conn, at, n, &input)) {
        conn_drop(conn);
        return;
    }
    uint64_t began_us = net_turn_us(net);
    if (conn->in_need > input.len) { /* the frame was looked at before and is still incomplete */
        count_buffers(conn);
        gate_moved(net->options.gate, &conn->peer, n);
        if (!gate_may_execute(net->options.gate, &conn->peer))
            wait_for_room(conn);
        return;
    }
    net->inputs[net->input_count++] = (struct input){.peer = &conn->peer, .bytes = input};
    net->input_bytes += input.len;
    if (net->input_count < NET_INPUTS && net->input_bytes < NET_EXECUTE)
        return;
    net_execute(net);
    /* Under load, sends replies before all input is read. This may free conn. */
    if (net_now_us() - began_us > NET_TURN_US) {
        net->midway = true;
        net->options.end_turn(net->options.arg);
        net->midway = false;
    }
}

static void on_readable_cb(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    struct net *net = conn->net;
    (void)fd, (void)what;
    net->ready++;
    net->options.begin_turn(net->options.arg);
    if ((conn->flags & (CONN_CLOSED | CONN_CROWDED)) != 0 || conn->peer.state == PEER_CLOSING)
        return;
    size_t room;
    uint8_t *at = room_for_input(conn, &room);
    ssize_t n = at == NULL ? STREAM_CLOSED : conn->stream.ops->read(&conn->stream, at, room);
    if (n <= 0 && conn->in.len == 0)
        spares_take_back(&net->spares, &conn->in);
    if (n == STREAM_CLOSED)
        conn_drop(conn);
    else if (n > 0)
        received(conn, at, (size_t)n);
}

void conn_resume(struct conn *conn)
{
    conn->flags &= ~(unsigned)CONN_PAUSED;
    unlist_crowded(conn);
    event_add(conn->read_event, NULL);
    if (conn->in.len == 0)
        return;
    struct input input = {.peer = &conn->peer, .bytes = buf_bytes(&conn->in)};
    proto_run(conn->net->options.gate, &input, 1);
    executed(conn, &input);
}

/* ---- output ---- */

static void end_writing(struct conn *conn)
{
    if ((conn->flags & CONN_WRITING) == 0)
        return;
    event_del(conn->write_event);
    conn->flags &= ~(unsigned)CONN_WRITING;
    deadline_clear(&conn->net->outputs, &conn->output);
}

/* Within the time of a frame NET_ROOM bytes of the output must be sent, or all of it. */
static void watch_output(struct conn *conn)
{
    struct net *net = conn->net;
    conn->moved = 0;
    deadline_set(&net->outputs, &conn->output,
                 gate_now(net->options.gate) + net->options.limits.frame_timeout_ms);
}

static void begin_writing(struct conn *conn)
{
    event_add(conn->write_event, NULL);
    conn->flags |= CONN_WRITING;
    watch_output(conn);
}

static void all_sent(struct conn *conn)
{
    assert(conn->peer.held_count == 0);
    conn->peer.sent = 0;
    spares_take_back(&conn->net->spares, &conn->peer.out);
    count_buffers(conn);
    end_writing(conn);
    if (conn->peer.state == PEER_CLOSING)
        conn_drop(conn);
    else if ((conn->flags & CONN_PAUSED) != 0)
        conn_resume(conn);
}

/* The rest is held for the journal. Frees what was sent: a busy client may never have all sent. */
static void sent_what_may(struct conn *conn)
{
    end_writing(conn);
    if (conn->peer.sent >= NET_ROOM)
        peer_sent(&conn->peer);
}

void conn_flush(struct conn *conn)
{
    struct buf *out = &conn->peer.out;
    size_t sendable = peer_sendable(&conn->peer);
    while (conn->peer.sent < sendable) {
        ssize_t n = conn->stream.ops->write(&conn->stream, out->data + conn->peer.sent,
                                            sendable - conn->peer.sent);
        if (n == STREAM_CLOSED) {
            conn_drop(conn);
            return;
        }
        if (n < 0) {
            if ((conn->flags & CONN_WRITING) == 0)
                begin_writing(conn);
            spares_exchange(&conn->net->spares, out);
            count_buffers(conn);
            return;
        }
        conn->peer.sent += (size_t)n;
        conn->moved += (size_t)n;
        if ((conn->flags & CONN_WRITING) != 0)
            gate_moved(conn->net->options.gate, &conn->peer, (size_t)n);
    }
    if (sendable == out->len) {
        all_sent(conn);
        return;
    }
    sent_what_may(conn);
    spares_exchange(&conn->net->spares, out);
    count_buffers(conn);
}

static void on_writable_cb(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    (void)fd, (void)what;
    conn->net->ready++;
    conn->net->options.begin_turn(conn->net->options.arg);
    if ((conn->flags & CONN_CLOSED) == 0)
        conn_flush(conn);
}

/* ---- closing connections that are late or too large ---- */

static void drop_because(struct conn *conn, enum log_level level, const char *why)
{
    log_conn(conn, level, why);
    conn_drop(conn);
}

#define CONN_OF(deadline, member) \
    ((struct conn *)(void *)((char *)(deadline)-offsetof(struct conn, member)))

/* The time by which lateness is judged: before this turn's poll. Input until then was read, so
 * no client is late because the daemon was, for example after a stall. A poll that reported as
 * many events as it can may have left some out; it can report more next time, and begins with
 * those. */
static uint64_t judged_ms(struct net *net)
{
    bool whole = net->ready < NET_POLL;
    if (!whole && net->full_polls++ == 0)
        net->full_since_ms = net->polled_ms;
    if (whole)
        net->judged_ms = net->polled_ms;
    else if (net->full_polls >= NET_POLLS)
        net->judged_ms = net->full_since_ms;
    if (whole || net->full_polls >= NET_POLLS)
        net->full_polls = 0;
    net->polled_ms = gate_now(net->options.gate);
    net->ready = 0;
    return net->judged_ms;
}

void net_end_overdue(struct net *net)
{
    struct deadline *at;
    uint64_t now_ms = judged_ms(net);
    while ((at = deadline_over(&net->logins, now_ms)) != NULL)
        drop_because(CONN_OF(at, login), LOG_INFO, "no hello in time, closing");
    while ((at = deadline_over(&net->frames, now_ms)) != NULL)
        drop_because(CONN_OF(at, frame), LOG_INFO, "half a frame and no more in time, closing");
    while ((at = deadline_over(&net->outputs, now_ms)) != NULL) {
        struct conn *conn = CONN_OF(at, output);
        if (conn->moved >= NET_ROOM)
            watch_output(conn);
        else
            drop_because(conn, LOG_INFO, "a client does not read its replies, closing");
    }
}

void net_end_crowd(struct net *net)
{
    struct peer *peer;
    while ((peer = gate_crowded_by(net->options.gate, net->judged_ms)) != NULL) {
        struct conn *conn = conn_of(peer);
        log_write(net->options.log, LOG_WARNING, LOG_CONNECTION,
                  LOG_FIELDS(log_text("client", bytes_text(peer->client)),
                             log_text("address", bytes_text(peer->address)),
                             log_number("bytes", (int64_t)peer->share.bytes)),
                  "unsent replies and half requests of all connections reach limits.buffers; "
                  "closing the largest");
        conn_drop(conn);
        buf_free(&conn->in); /* the input must not be executed any more */
    }
}

/* ---- opening ---- */

/* Ignores failures: a unix socket has none of these options. */
static void set_options(int fd)
{
    int on = 1, idle = 10, interval = 5, count = 3, vanished = NET_VANISHED_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished, sizeof vanished);
}

void conn_accept(void *arg, const struct newcomer *newcomer)
{
    struct net *net = arg;
    int fd = newcomer->fd;
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        close(fd);
        return;
    }
    conn->net = net;
    set_options(fd);
    stream_plain(&conn->stream, fd);
    buf_init(&conn->in);
    peer_init(&conn->peer, &proto_ops, newcomer->address);
    conn->peer.owner = newcomer->known && user_is_owner(newcomer->uid);
    if (newcomer->known)
        conn->user = user_enter(&net->users, newcomer->uid);
    if (!net_admit(net, conn)) {
        close(fd);
        conn_free(conn);
        return;
    }
    conn->read_event = event_new(net->options.base, fd, EV_READ | EV_PERSIST, on_readable_cb, conn);
    conn->write_event =
        event_new(net->options.base, fd, EV_WRITE | EV_PERSIST, on_writable_cb, conn);
    if (conn->read_event == NULL || conn->write_event == NULL ||
        event_add(conn->read_event, NULL) != 0) {
        net->refused -= conn->peer.refusal != PEER_ADMITTED;
        close(fd);
        conn_free(conn);
        return;
    }
    deadline_set(&net->logins, &conn->login,
                 gate_now(net->options.gate) + net->options.limits.login_timeout_ms);
    TAILQ_INSERT_TAIL(&net->conns, conn, all);
    net->count++;
}
