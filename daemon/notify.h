/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking with the service manager: state, watchdog, sockets it hands over. Quiet without one. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

/* Tells the state; status is one line for people. */
void notify_ready(const char *status);
void notify_reloading(void); /* notify_ready ends it */
void notify_stopping(void);
void notify_watchdog(void);
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A start that gets on: the manager waits so much longer from now on. */
void notify_extend(uint64_t more_ms, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How often notify_watchdog must be called: half of the manager's patience; 0: never. */
uint64_t notify_watchdog_ms(void);

/* Listening sockets handed over: copies at most cap of them to fds; gives their number, or -errno.
 * They are close-on-exec and non-blocking. Another call, or a child, finds none. */
int notify_sockets(int *fds, size_t cap);

#endif
