/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop. One turn: handle what is ready, then what is due, then send the replies. */
#include "daemon/server.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/base/descriptors.h"
#include "daemon/declare.h"
#include "daemon/listening.h"
#include "daemon/net/net.h"
#include "daemon/objects/handlers.h"
#include "daemon/server_internal.h"
#include "daemon/server_metrics.h"
#include "wire/base/bounds.h"
#include "wire/value/value.h"

enum { DRAIN_MS = 5000 };

/* ---- the turn ---- */

static void begin_turn(void *arg)
{
    struct server *server = arg;
    if (server->in_turn)
        return;
    uint64_t stalled_ms;
    server->in_turn = true;
    meter_begin(&server->meter);
    server->now_ms = clock_wake(&server->clock, &stalled_ms);
    if (stalled_ms > 0)
        log_write(server->log, LOG_WARNING, LOG_SERVER,
                  LOG_FIELDS(log_number("stalled_ms", (int64_t)stalled_ms)),
                  "the event loop stalled; session timers were paused");
    gate_turn(server->gate, server->now_ms);
}

/* How long the next sleep may last. */
static uint64_t sleep_ms(const struct server *server, bool busy)
{
    uint64_t due = gate_due(server->gate), sleep = net_sleep_ms(server->net);
    if (busy)
        return 0;
    if (due != UINT64_MAX)
        sleep = least(sleep, due > server->now_ms ? due - server->now_ms : 0);
    if (sleep != UINT64_MAX)
        sleep = least(sleep, CLOCK_SLEEP_MAX_MS);
    if (server->watchdog_ms != 0)
        sleep = least(sleep, server->watchdog_ms);
    if (server->notify.count > 0)
        sleep = least(sleep, NOTIFY_AGAIN_MS);
    return server->stopping ? least(sleep, 100) : sleep;
}

static void wake_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    begin_turn(arg);
}

static void cover(struct server *server)
{
    struct buf why;
    buf_init(&why);
    bool raised =
        state_dir_raise_ceiling(&server->state_dir, engine_revision(server->engine), &why);
    bool kept = server->persistence.journal != NULL; /* the journal has the tokens too */
    if (!raised && kept && !server->ceiling_stuck)
        log_write(server->log, LOG_WARNING, LOG_SERVER, NULL, "%.*s", (int)why.len,
                  (const char *)why.data);
    server->ceiling_stuck = !raised;
    if (!raised && !kept) {
        log_write(server->log, LOG_ERROR, LOG_SERVER, NULL, "%.*s: tokens could repeat, stopping",
                  (int)why.len, (const char *)why.data);
        server->exit_code = EXIT_FAILURE;
        server->stopping = server->stopped = true;
    }
    buf_free(&why);
}

/* Returns the memory of deleted objects to the system. */
static void give_back(struct server *server)
{
    struct usage usage;
    engine_usage(server->engine, &usage);
    trim_sort(&server->trim, usage.bytes);
    if (trim_due(&server->trim, usage.bytes, server->now_ms))
        trim_run(&server->trim, usage.bytes, server->now_ms);
}

/* Does everything that follows from the executed requests. True: there is more to do, even if no
 * event is ready. */
static bool finish_turn(struct server *server)
{
    bool more = gate_background(server->gate);
    more |= net_end_turn(server->net);
    more |= persistence_turn(&server->persistence);
    cover(server);
    if (server->watchdog_ms != 0)
        notify_watchdog();
    if (server->notify.count > 0)
        (void)notify_again(&server->notify);
    give_back(server);
    log_flush(server->log);
    meter_end(&server->meter);
    server->in_turn = false;
    return more;
}

static void end_turn(void *arg)
{
    (void)finish_turn(arg); /* the loop comes back to what is left over */
}

static bool turn(struct server *server, bool busy)
{
    uint64_t sleep = sleep_ms(server, busy);
    clock_sleep(&server->clock, sleep);
    if (sleep != UINT64_MAX) {
        struct timeval timeout = {(time_t)(sleep / 1000), (suseconds_t)(sleep % 1000) * 1000};
        event_add(server->wake_event, &timeout);
    }
    event_base_loop(server->base, EVLOOP_ONCE);
    begin_turn(server);
    net_execute(server->net);
    return finish_turn(server);
}

/* "unix:/run/mgrd/mgrd.sock 127.0.0.1:7600": all addresses that are served. */
static void put_addresses(const struct server *server, struct buf *out)
{
    struct buf list;
    struct bytes item;
    buf_init(&list);
    net_put_addresses(server->net, &list);
    struct val value = val_read(buf_bytes(&list));
    for (struct val_iter it = val_iter(&value); !list.failed && val_next(&it, &item);) {
        buf_put_text(out, out->len == 0 ? "" : " ");
        buf_put_bytes(out, val_read(item).body);
    }
    buf_free(&list);
}

