/* SPDX-License-Identifier: BSD-2-Clause */
/* The options that every command takes, on the line and in MGRCTL_* variables. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "client/mgr.h"
#include "wire/base/buf.h"

enum output_format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_YAML,
    FORMAT_PYTHON,
    FORMAT_RAW,
    FORMAT_JSONL,
    FORMAT_DOT, /* of waits alone */
};

/* How `-` reads standard input for the operations that load. */
enum load_form { LOAD_GUESS, LOAD_JSONL, LOAD_LINES, LOAD_LITERAL };

/* Of lock run and queue each: the lease, and the time between asking to end and the kill. */
enum { LEASE_DEFAULT_MS = 10000, LEASE_LEAST_MS = 1000, GRACE_DEFAULT_MS = 2000 };

/* Strings are borrowed from the words or the environment. */
struct options {
    const char *server, *client, *pick; /* NULL: not given */
    int64_t timeout_ms;                 /* MGR_FOREVER: not given */
    int64_t connect_timeout_ms;         /* 0: not given */
    int64_t lease_ms;                   /* 0: not given, or none */
    bool lease_given;                   /* also when it is 0 */
    uint64_t require;                   /* 0: none */
    bool require_inherited;             /* from MGRCTL_REQUIRE */
    uint64_t unchanged_since;           /* 0: not asked */
    enum output_format format;
    enum load_form load;
    bool quiet, nul, strings, string_keys, from_stdin, create, revision;
    bool help, version;
};

enum option_id {
    OPTION_SERVER,
    OPTION_TIMEOUT,
    OPTION_TRY,
    OPTION_CONNECT_TIMEOUT,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_RAW,
    OPTION_NULL,
    OPTION_QUIET,
    OPTION_STRINGS,
    OPTION_STRING_KEYS,
    OPTION_STDIN,
    OPTION_CREATE,
    OPTION_REQUIRE,
    OPTION_NO_REQUIRE,
    OPTION_UNCHANGED_SINCE,
    OPTION_REVISION,
    OPTION_PICK,
    OPTION_CLIENT,
    OPTION_LEASE,
    OPTION_JSONL,
    OPTION_LINES,
    OPTION_LITERAL,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

struct option_row {
    enum option_id id;
    char letter;       /* 0: none */
    const char *name;  /* "connect-timeout"; MGRCTL_CONNECT_TIMEOUT in the environment */
    const char *value; /* what it takes, "DURATION"; NULL: it is a flag */
    const char *help;
};

/* All rows, OPTION_COUNT of them, in order of their ids. */
const struct option_row *options_rows(void);
const struct option_row *options_by_name(const char *name, size_t len); /* NULL: no such option */
const struct option_row *options_by_letter(char letter);                /* NULL: no such option */
/* The variable of an option, "MGRCTL_SERVER". */
void options_variable(const struct option_row *row, struct buf *out);

void options_init(struct options *options);
/* Takes one option. Not MGR_OK: *why says what is wrong with the value. */
enum mgr_status options_set(struct options *options, const struct option_row *row,
                            const char *value, struct buf *why) __attribute__((warn_unused_result));
/* Takes all variables of the environment, but of options that are for one command alone. */
enum mgr_status options_from_environment(struct options *options, struct buf *why)
    __attribute__((warn_unused_result));

#endif
