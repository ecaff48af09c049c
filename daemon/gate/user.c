/* SPDX-License-Identifier: BSD-2-Clause */
/* A list suffices: a machine has few users. */
#include "daemon/gate/user.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct user *user_find(const struct user_list *users, uid_t uid)
{
    for (struct user *user = SLIST_FIRST(users); user != NULL; user = SLIST_NEXT(user, next))
        if (user->uid == uid)
            return user;
    return NULL;
}

struct user *user_enter(struct user_list *users, uid_t uid)
{
    struct user *user = user_find(users, uid);
    if (user == NULL) {
        user = calloc(1, sizeof *user);
        if (user == NULL)
            return NULL;
        user->uid = uid;
        SLIST_INSERT_HEAD(users, user, next);
    }
    user->count++;
    return user;
}

void user_leave(struct user_list *users, struct user *user)
{
    if (user == NULL)
        return;
    assert(user->count > 0);
    if (--user->count > 0)
        return;
    SLIST_REMOVE(users, user, user, next);
    free(user);
}

void users_free(struct user_list *users)
{
    struct user *user;
    while ((user = SLIST_FIRST(users)) != NULL) {
        SLIST_REMOVE_HEAD(users, next);
        free(user);
    }
}

bool user_is_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

void user_print_address(pid_t pid, uid_t uid, char *out, size_t size)
{
    snprintf(out, size, "unix:pid=%d,uid=%u", (int)pid, (unsigned)uid);
}

bool user_of_address(struct bytes address, uid_t *uid)
{
    char text[64]; /* longer than any printed address */
    unsigned number;
    int end = 0;
    if (address.len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)address.len, (const char *)address.data);
    if (sscanf(text, "unix:pid=%*d,uid=%u%n", &number, &end) != 1 || (size_t)end != address.len)
        return false;
    *uid = number;
    return true;
}