static void tell_ready(const struct server *server)
{
    struct buf addresses;
    buf_init(&addresses);
    put_addresses(server, &addresses);
    log_write(server->log, LOG_INFO, LOG_SERVER,
              LOG_FIELDS(log_text("listen", buf_bytes(&addresses)),
                         log_text("version", bytes_text(MGRD_VERSION)),
                         log_number("pid", (int64_t)getpid())),
              "ready");
    buf_free(&addresses);
}

int server_run(struct server *server)
{
    bool busy = false;
    meter_init(&server->meter);
    notify_ready(&server->notify, "serving");
    tell_ready(server);
    while (!server->stopped) {
        busy = turn(server, busy);
        if (server->stopping &&
            (net_connections(server->net) == 0 || server->now_ms >= server->drain_until_ms))
            server->stopped = true;
    }
    persistence_close(&server->persistence, server->engine);
    log_write(server->log, LOG_INFO, LOG_SERVER, NULL, "stopped");
    return server->exit_code;
}

/* ---- signals and services for the gate ---- */

static void stop(void *arg)
{
    struct server *server = arg;
    if (server->stopping) {
        server->stopped = true; /* asked a second time: stop at once */
        return;
    }
    begin_turn(server);
    notify_stopping(&server->notify);
    log_write(server->log, LOG_INFO, LOG_SERVER, NULL, "stopping");
    server->stopping = true;
    server->drain_until_ms = server->now_ms + DRAIN_MS;
    net_drain(server->net);
}

static void stop_cb(evutil_socket_t signo, short what, void *arg)
{
    (void)signo, (void)what;
    stop(arg);
}

static void reload_cb(evutil_socket_t signo, short what, void *arg)
{
    struct server *server = arg;
    struct buf report;
    (void)signo, (void)what;
    begin_turn(server);
    buf_init(&report);
    server_reload(server, &report);
    buf_free(&report);
}

static void describe(void *arg, struct buf *rows)
{
    server_metrics_put(arg, METRICS_INFO, rows);
}

static void count(void *arg, struct buf *rows)
{
    server_metrics_put(arg, METRICS_STAT, rows);
}

static bool reload(void *arg, struct buf *report)
{
    return server_reload(arg, report);
}

static uint64_t save(void *arg)
{
    return persistence_save(&((struct server *)arg)->persistence);
}

static enum mgr_code fetch(void *arg, struct snapshot_part *part, struct buf *why)
{
    return persistence_fetch(&((struct server *)arg)->persistence, part, why);
}

/* ---- creation ---- */

static bool add_event(struct server *server, struct event **event, int signo, event_callback_fn fn)
{
    *event = signo == 0 ? evtimer_new(server->base, fn, server)
                        : evsignal_new(server->base, signo, fn, server);
    return *event != NULL && (signo == 0 || event_add(*event, NULL) == 0);
}

static struct engine *make_engine(const struct config *config)
{
    struct engine_options options = {.limits = config->limits};
    if (getrandom(options.hash_key, sizeof options.hash_key, 0) != sizeof options.hash_key)
        return NULL;
    return engine_new(objects_handlers(), &options);
}

/* Loads the saved state without limits, since all of it was accepted once. False: *why tells the
 * cause. */
static bool read_state(struct server *server, struct buf *why)
{
    struct limits limits = server->config->limits;
    server->engine = make_engine(server->config);
    if (server->engine != NULL)
        server->liveness = liveness_new(engine_hash_key(server->engine));
    if (server->engine == NULL || server->liveness == NULL) {
        buf_put_text(why, "out of memory");
        return false;
    }
    engine_set_limits(server->engine, NULL);
    if (!persistence_load(&server->persistence, server->config, server->log, server->engine, why))
        return false;
    engine_set_limits(server->engine, &limits);
    clock_continue(&server->clock, engine_now(server->engine));
    return persistence_open(&server->persistence, engine_revision(server->engine), why);
}

/* Applies the first command of each start. */
static bool boot(struct server *server)
{
    uint64_t incarnation, stalled_ms;
    if (getrandom(&incarnation, sizeof incarnation, 0) != sizeof incarnation)
        return false;
    server->now_ms = clock_wake(&server->clock, &stalled_ms);
    gate_boot(server->gate, &(struct command){.kind = COMMAND_BOOT,
                                              .now_ms = server->now_ms,
                                              .revision_floor = state_dir_floor(&server->state_dir),
                                              .incarnation = incarnation,
                                              .version = engine_newest_version(server->engine)});
    /* up to here the state was replayed with the behaviour that made it; from now on the newest
     * applies */
    gate_boot(server->gate, &(struct command){.kind = COMMAND_VERSION,
                                              .now_ms = server->now_ms,
                                              .version = engine_newest_version(server->engine)});
    uint64_t data_id =
        server->persistence.journal != NULL ? server->persistence.found.data_id : incarnation;
    snprintf(server->state_id, sizeof server->state_id, "%016" PRIx64, data_id);
    return gate_restore_sessions(server->gate, server->now_ms);
}

