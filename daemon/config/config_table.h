/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of the configuration: one row holds everything about a key. */
#ifndef DAEMON_CONFIG_TABLE_H
#define DAEMON_CONFIG_TABLE_H

#include "wire/base/bytes.h"

struct config;

enum config_type {
    CONFIG_SECTION,  /* a mapping with keys of its own */
    CONFIG_SIZE,     /* bytes */
    CONFIG_DURATION, /* milliseconds */
    CONFIG_COUNT,
    CONFIG_CHOICE, /* one of some words; stored as its number */
    CONFIG_PATH,
    CONFIG_LISTEN,
    CONFIG_OBJECTS,
    CONFIG_RESERVED, /* a key reserved for later versions */
};

enum config_flag {
    CONFIG_FIXED = 0,           /* cannot change while the daemon runs */
    CONFIG_RELOADS = 1 << 0,    /* can change while the daemon runs */
    CONFIG_ZERO = 1 << 1,       /* 0 is allowed, although below min, and has a special meaning */
    CONFIG_POWER_OF_2 = 1 << 2, /* the number must be a power of two */
};

struct config_row {
    const char *path; /* "limits.frame" */
    enum config_type type;
    unsigned flags;       /* enum config_flag */
    size_t offset;        /* of the member of struct config */
    size_t width;         /* size of the member: 4 or 8 for numbers */
    const char *fallback; /* the default as the file would spell it; NULL: from the environment */
    uint64_t min, max;    /* bounds of a number */
    const char *words[5]; /* words of a choice, in the order of their numbers */
    const char *help;
};

/* All rows; a section comes before its keys. */
const struct config_row *config_rows(size_t *count);

/* The row of `key` in a section (NULL: the top level); NULL: no such key. */
const struct config_row *config_row_find(const struct config_row *section, struct bytes key);

/* " (did you mean ...?)" for a key that is not in the section; may be empty. */
struct config_hint config_row_hint(const struct config_row *section, struct bytes key);

/* Sets the member of a SIZE, DURATION, COUNT or CHOICE row from a text. False: the fault
 * continues a sentence that begins with the text. */
struct config_fault {
    char text[160];
};
bool config_row_set(const struct config_row *row, struct config *config, struct bytes text,
                    struct config_fault *fault) __attribute__((warn_unused_result));

bool config_row_equal(const struct config_row *row, const struct config *a, const struct config *b);
/* Exchanges that member of a and b. */
void config_row_swap(const struct config_row *row, struct config *a, struct config *b);

#endif
