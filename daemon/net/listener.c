/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets: TCP, unix, and sockets passed by the service manager. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/net/address.h"
#include "daemon/net/internal.h"

enum { BACKLOG = 1024, UNIX_MODE = 0660 };

static struct newcomer identify(int fd, const struct sockaddr_storage *from, socklen_t len,
                                char address[PEER_ADDRESS_MAX])
{
    struct newcomer newcomer = {.fd = fd, .address = address};
    struct ucred who;
    socklen_t who_len = sizeof who;
    newcomer.known =
        from->ss_family == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_len) == 0;
    if (newcomer.known) {
        newcomer.uid = who.uid;
        user_print_address(who.pid, who.uid, address, PEER_ADDRESS_MAX);
    } else {
        address_print((const struct sockaddr *)from, len, address, PEER_ADDRESS_MAX);
    }
    return newcomer;
}

/* Without file descriptors the listener pauses, so that the loop does not spin on a connection
 * it cannot accept. */
static void rest(struct listener *listener)
{
    struct timeval pause = {0, NET_PAUSE_MS * 1000};
    log_write(listener->net->options.log, LOG_WARNING, LOG_CONNECTION,
              LOG_FIELDS(log_text("listen", bytes_text(listener->address))),
              "no file descriptors for new connections");
    event_del(listener->event);
    event_add(listener->resume, &pause);
}

static void listener_resume_cb(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;
    (void)fd, (void)what;
    event_add(listener->event, NULL);
}

static void on_connection_cb(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;
    struct net *net = listener->net;
    (void)what;
    net->options.begin_turn(net->options.arg);
    for (int i = 0; i < NET_ACCEPTS; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t len = sizeof from;
        int client = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                rest(listener);
            return;
        }
        char address[PEER_ADDRESS_MAX];
        struct newcomer newcomer = identify(client, &from, len, address);
        listener->door.accept(listener->door.arg, &newcomer);
    }
}

/* Whether the socket file exists and is the one this daemon created, not a successor's. */
static bool has_file(const struct listener *listener)
{
    struct stat file;
    return listener->unlink_path != NULL && lstat(listener->unlink_path, &file) == 0 &&
           file.st_dev == listener->device && file.st_ino == listener->inode;
}

void listener_free(struct listener *listener)
{
    if (listener->event != NULL)
        event_free(listener->event);
    if (listener->resume != NULL)
        event_free(listener->resume);
    if (listener->unlink_path != NULL && has_file(listener))
        unlink(listener->unlink_path);
    free(listener->unlink_path);
    if (listener->fd >= 0)
        close(listener->fd);
    free(listener);
}

/* Owns fd from now on, even on failure. */
static bool start(struct net *net, struct door door, int fd, const char *unlink_path,
                  struct buf *why)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        close(fd);
        goto nomem;
    }
    listener->net = net;
    listener->door = door;
    listener->fd = fd;
    if (unlink_path != NULL && (listener->unlink_path = strdup(unlink_path)) == NULL)
        goto nomem;
    struct stat file;
    if (unlink_path != NULL && lstat(unlink_path, &file) == 0) {
        listener->device = file.st_dev;
        listener->inode = file.st_ino;
    }
    memset(&bound, 0, sizeof bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0)
        address_print((struct sockaddr *)&bound, len, listener->address, sizeof listener->address);
    listener->event =
        event_new(net->options.base, fd, EV_READ | EV_PERSIST, on_connection_cb, listener);
    listener->resume = event_new(net->options.base, -1, 0, listener_resume_cb, listener);
    if (listener->event == NULL || listener->resume == NULL ||
        event_add(listener->event, NULL) != 0)
        goto nomem;
    STAILQ_INSERT_TAIL(&net->listeners, listener, next);
    return true;
nomem:
    if (listener != NULL)
        listener_free(listener);
    buf_put_text(why, "out of memory for a listener");
    return false;
}

/* Removes a socket file that nobody listens on: a killed daemon has left it. */
static bool remove_stale(const struct sockaddr *address, socklen_t len, struct buf *why)
{
    struct stat file;
    const char *path = address_path(address);
    if (path == NULL || lstat(path, &file) != 0)
        return true;
    if (!S_ISSOCK(file.st_mode)) {
        buf_printf(why, "unix:%s: the path exists and is not a socket", path);
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool stale = probe >= 0 && connect(probe, address, len) != 0 && errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    if (!stale) {
        buf_printf(why, "unix:%s: another process listens there", path);
        return false;
    }
    if (unlink(path) == 0)
        return true;
    buf_printf(why, "unix:%s: a stale socket cannot be removed: %s", path, strerror(errno));
    return false;
}

bool net_listen(struct net *net, struct door door, const struct sockaddr *address, socklen_t len,
                struct buf *why)
{
    char text[PEER_ADDRESS_MAX];
    int on = 1, error, fd;
    if (!remove_stale(address, len, why))
        return false;
    fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        goto err;
    if (address->sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    mode_t before = umask(0777 & ~UNIX_MODE);
    int bound = bind(fd, address, len);
    error = errno;
    umask(before);
    errno = error;
    if (bound != 0 || listen(fd, BACKLOG) != 0)
        goto err;
    return start(net, door, fd, address_path(address), why);
err:
    error = errno;
    address_print(address, len, text, sizeof text);
    buf_printf(why, "%s: %s", text, strerror(error));
    if (fd >= 0)
        close(fd);
    return false;
}

bool net_listen_fd(struct net *net, struct door door, int fd, struct buf *why)
{
    if (evutil_make_socket_nonblocking(fd) != 0 || evutil_make_socket_closeonexec(fd) != 0) {
        buf_printf(why, "inherited socket %d: %s", fd, strerror(errno));
        return false;
    }
    return start(net, door, fd, NULL, why);
}

/* The first listener whose socket file is gone; NULL: none. */
static struct listener *find_lost(struct net *net)
{
    struct listener *listener;
    STAILQ_FOREACH(listener, &net->listeners, next)
    if (listener->unlink_path != NULL && !listener->given_up && !has_file(listener))
        return listener;
    return NULL;
}

/* Creates the socket again. Existing connections stay; the old socket, which no client can find
 * any more, is closed once the new one exists. */
static bool renew(struct net *net, struct listener *old, struct buf *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", old->unlink_path);
    if (!net_listen(net, old->door, (const struct sockaddr *)&address, sizeof address, why))
        return false;
    STAILQ_REMOVE(&net->listeners, old, listener, next);
    free(old->unlink_path);
    old->unlink_path = NULL; /* the new file may have the inode number of the old one */
    listener_free(old);
    return true;
}

void net_renew(struct net *net, struct buf *out)
{
    struct listener *lost;
    while ((lost = find_lost(net)) != NULL) {
        char path[sizeof((struct sockaddr_un *)0)->sun_path];
        snprintf(path, sizeof path, "%s", lost->unlink_path);
        if (out->len > 0)
            buf_put_text(out, "; ");
        if (renew(net, lost, out))
            buf_printf(out, "unix:%s: the file was removed, it is created again", path);
        else
            lost->given_up = true;
    }
    STAILQ_FOREACH(lost, &net->listeners, next)
    {
        lost->given_up = false; /* net_renew may try again next time */
    }
}
