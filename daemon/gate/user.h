/* SPDX-License-Identifier: BSD-2-Clause */
/* The users of this machine, where a unix socket tells who they are, and how much each has. */
#ifndef GATE_USER_H
#define GATE_USER_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/base/bytes.h"

struct user {
    uid_t uid;
    size_t count; /* what is counted: connections, or sessions */
    SLIST_ENTRY(user) next;
};

SLIST_HEAD(user_list, user);

/* NULL: has none. */
struct user *user_find(const struct user_list *users, uid_t uid);
/* The one of that uid, who has one more now; NULL: no memory. */
struct user *user_enter(struct user_list *users, uid_t uid);
/* One less; freed with the last one. NULL is allowed. */
void user_leave(struct user_list *users, struct user *user);
/* All of them. */
void users_free(struct user_list *users);
/* Root, or who the daemon runs as: may come in when there is no room for anybody else. */
bool user_is_owner(uid_t uid);

/* The address of a connection by a unix socket. It is kept with the session, which so tells
 * whose it is, after a restart too: so its form is part of the saved state. */
void user_print_address(pid_t pid, uid_t uid, char *out, size_t size);
/* False: the address tells no user. */
bool user_of_address(struct bytes address, uid_t *uid);

#endif
