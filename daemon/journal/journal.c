/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal: the loop gathers commands in a batch, and a thread writes batches to the log.
 *
 * Happy path: the loop puts applied commands into the pending batch. journal_turn, at the end of a
 * turn, submits the batch unless another one is in flight. The thread appends it to the log, syncs
 * the log and signals event_fd. journal_collect then moves the marks, and the gate releases the
 * replies of the batch. The next batch gathers meanwhile.
 *
 * When to submit decides most of the speed: clients that wait for the same sync come back together,
 * and a commit that starts with the first one makes all others wait for two commits. So the loop
 * gathers until every client with a command in the last two batches has one in this, or until no
 * command came for half the duration of a commit, within limits.
 *
 * What can fail: without memory journal_reserve refuses the command before it runs. On a slow disk
 * the pending batch grows until `behind` makes further commands wait. Segments are prepared ahead
 * of need (segment_prepare.c); when the disk has no room for one, marks.room becomes JOURNAL_LOW
 * and then JOURNAL_FULL, and the gate refuses commands. A failed write or sync ends the process
 * (journal_fatal): no reply to a command that was not synced has left, and the next start recovers
 * from the log. With interval_ms replies leave before the sync, so a power failure may lose the
 * changes of the last interval. */
#include "daemon/journal/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/journal/command.h"
#include "daemon/journal/wait.h"
#include "daemon/journal/wal.h"
#include "wire/base/bounds.h"

enum {
    GATHER_QUIET_US = 20,    /* gathering ends when no command came for at least this time, */
    GATHER_MOST_US = 2000,   /* ... or when it has taken this long */
    GATHER_SLOW_US = 300,    /* on a disk slower than this gathering pays at any size, */
    GATHER_SMALL = 6 * 1024, /* ... on a faster one below this size */
    GATHER_RATE = 150,       /* bytes per microsecond of a commit: above, do not gather */
    FULL_PART = 16,          /* full: less than this fraction of a segment is left */
    BATCHES_SEEN = 4,
    PUT_ROOM = 512, /* encoded command without its request */
    STUCK_LOOK_US = 100000,
};

struct journal {
    struct journal_marks marks; /* used by the loop */
    struct journal_options options;
    /* used by the loop */
    struct batch batches[2];
    struct batch *pending;       /* the pending batch: gathers commands */
    uint64_t seen[BATCHES_SEEN]; /* number of clients by last batch, modulo BATCHES_SEEN */
    size_t pending_seen;         /* size of pending at the end of the last turn */
    uint64_t began_us, came_us;  /* time of pending's first and last command */
    uint64_t commit_us;          /* smoothed duration of a commit */
    bool in_flight;
    bool tight;
    bool seal_next; /* the pending batch is the last one of its segment */
    uint64_t told;  /* the last batch that journal_collect reported */
    /* used by the thread */
    struct wal writer;
    uint64_t unsynced_us; /* since when there is something to sync */
    pthread_t thread;
    int event_fd;
    /* used by both, under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct batch *flight; /* the batch being written; NULL once it is written */
    bool stopping, seal;
    uint64_t completed_us; /* duration of the last commit */
    uint64_t sealed;
    struct journal_stat stat;
    uint64_t room_left; /* bytes left in the segment */
};

/* ---- the thread ---- */

static void tell_loop(const struct journal *journal)
{
    uint64_t one = 1;
    if (write(journal->event_fd, &one, sizeof one) != sizeof one)
        return; /* the counter is full, so the descriptor is readable already */
}

static bool all_synced(const struct journal *journal)
{
    return journal->writer.synced == journal->writer.position.sequence;
}

/* Microseconds until the next sync is due. */
static uint64_t until_sync_us(const struct journal *journal)
{
    uint64_t passed_us = io_clock_us() - journal->unsynced_us;
    uint64_t interval_us = journal->options.interval_ms * 1000;
    return passed_us < interval_us ? interval_us - passed_us : 0;
}

static void commit(struct journal *journal, struct batch *batch)
{
    if (all_synced(journal))
        journal->unsynced_us = io_clock_us();
    wal_write_batch(&journal->writer, batch);
    if (until_sync_us(journal) == 0) /* not only when the thread is idle, which may never happen */
        wal_sync(&journal->writer);
}

