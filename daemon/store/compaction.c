/* SPDX-License-Identifier: BSD-2-Clause */
/* Compaction: makes snapshots of the log in another process.
 *
 * An attempt seals the current segment, because the other process reads whole segments only.
 * Then that process rebuilds the state from the last snapshot and the segments since, writes it
 * as a new snapshot, checks it and removes what it makes useless. The daemon goes on serving
 * meanwhile, and learns only how the process ended. If it failed, the log is kept whole, and the
 * next attempt waits until the log has grown. On a full disk no segment is spent on an attempt:
 * only the segments already sealed are compacted. */
#include "daemon/store/compaction.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/journal/snapshot.h"
#include "daemon/store/store_tools.h"
#include "wire/base/bounds.h"

extern char **environ;

enum {
    ATTEMPT_MS = 7200000, /* to write and read back a snapshot; a process that takes longer hangs */
    RESTS = 4,            /* next request after this many times the duration, */
    REST_LEAST_MS = 250,  /* ... at least this long, */
    REST_MOST_MS = 60000, /* ... and at most this long */
};

uint64_t compaction_behind(const struct compaction *compaction)
{
    struct journal_stat stat;
    journal_stat(compaction->journal, &stat);
    return compaction->found_bytes + stat.bytes - compaction->useless_bytes;
}

/* ---- the end of an attempt ---- */

static bool succeeded(const struct compaction *compaction)
{
    return compaction->snapshot == compaction->attempt.number;
}

/* Records the failure, and removes the unfinished file, which only takes room. */
static void note_failure(struct compaction *compaction, enum compaction_fault fault)
{
    char name[SNAPSHOT_UNFINISHED];
    compaction->failures++;
    compaction->fault = fault;
    compaction->failed_number = compaction->attempt.number;
    compaction->failed_behind = compaction->attempt.behind;
    snapshot_unfinished(compaction->attempt.number, name);
    (void)unlinkat(compaction->dir, name, 0);
}

/* Notices a finished snapshot by its final name; the process may still be removing useless
 * files. */
void compaction_look(struct compaction *compaction)
{
    const struct attempt *attempt = &compaction->attempt;
    char name[40];
    struct stat stat;
    if (attempt->process == 0 || succeeded(compaction))
        return;
    file_name(SNAPSHOT_NAME, attempt->number, name);
    if (fstatat(compaction->dir, name, &stat, 0) != 0)
        return;
    compaction->snapshot = attempt->number;
    compaction->snapshot_bytes = (uint64_t)stat.st_size;
    compaction->snapshot_revision = attempt->revision;
    compaction->fault = COMPACTION_WELL;
    compaction->useless_bytes += attempt->behind;
    compaction->failed_behind = 0;
    log_write(compaction->log, LOG_INFO, LOG_JOURNAL,
              LOG_FIELDS(log_number("snapshot", (int64_t)compaction->snapshot),
                         log_number("bytes", (int64_t)compaction->snapshot_bytes)),
              "snapshot written");
}

static enum compaction_fault fault_of(int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return code == UPKEEP_NO_ROOM      ? COMPACTION_NO_ROOM
           : code == UPKEEP_NOT_PROVEN ? COMPACTION_NOT_PROVEN
                                       : COMPACTION_FAILED;
}

const char *compaction_fault_text(const struct compaction *compaction)
{
    static const char *const texts[] = {
        [COMPACTION_WELL] = "no",
        [COMPACTION_NO_ROOM] = "no room on the disk",
        [COMPACTION_NOT_PROVEN] = "the snapshot cannot be read back",
        [COMPACTION_FAILED] = "see the daemon's log",
    };
    return texts[compaction->fault];
}

static void tell_end(const struct compaction *compaction, int status)
{
    bool exited = WIFEXITED(status), written = succeeded(compaction);
    log_write(compaction->log, written ? LOG_WARNING : LOG_ERROR, LOG_JOURNAL,
              LOG_FIELDS(log_number(exited ? "exit_code" : "signal",
                                    exited ? WEXITSTATUS(status) : WTERMSIG(status))),
              written ? "old files could not be removed"
                      : "the snapshot failed; the log is kept whole");
}

/* Rests, so that clients that ask for snapshots all the time do not keep the disk and a CPU
 * busy. */
static void rest(struct compaction *compaction)
{
    uint64_t now_ms = clock_mono_ms(), took_ms = now_ms - compaction->attempt.began_ms;
    compaction->wanted_after_ms =
        now_ms + least(most(took_ms * RESTS, REST_LEAST_MS), REST_MOST_MS);
}

void compaction_reap(struct compaction *compaction)
{
    struct attempt *attempt = &compaction->attempt;
    int status;
    if (attempt->process == 0 || waitpid(attempt->process, &status, WNOHANG) != attempt->process)
        return;
    compaction_look(compaction);
    attempt->process = 0;
    rest(compaction);
    if (!succeeded(compaction))
        note_failure(compaction, fault_of(status));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        tell_end(compaction, status);
}

void compaction_stop(struct compaction *compaction)
{
    pid_t process = compaction->attempt.process;
    if (process == 0)
        return;
    kill(process, SIGKILL); /* whatever is unfinished is useless */
    waitpid(process, NULL, 0);
    compaction->attempt.process = 0;
}

/* ---- an attempt ---- */

