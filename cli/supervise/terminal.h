/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal of a program that runs in a process group of its own: lent to it, and taken back. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct terminal {
    bool used;    /* standard input is one, and ours to lend */
    pid_t anchor; /* a process that keeps the program's group from being an orphan; 0: none */
    struct termios modes;
};

/* Lends nothing unless standard input is a terminal and standard output no pipe, whose reader would
 * lose the terminal too. SIGTTOU must be blocked. */
void terminal_init(struct terminal *terminal);
/* The group may read the terminal and gets its signals, if we had it. */
void terminal_give(struct terminal *terminal, pid_t group);
/* It is ours again, as it was; does nothing when somebody else took it. */
void terminal_take(struct terminal *terminal, pid_t group);
/* At the end. */
void terminal_free(struct terminal *terminal);

#endif
