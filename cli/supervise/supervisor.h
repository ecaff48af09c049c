/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that holds the session and its programs: it renews the lease, and ends the programs
 * when it cannot be sure of it any more, or when the process in front is gone or silent.
 *
 * It has a session (setsid) of its own, so that a terminal's signals miss it, and adopts what its
 * programs leave behind. It never waits for the daemon (keeper.h does), and looks at the clock
 * first whenever it wakes. */
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

struct guardian;

/* What a guardian guards. */
struct guardian_job {
    void (*ordered)(struct guardian *guardian, struct order *order); /* an order was carried out */
    void (*noted)(struct guardian *guardian, const struct note *note);
    void (*child)(struct guardian *guardian, pid_t pid, int status); /* as of waitpid */
    void (*kill)(struct guardian *guardian, int number); /* the signal to all programs */
    void (*lost)(struct guardian *guardian);             /* the programs have been told to end */
    void (*tick)(struct guardian *guardian, int64_t now_ns); /* wake_ns has come */
};

struct guardian {
    struct cli *cli;
    const struct guardian_job *job;
    struct keeper keeper;
    struct fence fence;
    int front, signals, timer;
    int64_t since_ns; /* of the last answered heartbeat; 0: none yet */
    int64_t front_ns; /* when the front was last heard of; 0: it need not be */
    int64_t beat_ns;  /* when it hears of us next */
    int64_t wake_ns;  /* when the job wants a tick; 0: not */
    int64_t kill_ns;  /* when programs that were told to end are killed; 0: not */
    enum loss loss;
    bool watching;  /* the front too */
    bool suspended; /* the front said so, and was not heard of since */
    bool resting;   /* no program is left */
    bool front_gone;
    bool over;
};

/* In a fresh child of the front: becomes a guardian. The job, the fence and cli are set. False: it
 * cannot; errno. */
bool guardian_init(struct guardian *guardian, int front);
/* This file is none of the guardian's: what has its other end must see its end in time. */
void guardian_let_go(int fd);
/* Until over. */
void guardian_loop(struct guardian *guardian);
/* The programs begin: from now on both sides are watched. */
void guardian_watch(struct guardian *guardian);
/* Lets a program begin with these variables, if the lease is sure by a fresh look at the clock:
 * this process may have stood still since it heard of it. False: the program will not begin, and
 * when it was the clock all is lost. */
bool guardian_go(struct guardian *guardian, struct program *program, const struct buf *variables)
    __attribute__((warn_unused_result));
/* Programs are told to end, and killed after the grace, or before the fence. */
void guardian_lose(struct guardian *guardian, enum loss loss);
/* No program is left: nothing has to be in time any more. */
void guardian_rest(struct guardian *guardian);
/* Tells the front how it ended. The front ends then. */
void guardian_tell(struct guardian *guardian, const struct outcome *outcome);
/* Whether this status of a heartbeat means that the session is no more. */
bool guardian_is_loss(enum mgr_status status);
/* Whether a process group has members that this process can wait for. */
bool guardian_has(pid_t group);

#endif
