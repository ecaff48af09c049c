/* SPDX-License-Identifier: BSD-2-Clause */
/* The log: one line per event on standard error, whatever foreign text the event contains. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <time.h>

#include "daemon/base/metric.h"
#include "wire/base/bytes.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum log_format { LOG_TEXT, LOG_JSON };

/* What a line is about. Each kind has its own quota, so that a flood of one kind hides no other. */
enum log_kind {
    LOG_SERVER,     /* start, stop, reload */
    LOG_CONFIG,     /* the content of the configuration */
    LOG_CONNECTION, /* clients that come and go */
    LOG_PROTOCOL,   /* clients that break the protocol */
    LOG_SESSION,    /* sessions that begin, resume, end */
    LOG_REQUEST,    /* single operations */
    LOG_JOURNAL,    /* the journal on the disk */
    LOG_KINDS
};

enum {
    LOG_LINE_MAX = 1024, /* maximum length of a line; longer ones are cut and marked */
};

/* "key=value" after the text. key is the program's own text; value may be foreign. */
struct log_field {
    const char *key; /* NULL: end of the fields */
    struct bytes text;
    int64_t number;
    enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER } type;
};

struct log_bucket {
    int64_t second;      /* of the monotonic clock */
    uint64_t lines;      /* lines written in that second */
    uint64_t suppressed; /* lines suppressed since they were last reported */
};

struct log {
    int fd;
    bool is_owned;                 /* fd is our own non-blocking descriptor of the same file */
    bool is_socket;                /* uses send(), which does not block either */
    bool is_asked;                 /* poll() is asked before each write */
    bool is_torn;                  /* the last line was written only in part */
    uint64_t dropped, dropped_all; /* the reader was slow: since the last report, in all */
    enum log_level level;
    enum log_format format;
    uint64_t rate;                              /* lines per second and kind; 0: no limit */
    bool journald;                              /* text lines begin with <LEVEL>, for journald */
    int (*clock)(clockid_t, struct timespec *); /* replaced by tests */
    int64_t told_second;                        /* second of the last log_flush */
    unsigned silent;                            /* kinds with suppressed lines to report */
    struct log_bucket buckets[LOG_KINDS];
};

/* Writes text to fd, from level info on, 100 lines a second; finds out whether journald reads
 * fd. Never waits for the reader: a line that a full pipe, socket or terminal does not take is
 * dropped and counted. */
void log_init(struct log *log, int fd);
void log_free(struct log *log);

/* Whether lines of this level are written: ask before computing costly arguments. */
static inline bool log_wants(const struct log *log, enum log_level level)
{
    return level <= log->level;
}

/* Writes a line. fields ends with a row without key, or is NULL. Preserves errno. */
void log_write(struct log *log, enum log_level level, enum log_kind kind,
               const struct log_field *fields, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Reports suppressed and dropped lines when no other line has done so; call it regularly. */
void log_flush(struct log *log);

static inline struct log_field log_text(const char *key, struct bytes text)
{
    return (struct log_field){.key = key, .text = text, .type = LOG_FIELD_TEXT};
}
static inline struct log_field log_number(const char *key, int64_t number)
{
    return (struct log_field){.key = key, .number = number, .type = LOG_FIELD_NUMBER};
}
/* log_write(log, LOG_INFO, LOG_SESSION, LOG_FIELDS(log_number("session", id)), "session resumed")
 */
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {.key = NULL}})

/* Metrics of a log. */
extern const struct metric_table log_metrics;

#endif
