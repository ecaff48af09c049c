/* SPDX-License-Identifier: BSD-2-Clause */
/* libmgr: options, the environment, addresses, and a daemon that is not there. */
#include <arpa/inet.h>
#include <check.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/options.h"
#include "tests/support/fakeserver.h"

static struct mgr *m;

static enum mgr_status open_server(const char *server)
{
    const struct mgr_options options = {.server = server, .connect_timeout_ms = 300};
    return mgr_open(&m, &options);
}

/* ---- options ---- */

/* A wrong option stays wrong, whatever is called. */
START_TEST(test_bad_options)
{
    static const uint32_t windows[] = {1, 3, 255, 8192, UINT32_MAX};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        const struct mgr_options options = {.window = windows[i]};
        ck_assert_int_eq(mgr_open(&m, &options), MGR_VALUE);
        ck_assert_ptr_nonnull(strstr(mgr_error(m), "window"));
        ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_VALUE);
        ck_assert_int_eq(mgr_heartbeat(m), MGR_VALUE);
        ck_assert_int_eq(mgr_pipeline_end(m), MGR_VALUE);
        mgr_close(m);
    }
    setenv("MGRCTL_CONNECT_TIMEOUT", "soon", 1);
    ck_assert_int_eq(mgr_open(&m, NULL), MGR_VALUE);
    mgr_close(m);
    setenv("MGRCTL_CONNECT_TIMEOUT", "", 1);
    setenv("MGRCTL_REQUIRE", "12x", 1);
    ck_assert_int_eq(mgr_open(&m, NULL), MGR_VALUE);
    mgr_close(m);
}
END_TEST

static void script_environment(struct fake *f)
{
    fake_hello(f);
    const Wire__SessionHello *hello = f->request.session_hello;
    fake_expect(f, hello->client.len == 5 && memcmp(hello->client.data, "alice", 5) == 0);
    fake_expect(f, hello->window == 16 && hello->linger_ms == 1234 && hello->lease_ms == 99);
    fake_read(f);
    fake_expect(f, f->request.require == 1763700000000000010);
    fake_done(f, f->request.id);
    fake_serve(f);
}

START_TEST(test_environment)
{
    struct fake *fake = fake_start(script_environment, NULL);
    const struct mgr_options options = {.window = 16, .linger_ms = 1234, .lease_ms = 99};
    setenv("MGRCTL_SERVER", fake->address, 1);
    setenv("MGRCTL_CLIENT", "alice", 1);
    setenv("MGRCTL_CONNECT_TIMEOUT", "3s", 1);
    setenv("MGRCTL_REQUIRE", "1763700000000000010", 1);
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

/* ---- addresses ---- */

START_TEST(test_bad_addresses)
{
    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest, "unix:/", 6);
    const char *const addresses[] = {
        "",          "nonsense",    ":7600",         "127.0.0.1:",     "::1:7600",
        "[::1]7600", "unix:",       "unix:/no/such", "127.0.0.1:port", longest,
        "[]:1",      "127.0.0.1:1", longest + 5,
    };
    unsetenv("MGRCTL_SERVER");
    for (size_t i = 1; i < sizeof addresses / sizeof *addresses; i++) {
        ck_assert_msg(open_server(addresses[i]) == MGR_UNREACHABLE, "'%s'", addresses[i]);
        ck_assert_msg(strlen(mgr_error(m)) > strlen("ConnectionError: : "), "'%s'", addresses[i]);
        mgr_close(m);
    }
    longest[300] = ':';
    ck_assert_int_eq(open_server(longest + 6), MGR_UNREACHABLE);
    mgr_close(m);
}
END_TEST

/* Takes connections of a TCP port and closes them: enough to know that the address was found. */
static int listen_on(int family, uint16_t *port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
    socklen_t len = family == AF_INET ? sizeof v4 : sizeof v6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, address, len) != 0 || listen(fd, 4) != 0 ||
        getsockname(fd, address, &len) != 0)
        return -1;
    *port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

