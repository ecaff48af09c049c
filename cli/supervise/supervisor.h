/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that holds the session and its programs: it renews the lease, and ends the programs
 * when it cannot be sure of it any more, or when the process in front is gone or silent.
 *
 * It has a session (setsid) of its own, so that a terminal's signals miss it, and adopts what its
 * programs leave behind. It never waits for the daemon (session_thread.h does), and looks at the
 * clock first whenever it wakes. */
#ifndef CLI_SUPERVISOR_H
#define CLI_SUPERVISOR_H

#include <sys/types.h>

#include "cli/base/cli.h"
#include "cli/supervise/child.h"
#include "cli/supervise/lease_deadline.h"
#include "cli/supervise/message.h"
#include "cli/supervise/outcome.h"
#include "cli/supervise/session_thread.h"

/* Why programs are stopped. */
enum loss { LOSS_NONE, LOSS_SILENCE, LOSS_SESSION, LOSS_FRONT };

struct supervisor;

/* What a supervisor guards. */
struct supervisor_job {
    void (*ordered)(struct supervisor *supervisor,
                    struct order *order); /* an order was carried out */
    void (*noted)(struct supervisor *supervisor, const struct message *note);
    void (*child)(struct supervisor *supervisor, pid_t pid, int status); /* as of waitpid */
    void (*kill)(struct supervisor *supervisor, int number); /* the signal to all programs */
    void (*lost)(struct supervisor *supervisor); /* the programs have been told to end */
    void (*tick)(struct supervisor *supervisor, int64_t now_ns); /* wake_ns has come */
};

struct supervisor {
    struct cli *cli;
    const struct supervisor_job *job;
    struct session_thread thread;
    struct lease_deadline deadline;
    int parent, signals, timer;
    int64_t since_ns;  /* of the last answered heartbeat; 0: none yet */
    int64_t parent_ns; /* when the parent was last heard of; 0: it need not be */
    int64_t beat_ns;   /* when it hears of us next */
    int64_t wake_ns;   /* when the job wants a tick; 0: not */
    int64_t kill_ns;   /* when programs that were told to end are killed; 0: not */
    enum loss loss;
    bool watching;  /* the parent too */
    bool suspended; /* the parent said so, and was not heard of since */
    bool resting;   /* no program is left */
    bool parent_gone;
    bool over;
};

/* In a fresh child of the parent: becomes a supervisor. The job, the lease deadline and cli are
 * set. False: it cannot; errno. */
bool supervisor_init(struct supervisor *supervisor, int parent);
/* This file is none of the supervisor's: what has its other end must see its end in time. */
void supervisor_let_go(int fd);
/* Until over. */
void supervisor_loop(struct supervisor *supervisor);
/* The programs begin: from now on both sides are watched. */
void supervisor_watch(struct supervisor *supervisor);
/* Lets a program begin with these variables, if the lease is sure by a fresh look at the clock:
 * this process may have stood still since it heard of it. False: the program will not begin, and
 * when it was the clock all is lost. */
bool supervisor_go(struct supervisor *supervisor, struct child *program,
                   const struct buf *variables) __attribute__((warn_unused_result));
/* Programs are told to end, and killed after the grace, or before the lease deadline. */
void supervisor_lose(struct supervisor *supervisor, enum loss loss);
/* No program is left: nothing has to be in time any more. */
void supervisor_rest(struct supervisor *supervisor);
/* Tells the parent how it ended. The front ends then. */
void supervisor_tell(struct supervisor *supervisor, const struct outcome *outcome);
/* Whether this status of a heartbeat means that the session is no more. */
bool supervisor_is_loss(enum mgr_status status);
/* Whether a process group has members that this process can wait for. */
bool supervisor_has(pid_t group);

#endif
