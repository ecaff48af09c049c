/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines: form, escapes, cutting, allowance. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "wire/base/buf.h"
#include "wire/literal/literal.h"

/* What the clocks say; the log asks a function without an argument for it. */
static time_t monotonic_s;

static int still_clock(clockid_t id, struct timespec *now)
{
    *now = id == CLOCK_REALTIME ? (struct timespec){.tv_sec = 1795231440, .tv_nsec = 123456789}
                                : (struct timespec){.tv_sec = monotonic_s};
    return 0;
}

static struct log log_new(enum log_format format)
{
    struct log log;
    int fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    log_init(&log, fd);
    log.format = format;
    log.clock = still_clock;
    monotonic_s = 1000;
    return log;
}

/* All that was written; empties the log. */
static const char *written(struct log *log, char text[16384])
{
    ssize_t len = pread(log->fd, text, 16383, 0);
    ck_assert_int_ge(len, 0);
    text[len] = '\0';
    ck_assert_int_eq(ftruncate(log->fd, 0), 0);
    lseek(log->fd, 0, SEEK_SET);
    return text;
}

static char text[16384];

START_TEST(a_text_line_has_time_level_text_and_fields)
{
    struct log log = log_new(LOG_TEXT);
    log_write(&log, LOG_INFO, LOG_SERVER, NULL, "listening on %s", "127.0.0.1:7600");
    ck_assert_str_eq(written(&log, text),
                     "2026-11-21T03:24:00.123Z INFO listening on 127.0.0.1:7600\n");
    log_write(&log, LOG_WARNING, LOG_SESSION,
              LOG_FIELDS(log_number("session", -5), log_text("client", bytes_text("a@b:1")),
                         log_text("why", bytes_text("two words=\"x\\y\"")),
                         log_text("none", bytes_of(NULL, 0))),
              "session ended");
    ck_assert_str_eq(written(&log, text),
                     "2026-11-21T03:24:00.123Z WARNING session ended session=-5 client=a@b:1 "
                     "why=\"two words=\\\"x\\\\y\\\"\" none=\"\"\n");
    close(log.fd);
}
END_TEST

START_TEST(a_json_line_is_json)
{
    struct log log = log_new(LOG_JSON);
    log_write(
        &log, LOG_ERROR, LOG_PROTOCOL,
        LOG_FIELDS(log_number("fd", 7), log_text("client", bytes_text("a\"b\n\xff\xe2\x80\xae"))),
        "bad \"frame\"");
    ck_assert_str_eq(
        written(&log, text),
        "{\"time\":\"2026-11-21T03:24:00.123Z\",\"level\":\"ERROR\",\"kind\":\"protocol\","
        "\"text\":\"bad \\\"frame\\\"\",\"fd\":7,"
        "\"client\":\"a\\\"b\\u000a\\ufffd\\u202e\"}\n");
    close(log.fd);
}
END_TEST

static const struct {
    const char *raw, *escaped;
} attacks[] = {
    {"\x1b]0;owned\x07", "\\x1b]0;owned\\x07"},
    {"x\r\n2026-11-21 INFO root login ok", "x\\x0d\\x0a2026-11-21 INFO root login ok"},
    {"\xe2\x80\xaetxt.exe", "\\u202etxt.exe"},
    {"\xc2\x9b"
     "31m",
     "\\x9b31m"},
    {"\xff\xfe", "\\xff\\xfe"},
    {"\xc0\xaf", "\\xc0\\xaf"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"\x7f", "\\x7f"},
    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"},
};

START_TEST(foreign_text_cannot_leave_its_place)
{
    struct log log = log_new(LOG_TEXT);
    char expected[256];
    log_write(&log, LOG_INFO, LOG_SERVER, NULL, "%s", attacks[_i].raw);
    snprintf(expected, sizeof expected, "2026-11-21T03:24:00.123Z INFO %s\n", attacks[_i].escaped);
    ck_assert_str_eq(written(&log, text), expected);
    close(log.fd);
}
END_TEST

static bool is_json(const char *line)
{
    struct buf out;
    struct literal_error why;
    buf_init(&out);
    bool done = literal_read_json(bytes_of(line, strcspn(line, "\n")), &out, &why);
    buf_free(&out);
    return done;
}