/* Updates what the loop may read; the mutex is held. */
static void publish(struct journal *journal)
{
    const struct position *position = &journal->writer.position;
    journal->stat.bytes = journal->writer.written;
    journal->stat.segment = position->segment;
    bool begun = position->offset != 0 && position->offset < position->segment_bytes;
    journal->room_left = begun ? position->segment_bytes - position->offset : 0;
}

/* Waits for a batch or a seal; with interval_ms, at most until the next sync is due. */
static void wait_for_work(struct journal *journal)
{
    if (all_synced(journal)) {
        pthread_cond_wait(&journal->work, &journal->mutex);
        return;
    }
    if (cond_wait_us(&journal->work, &journal->mutex, until_sync_us(journal)) != ETIMEDOUT)
        return;
    pthread_mutex_unlock(&journal->mutex); /* the loop must not wait for this sync */
    wal_sync(&journal->writer);
    pthread_mutex_lock(&journal->mutex);
}

static void write_flight(struct journal *journal)
{
    struct batch *batch = journal->flight;
    pthread_mutex_unlock(&journal->mutex);
    uint64_t began_us = io_clock_us();
    commit(journal, batch);
    uint64_t took_us = io_clock_us() - began_us;
    pthread_mutex_lock(&journal->mutex);
    journal->flight = NULL;
    journal->completed_us = took_us;
    journal->stat.commits++;
}

/* Tells the loop; the mutex is held, but released in between. */
static void announce(struct journal *journal)
{
    publish(journal);
    pthread_mutex_unlock(&journal->mutex); /* let the woken thread have it */
    pthread_cond_signal(&journal->done);
    tell_loop(journal);
    pthread_mutex_lock(&journal->mutex);
}

static void begin_segment(struct journal *journal)
{
    pthread_mutex_unlock(&journal->mutex);
    wal_next_segment(&journal->writer);
    wal_sync(&journal->writer);
    pthread_mutex_lock(&journal->mutex);
    journal->seal = false;
    journal->sealed = journal->writer.position.segment;
}

static void *run(void *arg)
{
    struct journal *journal = arg;
    pthread_mutex_lock(&journal->mutex);
    while (!journal->stopping || journal->flight != NULL) {
        if (journal->flight == NULL && !journal->seal) {
            wait_for_work(journal);
            continue;
        }
        bool seal = journal->seal; /* a seal requested after this point is for the next round */
        if (journal->flight != NULL) {
            write_flight(journal);
            announce(journal); /* before the segment, which may take long */
        }
        if (seal) {
            begin_segment(journal);
            announce(journal);
        }
    }
    wal_sync(&journal->writer);
    pthread_mutex_unlock(&journal->mutex);
    return NULL;
}

/* ---- creation ---- */

static bool start(struct journal *journal)
{
    const struct journal_options *options = &journal->options;
    journal->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (journal->event_fd < 0)
        return false;
    if (!wal_open(&journal->writer, options->io, options->dir, &options->position,
                  options->segment_bytes)) {
        close(journal->event_fd);
        return false;
    }
    publish(journal);
    int error = pthread_create(&journal->thread, NULL, run, journal);
    if (error == 0)
        return true;
    wal_close(&journal->writer);
    close(journal->event_fd);
    errno = error;
    return false;
}

struct journal *journal_new(const struct journal_options *options)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL)
        return NULL;
    journal->options = *options;
    journal->marks = (struct journal_marks){
        .durable = options->revision, .flight_last = options->revision, .batch = 1};
    batch_init(&journal->batches[0]);
    batch_init(&journal->batches[1]);
    journal->pending = &journal->batches[0];
    pthread_mutex_init(&journal->mutex, NULL);
    pthread_cond_init(&journal->work, NULL);
    pthread_cond_init(&journal->done, NULL);
    if (start(journal))
        return journal;
    free(journal);
    return NULL;
}

void journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (!journal_flush(journal))
        journal_fatal(SEGMENT_NAME, -ENOSPC); /* the thread waits for the disk: no way to end it */
    pthread_mutex_lock(&journal->mutex);
    journal->stopping = true;
    pthread_cond_signal(&journal->work);
    pthread_mutex_unlock(&journal->mutex);
    pthread_join(journal->thread, NULL);
    wal_close(&journal->writer);
    close(journal->event_fd);
    batch_free(&journal->batches[0]);
    batch_free(&journal->batches[1]);
    pthread_cond_destroy(&journal->work);
    pthread_cond_destroy(&journal->done);
    pthread_mutex_destroy(&journal->mutex);
    free(journal);
}

