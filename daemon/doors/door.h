/* SPDX-License-Identifier: BSD-2-Clause */
/* A door: takes over the connections that a listener accepts. */
#ifndef DOORS_DOOR_H
#define DOORS_DOOR_H

#include <stdbool.h>
#include <sys/types.h>

/* A connection just accepted by a listener. */
struct newcomer {
    int fd;              /* non-blocking */
    const char *address; /* the peer's address, for people; borrowed for the call */
    bool known;          /* uid is set: a unix socket connection */
    uid_t uid;
};

struct door {
    /* Takes the connection, even if only to tell why it is refused. Owns newcomer->fd from now
     * on. */
    void (*accept)(void *arg, const struct newcomer *newcomer);
    void *arg;
};

#endif
