/* SPDX-License-Identifier: BSD-2-Clause */
/* The log: one line per event on standard error, whatever the event's text tries. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <time.h>

#include "daemon/base/metric.h"
#include "wire/base/bytes.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum log_format { LOG_TEXT, LOG_JSON };

/* What a line is about: each kind has its own allowance, so that a flood of one hides no other. */
enum log_kind {
    LOG_SERVER,     /* start, stop, reload */
    LOG_CONFIG,     /* what the configuration says */
    LOG_CONNECTION, /* clients that come and go */
    LOG_PROTOCOL,   /* clients that break the protocol */
    LOG_SESSION,    /* sessions that begin, resume, end */
    LOG_REQUEST,    /* single operations */
    LOG_JOURNAL,    /* what is kept on disk */
    LOG_KINDS
};

enum {
    LOG_LINE_MAX = 1024, /* bytes of a line; a longer one is cut and says so */
};

/* "key=value" behind the text; key is own text, value may be foreign. */
struct log_field {
    const char *key; /* NULL: the end */
    struct bytes text;
    int64_t number;
    enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER } type;
};

struct log_bucket {
    int64_t second;      /* of the monotonic clock */
    uint64_t lines;      /* written in it */
    uint64_t suppressed; /* and not written since a line said so */
};

struct log {
    int fd;
    bool is_owned;  /* fd is a way of our own to the same file, which does not block */
    bool is_socket; /* sent to: that does not block either */
    bool is_asked;  /* whether there is room is asked before each write */
    bool is_torn;   /* the last line was not written whole */
    uint64_t dropped, dropped_all; /* lines that nobody took: since a line said so, and ever */
    enum log_level level;
    enum log_format format;
    uint64_t rate;                              /* lines a second of each kind; 0: no limit */
    bool journald;                              /* text lines begin with <LEVEL> */
    int (*clock)(clockid_t, struct timespec *); /* tests have their own */
    int64_t told_second;                        /* when log_flush last tried */
    unsigned silent;                            /* kinds with lines that were suppressed */
    struct log_bucket buckets[LOG_KINDS];
};

/* Writes text to fd, level info, 100 lines a second; looks whether journald reads it. Never waits
 * for whoever reads: what a full pipe, socket or terminal does not take is dropped and counted. */
void log_init(struct log *log, int fd);
void log_free(struct log *log);

/* Lines of this level are written: ask before costly arguments. */
static inline bool log_wants(const struct log *log, enum log_level level)
{
    return level <= log->level;
}

/* Writes a line. fields ends with a row without key, or is NULL. Keeps errno. */
void log_write(struct log *log, enum log_level level, enum log_kind kind,
               const struct log_field *fields, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Tells how many lines were not written in an earlier second, or dropped, where nothing came since:
 * now and then. */
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

/* Of a log. */
extern const struct metric_table log_metrics;

#endif
