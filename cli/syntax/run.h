/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands do, one function each, in the rooms above; the exit code is the result. */
#ifndef CLI_SYNTAX_RUN_H
#define CLI_SYNTAX_RUN_H

#include "cli/syntax/command.h"

command_fn run_operation;    /* operation.c: any row of the op table */
command_fn run_create;       /* create.c */
command_fn run_condition;    /* condition.c */
command_fn run_rm;           /* rm.c */
command_fn run_ls;           /* ls.c */
command_fn run_show;         /* show.c */
command_fn run_dump;         /* dump.c */
command_fn run_load;         /* load.c */
command_fn run_waits;        /* waits.c */
command_fn run_watch;        /* watch.c */
command_fn run_lock;         /* run_lock.c */
command_fn run_each;         /* queue_each.c */
command_fn run_shell;        /* shell.c */
command_fn run_help;         /* topics.c */
command_fn run_ping;         /* ping.c */
command_fn run_session_kill; /* session_kill.c */
command_fn run_save;         /* backup.c */
command_fn run_backup;       /* backup.c */

#endif
