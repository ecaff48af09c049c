/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking with the service manager: state, watchdog, sockets it hands over. Quiet without one. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NOTIFY_TEXT = 320,     /* of a message; a longer status is cut */
    NOTIFY_UNSENT = 3,     /* ready, reloading, ready: nothing else needs to be kept */
    NOTIFY_AGAIN_MS = 100, /* how often notify_again is to be called while it gives true */
};

/* States that the manager is still to be told, in their order: its socket was full. Zeroed at
 * first. */
struct notify {
    unsigned count;
    char unsent[NOTIFY_UNSENT][NOTIFY_TEXT];
};

/* Tells the state; status is one line for people. */
void notify_ready(struct notify *states, const char *status);
void notify_reloading(struct notify *states); /* notify_ready ends it */
void notify_stopping(struct notify *states);
/* Tells what is unsent; true: some of it still is. */
bool notify_again(struct notify *states);
void notify_watchdog(void);

/* A start that gets on: the manager waits so much longer from now on. */
void notify_extend(uint64_t more_ms, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How often notify_watchdog must be called: half of the manager's patience; 0: never. */
uint64_t notify_watchdog_ms(void);

/* Listening sockets handed over: copies at most cap of them to fds; gives their number, or -errno.
 * They are close-on-exec and non-blocking. Another call, or a child, finds none. */
int notify_sockets(int *fds, size_t cap);

#endif
