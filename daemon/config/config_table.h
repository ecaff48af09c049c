/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of the configuration: one row each says all there is to know about it. */
#ifndef DAEMON_CONFIG_TABLE_H
#define DAEMON_CONFIG_TABLE_H

#include "wire/base/bytes.h"

struct config;

enum config_type {
    CONFIG_SECTION,  /* a mapping of the keys below it */
    CONFIG_SIZE,     /* bytes */
    CONFIG_DURATION, /* milliseconds */
    CONFIG_COUNT,
    CONFIG_CHOICE, /* one of some words: its number */
    CONFIG_PATH,
    CONFIG_LISTEN,
    CONFIG_OBJECTS,
    CONFIG_RESERVED, /* a key of later versions */
};

enum config_flag {
    CONFIG_FIXED = 0,           /* cannot change while the daemon runs */
    CONFIG_RELOADS = 1 << 0,    /* can */
    CONFIG_ZERO = 1 << 1,       /* 0 is allowed below min, with a meaning of its own */
    CONFIG_POWER_OF_2 = 1 << 2, /* no other numbers */
};

struct config_row {
    const char *path; /* "limits.frame" */
    enum config_type type;
    unsigned flags;       /* enum config_flag */
    size_t offset;        /* of the member in struct config */
    size_t width;         /* of the member: 4 or 8 for numbers */
    const char *fallback; /* the default, as the file would say it; NULL: from the surroundings */
    uint64_t min, max;    /* of numbers */
    const char *words[5]; /* of a choice, in the order of their numbers */
    const char *help;
};

/* All rows; a section stands before its keys. */
const struct config_row *config_rows(size_t *count);

/* The row of `key` in the section `section` (NULL: the top); NULL when there is none. */
const struct config_row *config_row_find(const struct config_row *section, struct bytes key);

/* " (did you mean ...?)" for a key that is not in the section, or empty. */
struct config_hint config_row_hint(const struct config_row *section, struct bytes key);

/* Sets the member of a SIZE, DURATION, COUNT or CHOICE row from text. False: fault says why, as the
 * end of a sentence that begins with the text. */
struct config_fault {
    char text[160];
};
bool config_row_set(const struct config_row *row, struct config *config, struct bytes text,
                    struct config_fault *fault) __attribute__((warn_unused_result));

bool config_row_equal(const struct config_row *row, const struct config *a, const struct config *b);
/* Exchanges the members of a and b. */
void config_row_swap(const struct config_row *row, struct config *a, struct config *b);

#endif