static int spawn(const struct compaction *compaction, uint64_t number, pid_t *process)
{
    char before[32], parent[32];
    char *argv[] = {(char *)(uintptr_t) "mgrd",
                    (char *)(uintptr_t) "--compact",
                    (char *)(uintptr_t)compaction->config->journal_path,
                    before,
                    parent,
                    NULL};
    snprintf(before, sizeof before, "%" PRIu64, number);
    snprintf(parent, sizeof parent, "%d", (int)getpid());
    return posix_spawn(process, "/proc/self/exe", NULL, NULL, argv, environ);
}

/* revision: of the state at the beginning of that segment; 0: unknown. */
static void start(struct compaction *compaction, uint64_t number, uint64_t revision)
{
    uint64_t now_ms = clock_mono_ms();
    compaction->attempt = (struct attempt){.number = number,
                                           .behind = compaction_behind(compaction),
                                           .began_ms = now_ms,
                                           .deadline_ms = now_ms + ATTEMPT_MS,
                                           .revision = revision};
    int error = spawn(compaction, number, &compaction->attempt.process);
    if (error == 0)
        return;
    compaction->attempt.process = 0;
    note_failure(compaction, COMPACTION_FAILED);
    log_write(compaction->log, LOG_ERROR, LOG_JOURNAL, NULL, "no snapshot: %s", strerror(error));
}

/* A process that hangs must not let the log grow forever. */
static void look_at_time(const struct compaction *compaction)
{
    if (clock_mono_ms() >= compaction->attempt.deadline_ms)
        kill(compaction->attempt.process, SIGKILL); /* handled like any other end of the process */
}

/* ---- when to begin ---- */

static bool disk_is_full(const struct compaction *compaction)
{
    return journal_marks(compaction->journal)->room != JOURNAL_ROOM;
}

/* The current segment, if the sealed segments before it can become a snapshot; else 0. On a full
 * disk this is what makes room. */
static uint64_t compactable(const struct compaction *compaction)
{
    struct journal_stat stat;
    uint64_t oldest = compaction->snapshot == 0 ? 1 : compaction->snapshot;
    journal_stat(compaction->journal, &stat);
    return stat.segment > oldest && compaction->failed_number < stat.segment ? stat.segment : 0;
}

/* On a full disk no segment may be spent on a snapshot: none is ready, or it is needed for the
 * log. */
static void start_on_full_disk(struct compaction *compaction)
{
    struct journal_stat stat;
    uint64_t number = compactable(compaction);
    if (number != 0) {
        start(compaction, number, 0); /* a wanted snapshot has its turn afterwards */
        return;
    }
    journal_stat(compaction->journal, &stat);
    if (compaction->wanted) {
        compaction->failed_number = stat.segment + 1; /* the number promised to the client */
        compaction->fault = COMPACTION_NO_ROOM;
    }
    compaction->wanted = false;
}

static bool due(const struct compaction *compaction)
{
    uint64_t limit = most(compaction->config->journal_compact_bytes, compaction->snapshot_bytes);
    return (compaction->wanted && clock_mono_ms() >= compaction->wanted_after_ms) ||
           compaction_behind(compaction) > compaction->failed_behind + limit ||
           (disk_is_full(compaction) && compactable(compaction) != 0 &&
            compaction_behind(compaction) > compaction->snapshot_bytes);
}

static void begin(struct compaction *compaction, uint64_t revision)
{
    struct journal_stat stat;
    if (compaction->tight) {
        /* do not spend the ready segment on a snapshot that does not fit */
        start_on_full_disk(compaction);
        return;
    }
    journal_stat(compaction->journal, &stat);
    compaction->attempt = (struct attempt){.number = stat.segment + 1, .revision = revision};
    compaction->attempt.sealing = journal_seal(compaction->journal);
    if (compaction->attempt.sealing)
        compaction->wanted = false;
    else if (disk_is_full(compaction))
        start_on_full_disk(compaction);
}

static void sealing_turn(struct compaction *compaction)
{
    uint64_t number = journal_sealed(compaction->journal);
    if (number != 0) {
        start(compaction, number, compaction->attempt.revision);
    } else if (journal_stuck(compaction->journal)) {
        /* a batch has used the ready segment, and there is no room for another one */
        compaction->attempt.sealing = false;
        compaction->wanted = true;
        start_on_full_disk(compaction);
    }
}

uint64_t compaction_turn(struct compaction *compaction, uint64_t revision)
{
    struct attempt *attempt = &compaction->attempt;
    if (attempt->process != 0)
        look_at_time(compaction);
    else if (attempt->sealing)
        sealing_turn(compaction);
    else if (due(compaction))
        begin(compaction, revision);
    else if (compaction->wanted)
        return compaction->wanted_after_ms - least(clock_mono_ms(), compaction->wanted_after_ms);
    return UINT64_MAX;
}

bool compaction_under_way(const struct compaction *compaction)
{
    return compaction->wanted || compaction->attempt.sealing || compaction->attempt.process != 0;
}

/* The snapshot that has this state or will have it; 0: none. */
static uint64_t one_of(const struct compaction *compaction, uint64_t revision)
{
    const struct attempt *attempt = &compaction->attempt;
    if (attempt->sealing || attempt->process != 0)
        return attempt->revision == revision ? attempt->number : 0;
    return compaction->snapshot_revision == revision ? compaction->snapshot : 0;
}

uint64_t compaction_ask(struct compaction *compaction, uint64_t revision)
{
    struct journal_stat stat;
    uint64_t number = compaction->wanted ? 0 : one_of(compaction, revision);
    if (number != 0)
        return number;
    compaction->wanted = true; /* a running attempt does not include the latest changes */
    journal_stat(compaction->journal, &stat);
    if (compaction->failed_number > stat.segment)
        compaction->failed_number = stat.segment; /* that number gets another try */
    return stat.segment + 1;
}
