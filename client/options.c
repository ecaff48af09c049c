/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a client, from the caller or from the environment variables of mgrctl. */
#include "client/options.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/base/duration.h"

enum { CLIENT_NAME_MAX = 127 }; /* the daemon keeps at most this */
enum { CONNECT_MS = 5000, REPLY_MS = 10000, LINGER_MS = 5000, WINDOW = 256, WINDOW_LEAST = 2 };

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static const char *given(const char *option, const char *name)
{
    return option != NULL && option[0] != '\0' ? option : variable(name);
}

static char *own_name(void)
{
    char host[128] = "localhost", name[512], memory[4096];
    struct passwd user, *found = NULL;
    (void)gethostname(host, sizeof host - 1);
    if (getpwuid_r(geteuid(), &user, memory, sizeof memory, &found) != 0 || found == NULL)
        snprintf(name, sizeof name, "%u@%s:%d", (unsigned)geteuid(), host, (int)getpid());
    else
        snprintf(name, sizeof name, "%s@%s:%d", found->pw_name, host, (int)getpid());
    return strdup(name);
}

char *options_client(const char *option)
{
    const char *client = given(option, "MGRCTL_CLIENT");
    return client == NULL ? own_name() : strdup(client);
}

static enum mgr_status take_connect_timeout(struct mgr *m, int64_t option_ms)
{
    const char *text = variable("MGRCTL_CONNECT_TIMEOUT");
    m->connect_timeout_ms = option_ms > 0 ? option_ms : CONNECT_MS;
    if (option_ms > 0 || text == NULL)
        return MGR_OK;
    if (!duration_read(text, &m->connect_timeout_ms))
        return client_fail(m, MGR_VALUE, "MGRCTL_CONNECT_TIMEOUT: '%s' is not a duration", text);
    return MGR_OK;
}

/* A program started under a lock inherits the lock's token: its operations require it without
 * being told. */
static enum mgr_status take_require(struct mgr *m)
{
    const char *text = getenv("MGRCTL_REQUIRE");
    char *end;
    if (text == NULL)
        return MGR_OK;
    errno = 0;
    unsigned long long token = strtoull(text, &end, 10);
    /* A failed acquire leaves an empty variable or 0: refuse that rather than switch the check
     * off. */
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || token == 0)
        return client_fail(m, MGR_VALUE, "MGRCTL_REQUIRE: '%s' is not a token", text);
    m->inherited = token;
    (void)options_inherit(m);
    return MGR_OK;
}

bool options_inherit(struct mgr *m)
{
    m->require = m->inherited;
    m->inherits = true;
    return !m->stranger;
}

/* The token's daemon has another address and other data. If only one of the two differs, it may
 * be the same daemon. */
static bool is_of_another(const struct mgr *m)
{
    const char *server = variable("MGRCTL_REQUIRE_SERVER");
    const char *state = variable("MGRCTL_REQUIRE_STATE");
    return server != NULL && state != NULL && strcmp(server, m->server) != 0 &&
           strcmp(state, (const char *)m->state_id) != 0;
}

void options_meet(struct mgr *m)
{
    if (m->inherited == 0 || !is_of_another(m))
        return;
    m->stranger = true;
    m->inherited = 0;
    if (m->inherits)
        m->require = 0;
}

static enum mgr_status take_numbers(struct mgr *m, const struct mgr_options *o)
{
    m->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : REPLY_MS;
    m->lease_wanted_ms = o->lease_ms > 0 ? o->lease_ms : 0;
    m->linger_wanted_ms = o->linger_ms > 0 ? o->linger_ms : LINGER_MS;
    m->detach = o->detach;
    m->whole_lease = o->whole_lease;
    if (o->detach && m->lease_wanted_ms == 0)
        return client_fail(m, MGR_VALUE, "a detached session needs a lease");
    if (o->detach && m->linger_wanted_ms < m->lease_wanted_ms)
        m->linger_wanted_ms = m->lease_wanted_ms;
    m->window_wanted = o->window == 0 ? WINDOW : o->window;
    if (m->window_wanted < WINDOW_LEAST || m->window_wanted > CLIENT_WINDOW_MAX ||
        (m->window_wanted & (m->window_wanted - 1)) != 0)
        return client_fail(m, MGR_VALUE, "window %u is not a power of two from %d to %d", o->window,
                           WINDOW_LEAST, CLIENT_WINDOW_MAX);
    enum mgr_status status = take_connect_timeout(m, o->connect_timeout_ms);
    return status == MGR_OK ? take_require(m) : status;
}

enum mgr_status options_take(struct mgr *m, const struct mgr_options *options)
{
    static const struct mgr_options none = {0};
    const struct mgr_options *o = options == NULL ? &none : options;
    const char *server = given(o->server, "MGRCTL_SERVER");
    m->server = strdup(server == NULL ? "127.0.0.1:7600" : server);
    m->client = options_client(o->client);
    if (m->server == NULL || m->client == NULL)
        return client_fail(m, MGR_NOMEM, "out of memory");
    if (given(o->client, "MGRCTL_CLIENT") != NULL && strlen(m->client) > CLIENT_NAME_MAX)
        return client_fail(m, MGR_USAGE, "the client's name has %zu bytes, and may have %d",
                           strlen(m->client), CLIENT_NAME_MAX);
    return take_numbers(m, o);
}
