/* SPDX-License-Identifier: BSD-2-Clause */
/* The users of this machine, as a unix socket reports them, and how many things each has. */
#ifndef GATE_USER_H
#define GATE_USER_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/base/bytes.h"

struct user {
    uid_t uid;
    size_t count; /* number of connections, or of sessions */
    SLIST_ENTRY(user) next;
};

SLIST_HEAD(user_list, user);

/* NULL: the user has none. */
struct user *user_find(const struct user_list *users, uid_t uid);
/* Counts one more for the user; NULL: no memory. */
struct user *user_enter(struct user_list *users, uid_t uid);
/* Counts one less; frees the user with the last one. NULL is allowed. */
void user_leave(struct user_list *users, struct user *user);
/* Frees all users. */
void users_free(struct user_list *users);
/* Root, or the user that the daemon runs as: admitted even when the limits are reached. */
bool user_is_owner(uid_t uid);

/* Writes the address of a unix socket connection. The session keeps it, which tells the user
 * after a restart too: so the form of the address is part of the saved state. */
void user_print_address(pid_t pid, uid_t uid, char *out, size_t size);
/* Reads the user from an address. False: it names none. */
bool user_of_address(struct bytes address, uid_t *uid);

#endif
