/* SPDX-License-Identifier: BSD-2-Clause */
/* A long start asks for more time, but only while it gets on. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/store/patience.h"
#include "tests/support/must.h"

enum { BEAT_MS = 10 };

static int manager(char path[64])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(path, 64, "/tmp/patience.%d", (int)getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

START_TEST(who_gets_on_is_given_time)
{
    struct patience patience;
    char path[64], text[256] = "";
    int fd = manager(path);
    struct pollfd news = {.fd = fd, .events = POLLIN};
    patience_begin(&patience, BEAT_MS);
    while (poll(&news, 1, 0) == 0) { /* which uses CPU time */
    }
    must(recv(fd, text, sizeof text - 1, 0) > 0);
    patience_end(&patience);
    ck_assert_msg(strncmp(text, "EXTEND_TIMEOUT_USEC=120000\nSTATUS=Reading the journal", 53) == 0,
                  "%s", text);
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(nobody_is_asked_where_nobody_listens)
{
    struct patience patience;
    unsetenv("NOTIFY_SOCKET");
    patience_begin(&patience, BEAT_MS);
    ck_assert(!patience.running);
    patience_end(&patience);
}
END_TEST

Suite *suite_patience(void);
Suite *suite_patience(void)
{
    Suite *suite = suite_create("patience");
    TCase *tc = tcase_create("patience");
    tcase_add_test(tc, who_gets_on_is_given_time);
    tcase_add_test(tc, nobody_is_asked_where_nobody_listens);
    suite_add_tcase(suite, tc);
    return suite;
}