static void check_reached(int family, const char *format)
{
    char address[64];
    uint16_t port;
    int fd = listen_on(family, &port);
    if (fd < 0) {
        printf("skip: client_open: no loopback of family %d\n", family);
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(address, sizeof address, format, port);
#pragma GCC diagnostic pop
    /* the backlog takes the connection; nobody says welcome */
    ck_assert_int_eq(open_server(address), MGR_UNREACHABLE);
    ck_assert_msg(strstr(mgr_error(m), "no answer in time") != NULL, "%s", mgr_error(m));
    mgr_close(m);
    close(fd);
}

static bool localhost_is_known(void)
{
    struct addrinfo *found = NULL;
    bool known = getaddrinfo("localhost", NULL, NULL, &found) == 0;
    if (known)
        freeaddrinfo(found);
    else
        printf("skip: client_open: this machine does not know localhost\n");
    return known;
}

START_TEST(test_addresses)
{
    check_reached(AF_INET, "127.0.0.1:%u");
    check_reached(AF_INET6, "[::1]:%u");
    if (localhost_is_known())
        check_reached(AF_INET, "localhost:%u"); /* also when the name has a v6 address first */
}
END_TEST

/* Nobody accepts, and the backlog is full: the time to connect bounds it. */
START_TEST(test_full_backlog)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    char address[128];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "/tmp/mgrd-full-%d", (int)getpid());
    snprintf(address, sizeof address, "unix:%s", to.sun_path);
    unlink(to.sun_path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
    ck_assert_int_eq(listen(fd, 0), 0);
    struct mgr *first;
    const struct mgr_options options = {.server = address, .connect_timeout_ms = 50};
    ck_assert_int_eq(mgr_open(&first, &options), MGR_UNREACHABLE);
    ck_assert_int_eq(open_server(address), MGR_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(mgr_error(m), "no answer in time"));
    mgr_close(first);
    mgr_close(m);
    close(fd);
    unlink(to.sun_path);
}
END_TEST

/* 73136 and 65536 + 7600 are the same 16 bits as 7600: the wrong daemon would answer. */
START_TEST(test_a_port_is_not_cut_off)
{
    static const char *const wrong[] = {"127.0.0.1:73136",
                                        "127.0.0.1:0",
                                        "127.0.0.1:-57936",
                                        "127.0.0.1:+7600",
                                        "127.0.0.1: 7600",
                                        "[::1]:65536",
                                        "127.0.0.1:18446744073709559216"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(open_server(wrong[i]), MGR_UNREACHABLE);
        ck_assert_msg(strstr(mgr_error(m), "is not a port: a number from 1 to 65535") != NULL,
                      "%s: %s", wrong[i], mgr_error(m));
        mgr_close(m);
    }
    ck_assert_int_eq(open_server("127.0.0.1:no-such-service"), MGR_UNREACHABLE);
    ck_assert_ptr_null(strstr(mgr_error(m), "is not a port"));
    mgr_close(m);
}
END_TEST

/* ---- not there, and there later ---- */

START_TEST(test_open_fails_and_a_later_call_connects)
{
    char address[sizeof((struct fake *)0)->address];
    struct fake *fake = fake_start(fake_script_good, NULL);
    memcpy(address, fake->address, sizeof address);
    char *path = address + strlen("unix:");
    char moved[sizeof address + 2];
    snprintf(moved, sizeof moved, "%s-", path);
    ck_assert_int_eq(rename(path, moved), 0);
    ck_assert_int_eq(open_server(address), MGR_UNREACHABLE);
    ck_assert_int_eq(mgr_last_status(m), MGR_UNREACHABLE);
    ck_assert_int_eq(mgr_fd(m), -1);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_UNREACHABLE);
    mgr_pipeline_begin(m, NULL, NULL);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_UNREACHABLE);
    ck_assert_int_eq(mgr_pipeline_end(m), MGR_OK); /* nothing was sent */
    ck_assert_int_eq(rename(moved, path), 0);
    ck_assert_int_eq(mgr_dict_clear(m, "d"), MGR_OK);
    ck_assert_int_ge(mgr_fd(m), 0);
    mgr_close(m);
    ck_assert(fake_end(fake));
}
END_TEST

Suite *suite_client_open(void);
Suite *suite_client_open(void)
{
    Suite *suite = suite_create("client_open");
    TCase *tests = tcase_create("client_open");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_bad_options);
    tcase_add_test(tests, test_environment);
    tcase_add_test(tests, test_bad_addresses);
    tcase_add_test(tests, test_a_port_is_not_cut_off);
    tcase_add_test(tests, test_addresses);
    tcase_add_test(tests, test_full_backlog);
    tcase_add_test(tests, test_open_fails_and_a_later_call_connects);
    suite_add_tcase(suite, tests);
    return suite;
}
