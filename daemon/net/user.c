/* SPDX-License-Identifier: BSD-2-Clause */
/* A list: a machine has few users. */
#include "daemon/net/user.h"

#include <stdlib.h>
#include <unistd.h>

struct user *user_enter(struct user_list *users, uid_t uid)
{
    struct user *user;
    SLIST_FOREACH (user, users, next)
        if (user->uid == uid)
            break;
    if (user == NULL) {
        user = calloc(1, sizeof *user);
        if (user == NULL)
            return NULL;
        user->uid = uid;
        SLIST_INSERT_HEAD(users, user, next);
    }
    user->connections++;
    return user;
}

void user_leave(struct user_list *users, struct user *user)
{
    if (user == NULL || --user->connections > 0)
        return;
    SLIST_REMOVE(users, user, user, next);
    free(user);
}

bool user_is_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}
