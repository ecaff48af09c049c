/* SPDX-License-Identifier: BSD-2-Clause */
/* What the service manager is told, and the sockets it hands over. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/notify.h"

static struct notify states;

/* A manager's socket; $NOTIFY_SOCKET names it. */
struct manager {
    int fd;
    char dir[32], path[48], message[512];
};

static void setup_manager(struct manager *m)
{
    strcpy(m->dir, "/tmp/test_notify.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(m->dir));
    snprintf(m->path, sizeof m->path, "%s/s", m->dir);
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, m->path);
    m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(m->fd, (struct sockaddr *)&un, sizeof un), 0);
    setenv("NOTIFY_SOCKET", m->path, 1);
}

static void teardown_manager(struct manager *m)
{
    unsetenv("NOTIFY_SOCKET");
    close(m->fd);
    unlink(m->path);
    rmdir(m->dir);
}

/* A datagram is there as soon as it was sent. */
static const char *received(struct manager *m)
{
    ssize_t len = recv(m->fd, m->message, sizeof m->message - 1, 0);
    if (len < 0)
        return "nothing";
    m->message[len] = '\0';
    return m->message;
}

START_TEST(states_are_told)
{
    struct manager m;
    setup_manager(&m);
    notify_ready(&states, "Listening on 127.0.0.1:7600");
    ck_assert_str_eq(received(&m), "READY=1\nSTATUS=Listening on 127.0.0.1:7600");
    notify_stopping(&states);
    ck_assert_str_eq(received(&m), "STOPPING=1\nSTATUS=Stopping");
    notify_watchdog();
    ck_assert_str_eq(received(&m), "WATCHDOG=1");
    ck_assert_str_eq(received(&m), "nothing");
    teardown_manager(&m);
}
END_TEST

START_TEST(a_status_is_one_line)
{
    struct manager m;
    setup_manager(&m);
    notify_ready(&states, "up\nSTOPPING=1");
    ck_assert_str_eq(received(&m), "READY=1\nSTATUS=up");
    teardown_manager(&m);
}
END_TEST

static unsigned long long monotonic_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

