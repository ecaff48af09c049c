/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign text in a fixed buffer, made safe: it cannot break a line, a quote or a terminal. */
#ifndef DAEMON_ESCAPE_H
#define DAEMON_ESCAPE_H

#include "wire/base/bytes.h"

/* Never allocates, so it works when memory is short. Text that does not fit is cut between
 * characters, never inside an escape. */
struct escape {
    char *data; /* borrowed; always NUL-terminated */
    size_t cap; /* size of data, the NUL included */
    size_t len;
    bool cut; /* some text did not fit; everything after it is dropped */
};

enum escape_style {
    ESCAPE_TEXT,   /* \xNN for control and invalid bytes, \uNNNN for bidi and line separators */
    ESCAPE_QUOTED, /* inside "...": as ESCAPE_TEXT, and \" and \\ */
    ESCAPE_JSON,   /* inside a JSON string: valid JSON for any bytes (U+FFFD for invalid ones) */
};

void escape_init(struct escape *e, char *data, size_t cap);
void escape_put(struct escape *e, struct bytes text, enum escape_style style);

/* Appends the program's own text without escaping; all of it or nothing. */
void escape_raw(struct escape *e, const char *text);

#endif
