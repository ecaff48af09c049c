/* SPDX-License-Identifier: BSD-2-Clause */
/* Connects the journal to the event loop. */
#include "daemon/store/persistence.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/journal/directory.h"
#include "daemon/journal/maintenance.h"
#include "daemon/store/patience.h"
#include "daemon/store/state_dir.h"
#include "wire/value/value.h"

enum {
    FRAME_ROOM = (1 << 20) + 4096, /* a segment has room for the largest request plus this */
    DISK_PAUSE_MS = 20,
    DISK_NEAR = 256 << 20, /* with less room than twice the state plus this, look every turn */
};

/* ---- starting ---- */

static void tell_recovery(struct persistence *persistence, const struct recovery *recovery,
                          uint64_t took_ms)
{
    if (recovery->warning.len > 0)
        log_write(persistence->log, LOG_WARNING, LOG_JOURNAL, NULL, "%.*s",
                  (int)recovery->warning.len, (const char *)recovery->warning.data);
    log_write(persistence->log, LOG_INFO, LOG_JOURNAL,
              LOG_FIELDS(log_number("snapshot", (int64_t)recovery->position.snapshot),
                         log_number("commands", (int64_t)recovery->commands),
                         log_number("revision", (int64_t)recovery->revision),
                         log_number("ms", (int64_t)took_ms)),
              "%s", persistence->recovered ? "state loaded" : "a new journal");
}

static bool recover(struct persistence *persistence, struct engine *engine, struct buf *why)
{
    struct recovery recovery;
    uint64_t began_ms = clock_mono_ms();
    struct patience patience;
    patience_begin(&patience, PATIENCE_BEAT_MS);
    bool ok = recovery_run(persistence->dir, UINT64_MAX, engine, &recovery, why);
    patience_end(&patience);
    if (ok) {
        persistence->found = recovery.position;
        persistence->recovered = recovery.revision != 0;
        tell_recovery(persistence, &recovery, clock_mono_ms() - began_ms);
        int error =
            directory_tidy(&persistence->io, persistence->dir, recovery.position.snapshot, false);
        if (error != 0)
            log_write(persistence->log, LOG_WARNING, LOG_JOURNAL, NULL,
                      "old files could not be removed: %s", strerror(-error));
    }
    persistence->damaged = !ok && !recovery.unread;
    recovery_free(&recovery);
    return ok;
}