START_TEST(a_reload_carries_its_time)
{
    struct manager m;
    unsigned long long usec = 0, before = monotonic_usec();
    setup_manager(&m);
    notify_reloading(&states);
    ck_assert_int_eq(sscanf(received(&m), "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
    ck_assert_uint_ge(usec, before);
    ck_assert_uint_le(usec, monotonic_usec());
    teardown_manager(&m);
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("LISTEN_FDS");
    notify_ready(&states, "up");
    notify_stopping(&states);
    int fd;
    ck_assert_int_eq(notify_sockets(&fd, 1), 0);
    ck_assert_uint_eq(notify_watchdog_ms(), 0);
}
END_TEST

START_TEST(the_watchdog_is_fed_twice_as_often_as_needed)
{
    setenv("WATCHDOG_USEC", "30000000", 1);
    ck_assert_uint_eq(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_USEC", "1000", 1);
    ck_assert_uint_eq(notify_watchdog_ms(), 1);
    setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
    ck_assert_uint_eq(notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}
END_TEST

enum { FIRST_FD = 3 };

static int listening_socket(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&in, sizeof in) != 0 || listen(fd, 1) != 0)
        return -1;
    return fd;
}

/* What notify_sockets makes of `count` sockets, in a process whose descriptors may be overwritten.
 */
static int unacked_over(int count, size_t cap, bool listening)
{
    char text[16];
    int fds[4] = {-1, -1, -1, -1};
    for (int i = 0; i < count; i++)
        dup2(listening ? listening_socket() : STDERR_FILENO, FIRST_FD + i);
    snprintf(text, sizeof text, "%d", count);
    setenv("LISTEN_FDS", text, 1);
    snprintf(text, sizeof text, "%d", getpid());
    setenv("LISTEN_PID", text, 1);
    int got = notify_sockets(fds, cap);
    for (int i = 0; i < got; i++)
        if (fds[i] != FIRST_FD + i || (fcntl(fds[i], F_GETFD) & FD_CLOEXEC) == 0 ||
            (fcntl(fds[i], F_GETFL) & O_NONBLOCK) == 0)
            return -1000;
    return getenv("LISTEN_FDS") == NULL ? got : -1001;
}

static const struct {
    int count;
    size_t cap;
    bool listening;
    int result;
} hand_overs[] = {
    {1, 4, true, 1},
    {3, 4, true, 3},
    {3, 2, true, -E2BIG},
    {1, 4, false, -ENOTSOCK},
};

START_TEST(sockets_are_taken_over)
{
    pid_t child = fork();
    if (child == 0)
        _exit(unacked_over(hand_overs[_i].count, hand_overs[_i].cap, hand_overs[_i].listening) ==
                      hand_overs[_i].result
                  ? 0
                  : 1);
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* A manager that does not read its messages does not hold the daemon up. */
START_TEST(nobody_is_waited_for)
{
    struct manager m;
    setup_manager(&m);
    for (int i = 0; i < 10000; i++)
        notify_watchdog();
    teardown_manager(&m);
}
END_TEST

/* The manager does not read, and its socket is full. */
static int fill(const struct manager *m)
{
    int count = 0, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, m->path);
    while (count < 1 << 20 && sendto(fd, "X=1", 3, 0, (struct sockaddr *)&un, sizeof un) == 3)
        count++;
    close(fd);
    return count;
}

static void drain(struct manager *m, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_str_eq(received(m), "X=1");
}

/* READY=1 was lost when others filled the socket: the manager ended the daemon, and its next start
 * as well. */
START_TEST(a_state_is_told_when_the_manager_reads_again)
{
    struct manager m;
    setup_manager(&m);
    int count = fill(&m);
    ck_assert_int_gt(count, 0);
    notify_ready(&states, "serving");
    ck_assert(notify_again(&states));
    drain(&m, count);
    ck_assert_str_eq(received(&m), "nothing");
    ck_assert(!notify_again(&states));
    ck_assert_str_eq(received(&m), "READY=1\nSTATUS=serving");
    ck_assert(!notify_again(&states));
    ck_assert_str_eq(received(&m), "nothing");
    teardown_manager(&m);
}
END_TEST

/* However many there are: the start, the last reload, and their order are kept. */
START_TEST(unsent_states_keep_their_order)
{
    struct manager m;
    setup_manager(&m);
    int count = fill(&m);
    notify_ready(&states, "first");
    for (int i = 0; i < 5; i++) {
        notify_reloading(&states);
        notify_ready(&states, i == 4 ? "last" : "another");
    }
    drain(&m, count);
    ck_assert(!notify_again(&states));
    ck_assert_str_eq(received(&m), "READY=1\nSTATUS=first");
    ck_assert_int_eq(strncmp(received(&m), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    ck_assert_str_eq(received(&m), "READY=1\nSTATUS=last");
    ck_assert_str_eq(received(&m), "nothing");
    count = fill(&m);
    notify_reloading(&states);
    notify_stopping(&states);
    drain(&m, count);
    ck_assert(!notify_again(&states));
    ck_assert_str_eq(received(&m), "STOPPING=1\nSTATUS=Stopping");
    ck_assert_str_eq(received(&m), "nothing");
    teardown_manager(&m);
}
END_TEST

/* A manager that is gone is not told again and again. */
START_TEST(nobody_is_told_for_ever)
{
    struct manager m;
    setup_manager(&m);
    unlink(m.path);
    notify_ready(&states, "serving");
    ck_assert(!notify_again(&states));
    teardown_manager(&m);
}
END_TEST

Suite *suite_notify(void);
Suite *suite_notify(void)
{
    Suite *suite = suite_create("notify");
    TCase *tests = tcase_create("notify");
    tcase_add_test(tests, states_are_told);
    tcase_add_test(tests, a_status_is_one_line);
    tcase_add_test(tests, a_reload_carries_its_time);
    tcase_add_test(tests, without_a_manager_nothing_happens);
    tcase_add_test(tests, nobody_is_waited_for);
    tcase_add_test(tests, a_state_is_told_when_the_manager_reads_again);
    tcase_add_test(tests, unsent_states_keep_their_order);
    tcase_add_test(tests, nobody_is_told_for_ever);
    tcase_add_test(tests, the_watchdog_is_fed_twice_as_often_as_needed);
    tcase_add_loop_test(tests, sockets_are_taken_over, 0, sizeof hand_overs / sizeof hand_overs[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
