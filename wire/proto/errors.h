/* SPDX-License-Identifier: BSD-2-Clause */
/* Error codes of the wire, and what they mean for Python, for a shell and for retries. */
#ifndef WIRE_ERRORS_H
#define WIRE_ERRORS_H

#include <stdbool.h>

enum mgr_code {
    ERR_NONE = 0,
#define ERR(name, code, exception, exit_code, retry, meaning) ERR_##name = (code),
#include "wire/proto/errors.def"
#undef ERR
};

struct error_row {
    enum mgr_code code;
    const char *name;      /* "KEY" */
    const char *exception; /* "KeyError" */
    const char *meaning;   /* one line */
    int exit_code;         /* of mgrctl */
    bool retry_safe;       /* the request had no effect and may be sent again as a new one */
};

/* The row of a code; the row of INTERNAL for an unknown code. */
const struct error_row *error_row(unsigned code);

/* All rows, sorted by code; *count is their number. */
const struct error_row *error_rows(unsigned *count);

#endif
