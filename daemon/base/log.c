/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes log lines: each is built in a buffer of fixed size and written by one call.
 *
 * A long body (text and fields) is cut; room for the end of the line is reserved, so that a JSON
 * line stays valid JSON and every line ends. */
#include "daemon/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/escape.h"

enum { TAIL_MAX = 32 }; /* room for the end of a line */

static const char *const level_names[] = {"ERROR", "WARNING", "INFO", "DEBUG"};
static const int syslog_levels[] = {3, 4, 6, 7};
static const char *const kind_names[LOG_KINDS] = {
    [LOG_SERVER] = "server",     [LOG_CONFIG] = "config",   [LOG_CONNECTION] = "connection",
    [LOG_PROTOCOL] = "protocol", [LOG_SESSION] = "session", [LOG_REQUEST] = "request",
    [LOG_JOURNAL] = "journal",
};

/* Whether stderr goes to journald: $JOURNAL_STREAM is "DEVICE:INODE" of that stream. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat info;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(fd, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

/* O_NONBLOCK belongs to the open file, which other processes share (a shell its terminal). So a
 * pipe or a terminal is opened once more; if that is not permitted, poll() is asked before each
 * write. */
static void choose_way(struct log *log)
{
    char path[40];
    struct stat info;
    if (fstat(log->fd, &info) != 0 || S_ISREG(info.st_mode))
        return;
    log->is_socket = S_ISSOCK(info.st_mode);
    if (log->is_socket)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", log->fd);
    int fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    log->is_owned = fd >= 0;
    log->is_asked = fd < 0;
    log->fd = fd >= 0 ? fd : log->fd;
}

void log_init(struct log *log, int fd)
{
    *log = (struct log){
        .fd = fd,
        .level = LOG_INFO,
        .rate = 100,
        .journald = is_journal(fd),
        .clock = clock_gettime,
    };
    choose_way(log);
}

void log_free(struct log *log)
{
    if (log->is_owned)
        close(log->fd);
    log->fd = -1;
}

/* Writes without blocking; returns the bytes written, or -1: none. */
static ssize_t put_now(const struct log *log, const char *data, size_t len)
{
    struct pollfd room = {log->fd, POLLOUT, 0};
    if (log->is_socket)
        return send(log->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (log->is_asked && poll(&room, 1, 0) != 1)
        return -1;
    return write(log->fd, data, len);
}

/* False: the line is lost. A pipe takes a whole line or nothing, a terminal may take a part. */
static bool put_line(struct log *log, const char *data, size_t len)
{
    ssize_t n;
    if (log->is_torn && put_now(log, "\n", 1) != 1)
        return false;
    log->is_torn = false;
    do
        n = put_now(log, data, len);
    while (n < 0 && errno == EINTR);
    log->is_torn = n > 0 && (size_t)n < len;
    return n == (ssize_t)len;
}

static void put_time(const struct log *log, struct escape *line)
{
    struct timespec now = {0};
    struct tm date = {0};
    char text[64];
    log->clock(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &date);
    snprintf(text + len, sizeof text - len, ".%03ldZ", now.tv_nsec / 1000000);
    escape_raw(line, text);
}

/* Whether the text needs no quotes in a line of key=value fields. */
static bool is_word(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (c != 0 && strchr("._:/@+-~[]", c) != NULL);
        if (!plain)
            return false;
    }
    return text.len > 0;
}

/* Appends quoted text; room for the closing quote is reserved, so that it is there even if the
 * text is cut. */
static void put_quoted(struct escape *line, struct bytes text, enum escape_style style)
{
    enum { ROOM_MIN = 8 };
    if (line->cut || line->cap - line->len < ROOM_MIN) {
        line->cut = true;
        return;
    }
    escape_raw(line, "\"");
    line->cap--;
    escape_put(line, text, style);
    line->cap++;
    bool cut = line->cut;
    line->cut = false;
    escape_raw(line, "\"");
    line->cut = cut;
}

static void put_value(struct escape *line, const struct log_field *field, enum log_format format)
{
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, field->number);
    if (field->type == LOG_FIELD_NUMBER)
        escape_raw(line, number);
    else if (format == LOG_JSON)
        put_quoted(line, field->text, ESCAPE_JSON);
    else if (is_word(field->text))
        escape_put(line, field->text, ESCAPE_TEXT);
    else
        put_quoted(line, field->text, ESCAPE_QUOTED);
}

/* Appends fields: the whole start of a field, or nothing of that field. */
static void put_fields(struct escape *line, const struct log_field *fields, enum log_format format)
{
    for (; fields != NULL && fields->key != NULL && !line->cut; fields++) {
        char head[80];
        snprintf(head, sizeof head, format == LOG_JSON ? ",\"%.64s\":" : " %.64s=", fields->key);
        size_t before = line->len;
        escape_raw(line, head);
        size_t after = line->len;
        put_value(line, fields, format);
        if (line->len == after) {
            line->len = before;
            line->data[before] = '\0';
        }
    }
}

