/* SPDX-License-Identifier: BSD-2-Clause */
/* What mgrd does with a journal instead of serving; each function returns the exit code. */
#ifndef DAEMON_STORE_TOOLS_H
#define DAEMON_STORE_TOOLS_H

/* Exit codes of store_tools_compact besides those of sysexits(3). */
enum { UPKEEP_NOT_PROVEN = 65, UPKEEP_NO_ROOM = 73 };

/* Reads the whole journal and prints what it contains. */
int store_tools_verify(const char *path);
/* Saves the state at the beginning of segment `before`, for a running daemon. */
int store_tools_compact(const char *path, const char *before, const char *parent);
/* Makes the backup the initial state of the next daemon. */
int store_tools_restore(const char *path, const char *backup);

#endif