START_TEST(long_lines_are_cut_and_stay_whole_lines)
{
    static char long_text[4000];
    for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
        struct log log = log_new((enum log_format)format);
        log.rate = 0;
        for (size_t len = 800; len < 1100; len++) {
            memset(long_text, len % 2 != 0 ? 'x' : '\x01', sizeof long_text);
            struct bytes value = bytes_of(long_text, len % 2 != 0 ? len : len / 6);
            log_write(&log, LOG_INFO, LOG_SERVER,
                      LOG_FIELDS(log_text("value", value), log_number("more", 5),
                                 log_text("last", bytes_text("a b"))),
                      "text");
            written(&log, text);
            size_t end = strlen(text);
            ck_assert_uint_le(end, LOG_LINE_MAX);
            ck_assert_ptr_eq(strchr(text, '\n'), text + end - 1);
            ck_assert(format == LOG_TEXT || is_json(text));
            bool whole = strstr(text, " more=5 last=\"a b\"\n") != NULL ||
                         strstr(text, "\"more\":5,\"last\":\"a b\"}\n") != NULL;
            bool cut = strstr(text, "...\n") != NULL || strstr(text, ",\"cut\":true}\n") != NULL;
            ck_assert(whole != cut);
        }
        close(log.fd);
    }
}
END_TEST

START_TEST(many_fields_are_cut)
{
    static char keys[60][4];
    struct log_field fields[60];
    for (size_t i = 0; i < 59; i++) {
        snprintf(keys[i], sizeof keys[i], "k%zu", i);
        fields[i] = log_text(keys[i], bytes_text("some text\n"));
    }
    fields[59].key = NULL;
    for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
        struct log log = log_new((enum log_format)format);
        for (int pad = 0; pad < 59; pad++) {
            log_write(&log, LOG_INFO, LOG_SERVER, fields, "%*s", pad, "x");
            written(&log, text);
            ck_assert_uint_le(strlen(text), LOG_LINE_MAX);
            ck_assert_uint_gt(strlen(text), LOG_LINE_MAX - 128);
            ck_assert(strstr(text, format == LOG_TEXT ? "...\n" : "\"cut\":true}\n") != NULL);
            ck_assert(format == LOG_TEXT || is_json(text));
        }
        close(log.fd);
    }
}
END_TEST

START_TEST(a_long_text_is_cut)
{
    static char long_text[4000];
    memset(long_text, 'x', sizeof long_text - 1);
    struct log log = log_new(LOG_TEXT);
    log_write(&log, LOG_INFO, LOG_SERVER, NULL, "%s", long_text);
    written(&log, text);
    ck_assert_uint_le(strlen(text), LOG_LINE_MAX);
    ck_assert_uint_gt(strlen(text), LOG_LINE_MAX - 64);
    ck_assert_str_eq(text + strlen(text) - 4, "...\n");
    close(log.fd);
}
END_TEST

START_TEST(lower_levels_are_not_written)
{
    struct log log = log_new(LOG_TEXT);
    log.level = LOG_WARNING;
    log_write(&log, LOG_INFO, LOG_SERVER, NULL, "no");
    log_write(&log, LOG_DEBUG, LOG_SERVER, NULL, "no");
    ck_assert_str_eq(written(&log, text), "");
    log_write(&log, LOG_WARNING, LOG_SERVER, NULL, "yes");
    log_write(&log, LOG_ERROR, LOG_SERVER, NULL, "yes");
    ck_assert_str_eq(written(&log, text), "2026-11-21T03:24:00.123Z WARNING yes\n"
                                          "2026-11-21T03:24:00.123Z ERROR yes\n");
    close(log.fd);
}
END_TEST

START_TEST(a_flood_of_one_kind_is_counted_and_hides_no_other)
{
    struct log log = log_new(LOG_TEXT);
    log.rate = 2;
    for (int i = 0; i < 7; i++)
        log_write(&log, LOG_INFO, LOG_PROTOCOL, NULL, "p%d", i);
    log_write(&log, LOG_INFO, LOG_SERVER, NULL, "s");
    ck_assert_str_eq(written(&log, text), "2026-11-21T03:24:00.123Z INFO p0\n"
                                          "2026-11-21T03:24:00.123Z INFO p1\n"
                                          "2026-11-21T03:24:00.123Z INFO s\n");
    monotonic_s++;
    log_write(&log, LOG_INFO, LOG_PROTOCOL, NULL, "p7");
    ck_assert_str_eq(
        written(&log, text),
        "2026-11-21T03:24:00.123Z WARNING lines were suppressed kind=protocol lines=5\n"
        "2026-11-21T03:24:00.123Z INFO p7\n");
    log_flush(&log);
    ck_assert_str_eq(written(&log, text), "");
    log_write(&log, LOG_INFO, LOG_PROTOCOL, NULL, "p8");
    log_write(&log, LOG_INFO, LOG_PROTOCOL, NULL, "p9");
    log_flush(&log); /* the second is not over: more may come */
    ck_assert_str_eq(written(&log, text), "2026-11-21T03:24:00.123Z INFO p8\n");
    monotonic_s++;
    log_flush(&log);
    ck_assert_str_eq(
        written(&log, text),
        "2026-11-21T03:24:00.123Z WARNING lines were suppressed kind=protocol lines=1\n");
    log.rate = 0;
    for (int i = 0; i < 200; i++)
        log_write(&log, LOG_INFO, LOG_PROTOCOL, NULL, "q");
    ck_assert_uint_eq(strlen(written(&log, text)),
                      200 * strlen("2026-11-21T03:24:00.123Z INFO q\n"));
    close(log.fd);
}
END_TEST