struct event {
    enum log_level level;
    enum log_kind kind;
    const struct log_field *fields;
    struct bytes text;
};

static void make_text(const struct log *log, struct escape *line, const struct event *event)
{
    char head[32];
    if (log->journald) {
        snprintf(head, sizeof head, "<%d>", syslog_levels[event->level]);
        escape_raw(line, head);
    }
    put_time(log, line);
    snprintf(head, sizeof head, " %s ", level_names[event->level]);
    escape_raw(line, head);
    escape_put(line, event->text, ESCAPE_TEXT);
    put_fields(line, event->fields, LOG_TEXT);
}

static void make_json(const struct log *log, struct escape *line, const struct event *event)
{
    char head[80];
    escape_raw(line, "{\"time\":\"");
    put_time(log, line);
    snprintf(head, sizeof head,
             "\",\"level\":\"%s\",\"kind\":\"%s\",\"text\":", level_names[event->level],
             kind_names[event->kind]);
    escape_raw(line, head);
    put_quoted(line, event->text, ESCAPE_JSON);
    put_fields(line, event->fields, LOG_JSON);
}

static bool write_line(struct log *log, const struct event *event)
{
    char data[LOG_LINE_MAX + 1];
    struct escape line;
    escape_init(&line, data, sizeof data - TAIL_MAX);
    (log->format == LOG_JSON ? make_json : make_text)(log, &line, event);
    bool cut = line.cut;
    line.cap = sizeof data;
    line.cut = false;
    if (log->format == LOG_JSON)
        escape_raw(&line, cut ? ",\"cut\":true}\n" : "}\n");
    else
        escape_raw(&line, cut ? "...\n" : "\n");
    return put_line(log, line.data, line.len);
}

/* False: this line would be dropped too. */
static bool tell_dropped(struct log *log)
{
    struct event event = {
        .level = LOG_WARNING,
        .kind = LOG_SERVER,
        .fields = LOG_FIELDS(log_number("lines", (int64_t)log->dropped)),
        .text = bytes_text("lines were dropped, because nobody read them"),
    };
    if (log->dropped > 0 && !write_line(log, &event))
        return false;
    log->dropped = 0;
    return true;
}

static void write_event(struct log *log, const struct event *event)
{
    if (tell_dropped(log) && write_line(log, event))
        return;
    log->dropped++;
    log->dropped_all++;
}

static void tell_suppressed(struct log *log, struct log_bucket *bucket, enum log_kind kind)
{
    if (bucket->suppressed == 0 || !log_wants(log, LOG_WARNING))
        return;
    struct event event = {
        .level = LOG_WARNING,
        .kind = kind,
        .fields = LOG_FIELDS(log_text("kind", bytes_text(kind_names[kind])),
                             log_number("lines", (int64_t)bucket->suppressed)),
        .text = bytes_text("lines were suppressed"),
    };
    write_event(log, &event);
    bucket->suppressed = 0;
    log->silent--;
}

/* Takes one line from the kind's quota of this second. */
static bool may_write(struct log *log, enum log_kind kind)
{
    struct log_bucket *bucket = &log->buckets[kind];
    struct timespec now = {0};
    log->clock(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != bucket->second) {
        tell_suppressed(log, bucket, kind);
        bucket->second = now.tv_sec;
        bucket->lines = 0;
    }
    if (log->rate != 0 && bucket->lines >= log->rate) {
        log->silent += bucket->suppressed++ == 0;
        return false;
    }
    bucket->lines++;
    return true;
}

void log_write(struct log *log, enum log_level level, enum log_kind kind,
               const struct log_field *fields, const char *format, ...)
{
    int saved = errno;
    if (!log_wants(log, level))
        return;
    bool allowed = may_write(log, kind);
    errno = saved; /* for %m */
    if (!allowed)
        return;
    char text[LOG_LINE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t used = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    struct event event = {
        .level = level, .kind = kind, .fields = fields, .text = bytes_of(text, used)};
    write_event(log, &event);
    errno = saved;
}

void log_flush(struct log *log)
{
    int saved = errno;
    struct timespec now = {0};
    if (log->silent == 0 && log->dropped == 0) /* the usual case, asked in every turn */
        return;
    log->clock(CLOCK_MONOTONIC, &now);
    for (enum log_kind kind = 0; kind < LOG_KINDS; kind++)
        if (log->buckets[kind].second != now.tv_sec)
            tell_suppressed(log, &log->buckets[kind], kind);
    if (log->dropped > 0 && log->told_second != now.tv_sec)
        (void)tell_dropped(log);
    log->told_second = now.tv_sec;
    errno = saved;
}

static const struct metric metrics[] = {
    {"log_lines_dropped", METRIC_COUNTER, "Lines of the log that its reader was too slow for",
     METRIC_AT(struct log, dropped_all)},
};
const struct metric_table log_metrics = METRIC_TABLE(metrics);
