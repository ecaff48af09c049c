/* SPDX-License-Identifier: BSD-2-Clause */
/* How a run ends: the exit codes of mgr-bench. */
#ifndef BENCH_ENDING_H
#define BENCH_ENDING_H

enum ending {
    ENDING_DONE = 0,
    ENDING_USAGE = 64,   /* the options make no sense, or not with this server */
    ENDING_LOST = 69,    /* the server cannot be reached, closed a connection, or fell silent */
    ENDING_WRONG = 70,   /* a reply was not the expected one, or not of the protocol */
    ENDING_NO_ROOM = 73, /* too little memory, or too few file descriptors, on this side */
    ENDING_MUTE = 74,    /* standard output failed */
    ENDING_STOPPED = 130 /* SIGINT or SIGTERM */
};

#endif
