/* SPDX-License-Identifier: BSD-2-Clause */
/* What mgrd does with a journal instead of serving: each gives the exit code. */
#ifndef DAEMON_STORE_TOOLS_H
#define DAEMON_STORE_TOOLS_H

/* Exit codes of store_tools_compact beside those of sysexits(3). */
enum { UPKEEP_NOT_PROVEN = 65, UPKEEP_NO_ROOM = 73 };

/* Reads all of it and says what is there. */
int store_tools_verify(const char *path);
/* Saves the state in which segment `before` begins, for a running daemon. */
int store_tools_compact(const char *path, const char *before, const char *parent);
/* Makes the backup the state that the next daemon begins with. */
int store_tools_restore(const char *path, const char *backup);

#endif
