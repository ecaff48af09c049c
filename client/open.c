/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing a client, and what sticks to it. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/internal.h"

enum { CONNECT_MS = 5000, REPLY_MS = 10000, LINGER_MS = 5000, BYE_MS = 1000, WINDOW = 256 };

static const char *given(const char *option, const char *variable, const char *fallback)
{
    const char *value = option != NULL ? option : getenv(variable);
    return value != NULL && value[0] != '\0' ? value : fallback;
}

static char *own_name(void)
{
    char host[128] = "localhost", name[256];
    struct passwd *user = getpwuid(geteuid());
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s@%s:%d", user == NULL ? "?" : user->pw_name, host, (int)getpid());
    return strdup(name);
}

static bool power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static int64_t or_default(int64_t given_ms, int64_t fallback_ms)
{
    return given_ms > 0 ? given_ms : fallback_ms;
}

static bool take_options(struct mgr *m, const struct mgr_options *options)
{
    static const struct mgr_options none = {0};
    const struct mgr_options *o = options == NULL ? &none : options;
    const char *client = given(o->client, "MGRCTL_CLIENT", NULL);
    m->server = strdup(given(o->server, "MGRCTL_SERVER", "127.0.0.1:7600"));
    m->client = client == NULL ? own_name() : strdup(client);
    m->connect_timeout_ms = or_default(o->connect_timeout_ms, CONNECT_MS);
    m->timeout_ms = or_default(o->timeout_ms, REPLY_MS);
    m->linger_ms = or_default(o->linger_ms, LINGER_MS);
    m->lease_ms = o->lease_ms;
    m->window_wanted = o->window == 0 ? WINDOW : o->window;
    return m->server != NULL && m->client != NULL;
}

enum mgr_status mgr_open(struct mgr **out, const struct mgr_options *options)
{
    struct mgr *m = *out = calloc(1, sizeof *m);
    if (m == NULL)
        return MGR_NOMEM;
    m->fd = -1;
    m->pid = getpid();
    m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    buf_init(&m->out);
    buf_init(&m->in);
    buf_init(&m->cursor);
    if (!take_options(m, options))
        return client_fail(m, MGR_NOMEM, "out of memory");
    if (m->wake_fd < 0)
        return client_fail(m, MGR_LOCAL_IO, "eventfd: %s", strerror(errno));
    if (!power_of_two(m->window_wanted) || m->window_wanted > CLIENT_WINDOW_MAX)
        return client_fail(m, MGR_VALUE, "window %u is not a power of two up to %d", m->window_wanted,
                           CLIENT_WINDOW_MAX);
    enum mgr_status status = client_connect(m, client_deadline(m->connect_timeout_ms));
    return status == MGR_OK ? client_ok(m) : status;
}

static void say_bye(struct mgr *m)
{
    m->timeout_ms = BYE_MS;
    m->linger_ms = 0; /* if the connection is gone now, the session ends by itself */
    m->connect_timeout_ms = 1;
    m->pipelining = false;
    client_call(m, op_find("session", "bye")->number, NULL, 0, NULL);
}

void mgr_abandon(struct mgr *m)
{
    if (m == NULL)
        return;
    if (m->fd >= 0)
        close(m->fd);
    if (m->wake_fd >= 0)
        close(m->wake_fd);
    flights_free(m);
    buf_free(&m->out);
    buf_free(&m->in);
    buf_free(&m->cursor);
    free(m->server);
    free(m->client);
    free(m);
}

void mgr_close(struct mgr *m)
{
    if (m != NULL && m->pid == getpid() && m->fd >= 0 && !m->superseded)
        say_bye(m);
    mgr_abandon(m);
}

int mgr_fd(const struct mgr *m)
{
    return m->fd;
}

enum mgr_status mgr_heartbeat(struct mgr *m)
{
    return client_call(m, op_find("session", "heartbeat")->number, NULL, 0, NULL);
}

void mgr_interrupt(struct mgr *m)
{
    uint64_t one = 1;
    int before = errno;
    ssize_t n = write(m->wake_fd, &one, sizeof one);
    (void)n; /* full: an interrupt is pending already */
    errno = before;
}

void mgr_require(struct mgr *m, uint64_t token)
{
    m->require = token;
}

void mgr_holder(struct mgr *m, uint64_t holder)
{
    m->holder = holder;
}