/* Warns when the directory has a journal that this configuration does not read. */
static void warn_of_unread(const struct config *config, struct log *log)
{
    struct directory files = {0};
    int state =
        config->state == NULL ? -1 : open(config->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int dir = state < 0 ? -1 : openat(state, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0 && directory_list(dir, &files) == 0 && (files.snapshot != 0 || files.first != 0))
        log_write(log, LOG_WARNING, LOG_JOURNAL, NULL,
                  "the journal in %s/log is not read: journal.mode is memory", config->state);
    if (dir >= 0)
        close(dir);
    if (state >= 0)
        close(state);
}

bool persistence_load(struct persistence *persistence, const struct config *config, struct log *log,
                      struct engine *engine, struct buf *why)
{
    *persistence = (struct persistence){.config = config,
                                        .log = log,
                                        .dir = -1,
                                        .lock_fd = -1,
                                        .timer_fd = -1,
                                        .found = {.segment = 1}};
    if (config->journal == CONFIG_JOURNAL_MEMORY) {
        warn_of_unread(config, log);
        return true;
    }
    io_faults(&persistence->io);
    int error = state_dir_make(config->journal_path);
    if (error != 0) {
        buf_printf(why, "journal %s: %s", config->journal_path, strerror(-error));
        return false;
    }
    persistence->dir =
        maintenance_open(config->journal_path, MAINTENANCE_OWN, &persistence->lock_fd, why);
    if (persistence->dir < 0)
        return false;
    if (!state_dir_is_ours(persistence->dir, config->journal_path, "", why)) {
        close(persistence->dir); /* treat the journal as never opened */
        persistence->dir = -1;
        return false;
    }
    if (recover(persistence, engine, why))
        return true;
    /* this message names the journal; the next one tells the cause */
    log_write(log, LOG_ERROR, LOG_JOURNAL, NULL, "journal %s cannot be used", config->journal_path);
    return false;
}

/* Commands that wait for the disk count as memory of connections. */
static size_t unwritten_bytes(const struct config *config)
{
    enum { LEAST = 1 << 20, MOST = 64 << 20 };
    uint64_t part = config->limits.buffers_bytes / 8;
    return part < LEAST ? LEAST : part > MOST ? MOST : (size_t)part;
}

static uint64_t segment_bytes(const struct config *config)
{
    uint64_t least = (uint64_t)config->limits.frame_bytes + FRAME_ROOM;
    uint64_t bytes = config->journal_segment_bytes;
    bytes = bytes > least ? bytes : least;
    return (bytes + 4095) / 4096 * 4096;
}

bool persistence_open(struct persistence *persistence, uint64_t revision, struct buf *why)
{
    const struct config *config = persistence->config;
    if (persistence->dir < 0)
        return true;
    uint64_t *data_id = &persistence->found.data_id;
    if (*data_id == 0 && getrandom(data_id, sizeof *data_id, 0) != sizeof *data_id)
        *data_id = 1;
    persistence->journal = journal_new(&(struct journal_options){
        .io = &persistence->io,
        .dir = persistence->dir,
        .position = persistence->found,
        .revision = revision,
        .segment_bytes = segment_bytes(config),
        .unwritten_bytes = unwritten_bytes(config),
        .interval_ms = config->journal_sync == CONFIG_SYNC_ALWAYS ? 0 : config->journal_interval_ms,
    });
    if (persistence->journal == NULL) {
        buf_printf(why, "journal %s: %s", config->journal_path, strerror(errno));
        return false;
    }
    persistence->compaction =
        (struct compaction){.config = config,
                            .log = persistence->log,
                            .journal = persistence->journal,
                            .dir = persistence->dir,
                            .snapshot = persistence->found.snapshot,
                            .snapshot_bytes = persistence->found.snapshot_bytes,
                            .found_bytes = persistence->found.log_bytes};
    return true;
}

/* ---- in the loop ---- */

/* A snapshot of the state must fit on the disk, or the log could never become shorter. So the
 * state may not grow beyond the room that is left. Checks the disk at intervals. */
static void look_at_disk(struct persistence *persistence)
{
    struct statvfs disk;
    struct usage usage;
    uint64_t now_ms = clock_mono_ms();
    if (now_ms < persistence->disk_ms || fstatvfs(persistence->dir, &disk) != 0)
        return;
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    engine_usage(persistence->loop.engine, &usage);
    /* when room gets short, check in every turn */
    persistence->disk_ms = left > 2 * usage.bytes + DISK_NEAR ? now_ms + DISK_PAUSE_MS : now_ms;
    persistence->compaction.tight = left < usage.bytes;
    journal_set_tight(persistence->journal, persistence->compaction.tight);
}

uint64_t persistence_save(struct persistence *persistence)
{
    return persistence->journal == NULL ? 0
                                        : compaction_ask(&persistence->compaction,
                                                         engine_revision(persistence->loop.engine));
}

static void completed_cb(evutil_socket_t fd, short what, void *arg)
{
    struct persistence *persistence = arg;
    (void)fd, (void)what;
    persistence->loop.begin_turn(persistence->loop.arg);
    if (journal_collect(persistence->journal))
        commit_release(persistence->loop.gate);
}

static void gather_cb(evutil_socket_t fd, short what, void *arg)
{
    struct persistence *persistence = arg;
    uint64_t count;
    (void)what;
    if (read(fd, &count, sizeof count) == sizeof count)
        persistence->loop.begin_turn(persistence->loop.arg); /* the turn's end asks the journal */
}

static void child_cb(evutil_socket_t signo, short what, void *arg)
{
    (void)signo, (void)what;
    compaction_reap(&((struct persistence *)arg)->compaction);
}

bool persistence_attach(struct persistence *persistence, struct event_base *base,
                        const struct persistence_loop *loop)
{
    persistence->loop = *loop;
    if (persistence->journal == NULL)
        return true;
    persistence->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (persistence->timer_fd < 0)
        return false;
    persistence->complete = event_new(base, journal_fd(persistence->journal), EV_READ | EV_PERSIST,
                                      completed_cb, persistence);
    persistence->gather =
        event_new(base, persistence->timer_fd, EV_READ | EV_PERSIST, gather_cb, persistence);
    persistence->child = evsignal_new(base, SIGCHLD, child_cb, persistence);
    return persistence->complete != NULL && persistence->gather != NULL &&
           persistence->child != NULL && event_add(persistence->complete, NULL) == 0 &&
           event_add(persistence->gather, NULL) == 0 && event_add(persistence->child, NULL) == 0;
}

/* Releases replies if a batch has become durable since `committed`. */
static bool release_since(struct persistence *persistence, uint64_t committed)
{
    if (journal_marks(persistence->journal)->committed == committed)
        return false;
    commit_release(persistence->loop.gate);
    return true;
}

bool persistence_turn(struct persistence *persistence)
{
    if (persistence->journal == NULL)
        return false;
    uint64_t committed = journal_marks(persistence->journal)->committed;
    look_at_disk(persistence);
    uint64_t wait_us = journal_turn(persistence->journal, io_clock_us());
    uint64_t wait_ms =
        compaction_turn(&persistence->compaction, engine_revision(persistence->loop.engine));
    if (wait_ms < wait_us / 1000)
        wait_us = (wait_ms + 1) * 1000;
    if (wait_us != UINT64_MAX) {
        struct itimerspec when = {.it_value = {.tv_sec = (time_t)(wait_us / 1000000),
                                               .tv_nsec = (long)(wait_us % 1000000) * 1000}};
        timerfd_settime(persistence->timer_fd, 0, &when, NULL);
    }
    return release_since(persistence, committed); /* became durable in this call */
}

bool persistence_flush(struct persistence *persistence)
{
    if (persistence->journal == NULL)
        return true;
    uint64_t committed = journal_marks(persistence->journal)->committed;
    bool flushed = journal_flush(persistence->journal);
    (void)release_since(persistence, committed);
    return flushed;
}

/* ---- stopping ---- */

_Noreturn void persistence_give_up(const struct persistence *persistence)
{
    log_write(persistence->log, LOG_ERROR, LOG_JOURNAL, NULL,
              "the disk is full: unacknowledged changes are lost");
    _exit(EX_IOERR); /* the writing thread waits for room; there is nothing else to do */
}

void persistence_close(struct persistence *persistence, const struct engine *engine)
{
    uint8_t digest[32];
    if (persistence->journal == NULL)
        return;
    if (journal_stuck(persistence->journal))
        persistence_give_up(persistence);
    if (engine_digest(engine, digest))
        journal_put_stop(persistence->journal, digest);
    else
        log_write(persistence->log, LOG_WARNING, LOG_JOURNAL, NULL,
                  "out of memory: the log does not record the orderly shutdown");
    if (!journal_flush(persistence->journal))
        persistence_give_up(persistence);
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void persistence_free(struct persistence *persistence)
{
    free_event(persistence->complete);
    free_event(persistence->gather);
    free_event(persistence->child);
    if (persistence->timer_fd >= 0)
        close(persistence->timer_fd);
    compaction_stop(&persistence->compaction);
    journal_free(persistence->journal);
    if (persistence->lock_fd >= 0)
        close(persistence->lock_fd);
    if (persistence->dir >= 0)
        close(persistence->dir);
}
