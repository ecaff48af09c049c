/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon/net/user.c: connections are counted by user, and nobody is kept who has none. */
#include "daemon/net/user.h"

#include <check.h>
#include <unistd.h>

Suite *suite_user(void);

START_TEST(each_has_a_count)
{
    struct user_list users = SLIST_HEAD_INITIALIZER(users);
    struct user *web = user_enter(&users, 33), *again = user_enter(&users, 33);
    struct user *other = user_enter(&users, 1000);
    ck_assert_ptr_eq(web, again);
    ck_assert_uint_eq(web->connections, 2);
    ck_assert_uint_eq(other->connections, 1);
    user_leave(&users, web);
    ck_assert_uint_eq(web->connections, 1);
    user_leave(&users, other);
    user_leave(&users, web);
    user_leave(&users, NULL);
    ck_assert(SLIST_EMPTY(&users));
}
END_TEST

START_TEST(owners)
{
    ck_assert(user_is_owner(0));
    ck_assert(user_is_owner(geteuid()));
    ck_assert(!user_is_owner(geteuid() + 1));
}
END_TEST

Suite *suite_user(void)
{
    Suite *suite = suite_create("user");
    TCase *tc = tcase_create("user");
    tcase_add_test(tc, each_has_a_count);
    tcase_add_test(tc, owners);
    suite_add_tcase(suite, tc);
    return suite;
}
