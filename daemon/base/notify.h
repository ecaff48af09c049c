/* SPDX-License-Identifier: BSD-2-Clause */
/* Talks to the service manager: state, watchdog, sockets it passes. Does nothing without one. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NOTIFY_TEXT = 320,     /* size of a message; a longer status is cut */
    NOTIFY_UNSENT = 3,     /* ready, reloading, ready: no more states need to be kept */
    NOTIFY_AGAIN_MS = 100, /* how often to call notify_again while it returns true */
};

/* States not yet sent because the manager's socket was full, in order. Zeroed at first. */
struct notify {
    unsigned count;
    char unsent[NOTIFY_UNSENT][NOTIFY_TEXT];
};

/* Reports the state `ready`; status is one line for people. */
void notify_ready(struct notify *states, const char *status);
void notify_reloading(struct notify *states); /* ended by notify_ready */
void notify_stopping(struct notify *states);
/* Sends unsent states; true: some are still unsent. */
bool notify_again(struct notify *states);
void notify_watchdog(void);

/* Reports progress of the start: the manager waits this much longer from now on. */
void notify_extend(uint64_t more_ms, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How often to call notify_watchdog: half of the manager's timeout; 0: never. */
uint64_t notify_watchdog_ms(void);

/* Listening sockets passed by the manager: copies at most cap of them to fds and returns their
 * number, or -errno. They are close-on-exec and non-blocking. A second call, or a child, finds
 * none. */
int notify_sockets(int *fds, size_t cap);

#endif
