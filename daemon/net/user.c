/* SPDX-License-Identifier: BSD-2-Clause */
/* A list: a machine has few users. */
#include "daemon/net/user.h"

#include <stdlib.h>
#include <unistd.h>

static struct user *find(const struct user_list *users, uid_t uid)
{
    for (struct user *user = SLIST_FIRST(users); user != NULL; user = SLIST_NEXT(user, next))
        if (user->uid == uid)
            return user;
    return NULL;
}

struct user *user_enter(struct user_list *users, uid_t uid)
{
    struct user *user = find(users, uid);
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