START_TEST(journald_gets_its_levels)
{
    struct stat info;
    char stream[64];
    struct log log;
    int fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &info), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_init(&log, fd);
    log.clock = still_clock;
    log_write(&log, LOG_ERROR, LOG_SERVER, NULL, "x");
    ck_assert_str_eq(written(&log, text), "<3>2026-11-21T03:24:00.123Z ERROR x\n");
    setenv("JOURNAL_STREAM", "1:2", 1);
    log_init(&log, fd);
    ck_assert(!log.journald);
    setenv("JOURNAL_STREAM", "rubbish", 1);
    log_init(&log, fd);
    ck_assert(!log.journald);
    unsetenv("JOURNAL_STREAM");
    close(fd);
}
END_TEST

START_TEST(errno_is_kept)
{
    struct log log = log_new(LOG_TEXT);
    errno = ENOENT;
    log_write(&log, LOG_ERROR, LOG_SERVER, NULL, "open: %m");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_nonnull(strstr(written(&log, text), "open: No such file or directory\n"));
    close(log.fd);
    errno = EAGAIN;
    log_write(&log, LOG_ERROR, LOG_SERVER, NULL, "the log is gone");
    ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* A pipe that nobody reads does not hold the daemon up, and says later what is missing. The pipe
 * itself stays as it was for whoever else has it. */
START_TEST(a_full_pipe_drops_lines)
{
    int fds[2];
    bool socket = _i == 1;
    struct log log;
    char *all = calloc(1, 1 << 21);
    ck_assert_ptr_nonnull(all);
    ck_assert_int_eq(socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds), 0);
    log_init(&log, fds[1]);
    log.rate = 0;
    if (_i == 2) { /* it cannot be opened once more, as somebody else's pipe */
        log_free(&log);
        log =
            (struct log){.fd = fds[1], .is_asked = true, .level = LOG_INFO, .clock = clock_gettime};
    }
    unsigned sent = 0;
    for (; log.dropped < 5 && sent < 100000; sent++)
        log_write(&log, LOG_WARNING, LOG_CONNECTION, NULL, "line %u of many", sent);
    ck_assert_uint_eq(log.dropped, 5);
    ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    ssize_t len = read(fds[0], all, 1 << 20);
    ck_assert_int_gt(len, 0);
    log_write(&log, LOG_WARNING, LOG_CONNECTION, NULL, "after it");
    ck_assert_uint_eq(log.dropped, 0);
    ck_assert_uint_eq(log.dropped_all, 5);
    for (ssize_t n = 1; n > 0 && strstr(all, "after it") == NULL; len += n)
        n = read(fds[0], all + len, 1 << 16);
    ck_assert_ptr_nonnull(strstr(all, "lines were dropped, because nobody read them lines=5\n"));
    char last[40];
    snprintf(last, sizeof last, "line %u of many\n", sent - 6);
    ck_assert_ptr_nonnull(strstr(all, last)); /* each that counts as written is there, whole */
    log_free(&log);
    close(fds[0]);
    close(fds[1]);
    free(all);
}
END_TEST

Suite *suite_log(void);
Suite *suite_log(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, a_text_line_has_time_level_text_and_fields);
    tcase_add_test(tests, a_json_line_is_json);
    tcase_add_loop_test(tests, foreign_text_cannot_leave_its_place, 0,
                        sizeof attacks / sizeof attacks[0]);
    tcase_add_test(tests, long_lines_are_cut_and_stay_whole_lines);
    tcase_add_test(tests, many_fields_are_cut);
    tcase_add_test(tests, a_long_text_is_cut);
    tcase_add_test(tests, lower_levels_are_not_written);
    tcase_add_test(tests, a_flood_of_one_kind_is_counted_and_hides_no_other);
    tcase_add_test(tests, journald_gets_its_levels);
    tcase_add_test(tests, errno_is_kept);
    tcase_add_loop_test(tests, a_full_pipe_drops_lines, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
