/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind a listener: who takes the connections that it accepts. */
#ifndef DOORS_DOOR_H
#define DOORS_DOOR_H

#include <stdbool.h>
#include <sys/types.h>

/* A connection that a listener has accepted. */
struct newcomer {
    int fd;              /* non-blocking */
    const char *address; /* where it comes from, for people; borrowed for the call */
    bool known;          /* uid is set: it came by a unix socket */
    uid_t uid;
};

struct door {
    /* Takes the connection, if only to say why it is not let in. Owns newcomer->fd from then on. */
    void (*accept)(void *arg, const struct newcomer *newcomer);
    void *arg;
};

#endif
