/* SPDX-License-Identifier: BSD-2-Clause */
/* The users of this machine that have connections, where a unix socket tells who they are. */
#ifndef NET_USER_H
#define NET_USER_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct user {
    uid_t uid;
    size_t connections;
    SLIST_ENTRY(user) next;
};

SLIST_HEAD(user_list, user);

/* The one of that uid, who has one connection more now; NULL: no memory. */
struct user *user_enter(struct user_list *users, uid_t uid);
/* One less; freed with the last one. NULL is allowed. */
void user_leave(struct user_list *users, struct user *user);
/* Root, or who the daemon runs as: may come in when there is no room for anybody else. */
bool user_is_owner(uid_t uid);

#endif