const struct journal_marks *journal_marks(const struct journal *journal)
{
    return &journal->marks;
}

int journal_fd(const struct journal *journal)
{
    return journal->event_fd;
}

/* ---- putting ---- */

bool journal_reserve(struct journal *journal, size_t bytes)
{
    return batch_reserve(journal->pending, bytes + PUT_ROOM);
}

/* The command is applied already: its effect cannot be taken back, so a failure is fatal. */
static void must_hold(const struct batch *batch)
{
    if (batch->data.failed)
        journal_fatal("batch", -ENOMEM);
}

void journal_put(struct journal *journal, const struct command *command, struct bytes request,
                 const struct applied *applied)
{
    struct buf *out = batch_put(journal->pending, applied->first, applied->last);
    command_put(out, &journal->pending->seen, command, request);
    must_hold(journal->pending);
}

void journal_put_stop(struct journal *journal, const uint8_t digest[32])
{
    batch_put_record(journal->pending, RECORD_STOP, bytes_of(digest, 32));
    must_hold(journal->pending);
}

/* ---- gathering ---- */

static uint64_t *seen_in(struct journal *journal, uint64_t batch)
{
    return &journal->seen[batch % BATCHES_SEEN];
}

static bool is_recent(const struct journal *journal, uint64_t batch)
{
    return batch != 0 && batch + 2 >= journal->marks.batch;
}

void journal_withdraw(struct journal *journal, uint64_t batch)
{
    if (is_recent(journal, batch))
        --*seen_in(journal, batch);
}

void journal_enroll(struct journal *journal, uint64_t *batch)
{
    if (*batch == journal->marks.batch)
        return;
    journal_withdraw(journal, *batch);
    *batch = journal->marks.batch;
    ++*seen_in(journal, *batch);
}

/* The number of clients that had a command in the last two batches and have none in the pending
 * one. */
static uint64_t missing(struct journal *journal)
{
    uint64_t batch = journal->marks.batch, count = 0;
    for (uint64_t back = 1; back <= 2 && back < batch; back++)
        count += *seen_in(journal, batch - back);
    return count;
}

static bool is_much(const struct journal *journal)
{
    size_t most = journal->options.unwritten_bytes;
    return most != 0 && journal->pending->data.len > most;
}

/* The loop never waits for the disk: reads, and requests that put nothing, go on. Not set on a
 * full disk: nobody knows when there will be room, so commands are refused instead. */
static void look_whether_behind(struct journal *journal)
{
    journal->marks.behind = journal->in_flight && is_much(journal) &&
                            journal->marks.room != JOURNAL_FULL &&
                            !segment_prepare_stuck(journal->writer.spare);
}

/* How many microseconds to go on gathering; 0: submit now. */
static uint64_t gather(struct journal *journal, uint64_t now_us)
{
    size_t bytes = journal->pending->data.len;
    uint64_t commit_us = journal->commit_us;
    bool pays = commit_us > GATHER_SLOW_US || bytes < GATHER_SMALL;
    if (!pays || missing(journal) == 0 || is_much(journal) || bytes > commit_us * GATHER_RATE)
        return 0;
    uint64_t quiet_us = commit_us / 2 > GATHER_QUIET_US ? commit_us / 2 : GATHER_QUIET_US;
    uint64_t until_us = least(journal->came_us + quiet_us,
                              journal->began_us + least(4 * commit_us, GATHER_MOST_US));
    return until_us > now_us ? until_us - now_us : 0;
}

static void submit(struct journal *journal)
{
    struct journal_marks *marks = &journal->marks;
    struct batch *batch = journal->pending;
    batch_close(batch);
    must_hold(batch);
    if (batch->last != 0)
        marks->flight_last = batch->last;
    journal->pending = batch == &journal->batches[0] ? &journal->batches[1] : &journal->batches[0];
    journal->pending_seen = 0;
    journal->in_flight = true;
    marks->batch++;
    *seen_in(journal, marks->batch) = 0;
    pthread_mutex_lock(&journal->mutex);
    journal->flight = batch;
    journal->seal = journal->seal || journal->seal_next;
    journal->seal_next = false;
    pthread_mutex_unlock(&journal->mutex);
    pthread_cond_signal(&journal->work);
}

