/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign text in a fixed buffer: nothing in it can break a line, a quote or a terminal. */
#ifndef DAEMON_ESCAPE_H
#define DAEMON_ESCAPE_H

#include "wire/base/bytes.h"

/* Never allocates, so that it serves where memory is short; text that does not fit is cut between
 * characters, never inside an escape. */
struct escape {
    char *data; /* borrowed; always ends with a NUL */
    size_t cap; /* of data, the NUL included */
    size_t len;
    bool cut; /* something did not fit: what follows is dropped, too */
};

enum escape_style {
    ESCAPE_TEXT,   /* \xNN for control and invalid bytes, \uNNNN for bidi and line separators */
    ESCAPE_QUOTED, /* inside "...": as TEXT, and \" and \\ */
    ESCAPE_JSON, /* inside a JSON string: valid JSON whatever the bytes (U+FFFD for invalid ones) */
};

void escape_init(struct escape *e, char *data, size_t cap);
void escape_put(struct escape *e, struct bytes text, enum escape_style style);

/* Own text, as it is; all of it or nothing. */
void escape_raw(struct escape *e, const char *text);

#endif
