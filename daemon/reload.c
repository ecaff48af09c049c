/* SPDX-License-Identifier: BSD-2-Clause */
/* Applies a changed configuration while serving. */
#include "daemon/declare.h"
#include "daemon/server_internal.h"

struct reload {
    struct log *log;
    struct buf *report;
};

static void tell_cb(void *arg, const char *key, enum config_change change)
{
    struct reload *reload = arg;
    const char *what =
        change == CONFIG_CHANGE_TAKEN ? "changed" : "needs a restart, kept as it was";
    log_write(reload->log, change == CONFIG_CHANGE_TAKEN ? LOG_INFO : LOG_WARNING, LOG_CONFIG, NULL,
              "%s: %s", key, what);
    buf_printf(reload->report, "%s%s: %s", reload->report->len > 0 ? "; " : "", key, what);
}

static void take(struct server *server)
{
    const struct config *config = server->config;
    server->log->level = (enum log_level)config->log_level;
    server->log->format = (enum log_format)config->log_format;
    server->log->rate = config->log_rate;
    struct limits limits = server_limits(server);
    gate_set_limits(server->gate, &limits);
    net_set_limits(server->net, &limits);
}

/* Applies the configuration: creates objects that it adds, and lost sockets again, as far as
 * possible. */
static void make_all(struct server *server, struct buf *report)
{
    struct buf why;
    buf_init(&why);
    declare_objects(server->gate, &server->config->objects, &why);
    net_renew(server->net, &why);
    if (why.len > 0) {
        log_write(server->log, LOG_WARNING, LOG_CONFIG, NULL, "%.*s", (int)why.len,
                  (const char *)why.data);
        buf_put_text(report, report->len > 0 ? "; " : "");
        buf_put_bytes(report, buf_bytes(&why));
    }
    buf_free(&why);
}

bool server_reload(struct server *server, struct buf *report)
{
    struct config fresh;
    struct config_error error;
    struct config_env env;
    struct reload reload = {server->log, report};
    if (server->stopping) {
        buf_put_text(report, "the daemon is stopping");
        return false;
    }
    notify_reloading(&server->notify);
    config_env_read(&env);
    bool ok = config_load(server->path, &env, &fresh, &error);
    if (ok) {
        config_adopt(server->config, &fresh, tell_cb, &reload);
        config_free(server->config);
        *server->config = fresh;
        take(server);
        make_all(server, report);
        if (report->len == 0)
            buf_put_text(report, "nothing changed");
        log_write(server->log, LOG_INFO, LOG_CONFIG, NULL, "configuration read again");
    } else {
        buf_put_text(report, error.text);
        log_write(server->log, LOG_ERROR, LOG_CONFIG, NULL, "the old configuration stays: %s",
                  error.text);
    }
    notify_ready(&server->notify, "serving");
    return ok;
}