/* Updates marks.room from the state of the disk. */
static void look_at_room(struct journal *journal)
{
    uint64_t left;
    if (!segment_prepare_short(journal->writer.spare)) {
        journal->marks.room = journal->tight ? JOURNAL_LOW : JOURNAL_ROOM;
        return;
    }
    pthread_mutex_lock(&journal->mutex);
    left = journal->room_left;
    pthread_mutex_unlock(&journal->mutex);
    bool full = !segment_prepare_ready(journal->writer.spare) &&
                left < journal->pending->data.len + journal->options.segment_bytes / FULL_PART;
    journal->marks.room = full ? JOURNAL_FULL : JOURNAL_LOW;
}

uint64_t journal_turn(struct journal *journal, uint64_t now_us)
{
    size_t bytes = journal->pending->data.len;
    look_at_room(journal);
    look_whether_behind(journal);
    journal->marks.unwritten = journal->batches[0].data.len + journal->batches[1].data.len;
    if (bytes == 0)
        return UINT64_MAX;
    if (journal->pending_seen == 0)
        journal->began_us = now_us;
    if (journal->pending_seen != bytes)
        journal->came_us = now_us;
    journal->pending_seen = bytes;
    if (journal->in_flight)
        return UINT64_MAX;
    uint64_t wait_us = gather(journal, now_us);
    if (wait_us != 0)
        return wait_us;
    submit(journal);
    return UINT64_MAX;
}

/* ---- completion ---- */

static void complete(struct journal *journal, uint64_t took_us)
{
    struct journal_marks *marks = &journal->marks;
    struct batch *batch =
        journal->pending == &journal->batches[0] ? &journal->batches[1] : &journal->batches[0];
    marks->durable = marks->flight_last;
    marks->committed = marks->batch - 1;
    journal->commit_us = journal->commit_us == 0 ? took_us : (7 * journal->commit_us + took_us) / 8;
    journal->in_flight = false;
    look_whether_behind(journal);
    journal->pending_seen = 0; /* commands that came meanwhile start their own gathering now */
    batch_reset(batch);
}

static void look_at_flight(struct journal *journal)
{
    uint64_t count;
    if (read(journal->event_fd, &count, sizeof count) != sizeof count)
        count = 0;
    pthread_mutex_lock(&journal->mutex);
    bool done = journal->in_flight && journal->flight == NULL;
    uint64_t took_us = journal->completed_us;
    pthread_mutex_unlock(&journal->mutex);
    if (done)
        complete(journal, took_us);
}

bool journal_collect(struct journal *journal)
{
    look_at_flight(journal);
    bool news = journal->told != journal->marks.committed;
    journal->told = journal->marks.committed;
    return news;
}

/* Waits for the batch in flight. False: it needs a segment that the disk has no room for. */
static bool wait_for_landing(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    while (journal->flight != NULL && !segment_prepare_stuck(journal->writer.spare))
        (void)cond_wait_us(&journal->done, &journal->mutex, STUCK_LOOK_US);
    pthread_mutex_unlock(&journal->mutex);
    look_at_flight(journal);
    return !journal->in_flight;
}

bool journal_flush(struct journal *journal)
{
    if (journal->in_flight && !wait_for_landing(journal))
        return false;
    if (batch_empty(journal->pending))
        return true;
    submit(journal);
    return wait_for_landing(journal);
}

void journal_set_tight(struct journal *journal, bool tight)
{
    journal->tight = tight;
}

bool journal_seal(struct journal *journal)
{
    if (!segment_prepare_ready(journal->writer.spare))
        return false;
    pthread_mutex_lock(&journal->mutex);
    journal->sealed = 0;
    journal->seal_next = !batch_empty(journal->pending);
    journal->seal = !journal->seal_next;
    pthread_cond_signal(&journal->work);
    pthread_mutex_unlock(&journal->mutex);
    return true;
}

bool journal_stuck(struct journal *journal)
{
    return journal->marks.room == JOURNAL_FULL || segment_prepare_stuck(journal->writer.spare);
}

uint64_t journal_sealed(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    uint64_t sealed = journal->sealed;
    journal->sealed = 0;
    pthread_mutex_unlock(&journal->mutex);
    return sealed;
}

void journal_stat(struct journal *journal, struct journal_stat *stat)
{
    pthread_mutex_lock(&journal->mutex);
    *stat = journal->stat;
    pthread_mutex_unlock(&journal->mutex);
    stat->commit_us = journal->commit_us;
}
