/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens and closes clients, and sets what holds for later calls. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/internal.h"
#include "client/options.h"

static enum mgr_status set_up(struct mgr *m, const struct mgr_options *options)
{
    m->pid = getpid();
    m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->wake_fd < 0)
        return client_fail(m, MGR_LOCAL_IO, "eventfd: %s", strerror(errno));
    enum mgr_status status = options_take(m, options);
    if (status != MGR_OK)
        return status;
    return flights_init(m) ? MGR_OK : client_fail(m, MGR_NOMEM, "out of memory");
}

enum mgr_status mgr_open(struct mgr **out, const struct mgr_options *options)
{
    if (out == NULL)
        return MGR_USAGE;
    struct mgr *m = *out = calloc(1, sizeof *m);
    if (m == NULL)
        return MGR_NOMEM;
    m->fd = m->wake_fd = -1;
    enum mgr_status status = set_up(m, options);
    if (status == MGR_OK)
        status = client_connect(m, client_deadline(m->connect_timeout_ms));
    return status == MGR_OK ? client_ok(m) : status;
}

/* Says bye without reconnecting: without a connection the session ends by itself. */
static void say_bye(struct mgr *m, bool give_back)
{
    int64_t deadline_ms = client_deadline(CLIENT_BYE_MS);
    const struct mgr_arg args[] = {give_back ? mgr_bool(true) : MGR_ABSENT};
    struct request bye = {
        .row = op_find("session", "bye"), .args = args, .control = true, .own = true};
    struct flight *flight = NULL;
    enum link_status status = LINK_OK;
    m->reply_fn = NULL;
    while (status == LINK_OK && (flight == NULL || !flight->done)) {
        if (flight == NULL)
            (void)client_submit(m, &bye, &flight); /* no slot: try again after a reply */
        status = link_exchange(m, deadline_ms);
        if (status == LINK_OK)
            status = client_take_replies(m);
    }
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
    buf_free(&m->scratch);
    buf_free(&m->cursor);
    buf_free(&m->answer.text);
    explicit_bzero(m->token, sizeof m->token);
    free(m->server);
    free(m->client);
    free(m);
}

static void end(struct mgr *m, bool give_back)
{
    if (m != NULL && m->pid == getpid() && m->fd >= 0 && !m->superseded)
        say_bye(m, give_back);
    mgr_abandon(m);
}

void mgr_close(struct mgr *m)
{
    end(m, false);
}

void mgr_close_returning(struct mgr *m)
{
    end(m, true);
}

int mgr_fd(const struct mgr *m)
{
    return m == NULL ? -1 : m->fd;
}

short mgr_events(const struct mgr *m)
{
    if (m == NULL || m->fd < 0)
        return 0;
    return m->out.len > m->out_sent ? POLLIN | POLLOUT : POLLIN;
}

void mgr_interrupt(struct mgr *m)
{
    uint64_t one = 1;
    int before = errno;
    if (m == NULL || m->pid != getpid())
        return; /* after a fork, parent and child share the eventfd */
    ssize_t n = write(m->wake_fd, &one, sizeof one);
    (void)n; /* EAGAIN: an interrupt is pending already */
    errno = before;
}

void mgr_require(struct mgr *m, uint64_t token)
{
    if (m == NULL)
        return;
    m->require = token;
    m->inherits = false;
}

const char *mgr_state_id(const struct mgr *m)
{
    return m == NULL ? "" : (const char *)m->state_id;
}

void mgr_unchanged_since(struct mgr *m, uint64_t revision)
{
    if (m == NULL)
        return;
    m->unchanged_since = revision;
    m->since_wanted = true;
}

void mgr_holder(struct mgr *m, uint64_t holder)
{
    if (m != NULL)
        m->holder = holder;
}

struct mgr_view mgr_cursor(const struct mgr *m)
{
    return m == NULL ? (struct mgr_view){NULL, 0}
                     : (struct mgr_view){m->cursor.data, m->cursor.len};
}

uint64_t mgr_revision(const struct mgr *m)
{
    return m == NULL ? 0 : m->revision;
}
