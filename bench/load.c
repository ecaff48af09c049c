/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator: one epoll loop, a closed loop of `pipeline` requests on each connection. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/cpu.h"

enum { READ_SIZE = 256 * 1024, EVENTS = 256, PIPELINE_MAX = 256 };

struct client {
    int fd;
    uint64_t sent, received; /* requests */
    struct buf out, in;
    size_t out_sent;
    uint64_t began_us[PIPELINE_MAX]; /* of the requests on their way, by number mod pipeline */
};

struct load {
    const struct options *options;
    const struct protocol *protocol;
    struct outcome *outcome;
    struct client *clients;
    int epoll;
    uint64_t to_send; /* requests not yet made */
    uint64_t random;
    uint64_t next_key;
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void put_key(uint8_t key[KEY_LEN], uint64_t number)
{
    memcpy(key, "key:000000000000", KEY_LEN);
    for (int i = KEY_LEN - 1; number > 0 && i >= 4; i--, number /= 10)
        key[i] = (uint8_t)('0' + number % 10);
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint64_t random_next(struct load *load)
{
    load->random ^= load->random >> 12;
    load->random ^= load->random << 25;
    load->random ^= load->random >> 27;
    return load->random * UINT64_C(2685821657736338717);
}

static uint64_t pick_key(struct load *load)
{
    const struct options *options = load->options;
    if (options->fill)
        return load->next_key++;
    return (random_next(load) >> 11) % (options->hot > 0 ? options->hot : options->keys);
}

static bool is_set(const struct load *load)
{
    return load->options->fill || load->options->workload == WORKLOAD_SET;
}

static bool connect_one(const struct options *options, int *fd, struct buf *why)
{
    char host[256];
    const char *colon = strrchr(options->server, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int on = 1;
    snprintf(host, sizeof host, "%.*s", colon == NULL ? 0 : (int)(colon - options->server),
             options->server);
    if (colon == NULL || getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        buf_printf(why, "%s: not HOST:PORT", options->server);
        return false;
    }
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = *fd >= 0 && connect(*fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (!ok) {
        buf_printf(why, "%s: %s", options->server, strerror(errno));
        return false;
    }
    setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return true;
}

/* Blocking: sends out, reads until take is satisfied `times` times. */
static bool talk(int fd, struct buf *out, long (*take)(const uint8_t *, size_t), struct buf *why)
{
    uint8_t in[8192];
    size_t len = 0;
    long used = 0;
    bool ok = send(fd, out->data, out->len, MSG_NOSIGNAL) == (ssize_t)out->len;
    while (ok && used == 0) {
        ssize_t n = recv(fd, in + len, sizeof in - len, 0);
        ok = n > 0;
        len += ok ? (size_t)n : 0;
        used = ok ? take(in, len) : -1;
    }
    if (used <= 0)
        buf_put_text(why, "the server did not answer the hello of this protocol");
    return used > 0;
}

static long take_any(const uint8_t *at, size_t len)
{
    struct outcome ignored = {0};
    return protocol_mgr.take_reply(at, len, false, &ignored);
}

static bool open_client(struct load *load, struct client *client, bool first, struct buf *why)
{
    struct buf out;
    buf_init(&out);
    client->fd = -1;
    bool ok = connect_one(load->options, &client->fd, why);
    if (ok) {
        load->protocol->put_hello(&out);
        ok = talk(client->fd, &out, load->protocol->take_hello, why);
    }
    if (ok && first && load->protocol->put_prepare != NULL) {
        buf_reset(&out, 4096);
        load->protocol->put_prepare(&out);
        ok = talk(client->fd, &out, take_any, why);
    }
    buf_free(&out);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    return ok && fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0 &&
           epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) == 0;
}

/* Makes requests until the pipeline is full, and sends. */
static bool top_up(struct load *load, struct client *client)
{
    uint64_t now = now_us();
    while (load->to_send > 0 && client->sent - client->received < load->options->pipeline) {
        client->began_us[client->sent % load->options->pipeline] = now;
        load->protocol->put_request(&client->out, load->options, client->sent, pick_key(load),
                                    is_set(load));
        client->sent++;
        load->to_send--;
    }
    while (client->out_sent < client->out.len) {
        ssize_t n = send(client->fd, client->out.data + client->out_sent,
                         client->out.len - client->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};
            return epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event) == 0;
        }
        if (n <= 0)
            return false;
        client->out_sent += (size_t)n;
    }
    client->out_sent = 0;
    buf_reset(&client->out, SIZE_MAX);
    return !client->out.failed;
}

static bool take_replies(struct load *load, struct client *client)
{
    uint64_t now = now_us();
    size_t at = 0;
    long used;
    while (at < client->in.len &&
           (used = load->protocol->take_reply(client->in.data + at, client->in.len - at,
                                              is_set(load), load->outcome)) != 0) {
        if (used < 0 || client->received == client->sent)
            return false;
        at += (size_t)used;
        histogram_add(&load->outcome->latency,
                      now - client->began_us[client->received % load->options->pipeline]);
        client->received++;
        load->outcome->replies++;
    }
    memmove(client->in.data, client->in.data + at, client->in.len - at);
    client->in.len -= at;
    return true;
}

static bool serve(struct load *load, struct client *client, uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event) != 0)
            return false;
    }
    uint8_t *to = buf_reserve(&client->in, READ_SIZE);
    ssize_t n = to == NULL ? 0 : recv(client->fd, to, READ_SIZE, 0);
    if (n > 0)
        client->in.len += (size_t)n;
    else if (n == 0 || errno != EAGAIN)
        return false;
    return take_replies(load, client) && top_up(load, client);
}