struct limits server_limits(const struct server *server)
{
    struct limits limits = server->config->limits;
    uint64_t most = descriptors_for_connections(descriptors_limit());
    if (limits.connections > most) {
        log_write(server->log, LOG_WARNING, LOG_SERVER, NULL,
                  "limits.connections is %" PRIu64 ", there are file descriptors for %" PRIu64
                  " (ulimit -n): so many are served",
                  limits.connections, most);
        limits.connections = most;
    }
    return limits;
}

static bool make_parts(struct server *server)
{
    struct event_config *how = event_config_new();
    if (how == NULL)
        return false;
    event_config_set_flag(how, EVENT_BASE_FLAG_NOLOCK);
    server->base = event_base_new_with_config(how);
    event_config_free(how);
    if (server->base == NULL)
        return false;
    struct limits limits = server_limits(server);
    server->gate = gate_new(&(struct gate_options){
        .engine = server->engine,
        .liveness = server->liveness,
        .log = server->log,
        .limits = limits,
        .host = {reload, stop, describe, count, save, fetch, server},
        .state_id = server->state_id,
        .journal = server->persistence.journal,
        .durability = persistence_durability(&server->persistence),
    });
    if (server->gate == NULL || !boot(server) ||
        !persistence_attach(
            &server->persistence, server->base,
            &(struct persistence_loop){server->gate, server->engine, begin_turn, server}))
        return false;
    server->net = net_new(&(struct net_options){
        .base = server->base,
        .gate = server->gate,
        .log = server->log,
        .begin_turn = begin_turn,
        .end_turn = end_turn,
        .arg = server,
        .limits = limits,
    });
    return server->net != NULL && add_event(server, &server->wake_event, 0, wake_cb) &&
           add_event(server, &server->term_event, SIGTERM, stop_cb) &&
           add_event(server, &server->int_event, SIGINT, stop_cb) &&
           add_event(server, &server->hup_event, SIGHUP, reload_cb);
}

static bool start(struct server *server, struct buf *why, int *exit_code)
{
    *exit_code = EX_CONFIG;
    if (!state_dir_open(&server->state_dir, server->config->state, why))
        return false;
    if (!read_state(server, why)) {
        *exit_code = server->persistence.damaged    ? EX_DATAERR
                     : server->persistence.dir >= 0 ? EX_IOERR
                                                    : EX_CONFIG;
        return false;
    }
    if (server->persistence.dir >= 0 && !server->persistence.recovered &&
        server->state_dir.ceiling != 0)
        log_write(server->log, LOG_WARNING, LOG_JOURNAL, NULL,
                  "the journal is empty, though this state directory was used before: is its disk "
                  "mounted?");
    if (server->persistence.dir < 0)
        log_write(server->log, LOG_WARNING, LOG_JOURNAL, NULL,
                  server->config->state == NULL
                      ? "there is no state directory: nothing is kept over a restart (state: DIR)"
                      : "journal.mode is memory: nothing is kept over a restart");
    if (!make_parts(server)) {
        buf_put_text(why, "out of memory");
        *exit_code = EXIT_FAILURE;
        return false;
    }
    cover(server);
    if (server->stopped) {
        buf_put_text(why, "the state directory cannot be written");
        *exit_code = server->exit_code;
        return false;
    }
    if (!declare_objects(server->gate, &server->config->objects, why))
        return false;
    if (!persistence_flush(&server->persistence))
        persistence_give_up(&server->persistence);
    if (!listening_open(server->net, &server->config->listen, server->log, why, exit_code))
        return false;
    log_write(
        server->log, LOG_WARNING, LOG_SERVER, NULL,
        "no authentication: every user of this machine who reaches an address can do everything");
    return true;
}

struct server *server_new(struct config *config, const char *path, struct log *log, int *exit_code)
{
    struct buf why;
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        *exit_code = EXIT_FAILURE;
        return NULL;
    }
    server->config = config;
    server->path = path;
    server->log = log;
    server->watchdog_ms = notify_watchdog_ms();
    clock_init(&server->clock);
    server->state_dir.fd = server->state_dir.lock_fd = -1;
    server->persistence.dir = server->persistence.lock_fd = -1;
    server->persistence.timer_fd = -1;
    buf_init(&why);
    bool ok = start(server, &why, exit_code);
    if (!ok)
        log_write(log, LOG_ERROR, LOG_SERVER, NULL, "%.*s", (int)why.len, (const char *)why.data);
    buf_free(&why);
    if (ok)
        return server;
    server_free(server);
    return NULL;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void server_free(struct server *server)
{
    net_free(server->net);
    gate_free(server->gate);
    persistence_free(&server->persistence);
    if (server->liveness != NULL)
        liveness_free(server->liveness);
    if (server->engine != NULL)
        engine_free(server->engine);
    free_event(server->wake_event);
    free_event(server->term_event);
    free_event(server->int_event);
    free_event(server->hup_event);
    if (server->base != NULL)
        event_base_free(server->base);
    state_dir_close(&server->state_dir);
    free(server);
}