static bool loop(struct load *load, struct buf *why)
{
    struct epoll_event events[EVENTS];
    uint64_t all = load->to_send;
    for (unsigned i = 0; i < load->options->connections; i++)
        if (!top_up(load, &load->clients[i]))
            goto err;
    while (load->outcome->replies < all) {
        int n = epoll_wait(load->epoll, events, EVENTS, 10000);
        if (n <= 0)
            goto err;
        for (int i = 0; i < n; i++)
            if (!serve(load, events[i].data.ptr, events[i].events))
                goto err;
    }
    return true;

err:
    buf_printf(why, "the server closed a connection, stopped answering, or broke the protocol");
    return false;
}

static void measure_end(struct load *load, uint64_t began_us, double cpu_s)
{
    double cpu_end_s = load->options->pid > 0 ? cpu_seconds(load->options->pid) : -1;
    load->outcome->seconds = (double)(now_us() - began_us) / 1e6;
    load->outcome->server_cpu_s = cpu_end_s < 0 || cpu_s < 0 ? -1 : cpu_end_s - cpu_s;
}

bool load_run(const struct options *options, const struct protocol *protocol,
              struct outcome *outcome, struct buf *why)
{
    struct load load = {.options = options,
                        .protocol = protocol,
                        .outcome = outcome,
                        .to_send = options->fill ? options->keys : options->requests,
                        .random = options->seed | 1};
    bool ok = true;
    load.clients = calloc(options->connections, sizeof *load.clients);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load.clients == NULL || load.epoll < 0) {
        buf_put_text(why, "out of memory");
        ok = false;
    }
    for (unsigned i = 0; ok && i < options->connections; i++)
        ok = open_client(&load, &load.clients[i], i == 0, why);
    if (ok) {
        double cpu_s = options->pid > 0 ? cpu_seconds(options->pid) : -1;
        uint64_t began_us = now_us();
        ok = loop(&load, why);
        measure_end(&load, began_us, cpu_s);
    }
    for (unsigned i = 0; load.clients != NULL && i < options->connections; i++) {
        if (load.clients[i].fd > 0)
            close(load.clients[i].fd);
        buf_free(&load.clients[i].out);
        buf_free(&load.clients[i].in);
    }
    if (load.epoll >= 0)
        close(load.epoll);
    free(load.clients);
    return ok;
}
